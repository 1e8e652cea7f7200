mock_provider "google" {}

variables {
  environment = "staging"
  project     = "example-project"
  zone        = "europe-west4-b"
  source_code = { url = "https://git.example.com/themerank.git", commit = "0123456789abcdef0123456789abcdef01234567" }
}

run "nothing_comes_in" {
  assert {
    condition     = length(google_compute_firewall.iap) == 0 && google_compute_firewall.nothing_in.direction == "INGRESS" && one(google_compute_firewall.nothing_in.deny).protocol == "all" && length(google_compute_firewall.nothing_in.allow) == 0
    error_message = "No ingress may be allowed."
  }
  assert {
    condition     = length(google_compute_instance_template.origin.network_interface[0].access_config) == 0
    error_message = "The machine has no external address."
  }
}

run "only_the_tunnel_and_the_web_go_out" {
  assert {
    condition     = sort(flatten([for rule in google_compute_firewall.out.allow : rule.ports])) == tolist(["443", "7844", "7844", "80"]) && one(google_compute_firewall.nothing_else_out.deny).protocol == "all" && google_compute_firewall.out.priority < google_compute_firewall.nothing_else_out.priority
    error_message = "443, 80 and the tunnel's 7844 go out, nothing else."
  }
}

run "one_machine_with_the_card_that_is_made_anew" {
  assert {
    condition     = google_compute_instance_group_manager.origin.target_size == 1 && one(google_compute_instance_group_manager.origin.update_policy).max_surge_fixed == 0
    error_message = "A group of one."
  }
  assert {
    condition     = one(google_compute_instance_template.origin.guest_accelerator).type == "nvidia-tesla-t4" && google_compute_instance_template.origin.machine_type == "n1-standard-4" && one(google_compute_instance_template.origin.scheduling).on_host_maintenance == "TERMINATE"
    error_message = "n1-standard-4 with a T4."
  }
  assert {
    condition     = one(google_compute_instance_group_manager.origin.stateful_disk).delete_rule == "NEVER"
    error_message = "The cache disk outlives the machine."
  }
}

run "no_secret_in_the_machine_s_metadata" {
  assert {
    condition     = strcontains(google_compute_instance_template.origin.metadata["user-data"], "SECRET='themerank-origin-staging-env'") && !strcontains(google_compute_instance_template.origin.metadata["user-data"], "TUNNEL_TOKEN=")
    error_message = "The machine knows the secret's name, not its value."
  }
  assert {
    condition     = google_secret_manager_secret_iam_member.origin.role == "roles/secretmanager.secretAccessor" && length(google_project_iam_member.sleep) == 0
    error_message = "The machine reads one secret, and may resize nothing unless it is to sleep."
  }
}

run "spot_sleep_repair_and_budget_when_asked_for" {
  variables {
    spot              = true
    iap_ssh           = true
    idle_stop_minutes = 60
    budget            = { billing_account = "000000-000000-000000", monthly_usd = 300, email = "ops@example.com" }
  }
  assert {
    condition     = one(google_compute_instance_template.origin.scheduling).provisioning_model == "SPOT" && one(google_compute_instance_template.origin.scheduling).automatic_restart == false
    error_message = "Spot machines do not restart by themselves."
  }
  assert {
    condition     = google_compute_firewall.iap[0].source_ranges == toset(["35.235.240.0/20"])
    error_message = "The repair door is for Identity-Aware Proxy alone."
  }
  assert {
    condition     = google_project_iam_custom_role.sleep[0].permissions == toset(["compute.instanceGroupManagers.get", "compute.instanceGroupManagers.update"])
    error_message = "Two permissions are enough to sleep."
  }
  assert {
    condition     = one(one(google_billing_budget.this[0].amount).specified_amount).units == "300"
    error_message = "The budget is told."
  }
}
