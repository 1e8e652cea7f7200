# Before anything reaches the tunnel Cloudflare asks for the service token that the Worker sends.
# The token is made by `npm run secrets`, for its secret is shown once and would stay in the state; here only its id.
data "cloudflare_zero_trust_access_service_token" "gateway" {
  count      = local.with_origin ? 1 : 0
  account_id = var.account_id
  filter     = { name = local.name }
}

resource "cloudflare_zero_trust_access_policy" "gateway" {
  count      = local.with_origin ? 1 : 0
  account_id = var.account_id
  name       = "${local.name}: the gateway alone"
  decision   = "non_identity"
  include    = [{ service_token = { token_id = data.cloudflare_zero_trust_access_service_token.gateway[0].id } }]
}

resource "cloudflare_zero_trust_access_application" "origin" {
  count                = local.with_origin ? 1 : 0
  account_id           = var.account_id
  name                 = "${local.name} origin"
  type                 = "self_hosted"
  domain               = var.origin.hostname
  app_launcher_visible = false
  # 401 in place of a page to log in: what the gateway reports as origin_auth.
  service_auth_401_redirect = true
  policies                  = [{ id = cloudflare_zero_trust_access_policy.gateway[0].id, precedence = 1 }]
}
