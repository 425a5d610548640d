#!/usr/bin/env bash
# Installs Debian packages, or says which are missing where that is not possible.
set -euo pipefail
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "Please install: $* (Debian's names; this needs root and apt-get)" >&2
  exit 1
fi
echo "installing $*"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
