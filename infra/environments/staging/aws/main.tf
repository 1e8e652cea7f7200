# The GPU machine of staging on AWS.
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
  backend "s3" {}
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { Project = "themerank", Environment = "staging" }
  }
}

module "origin" {
  source             = "../../../modules/origin-aws"
  environment        = "staging"
  source_code        = var.source_code
  preset             = var.preset
  ami_id             = var.ami_id
  monthly_budget_usd = var.monthly_budget_usd
  alarm_email        = var.alarm_email
  # Cheap first: taken back now and then, asleep when nobody tests.
  spot              = true
  idle_stop_minutes = 60
  schedules         = var.schedules
}

output "origin" {
  value = module.origin.origin
}
