#!/usr/bin/env bash
# Makes an authority for the mail server of the tests (root.der), a certificate of it for localhost, and one that has ended:
# tests/mail/certificates.sh FOLDER
set -euo pipefail
command -v openssl >/dev/null || infra/apt.sh openssl
mkdir -p "$1"
cd "$1"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
# shellcheck disable=SC2086 # words
openssl req -x509 $key -keyout root.key -out root.pem -days 3650 -subj "/CN=Countersign tests" -addext basicConstraints=critical,CA:TRUE 2>/dev/null
printf 'subjectAltName=DNS:localhost\n' >names
for name in good ended; do
  # shellcheck disable=SC2086 # words
  openssl req $key -keyout $name.key -out $name.csr -subj "/CN=localhost" 2>/dev/null
done
openssl x509 -req -in good.csr -CA root.pem -CAkey root.key -CAcreateserial -days 3650 -extfile names -out good.pem 2>/dev/null
# With a negative number of days it ends before it begins, which is one way to have ended.
openssl x509 -req -in ended.csr -CA root.pem -CAkey root.key -CAcreateserial -days -1 -extfile names -out ended.pem 2>/dev/null
openssl x509 -in root.pem -outform DER -out root.der
