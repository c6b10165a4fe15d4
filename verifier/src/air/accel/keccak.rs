//! The permutation `Keccak-f[1600]`: FIPS 202, section 3.3.
//!
//! The layout follows Plonky3's `p3-keccak-air`: bits of the column parities before and after, and of the state between
//! the steps theta and rho; everything else is a sum of at most three of them.

use ember_isa::Accelerator;
use p3_air::{AirBuilder, WindowAccess};
use p3_field::PrimeCharacteristicRing;

use super::operand::{OPERAND_WRITTEN, access};
use super::{Call, receive, word_address};
use crate::air::bus::{Builder, c, pair, sum, when};
use crate::air::columns::columns;

/// Rows of a permutation: its rounds.
pub const KECCAK_ROWS: usize = 24;
/// Limbs of 16 bits of a lane of 64.
const LIMBS: usize = 4;

columns! {
    /// Columns of a round of `Keccak-f[1600]`.
    ///
    /// Lane `(x, y)` has index `5 y + x`; its bits are from the lowest up, and its limbs of 16 bits too. Every row is a round,
    /// also where no call asks for it.
    pub struct KeccakCols {
        /// One-hot of the round's number.
        number: [24],
        /// Whether the row ends a permutation that an ecall asks for.
        call,
        /// Time of the ecall. On the row that ends it, as the registers.
        clk,
        /// Pointer to the state.
        state: [2],
        /// Registers a1 and a2.
        unused: [4],
        /// Limbs of the state before the permutation. On all of its rows.
        initial: [100],
        /// Limbs of the state before the round.
        a: [100],
        /// Bits of the parities of the columns, by x.
        parity: [320],
        /// Bits of the parities after theta, by x: of a column, exclusive or that of the one before, exclusive or that of
        /// the next one rotated by one.
        mixed: [320],
        /// Bits of the lanes after theta.
        theta: [1600],
        /// Limbs of the lanes after chi.
        chi: [100],
        /// Bits of lane (0, 0) after chi.
        first: [64],
        /// Limbs of lane (0, 0) after the round.
        iota: [4],
    }
}

/// Amounts of the rotations of rho, by lane.
pub const KECCAK_ROTATIONS: [u32; 25] =
    [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14];

/// The constants of iota.
pub const KECCAK_ROUND_CONSTANTS: [u64; KECCAK_ROWS] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

fn lane(x: usize, y: usize) -> usize {
    5 * (y % 5) + x % 5
}

/// The lane and the bit that rho and pi bring to bit `z` of lane `(x, y)`: B[y, 2x + 3y] = rot(A[x, y], r[x, y]).
pub(super) fn moved_from(x: usize, y: usize, z: usize) -> (usize, usize) {
    let from = lane(x % 5 + 3 * (y % 5), x);
    (from, (z + 64 - KECCAK_ROTATIONS[from] as usize) % 64)
}

fn xor<AB: Builder>(a: AB::Expr, b: AB::Expr) -> AB::Expr {
    a.clone() + b.clone() - (a * b).double()
}

/// A limb from its bits. A function of its own: inlined everywhere, they make one that compilers choke on.
#[inline(never)]
fn limb<AB: Builder>(at: usize, bit: &dyn Fn(usize) -> AB::Expr) -> AB::Expr {
    (0..16).fold(AB::Expr::ZERO, |sum, i| sum + bit(16 * at + i) * c::<AB>(1 << i))
}

/// First columns of fields: a row is too long to be copied into [`KeccakCols`] for each kind of cell.
mod at {
    use super::KeccakCols;

    const PLACES: KeccakCols<usize> = KeccakCols::<()>::PLACES;
    pub const NUMBER: usize = PLACES.number[0];
    pub const CALL: usize = PLACES.call;
    pub const CLK: usize = PLACES.clk;
    pub const STATE: usize = PLACES.state[0];
    pub const UNUSED: usize = PLACES.unused[0];
    pub const INITIAL: usize = PLACES.initial[0];
    pub const A: usize = PLACES.a[0];
    pub const PARITY: usize = PLACES.parity[0];
    pub const MIXED: usize = PLACES.mixed[0];
    pub const THETA: usize = PLACES.theta[0];
    pub const CHI: usize = PLACES.chi[0];
    pub const FIRST: usize = PLACES.first[0];
    pub const IOTA: usize = PLACES.iota[0];
}

/// A row.
struct Row<'a, AB: Builder>(&'a [AB::Var]);

impl<AB: Builder> Row<'_, AB> {
    fn cell(&self, column: usize) -> AB::Var {
        self.0[column]
    }

    fn parity(&self, x: usize, z: usize) -> AB::Expr {
        self.cell(at::PARITY + 64 * (x % 5) + z % 64).into()
    }

    fn mixed(&self, x: usize, z: usize) -> AB::Expr {
        self.cell(at::MIXED + 64 * (x % 5) + z % 64).into()
    }

    fn theta(&self, lane: usize, z: usize) -> AB::Expr {
        self.cell(at::THETA + 64 * lane + z % 64).into()
    }

    /// A bit after rho and pi.
    fn moved(&self, x: usize, y: usize, z: usize) -> AB::Expr {
        let (lane, z) = moved_from(x, y, z);
        self.theta(lane, z)
    }

    /// A limb of the state after the round.
    fn out(&self, i: usize) -> AB::Var {
        self.cell(if i < LIMBS { at::IOTA + i } else { at::CHI + i })
    }
}

