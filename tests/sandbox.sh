#!/usr/bin/env bash
# Holds the sandbox against its own OpenAPI description, by schemathesis from PyPI (its version here: 4.32.5).
# usage: tests/sandbox.sh [PREFLIGHT]; needs python3 with venv.
set -euo pipefail
program=${1:-$(dirname "$0")/../target/release/preflight}
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
export IDENFY_API_KEY=key IDENFY_API_SECRET=secret
"$program" sandbox --listen 127.0.0.1:8797 > /dev/null &
server=$!
tool=${SCHEMATHESIS:-}
if [ -z "$tool" ]; then
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet 'schemathesis==4.32.5'
  tool=$folder/venv/bin/schemathesis
fi
# Left out: that whatever fits the description is taken. A token that was never made fits it and is refused.
cd "$folder"
"$tool" run http://127.0.0.1:8797/openapi.json --auth key:secret --checks all \
  --exclude-checks positive_data_acceptance --max-examples "${EXAMPLES:-100}" --seed 1 --no-color
