#!/usr/bin/env bash
# Reads a Parquet report of `preflight batch` with DuckDB (from PyPI).
# usage: tests/columns.sh [PREFLIGHT, built with --features parquet]; needs python3 with venv.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
program=$(realpath "${1:-$repository/target/debug/preflight}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${PYTHON:-}
if [ -z "$python" ]; then
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet 'duckdb==2.0.1' || { echo 'DuckDB cannot be installed: skipped'; exit 0; }
  python=$folder/venv/bin/python
fi
"$python" "$repository/tests/batch/columns.py" "$program" "$repository/testdata"
