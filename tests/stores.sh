#!/usr/bin/env bash
# Holds `preflight batch` against an S3-compatible server (moto from PyPI) on loopback.
# usage: tests/stores.sh [PREFLIGHT, built with --features remote]; needs python3 with venv.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
program=$(realpath "${1:-$repository/target/debug/preflight}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${PYTHON:-}
if [ -z "$python" ]; then
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet 'moto[server,s3]==5.2.5' || { echo 'moto cannot be installed: skipped'; exit 0; }
  python=$folder/venv/bin/python
fi
"$python" "$repository/tests/batch/stores.py" "$program" "$repository/testdata"
