# A network of its own with one way: out. A public address without any ingress costs a tenth of a NAT gateway.
data "aws_availability_zones" "all" {
  state = "available"
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  zones = var.cache_disk_gb > 0 ? slice(data.aws_availability_zones.all.names, 0, 1) : data.aws_availability_zones.all.names
}

resource "aws_vpc" "this" {
  cidr_block           = "10.83.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = local.name }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = local.name }
}

resource "aws_subnet" "this" {
  for_each                = { for index, zone in local.zones : zone => index }
  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = cidrsubnet(aws_vpc.this.cidr_block, 8, each.value)
  map_public_ip_on_launch = false
  tags                    = { Name = "${local.name}-${each.key}" }
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
  tags = { Name = local.name }
}

resource "aws_route_table_association" "this" {
  for_each       = aws_subnet.this
  subnet_id      = each.value.id
  route_table_id = aws_route_table.this.id
}

# AWS's own default group lets its members talk to each other: taken over, and emptied.
resource "aws_default_security_group" "none" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${local.name}-unused" }
}

resource "aws_security_group" "origin" {
  name_prefix = "${local.name}-"
  description = "themerank origin: nothing comes in, the tunnel goes out"
  vpc_id      = aws_vpc.this.id
  tags        = { Name = local.name }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "origin" {
  for_each = {
    https       = { protocol = "tcp", port = 443 }
    packages    = { protocol = "tcp", port = 80 }
    tunnel-quic = { protocol = "udp", port = 7844 }
    tunnel      = { protocol = "tcp", port = 7844 }
  }
  security_group_id = aws_security_group.origin.id
  description       = each.key
  ip_protocol       = each.value.protocol
  from_port         = each.value.port
  to_port           = each.value.port
  cidr_ipv4         = "0.0.0.0/0"
}
