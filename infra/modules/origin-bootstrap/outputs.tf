output "user_data" {
  description = "The cloud-config, as text. AWS takes 16 KiB at most."
  value       = local.user_data
  precondition {
    condition     = length(local.user_data) < 16384
    error_message = "The cloud-config is larger than the 16 KiB that AWS takes."
  }
}
