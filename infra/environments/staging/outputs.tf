output "wrangler" {
  value = module.edge.wrangler
}

output "tunnel_id" {
  value = module.edge.tunnel_id
}
