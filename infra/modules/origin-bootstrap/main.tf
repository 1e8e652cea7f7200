# One cloud-init for both clouds: what differs stands in files/cloud.sh. No secret is in it.
terraform {
  required_version = ">= 1.11"
}

locals {
  conf = {
    CLOUD             = var.cloud
    LOCATION          = var.location
    GROUP             = var.group
    SECRET            = var.secret
    SOURCE_URL        = var.source_code.url
    SOURCE_COMMIT     = var.source_code.commit
    PRESET            = var.preset
    CACHE_DISK        = var.cache_disk.path
    CACHE_VOLUME      = var.cache_disk.volume
    IDLE_STOP_MINUTES = tostring(var.idle_stop_minutes)
  }

  scripts = [for name in ["cloud", "start", "stop", "watchdog"] : {
    path        = "/opt/themerank/${name}"
    permissions = "0755"
    content     = file("${path.module}/files/${name}.sh")
  }]

  units = [for name in ["themerank-origin.service", "themerank-watchdog.service", "themerank-watchdog.timer"] : {
    path        = "/etc/systemd/system/${name}"
    permissions = "0644"
    content     = file("${path.module}/files/${name}")
  }]

  conf_file = {
    path        = "/etc/themerank/origin.conf"
    permissions = "0644"
    content     = join("", [for key, value in local.conf : "${key}='${value}'\n"])
  }

  user_data = join("\n", ["#cloud-config", yamlencode({
    # The base image has driver, Docker and the cloud's own command; only security updates are wanted of it.
    package_update = false
    write_files    = concat([local.conf_file], local.scripts, local.units)
    runcmd = [
      ["systemctl", "daemon-reload"],
      ["systemctl", "enable", "--now", "--no-block", "themerank-origin.service", "themerank-watchdog.timer"],
    ]
  })])
}
