//! libFuzzer's program for `ember_fuzz::gas_table`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ember_fuzz::gas_table::check(data));
