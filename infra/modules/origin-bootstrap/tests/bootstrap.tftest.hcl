# Pure: no provider at all.
variables {
  cloud             = "aws"
  source_code       = { url = "https://git.example.com/themerank.git", commit = "0123456789abcdef0123456789abcdef01234567" }
  preset            = "llama-3.1-8b.a10g"
  secret            = "/themerank/staging/origin-env"
  group             = "themerank-staging"
  location          = "eu-central-1"
  idle_stop_minutes = 60
}

run "names_where_the_secret_is_and_nothing_of_it" {
  command = plan
  assert {
    condition     = strcontains(output.user_data, "SECRET='/themerank/staging/origin-env'")
    error_message = "The machine must know the secret's name."
  }
  assert {
    condition     = startswith(output.user_data, "#cloud-config\n") && length(yamldecode(output.user_data).write_files) == 8
    error_message = "A cloud-config with one file of settings, four scripts and three units is expected."
  }
  assert {
    condition     = alltrue([for file in yamldecode(output.user_data).write_files : !strcontains(file.content, "TUNNEL_TOKEN=")])
    error_message = "No file may set a token."
  }
}

run "google_gets_the_same_machine" {
  command = plan
  variables {
    cloud = "gcp"
  }
  assert {
    condition     = strcontains(output.user_data, "CLOUD='gcp'")
    error_message = "The cloud's name decides in files/cloud.sh."
  }
}

run "a_moving_reference_is_refused" {
  command = plan
  variables {
    source_code = { url = "https://git.example.com/themerank.git", commit = "main" }
  }
  expect_failures = [var.source_code]
}

run "credentials_in_the_address_are_refused" {
  command = plan
  variables {
    source_code = { url = "https://user:token@git.example.com/themerank.git", commit = "0123456789abcdef0123456789abcdef01234567" }
  }
  expect_failures = [var.source_code]
}

run "a_preset_cannot_bring_shell_with_it" {
  command = plan
  variables {
    preset = "a'; reboot; '"
  }
  expect_failures = [var.preset]
}

run "an_idle_stop_shorter_than_a_start_is_refused" {
  command = plan
  variables {
    idle_stop_minutes = 5
  }
  expect_failures = [var.idle_stop_minutes]
}
