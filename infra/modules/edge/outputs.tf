output "wrangler" {
  description = "What the deploy sets; infra/README.md has its shape. Names of secrets, never values."
  value = {
    environment = var.environment
    account_id  = var.account_id
    worker_name = local.name
    kv = {
      CACHE = cloudflare_workers_kv_namespace.this["cache"].id
      STATE = cloudflare_workers_kv_namespace.this["state"].id
    }
    routes = [{ pattern = var.api_hostname, custom_domain = true }]
    vars = merge({ AUTH_MODE = "required", ORIGIN_BASE_URL = "" }, local.with_origin ? {
      ORIGIN_BASE_URL      = "https://${var.origin.hostname}/v1"
      ORIGIN_MODEL_VERSION = var.origin.model_version
      ORIGIN_PROMPT_FORMAT = var.origin.prompt_format
      ORIGIN_RATING_TOKENS = var.origin.rating_tokens
    } : {}, try(var.origin.extra_vars, {}))
    secrets = concat(["CACHE_PEPPER", "GEMINI_API_KEY"],
    local.with_origin ? ["ORIGIN_API_KEY", "ORIGIN_ACCESS_CLIENT_ID", "ORIGIN_ACCESS_CLIENT_SECRET"] : [])
  }
}

output "tunnel_id" {
  description = "Whose token `npm run secrets` hands to the machine; null without an origin."
  value       = one(cloudflare_zero_trust_tunnel_cloudflared.origin[*].id)
}
