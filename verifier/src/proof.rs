//! Proofs, and the file that holds one with its statement.

use alloc::vec::Vec;

use ember_isa::reg;
use ember_memory::{Digest, Header, Layout};
use p3_batch_stark::BatchProof;
use p3_field::PrimeCharacteristicRing;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::params::{Config, Val};
use crate::{Openings, Statement};

/// How a segment of a run ends: the state that it hands to the next, or in which the run ended, before the
/// instruction that ended it; and what the segment itself did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boundary {
    /// Address of the next instruction; a multiple of 4.
    pub pc: u32,
    /// Registers x1..x15.
    pub regs: [u32; reg::COUNT - 1],
    /// Gas that the segment used: `gas[0] + 256 gas[1]`.
    pub gas: [u32; 2],
    /// Instructions that the segment retired.
    pub instructions: u32,
    /// Bytes that the segment appended to the journal.
    pub journal_len: u32,
    /// Bytes of private input that the segment read.
    pub private_bytes: u32,
    /// Root of the tree of memory after the segment; `None` where the segment is the whole run.
    pub memory: Option<Digest>,
}

impl Boundary {
    /// Gas that the segment used.
    pub fn gas_used(&self) -> u64 {
        u64::from(self.gas[0]) + (u64::from(self.gas[1]) << 8)
    }

    /// All of it, as the transcript takes it in: one way for each boundary.
    pub(crate) fn elements(&self) -> Vec<Val> {
        let Self { pc, regs, gas, instructions, journal_len, private_bytes, memory } = self;
        let words = [*pc, gas[0], gas[1], *instructions, *journal_len, *private_bytes];
        let mut all = limbs(words.iter().chain(regs));
        all.push(Val::from_bool(memory.is_some()));
        all.extend(memory.unwrap_or(Digest::ZERO).0);
        all
    }
}

/// Words by limbs of 16 bits, the lower first.
fn limbs<'a>(words: impl Iterator<Item = &'a u32>) -> Vec<Val> {
    words.flat_map(|&word| [word & 0xffff, word >> 16]).map(Val::from_u32).collect()
}

/// The state in which a segment begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Address of the next instruction; a multiple of 4.
    pub pc: u32,
    /// Registers x1..x15.
    pub regs: [u32; reg::COUNT - 1],
    /// Gas used since the run began.
    pub gas: u64,
    /// Instructions retired since the run began.
    pub instructions: u64,
    /// Length of the journal.
    pub journal_len: u64,
    /// Bytes of private input read since the run began.
    pub private_bytes: u64,
    /// Root of the tree of memory: pages of the image, and pages of zeroed memory that the run has used.
    pub memory: Digest,
}

impl State {
    /// The pristine state: SPEC section 2.
    pub fn pristine(header: &Header, image_root: &Digest, layout: &Layout) -> Self {
        let mut regs = [0; reg::COUNT - 1];
        for (register, value) in
            [(reg::SP, layout.heap_end), (reg::A0, layout.input_start), (reg::A1, layout.input_len)]
        {
            regs[register as usize - 1] = value;
        }
        Self {
            pc: header.entry,
            regs,
            gas: 0,
            instructions: 0,
            journal_len: 0,
            private_bytes: 0,
            memory: *image_root,
        }
    }

    /// All of it, as the transcript takes it in: one way for each state.
    pub(crate) fn elements(&self) -> Vec<Val> {
        let Self { pc, regs, gas, instructions, journal_len, private_bytes, memory } = self;
        let halves = |n: &u64| [*n as u32, (*n >> 32) as u32];
        let counts = [gas, instructions, journal_len, private_bytes].map(halves);
        let mut all = limbs([*pc].iter().chain(counts.as_flattened()).chain(regs));
        all.extend(memory.0);
        all
    }

    /// The state after a segment that begins here. Counters stay at their largest value rather than wrap around.
    pub fn after(&self, end: &Boundary) -> Self {
        Self {
            pc: end.pc,
            regs: end.regs,
            gas: self.gas.saturating_add(end.gas_used()),
            instructions: self.instructions.saturating_add(end.instructions.into()),
            journal_len: self.journal_len.saturating_add(end.journal_len.into()),
            private_bytes: self.private_bytes.saturating_add(end.private_bytes.into()),
            memory: end.memory.unwrap_or(self.memory),
        }
    }
}

