//! Words of accelerators' operands: their accesses to memory.

use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;

use crate::air::bus::{Builder, ELEMENT, MEM, OPERAND, c, once, pair, range16, when};
use crate::air::columns::columns;

columns! {
    /// Columns of an accelerator's access to a word.
    pub struct OperandCols {
        /// Whether the row holds an access.
        real,
        /// Time of the ecall.
        clk,
        /// Word address.
        address,
        /// The operand's place among those of its ecall: 0 and 1 for operands that are read, 2 for the one that is
        /// written.
        rank,
        /// The word before.
        old: [2],
        /// The word after.
        new: [2],
        /// Time of the previous access.
        prev,
        /// Whether the word may be written.
        writable,
        /// Whether the previous access is the same ecall's.
        same,
        /// One more than the rank of that access, else zero.
        before,
        /// One more than the rank of this access if another one of the same ecall follows, else zero.
        after,
    }
}

/// Rank of the operand that is written; those that are read have 0 and 1.
pub const OPERAND_WRITTEN: u32 = 2;

/// A tuple of [`OPERAND`].
fn fields<E>(clk: E, address: E, rank: E, [o0, o1]: [E; 2], [n0, n1]: [E; 2]) -> [E; 7] {
    [clk, address, rank, o0, o1, n0, n1]
}

/// Accesses a word where `flag` is 1. The limbs of `new` must be known to be below 2^16.
pub(super) fn access<AB: Builder>(
    b: &mut AB,
    (clk, address): (AB::Expr, AB::Expr),
    rank: u32,
    old: [AB::Expr; 2],
    new: [AB::Expr; 2],
    flag: AB::Var,
) {
    OPERAND.send(b, fields(clk, address, c::<AB>(rank), old, new), once::<AB>(flag));
}

/// An ecall's accesses to one word are ordered by rank within its time, the last of them marked by zero: a permission
/// on the memory bus is that of the word plus twice the mark of an access that another of the same ecall follows, its
/// rank plus 1.
///
/// So every access goes from a time to a later one, or within a time from a rank to a higher one, and the accesses of a
/// word form one chain, as in the other tables.
fn eval_access<AB: Builder>(b: &mut AB, l: &OperandCols<AB::Var>) {
    for flag in [l.real, l.writable, l.same] {
        b.assert_bool(flag);
    }
    let one = || AB::Expr::ONE;
    let rank = |n: u32| l.rank - c::<AB>(n);
    let before = |n: u32| l.before - c::<AB>(n);

    // The operand of the highest rank alone is written, where it may be.
    when(b, rank(0) * rank(1), one() - l.writable);
    for i in 0..2 {
        when(b, rank(2), l.new[i] - l.old[i]);
    }

    // Order within an ecall.
    when(b, one() - l.real, l.same);
    when(b, l.same, l.clk - l.prev);
    when(b, l.same, rank(1) * rank(2));
    when(b, l.same, before(1) * before(2));
    when(b, l.same, before(1) * rank(2));
    when(b, one() - l.same, l.before);
    when(b, l.after, l.rank + one() - l.after);
    range16(b, l.clk - l.prev - one(), l.real - l.same);

    let access = |time: AB::Var, [low, high]: [AB::Var; 2], later: AB::Var| {
        [l.address.into(), time.into(), low.into(), high.into(), l.writable + later * c::<AB>(2)]
    };
    MEM.receive(b, access(l.prev, l.old, l.before), once::<AB>(l.real));
    MEM.send(b, access(l.clk, l.new, l.after), once::<AB>(l.real));
}

pub(in crate::air) fn eval_operand<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = OperandCols::from_row(main.current_slice());
    eval_access(b, &l);
    let [old, new] = [l.old, l.new].map(pair::<AB>);
    let [clk, address, rank] = [l.clk, l.address, l.rank].map(Into::into);
    OPERAND.receive(b, fields(clk, address, rank, old, new), once::<AB>(l.real));
}

columns! {
    /// Columns of an accelerator's access to a word that stands for a field element: those of [`OperandCols`], and what
    /// makes the word after canonical.
    pub struct ElementCols {
        /// Whether the row holds an access.
        real,
        /// Time of the ecall.
        clk,
        /// Word address.
        address,
        /// The operand's place among those of its ecall.
        rank,
        /// The word before.
        old: [2],
        /// The word after.
        new: [2],
        /// Time of the previous access.
        prev,
        /// Whether the word may be written.
        writable,
        /// Whether the previous access is the same ecall's.
        same,
        /// One more than the rank of that access, else zero.
        before,
        /// One more than the rank of this access if another one of the same ecall follows, else zero.
        after,
        /// Whether the operand is written.
        written,
        /// Whether the word after is p - 1, the one below p whose upper limb is 0x7f00.
        top,
    }
}

/// A word's access where the table takes words for field elements, where `flag` is 1.
pub(super) fn access_element<AB: Builder>(
    b: &mut AB,
    (clk, address): (AB::Expr, AB::Expr),
    rank: u32,
    old: AB::Expr,
    new: AB::Expr,
    flag: AB::Expr,
) {
    ELEMENT.send(b, [clk, address, c::<AB>(rank), old, new], once::<AB>(flag));
}

pub(in crate::air) fn eval_element<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = ElementCols::from_row(main.current_slice());
    let ElementCols { real, clk, address, rank, old, new, prev, writable, same, before, after, .. } = l;
    eval_access(b, &OperandCols { real, clk, address, rank, old, new, prev, writable, same, before, after });
    b.assert_bool(l.written);
    b.assert_eq(l.written.into().double(), rank * (rank - AB::Expr::ONE));

    // An upper limb below 0x7f00, or p - 1.
    let upper = new[1] - l.top;
    b.assert_bool(l.top);
    when(b, l.top, new[0]);
    when(b, l.top, upper.clone() - c::<AB>(0x7eff));
    range16(b, new[0], l.written);
    range16(b, upper.clone(), l.written);
    range16(b, upper + c::<AB>(0xffff - 0x7eff), l.written);

    let value = |[low, high]: [AB::Var; 2]| low + high * c::<AB>(1 << 16);
    let tuple = [clk.into(), address.into(), rank.into(), value(old), value(new)];
    ELEMENT.receive(b, tuple, once::<AB>(real));
}
