mock_provider "google" {}

variables {
  project     = "example-project"
  zone        = "europe-west4-b"
  source_code = { url = "https://git.example.com/themerank.git", commit = "0123456789abcdef0123456789abcdef01234567" }
}

run "the_runbooks_names_are_told" {
  assert {
    condition     = output.origin.group == "themerank-origin-production" && output.origin.secret == "themerank-origin-production-env"
    error_message = "Group and secret carry the environment's name."
  }
}
