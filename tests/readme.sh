#!/usr/bin/env bash
# Runs the README's first two commands and its "From session to webhook" as they are written.
# usage: tests/readme.sh [PREFLIGHT]
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
program=${1:-$repository/target/release/preflight}
mkdir -p "$folder/target/release"
ln -s "$repository/testdata" "$folder/testdata"
ln -s "$(realpath "$program")" "$folder/target/release/preflight"
cd "$folder"
# The first two: what they print is the README's. The build is not repeated; a refusal is part of the show.
first=$(sed -n '1,/^```rust/p' "$repository/README.md" | sed -n '/^```console/,/^```$/p' | grep -v '^```')
while IFS= read -r line; do
  case $line in
  '$ '*)
    printf '%s\n' "$line"
    command=${line#??}
    bash -c "${command/cargo run --release --/target/release/preflight}" || true
    ;;
  esac
done <<< "$first" > printed
diff <(printf '%s\n' "$first") printed
section=$(sed -n '/^## From session to webhook/,/^## How well/p' "$repository/README.md")
block=$(sed -n '/^```console/,/^```$/p' <<< "$section" | grep -v '^```')
sed -n 's/^\$ //p' <<< "$block" > commands
grep -v '^\$ ' <<< "$block" > expected
# shellcheck disable=SC1091
. ./commands > all
grep -v '^listening' all > printed
diff expected printed && echo 'the README says what happens'
