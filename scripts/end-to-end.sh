#!/usr/bin/env bash
# Runs the end-to-end tests: the real binary, engines simulated by it, and the public OpenAI SDK as the client.
#
#   scripts/end-to-end.sh [pytest arguments]
#
# SWITCHYARD names the binary (default .build/debug/switchyard). What Python needs is kept in .cache/end-to-end and
# installed again only when Tests/EndToEnd/requirements.txt or the Python version changes.
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${SWITCHYARD:-.build/debug/switchyard}
if [ ! -x "$binary" ]; then
  echo "scripts/end-to-end.sh: there is no program at $binary; build it (swift build --product switchyard)" \
    "or name another with SWITCHYARD=PATH" >&2
  exit 1
fi

if ! command -v python3 >/dev/null || ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  echo "installing python3-venv (Debian)"
  if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends python3-venv
fi

cache=.cache/end-to-end
wanted=$(python3 --version; sha256sum Tests/EndToEnd/requirements.txt)
# The stamp is written last, so that an interrupted installation is begun again.
if [ "$(cat "$cache/installed" 2>/dev/null || true)" != "$wanted" ]; then
  echo "installing what the tests need into $cache"
  rm -rf "$cache"
  mkdir -p "$cache"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    -r Tests/EndToEnd/requirements.txt
  printf '%s\n' "$wanted" >"$cache/installed"
fi

SWITCHYARD=$(realpath "$binary") PYTHONDONTWRITEBYTECODE=1 exec "$cache/venv/bin/python" -m pytest \
  -c Tests/EndToEnd/pytest.ini --rootdir Tests/EndToEnd Tests/EndToEnd "$@"
