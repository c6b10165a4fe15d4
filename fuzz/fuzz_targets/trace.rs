//! libFuzzer's program for `ember_fuzz::trace`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ember_fuzz::trace::check(data));
