//! Checks an Ed25519 signature: the public key (32 bytes) and the message are the public input, the signature (64 bytes)
//! is the private input. The journal is key and message: a proof that there is a valid signature. It does not hide it. A
//! signature that is not valid ends with exit code 1 and an empty journal.
#![cfg_attr(target_os = "none", no_std, no_main)]

use ed25519_dalek::{Signature, VerifyingKey};
use ember_guest::{entry, eprintln, exit, io};

entry!(main);

fn main() {
    if let Err(reason) = check(io::input()) {
        eprintln!("{reason}");
        exit(1)
    }
    io::journal(io::input());
}

fn check(input: &[u8]) -> Result<(), &'static str> {
    let (key, message) = input.split_first_chunk().ok_or("the input is a key of 32 bytes and a message")?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| "the key is no point of the curve")?;
    let mut signature = [0; 64];
    if io::read_private_bytes(&mut signature) != signature.len() {
        return Err("the signature has 64 bytes");
    }
    key.verify_strict(message, &Signature::from_bytes(&signature)).map_err(|_| "the signature is not valid")
}