/// What the segments of a proof share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preamble {
    /// The image's header.
    pub header: Header,
    /// Root of the image's tree.
    pub image_root: Digest,
    /// Length of the public input.
    pub input_len: u32,
    /// Root of the public input's tree.
    pub input_root: Digest,
    /// Parts of the image that the decision on the ending needs.
    pub openings: Openings,
}

/// The proof of a segment.
#[derive(Serialize, Deserialize)]
pub struct Segment {
    /// How it ends.
    pub end: Boundary,
    /// Which tables are present: bit `i` for the table of discriminant `i`.
    pub tables: u32,
    /// The STARK.
    pub stark: BatchProof<Config>,
}

/// A proof of a [`Statement`](crate::Statement).
#[derive(Serialize, Deserialize)]
pub struct Proof {
    /// What the segments share.
    pub preamble: Preamble,
    /// The run, cut into segments.
    pub segments: Vec<Segment>,
}

/// Magic bytes of a proof file.
const MAGIC: [u8; 8] = *b"EMBERPRF";
/// Version of the proof file format that this crate reads and writes.
pub const VERSION: u16 = 3;
/// Newest version whose proofs prove nothing.
const LAST_FORGEABLE: u16 = 2;
/// Bytes of a file before its head: magic bytes, version, length of the head.
pub const PREFIX_LEN: usize = 14;
/// Largest head: its journal has at most 1 MiB, its openings at most those of 16,384 pages.
pub const MAX_HEAD_BYTES: usize = 32 << 20;
/// Largest segment.
pub const MAX_SEGMENT_BYTES: usize = 16 << 20;

/// The bytes are no proof file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofFileError {
    /// Other magic bytes.
    #[error("not an Ember proof")]
    Magic,
    /// Written by another version, whose proofs mean something else.
    #[error("proof format version {0}, this verifier knows version {VERSION}")]
    Version(u16),
    /// Written by a version whose proofs could be forged: see `SECURITY.md`.
    #[error(
        "proof format version {0}: proofs of this version could be forged and prove nothing; prove again"
    )]
    Forgeable(u16),
    /// A part is larger than [`MAX_HEAD_BYTES`] or [`MAX_SEGMENT_BYTES`].
    #[error("a {part} of {len} bytes is above the largest, {max}")]
    TooLarge {
        /// Which part.
        part: &'static str,
        /// Its length.
        len: usize,
        /// The largest.
        max: usize,
    },
    /// Truncated or malformed.
    #[error("malformed proof: {0}")]
    Malformed(postcard::Error),
    /// Bytes after a part's end.
    #[error("{0} bytes after a part's end")]
    Trailing(usize),
    /// Not the bytes that writing gives: an integer has more bytes than it needs.
    #[error("malformed proof: an integer is longer than it needs to be")]
    Long,
}

const TRUNCATED: ProofFileError = ProofFileError::Malformed(postcard::Error::DeserializeUnexpectedEnd);

/// Reads a part, which has one encoding, byte for byte. Every length is checked against what is left of the bytes.
fn decode<'a, T: Deserialize<'a> + Serialize>(bytes: &'a [u8]) -> Result<T, ProofFileError> {
    let (part, rest): (T, _) = postcard::take_from_bytes(bytes).map_err(ProofFileError::Malformed)?;
    if !rest.is_empty() {
        return Err(ProofFileError::Trailing(rest.len()));
    }
    postcard::serialize_with_flavor(&part, Same(bytes)).map_err(|_| ProofFileError::Long)?;
    Ok(part)
}

/// Takes bytes as long as they are those that are left.
struct Same<'a>(&'a [u8]);

impl postcard::ser_flavors::Flavor for Same<'_> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.try_extend(&[byte])
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0 = self.0.strip_prefix(bytes).ok_or(postcard::Error::SerializeBufferFull)?;
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(postcard::Error::SerializeBufferFull) }
    }
}

