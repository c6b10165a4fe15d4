//! Proofs, and the file that holds one with its statement.

use alloc::vec::Vec;

use ember_isa::reg;
use ember_memory::{Digest, Header};
use p3_batch_stark::BatchProof;
use thiserror::Error;

use crate::params::Config;
use crate::{Openings, Statement};

/// The state in which a run ended, before the instruction that ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FinalState {
    /// Gas used: `gas[0] + 256 gas[1]`.
    pub gas: [u32; 2],
    /// Registers x1..x15.
    pub regs: [u32; reg::COUNT - 1],
}

/// A proof of a [`Statement`].
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Proof {
    /// The image's header.
    pub header: Header,
    /// Root of the image's tree.
    pub image_root: Digest,
    /// Length of the public input.
    pub input_len: u32,
    /// Root of the public input's tree.
    pub input_root: Digest,
    /// The state in which the run ended.
    pub last: FinalState,
    /// Parts of the image that the decision on the ending needs.
    pub openings: Openings,
    /// Which tables are present: bit `i` for the table of discriminant `i`.
    pub tables: u32,
    /// The STARK.
    pub stark: BatchProof<Config>,
}

/// Magic bytes and version of a proof file.
const MAGIC: [u8; 8] = *b"EMBERPRF";
const VERSION: u16 = 1;
/// Largest proof file.
pub const MAX_PROOF_BYTES: usize = 64 << 20;

/// A statement and its proof, as stored: magic bytes, version, then both in postcard.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct ProofFile {
    /// What is proven.
    pub statement: Statement,
    /// The proof.
    pub proof: Proof,
}

/// The bytes are no proof file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofFileError {
    /// Other magic bytes.
    #[error("not an Ember proof")]
    Magic,
    /// Written by another version.
    #[error("proof format version {0}, this verifier knows version 1")]
    Version(u16),
    /// Larger than [`MAX_PROOF_BYTES`].
    #[error("proof file of {0} bytes is above the largest, 64 MiB")]
    TooLarge(usize),
    /// Truncated or malformed.
    #[error("malformed proof: {0}")]
    Malformed(postcard::Error),
    /// Bytes after the proof's end.
    #[error("{0} bytes after the proof's end")]
    Trailing(usize),
    /// Not the bytes that [`ProofFile::to_bytes`] gives: an integer has more bytes than it needs.
    #[error("malformed proof: an integer is longer than it needs to be")]
    Long,
}

impl ProofFile {
    /// Whether the bytes start like a proof file.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        postcard::to_extend(self, bytes).expect("a proof always serialises")
    }

    /// Reads a file. Every length is checked against what is left of the bytes. A statement and a proof have one file,
    /// byte for byte.
    ///
    /// # Errors
    /// [`ProofFileError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofFileError> {
        if bytes.len() > MAX_PROOF_BYTES {
            return Err(ProofFileError::TooLarge(bytes.len()));
        }
        let rest = bytes.strip_prefix(&MAGIC).ok_or(ProofFileError::Magic)?;
        let (version, rest) = rest
            .split_first_chunk()
            .ok_or(ProofFileError::Malformed(postcard::Error::DeserializeUnexpectedEnd))?;
        match u16::from_le_bytes(*version) {
            VERSION => {}
            other => return Err(ProofFileError::Version(other)),
        }
        let (file, rest): (Self, _) = postcard::take_from_bytes(rest).map_err(ProofFileError::Malformed)?;
        if !rest.is_empty() {
            return Err(ProofFileError::Trailing(rest.len()));
        }
        if file.to_bytes() == bytes { Ok(file) } else { Err(ProofFileError::Long) }
    }
}
