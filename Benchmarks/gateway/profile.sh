#!/usr/bin/env bash
# Where the gateway's CPU time goes: samples it under load with perf, prints the shares by group (kernel by system call,
# our code by target, NIO, the Swift runtime by purpose) and the functions that take most, as markdown tables.
#   Benchmarks/gateway/profile.sh BINARY [LOAD] [SECONDS]
# LOAD is one of the benchmark's (default json_c32), SECONDS the length (default 8). The binary needs its symbols.
# Samples are taken by the CPU clock, so no hardware counters are needed, but perf must be allowed to sample the kernel:
# as root, or with kernel.perf_event_paranoid at most 1.
set -euo pipefail
here=$(dirname "$0")
if ! command -v perf >/dev/null; then
  echo "profile.sh: there is no perf; scripts/setup.sh bench installs it (Debian package linux-perf)" >&2
  exit 1
fi
exec python3 -B "$here/testbed/sampling.py" "$@"
