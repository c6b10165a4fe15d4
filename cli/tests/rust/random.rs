//! What libraries get that ask for randomness: an error at first, then bytes from a seed in the private input. Also hashes with the
//! traits that ember-guest names.
#![cfg_attr(target_os = "none", no_std, no_main)]

use ember_guest::accel::Sha256;
use ember_guest::digest::Digest;
use ember_guest::{entry, io, random};

entry!(main);

fn main() {
    let mut bytes = [0; 40];
    assert!(getrandom_02::getrandom(&mut bytes).is_err());
    assert!(getrandom_03::fill(&mut bytes).is_err());
    assert!(getrandom_04::fill(&mut bytes).is_err());
    let mut seed = [0; 32];
    assert_eq!(io::read_private_bytes(&mut seed), 32);
    random::seed(seed);
    getrandom_02::getrandom(&mut bytes).unwrap();
    io::journal(&bytes);
    getrandom_03::fill(&mut bytes).unwrap();
    io::journal(&bytes);
    getrandom_04::fill(&mut bytes).unwrap();
    io::journal(&bytes);
    io::journal(&Sha256::digest(b"abc"));
}
