#!/usr/bin/env bash
# The tests that need a stack: side by side first, then MCP as its official client speaks it, then those that break things for
# everybody, one by one; both clients, and every route as its description says and otherwise; then whether AWS would have let the
# functions do what they did.
set -euo pipefail
cargo="cargo test --release --locked --ignore-rust-version -q --workspace --test all --"
$cargo stack:: --skip stack::faults --skip alone_ --test-threads=4
node tests/mcp/client.mjs
$cargo alone_ --test-threads=1
$cargo stack::faults --skip alone_ --test-threads=1
.local/venv/bin/python tests/clients.py
.local/venv/bin/python tests/fuzz.py
.local/venv/bin/python infra/local/check_roles.py "$(dirname "$COUNTERSIGN_STACK")"
