# The GPU machine of production on Google Cloud.
terraform {
  required_version = ">= 1.11"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 8"
    }
  }
  backend "s3" {}
}

provider "google" {
  project = var.project
  # Budgets are asked for in the project's name.
  user_project_override = true
  billing_project       = var.project
  default_labels        = { project = "themerank", environment = "production" }
}

module "origin" {
  source      = "../../../modules/origin-gcp"
  environment = "production"
  project     = var.project
  zone        = var.zone
  source_code = var.source_code
  preset      = var.preset
  iap_ssh     = var.iap_ssh
  budget      = var.budget
}

output "origin" {
  value = module.origin.origin
}
