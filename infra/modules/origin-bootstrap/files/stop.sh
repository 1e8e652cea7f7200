#!/bin/sh
# Stops the origin in order: the tunnel takes no more, vLLM finishes what runs (30 s), then it is gone.
set -eu
cd "${THEMERANK_SOURCE:-/var/lib/themerank/source}/gpu-origin"
# bin/up has left word of its profiles there.
exec docker compose stop
