#!/usr/bin/env bash
# Holds the sandbox against its own OpenAPI description, by schemathesis from PyPI (its version here: 4.32.5).
# usage: tests/sandbox.sh [PREFLIGHT]; needs python3 with venv, and says so where it cannot install the tool.
set -euo pipefail
program=${1:-$(dirname "$0")/../target/release/preflight}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
tool=${SCHEMATHESIS:-}
if [ -z "$tool" ]; then
  if ! { python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install --quiet 'schemathesis==4.32.5'; }; then
    echo 'skipped: schemathesis cannot be installed here'
    exit 0
  fi
  tool=$folder/venv/bin/schemathesis
fi
export IDENFY_API_KEY=key IDENFY_API_SECRET=secret
"$program" sandbox --listen 127.0.0.1:0 > "$folder/listening" &
for _ in {1..100}; do grep -q '^listening' "$folder/listening" && break; sleep 0.1; done
url=$(sed -n 's/^listening on //p' "$folder/listening")
cd "$folder"
# Left out: that whatever fits the description is taken. A token that was never made fits it and is refused; the tool
# warns of that too.
run() {
  "$tool" run "$url/openapi.json" --auth key:secret --checks all --exclude-checks positive_data_acceptance \
    --warnings missing_auth,missing_test_data,unused_openapi_auth --max-examples "${EXAMPLES:-30}" --seed 1 --no-color "$@"
}
run --phases examples,coverage,fuzzing
# Along links a body that is wrong on purpose is made right by the link, so that only right ones can be judged.
run --phases stateful --mode positive
# By the link from a new session to its call, calls were accepted too.
accepted=$(curl -s "$url/calls" | grep -c 'APPROVED\|DENIED' || true)
echo "calls that were accepted: $accepted"
[ "$accepted" -gt 0 ]
