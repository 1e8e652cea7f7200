# One rule set of each phase exists in a zone; what stood there before is replaced.
locals {
  quoted = {
    for key in ["origin_hostnames", "api_hostnames"] :
    key => join(" ", [for name in try(var.zone_rules[key], []) : "\"${name}\""])
  }
}

resource "cloudflare_ruleset" "firewall" {
  count   = try(var.zone_rules.custom_firewall_rules, false) ? 1 : 0
  zone_id = var.zone.id
  name    = "themerank firewall"
  kind    = "zone"
  phase   = "http_request_firewall_custom"
  rules = [
    {
      ref         = "themerank_origin_paths"
      description = "The origin's name answers on the gateway's paths"
      action      = "block"
      enabled     = true
      expression = format("(http.host in {%s} and not http.request.uri.path in {%s})",
      local.quoted.origin_hostnames, join(" ", [for path in local.origin_paths : "\"${path}\""]))
    },
    {
      ref         = "themerank_api_methods"
      description = "Methods that the gateway does not know"
      action      = "block"
      enabled     = true
      expression = format("(http.host in {%s} and not http.request.method in {\"GET\" \"HEAD\" \"POST\" \"PUT\" \"DELETE\" \"OPTIONS\"})",
      local.quoted.api_hostnames)
    },
  ]
}

# Before the Worker runs, and so before it costs. Keys have their own limit in the Worker.
resource "cloudflare_ruleset" "rate" {
  count   = var.zone_rules == null ? 0 : 1
  zone_id = var.zone.id
  name    = "themerank rate"
  kind    = "zone"
  phase   = "http_ratelimit"
  rules = [{
    ref         = "themerank_api_rate"
    description = "Requests of one address"
    action      = "block"
    enabled     = true
    expression  = "(http.host in {${local.quoted.api_hostnames}})"
    ratelimit = {
      characteristics = ["cf.colo.id", "ip.src"]
      # The only period of the free plan.
      period              = 10
      requests_per_period = var.zone_rules.requests_per_10_s
      mitigation_timeout  = 10
    }
  }]
}
