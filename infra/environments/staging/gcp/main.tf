# The GPU machine of staging on Google Cloud.
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
  default_labels        = { project = "themerank", environment = "staging" }
}

module "origin" {
  source      = "../../../modules/origin-gcp"
  environment = "staging"
  project     = var.project
  zone        = var.zone
  source_code = var.source_code
  preset      = var.preset
  iap_ssh     = var.iap_ssh
  budget      = var.budget
  # Cheap first: taken back now and then, asleep when nobody tests.
  spot              = true
  idle_stop_minutes = 60
}

output "origin" {
  value = module.origin.origin
}
