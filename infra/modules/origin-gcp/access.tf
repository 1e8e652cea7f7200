# What the machine may do: read one secret, write its log, set the size of its group.
resource "google_service_account" "origin" {
  account_id   = local.name
  project      = var.project
  display_name = "themerank's GPU origin, ${var.environment}"
}

# The secret without a value: `npm run secrets` adds that, so that no state ever holds it.
resource "google_secret_manager_secret" "origin" {
  secret_id = "${local.name}-env"
  project   = var.project
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_iam_member" "origin" {
  project   = var.project
  secret_id = google_secret_manager_secret.origin.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${google_service_account.origin.email}"
}

resource "google_project_iam_member" "log" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = "serviceAccount:${google_service_account.origin.email}"
}

# Google has no permission on a single group: only where the machine may sleep, and then on the project's groups.
resource "google_project_iam_custom_role" "sleep" {
  count       = var.idle_stop_minutes > 0 ? 1 : 0
  project     = var.project
  role_id     = replace("${local.name}_sleep", "-", "_")
  title       = "themerank: set a group's size"
  permissions = ["compute.instanceGroupManagers.get", "compute.instanceGroupManagers.update"]
}

resource "google_project_iam_member" "sleep" {
  count   = var.idle_stop_minutes > 0 ? 1 : 0
  project = var.project
  role    = google_project_iam_custom_role.sleep[0].id
  member  = "serviceAccount:${google_service_account.origin.email}"
}
