//! Public values of the tables.

use alloc::vec::Vec;

use ember_isa::{Class, GasTable};
use ember_memory::tree::input_depth;
use ember_memory::{Digest, Header, Layout};
use p3_field::PrimeCharacteristicRing;

use crate::FinalState;
use crate::air::{CpuPublics, Table};
use crate::params::Val;

/// What the tables' public values are made of: values that the verifier computes from statement and proof.
#[derive(Clone, Copy, Debug)]
pub struct Publics<'a> {
    /// The image's header.
    pub header: &'a Header,
    /// Where heap and input lie.
    pub layout: &'a Layout,
    /// Prices.
    pub gas_table: &'a GasTable,
    /// Root of the image.
    pub image_root: &'a Digest,
    /// Root of the input.
    pub input_root: &'a Digest,
    /// The journal's chain.
    pub journal: &'a Digest,
    /// Length of the journal.
    pub journal_len: usize,
    /// Instructions retired.
    pub instructions: u64,
    /// Final pc.
    pub pc: u32,
    /// The state in which the run ended.
    pub last: &'a FinalState,
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

impl Publics<'_> {
    /// The table's public values.
    pub fn of(&self, table: Table) -> Vec<Val> {
        match table {
            Table::Cpu => self.cpu(),
            Table::Data => alloc::vec![Val::from_u32(self.layout.input_start / 4)],
            Table::Heap => {
                let groups = (self.layout.heap_end - self.layout.heap_start) / 16;
                [self.layout.heap_start / 4, groups].map(Val::from_u32).to_vec()
            }
            Table::Merkle => {
                let mut values = self.image_root.0.to_vec();
                values.extend(self.input_root.0);
                values.push(Val::from_u32(input_depth(self.layout.input_len).unwrap_or(NO_INPUT)));
                values
            }
            Table::Journal => self.journal.0.to_vec(),
            Table::Io => {
                let table = self.gas_table;
                let costs = [table.read.base, table.read.per_word, table.write.base, table.write.per_word];
                let mut values: Vec<Val> = costs.into_iter().flat_map(bytes).collect();
                values.push(Val::from_u32(self.journal_len as u32));
                values
            }
            _ => Vec::new(),
        }
    }

    fn cpu(&self) -> Vec<Val> {
        let layout = self.layout;
        let [sp, a0, a1] = [layout.heap_end, layout.input_start, layout.input_len].map(limbs);
        let [gas0, gas1] = self.last.gas.map(Val::from_u32);
        let mut regs = [Val::ZERO; 30];
        for (pair, &value) in regs.chunks_exact_mut(2).zip(&self.last.regs) {
            pair.copy_from_slice(&limbs(value));
        }
        CpuPublics {
            entry: Val::from_u32(self.header.entry / 4),
            initial: [sp[0], sp[1], a0[0], a0[1], a1[0], a1[1]],
            costs: Class::ALL.map(|class| bytes(self.gas_table.class(class))),
            last: [Val::from_u32(self.pc / 4), Val::from_u64(self.instructions + 1), gas0, gas1],
            regs,
        }
        .to_vec()
    }
}
