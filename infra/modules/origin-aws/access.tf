# What the machine may do: be reached by Session Manager, read one parameter, give itself up, go to sleep.
locals {
  here = "${data.aws_region.here.name}:${data.aws_caller_identity.me.account_id}"
  arn  = "arn:${data.aws_partition.this.partition}"
}

resource "aws_iam_role" "origin" {
  name_prefix = "themerank-origin-"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_instance_profile" "origin" {
  name_prefix = "themerank-origin-"
  role        = aws_iam_role.origin.name
}

resource "aws_iam_role_policy_attachment" "session_manager" {
  role       = aws_iam_role.origin.name
  policy_arn = "${local.arn}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy" "origin" {
  name = "origin"
  role = aws_iam_role.origin.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Effect   = "Allow"
        Action   = "ssm:GetParameter"
        Resource = "${local.arn}:ssm:${local.here}:parameter${local.secret}"
      },
      # The managed policy reads every parameter of the account: none but ours.
      {
        Effect      = "Deny"
        Action      = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"]
        NotResource = "${local.arn}:ssm:${local.here}:parameter${local.secret}"
      },
      {
        Effect   = "Allow"
        Action   = ["autoscaling:SetInstanceHealth", "autoscaling:SetDesiredCapacity"]
        Resource = "${local.arn}:autoscaling:${local.here}:autoScalingGroup:*:autoScalingGroupName/${local.name}"
      },
      ], [for volume in aws_ebs_volume.cache : {
        Effect   = "Allow"
        Action   = "ec2:AttachVolume"
        Resource = volume.arn
        }], [for volume in aws_ebs_volume.cache : {
        Effect    = "Allow"
        Action    = "ec2:AttachVolume"
        Resource  = "${local.arn}:ec2:${local.here}:instance/*"
        Condition = { StringEquals = { "aws:ResourceTag/Name" = local.name } }
    }])
  })
}
