#!/usr/bin/env bash
# Measures many slow streams: memory of each, CPU of an event, none lost, and a client that reads slowly.
#   Benchmarks/streams/run.sh BINARY
# 2 000 clients read a stream of 10 events a second each, from two stub engines through the whole pipeline, for 35 s.
# Then one client reads 200 KB/s for 20 s from an engine that sends as fast as it can. Takes about a minute.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${1:?"usage: Benchmarks/streams/run.sh BINARY"}
if [ ! -x "$binary" ]; then
  echo "Benchmarks/streams/run.sh: there is no program at $binary;" \
    "build it (scripts/release.sh switchyard)" >&2
  exit 1
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 Benchmarks/streams/measure.py "$(realpath "$binary")"
