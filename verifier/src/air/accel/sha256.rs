//! SHA-256 compressions: FIPS 180-4, section 6.2.2.

use ember_isa::Accelerator;
use p3_air::{AirBuilder, WindowAccess};
use p3_field::PrimeCharacteristicRing;

use super::operand::{OPERAND_WRITTEN, access};
use super::{Call, receive, word_address};
use crate::air::bus::{Builder, c, from_bits, pair, sum, when};
use crate::air::columns::columns;

/// Rows of a compression: two of the state before, 32 of two rounds each, two of the state after.
pub const SHA256_ROWS: usize = 36;
/// Rows of a compression whose number has the same upper part.
const STRIDE: usize = 6;

columns! {
    /// Columns of two rounds of SHA-256.
    ///
    /// The working variables are two sequences, `a` and `e`: a round computes one member of each from the four before.
    /// Row `i` of a compression holds members `2i` and `2i + 1`, where the first four are the state before, H3 H2 H1 H0
    /// and H7 H6 H5 H4, and the last four the state after. A word in two columns has limbs of 16 bits; sums of words
    /// have limbs too large for 16 bits, taken modulo 2^32 by carries.
    pub struct Sha256Cols {
        /// Whether the row belongs to a compression.
        real,
        /// One-hot of the row's number in the compression, divided by 6.
        upper: [6],
        /// One-hot of the row's number modulo 6.
        lower: [6],
        /// Whether the row is a compression's first.
        first,
        /// Whether its words `w` are those of the block.
        load,
        /// Whether the row holds two rounds.
        round,
        /// Whether it holds words of the state after.
        out,
        /// Time of the ecall. On all rows of the compression.
        clk,
        /// Pointer to the state. On all rows.
        state: [2],
        /// Pointer to the block. On all rows.
        block: [2],
        /// Register a2. On the first row.
        a2: [2],
        /// Bits of two members of `a`.
        a0: [32],
        /// The second.
        a1: [32],
        /// Bits of two members of `e`.
        e0: [32],
        /// The second.
        e1: [32],
        /// Bits of two words of the message schedule, on rows of rounds.
        w0: [32],
        /// The second.
        w1: [32],
        /// Carries of `a0`, `a1`, `e0`, `e1`: three bits for each limb.
        carry: [24],
        /// Carries of `w0` and `w1`: two bits for each limb.
        w_carry: [8],
        /// `Sigma0 + Maj` for the next row's `a0`, and for this row's `a1`.
        t: [4],
        /// `Sigma1 + Ch` for the next row's `e0`, and for this row's `e1`.
        s: [4],
        /// The row before's `a0` and `a1`.
        d: [4],
        /// The row before's `e0` and `e1`.
        h: [4],
        /// Words of the state before: those that this row's parity asks for (a0, a1, e0, e1), then the others.
        initial: [16],
        /// `sigma1` of `w0` and `w1`.
        sigma: [4],
        /// For `w0` of the eighth row after: `W[t-16] + sigma0(W[t-15])`, and `W[t-7]` once it is known; of the row
        /// before, two rows before, and so on.
        even: [14],
        /// For `w1` of the eighth row after, likewise; `W[t-15]` is known one row later.
        odd: [14],
    }
}

/// The round constants.
pub const SHA256_ROUND_CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

type Bits<AB> = [<AB as AirBuilder>::Var; 32];
type Limbs<AB> = [<AB as AirBuilder>::Expr; 2];

fn limbs<AB: Builder>(bits: Bits<AB>) -> Limbs<AB> {
    core::array::from_fn(|i| from_bits::<AB>(bits[16 * i..16 * i + 16].iter().copied()))
}

/// The word whose bytes are those of `bits` in the opposite order.
fn swapped<AB: Builder>(bits: Bits<AB>) -> Limbs<AB> {
    limbs::<AB>(core::array::from_fn(|i| bits[24 - i / 8 * 8 + i % 8]))
}

fn of_bits<AB: Builder>(bit: impl Fn(usize) -> AB::Expr) -> Limbs<AB> {
    core::array::from_fn(|limb| {
        (0..16).fold(AB::Expr::ZERO, |sum, i| sum + bit(16 * limb + i) * c::<AB>(1 << i))
    })
}

