# The edge of production: KV, tunnel, Access, names. `terraform output -json wrangler` is what the deploy reads.
terraform {
  required_version = ">= 1.11"
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.14.0"
    }
  }
  # Where the state lies is told by backend.hcl: infra/README.md.
  backend "s3" {}
}

# CLOUDFLARE_API_TOKEN, from the environment alone.
provider "cloudflare" {}

module "edge" {
  source       = "../../modules/edge"
  environment  = "production"
  account_id   = var.account_id
  zone         = var.zone
  api_hostname = var.api_hostname
  origin       = var.origin
  # The zone's one set of rules, for staging's names too.
  zone_rules = var.zone_rules
}
