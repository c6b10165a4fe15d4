//! The permutation Keccak-f[1600]: FIPS 202, section 3.3.
//!
//! The layout follows Plonky3's `p3-keccak-air`: bits of the column parities before and after, and of the state between
//! the steps theta and rho; everything else is a sum of at most three of them.

use ember_isa::Accelerator;
use p3_air::{AirBuilder, WindowAccess};
use p3_field::PrimeCharacteristicRing;

use super::operand::{WRITTEN, access};
use super::{Call, receive, word_address};
use crate::air::bus::{Builder, c, pair, sum, when};
use crate::air::columns::columns;

/// Rows of a permutation: its rounds.
pub const KECCAK_ROWS: usize = 24;
/// Limbs of 16 bits of a lane of 64.
const LIMBS: usize = 4;

columns! {
    /// Columns of a round of Keccak-f[1600].
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
const ROTATIONS: [usize; 25] =
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
    (from, (z + 64 - ROTATIONS[from]) % 64)
}

fn xor<AB: Builder>(a: AB::Expr, b: AB::Expr) -> AB::Expr {
    a.clone() + b.clone() - (a * b).double()
}

/// A limb from its bits.
fn limb<AB: Builder>(at: usize, bit: impl Fn(usize) -> AB::Expr) -> AB::Expr {
    (0..16).fold(AB::Expr::ZERO, |sum, i| sum + bit(16 * at + i) * c::<AB>(1 << i))
}

pub(in crate::air) fn eval_keccak<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = KeccakCols::from_row(main.current_slice());
    let next = KeccakCols::from_row(main.next_slice());
    let price = [0, 1].map(|i| b.public_values()[i].into());

    // The round's number counts up and turns.
    for (i, &flag) in l.number.iter().enumerate() {
        b.when_first_row().assert_eq(flag, c::<AB>(u32::from(i == 0)));
        b.when_transition().assert_eq(next.number[(i + 1) % KECCAK_ROWS], flag);
    }
    let [starts, ends] = [l.number[0], l.number[KECCAK_ROWS - 1]];
    b.assert_bool(l.call);
    when(b, l.call, AB::Expr::ONE - ends);
    for (i, &limb) in l.initial.iter().enumerate() {
        when(b, starts, limb - l.a[i]);
        b.when_transition().assert_zero((AB::Expr::ONE - ends) * (next.initial[i] - limb));
    }

    // Theta. The parities after it are those of the lanes after it: this binds the parities before.
    for bit in l.parity.into_iter().chain(l.mixed).chain(l.theta).chain(l.first) {
        b.assert_bool(bit);
    }
    let parity = |x: usize, z: usize| -> AB::Expr { l.parity[64 * (x % 5) + z % 64].into() };
    let mixed = |x: usize, z: usize| -> AB::Expr { l.mixed[64 * (x % 5) + z % 64].into() };
    let theta = |lane: usize, z: usize| -> AB::Expr { l.theta[64 * lane + z % 64].into() };
    for x in 0..5 {
        for z in 0..64 {
            let two = xor::<AB>(parity(x, z), parity(x + 4, z));
            b.assert_eq(mixed(x, z), xor::<AB>(two, parity(x + 1, z + 63)));
            let column = (0..5).fold(AB::Expr::ZERO, |sum, y| sum + theta(lane(x, y), z));
            let even = column - mixed(x, z);
            b.assert_zero(even.clone() * (even.clone() - c::<AB>(2)) * (even - c::<AB>(4)));
        }
        for y in 0..5 {
            for i in 0..LIMBS {
                let a =
                    limb::<AB>(i, |z| xor::<AB>(theta(lane(x, y), z), xor::<AB>(parity(x, z), mixed(x, z))));
                b.assert_eq(l.a[LIMBS * lane(x, y) + i], a);
            }
        }
    }

    // Rho and pi move bits, chi combines three lanes of a row.
    let moved = |x: usize, y: usize, z: usize| {
        let (lane, z) = moved_from(x, y, z);
        theta(lane, z)
    };
    for y in 0..5 {
        for x in 0..5 {
            for i in 0..LIMBS {
                let out = limb::<AB>(i, |z| {
                    let and = (AB::Expr::ONE - moved(x + 1, y, z)) * moved(x + 2, y, z);
                    xor::<AB>(moved(x, y, z), and)
                });
                b.assert_eq(l.chi[LIMBS * lane(x, y) + i], out);
            }
        }
    }

    // Iota.
    for i in 0..LIMBS {
        b.assert_eq(l.chi[i], limb::<AB>(i, |z| l.first[z].into()));
        let out = limb::<AB>(i, |z| {
            let rounds = l.number.into_iter().zip(KECCAK_ROUND_CONSTANTS);
            let constant = sum::<AB>(rounds.filter(|(_, rc)| rc >> z & 1 == 1).map(|(flag, _)| flag));
            xor::<AB>(l.first[z].into(), constant)
        });
        b.assert_eq(l.iota[i], out);
    }
    let out = |i: usize| if i < LIMBS { l.iota[i] } else { l.chi[i] };
    for i in 0..100 {
        b.when_transition().assert_zero((AB::Expr::ONE - ends) * (next.a[i] - out(i)));
    }

    // The ecall, on the last row. Limbs of chi and iota are sums of bits, below 2^16.
    let [a1, a2] = [[l.unused[0], l.unused[1]], [l.unused[2], l.unused[3]]].map(pair::<AB>);
    let call = Call {
        number: [c::<AB>(Accelerator::Keccak.number()), AB::Expr::ZERO],
        clk: l.clk.into(),
        args: [pair::<AB>(l.state), a1, a2],
        inc: price,
    };
    receive(b, call, l.call);
    let state = word_address(b, l.state, l.call);
    for word in 0..50 {
        let at = (l.clk.into(), state.clone() + c::<AB>(word as u32));
        let limbs = |f: &dyn Fn(usize) -> AB::Var| [f(2 * word).into(), f(2 * word + 1).into()];
        access(b, at, WRITTEN, limbs(&|i| l.initial[i]), limbs(&out), l.call);
    }
}
