mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b"] }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0" }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/themerank" }
  }
}

variables {
  region      = "eu-central-1"
  alarm_email = "ops@example.com"
  source_code = { url = "https://git.example.com/themerank.git", commit = "0123456789abcdef0123456789abcdef01234567" }
}

run "the_runbooks_names_are_told" {
  assert {
    condition     = output.origin.group == "themerank-origin-production" && output.origin.secret == "/themerank/production/origin-env"
    error_message = "Group and parameter carry the environment's name."
  }
}