fn xor<E: PrimeCharacteristicRing>(a: E, b: E) -> E {
    a.clone() + b.clone() - (a * b).double()
}

/// Exclusive or of the word rotated right by two amounts, and by a third one or, if `shift`, shifted by it.
fn sigma<AB: Builder>(bits: Bits<AB>, [i, j, k]: [usize; 3], shift: bool) -> Limbs<AB> {
    let rotated = |n: usize, by: usize| -> AB::Expr { bits[(n + by) % 32].into() };
    of_bits::<AB>(|n| {
        let two = xor(rotated(n, i), rotated(n, j));
        if shift && n + k >= 32 { two } else { xor(two, rotated(n, k)) }
    })
}

/// `Sigma0(a) + Maj(a, b, c)`.
fn sigma_maj<AB: Builder>(x: Bits<AB>, y: Bits<AB>, z: Bits<AB>) -> Limbs<AB> {
    let maj = of_bits::<AB>(|n| {
        let yz = y[n] * z[n];
        x[n] * (y[n] + z[n] - yz.clone().double()) + yz
    });
    plus::<AB>(sigma::<AB>(x, [2, 13, 22], false), maj)
}

/// `Sigma1(e) + Ch(e, f, g)`.
fn sigma_ch<AB: Builder>(e: Bits<AB>, f: Bits<AB>, g: Bits<AB>) -> Limbs<AB> {
    let ch = of_bits::<AB>(|n| e[n] * (f[n] - g[n]) + g[n]);
    plus::<AB>(sigma::<AB>(e, [6, 11, 25], false), ch)
}

fn plus<AB: Builder>([a0, a1]: Limbs<AB>, [b0, b1]: Limbs<AB>) -> Limbs<AB> {
    [a0 + b0, a1 + b1]
}

/// The `i`th word of columns of limbs.
fn word<AB: Builder, const N: usize>(columns: &[AB::Var; N], i: usize) -> Limbs<AB> {
    [columns[2 * i].into(), columns[2 * i + 1].into()]
}

/// What must be zero for `bits` to be `sum` modulo 2^32, with these carries out of both limbs.
fn reduced<AB: Builder>(bits: Bits<AB>, sum: Limbs<AB>, carry: &[AB::Var]) -> Limbs<AB> {
    let half = carry.len() / 2;
    let carry = |limb: usize| from_bits::<AB>(carry[limb * half..(limb + 1) * half].iter().copied());
    let [b0, b1] = limbs::<AB>(bits);
    let [s0, s1] = sum;
    [b0 + carry(0) * c::<AB>(1 << 16) - s0, b1 + carry(1) * c::<AB>(1 << 16) - s1 - carry(0)]
}

