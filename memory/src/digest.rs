//! Poseidon2 over KoalaBear: the hash behind image ids, input digests and transcripts.
//!
//! The one primitive is [`Hasher::compress`], a two-to-one function `trunc_8(P(l || r) + (l || r))`: the Poseidon2
//! permutation of width 16 with feed-forward, the "compression mode" of the Poseidon2 paper (eprint 2023/323,
//! section 3.1). The feed-forward makes it collision resistant for inputs that an attacker chooses freely, as
//! raw program bytes are; the plain truncated permutation would not be.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_koala_bear::KoalaBear;
use p3_symmetric::Permutation as _;
use thiserror::Error;

use crate::permutation::{Permutation, permutation};

/// Field elements of a digest.
pub const DIGEST_ELEMS: usize = 8;
/// Bytes that fill one digest-sized block: eight 16-bit limbs.
pub const BLOCK_BYTES: usize = 16;

/// Eight KoalaBear elements, each canonical (below 2^31 - 2^24 + 1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digest(pub [KoalaBear; DIGEST_ELEMS]);

impl Digest {
    /// The digest whose elements are all zero: an absent page, and the start of every chain.
    pub const ZERO: Digest = Digest([KoalaBear::ZERO; DIGEST_ELEMS]);

    /// The elements as canonical integers.
    pub fn to_u32s(self) -> [u32; DIGEST_ELEMS] {
        self.0.map(|x| x.as_canonical_u32())
    }

    /// The digest with these elements, or `None` if one is not canonical.
    pub fn from_u32s(words: [u32; DIGEST_ELEMS]) -> Option<Self> {
        words.iter().all(|&w| w < KoalaBear::ORDER_U32).then(|| Self(words.map(KoalaBear::from_u32)))
    }
}

/// Not a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a digest is 64 hexadecimal digits, eight words below the field's order")]
pub struct ParseDigestError;

/// 64 hexadecimal digits: the elements as big-endian words, first element first.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_u32s().iter().try_for_each(|w| write!(f, "{w:08x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(s: &str) -> Result<Self, ParseDigestError> {
        let s = s.strip_prefix("0x").unwrap_or(s);
        if s.len() != 64 || !s.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ParseDigestError);
        }
        let mut words = [0; DIGEST_ELEMS];
        for (i, w) in words.iter_mut().enumerate() {
            *w = u32::from_str_radix(&s[8 * i..8 * i + 8], 16).map_err(|_| ParseDigestError)?;
        }
        Self::from_u32s(words).ok_or(ParseDigestError)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.to_u32s().serialize(s) }
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if d.is_human_readable() {
            let s = alloc::string::String::deserialize(d)?;
            s.parse().map_err(D::Error::custom)
        } else {
            let words = <[u32; DIGEST_ELEMS]>::deserialize(d)?;
            Self::from_u32s(words).ok_or_else(|| D::Error::custom(ParseDigestError))
        }
    }
}

/// The hash function: holds the round constants.
#[derive(Clone)]
pub struct Hasher(Permutation);

impl Default for Hasher {
    fn default() -> Self {
        Self(permutation())
    }
}

/// What a chain or header is for: its last element, so that no two uses share an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Domain {
    /// Header of an image, compressed with the root of its pages.
    Image = 0x00_494d47,
    /// Metadata of a page, compressed with the root of its contents.
    Page = 0x00_504147,
    /// Length of the public input, compressed with the root of its contents.
    Input = 0x00_494e50,
    /// First block of a statement's digest.
    Statement = 0x00_535441,
    /// First block of a gas table's digest.
    GasTable = 0x00_474153,
    /// Record of the host transcript.
    HostCall = 0x00_484f53,
}

impl Hasher {
    /// `trunc_8(P(l || r) + (l || r))`.
    pub fn compress(&self, l: &Digest, r: &Digest) -> Digest {
        let mut state = [KoalaBear::ZERO; 16];
        state[..8].copy_from_slice(&l.0);
        state[8..].copy_from_slice(&r.0);
        self.0.permute_mut(&mut state);
        Digest(core::array::from_fn(|i| state[i] + l.0[i]))
    }

    /// The permutation.
    pub fn permute(&self, state: &mut [KoalaBear; 16]) {
        self.0.permute_mut(state);
    }

    /// [`Self::compress`] of `l` and a block of small integers, each below the field's order.
    pub fn compress_with(&self, l: &Digest, block: [u32; 7], domain: Domain) -> Digest {
        let mut r = Digest::ZERO;
        for (e, v) in r.0.iter_mut().zip(block) {
            *e = KoalaBear::from_u32(v);
        }
        r.0[7] = KoalaBear::from_u32(domain as u32);
        self.compress(l, &r)
    }

    /// The chain `s <- compress(s, block)` over the 16-byte blocks of `bytes`, zero-padded, from zero.
    ///
    /// Padding is ambiguous: whoever uses a chain binds the length beside it.
    pub fn chain(&self, bytes: &[u8]) -> Digest {
        bytes.chunks(BLOCK_BYTES).fold(Digest::ZERO, |s, b| self.compress(&s, &block(b)))
    }
}

/// A block of at most 16 bytes as eight little-endian 16-bit limbs, zero-padded.
pub fn block(bytes: &[u8]) -> Digest {
    let mut padded = [0u8; BLOCK_BYTES];
    padded[..bytes.len()].copy_from_slice(bytes);
    Digest(core::array::from_fn(|i| {
        KoalaBear::from_u16(u16::from_le_bytes([padded[2 * i], padded[2 * i + 1]]))
    }))
}

/// The blocks of `bytes`, in order.
pub fn blocks(bytes: &[u8]) -> Vec<Digest> {
    bytes.chunks(BLOCK_BYTES).map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn text_round_trips() {
        let h = Hasher::default();
        let d = h.chain(b"execute-only");
        assert_eq!(d.to_string().parse(), Ok(d));
        assert_eq!("00".parse::<Digest>(), Err(ParseDigestError));
        assert_eq!("f".repeat(64).parse::<Digest>(), Err(ParseDigestError));
        assert_eq!("\u{e9}".repeat(32).parse::<Digest>(), Err(ParseDigestError));
    }

    #[test]
    fn feed_forward_is_there() {
        let h = Hasher::default();
        let l = block(b"left");
        let with = h.compress(&l, &Digest::ZERO);
        let mut state = [KoalaBear::ZERO; 16];
        state[..8].copy_from_slice(&l.0);
        permutation().permute_mut(&mut state);
        assert_ne!(with.0[0], state[0]);
        assert_eq!(with.0[0] - l.0[0], state[0]);
    }
}
