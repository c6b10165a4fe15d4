//! SHA-256 of the public input, by the machine's accelerator: 32 bytes to the journal.
#![cfg_attr(target_os = "none", no_std, no_main)]

use ember_guest::accel::Sha256;
use ember_guest::{entry, io};
use sha2::Digest;

entry!(main);

fn main() {
    io::journal(&Sha256::digest(io::input()));
}
