variable "region" {
  description = "AWS region that has the instance type."
  type        = string
}

variable "source_code" {
  description = "Your repository by HTTPS, and the commit that the machine runs."
  type        = object({ url = string, commit = string })
}

variable "preset" {
  description = "Model and card: gpu-origin/presets/README.md."
  type        = string
  default     = "llama-3.1-8b.a10g"
}

variable "ami_id" {
  description = "An image to stay with; empty = the newest deep-learning base image at each apply."
  type        = string
  default     = ""
}

variable "schedules" {
  description = "Cron in UTC -> number of machines, 0 or 1."
  type        = map(object({ recurrence = string, machines = number }))
  default     = {}
}

variable "monthly_budget_usd" {
  description = "What EC2 may cost in a month before alarm_email is told."
  type        = number
  default     = 900
}

variable "alarm_email" {
  description = "Who is told about costs."
  type        = string
}
