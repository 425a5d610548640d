#!/usr/bin/env bash
# Runs a command against a fresh local stack in a folder of its own: with-stack.sh FOLDER COMMAND…
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
shift
stack="python3 infra/local/stack.py"
$stack down --dir "$folder" >/dev/null 2>&1 || true
rm -rf "$folder"
trap '$stack down --dir "$folder" >/dev/null 2>&1 || true' EXIT
$stack up --detach --no-build --dir "$folder"
COUNTERSIGN_STACK="$PWD/$folder/stack.json" "$@"