pub(in crate::air) fn eval_sha256<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = Sha256Cols::from_row(main.current_slice());
    let next = Sha256Cols::from_row(main.next_slice());
    let price = [0, 1].map(|i| b.public_values()[i].into());
    let one = || AB::Expr::ONE;

    // The row's number.
    b.assert_bool(l.real);
    for flags in [l.upper, l.lower] {
        for flag in flags {
            b.assert_bool(flag);
        }
        b.assert_eq(l.real, sum::<AB>(flags));
    }
    let row = |upper: usize, lower: core::ops::Range<usize>| {
        l.upper[upper] * sum::<AB>(l.lower[lower].iter().copied())
    };
    b.assert_eq(l.first, row(0, 0..1));
    b.assert_eq(l.load, row(0, 2..6) + row(1, 0..4));
    b.assert_eq(l.out, row(5, 4..6));
    b.assert_eq(l.real - l.round, row(0, 0..2) + l.out);
    b.when_first_row().assert_eq(l.real, l.first);
    b.when_transition().assert_zero((one() - l.real) * (next.real - next.first));
    for k in 0..STRIDE - 1 {
        b.when_transition().assert_zero(l.real * (next.lower[k + 1] - l.lower[k]));
        b.when_transition().assert_zero(l.lower[5] * (next.upper[k + 1] - l.upper[k]));
    }
    b.when_transition().assert_zero((one() - l.upper[5]) * l.lower[5] * (one() - next.lower[0]));
    for (flag, next_flag) in l.upper.into_iter().zip(next.upper) {
        b.when_transition().assert_zero((l.real - l.lower[5]) * (next_flag - flag));
    }
    let goes_on = l.real - l.upper[5] * l.lower[5];
    b.when_last_row().assert_zero(goes_on.clone());

    // The ecall.
    let constant = [l.clk].into_iter().chain(l.state).chain(l.block);
    let next_constant = [next.clk].into_iter().chain(next.state).chain(next.block);
    for (value, next_value) in constant.zip(next_constant) {
        b.when_transition().assert_zero(goes_on.clone() * (next_value - value));
    }
    let call = Call {
        number: [c::<AB>(Accelerator::Sha256.number()), AB::Expr::ZERO],
        clk: l.clk.into(),
        args: [l.state, l.block, l.a2].map(pair::<AB>),
        inc: price,
    };
    receive(b, call, l.first);
    let state = word_address(b, l.state, l.first);
    let block = word_address(b, l.block, l.first);

    for bit in [l.a0, l.a1, l.e0, l.e1, l.w0, l.w1].into_iter().flatten().chain(l.carry).chain(l.w_carry) {
        b.assert_bool(bit);
    }

    // The state before: as numbers on the first two rows, and on each row of their parity.
    let begin = l.real - l.round - l.out;
    for (i, bits) in [l.a0, l.a1, l.e0, l.e1].into_iter().enumerate() {
        for (initial, limb) in word::<AB, 16>(&l.initial, i).into_iter().zip(limbs::<AB>(bits)) {
            when(b, begin.clone(), initial - limb);
        }
    }
    for i in 0..16 {
        b.when_transition().assert_zero(goes_on.clone() * (next.initial[i] - l.initial[(i + 8) % 16]));
    }

    // What a row needs of the row before.
    let remembered = [
        (word::<AB, 4>(&next.t, 0), sigma_maj::<AB>(next.a1, next.a0, l.a1)),
        (word::<AB, 4>(&next.t, 1), sigma_maj::<AB>(next.a0, l.a1, l.a0)),
        (word::<AB, 4>(&next.s, 0), sigma_ch::<AB>(next.e1, next.e0, l.e1)),
        (word::<AB, 4>(&next.s, 1), sigma_ch::<AB>(next.e0, l.e1, l.e0)),
        (word::<AB, 4>(&next.d, 0), limbs::<AB>(l.a0)),
        (word::<AB, 4>(&next.d, 1), limbs::<AB>(l.a1)),
        (word::<AB, 4>(&next.h, 0), limbs::<AB>(l.e0)),
        (word::<AB, 4>(&next.h, 1), limbs::<AB>(l.e1)),
    ];
    for (found, expected) in remembered {
        for (found, expected) in found.into_iter().zip(expected) {
            b.when_transition().assert_eq(found, expected);
        }
    }

    // Rounds, and the sums of the state before and the last members.
    let bits = [next.a0, next.a1, next.e0, next.e1];
    let constants = |parity: usize| -> Limbs<AB> {
        core::array::from_fn(|limb| {
            let mut sum_of_rows = AB::Expr::ZERO;
            for (upper, &flag) in next.upper.iter().enumerate() {
                let mut in_upper = AB::Expr::ZERO;
                for (lower, &flag) in next.lower.iter().enumerate() {
                    let round = (STRIDE * upper + lower).checked_sub(2).map(|pair| 2 * pair + parity);
                    let constant = round.and_then(|round| SHA256_ROUND_CONSTANTS.get(round)).unwrap_or(&0);
                    in_upper += flag * c::<AB>(constant >> (16 * limb) & 0xffff);
                }
                sum_of_rows += in_upper * flag;
            }
            sum_of_rows
        })
    };
    let rounds = {
        let first = plus::<AB>(
            plus::<AB>(word::<AB, 4>(&l.h, 0), word::<AB, 4>(&l.s, 0)),
            plus::<AB>(constants(0), limbs::<AB>(next.w0)),
        );
        let second = plus::<AB>(
            plus::<AB>(word::<AB, 4>(&l.h, 1), word::<AB, 4>(&next.s, 1)),
            plus::<AB>(constants(1), limbs::<AB>(next.w1)),
        );
        [
            plus::<AB>(first.clone(), word::<AB, 4>(&l.t, 0)),
            plus::<AB>(second.clone(), word::<AB, 4>(&next.t, 1)),
            plus::<AB>(first, word::<AB, 4>(&l.d, 0)),
            plus::<AB>(second, word::<AB, 4>(&l.d, 1)),
        ]
    };
    let outs: [Limbs<AB>; 4] = core::array::from_fn(|i| {
        let member = if i < 2 { word::<AB, 4>(&l.d, i) } else { word::<AB, 4>(&l.h, i - 2) };
        plus::<AB>(word::<AB, 16>(&next.initial, i), member)
    });
    for (i, (round, out)) in rounds.into_iter().zip(outs).enumerate() {
        let carry = &next.carry[6 * i..6 * i + 6];
        for (flag, sum) in [(next.round, round), (next.out, out)] {
            for zero in reduced::<AB>(bits[i], sum, carry) {
                b.when_transition().assert_zero(flag * zero);
            }
        }
    }

    // The message schedule.
    for (i, bits) in [l.w0, l.w1].into_iter().enumerate() {
        for (found, expected) in
            word::<AB, 4>(&l.sigma, i).into_iter().zip(sigma::<AB>(bits, [17, 19, 10], true))
        {
            b.assert_eq(found, expected);
        }
    }
    for age in 0..7 {
        let before = |chain: &[AB::Var; 14]| word::<AB, 14>(chain, age - 1);
        let (even, odd) = match age {
            0 => (
                plus::<AB>(limbs::<AB>(l.w0), sigma::<AB>(l.w1, [7, 18, 3], true)),
                plus::<AB>(limbs::<AB>(l.w1), sigma::<AB>(next.w0, [7, 18, 3], true)),
            ),
            4 => (plus::<AB>(before(&l.even), limbs::<AB>(l.w1)), before(&l.odd)),
            5 => (before(&l.even), plus::<AB>(before(&l.odd), limbs::<AB>(l.w0))),
            _ => (before(&l.even), before(&l.odd)),
        };
        for (chain, expected) in [(&next.even, even), (&next.odd, odd)] {
            for (found, expected) in word::<AB, 14>(chain, age).into_iter().zip(expected) {
                b.when_transition().assert_eq(found, expected);
            }
        }
    }
    let scheduled = next.round - next.load;
    for (i, (bits, chain)) in [(next.w0, &l.even), (next.w1, &l.odd)].into_iter().enumerate() {
        let sum = plus::<AB>(word::<AB, 14>(chain, 6), word::<AB, 4>(&l.sigma, i));
        for zero in reduced::<AB>(bits, sum, &next.w_carry[4 * i..4 * i + 4]) {
            b.when_transition().assert_zero(scheduled.clone() * zero);
        }
    }

    // Memory. The block's bytes are big-endian in its words.
    let mut row_number = AB::Expr::ZERO;
    for k in 0..STRIDE {
        row_number += l.upper[k] * c::<AB>((STRIDE * k) as u32) + l.lower[k] * c::<AB>(k as u32);
    }
    let pair_of_words = row_number.double() - c::<AB>(4);
    for (i, bits) in [l.w0, l.w1].into_iter().enumerate() {
        let address = block.clone() + pair_of_words.clone() + c::<AB>(i as u32);
        let word = swapped::<AB>(bits);
        access(b, (l.clk.into(), address), 0, word.clone(), word, l.load);
    }
    for (i, bits) in [l.a0, l.a1, l.e0, l.e1].into_iter().enumerate() {
        let offset = l.lower[4].into().double() + c::<AB>([1, 0, 5, 4][i]);
        let at = (l.clk.into(), state.clone() + offset);
        access(b, at, OPERAND_WRITTEN, word::<AB, 16>(&l.initial, i), limbs::<AB>(bits), l.out);
    }
}
