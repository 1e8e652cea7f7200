terraform {
  required_version = ">= 1.11"
  required_providers {
    cloudflare = {
      source = "cloudflare/cloudflare"
      # Minor releases have removed attributes: pinned to one.
      version = "~> 5.14.0"
    }
  }
}
