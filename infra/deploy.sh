#!/usr/bin/env bash
# Deploys to the AWS account of the caller's credentials: builds for the chosen architecture, then `sam deploy --guided`.
set -euo pipefail
cd "$(dirname "$0")/.."
architecture=${ARCHITECTURE:-arm64}
case $architecture in
  arm64 | x86_64) ;;
  *) echo "ARCHITECTURE must be arm64 or x86_64" >&2; exit 1 ;;
esac
for tool in sam cargo-lambda; do
  command -v $tool >/dev/null || {
    echo "$tool is missing: pip install aws-sam-cli cargo-lambda" >&2
    exit 1
  }
done
# Writes target/lambda/<group>/bootstrap, linked against the glibc of Amazon Linux 2023 whatever this machine has.
rm -rf target/lambda
cargo lambda build --profile deploy --locked --ignore-rust-version "--${architecture/_/-}" \
  -p api -p background -p console -p dispatch -p inbound -p operator
sam deploy --guided --template-file template.yaml --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \
  --parameter-overrides "Architecture=$architecture"
cat <<'EOF'

Next (README, "Deploy"):
  1. infra/ses.yaml: the mail domain's identity and the rule that receives
  2. the first organization:
     aws lambda invoke --function-name <ProvisionFunctionName> --cli-binary-format raw-in-base64-out \
       --payload file://events/operator-provision.json /dev/stdout
EOF
