//! Public values of the tables.

use alloc::vec::Vec;

use ember_isa::{Class, Context, reg};
use ember_memory::tree::input_depth;
use ember_memory::{Digest, Header, Layout, page_of};
use p3_field::PrimeCharacteristicRing;

use crate::air::{CpuPublics, Table};
use crate::params::Val;
use crate::{Boundary, State};

/// What the public values of a segment's tables are made of: values that the verifier computes from statement and
/// proof.
#[derive(Clone, Copy, Debug)]
pub struct Publics<'a> {
    /// The image's header.
    pub header: &'a Header,
    /// Where heap and input lie.
    pub layout: &'a Layout,
    /// What the statement says of the run before it begins, its prices among it.
    pub context: &'a Context,
    /// Root of the image.
    pub image_root: &'a Digest,
    /// Root of the input.
    pub input_root: &'a Digest,
    /// Root of the contents of a zeroed page.
    pub zero_page: &'a Digest,
    /// The state in which the segment begins.
    pub start: &'a State,
    /// How it ends.
    pub end: &'a Boundary,
    /// Chain of the bytes that the segment appends to the journal.
    pub journal: &'a Digest,
}

/// Depth of the tree of an empty input. A path descends a level a row, and all tables together have fewer rows: no
/// leaf of an empty input is ever in memory, whatever its root is said to be.
const NO_INPUT: u32 = 1 << 30;

fn limbs(word: u32) -> [Val; 2] {
    [Val::from_u32(word & 0xffff), Val::from_u32(word >> 16)]
}

fn bytes(cost: u16) -> [Val; 2] {
    [Val::from_u16(cost & 0xff), Val::from_u16(cost >> 8)]
}

fn limbs64(n: u64) -> [Val; 4] {
    core::array::from_fn(|i| Val::from_u64(n >> (16 * i) & 0xffff))
}

fn registers(values: &[u32; reg::COUNT - 1]) -> [Val; 30] {
    core::array::from_fn(|i| limbs(values[i / 2])[i % 2])
}

impl Publics<'_> {
    /// The table's public values.
    pub fn of(&self, table: Table) -> Vec<Val> {
        let layout = self.layout;
        match table {
            Table::Cpu => self.cpu(),
            Table::Data => {
                let whole = self.end.memory.is_none();
                alloc::vec![Val::from_u32(layout.input_start / 4), Val::from_bool(whole)]
            }
            Table::Heap => {
                let groups = (layout.heap_end - layout.heap_start) / 16;
                [layout.heap_start / 4, groups].map(Val::from_u32).to_vec()
            }
            Table::MemoryNode => {
                let after = self.end.memory.unwrap_or(self.start.memory);
                let pages = page_of(layout.heap_end) - page_of(layout.heap_start);
                let digests = [self.start.memory, after, *self.zero_page];
                let mut values: Vec<Val> = digests.iter().flat_map(|digest| digest.0).collect();
                values.extend([page_of(layout.heap_start), pages].map(Val::from_u32));
                values
            }
            Table::Merkle => {
                let mut values = self.image_root.0.to_vec();
                values.extend(self.input_root.0);
                values.push(Val::from_u32(input_depth(layout.input_len).unwrap_or(NO_INPUT)));
                values
            }
            Table::Journal => self.journal.0.to_vec(),
            Table::Csr => [self.start.gas, self.start.instructions].into_iter().flat_map(limbs64).collect(),
            Table::Io => {
                let table = &self.context.gas_table;
                let costs = [table.read.base, table.read.per_word, table.write.base, table.write.per_word];
                let mut values: Vec<Val> = costs.into_iter().flat_map(bytes).collect();
                values.extend([self.end.journal_len, self.end.private_bytes].map(Val::from_u32));
                values
            }
            Table::Permute => bytes(self.context.gas_table.poseidon2).to_vec(),
            Table::Sha256 => bytes(self.context.gas_table.sha256).to_vec(),
            Table::Keccak => bytes(self.context.gas_table.keccak).to_vec(),
            Table::MulMod => bytes(self.context.gas_table.mul_mod).to_vec(),
            Table::Context => {
                let words = self.context.words().into_iter().flat_map(limbs);
                bytes(self.context.gas_table.context).into_iter().chain(words).collect()
            }
            Table::Dot => {
                let cost = self.context.gas_table.extension_dot;
                [cost.base, cost.per_word].into_iter().flat_map(bytes).collect()
            }
            _ => Vec::new(),
        }
    }

    fn cpu(&self) -> Vec<Val> {
        let [gas0, gas1] = self.end.gas.map(Val::from_u32);
        CpuPublics {
            entry: Val::from_u32(self.start.pc / 4),
            initial: registers(&self.start.regs),
            costs: Class::ALL.map(|class| bytes(self.context.gas_table.class(class))),
            last: [Val::from_u32(self.end.pc / 4), Val::from_u32(self.end.instructions + 1), gas0, gas1],
            regs: registers(&self.end.regs),
        }
        .to_vec()
    }
}
