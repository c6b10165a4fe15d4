//! What a proof proves.

use alloc::vec::Vec;

use ember_isa::{Exit, GasTable};
use ember_memory::digest::Hasher;
use ember_memory::{Digest, Transcript};

/// The statement of SPEC section 6: *the program with this image id, started with the public input of this digest,
/// for some private witness, under this gas table and these limits, wrote this journal, exchanged this host
/// transcript, used this much gas in so many instructions, and ended so.*
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Identity of the program: [`ember_memory::Image::id`].
    pub image_id: Digest,
    /// Digest of the public input: [`ember_memory::tree::input_digest`].
    pub input_digest: Digest,
    /// What instructions and ecalls cost.
    pub gas_table: GasTable,
    /// Most gas that the run could use.
    pub gas_limit: u64,
    /// Bytes of writable memory.
    pub memory_limit: u32,
    /// The public output.
    pub journal: Vec<u8>,
    /// Digest of the host calls.
    pub transcript: Transcript,
    /// Gas used, that of the instruction which ended the run included, unless for lack of gas.
    pub gas_used: u64,
    /// Instructions retired.
    pub instructions: u64,
    /// Bytes of private input that the program read: zero if it asked for none, or got none.
    pub private_bytes: u64,
    /// How and where the run ended.
    pub exit: Exit,
}

impl Statement {
    /// A digest of the whole statement: that of its postcard encoding.
    pub fn digest(&self, h: &Hasher) -> Digest {
        let bytes = postcard::to_allocvec(self).expect("a statement always serialises");
        let len = bytes.len() as u64;
        let end = h.chain(&bytes);
        let limb = |i: u32| (len >> (16 * i)) as u32 & 0xffff;
        h.compress_with(
            &end,
            [limb(0), limb(1), limb(2), limb(3), 0, 0, 0],
            ember_memory::digest::Domain::Statement,
        )
    }

    /// Digest of a public input.
    pub fn digest_of_input(h: &Hasher, input: &[u8]) -> Digest {
        let root = ember_memory::tree::input_root(h, input);
        ember_memory::tree::input_digest(h, &root, input.len() as u32)
    }
}
