mock_provider "cloudflare" {}

variables {
  account_id   = "0123456789abcdef0123456789abcdef"
  zone         = { id = "fedcba9876543210fedcba9876543210", name = "example.com" }
  api_hostname = "api.example.com"
}

run "all_gemini_needs_no_more_than_kv" {
  assert {
    condition     = output.wrangler.worker_name == "themerank-production" && output.wrangler.vars.ORIGIN_BASE_URL == "" && output.tunnel_id == null
    error_message = "Without an origin the gateway is all-Gemini."
  }
}

run "with_an_origin_the_gateway_knows_where_it_is" {
  variables {
    origin = { hostname = "origin.example.com", model_version = "llama-3.1-8b-int8" }
  }
  assert {
    condition     = output.wrangler.vars.ORIGIN_BASE_URL == "https://origin.example.com/v1" && output.wrangler.environment == "production"
    error_message = "The origin's address is handed to wrangler."
  }
}
