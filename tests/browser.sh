#!/usr/bin/env bash
# Drives the report's page and the upload service in Chromium: no console error, everything drawn where the JSON says,
# keyboard alone, no serious violation found by axe. Installs what it needs where it may, and is skipped where it may not.
# usage: tests/browser.sh [--screenshots]   (writes testdata/*_page.jpg anew)
set -euo pipefail
cd "$(dirname "$0")/.."
skip() { echo "skipped: $*"; exit 0; }

command -v node > /dev/null && command -v npm > /dev/null || skip 'node and npm are not installed'
chromium=$(command -v chromium || command -v chromium-browser || true)
if [ -z "$chromium" ]; then
  [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || skip 'Chromium is not installed'
  { apt-get update && apt-get install --yes --no-install-recommends chromium; } > /dev/null 2>&1 || skip 'Chromium cannot be installed'
  chromium=$(command -v chromium) || skip 'Chromium cannot be installed'
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-fund --no-audit --prefix "$folder" playwright-core@1 axe-core@4 > /dev/null || skip 'playwright-core cannot be installed'
cargo build --quiet --bin preflight --example upload_service
cp tests/browser.mjs "$folder"
node "$folder/browser.mjs" "$PWD" "$chromium" "$folder" "$@"
