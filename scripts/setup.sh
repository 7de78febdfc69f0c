#!/usr/bin/env bash
# Installs Debian's packages that the build needs, once.
set -euo pipefail
if [ ! -e /usr/include/re2/re2.h ]; then
  echo "installing libre2-dev (Debian)"
  if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq --no-install-recommends libre2-dev
fi
