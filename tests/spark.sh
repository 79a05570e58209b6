#!/usr/bin/env bash
# Runs the Spark job of examples/spark on two workers of a real Spark, one of which is killed half way.
# usage: tests/spark.sh [PREFLIGHT [LINES]]; needs python3 with venv, and a Java runtime (Debian: default-jre-headless).
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
program=$(realpath "${1:-$repository/target/release/preflight}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if ! command -v java > /dev/null; then
  apt-get install --quiet --yes default-jre-headless > /dev/null || { echo 'no Java runtime can be installed: skipped'; exit 0; }
fi
python=${PYTHON:-}
if [ -z "$python" ]; then
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet 'pyspark==4.3.0' 'pyarrow==26.0.1' 'duckdb==2.0.1' ||
    { echo 'pyspark cannot be installed: skipped'; exit 0; }
  python=$folder/venv/bin/python
fi
"$python" "$repository/tests/batch/spark.py" "$program" "$repository" "${2:-160}"
