#!/usr/bin/env bash
# Builds a product as it is released and prints where it lies: one file that needs no Swift on the machine it runs on,
# without run-time checks of exclusive access (docs/decisions/0006).
#   scripts/release.sh PRODUCT
set -euo pipefail
cd "$(dirname "$0")/.."
flags=(-c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked)
swift build "${flags[@]}" --product "$1" >&2
echo "$(swift build "${flags[@]}" --show-bin-path)/$1"
