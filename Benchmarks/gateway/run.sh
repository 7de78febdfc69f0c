#!/usr/bin/env bash
# Measures the gateway beside nginx, haproxy, Envoy and sglang-router, interleaved in one run, on loopback.
#   Benchmarks/gateway/run.sh BINARY [ROUNDS]
# A peer that is not installed is left out, with a line that says why; scripts/setup.sh bench installs them. The full
# pipeline is on: facts, signals, decision, system prompt, replica choice, counters, access log. The prompt is the same
# each time, so it was read before; the load json_unseen asks something new each time. Gateways run on one core, the
# load generator and the engines on another. A round takes 50 s. RESULTS=FILE keeps what was measured as JSON.
set -euo pipefail
exec python3 -B "$(dirname "$0")/testbed/measure.py" "$@"
