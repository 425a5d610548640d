#!/usr/bin/env bash
# The tests that need a stack: side by side first, then MCP as its official client speaks it and a look at every page; then those that
# break things for everybody, one by one, and on a second stack at the same time, behind which both clients follow there, and every route as
# its description says and otherwise; then whether AWS would have let the functions do what they did.
set -euo pipefail
cargo="cargo test --release --locked --ignore-rust-version -q --workspace --test all --"
first=$(dirname "$COUNTERSIGN_STACK")
second=.local/test-second
stack="python3 infra/local/stack.py"

# For the second stack, whose ports are those of the first and 10,000.
on_second() (
  for name in API AWS WIRE SES CONTROL SMTP DNS; do
    port=COUNTERSIGN_${name}_PORT
    export "$port=$((${!port} + 10000))"
  done
  COUNTERSIGN_STACK="$PWD/$second/stack.json" "$@"
)

# The provider that people sign in with.
node tests/openid/provider.mjs "${COUNTERSIGN_OPENID_ISSUER##*:}" "http://localhost:$COUNTERSIGN_API_PORT/console/openid/return" >.local/openid.log 2>&1 &
provider=$!
# And what stands for people's own sending providers.
node tests/providers/fake.mjs "${COUNTERSIGN_PROVIDERS##*:}" >.local/providers.log 2>&1 &
provider="$provider $!"
# And a mail server of one's own.
node tests/mail/server.mjs "${COUNTERSIGN_MAIL_SERVER##*:}" .local/mail >.local/mail.log 2>&1 &
provider="$provider $!"
trap 'kill $provider' EXIT
$cargo stack:: --skip stack::faults --skip alone_ --test-threads=4
node tests/mcp/client.mjs
node tests/pages/look.mjs

# What breaks things is waited for more than worked on: half of it is on a second stack, at the same time.
on_second $stack down --dir "$second" >/dev/null 2>&1 || true
rm -rf "$second"
trap 'kill $provider; on_second $stack down --dir "$second" >/dev/null 2>&1 || true' EXIT
on_second $stack up --detach --no-build --dir "$second" >/dev/null
on_second_half() {
  on_second $cargo stack::faults::changes stack::faults::consumers --test-threads=1
  on_second .local/venv/bin/python tests/clients.py
  on_second .local/venv/bin/python tests/fuzz.py
}
(set -e; on_second_half) >.local/second.log 2>&1 &
half=$!
$cargo alone_ --test-threads=1
$cargo stack::faults --skip stack::faults::changes --skip stack::faults::consumers --skip alone_ --test-threads=1
wait $half && failed=0 || failed=$?
cat .local/second.log
[ $failed = 0 ]

.local/venv/bin/python infra/local/check_roles.py "$first" "$second"
