variable "environment" {
  description = "staging or production; part of every name."
  type        = string
}

variable "source_code" {
  description = "The repository and the commit that the machine fetches gpu-origin/ from."
  type        = object({ url = string, commit = string })
}

variable "preset" {
  description = "A name of gpu-origin/presets/ for this card."
  type        = string
  default     = "llama-3.1-8b.a10g"
}

variable "instance_types" {
  description = "The first is what runs; the others are taken for spot where it is not to be had, and must have the same card."
  type        = list(string)
  default     = ["g5.xlarge", "g5.2xlarge"]
  validation {
    condition     = length(var.instance_types) > 0
    error_message = "Name one instance type at least."
  }
}

variable "ami_parameter" {
  description = "SSM parameter with the image's id: NVIDIA driver, Docker with Compose and the container toolkit, AWS CLI, Git."
  type        = string
  default     = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id"
}

variable "ami_id" {
  description = "An image to stay with; empty = the parameter's newest."
  type        = string
  default     = ""
}

variable "spot" {
  description = "Spot instead of on demand: cheaper, and taken back at two minutes' notice."
  type        = bool
  default     = false
}

variable "running" {
  description = "Whether a machine is there after the first apply. Later ones leave it as schedules, idle stop or you have set it."
  type        = bool
  default     = true
}

variable "schedules" {
  description = "Cron in UTC -> number of machines, 0 or 1."
  type        = map(object({ recurrence = string, machines = number }))
  default     = {}
  validation {
    condition     = alltrue([for schedule in var.schedules : contains([0, 1], schedule.machines)])
    error_message = "machines is 0 or 1."
  }
}

variable "idle_stop_minutes" {
  description = "Without rankings for so long the machine puts itself to sleep; 0 = never."
  type        = number
  default     = 0
}

variable "cache_disk_gb" {
  description = "Disk that outlives the machine, in the first availability zone; the machine then starts in minutes, in that zone only. 0 = none, any zone."
  type        = number
  default     = 100
}

variable "monthly_budget_usd" {
  description = "What EC2 may cost in a month before somebody is told; null where another budget watches the account."
  type        = number
}

variable "alarm_email" {
  description = "Who is told."
  type        = string
}
