#!/bin/sh
# A preset becomes vLLM's command line: the one way in on a card at home, in a cloud and in the tests.
#
#   entrypoint.sh [--print | --fetch] [preset] [further vLLM flags]      (or PRESET=name entrypoint.sh)
#
# --print shows the environment it sets and the argument vector, one a line, and starts nothing: it
# needs neither vLLM nor a key. --fetch downloads the preset's model, with the Python that vLLM runs on,
# and ends. Taken from the environment:
#   VLLM_API_KEY   what callers must present; required, unless ALLOW_NO_KEY=1
#   MODEL_PATH     a local folder served in place of the preset's model; nothing is then downloaded
#   HOST, PORT     127.0.0.1 and 8000: vLLM guards only part of its paths by the key, so that what is
#                  reachable from outside must be the proxy, never this port
#   RUN_DIR        a folder for what bin/warm must know: this process's id, and that nothing is warm yet
set -euf

refuse() {
  echo "entrypoint: $1" >&2
  exit 2
}

print=
fetch=
while [ $# -gt 0 ]; do
  case $1 in
    --print) print=1 ;;
    --fetch) fetch=1 ;;
    -*) break ;;
    *) PRESET=$1 ;;
  esac
  shift
done

presets=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/presets
[ -n "${PRESET:-}" ] || refuse "name a preset: PRESET=name or the first argument"
case $PRESET in
  *[!a-z0-9.-]*) refuse "unknown preset: a name has only a-z, 0-9, dots and dashes" ;;
esac
[ -f "$presets/$PRESET.env" ] || refuse "unknown preset: $PRESET (no presets/$PRESET.env)"

# What a preset may say. Set empty first, so that nothing leaks in from the caller's environment.
MODEL='' REVISION='' DTYPE='' MAX_MODEL_LEN='' MAX_NUM_BATCHED_TOKENS='' GPU_MEMORY_UTILIZATION=''
VLLM_CPU_KVCACHE_SPACE='' EXTRA_FLAGS=''

# Reads KEY=VALUE lines; data, not code. INCLUDE reads a further file in its place, a later line
# wins over an earlier one, and only EXTRA_FLAGS adds up. $1: a path below presets/.
load() {
  [ -f "$presets/$1" ] || refuse "$PRESET includes $1, which does not exist"
  while IFS= read -r line || [ -n "$line" ]; do
    value=${line#*=}
    case $line in
      '' | '#'*) ;;
      INCLUDE=*) load "$value" ;;
      MODEL=*) MODEL=$value ;;
      REVISION=*) REVISION=$value ;;
      DTYPE=*) DTYPE=$value ;;
      MAX_MODEL_LEN=*) MAX_MODEL_LEN=$value ;;
      MAX_NUM_BATCHED_TOKENS=*) MAX_NUM_BATCHED_TOKENS=$value ;;
      GPU_MEMORY_UTILIZATION=*) GPU_MEMORY_UTILIZATION=$value ;;
      VLLM_CPU_KVCACHE_SPACE=*) VLLM_CPU_KVCACHE_SPACE=$value ;;
      EXTRA_FLAGS=*) EXTRA_FLAGS="$EXTRA_FLAGS $value" ;;
      # For the gateway, the proxy and the reader.
      LICENCE=* | QUANTISATION=* | PROMPT_FORMAT=* | RATING_TOKENS=* | PROXY_CONNECTIONS=*) ;;
      *) refuse "$1 has a line that is no known KEY=VALUE: ${line%%=*}" ;;
    esac
  done <"$presets/$1"
}
load "$PRESET.env"

need() {
  [ -n "$2" ] || refuse "preset $PRESET lacks $1"
}
need MODEL "$MODEL"
need DTYPE "$DTYPE"
need MAX_MODEL_LEN "$MAX_MODEL_LEN"
need MAX_NUM_BATCHED_TOKENS "$MAX_NUM_BATCHED_TOKENS"
need 'GPU_MEMORY_UTILIZATION or VLLM_CPU_KVCACHE_SPACE' "$GPU_MEMORY_UTILIZATION$VLLM_CPU_KVCACHE_SPACE"

if [ -n "$fetch" ]; then
  [ -z "${MODEL_PATH:-}" ] || exit 0
  # Weights as safetensors alone (the other formats can run code), and what reads them.
  exec python3 -c '
import sys, huggingface_hub
huggingface_hub.snapshot_download(
    sys.argv[1],
    revision=sys.argv[2] or None,
    allow_patterns=["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"],
    ignore_patterns=["consolidated*", "original/*"],
)' "$MODEL" "$REVISION"
fi

# The caller's flags come last: vLLM takes the last of two.
# shellcheck disable=SC2086 # EXTRA_FLAGS is words; globbing is off
set -- $EXTRA_FLAGS "$@"
[ -z "$GPU_MEMORY_UTILIZATION" ] || set -- --gpu-memory-utilization "$GPU_MEMORY_UTILIZATION" "$@"
if [ -z "${MODEL_PATH:-}" ]; then
  if [ -n "$REVISION" ]; then
    set -- --revision "$REVISION" "$@"
  else
    echo "entrypoint: warning: $PRESET pins no revision of $MODEL; its newest is served" >&2
  fi
fi
set -- vllm serve "${MODEL_PATH:-$MODEL}" \
  --host "${HOST:-127.0.0.1}" \
  --port "${PORT:-8000}" \
  --served-model-name theme-ranker \
  --dtype "$DTYPE" \
  --max-model-len "$MAX_MODEL_LEN" \
  --max-num-batched-tokens "$MAX_NUM_BATCHED_TOKENS" \
  --enable-prefix-caching \
  --enable-prompt-tokens-details \
  --max-logprobs 20 \
  --generation-config vllm \
  --disable-fastapi-docs \
  --shutdown-timeout 30 \
  "$@"

# The switches of a ranking server: no reports to the vendor, and no request larger than a ranking.
set -- VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1 VLLM_MAX_COMPLETION_PROMPTS=128 VLLM_MAX_N_SEQUENCES=4 "$@"
[ -z "$VLLM_CPU_KVCACHE_SPACE" ] || set -- "VLLM_CPU_KVCACHE_SPACE=$VLLM_CPU_KVCACHE_SPACE" "$@"
# A model that lies here must never be looked up elsewhere.
[ -z "${MODEL_PATH:-}" ] || set -- HF_HUB_OFFLINE=1 "$@"

if [ -n "$print" ]; then
  printf '%s\n' "$@"
  exit 0
fi

[ -z "${MODEL_PATH:-}" ] || [ -d "$MODEL_PATH" ] || refuse "MODEL_PATH is not a folder: $MODEL_PATH"
if [ -z "${VLLM_API_KEY:-}" ]; then
  [ "${ALLOW_NO_KEY:-}" = 1 ] || refuse "set VLLM_API_KEY, or ALLOW_NO_KEY=1 to serve without a key"
  unset VLLM_API_KEY
fi
command -v vllm >/dev/null || refuse "vllm is not on the PATH"

if [ -n "${RUN_DIR:-}" ]; then
  mkdir -p "$RUN_DIR"
  rm -f "$RUN_DIR/ready" "$RUN_DIR/failures"
  # It stays this process's through both execs.
  echo "$$" >"$RUN_DIR/pid"
fi

# It opens endpoints that run code and change weights.
unset VLLM_SERVER_DEV_MODE
# exec twice over: the process that gets SIGTERM is vLLM itself.
exec env "$@"
