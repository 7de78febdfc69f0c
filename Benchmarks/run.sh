#!/usr/bin/env bash
# Runs the benchmarks: all, or one area (core, gateway, streams, reading, balancing, envoy); gateway has the streams too.
# Each figure is a line `figure NAME VALUE UNIT`.
#   Benchmarks/run.sh [AREA]
set -euo pipefail
cd "$(dirname "$0")/.."
# Figures are those of the program as built, without an encoder of this machine; `reading` has its own.
export SWITCHYARD_MODELS=/nonexistent
area=${1:-all}
areas="core gateway streams reading balancing envoy"
case " all $areas " in *" $area "*) ;; *) echo "no area '$area'; there are: $areas" >&2; exit 1 ;; esac
if [ "$area" = all ] || [ "$area" = core ]; then
  for name in bench-json bench-decision bench-linear bench-metrics; do
    program=$(scripts/release.sh "$name")
    "$program"
  done
  switchyard=$(scripts/release.sh switchyard)
  Benchmarks/core/process.sh "$switchyard"
fi
if [ "$area" = all ] || [ "$area" = gateway ]; then
  scripts/setup.sh bench
  scripts/release.sh bench-json >/dev/null
  switchyard=$(scripts/release.sh switchyard)
  Benchmarks/gateway/run.sh "$switchyard" "${ROUNDS:-5}"
fi
if [ "$area" = all ] || [ "$area" = gateway ] || [ "$area" = streams ]; then
  scripts/setup.sh bench
  switchyard=$(scripts/release.sh switchyard)
  Benchmarks/streams/run.sh "$switchyard"
fi
if [ "$area" = all ] || [ "$area" = reading ]; then
  scripts/setup.sh bench
  program=$(scripts/release.sh bench-encoder)
  Benchmarks/reading/run.sh "$program"
  program=$(scripts/release.sh personal-data-report)
  "$program" time .cache/reading/questions.txt
  encoder=$(scripts/release.sh bench-encoder)
  program=$(scripts/release.sh bench-vectors)
  Benchmarks/reading/vectors/run.sh "$encoder" "$program"
fi
if [ "$area" = all ] || [ "$area" = balancing ]; then
  program=$(scripts/release.sh bench-balancing)
  "$program" --traces "${TRACES:-Benchmarks/balancing/traces}"
fi
if [ "$area" = all ] || [ "$area" = envoy ]; then
  scripts/setup.sh bench
  switchyard=$(scripts/release.sh switchyard)
  Benchmarks/envoy/run.sh "$switchyard" "${ROUNDS:-5}"
fi
