variable "cloud" {
  description = "Where the machine runs: aws or gcp."
  type        = string
  validation {
    condition     = contains(["aws", "gcp"], var.cloud)
    error_message = "cloud is aws or gcp."
  }
}

variable "source_code" {
  description = "The repository the machine fetches gpu-origin/ from, by a commit: the id pins every byte of it."
  type        = object({ url = string, commit = string })
  validation {
    condition     = can(regex("^https://[^@ ]+$", var.source_code.url)) && can(regex("^[0-9a-f]{40}$", var.source_code.commit))
    error_message = "url is https:// without credentials; commit is the full 40-digit id."
  }
}

variable "preset" {
  description = "A name of gpu-origin/presets/, without .env."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9.-]+$", var.preset))
    error_message = "A preset's name has only a-z, 0-9, dots and dashes."
  }
}

variable "secret" {
  description = "Name of the SSM parameter or of the Secret Manager secret that holds the origin's environment; never its value."
  type        = string
}

variable "group" {
  description = "The group of one that the machine belongs to."
  type        = string
}

variable "location" {
  description = "AWS region or Google zone."
  type        = string
}

variable "cache_disk" {
  description = "Disk that outlives the machine and keeps images, weights and compile cache: its path under /dev/disk/by-id, and on AWS the volume to attach. Empty = none."
  type        = object({ path = optional(string, ""), volume = optional(string, "") })
  default     = {}
}

variable "idle_stop_minutes" {
  description = "Without rankings for so long the machine stops itself; 0 = never."
  type        = number
  validation {
    condition     = var.idle_stop_minutes == 0 || var.idle_stop_minutes >= 15
    error_message = "idle_stop_minutes is 0, or 15 and more: a cold start takes minutes."
  }
}
