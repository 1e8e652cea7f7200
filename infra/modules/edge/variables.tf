variable "environment" {
  description = "staging or production, as in wrangler.toml."
  type        = string
}

variable "account_id" {
  description = "Cloudflare account."
  type        = string
}

variable "zone" {
  description = "The zone both names are in."
  type        = object({ id = string, name = string })
}

variable "api_hostname" {
  description = "Where callers reach the gateway, api.example.com."
  type        = string
  validation {
    condition     = endswith(var.api_hostname, ".${var.zone.name}")
    error_message = "api_hostname is a name in the zone."
  }
}

variable "origin" {
  description = "The GPU origin: its public name behind Access, and what really runs there (gpu-origin/presets/README.md). null = no origin: all-Gemini."
  type = object({
    hostname      = string
    model_version = string
    prompt_format = optional(string, "llama-3")
    rating_tokens = optional(string, "")
    # Others of gateway/README.md, Settings: ORIGIN_DIALECT and ORIGIN_MODEL for Ollama.
    extra_vars = optional(map(string), {})
    # The proxy in gpu-origin/compose.yaml, as the tunnel's container sees it.
    service = optional(string, "http://proxy:8080")
  })
  default = null
  validation {
    condition     = var.origin == null || endswith(try(var.origin.hostname, ""), ".${var.zone.name}")
    error_message = "origin.hostname is a name in the zone."
  }
}

variable "zone_rules" {
  description = "Firewall and rate rules of the whole zone, for these environments' names. A zone has one set of each, so one environment per zone sets them; null = this one does not."
  type = object({
    origin_hostnames      = list(string)
    api_hostnames         = list(string)
    requests_per_10_s     = optional(number, 100)
    custom_firewall_rules = optional(bool, true)
  })
  default = null
}
