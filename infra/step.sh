#!/usr/bin/env bash
# Runs one step of `make test` and notes how long it took: step.sh NAME COMMAND…, then step.sh --summary.
set -euo pipefail
notes="$(dirname "$0")/../.local/steps"
mkdir -p "$(dirname "$notes")"
if [ "$1" = --summary ]; then
  printf '\nAll steps passed:\n'
  cat "$notes"
  rm -f "$notes"
  exit 0
fi
name=$1
shift
printf '\n== %s\n' "$name"
# What a step could not do it says here, for the summary.
STEP_NOTES="$(cd "$(dirname "$notes")" && pwd)/steps"
export STEP_NOTES
start=$SECONDS
if ! "$@"; then
  printf '\nThe step "%s" failed after %s s: see above.\n' "$name" $((SECONDS - start)) >&2
  rm -f "$notes"
  exit 1
fi
printf '  %4s s  %s\n' $((SECONDS - start)) "$name" >>"$notes"
