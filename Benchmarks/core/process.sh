#!/usr/bin/env bash
# Time from start to ready, and memory at rest, of the release binary with the sample configuration. Needs no engine.
#   Benchmarks/core/process.sh BINARY
set -euo pipefail
switchyard=$1
log=$(mktemp)
best=
for _ in 1 2 3 4 5; do
  begin=$(date +%s%N)
  "$switchyard" serve -c deploy/samples/aibrix.yaml --listen 127.0.0.1:0 --management 127.0.0.1:0 >/dev/null 2>"$log" &
  pid=$!
  until grep -q '^ready in' "$log"; do
    kill -0 "$pid" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.002
  done
  took=$((($(date +%s%N) - begin) / 1000000))
  if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
  sleep 0.5
  rss=$(awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$pid/status")
  kill "$pid"
  wait "$pid" 2>/dev/null || true
done
rm -f "$log"
echo "figure start_ms $best ms"
echo "figure idle_rss_mb $rss MB"
