# A group of one: a machine that dies, or gives itself up, is replaced.
locals {
  name = "themerank-origin-${var.environment}"
  # Created outside of Terraform (`npm run secrets`), so that no state ever holds its value.
  secret = "/themerank/${var.environment}/origin-env"
  ami    = var.ami_id != "" ? var.ami_id : one(data.aws_ssm_parameter.ami[*].insecure_value)
}

data "aws_region" "here" {}
data "aws_caller_identity" "me" {}
data "aws_partition" "this" {}

data "aws_ssm_parameter" "ami" {
  count = var.ami_id == "" ? 1 : 0
  name  = var.ami_parameter
}

module "bootstrap" {
  source            = "../origin-bootstrap"
  cloud             = "aws"
  source_code       = var.source_code
  preset            = var.preset
  secret            = local.secret
  group             = local.name
  location          = data.aws_region.here.name
  idle_stop_minutes = var.idle_stop_minutes
  cache_disk = var.cache_disk_gb == 0 ? {} : {
    # How udev names an EBS volume on a Nitro machine.
    path   = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${replace(aws_ebs_volume.cache[0].id, "-", "")}"
    volume = aws_ebs_volume.cache[0].id
  }
}

resource "aws_ebs_volume" "cache" {
  count             = var.cache_disk_gb > 0 ? 1 : 0
  availability_zone = local.zones[0]
  size              = var.cache_disk_gb
  type              = "gp3"
  encrypted         = true
  tags              = { Name = "${local.name}-cache" }
}

resource "aws_launch_template" "origin" {
  name_prefix            = "${local.name}-"
  image_id               = local.ami
  instance_type          = var.instance_types[0]
  update_default_version = true
  user_data              = base64encode(module.bootstrap.user_data)

  iam_instance_profile {
    arn = aws_iam_instance_profile.origin.arn
  }
  # Version 2 only, and one hop: no container reaches the machine's credentials.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
  network_interfaces {
    associate_public_ip_address = true
    security_groups             = [aws_security_group.origin.id]
    delete_on_termination       = true
  }
  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      volume_size           = 100
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }
  dynamic "tag_specifications" {
    for_each = ["instance", "volume", "network-interface"]
    content {
      resource_type = tag_specifications.value
      tags          = { Name = local.name, Project = "themerank", Environment = var.environment }
    }
  }
}

resource "aws_autoscaling_group" "origin" {
  name                      = local.name
  min_size                  = 0
  max_size                  = 1
  desired_capacity          = var.running ? 1 : 0
  vpc_zone_identifier       = [for zone in local.zones : aws_subnet.this[zone].id]
  health_check_type         = "EC2"
  health_check_grace_period = 300
  # The machine may be asleep, and its start takes minutes: nobody waits for it here.
  wait_for_capacity_timeout = "0"
  capacity_rebalance        = var.spot

  mixed_instances_policy {
    instances_distribution {
      on_demand_base_capacity                  = 0
      on_demand_percentage_above_base_capacity = var.spot ? 0 : 100
      on_demand_allocation_strategy            = "prioritized"
      spot_allocation_strategy                 = "price-capacity-optimized"
    }
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.origin.id
        version            = aws_launch_template.origin.latest_version
      }
      dynamic "override" {
        for_each = var.instance_types
        content {
          instance_type = override.value
        }
      }
    }
  }

  # A new preset, commit or image replaces the machine; Gemini ranks meanwhile.
  instance_refresh {
    strategy = "Rolling"
    preferences {
      min_healthy_percentage = 0
    }
  }

  lifecycle {
    # Schedules, idle stop and people set it.
    ignore_changes = [desired_capacity]
  }
}

resource "aws_autoscaling_schedule" "this" {
  for_each               = var.schedules
  scheduled_action_name  = each.key
  autoscaling_group_name = aws_autoscaling_group.origin.name
  recurrence             = each.value.recurrence
  time_zone              = "Etc/UTC"
  min_size               = 0
  max_size               = 1
  desired_capacity       = each.value.machines
}
