#!/usr/bin/env bash
# Times the vector index, and hnswlib beside it where its header is there (Debian: libhnswlib-dev), on the same file.
#   Benchmarks/reading/vectors/run.sh BENCH_ENCODER BENCH_VECTORS
# ENTRIES=200000 for fewer than a million; a million takes 1.6 GB of disk in .cache/reading, given back at the end, 4 GB of
# memory and, with the library, half an hour.
set -euo pipefail
cd "$(dirname "$0")/../../.."
encoder=${1:?"usage: Benchmarks/reading/vectors/run.sh BENCH_ENCODER BENCH_VECTORS"}
program=${2:?"usage: Benchmarks/reading/vectors/run.sh BENCH_ENCODER BENCH_VECTORS"}
cache=.cache/reading
"$encoder" batch
if [ ! -e "$cache/vectors.bin" ]; then
  awk 'NR <= 8000 { print substr($0, 1, 160) }' "$cache/questions.txt" >"$cache/short.txt"
  "$encoder" embed "$cache/minilm.packed" "$cache/short.txt" "$cache/vectors.part" >/dev/null
  mv "$cache/vectors.part" "$cache/vectors.bin"
fi
trap 'rm -f "$cache/entries.bin"' EXIT
"$program" make "$cache/vectors.bin" "${ENTRIES:-1000000}" "$cache/entries.bin"
"$program" exact "$cache/entries.bin"
"$program" graph "$cache/entries.bin"
if [ -e /usr/include/hnswlib/hnswlib.h ]; then
  clang++ -std=c++17 -O3 -march=native -o "$cache/hnswlib" Benchmarks/reading/vectors/hnswlib.cpp
  "$cache/hnswlib" "$cache/entries.bin"
else
  echo "no comparison: there is no hnswlib (apt-get install libhnswlib-dev)"
fi
