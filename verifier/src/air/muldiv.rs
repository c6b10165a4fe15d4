//! Multiplication and division.

use ember_isa::Op;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;

use super::bus::{AUX, Aux, Builder, c, inv_pow2, once, pair, range8, range16, sum, when};
use super::columns::columns;
use super::sub_code;

columns! {
    /// Columns of a multiplication.
    pub struct MulCols {
        /// Which operation: one-hot of mul, mulh, mulhsu, mulhu.
        op: [4],
        /// First operand.
        a: [2],
        /// Bytes of the second operand.
        s: [4],
        /// Result.
        w: [2],
        /// Bytes of the unsigned 64-bit product.
        product: [8],
        /// Carry out of each of the first five bytes: low 16 bits.
        carry: [5],
        /// Carry out of each of the first five bytes: two bits above.
        carry_high: [10],
        /// Sign bits of the operands.
        sign: [2],
        /// Whether an operand counts as negative.
        negative: [2],
        /// Borrows of the high half's correction: 0, 1 or 2.
        borrow: [2],
    }
}

/// Operations of `Mul`, in the order of its flags.
pub const MUL_OPS: [Op; 4] = [Op::Mul, Op::Mulh, Op::Mulhsu, Op::Mulhu];

/// Checks that `sign` is the top bit of a 16-bit limb.
fn top_bit<AB: Builder>(b: &mut AB, limb: AB::Expr, sign: AB::Var, real: AB::Expr) {
    b.assert_bool(sign);
    range16(b, (limb - sign * c::<AB>(1 << 15)) * c::<AB>(2), real);
}

pub(super) fn eval_mul<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = MulCols::from_row(main.current_slice());
    let real = sum::<AB>(l.op);
    let [mul, mulh, mulhsu, mulhu] = l.op;
    for flag in l.op.into_iter().chain(l.carry_high) {
        b.assert_bool(flag);
    }
    b.assert_bool(real.clone());
    let s: [AB::Expr; 2] = core::array::from_fn(|i| l.s[2 * i] + l.s[2 * i + 1] * c::<AB>(1 << 8));

    // Byte by byte: what came in, plus the partial products of this weight, is a byte and a carry. Every sum is
    // below 2^27 and every carry below 2^18, so nothing wraps.
    let partial = [
        l.a[0] * l.s[0],
        l.a[0] * l.s[1],
        l.a[0] * l.s[2] + l.a[1] * l.s[0],
        l.a[0] * l.s[3] + l.a[1] * l.s[1],
        l.a[1] * l.s[2],
        l.a[1] * l.s[3],
    ];
    let mut carry_in = AB::Expr::ZERO;
    for (i, partial) in partial.into_iter().enumerate() {
        let carry_out: AB::Expr = if i < 5 {
            l.carry[i] + l.carry_high[2 * i] * c::<AB>(1 << 16) + l.carry_high[2 * i + 1] * c::<AB>(1 << 17)
        } else {
            l.product[6] + l.product[7] * c::<AB>(1 << 8)
        };
        b.assert_eq(carry_in + partial, l.product[i] + carry_out.clone() * c::<AB>(1 << 8));
        carry_in = carry_out;
    }
    for byte in l.s.into_iter().chain(l.product) {
        range8(b, byte, real.clone());
    }
    for carry in l.carry {
        range16(b, carry, real.clone());
    }

    // The signed high half: subtract an operand for each negative other.
    top_bit(b, l.a[1].into(), l.sign[0], real.clone());
    top_bit(b, s[1].clone(), l.sign[1], real.clone());
    b.assert_eq(l.negative[0], (mulh + mulhsu) * l.sign[0]);
    b.assert_eq(l.negative[1], mulh * l.sign[1]);
    for borrow in l.borrow {
        b.assert_zero(borrow * (borrow - AB::Expr::ONE) * (borrow - c::<AB>(2)));
    }
    let half = |i: usize| l.product[2 * i] + l.product[2 * i + 1] * c::<AB>(1 << 8);
    let high = mulh + mulhsu + mulhu;
    let mut borrow_in = AB::Expr::ZERO;
    for i in 0..2 {
        when(b, mul, l.w[i] - half(i));
        let corrected = half(2 + i) - l.negative[0] * s[i].clone() - l.negative[1] * l.a[i] - borrow_in;
        when(b, high.clone(), l.w[i] - corrected - l.borrow[i] * c::<AB>(1 << 16));
        range16(b, l.w[i], real.clone());
        borrow_in = l.borrow[i].into();
    }
    let sub = MUL_OPS
        .into_iter()
        .zip(l.op)
        .fold(AB::Expr::ZERO, |acc, (op, flag)| acc + flag * c::<AB>(sub_code(op)));
    AUX.receive(b, Aux::alu(sub, pair::<AB>(l.a), s, pair::<AB>(l.w)).fields(), once::<AB>(real));
}

