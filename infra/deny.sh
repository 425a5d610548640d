#!/usr/bin/env bash
# cargo-deny: licences, sources and bans always; advisories where their database can be fetched.
set -euo pipefail
cargo deny --log-level error check licenses bans sources
if ! cargo deny --log-level error check advisories 2>.local/advisories.log; then
  if grep -qiE 'failed to fetch|could not (resolve|connect)|network|clone' .local/advisories.log; then
    note="not checked: advisories of dependencies, whose database can't be fetched from here"
    echo "$note"
    [ -z "${STEP_NOTES:-}" ] || echo "         $note" >>"$STEP_NOTES"
  else
    cat .local/advisories.log >&2
    exit 1
  fi
fi