/// Adds a part and its length.
fn encode<T: Serialize>(mut out: Vec<u8>, part: &T) -> Vec<u8> {
    let at = out.len();
    out.extend([0; 4]);
    let mut out = postcard::to_extend(part, out).expect("a proof always serialises");
    let len = u32::try_from(out.len() - at - 4).expect("a part below 4 GiB");
    out[at..at + 4].copy_from_slice(&len.to_le_bytes());
    out
}

fn length(bytes: [u8; 4], part: &'static str, max: usize) -> Result<usize, ProofFileError> {
    let len = u32::from_le_bytes(bytes) as usize;
    if len > max { Err(ProofFileError::TooLarge { part, len, max }) } else { Ok(len) }
}

/// How a proof file begins: what is proven, and what the segments share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// What is proven.
    pub statement: Statement,
    /// What the segments share.
    pub preamble: Preamble,
}

impl Head {
    /// Whether the bytes start like a proof file.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// The file's first bytes: magic bytes, version (u16), length of the head (u32, all little-endian), and the head in
    /// postcard.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        encode(bytes, self)
    }

    /// Length of the head that follows a file's first bytes.
    ///
    /// # Errors
    /// [`ProofFileError::Magic`], [`ProofFileError::Forgeable`], [`ProofFileError::Version`] or
    /// [`ProofFileError::TooLarge`].
    pub fn length(prefix: &[u8; PREFIX_LEN]) -> Result<usize, ProofFileError> {
        let rest = prefix.strip_prefix(&MAGIC).ok_or(ProofFileError::Magic)?;
        match u16::from_le_bytes([rest[0], rest[1]]) {
            VERSION => length([rest[2], rest[3], rest[4], rest[5]], "head", MAX_HEAD_BYTES),
            other if other <= LAST_FORGEABLE => Err(ProofFileError::Forgeable(other)),
            other => Err(ProofFileError::Version(other)),
        }
    }

    /// Reads the head that follows a file's first bytes.
    ///
    /// # Errors
    /// [`ProofFileError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofFileError> {
        decode(bytes)
    }
}

impl Segment {
    /// The segment as a file holds it: its length (u32, little-endian), then the segment in postcard.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(Vec::new(), self)
    }

    /// Length of the segment that follows its first four bytes.
    ///
    /// # Errors
    /// [`ProofFileError::TooLarge`].
    pub fn length(prefix: [u8; 4]) -> Result<usize, ProofFileError> {
        length(prefix, "segment", MAX_SEGMENT_BYTES)
    }

    /// Reads the segment that follows its length.
    ///
    /// # Errors
    /// [`ProofFileError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofFileError> {
        decode(bytes)
    }
}

/// A statement and its proof, as stored: [`Head::to_bytes`], then [`Segment::to_bytes`] of each segment, to the end of
/// the file. A file of many segments need not be in memory at once: its parts can be read one by one.
#[derive(Serialize, Deserialize)]
pub struct ProofFile {
    /// What is proven.
    pub statement: Statement,
    /// The proof.
    pub proof: Proof,
}

impl ProofFile {
    /// The file's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = Head { statement: self.statement.clone(), preamble: self.proof.preamble.clone() };
        self.proof.segments.iter().fold(head.to_bytes(), encode)
    }

    /// Reads a file. A statement and a proof have one file, byte for byte.
    ///
    /// # Errors
    /// [`ProofFileError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProofFileError> {
        if !Head::is_one(bytes) {
            return Err(ProofFileError::Magic);
        }
        let (prefix, rest) = bytes.split_first_chunk().ok_or(TRUNCATED)?;
        let (head, mut rest) = rest.split_at_checked(Head::length(prefix)?).ok_or(TRUNCATED)?;
        let Head { statement, preamble } = Head::from_bytes(head)?;
        let mut segments = Vec::new();
        while !rest.is_empty() {
            let (prefix, after) = rest.split_first_chunk().ok_or(TRUNCATED)?;
            let (segment, after) = after.split_at_checked(Segment::length(*prefix)?).ok_or(TRUNCATED)?;
            segments.push(Segment::from_bytes(segment)?);
            rest = after;
        }
        Ok(Self { statement, proof: Proof { preamble, segments } })
    }
}
