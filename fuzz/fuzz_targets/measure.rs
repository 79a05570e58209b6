//! See the property of this name.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| idenfy_preflight_fuzz::run("measure", bytes));
