//! Where memory begins and ends: leaves of the image and the input, the zeroed heap, and code.
//!
//! Every word of memory that a run touches is put on the memory bus once, with its initial value at time 0, and
//! taken off once, with its final value. Four words at a time, because a leaf of a tree has four.
//!
//! A run proven in one segment takes writable memory from the image (`Data`) and from nothing (`Heap`), and forgets
//! it at the end. In a run of several segments each takes it from the tree that the segment before left (`Memory`)
//! and leaves a tree to the next.

use p3_air::{AirBuilder, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::Count;

use super::bus::{Builder, CODE, MEM, NODE, UPDATE, c, once, range8, range16, when};
use super::columns::columns;

/// Space of a node in the image's tree above its pages.
pub const SPACE_IMAGE: u32 = 0;
/// Space of the nodes inside a code page: the page's permission.
pub const SPACE_CODE: u32 = 1;
/// Space of the nodes inside a read-only page.
pub const SPACE_READ: u32 = 2;
/// Space of the nodes inside a writable page.
pub const SPACE_WRITE: u32 = 6;
/// Space of the nodes of the input's tree.
pub const SPACE_INPUT: u32 = 8;

fn node<AB: Builder>(space: AB::Expr, index: AB::Var, limbs: [AB::Var; 8]) -> [AB::Expr; 11] {
    let mut fields: [AB::Expr; 11] = core::array::from_fn(|_| AB::Expr::ZERO);
    fields[0] = space;
    fields[2] = index.into();
    for (field, limb) in fields[3..].iter_mut().zip(limbs) {
        *field = limb.into();
    }
    fields
}

columns! {
    /// Columns of a leaf of code: four words.
    pub struct CodeCols {
        /// Whether the row holds a leaf.
        real,
        /// Index of the leaf: address / 16.
        index,
        /// The words' 16-bit limbs.
        limbs: [8],
        /// How often each word is decoded.
        uses: [4],
    }
}

pub(super) fn eval_code<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = CodeCols::from_row(main.current_slice());
    b.assert_bool(l.real);
    for uses in l.uses {
        when(b, AB::Expr::ONE - l.real, uses);
    }
    NODE.receive(b, node::<AB>(c::<AB>(SPACE_CODE), l.index, l.limbs), once::<AB>(l.real));
    for (i, uses) in l.uses.into_iter().enumerate() {
        let address = l.index * c::<AB>(4) + c::<AB>(i as u32);
        CODE.table_entry(b, [address, l.limbs[2 * i].into(), l.limbs[2 * i + 1].into()], uses);
    }
}

columns! {
    /// Columns of a leaf of data or input: four words.
    pub struct DataCols {
        /// Whether the row holds a leaf.
        real,
        /// Whether the leaf is of the input.
        is_input,
        /// Whether the leaf's page may be written.
        writable,
        /// Index of the leaf: address / 16, for the input counted from its start.
        index,
        /// Initial limbs.
        limbs: [8],
        /// Time of the last access of each word.
        time: [4],
        /// Final limbs.
        last: [8],
    }
}

/// Public values of `Data`: word address of the input region; 1 if the segment is the whole run, else 0.
pub const DATA_PUBLICS: usize = 2;

pub(super) fn eval_data<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = DataCols::from_row(main.current_slice());
    let input_start: AB::Expr = b.public_values()[0].into();
    let whole: AB::Expr = b.public_values()[1].into();
    for flag in [l.real, l.is_input, l.writable] {
        b.assert_bool(flag);
    }
    b.assert_zero(l.is_input * l.writable);
    // Only a run of one segment finds writable memory as the image has it.
    when(b, AB::Expr::ONE - whole, l.writable);
    let space = c::<AB>(SPACE_READ)
        + l.writable * c::<AB>(SPACE_WRITE - SPACE_READ)
        + l.is_input * c::<AB>(SPACE_INPUT - SPACE_READ);
    NODE.receive(b, node::<AB>(space, l.index, l.limbs), once::<AB>(l.real));
    let start = l.index * c::<AB>(4) + l.is_input * input_start;
    for i in 0..4 {
        let address = start.clone() + c::<AB>(i as u32);
        let initial = [l.limbs[2 * i].into(), l.limbs[2 * i + 1].into()];
        let last = [l.last[2 * i].into(), l.last[2 * i + 1].into()];
        boundary(b, address, initial, l.time[i].into(), last, l.writable.into(), l.real);
    }
    for limb in l.limbs {
        range16(b, limb, l.real);
    }
}

/// Puts a word on the memory bus at time 0 and takes it off at its last time.
fn boundary<AB: Builder>(
    b: &mut AB,
    address: AB::Expr,
    [i0, i1]: [AB::Expr; 2],
    time: AB::Expr,
    [f0, f1]: [AB::Expr; 2],
    writable: AB::Expr,
    real: AB::Var,
) {
    MEM.send(b, [address.clone(), AB::Expr::ZERO, i0, i1, writable.clone()], once::<AB>(real));
    MEM.receive(b, [address, time, f0, f1, writable], once::<AB>(real));
}

