//! libFuzzer's program for `ember_fuzz::proof_edits`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ember_fuzz::proof_edits::check(data));
