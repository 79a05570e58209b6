#!/usr/bin/env bash
# Fuzzes one target after the other, each for some seconds, and goes on until it is stopped or the rounds are over:
#
#   fuzz/run.sh [seconds] [rounds] [target…]
#
# One job at a time, at the lowest priority. Begins with what is kept in corpus/ and in testdata/, works in a folder of
# its own (FUZZ_WORK, default fuzz/work), and appends one line for each run to its log.tsv: target, seconds of processor
# time, executions, edges covered, finds. Leaks are left to tests/load.rs: the check for them is wrong now and then about
# threads that are just ending. Inputs that break a property are left in artifacts/TARGET.
set -uo pipefail
cd "$(dirname "$0")"
seconds=${1:-60} rounds=${2:-1000000}
shift $(($# < 2 ? $# : 2))
work=${FUZZ_WORK:-$PWD/work}
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(sed -n '/^\[\[bin/,$s/^name = "\(.*\)"$/\1/p' Cargo.toml)

if [ -z "${FUZZ_BUILT:-}" ]; then
  # The engine needs instrumentation that only nightly Rust offers; stable takes the same flags when told so.
  if cargo +nightly --version >/dev/null 2>&1; then toolchain=+nightly; else toolchain=; export RUSTC_BOOTSTRAP=1; fi
  cargo $toolchain fuzz build -O --debug-assertions --fuzz-dir . || exit 1
  FUZZ_BUILT=$(echo "${CARGO_TARGET_DIR:-target}"/*/release)
fi
export ASAN_OPTIONS=detect_odr_violation=0:allocator_may_return_null=1

count() { find "artifacts/$1" -type f 2>/dev/null | wc -l; }

for ((round = 1; round <= rounds; round++)); do
  for target in "${targets[@]}"; do
    mkdir -p "$work/$target" "artifacts/$target"
    log=$work/$target.log before=$(count "$target")
    TIMEFORMAT=%U
    cpu=$({ time nice -n 19 "$FUZZ_BUILT/$target" "$work/$target" "corpus/$target" ../testdata \
      -artifact_prefix="artifacts/$target/" -rss_limit_mb=3000 -malloc_limit_mb=2000 -timeout=10 -max_len=65536 \
      -print_final_stats=1 -detect_leaks=0 -max_total_time="$seconds" >"$log" 2>&1; } 2>&1 | tail -1)
    printf '%s\t%s\t%s\t%s\t%s\n' "$target" "$cpu" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)" \
      "$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2)" $(($(count "$target") - before)) >>"$work/log.tsv"
  done
done
