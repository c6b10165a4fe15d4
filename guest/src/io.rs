//! Public input, private input and journal.
//!
//! The *public input* is bound by the statement (by its digest), the *journal* is part of it, and of the *private input*
//! a proof says how many bytes were read: what a program wants known of it, it puts into the journal.
//!
//! With the feature `serde`, on by default, both inputs can hold one value in postcard's encoding, which the host makes
//! with `postcard::to_allocvec`.

use alloc::vec::Vec;

use crate::calls;

const JOURNAL: u32 = 3;

/// The public input: memory of the run, which needs no copy.
pub fn input() -> &'static [u8] {
    calls::input()
}

/// Fills the buffer with the next bytes of the private input and returns how many came; less than the buffer holds
/// where the private input ends.
pub fn read_private_bytes(buffer: &mut [u8]) -> usize {
    let mut n = 0;
    while n < buffer.len() {
        match calls::read_private(&mut buffer[n..]) {
            0 => break,
            more => n += more,
        }
    }
    n
}

/// The rest of the private input.
pub fn read_private_to_end() -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let n = bytes.len();
        bytes.resize((2 * n).max(1024), 0);
        let more = read_private_bytes(&mut bytes[n..]);
        if n + more < bytes.len() {
            bytes.truncate(n + more);
            return bytes;
        }
    }
}

/// Appends bytes to the journal, the run's public output. It takes at most 1 MiB; a write beyond that ends the run.
pub fn journal(bytes: &[u8]) {
    calls::write(JOURNAL, bytes);
}

/// An input is not the value that the program expects, or a value cannot be encoded.
#[cfg(feature = "serde")]
pub type Error = postcard::Error;

/// The public input as a value.
///
/// # Errors
/// The input is not one value of this type in postcard's encoding.
#[cfg(feature = "serde")]
pub fn read_input<T: serde::Deserialize<'static>>() -> Result<T, Error> {
    decode(input())
}

/// The rest of the private input as a value.
///
/// # Errors
/// The private input is not one value of this type in postcard's encoding.
#[cfg(feature = "serde")]
pub fn read_private<T: serde::de::DeserializeOwned>() -> Result<T, Error> {
    decode(&read_private_to_end())
}

/// Appends a value to the journal, in postcard's encoding.
///
/// # Errors
/// The value's own serialization fails.
#[cfg(feature = "serde")]
pub fn commit<T: serde::Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    journal(&postcard::to_allocvec(value)?);
    Ok(())
}

/// One value and nothing after it: a statement should have no spare bytes that mean nothing.
#[cfg(feature = "serde")]
fn decode<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    match postcard::take_from_bytes(bytes)? {
        (value, []) => Ok(value),
        _ => Err(Error::DeserializeBadEncoding),
    }
}
