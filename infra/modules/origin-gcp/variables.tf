variable "environment" {
  description = "staging or production; part of every name."
  type        = string
}

variable "project" {
  description = "Google Cloud project's id."
  type        = string
}

variable "zone" {
  description = "A zone that has the card, europe-west4-b."
  type        = string
}

variable "source_code" {
  description = "The repository and the commit that the machine fetches gpu-origin/ from."
  type        = object({ url = string, commit = string })
}

variable "preset" {
  description = "A name of gpu-origin/presets/ for this card. A T4 has no bfloat16 and wants INT8."
  type        = string
  default     = "llama-3.1-8b.t4"
}

variable "machine_type" {
  description = "Machine the card is attached to."
  type        = string
  default     = "n1-standard-4"
}

variable "accelerator" {
  description = "The card."
  type        = string
  default     = "nvidia-tesla-t4"
}

variable "image" {
  description = "Boot image: NVIDIA driver, Docker with Compose and the container toolkit, gcloud, Git."
  type        = string
  default     = "projects/deeplearning-platform-release/global/images/family/common-cu129-ubuntu-2404-nvidia-580"
}

variable "spot" {
  description = "Spot instead of on demand: cheaper, and taken back at 30 seconds' notice."
  type        = bool
  default     = false
}

variable "running" {
  description = "Whether a machine is there after the first apply. Later ones leave it as idle stop or you have set it."
  type        = bool
  default     = true
}

variable "idle_stop_minutes" {
  description = "Without rankings for so long the machine puts itself to sleep; 0 = never."
  type        = number
  default     = 0
}

variable "cache_disk_gb" {
  description = "Disk that outlives the machine and keeps images, weights and compile cache."
  type        = number
  default     = 100
}

variable "iap_ssh" {
  description = "Whether Google's Identity-Aware Proxy may reach port 22: the only ingress there can be. Off, but for a repair."
  type        = bool
  default     = false
}

variable "budget" {
  description = "Whom to tell when the project costs more than this in a month. null = nobody."
  type        = object({ billing_account = string, monthly_usd = number, email = string })
  default     = null
}
