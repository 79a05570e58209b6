#!/usr/bin/env bash
# Holds `preflight batch` against what others made, on loopback: an S3-compatible server (moto from PyPI), Azure's
# emulator (Azurite from npm), and DuckDB (from PyPI) as a reader of its Parquet report.
# usage: tests/stores.sh [PREFLIGHT, built with --features remote,parquet]; needs python3 with venv, and npm for Azure.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
program=$(realpath "${1:-$repository/target/debug/preflight}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# held TEST PACKAGE… — runs tests/batch/TEST with these packages
held() {
  local test=$1 python=$folder/$1/bin/python
  shift
  python3 -m venv "$folder/$test"
  "$folder/$test/bin/pip" install --quiet "$@" || { echo "$* cannot be installed: $test is skipped"; return; }
  "$python" "$repository/tests/batch/$test" "$program" "$repository/testdata" ${azurite:-}
}

held stores.py 'moto[server,s3]==5.2.5'
held columns.py 'duckdb==2.0.1'
if npm install --silent --no-save --prefix "$folder/npm" azurite@3.35.0 >/dev/null 2>&1; then
  azurite=$folder/npm/node_modules/.bin/azurite-blob
  held blobs.py azure-storage-blob==12.31.1
else
  echo 'npm cannot install Azurite: blobs.py is skipped'
fi
