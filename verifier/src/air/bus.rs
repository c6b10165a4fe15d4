//! The buses between tables, and small helpers that every table uses.
//!
//! A bus carries tuples of one width. Over all tables of a proof, what is sent equals what is received.

use p3_air::AirBuilder;
use p3_field::PrimeCharacteristicRing;
use p3_koala_bear::KoalaBear;
use p3_lookup::{Count, InteractionBuilder, LookupBus, PermutationCheckBus};

/// Decoded instructions: `(pc / 4, packed fields, sub-operation, imm, extra)`. Provided by `Rom`.
pub const PROG: LookupBus<'static> = LookupBus::new("prog");
/// Code words: `(address / 4, low, high)`. Provided by `Code`.
pub const CODE: LookupBus<'static> = LookupBus::new("code");
/// Memory: `(address / 4, time, low, high, writable)`. Within an accelerator's ecall the last field is more: see
/// [`Operand`](super::Table::Operand).
pub const MEM: PermutationCheckBus<'static> = PermutationCheckBus::new("mem");
/// Operations that a table of their own proves: 14 fields, see [`aux`].
pub const AUX: PermutationCheckBus<'static> = PermutationCheckBus::new("aux");
/// Accesses of accelerators to words: `(time, address / 4, rank, word before, word after)`. The limbs of the word after
/// are below 2^16: whoever sends them sees to it.
pub const OPERAND: PermutationCheckBus<'static> = PermutationCheckBus::new("operand");
/// Accesses of accelerators to words that stand for field elements: `(time, address / 4, rank, residue before, residue
/// after)`. A word that is written is below p.
pub const ELEMENT: PermutationCheckBus<'static> = PermutationCheckBus::new("element");
/// Nodes of Merkle trees: `(space, level, index, digest)`.
pub const NODE: PermutationCheckBus<'static> = PermutationCheckBus::new("node");
/// Nodes of the tree of writable memory, before and after the segment: `(inside a page, level, index, digest before,
/// digest after)`.
pub const UPDATE: PermutationCheckBus<'static> = PermutationCheckBus::new("update");
/// Compressions: `(left, right, parent)`. Provided by `Poseidon2`.
pub const HASH: LookupBus<'static> = LookupBus::new("hash");
/// Permutations: `(state before, state after)`. Provided by `Poseidon2`.
pub const PERMUTATION: LookupBus<'static> = LookupBus::new("permutation");
/// Bytes of the journal: `(position, byte)`.
pub const STREAM: PermutationCheckBus<'static> = PermutationCheckBus::new("stream");
/// Integers below 2^16. Provided by `Range16`.
pub const RANGE16: LookupBus<'static> = LookupBus::new("range16");
/// Integers below 2^8. Provided by `Range8`.
pub const RANGE8: LookupBus<'static> = LookupBus::new("range8");
/// Pairs of bytes and their bitwise and: `(x, y, x & y)`. Provided by `ByteAnd`.
pub const BYTE_AND: LookupBus<'static> = LookupBus::new("byte_and");

/// What every table's builder can do.
pub trait Builder: InteractionBuilder<F = KoalaBear> {}
impl<AB: InteractionBuilder<F = KoalaBear>> Builder for AB {}

/// A small constant.
pub fn c<AB: Builder>(n: u32) -> AB::Expr {
    AB::Expr::from_u32(n)
}

/// `2^-bits`, to divide by a power of two.
pub fn inv_pow2(bits: u32) -> KoalaBear {
    KoalaBear::ONE.div_2exp_u64(u64::from(bits))
}

/// `sum 2^i bits[i]`.
pub fn from_bits<AB: Builder>(bits: impl IntoIterator<Item = AB::Var>) -> AB::Expr {
    let mut sum = AB::Expr::ZERO;
    for (i, bit) in bits.into_iter().enumerate() {
        sum += bit * KoalaBear::from_u32(1 << i);
    }
    sum
}

/// Sum of columns.
pub fn sum<AB: Builder>(terms: impl IntoIterator<Item = AB::Var>) -> AB::Expr {
    terms.into_iter().fold(AB::Expr::ZERO, |a, b| a + b.into())
}

/// A boolean multiplicity: the table constrains it to be 0 or 1 on every row.
pub fn once<AB: Builder>(flag: impl Into<AB::Expr>) -> Count<AB::Expr> {
    Count::bounded(flag.into(), 1)
}

/// Checks that `value` is below 2^16 where `flag` is 1.
pub fn range16<AB: Builder>(b: &mut AB, value: impl Into<AB::Expr>, flag: impl Into<AB::Expr>) {
    RANGE16.lookup_key(b, [value.into()], once::<AB>(flag));
}

/// Checks that `value` is below 2^8 where `flag` is 1.
pub fn range8<AB: Builder>(b: &mut AB, value: impl Into<AB::Expr>, flag: impl Into<AB::Expr>) {
    RANGE8.lookup_key(b, [value.into()], once::<AB>(flag));
}

/// A tuple of [`AUX`]: sub-operation, time or offset, two operands, result, memory word before and after, and the
/// gas of an ecall in two accumulators. What an operation does not use is zero.
pub struct Aux<E> {
    /// Sub-operation: [`super::sub_code`].
    pub sub: E,
    /// Byte offset of a sub-word access; time of an ecall.
    pub off: E,
    /// First operand.
    pub a: [E; 2],
    /// Second operand.
    pub s: [E; 2],
    /// Result.
    pub w: [E; 2],
    /// Memory word before.
    pub m: [E; 2],
    /// Memory word after.
    pub n: [E; 2],
    /// Gas of an ecall.
    pub inc: [E; 2],
}

impl<E: PrimeCharacteristicRing> Aux<E> {
    /// An operation of registers alone.
    pub fn alu(sub: E, a: [E; 2], s: [E; 2], w: [E; 2]) -> Self {
        let zero = || [E::ZERO, E::ZERO];
        Self { sub, off: E::ZERO, a, s, w, m: zero(), n: zero(), inc: zero() }
    }

    /// The tuple.
    pub fn fields(self) -> impl IntoIterator<Item = E> {
        let Self { sub, off, a: [a0, a1], s: [s0, s1], w: [w0, w1], m: [m0, m1], n: [n0, n1], inc: [i0, i1] } =
            self;
        [sub, off, a0, a1, s0, s1, w0, w1, m0, m1, n0, n1, i0, i1]
    }
}

/// Both limbs as expressions.
pub fn pair<AB: Builder>(limbs: [AB::Var; 2]) -> [AB::Expr; 2] {
    limbs.map(Into::into)
}

/// `when(flag)` without a temporary.
pub fn when<AB: Builder>(b: &mut AB, flag: impl Into<AB::Expr>, zero: impl Into<AB::Expr>) {
    AirBuilder::when(b, flag).assert_zero(zero);
}
