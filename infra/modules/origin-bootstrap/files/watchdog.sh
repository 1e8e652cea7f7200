#!/bin/sh
# Every 30 s: leaves in order when the cloud takes the machine, restarts or gives up an origin that does not rank,
# and puts the machine to sleep when nobody ranks.
set -eu
# shellcheck source=/dev/null
. "${THEMERANK_CONF:-/etc/themerank/origin.conf}"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
run_dir=${THEMERANK_RUN:-/run/themerank}
now=${WATCHDOG_NOW:-$(date +%s)}
up=${WATCHDOG_UP:-$(cut -d. -f1 /proc/uptime)}

# A first start pulls an image of some 10 GB and weights of 9 GB.
first_start_s=2700
restart_after_s=300
replace_after_s=900
# Probes are rankings of one theme: one a minute by the gateway's cron, two by the container's health check.
idle_prompts_per_minute=6

say() { echo "watchdog: $1"; }

if "$here/cloud" reclaimed; then
  say "the cloud takes this machine back"
  exec systemctl stop themerank-origin.service
fi

# Nothing is judged before there is something: source and secret may still be on their way.
healthy=$(docker ps -q --filter label=com.docker.compose.service=vllm --filter health=healthy)
if [ -n "$healthy" ]; then
  echo "$now" >"$run_dir/healthy"
  rm -f "$run_dir/restarted"
else
  if [ -f "$run_dir/healthy" ]; then
    down_s=$((now - $(cat "$run_dir/healthy")))
  else
    # Never healthy since the start: what is over the first start's time counts.
    started=$((now - up))
    [ ! -f "$run_dir/started" ] || started=$(cat "$run_dir/started")
    waited_s=$((now - started))
    down_s=$((waited_s > first_start_s ? waited_s - first_start_s + restart_after_s : 0))
  fi
  if [ "$down_s" -ge "$replace_after_s" ]; then
    say "no ranking for $down_s s: another machine"
    exec "$here/cloud" replace
  fi
  if [ "$down_s" -ge "$restart_after_s" ] && [ ! -f "$run_dir/restarted" ]; then
    say "no ranking for $down_s s: a restart"
    touch "$run_dir/restarted"
    docker ps -aq --filter label=com.docker.compose.service=vllm | xargs -r docker restart --time 40 >/dev/null
  fi
  exit 0
fi

[ "$IDLE_STOP_MINUTES" -gt 0 ] || exit 0
# vLLM counts each prompt: a ranking of 24 themes is 24. Without an answer nothing is known, and nothing stops.
prompts=$(docker exec "$healthy" curl -fsS -m 5 http://127.0.0.1:8000/metrics |
  awk '/^vllm:request_success_total/ { n += $NF } END { printf "%d", n }') || exit 0
if [ -f "$run_dir/busy" ]; then
  read -r since before <"$run_dir/busy"
else
  since=$now before=$prompts
  echo "$now $prompts" >"$run_dir/busy"
fi
# A count that fell is a new process.
if [ "$prompts" -lt "$before" ] || [ $((prompts - before)) -gt $((IDLE_STOP_MINUTES * idle_prompts_per_minute)) ]; then
  echo "$now $prompts" >"$run_dir/busy"
elif [ $((now - since)) -ge $((IDLE_STOP_MINUTES * 60)) ]; then
  say "hardly a ranking in $IDLE_STOP_MINUTES minutes: asleep until somebody starts it"
  exec "$here/cloud" sleep
fi
