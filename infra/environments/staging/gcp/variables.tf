variable "project" {
  description = "Google Cloud project's id."
  type        = string
}

variable "zone" {
  description = "A zone that has the card."
  type        = string
}

variable "source_code" {
  description = "Your repository by HTTPS, and the commit that the machine runs."
  type        = object({ url = string, commit = string })
}

variable "preset" {
  description = "Model and card: gpu-origin/presets/README.md."
  type        = string
  default     = "llama-3.1-8b.t4"
}

variable "iap_ssh" {
  description = "Opens port 22 to Identity-Aware Proxy, for a repair."
  type        = bool
  default     = false
}

variable "budget" {
  description = "Whom to tell when the project costs more than this in a month; null = nobody."
  type        = object({ billing_account = string, monthly_usd = number, email = string })
  default     = null
}
