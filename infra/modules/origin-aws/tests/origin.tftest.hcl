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
  mock_resource "aws_ebs_volume" {
    defaults = { id = "vol-0123456789abcdef0", arn = "arn:aws:ec2:eu-central-1:123456789012:volume/vol-0123456789abcdef0" }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/themerank" }
  }
}

variables {
  environment        = "staging"
  source_code        = { url = "https://git.example.com/themerank.git", commit = "0123456789abcdef0123456789abcdef01234567" }
  monthly_budget_usd = 300
  alarm_email        = "ops@example.com"
}

run "nothing_comes_in" {
  assert {
    condition     = length(aws_security_group.origin.ingress) == 0 && length(aws_default_security_group.none.ingress) == 0
    error_message = "No security group may have an ingress rule."
  }
  assert {
    condition     = aws_launch_template.origin.key_name == null || aws_launch_template.origin.key_name == ""
    error_message = "There is no SSH key: Session Manager is the way in."
  }
  assert {
    condition     = sort([for name, rule in aws_vpc_security_group_egress_rule.origin : "${rule.ip_protocol}/${rule.from_port}"]) == tolist(["tcp/443", "tcp/7844", "tcp/80", "udp/7844"])
    error_message = "443, 80 and the tunnel's 7844 go out, nothing else."
  }
}

run "credentials_and_disks_are_guarded" {
  assert {
    condition     = aws_launch_template.origin.metadata_options[0].http_tokens == "required" && aws_launch_template.origin.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "IMDSv2 with one hop."
  }
  assert {
    condition     = alltrue([for device in aws_launch_template.origin.block_device_mappings : device.ebs[0].encrypted == "true"]) && aws_ebs_volume.cache[0].encrypted
    error_message = "Every disk is encrypted."
  }
}

run "the_user_data_names_the_secret_and_has_none" {
  assert {
    condition     = strcontains(base64decode(aws_launch_template.origin.user_data), "SECRET='/themerank/staging/origin-env'") && !strcontains(base64decode(aws_launch_template.origin.user_data), "TUNNEL_TOKEN=")
    error_message = "The machine reads its secret by name."
  }
  assert {
    condition     = length(base64decode(aws_launch_template.origin.user_data)) < 16384
    error_message = "AWS takes 16 KiB of user data."
  }
}

run "the_machine_may_read_one_parameter_and_give_itself_up" {
  assert {
    condition     = sort(flatten([for statement in jsondecode(aws_iam_role_policy.origin.policy).Statement : statement.Action if statement.Effect == "Allow"])) == tolist(["autoscaling:SetDesiredCapacity", "autoscaling:SetInstanceHealth", "ec2:AttachVolume", "ec2:AttachVolume", "ssm:GetParameter"])
    error_message = "A permission more or less."
  }
  assert {
    condition     = !anytrue([for statement in jsondecode(aws_iam_role_policy.origin.policy).Statement : contains(flatten([try(statement.Resource, [])]), "*")])
    error_message = "No permission may hold for everything."
  }
}

run "a_group_of_one_that_comes_back" {
  assert {
    condition     = aws_autoscaling_group.origin.min_size == 0 && aws_autoscaling_group.origin.max_size == 1 && aws_autoscaling_group.origin.desired_capacity == 1
    error_message = "None or one machine, and one at first."
  }
  assert {
    condition     = aws_autoscaling_group.origin.mixed_instances_policy[0].launch_template[0].override[0].instance_type == "g5.xlarge" && aws_autoscaling_group.origin.mixed_instances_policy[0].instances_distribution[0].on_demand_percentage_above_base_capacity == 100
    error_message = "g5.xlarge on demand by default."
  }
  assert {
    condition     = length(aws_autoscaling_group.origin.vpc_zone_identifier) == 1
    error_message = "The cache disk is in one zone, so the machine is."
  }
}

run "spot_schedules_and_sleep_when_asked_for" {
  variables {
    spot              = true
    cache_disk_gb     = 0
    idle_stop_minutes = 60
    schedules = {
      morning = { recurrence = "0 7 * * 1-5", machines = 1 }
      evening = { recurrence = "0 19 * * 1-5", machines = 0 }
    }
  }
  assert {
    condition     = aws_autoscaling_group.origin.mixed_instances_policy[0].instances_distribution[0].on_demand_percentage_above_base_capacity == 0 && aws_autoscaling_group.origin.capacity_rebalance
    error_message = "Spot alone, replaced before it is taken."
  }
  assert {
    condition     = length(aws_autoscaling_group.origin.vpc_zone_identifier) == 2 && length(aws_ebs_volume.cache) == 0
    error_message = "Without a cache disk every zone will do."
  }
  assert {
    condition     = aws_autoscaling_schedule.this["evening"].desired_capacity == 0 && aws_autoscaling_schedule.this["morning"].time_zone == "Etc/UTC"
    error_message = "Schedules are in UTC."
  }
  assert {
    condition     = strcontains(base64decode(aws_launch_template.origin.user_data), "IDLE_STOP_MINUTES='60'")
    error_message = "The machine knows when to sleep."
  }
}

run "the_budget_tells_before_it_is_spent" {
  assert {
    condition     = aws_budgets_budget.ec2[0].limit_amount == "300.0" && length(aws_budgets_budget.ec2[0].notification) == 2
    error_message = "Two warnings."
  }
}

run "two_machines_are_refused" {
  command = plan
  variables {
    schedules = { wrong = { recurrence = "0 7 * * *", machines = 2 } }
  }
  expect_failures = [var.schedules]
}