columns! {
    /// Columns of a leaf of writable memory in one of several segments: four words.
    pub struct MemoryCols {
        /// Whether the row holds a leaf.
        real,
        /// Index of the leaf: address / 16.
        index,
        /// Limbs before the segment.
        before: [8],
        /// Time of the last access of each word.
        time: [4],
        /// Limbs after the segment.
        after: [8],
    }
}

pub(super) fn eval_memory<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = MemoryCols::from_row(main.current_slice());
    b.assert_bool(l.real);
    let leaf = [AB::Expr::ONE, AB::Expr::ZERO, l.index.into()];
    let limbs = l.before.into_iter().chain(l.after).map(Into::into);
    UPDATE.receive(b, leaf.into_iter().chain(limbs), once::<AB>(l.real));
    for i in 0..4 {
        let address = l.index * c::<AB>(4) + c::<AB>(i as u32);
        let before = [l.before[2 * i].into(), l.before[2 * i + 1].into()];
        let after = [l.after[2 * i].into(), l.after[2 * i + 1].into()];
        boundary(b, address, before, l.time[i].into(), after, AB::Expr::ONE, l.real);
    }
    for limb in l.before {
        range16(b, limb, l.real);
    }
}

columns! {
    /// Columns of four words of zeroed memory.
    pub struct HeapCols {
        /// Whether the row holds words.
        real,
        /// Number of the group of four words, from the start of the heap; strictly ascending.
        index,
        /// Distance from the previous row's index, less one: low 16 bits, high 10 bits.
        gap: [2],
        /// Distance to the end of the heap: low 16 bits, high 10 bits.
        room: [2],
        /// Time of the last access of each word.
        time: [4],
        /// Final limbs.
        last: [8],
    }
}

/// Public values of `Heap`: word address of the heap, and its size in groups of four words, at most 2^26.
pub const HEAP_PUBLICS: usize = 2;

pub(super) fn eval_heap<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = HeapCols::from_row(main.current_slice());
    let next = HeapCols::from_row(main.next_slice());
    let start: AB::Expr = b.public_values()[0].into();
    let groups: AB::Expr = b.public_values()[1].into();
    let wide = |limbs: [AB::Var; 2]| limbs[0] + limbs[1] * c::<AB>(1 << 16);

    b.assert_bool(l.real);
    b.when_transition().assert_zero((AB::Expr::ONE - l.real) * next.real);
    b.when_first_row().assert_zero(l.real * (l.index - wide(l.gap)));
    b.when_transition().assert_zero(next.real * (next.index - l.index - AB::Expr::ONE - wide(next.gap)));
    when(b, l.real, groups - AB::Expr::ONE - l.index - wide(l.room));
    for limbs in [l.gap, l.room] {
        range16(b, limbs[0], l.real);
        range16(b, limbs[1], l.real);
        range16(b, limbs[1] * c::<AB>(1 << 6), l.real);
    }
    for i in 0..4 {
        let address = start.clone() + l.index * c::<AB>(4) + c::<AB>(i as u32);
        let zero = [AB::Expr::ZERO, AB::Expr::ZERO];
        let last = [l.last[2 * i].into(), l.last[2 * i + 1].into()];
        boundary(b, address, zero, l.time[i].into(), last, AB::Expr::ONE, l.real);
    }
}

columns! {
    /// Columns of a refresh: a word whose last access is too long ago for a 16-bit time difference.
    pub struct TouchCols {
        /// Whether the row refreshes.
        real,
        /// Word address.
        address,
        /// Time of the last access.
        before,
        /// New time.
        after,
        /// The word.
        word: [2],
        /// Whether the word may be written.
        writable,
        /// `after - before - 1`: low 16 bits, high 8 bits.
        gap: [2],
        /// `after`: low 16 bits, high 8 bits.
        bound: [2],
    }
}

pub(super) fn eval_touch<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = TouchCols::from_row(main.current_slice());
    b.assert_bool(l.real);
    let wide = |limbs: [AB::Var; 2]| limbs[0] + limbs[1] * c::<AB>(1 << 16);
    b.assert_eq(l.after, wide(l.bound));
    b.assert_eq(l.after, l.before + AB::Expr::ONE * l.real + wide(l.gap));
    let word = |time: AB::Var| [l.address, time, l.word[0], l.word[1], l.writable];
    MEM.receive(b, word(l.before), Count::bounded(l.real.into(), 1));
    MEM.send(b, word(l.after), Count::bounded(l.real.into(), 1));
    for limbs in [l.gap, l.bound] {
        range16(b, limbs[0], l.real);
        range8(b, limbs[1], l.real);
    }
}
