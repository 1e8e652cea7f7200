# A network of its own: no external address, out by NAT, nothing in.
resource "google_compute_network" "this" {
  name                    = local.name
  project                 = var.project
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "this" {
  name                     = local.name
  project                  = var.project
  network                  = google_compute_network.this.id
  region                   = local.region
  ip_cidr_range            = "10.83.0.0/24"
  private_ip_google_access = true
}

resource "google_compute_router" "this" {
  name    = local.name
  project = var.project
  network = google_compute_network.this.id
  region  = local.region
}

resource "google_compute_router_nat" "this" {
  name                               = local.name
  project                            = var.project
  router                             = google_compute_router.this.name
  region                             = local.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"
}

resource "google_compute_firewall" "nothing_in" {
  name          = "${local.name}-nothing-in"
  project       = var.project
  network       = google_compute_network.this.id
  direction     = "INGRESS"
  priority      = 1000
  source_ranges = ["0.0.0.0/0"]
  deny {
    protocol = "all"
  }
}

resource "google_compute_firewall" "iap" {
  count     = var.iap_ssh ? 1 : 0
  name      = "${local.name}-iap"
  project   = var.project
  network   = google_compute_network.this.id
  direction = "INGRESS"
  priority  = 900
  # Identity-Aware Proxy's own range.
  source_ranges = ["35.235.240.0/20"]
  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}

resource "google_compute_firewall" "out" {
  name               = "${local.name}-out"
  project            = var.project
  network            = google_compute_network.this.id
  direction          = "EGRESS"
  priority           = 900
  destination_ranges = ["0.0.0.0/0"]
  allow {
    protocol = "tcp"
    ports    = ["443", "80", "7844"]
  }
  allow {
    protocol = "udp"
    ports    = ["7844"]
  }
}

resource "google_compute_firewall" "nothing_else_out" {
  name               = "${local.name}-nothing-else-out"
  project            = var.project
  network            = google_compute_network.this.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["0.0.0.0/0"]
  deny {
    protocol = "all"
  }
}
