//! Matrices of multiplications and divisions.

use ember_isa::Op;
use ember_verifier::air::{DIV_OPS, DivCols, MUL_OPS, MulCols};
use ember_verifier::params::Val;
use p3_field::{Field, PrimeCharacteristicRing};

use super::{Matrix, flag, limbs, matrix, one_hot, val};
use crate::ranges::Ranges;
use crate::record::{Alu, Magnitudes};

/// The range check of a sign bit.
fn top_bit(ranges: &mut Ranges, word: u32) -> bool {
    ranges.check_wide((word >> 16 & 0x7fff) << 1);
    word >> 31 == 1
}

pub(super) fn mul(rows: &[Alu], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(MulCols::<()>::WIDTH, rows, ranges, |r, row, ranges| {
        let a = [r.a & 0xffff, r.a >> 16];
        let s = r.s.to_le_bytes().map(u32::from);
        let product = u64::from(r.a) * u64::from(r.s);
        let partial =
            [a[0] * s[0], a[0] * s[1], a[0] * s[2] + a[1] * s[0], a[0] * s[3] + a[1] * s[1], a[1] * s[2]];
        let mut carries = [0; 5];
        let mut carry = 0;
        for (out, partial) in carries.iter_mut().zip(partial) {
            carry = (carry + partial) >> 8;
            *out = carry;
        }
        let sign = [top_bit(ranges, r.a), top_bit(ranges, r.s)];
        let negative = match r.op {
            Op::Mulh => sign,
            Op::Mulhsu => [sign[0], false],
            _ => [false, false],
        };
        let high = (product >> 32) as u32;
        let mut borrow = [0; 2];
        if r.op != Op::Mul {
            let mut carry = 0;
            for (i, borrow) in borrow.iter_mut().enumerate() {
                let limb = |word: u32| (word >> (16 * i) & 0xffff) as i32;
                let exact = limb(high)
                    - if negative[0] { limb(r.s) } else { 0 }
                    - if negative[1] { limb(r.a) } else { 0 }
                    - carry;
                carry = -exact.div_euclid(1 << 16);
                *borrow = carry as u32;
            }
        }
        MulCols {
            op: one_hot(MUL_OPS.iter().position(|&op| op == r.op).expect("a multiplication")),
            a: limbs(r.a),
            s: s.map(|byte| ranges.narrow(byte)),
            w: ranges.limbs(r.w),
            product: product.to_le_bytes().map(|byte| ranges.narrow(byte.into())),
            carry: carries.map(|c| ranges.wide(c & 0xffff)),
            carry_high: core::array::from_fn(|i| val(carries[i / 2] >> (16 + i % 2) & 1)),
            sign: sign.map(flag),
            negative: negative.map(flag),
            borrow: borrow.map(val),
        }
        .write(row);
    })
}

pub(super) fn div(rows: &[Alu], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(DivCols::<()>::WIDTH, rows, ranges, |r, row, ranges| {
        let Magnitudes { dividend, divisor, quotient, rest, negative } = Magnitudes::of(r);
        let by_zero = r.s == 0;
        let margin = if by_zero { 0 } else { divisor - rest - 1 };
        let sign = [top_bit(ranges, r.a), top_bit(ranges, r.s)];
        let minus = match r.op {
            Op::Div => negative[0] != negative[1],
            Op::Rem => negative[0],
            _ => false,
        };
        let quotients = matches!(r.op, Op::Div | Op::Divu);
        let inv = if by_zero { Val::ZERO } else { val((r.s & 0xffff) + (r.s >> 16)).inverse() };
        DivCols {
            op: one_hot(DIV_OPS.iter().position(|&op| op == r.op).expect("a division")),
            a: limbs(r.a),
            s: limbs(r.s),
            w: ranges.limbs(r.w),
            sign: sign.map(flag),
            negative: negative.map(flag),
            dividend: ranges.limbs(dividend),
            divisor: ranges.limbs(divisor),
            quotient: limbs(quotient),
            rest: ranges.limbs(rest),
            product: limbs(quotient.wrapping_mul(divisor)),
            margin: ranges.limbs(margin),
            by_zero: flag(by_zero),
            regular: flag(!by_zero),
            inv,
            magnitude: limbs(if quotients { quotient } else { rest }),
            minus: flag(minus),
            negate: flag(minus && !by_zero),
        }
        .write(row);
    })
}
