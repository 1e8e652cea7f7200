variable "account_id" {
  description = "Cloudflare account, from the dashboard's address."
  type        = string
}

variable "zone" {
  description = "The zone's id and name."
  type        = object({ id = string, name = string })
}

variable "api_hostname" {
  description = "Where callers reach the gateway."
  type        = string
}

variable "origin" {
  description = "The GPU origin's public name and model; null = all-Gemini."
  type = object({
    hostname      = string
    model_version = string
    prompt_format = optional(string, "llama-3")
    rating_tokens = optional(string, "")
    # Others of gateway/README.md, Settings: ORIGIN_DIALECT and ORIGIN_MODEL for Ollama.
    extra_vars = optional(map(string), {})
  })
  default = null
}

variable "zone_rules" {
  description = "Firewall and rate rules of the zone, with the names of all environments in it; null = none."
  type = object({
    origin_hostnames      = list(string)
    api_hostnames         = list(string)
    requests_per_10_s     = optional(number, 100)
    custom_firewall_rules = optional(bool, true)
  })
  default = null
}
