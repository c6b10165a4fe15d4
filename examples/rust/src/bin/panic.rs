//! Panics: the message goes to the error console, and the ending is `Halt(101)`. What was written to the journal before
//! counts.
#![cfg_attr(target_os = "none", no_std, no_main)]

use ember_guest::{entry, io};

entry!(main);

fn main() {
    io::journal(b"before");
    let sum = io::input().iter().map(|&byte| u32::from(byte)).sum::<u32>();
    assert_ne!(sum, 0, "the input's bytes add up to nothing");
}
