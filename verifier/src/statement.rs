//! What a proof proves.

use alloc::vec::Vec;

use ember_isa::{Context, Exit, GasTable};
use ember_memory::digest::{DIGEST_ELEMS, Domain, Hasher};
use ember_memory::{Digest, Transcript};

/// The statement of SPEC section 6: *the program with this image id, started with the public input of this digest,
/// for some private witness, under this gas table and these limits, wrote this journal, exchanged this host
/// transcript, used this much gas in so many instructions, read so many bytes of private input, and ended so.*
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

/// Version of the layout of a statement's digest.
const LAYOUT_VERSION: u32 = 1;
/// Kind of a statement: a run of a program.
const KIND_RUN: u32 = 1;

/// Fields of a statement's digest and how many elements each has, in order: `docs/statement.md`. They fill blocks of
/// [`DIGEST_ELEMS`] elements. A number has limbs of 16 bits, the lowest first.
pub const STATEMENT_FIELDS: [(&str, usize); 23] = [
    ("version", 1),
    ("kind", 1),
    ("zero", 5),
    ("domain", 1),
    ("image id", 8),
    ("input digest", 8),
    ("gas table", 8),
    ("gas limit", 4),
    ("gas used", 4),
    ("instructions", 4),
    ("private bytes", 4),
    ("memory limit", 2),
    ("memory limit of machines", 4),
    ("length of the journal", 2),
    ("journal", 8),
    ("host transcript", 8),
    ("children", 2),
    ("pc", 2),
    ("reason", 1),
    ("argument of the reason", 2),
    ("unused", 1),
    ("root of recursion", 8),
    ("assumptions", 8),
];

/// Blocks of a statement's digest.
pub const STATEMENT_BLOCKS: usize = 12;

/// A number's limbs of 16 bits, the lowest first.
fn limbs<const N: usize>(number: u64) -> [u32; N] {
    core::array::from_fn(|i| (number >> (16 * i)) as u32 & 0xffff)
}

impl Statement {
    /// The blocks whose chain is the statement's digest: [`STATEMENT_FIELDS`].
    pub fn blocks(&self, h: &Hasher) -> [Digest; STATEMENT_BLOCKS] {
        let Self { image_id, input_digest, gas_table, gas_limit, memory_limit, .. } = self;
        let small = |numbers: &[&[u32]]| {
            let mut block = [0; DIGEST_ELEMS];
            block.iter_mut().zip(numbers.concat()).for_each(|(e, n)| *e = n);
            Digest::from_u32s(block).expect("numbers below 2^24")
        };
        let long = |number: u64| limbs::<4>(number);
        let word = |number: u32| limbs::<2>(number.into());
        let no_children = word(0);
        let no_machines = long(0);
        [
            small(&[&[LAYOUT_VERSION, KIND_RUN, 0, 0, 0, 0, 0, Domain::Statement as u32]]),
            *image_id,
            *input_digest,
            gas_table_digest(h, gas_table),
            small(&[&long(*gas_limit), &long(self.gas_used)]),
            small(&[&long(self.instructions), &long(self.private_bytes)]),
            small(&[&word(*memory_limit), &no_machines, &word(self.journal.len() as u32)]),
            h.chain(&self.journal),
            self.transcript.0,
            small(&[
                &no_children,
                &word(self.exit.pc),
                &[self.exit.reason.number()],
                &word(self.exit.reason.argument()),
            ]),
            // The root of recursion, and the assumptions: none.
            Digest::ZERO,
            Digest::ZERO,
        ]
    }

    /// A digest of the whole statement: the chain `s <- compress(s, block)` over [`Self::blocks`], which starts from the
    /// first of them.
    pub fn digest(&self, h: &Hasher) -> Digest {
        let [first, rest @ ..] = self.blocks(h);
        rest.iter().fold(first, |s, block| h.compress(&s, block))
    }

    /// What the statement says of the run before it begins: what `context` writes.
    pub fn context(&self) -> Context {
        Context {
            image_id: self.image_id.to_u32s(),
            input_digest: self.input_digest.to_u32s(),
            gas_table: self.gas_table,
            gas_limit: self.gas_limit,
            memory_limit: self.memory_limit,
        }
    }

    /// Digest of a public input.
    pub fn digest_of_input(h: &Hasher, input: &[u8]) -> Digest {
        let root = ember_memory::tree::input_root(h, input);
        ember_memory::tree::input_digest(h, &root, input.len() as u32)
    }
}

/// Digest of a gas table: the chain over [`GasTable::prices`], eight to a block, which starts from the table's domain.
pub fn gas_table_digest(h: &Hasher, table: &GasTable) -> Digest {
    let mut first = [0; DIGEST_ELEMS];
    first[DIGEST_ELEMS - 1] = Domain::GasTable as u32;
    let prices = table.prices().map(u32::from);
    let blocks = core::iter::once(&first[..]).chain(prices.chunks_exact(DIGEST_ELEMS)).map(|block| {
        let words = block.try_into().expect("eight numbers");
        Digest::from_u32s(words).expect("numbers below 2^24")
    });
    blocks.reduce(|s, block| h.compress(&s, &block)).expect("a block at least")
}
