//! libFuzzer's program for `ember_fuzz::elf`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ember_fuzz::elf::check(data));
