#!/usr/bin/env bash
# Runs the fuzzers. A finding is written to a file and its seed printed.
#   scripts/fuzz.sh [SECONDS]    each for some seconds (60), in release mode
#   scripts/fuzz.sh address|thread [SECONDS]  the gateway's fuzzers under that sanitizer of LLVM, a debug build of its own
#   scripts/fuzz.sh bounded      each for a fixed number of inputs, with the debug build that the tests made
set -euo pipefail
cd "$(dirname "$0")/.."
fuzzers=(json-fuzz http-fuzz forms-fuzz selector-fuzz)
slower=(metrics-fuzz events-fuzz tokenizer-fuzz guard-fuzz extproc-fuzz personal-data-fuzz vector-fuzz)
if [ "${1:-}" = bounded ]; then
  for fuzzer in "${fuzzers[@]}"; do ".build/debug/$fuzzer" --iterations 20000; done
  for fuzzer in "${slower[@]}"; do ".build/debug/$fuzzer" --iterations 2000; done
  .build/debug/gateway-fuzz --iterations 1500
  .build/debug/gateway-fuzz --mode frames --iterations 500
  exit 0
fi
if [ "${1:-}" = address ] || [ "${1:-}" = thread ]; then
  build=(swift build --sanitize="$1" --scratch-path ".build/sanitize-$1")
  "${build[@]}" --product http-fuzz
  "${build[@]}" --product gateway-fuzz
  bin=$("${build[@]}" --show-bin-path)
  # Swift's lazy globals look like leaks at exit.
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
  "$bin/http-fuzz" --seconds "${2:-60}"
  # Everything takes several times as long.
  "$bin/gateway-fuzz" --patience 8 --seconds "${2:-60}"
  "$bin/gateway-fuzz" --patience 8 --mode frames --seconds "${2:-60}"
  exit 0
fi
# Apart from what is released: optimised, but with the checks of exclusive access (docs/decisions/0006).
build=(swift build -c release --scratch-path .build/fuzz)
bin=$("${build[@]}" --show-bin-path)
# The seeded simulation of the pool, ejection and retry machines runs in its tests for a million steps, here for as long as the
# others.
for fuzzer in "${fuzzers[@]}" "${slower[@]}" gateway-fuzz reliability-fuzz; do
  "${build[@]}" --product "$fuzzer"
  "$bin/$fuzzer" --seconds "${1:-60}"
done
"$bin/gateway-fuzz" --mode frames --seconds "${1:-60}"
