#!/usr/bin/env bash
# The tests that need a stack: side by side first, then those that break things for everybody, one by one.
set -euo pipefail
cargo="cargo test --release --locked --ignore-rust-version -q --workspace --test all --"
$cargo stack:: --skip stack::faults --skip alone_ --test-threads=4
$cargo alone_ --test-threads=1
$cargo stack::faults --skip alone_ --test-threads=1
