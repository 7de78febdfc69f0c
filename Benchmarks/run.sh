#!/usr/bin/env bash
# Runs the benchmarks: all, or one area (core, gateway, streams). Each figure is a line `figure NAME VALUE UNIT`.
#   Benchmarks/run.sh [AREA]
set -euo pipefail
cd "$(dirname "$0")/.."
area=${1:-all}
build() { swift build -c release --product "$1" >&2; }
bin() { echo "$(swift build -c release --show-bin-path)/$1"; }
case $area in all | core | gateway | streams) ;; *) echo "no area '$area'; there are: core, gateway, streams" >&2; exit 1 ;; esac
if [ "$area" = all ] || [ "$area" = core ]; then
  for name in bench-json bench-decision bench-domain switchyard; do build "$name"; done
  "$(bin bench-json)"
  "$(bin bench-decision)"
  "$(bin bench-domain)"
  Benchmarks/core/process.sh "$(bin switchyard)"
fi
if [ "$area" = all ] || [ "$area" = gateway ]; then
  scripts/setup.sh bench
  build switchyard
  build bench-json
  Benchmarks/gateway/run.sh "$(bin switchyard)" "${ROUNDS:-5}"
fi
if [ "$area" = all ] || [ "$area" = streams ]; then
  scripts/setup.sh bench
  build switchyard
  Benchmarks/streams/run.sh "$(bin switchyard)"
fi
