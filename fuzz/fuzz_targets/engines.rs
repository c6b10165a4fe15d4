//! libFuzzer's program for `ember_fuzz::engines`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ember_fuzz::engines::check(data));
