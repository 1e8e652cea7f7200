output "origin" {
  description = "Names that the commands of the runbooks take."
  value = {
    group  = aws_autoscaling_group.origin.name
    region = data.aws_region.here.name
    secret = local.secret
  }
}