columns! {
    /// Columns of a division: over magnitudes, `|a| = quotient * |s| + rest`, then signs.
    pub struct DivCols {
        /// Which operation: one-hot of div, divu, rem, remu.
        op: [4],
        /// Dividend.
        a: [2],
        /// Divisor.
        s: [2],
        /// Result.
        w: [2],
        /// Sign bits of dividend and divisor.
        sign: [2],
        /// Whether dividend and divisor count as negative.
        negative: [2],
        /// Magnitude of the dividend.
        dividend: [2],
        /// Magnitude of the divisor.
        divisor: [2],
        /// Quotient of the magnitudes.
        quotient: [2],
        /// Rest of the magnitudes.
        rest: [2],
        /// `quotient * divisor`.
        product: [2],
        /// `divisor - rest - 1`.
        margin: [2],
        /// Whether the divisor is zero.
        by_zero,
        /// Whether it is not, on real rows.
        regular,
        /// Inverse of the sum of the divisor's limbs.
        inv,
        /// Magnitude of the result: quotient or rest.
        magnitude: [2],
        /// Whether the signs make the result negative.
        minus,
        /// Whether the result is minus its magnitude: `minus`, but for divisions by zero.
        negate,
    }
}

/// Operations of `Div`, in the order of its flags.
pub const DIV_OPS: [Op; 4] = [Op::Div, Op::Divu, Op::Rem, Op::Remu];

/// `x + y = total + carry 2^32` in limbs, on rows where `flag` is 1, for boolean carries; returns the carry out.
fn add<AB: Builder>(
    b: &mut AB,
    flag: AB::Expr,
    x: [AB::Expr; 2],
    y: [AB::Expr; 2],
    total: [AB::Expr; 2],
) -> AB::Expr {
    let ([x0, x1], [y0, y1], [t0, t1]) = (x, y, total);
    let k0 = (x0 + y0 - t0) * inv_pow2(16);
    let k1 = (x1 + y1 + k0.clone() - t1) * inv_pow2(16);
    when(b, flag.clone(), k0.bool_check());
    when(b, flag, k1.bool_check());
    k1
}

pub(super) fn eval_div<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = DivCols::from_row(main.current_slice());
    let real = sum::<AB>(l.op);
    let [div, divu, rem, remu] = l.op;
    for flag in l.op.into_iter().chain([l.by_zero, l.minus]).chain(l.negative) {
        b.assert_bool(flag);
    }
    b.assert_bool(real.clone());
    let zero = || [AB::Expr::ZERO, AB::Expr::ZERO];

    // Magnitudes.
    let signed = div + rem;
    for (i, (value, magnitude)) in [(l.a, l.dividend), (l.s, l.divisor)].into_iter().enumerate() {
        top_bit(b, value[1].into(), l.sign[i], real.clone());
        b.assert_eq(l.negative[i], signed.clone() * l.sign[i]);
        add(b, l.negative[i].into(), pair::<AB>(value), pair::<AB>(magnitude), zero());
        for limb in 0..2 {
            when(b, AB::Expr::ONE - l.negative[i], magnitude[limb] - value[limb]);
            range16(b, magnitude[limb], real.clone());
        }
    }

    // Division by zero: every limb is range-checked, so the sum is zero only if both are.
    let divisor_sum = l.s[0] + l.s[1];
    b.assert_eq(l.regular, real.clone() - l.by_zero);
    b.assert_bool(l.regular);
    when(b, l.by_zero, divisor_sum.clone());
    when(b, l.regular, divisor_sum * l.inv - AB::Expr::ONE);

    // dividend = product + rest without overflow, rest < divisor, product = quotient * divisor without overflow.
    let regular: AB::Expr = l.regular.into();
    let overflow = add(b, regular.clone(), pair::<AB>(l.product), pair::<AB>(l.rest), pair::<AB>(l.dividend));
    when(b, l.regular, overflow);
    let [r0, r1] = pair::<AB>(l.rest);
    let overflow =
        add(b, regular.clone(), [r0 + AB::Expr::ONE, r1], pair::<AB>(l.margin), pair::<AB>(l.divisor));
    when(b, l.regular, overflow);
    for (op, result) in [(Op::Mul, pair::<AB>(l.product)), (Op::Mulhu, zero())] {
        let tuple = Aux::alu(c::<AB>(sub_code(op)), pair::<AB>(l.divisor), pair::<AB>(l.quotient), result);
        AUX.send(b, tuple.fields(), once::<AB>(l.regular));
    }
    for limbs in [l.rest, l.margin, l.w] {
        for limb in limbs {
            range16(b, limb, real.clone());
        }
    }

    // The result.
    let (quotients, rests) = (div + divu, rem + remu);
    let [na, ns] = l.negative;
    b.assert_eq(l.minus, div * (na + ns - na * ns * c::<AB>(2)) + rem * na);
    for limb in 0..2 {
        b.assert_eq(l.magnitude[limb], quotients.clone() * l.quotient[limb] + rests.clone() * l.rest[limb]);
        when(b, l.by_zero * quotients.clone(), l.w[limb] - c::<AB>(0xffff));
        when(b, l.by_zero * rests.clone(), l.w[limb] - l.a[limb]);
        when(b, l.regular - l.negate, l.w[limb] - l.magnitude[limb]);
    }
    b.assert_eq(l.negate, l.regular * l.minus);
    add(b, l.negate.into(), pair::<AB>(l.w), pair::<AB>(l.magnitude), zero());

    let sub = DIV_OPS
        .into_iter()
        .zip(l.op)
        .fold(AB::Expr::ZERO, |acc, (op, flag)| acc + flag * c::<AB>(sub_code(op)));
    let tuple = Aux::alu(sub, pair::<AB>(l.a), pair::<AB>(l.s), pair::<AB>(l.w));
    AUX.receive(b, tuple.fields(), once::<AB>(real));
}
