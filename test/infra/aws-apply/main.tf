# The AWS module against moto: every service at one address on this machine.
variable "endpoint" {
  type = string
}

variable "machine" {
  type    = object({ preset = string, spot = bool })
  default = { preset = "llama-3.1-8b.a10g", spot = false }
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = false
  endpoints {
    autoscaling = var.endpoint
    ec2         = var.endpoint
    iam         = var.endpoint
    ssm         = var.endpoint
    sts         = var.endpoint
  }
}

module "origin" {
  source            = "../modules/origin-aws"
  environment       = "staging"
  source_code       = { url = "https://git.example.com/themerank.git", commit = "0123456789abcdef0123456789abcdef01234567" }
  ami_parameter     = "/test/deep-learning/ami-id" # moto keeps /aws to itself
  preset            = var.machine.preset
  spot              = var.machine.spot
  idle_stop_minutes = 60
  # moto has no subscribers of a budget; the module's own tests look at it.
  monthly_budget_usd = null
  alarm_email        = "ops@example.com"
  schedules = {
    morning = { recurrence = "0 7 * * 1-5", machines = 1 }
  }
}

output "origin" {
  value = module.origin.origin
}
