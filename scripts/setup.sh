#!/usr/bin/env bash
# Installs the Debian packages that a task needs, once.
#   scripts/setup.sh          what the build needs
#   scripts/setup.sh bench    also the peers that the gateway is measured beside
#   scripts/setup.sh test     also what the end-to-end tests need
set -euo pipefail
packages=()
[ -e /usr/include/re2/re2.h ] || packages+=(libre2-dev)
command -v curl >/dev/null || packages+=(curl)
if [ "${1:-}" = bench ]; then
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || packages+=(nginx-light)
  command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || packages+=(haproxy)
  command -v cc >/dev/null || packages+=(gcc libc6-dev)
fi
if [ "${1:-}" = test ]; then
  python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
  command -v openssl >/dev/null || packages+=(openssl)
fi
[ ${#packages[@]} -gt 0 ] || exit 0
echo "installing from Debian: ${packages[*]}"
if [ "$(id -u)" = 0 ]; then sudo=(); else sudo=(sudo); fi
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
