#!/bin/sh
# Starts the origin: cache disk, source, secret, containers. Any step that fails ends it; systemd tries again.
set -eu
# shellcheck source=/dev/null
. "${THEMERANK_CONF:-/etc/themerank/origin.conf}"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source_dir=${THEMERANK_SOURCE:-/var/lib/themerank/source}
run_dir=${THEMERANK_RUN:-/run/themerank}
# A folder that stands for the machine's root, in the tests.
root=${THEMERANK_ROOT:-}

# Docker's whole state lives on the cache disk: a new machine pulls no image, loads no weights and compiles nothing.
mount_cache() {
  mountpoint -q "$root/mnt/cache" && return
  if [ ! -e "$CACHE_DISK" ]; then
    # Held by the machine before this one until that is gone: then this fails, and is tried again.
    "$here/cloud" attach
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      [ -e "$CACHE_DISK" ] && break
      sleep 2
    done
  fi
  # 2: no file system on it. Anything else that is not 0 must never lead to formatting.
  status=0
  blkid -p "$CACHE_DISK" >/dev/null || status=$?
  [ "$status" -ne 2 ] || mkfs.ext4 -q -L themerank "$CACHE_DISK"
  mkdir -p "$root/mnt/cache"
  systemctl stop docker.socket docker containerd
  mount "$CACHE_DISK" "$root/mnt/cache"
  for folder in docker containerd; do
    mkdir -p "$root/mnt/cache/$folder" "$root/var/lib/$folder"
    mount --bind "$root/mnt/cache/$folder" "$root/var/lib/$folder"
  done
  systemctl start containerd docker
}

# The commit's id is checked by Git itself: what is fetched is what was asked for, or nothing.
fetch_source() {
  [ "$(git -C "$source_dir" rev-parse HEAD 2>/dev/null)" = "$SOURCE_COMMIT" ] && return
  rm -rf "$source_dir"
  git init -q "$source_dir"
  git -C "$source_dir" fetch -q --depth 1 "$SOURCE_URL" "$SOURCE_COMMIT"
  git -C "$source_dir" checkout -q --detach FETCH_HEAD
}

# In memory only: /run is no disk.
fetch_secret() {
  mkdir -p "$run_dir"
  (umask 077 && "$here/cloud" secret >"$run_dir/origin.env.new")
  grep -q '^VLLM_API_KEY=.' "$run_dir/origin.env.new"
  mv "$run_dir/origin.env.new" "$run_dir/origin.env"
}

[ -z "$CACHE_DISK" ] || mount_cache
fetch_source
fetch_secret
rm -f "$run_dir/healthy" "$run_dir/restarted" "$run_dir/busy"
date +%s >"$run_dir/started"

# Data, not code: only names that the containers know are taken over.
while IFS='=' read -r name value; do
  case $name in
    VLLM_API_KEY | TUNNEL_TOKEN | HF_TOKEN) export "$name=$value" ;;
  esac
done <"$run_dir/origin.env"
export PRESET
exec "$source_dir/gpu-origin/bin/up"
