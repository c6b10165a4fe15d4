//! The tables' matrices.

mod accel;
mod alu;
mod cpu;
mod hash;
mod muldiv;
mod rom;
mod system;

use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;

use crate::ranges::Ranges;
use crate::record::Record;

pub(crate) type Matrix = RowMajorMatrix<Val>;

/// Every table of a segment that has rows, in the order of a proof.
pub(crate) fn build(record: &Record<'_>) -> Vec<(Table, Matrix)> {
    let (h, rows) = (record.run.hasher, &record.rows);
    let mut ranges = Ranges::default();
    let mut all: Vec<(Table, Option<Matrix>)> = Vec::new();
    let r = &mut ranges;
    all.push((Table::Cpu, Some(cpu::matrix(record, r))));
    all.push((Table::Rom, rom::matrix(record, r)));
    let mut compressions = hash::Compressions::default();
    let leaves = hash::Leaves::of(record);
    all.push((Table::Code, leaves.code_matrix(record)));
    all.push((Table::Data, leaves.data_matrix(record, r)));
    all.push((Table::Heap, leaves.heap_matrix(record, r)));
    all.push((Table::Memory, leaves.memory_matrix(r)));
    all.push((Table::MemoryNode, hash::memory_node_matrix(record, r, &mut compressions)));
    all.push((Table::Touch, system::touch(&rows.touch, r)));
    all.push((Table::Merkle, leaves.merkle_matrix(h, record, &mut compressions)));
    all.push((Table::Journal, hash::journal_matrix(h, &rows.journal, &mut compressions)));
    for call in &rows.accel.permute {
        compressions.permute(accel::permutation_of(call));
    }
    all.push((Table::Poseidon2, compressions.matrix()));
    all.push((Table::Bitwise, alu::bitwise(&rows.bitwise, r)));
    all.push((Table::Shift, alu::shift(&rows.shift, r)));
    all.push((Table::Part, alu::part(&rows.part, r)));
    all.push((Table::Mul, muldiv::mul(&rows.mul, r)));
    all.push((Table::Div, muldiv::div(&rows.div, r)));
    all.push((Table::Csr, system::csr(record, r)));
    all.push((Table::Io, system::io(&rows.io, r)));
    all.push((Table::Operand, accel::operand(&rows.accel.accesses, r)));
    all.push((Table::Element, accel::element(&rows.accel.elements, r)));
    all.push((Table::Permute, accel::permute(&rows.accel.permute, r)));
    all.push((Table::Dot, accel::dot(&rows.accel.dot, r)));
    all.push((Table::Sha256, accel::sha256(&rows.accel.sha256, r)));
    all.push((Table::Keccak, accel::keccak(&rows.accel.keccak, r)));
    all.push((Table::MulMod, accel::mul_mod(&rows.accel.mul_mod, r)));
    all.push((Table::Context, accel::context(&rows.accel.context, r)));
    all.push((Table::Range16, ranges.wide_table()));
    all.push((Table::Range8, ranges.narrow_table()));
    all.push((Table::ByteAnd, alu::byte_and(&rows.bitwise)));
    all.into_iter().filter_map(|(table, matrix)| Some((table, matrix?))).collect()
}

/// Rows filled in parallel at a time.
const CHUNK: usize = 1 << 12;

/// A matrix with a row for each of `rows`, then zero rows up to a power of two; `None` if there are none.
fn matrix<R: Sync>(
    width: usize,
    rows: &[R],
    ranges: &mut Ranges,
    fill: impl Fn(&R, &mut [Val], &mut Ranges) + Sync,
) -> Option<Matrix> {
    if rows.is_empty() {
        return None;
    }
    let mut cells = Val::zero_vec(rows.len().next_power_of_two() * width);
    let counted = cells
        .par_chunks_mut(width * CHUNK)
        .zip(rows.par_chunks(CHUNK))
        .map(|(cells, rows)| {
            let mut ranges = Ranges::default();
            for (row, cells) in rows.iter().zip(cells.chunks_exact_mut(width)) {
                fill(row, cells, &mut ranges);
            }
            ranges
        })
        .reduce(Ranges::default, Ranges::merge);
    *ranges = std::mem::take(ranges).merge(counted);
    Some(Matrix::new(cells, width))
}

fn val(n: u32) -> Val {
    Val::from_u32(n)
}

fn flag(b: bool) -> Val {
    Val::from_bool(b)
}

fn limbs(word: u32) -> [Val; 2] {
    [val(word & 0xffff), val(word >> 16)]
}

fn bits<const N: usize>(word: u32) -> [Val; N] {
    core::array::from_fn(|i| val(word >> i & 1))
}

fn bytes(word: u32) -> [Val; 4] {
    word.to_le_bytes().map(Val::from_u8)
}

/// One-hot of `at` in `N` places; all zero where it is beyond.
fn one_hot<const N: usize>(at: usize) -> [Val; N] {
    core::array::from_fn(|i| flag(i == at))
}
