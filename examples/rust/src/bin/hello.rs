//! Greets: whoever the public input names, else the world. The greeting goes to the console and to the journal.
#![cfg_attr(target_os = "none", no_std, no_main)]

use ember_guest::{entry, io, print};

entry!(main);

fn main() {
    let name = match io::input().trim_ascii() {
        [] => "world",
        name => core::str::from_utf8(name).expect("a name is text"),
    };
    for part in ["Hello, ", name, "!\n"] {
        print!("{part}");
        io::journal(part.as_bytes());
    }
}
