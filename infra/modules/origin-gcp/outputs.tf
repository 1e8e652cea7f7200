output "origin" {
  description = "Names that the commands of the runbooks take."
  value = {
    group   = google_compute_instance_group_manager.origin.name
    project = var.project
    zone    = var.zone
    secret  = google_secret_manager_secret.origin.secret_id
  }
}
