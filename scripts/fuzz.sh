#!/usr/bin/env bash
# Runs each fuzzer for some seconds, in release mode. A finding is written to a file and its seed printed.
#   scripts/fuzz.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
for fuzzer in json-fuzz http-fuzz; do
  swift build -c release --product "$fuzzer"
  "$(swift build -c release --show-bin-path)/$fuzzer" --seconds "$seconds"
done