pub(in crate::air) fn eval_keccak<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let (l, next) = (Row::<AB>(main.current_slice()), Row::<AB>(main.next_slice()));
    for column in (at::PARITY..at::CHI).chain(at::FIRST..at::IOTA) {
        b.assert_bool(l.cell(column));
    }
    number(b, &l, &next);
    for x in 0..5 {
        parities(b, &l, x);
    }
    for y in 0..5 {
        for x in 0..5 {
            theta(b, &l, x, y);
            chi(b, &l, x, y);
        }
    }
    iota(b, &l);
    let goes_on = || AB::Expr::ONE - l.cell(at::NUMBER + KECCAK_ROWS - 1);
    for i in 0..100 {
        b.when_transition().assert_zero(goes_on() * (next.cell(at::A + i) - l.out(i)));
        b.when_transition().assert_zero(goes_on() * (next.cell(at::INITIAL + i) - l.cell(at::INITIAL + i)));
    }
    ecall(b, &l);
}

/// The round's number counts up and turns.
#[inline(never)]
fn number<AB: Builder>(b: &mut AB, l: &Row<'_, AB>, next: &Row<'_, AB>) {
    for i in 0..KECCAK_ROWS {
        let flag = l.cell(at::NUMBER + i);
        b.when_first_row().assert_eq(flag, c::<AB>(u32::from(i == 0)));
        b.when_transition().assert_eq(next.cell(at::NUMBER + (i + 1) % KECCAK_ROWS), flag);
    }
    let call = l.cell(at::CALL);
    b.assert_bool(call);
    when(b, call, AB::Expr::ONE - l.cell(at::NUMBER + KECCAK_ROWS - 1));
    for i in 0..100 {
        when(b, l.cell(at::NUMBER), l.cell(at::INITIAL + i) - l.cell(at::A + i));
    }
}

/// Theta. The parities after it are those of the lanes after it: this binds the parities before.
#[inline(never)]
fn parities<AB: Builder>(b: &mut AB, l: &Row<'_, AB>, x: usize) {
    for z in 0..64 {
        let two = xor::<AB>(l.parity(x, z), l.parity(x + 4, z));
        b.assert_eq(l.mixed(x, z), xor::<AB>(two, l.parity(x + 1, z + 63)));
        let column = (0..5).fold(AB::Expr::ZERO, |sum, y| sum + l.theta(lane(x, y), z));
        let even = column - l.mixed(x, z);
        b.assert_zero(even.clone() * (even.clone() - c::<AB>(2)) * (even - c::<AB>(4)));
    }
}

#[inline(never)]
fn theta<AB: Builder>(b: &mut AB, l: &Row<'_, AB>, x: usize, y: usize) {
    for i in 0..LIMBS {
        let before =
            limb::<AB>(i, &|z| xor::<AB>(l.theta(lane(x, y), z), xor::<AB>(l.parity(x, z), l.mixed(x, z))));
        b.assert_eq(l.cell(at::A + LIMBS * lane(x, y) + i), before);
    }
}

/// Rho and pi move bits, chi combines three lanes of a row.
#[inline(never)]
fn chi<AB: Builder>(b: &mut AB, l: &Row<'_, AB>, x: usize, y: usize) {
    for i in 0..LIMBS {
        let out = limb::<AB>(i, &|z| {
            let and = (AB::Expr::ONE - l.moved(x + 1, y, z)) * l.moved(x + 2, y, z);
            xor::<AB>(l.moved(x, y, z), and)
        });
        b.assert_eq(l.cell(at::CHI + LIMBS * lane(x, y) + i), out);
    }
}

#[inline(never)]
fn iota<AB: Builder>(b: &mut AB, l: &Row<'_, AB>) {
    for i in 0..LIMBS {
        b.assert_eq(l.cell(at::CHI + i), limb::<AB>(i, &|z| l.cell(at::FIRST + z).into()));
        let out = limb::<AB>(i, &|z| {
            let rounds = KECCAK_ROUND_CONSTANTS.into_iter().enumerate();
            let flags =
                rounds.filter(|(_, rc)| rc >> z & 1 == 1).map(|(round, _)| l.cell(at::NUMBER + round));
            xor::<AB>(l.cell(at::FIRST + z).into(), sum::<AB>(flags))
        });
        b.assert_eq(l.cell(at::IOTA + i), out);
    }
}

/// The ecall, on the last row. Limbs of chi and iota are sums of bits, below 2^16.
#[inline(never)]
fn ecall<AB: Builder>(b: &mut AB, l: &Row<'_, AB>) {
    let price = [0, 1].map(|i| b.public_values()[i].into());
    let (clk, flag) = (l.cell(at::CLK), l.cell(at::CALL));
    let two = |column: usize| [l.cell(column), l.cell(column + 1)];
    let call = Call {
        number: [c::<AB>(Accelerator::Keccak.number()), AB::Expr::ZERO],
        clk: clk.into(),
        args: [two(at::STATE), two(at::UNUSED), two(at::UNUSED + 2)].map(pair::<AB>),
        inc: price,
    };
    receive(b, call, flag);
    let state = word_address(b, two(at::STATE), flag);
    for word in 0..50 {
        let place = (clk.into(), state.clone() + c::<AB>(word as u32));
        let before = pair::<AB>(two(at::INITIAL + 2 * word));
        let after = [l.out(2 * word), l.out(2 * word + 1)].map(Into::into);
        access(b, place, OPERAND_WRITTEN, before, after, flag);
    }
}
