#!/usr/bin/env bash
# Compiles the kernels for 64-bit Arm, with every warning an error, whatever machine this is: nothing is linked or run. Needs a clang
# that knows the target (Swift brings one) and no headers of such a system: what the kernels take of <math.h> and
# <string.h> is declared here. Where there is no such clang, it says so and is content.
#   scripts/neon.sh
set -euo pipefail
cd "$(dirname "$0")/.."
clang=$(command -v clang++ || true)
swift=$(command -v swift || true)
if [ -z "$clang" ] && [ -n "$swift" ]; then clang=$(dirname "$(readlink -f "$swift")")/clang++; fi
if [ ! -x "$clang" ] || ! "$clang" --print-targets | grep -q aarch64; then
  echo "neon.sh: no clang that compiles for aarch64; the kernels for Arm are not looked at"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/math.h" <<'HEADER'
#define INFINITY __builtin_inff()
extern "C" { float fabsf(float); float sqrtf(float); long lrintf(float); }
HEADER
cat >"$folder/string.h" <<'HEADER'
extern "C" { void *memcpy(void *, const void *, __SIZE_TYPE__); void *memset(void *, int, __SIZE_TYPE__); }
HEADER
for file in Sources/CTextKernels/NEONKernels.cpp Sources/CVectorKernels/NEONKernels.cpp; do
  "$clang" --target=aarch64-linux-gnu -O2 -Wall -Wextra -Werror -ffreestanding -nostdlibinc -isystem "$folder" \
    -I "$(dirname "$file")/include" -S -o "$folder/code.s" "$file"
done
echo "the kernels for 64-bit Arm compile"
