mock_provider "cloudflare" {
  mock_resource "cloudflare_zero_trust_tunnel_cloudflared" {
    defaults = { id = "11111111-2222-3333-4444-555555555555" }
  }
  mock_data "cloudflare_zero_trust_access_service_token" {
    defaults = { id = "99999999-2222-3333-4444-555555555555" }
  }
}

variables {
  environment  = "staging"
  account_id   = "0123456789abcdef0123456789abcdef"
  zone         = { id = "fedcba9876543210fedcba9876543210", name = "example.com" }
  api_hostname = "api-staging.example.com"
  origin       = { hostname = "origin-staging.example.com", model_version = "llama-3.1-8b-int8" }
}

run "the_origin_is_behind_access_and_answers_on_the_gateways_paths" {
  assert {
    condition = alltrue([for path in ["/v1/completions", "/v1/chat/completions", "/v1/rerank", "/v1/models", "/health"] :
    can(regex(cloudflare_zero_trust_tunnel_cloudflared_config.origin[0].config.ingress[0].path, path))])
    error_message = "The gateway's paths must pass the tunnel."
  }
  assert {
    condition = !anytrue([for path in ["/invocations", "/metrics", "/tokenize", "/update_weights", "//v1/completions", "/v1/completions/", "/v1/models/x", "/healthz"] :
    can(regex(cloudflare_zero_trust_tunnel_cloudflared_config.origin[0].config.ingress[0].path, path))])
    error_message = "Nothing else of vLLM may pass the tunnel."
  }
  assert {
    condition     = cloudflare_zero_trust_tunnel_cloudflared_config.origin[0].config.ingress[1].service == "http_status:404" && length(cloudflare_zero_trust_tunnel_cloudflared_config.origin[0].config.ingress) == 2
    error_message = "What no rule names is a 404."
  }
  assert {
    condition     = cloudflare_zero_trust_access_application.origin[0].domain == var.origin.hostname && cloudflare_zero_trust_access_policy.gateway[0].decision == "non_identity"
    error_message = "Access must stand before the origin's name, and ask for a service token."
  }
  assert {
    condition     = one(cloudflare_zero_trust_access_policy.gateway[0].include).service_token.token_id == "99999999-2222-3333-4444-555555555555"
    error_message = "One token is let in, not any of the account's."
  }
  assert {
    condition     = cloudflare_dns_record.origin[0].proxied && cloudflare_dns_record.origin[0].content == "11111111-2222-3333-4444-555555555555.cfargotunnel.com"
    error_message = "The name must lead to the tunnel."
  }
}

run "the_output_has_what_the_deploy_sets_and_no_secret" {
  assert {
    condition     = output.wrangler.vars.ORIGIN_BASE_URL == "https://origin-staging.example.com/v1" && output.wrangler.vars.AUTH_MODE == "required"
    error_message = "The gateway's variables are part of the output."
  }
  assert {
    condition     = sort(keys(output.wrangler.kv)) == tolist(["CACHE", "STATE"]) && contains(output.wrangler.secrets, "ORIGIN_API_KEY")
    error_message = "Both namespaces and the secrets' names are part of the output."
  }
}

run "ollama_is_another_dialect" {
  variables {
    origin = { hostname = "origin-staging.example.com", model_version = "llama3.1:8b", extra_vars = { ORIGIN_DIALECT = "chat", ORIGIN_MODEL = "llama3.1:8b" } }
  }
  assert {
    condition     = output.wrangler.vars.ORIGIN_DIALECT == "chat" && output.wrangler.vars.ORIGIN_MODEL == "llama3.1:8b"
    error_message = "Further settings of the gateway pass through."
  }
}

run "without_an_origin_there_is_neither_tunnel_nor_name" {
  variables {
    origin = null
  }
  assert {
    condition     = length(cloudflare_zero_trust_tunnel_cloudflared.origin) + length(cloudflare_dns_record.origin) + length(cloudflare_zero_trust_access_application.origin) == 0
    error_message = "All-Gemini needs KV alone."
  }
  assert {
    condition     = output.wrangler.vars.ORIGIN_BASE_URL == "" && output.tunnel_id == null
    error_message = "An empty address means no origin."
  }
}

run "zone_rules_hold_the_names_of_all_environments" {
  variables {
    zone_rules = {
      origin_hostnames = ["origin.example.com", "origin-staging.example.com"]
      api_hostnames    = ["api.example.com", "api-staging.example.com"]
    }
  }
  assert {
    condition     = strcontains(cloudflare_ruleset.firewall[0].rules[0].expression, "http.host in {\"origin.example.com\" \"origin-staging.example.com\"}")
    error_message = "Both origins' names belong to the firewall's rule."
  }
  assert {
    condition     = cloudflare_ruleset.rate[0].rules[0].ratelimit.period == 10 && cloudflare_ruleset.rate[0].rules[0].ratelimit.requests_per_period == 100
    error_message = "One address may send 100 requests in 10 s."
  }
}

run "no_zone_rules_unless_asked_for" {
  assert {
    condition     = length(cloudflare_ruleset.firewall) + length(cloudflare_ruleset.rate) == 0
    error_message = "A second environment in a zone must not take over the first one's rules."
  }
}

run "a_name_of_another_zone_is_refused" {
  command = plan
  variables {
    api_hostname = "api.example.org"
  }
  expect_failures = [var.api_hostname]
}
