# What the Worker needs around it. The Worker itself, its route and its secrets are wrangler's.
locals {
  name = "themerank-${var.environment}"
  # What the gateway asks for; the proxy on the machine holds the same list.
  origin_paths = ["/v1/completions", "/v1/chat/completions", "/v1/rerank", "/v1/models", "/health"]
  with_origin  = var.origin != null
}

resource "cloudflare_workers_kv_namespace" "this" {
  for_each   = toset(["cache", "state"])
  account_id = var.account_id
  title      = "${local.name}-${each.key}"
}

# Its token is read by `npm run secrets` when it is needed, and stands in no state.
resource "cloudflare_zero_trust_tunnel_cloudflared" "origin" {
  count      = local.with_origin ? 1 : 0
  account_id = var.account_id
  name       = local.name
  config_src = "cloudflare"
}

resource "cloudflare_zero_trust_tunnel_cloudflared_config" "origin" {
  count      = local.with_origin ? 1 : 0
  account_id = var.account_id
  tunnel_id  = cloudflare_zero_trust_tunnel_cloudflared.origin[0].id
  config = {
    ingress = [
      {
        hostname = var.origin.hostname
        path     = "^(${join("|", local.origin_paths)})$"
        service  = var.origin.service
        # Seconds. A proxy on the same machine answers at once or not at all.
        origin_request = { connect_timeout = 2 }
      },
      { service = "http_status:404" },
    ]
  }
}

resource "cloudflare_dns_record" "origin" {
  count   = local.with_origin ? 1 : 0
  zone_id = var.zone.id
  name    = var.origin.hostname
  type    = "CNAME"
  content = "${cloudflare_zero_trust_tunnel_cloudflared.origin[0].id}.cfargotunnel.com"
  proxied = true
  # 1 = automatic, the only one for a proxied record.
  ttl = 1
}
