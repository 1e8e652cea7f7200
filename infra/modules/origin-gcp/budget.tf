# Tells, and stops nothing: idle stop does that.
resource "google_monitoring_notification_channel" "budget" {
  count        = var.budget == null ? 0 : 1
  project      = var.project
  display_name = "${local.name}: costs"
  type         = "email"
  labels       = { email_address = var.budget.email }
}

resource "google_billing_budget" "this" {
  count           = var.budget == null ? 0 : 1
  billing_account = var.budget.billing_account
  display_name    = local.name
  budget_filter {
    projects = ["projects/${var.project}"]
  }
  amount {
    specified_amount {
      currency_code = "USD"
      units         = tostring(var.budget.monthly_usd)
    }
  }
  threshold_rules {
    threshold_percent = 0.8
  }
  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }
  all_updates_rule {
    monitoring_notification_channels = [google_monitoring_notification_channel.budget[0].id]
  }
}
