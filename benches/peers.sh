#!/usr/bin/env bash
# How fast `preflight` is, in ratio to what would be written with other tools: one run, one table.
#   benches/peers.sh [FOLDER]     FOLDER (default target/peers) holds the photos and the tools
# Needs python3, npm and libjpeg-turbo's djpeg, cjpeg and jpegtran; OpenCV, libvips and sharp are installed into FOLDER.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
folder=$(mkdir -p "${1:-target/peers}" && cd "${1:-target/peers}" && pwd)
for tool in python3 npm djpeg jpegtran; do
  command -v "$tool" >/dev/null || { echo "peers.sh: $tool is missing (djpeg and jpegtran: libjpeg-turbo-progs)" >&2; exit 2; }
done
cargo build --quiet --release
[ -f "$folder/large.jpg" ] || cargo run --quiet --release --example photos -- "$folder"
[ -f "$folder/progressive.jpg" ] || jpegtran -progressive -outfile "$folder/progressive.jpg" "$folder/photo0.jpg"
if [ ! -x "$folder/v/bin/python" ]; then
  python3 -m venv "$folder/v"
  "$folder/v/bin/pip" install --quiet numpy 'opencv-python-headless<5' pyvips pyvips-binary
fi
[ -d "$folder/node_modules/sharp" ] || npm install --silent --no-save --prefix "$folder" sharp >/dev/null
cd "$folder"
exec "$folder/v/bin/python" "$here/peers/ratios.py" "$here/.." "$folder"
