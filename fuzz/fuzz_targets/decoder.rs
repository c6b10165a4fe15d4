//! libFuzzer's program for `ember_fuzz::decoder`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ember_fuzz::decoder::check(data));
