//! libFuzzer's program for `ember_fuzz::proof`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ember_fuzz::proof::check(data));
