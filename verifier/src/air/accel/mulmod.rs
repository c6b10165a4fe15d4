//! Multiplication of 256-bit integers modulo a third.
//!
//! A row shows `x y = q M + r` over the integers with `r < M`, where `M` is the modulus, or 2^256 where that is zero. Bytes of
//! the factors, the modulus and the quotient are multiplied as polynomials; the difference of both sides, two places of
//! bytes at a time, is carried from place to place and must end in nothing.

use core::array;

use ember_isa::Accelerator;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;

use super::operand::{OPERAND_WRITTEN, access};
use super::{Call, receive, word_address};
use crate::air::bus::{Builder, c, pair, range8, range16, sum, when};
use crate::air::columns::columns;

columns! {
    /// Columns of a modular multiplication. Integers have their lowest byte or limb first.
    pub struct MulModCols {
        /// Whether the row holds a call.
        real,
        /// Whether the modulus is zero, and stands for 2^256.
        zero,
        /// Time of the ecall.
        clk,
        /// Pointer to the first factor, where the result goes.
        x_at: [2],
        /// Pointer to the second factor.
        y_at: [2],
        /// Pointer to the modulus.
        m_at: [2],
        /// Bytes of the first factor.
        x: [32],
        /// Bytes of the second factor.
        y: [32],
        /// Bytes of the modulus.
        m: [32],
        /// Bytes of the quotient: of the product, which may have 512 bits, by the modulus.
        quotient: [64],
        /// Limbs of the result, of 16 bits.
        result: [16],
        /// One-hot of the highest limb in which the result is not that of the modulus; none where that is zero.
        top: [16],
        /// By how much the result's limb is smaller there, less one.
        gap,
        /// Carries from two places of bytes to the next two, plus [`MUL_MOD_CARRY`].
        carry: [31],
    }
}

/// What is added to carries, which are between -8,161 and 8,161, so that they are not negative.
pub const MUL_MOD_CARRY: u32 = 1 << 13;

/// Limbs of 16 bits of a product.
const PLACES: usize = 32;

pub(in crate::air) fn eval_mul_mod<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = MulModCols::from_row(main.current_slice());
    for flag in [l.real, l.zero].into_iter().chain(l.top) {
        b.assert_bool(flag);
    }
    b.assert_eq(sum::<AB>(l.top) + l.zero, l.real);
    for byte in l.x.into_iter().chain(l.y).chain(l.m).chain(l.quotient) {
        range8(b, byte, l.real);
    }
    for limb in l.result {
        range16(b, limb, l.real);
    }
    product(b, &l);
    order(b, &l);
    ecall(b, &l);
}

/// `x y = q M + r` over the integers.
fn product<AB: Builder>(b: &mut AB, l: &MulModCols<AB::Var>) {
    // Of the modulus all bytes are zero, or the one above them.
    when(b, l.zero, sum::<AB>(l.m));
    let modulus = |i: usize| if i < 32 { l.m[i] } else { l.zero };

    // A sum of integers that are not negative: beyond the product's 64 bytes there are no products of bytes.
    let mut beyond = AB::Expr::ZERO;
    for (j, &q) in l.quotient.iter().enumerate().skip(32) {
        beyond += sum::<AB>((64 - j..33).map(modulus)) * q;
    }
    b.assert_zero(beyond);

    // A carry is below 2^14.
    for carry in l.carry {
        range16(b, carry, l.real);
        range16(b, carry + c::<AB>((1 << 16) - 2 * MUL_MOD_CARRY), l.real);
    }
    let carry = |place: usize| l.carry[place] - l.real * c::<AB>(MUL_MOD_CARRY);
    let bytes = |at: usize| -> AB::Expr {
        let mut difference = AB::Expr::ZERO;
        for i in at.saturating_sub(31)..=at.min(31) {
            difference += l.x[i] * l.y[at - i];
        }
        for i in at.saturating_sub(63)..=at.min(32) {
            difference -= modulus(i) * l.quotient[at - i];
        }
        difference
    };
    for place in 0..PLACES {
        let mut difference = bytes(2 * place) + bytes(2 * place + 1) * c::<AB>(1 << 8);
        if place < 16 {
            difference -= l.result[place].into();
        }
        if place > 0 {
            difference += carry(place - 1);
        }
        if place + 1 < PLACES {
            difference -= carry(place) * c::<AB>(1 << 16);
        }
        b.assert_zero(difference);
    }
}

/// The `i`th limb of an integer in bytes.
fn limb<AB: Builder>(bytes: &[AB::Var; 32], i: usize) -> AB::Expr {
    bytes[2 * i] + bytes[2 * i + 1] * c::<AB>(1 << 8)
}

/// `r < M`: both agree in the limbs above one in which the result's is smaller.
fn order<AB: Builder>(b: &mut AB, l: &MulModCols<AB::Var>) {
    let mut gap = AB::Expr::ZERO;
    for i in 0..16 {
        let difference = limb::<AB>(&l.m, i) - l.result[i];
        if i > 0 {
            when(b, sum::<AB>(l.top[..i].iter().copied()), difference.clone());
        }
        gap += (difference - AB::Expr::ONE) * l.top[i];
    }
    b.assert_eq(l.gap, gap);
    range16(b, l.gap, l.real);
}

fn ecall<AB: Builder>(b: &mut AB, l: &MulModCols<AB::Var>) {
    let call = Call {
        number: [c::<AB>(Accelerator::MulMod.number()), AB::Expr::ZERO],
        clk: l.clk.into(),
        args: [l.x_at, l.y_at, l.m_at].map(pair::<AB>),
        inc: [0, 1].map(|i| b.public_values()[i].into()),
    };
    receive(b, call, l.real);
    let [x_at, y_at, m_at] = [l.x_at, l.y_at, l.m_at].map(|ptr| word_address(b, ptr, l.real));
    for word in 0..8 {
        let at = |start: &AB::Expr| (l.clk.into(), start.clone() + c::<AB>(word as u32));
        let of = |bytes: &[AB::Var; 32]| array::from_fn(|i| limb::<AB>(bytes, 2 * word + i));
        let result = [l.result[2 * word], l.result[2 * word + 1]].map(Into::into);
        access(b, at(&y_at), 0, of(&l.y), of(&l.y), l.real);
        access(b, at(&m_at), 1, of(&l.m), of(&l.m), l.real);
        access(b, at(&x_at), OPERAND_WRITTEN, of(&l.x), result, l.real);
    }
}
