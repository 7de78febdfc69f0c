#!/usr/bin/env bash
# Runs the gateway under 2 000 slow streams whose clients come and leave at random, before two engines that are well and
# one whose faults change every few seconds.
#
#   scripts/soak.sh [SECONDS=3600] [SEED]
#
# Prints progress each 10 s. Fails when a stream is lost, when a client meets an error that is not the faulty engine's,
# when memory is more than 20 % above what it was after the first minute, or when a counter of running work is not at
# zero in the end. The seed decides what clients do and the order of faults; it is printed.
#
# SWITCHYARD names the binary (default .build/release/switchyard), SOAK_STREAMS another number of streams: a debug build
# does not carry 2 000.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${SWITCHYARD:-.build/release/switchyard}
if [ ! -x "$binary" ]; then
  echo "scripts/soak.sh: there is no program at $binary; build it (make build)" \
    "or name another with SWITCHYARD=PATH" >&2
  exit 1
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 Benchmarks/streams/soak.py "$(realpath "$binary")" "${1:-3600}" ${2:+"$2"}
