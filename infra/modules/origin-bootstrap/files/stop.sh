#!/bin/sh
# Stops the origin: the tunnel takes no more, vLLM finishes what runs (30 s), then the containers go.
set -eu
cd "${THEMERANK_SOURCE:-/var/lib/themerank/source}/gpu-origin"
exec docker compose --profile tunnel stop --timeout 40
