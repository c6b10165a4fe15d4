//! Keccak-256 (Ethereum's hash) of the public input: 32 bytes to the journal.
#![cfg_attr(target_os = "none", no_std, no_main)]

use ember_guest::{entry, io};
use tiny_keccak::{Hasher, Keccak};

entry!(main);

fn main() {
    let mut keccak = Keccak::v256();
    keccak.update(io::input());
    let mut digest = [0; 32];
    keccak.finalize(&mut digest);
    io::journal(&digest);
}
