# A group of one: a machine that dies, is preempted or powers itself off is made anew.
locals {
  name   = "themerank-origin-${var.environment}"
  region = join("-", slice(split("-", var.zone), 0, 2))
}

module "bootstrap" {
  source            = "../origin-bootstrap"
  cloud             = "gcp"
  source_code       = var.source_code
  preset            = var.preset
  secret            = google_secret_manager_secret.origin.secret_id
  group             = local.name
  location          = var.zone
  idle_stop_minutes = var.idle_stop_minutes
  cache_disk        = { path = "/dev/disk/by-id/google-cache" }
}

resource "google_compute_instance_template" "origin" {
  name_prefix  = "${local.name}-"
  project      = var.project
  region       = local.region
  machine_type = var.machine_type
  metadata = {
    user-data              = module.bootstrap.user_data
    block-project-ssh-keys = "true"
    enable-oslogin         = "TRUE"
    install-nvidia-driver  = "True"
  }

  guest_accelerator {
    type  = var.accelerator
    count = 1
  }
  # A card cannot be moved to another host while it runs.
  scheduling {
    on_host_maintenance         = "TERMINATE"
    automatic_restart           = !var.spot
    preemptible                 = var.spot
    provisioning_model          = var.spot ? "SPOT" : "STANDARD"
    instance_termination_action = var.spot ? "STOP" : null
  }
  # Google encrypts all disks at rest.
  disk {
    source_image = var.image
    boot         = true
    auto_delete  = true
    disk_size_gb = 100
    disk_type    = "pd-balanced"
  }
  disk {
    device_name  = "cache"
    auto_delete  = false
    disk_size_gb = var.cache_disk_gb
    disk_type    = "pd-balanced"
  }
  # Without access_config there is no external address.
  network_interface {
    subnetwork = google_compute_subnetwork.this.id
  }
  service_account {
    email  = google_service_account.origin.email
    scopes = ["cloud-platform"]
  }
  shielded_instance_config {
    enable_secure_boot          = false
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_instance_group_manager" "origin" {
  name               = local.name
  project            = var.project
  zone               = var.zone
  base_instance_name = local.name
  target_size        = var.running ? 1 : 0
  # The machine may be asleep, and its start takes minutes: nobody waits for it here.
  wait_for_instances = false

  version {
    instance_template = google_compute_instance_template.origin.self_link_unique
  }
  stateful_disk {
    device_name = "cache"
    delete_rule = "NEVER"
  }
  # A new preset, commit or image replaces the machine; Gemini ranks meanwhile.
  update_policy {
    type                  = "PROACTIVE"
    minimal_action        = "REPLACE"
    replacement_method    = "RECREATE"
    max_surge_fixed       = 0
    max_unavailable_fixed = 1
  }
  lifecycle {
    # Idle stop and people set it.
    ignore_changes = [target_size]
  }
}
