//! Operations on bits: bitwise logic, shifts, and loads and stores of parts of a word.

use ember_isa::Op;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_koala_bear::KoalaBear;

use super::bus::{AUX, Aux, BYTE_AND, Builder, c, from_bits, inv_pow2, once, pair, range16, sum, when};
use super::columns::columns;
use super::sub_code;

columns! {
    /// Columns of `and`, `or`, `xor`.
    pub struct BitwiseCols {
        /// Which operation: one-hot of and, or, xor.
        op: [3],
        /// First operand.
        a: [2],
        /// Second operand.
        s: [2],
        /// Result.
        w: [2],
        /// Low byte of each limb of the first operand.
        a_low: [2],
        /// Low byte of each limb of the second operand.
        s_low: [2],
        /// The and of each byte.
        and: [4],
    }
}

pub(super) fn eval_bitwise<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = BitwiseCols::from_row(main.current_slice());
    let real = sum::<AB>(l.op);
    for flag in l.op {
        b.assert_bool(flag);
    }
    b.assert_bool(real.clone());
    for limb in 0..2 {
        let [low, high] = [l.and[2 * limb], l.and[2 * limb + 1]];
        let (a, s) = (l.a[limb], l.s[limb]);
        let upper = |whole: AB::Var, low: AB::Var| (whole - low) * inv_pow2(8);
        let key = [l.a_low[limb].into(), l.s_low[limb].into(), low.into()];
        BYTE_AND.lookup_key(b, key, once::<AB>(real.clone()));
        let key = [upper(a, l.a_low[limb]), upper(s, l.s_low[limb]), high.into()];
        BYTE_AND.lookup_key(b, key, once::<AB>(real.clone()));
        let and: AB::Expr = low + high * c::<AB>(1 << 8);
        let both = a + s;
        let or = both.clone() - and.clone();
        let xor = both - and.clone() * KoalaBear::TWO;
        b.assert_eq(l.w[limb], l.op[0] * and + l.op[1] * or + l.op[2] * xor);
    }
    let sub = [Op::And, Op::Or, Op::Xor]
        .into_iter()
        .zip(l.op)
        .fold(AB::Expr::ZERO, |acc, (op, flag)| acc + flag * c::<AB>(sub_code(op)));
    let tuple = Aux::alu(sub, pair::<AB>(l.a), pair::<AB>(l.s), pair::<AB>(l.w));
    AUX.receive(b, tuple.fields(), once::<AB>(real));
}

columns! {
    /// Columns of pairs of bytes.
    pub struct ByteAndCols {
        /// Bits of one byte.
        x: [8],
        /// Bits of the other.
        y: [8],
        /// How often their and is looked up.
        uses,
    }
}

/// Only pairs that are looked up need a row.
pub(super) fn eval_byte_and<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = ByteAndCols::from_row(main.current_slice());
    let mut and = AB::Expr::ZERO;
    for (i, (x, y)) in l.x.into_iter().zip(l.y).enumerate() {
        b.assert_bool(x);
        b.assert_bool(y);
        and += x * y * c::<AB>(1 << i);
    }
    BYTE_AND.table_entry(b, [from_bits::<AB>(l.x), from_bits::<AB>(l.y), and], l.uses);
}

columns! {
    /// Columns of shifts.
    pub struct ShiftCols {
        /// Which operation: one-hot of sll, srl, sra.
        op: [3],
        /// Upper limb of the amount, of which the low five bits count.
        s_high,
        /// Result.
        w: [2],
        /// Bits of the value.
        bits: [32],
        /// One-hot of the amount, zero left out.
        amount: [31],
        /// The amount's bits above the fifth, of its low limb.
        rest,
        /// What enters from the left: the sign bit for `sra`, else zero.
        fill,
    }
}

pub(super) fn eval_shift<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = ShiftCols::from_row(main.current_slice());
    let real = sum::<AB>(l.op);
    let [sll, srl, sra] = l.op;
    for flag in l.op.into_iter().chain(l.bits).chain(l.amount) {
        b.assert_bool(flag);
    }
    b.assert_bool(real.clone());
    let none = AB::Expr::ONE - sum::<AB>(l.amount);
    b.assert_bool(none.clone());
    let amounts: alloc::vec::Vec<AB::Expr> =
        core::iter::once(none).chain(l.amount.into_iter().map(Into::into)).collect();
    let mut number: AB::Expr = l.rest * c::<AB>(32);
    for (i, flag) in amounts.iter().enumerate().skip(1) {
        number += flag.clone() * c::<AB>(i as u32);
    }
    range16(b, l.rest, real.clone());
    b.assert_eq(l.fill, sra * l.bits[31]);

    let limb = |from: usize| from_bits::<AB>((from..from + 16).map(|i| l.bits[i]));
    let bit = |i: i32| -> AB::Expr {
        if (0..32).contains(&i) { l.bits[i as usize].into() } else { AB::Expr::ZERO }
    };
    // Limbs of the value shifted by each amount, each from the one before.
    let half = KoalaBear::ONE.halve();
    let top = KoalaBear::from_u32(1 << 15);
    let (mut left, mut right) = ([limb(0), limb(16)], [limb(0), limb(16)]);
    let (mut l_sum, mut r_sum) = ([AB::Expr::ZERO, AB::Expr::ZERO], [AB::Expr::ZERO, AB::Expr::ZERO]);
    for (amount, flag) in amounts.into_iter().enumerate() {
        let s = amount as i32;
        if s > 0 {
            let [l0, l1] = left;
            left = [
                l0 * KoalaBear::TWO - bit(16 - s) * KoalaBear::from_u32(1 << 16),
                l1 * KoalaBear::TWO + bit(16 - s) - bit(32 - s) * KoalaBear::from_u32(1 << 16),
            ];
            let [r0, r1] = right;
            right =
                [(r0 - bit(s - 1)) * half + bit(s + 15) * top, (r1 - bit(s + 15)) * half + bit(s + 31) * top];
        }
        // Ones that a negative value brings in: the top `amount` bits.
        let ones = if s == 0 { 0 } else { u32::MAX << (32 - s) };
        for i in 0..2 {
            let filled = right[i].clone() + l.fill * c::<AB>(ones >> (16 * i) & 0xffff);
            l_sum[i] += flag.clone() * left[i].clone();
            r_sum[i] += flag.clone() * filled;
        }
    }
    for i in 0..2 {
        b.assert_eq(l.w[i], sll * l_sum[i].clone() + (srl + sra) * r_sum[i].clone());
    }
    let sub = [Op::Sll, Op::Srl, Op::Sra]
        .into_iter()
        .zip(l.op)
        .fold(AB::Expr::ZERO, |acc, (op, flag)| acc + flag * c::<AB>(sub_code(op)));
    let tuple = Aux::alu(sub, [limb(0), limb(16)], [number, l.s_high.into()], pair::<AB>(l.w));
    AUX.receive(b, tuple.fields(), once::<AB>(real));
}

columns! {
    /// Columns of loads and stores of bytes and half-words.
    pub struct PartCols {
        /// Which operation: one-hot of lb, lbu, lh, lhu, sb, sh.
        op: [6],
        /// Base register, which the processor has already used.
        a: [2],
        /// Value to store; zero for loads.
        s: [2],
        /// Loaded value; zero for stores.
        w: [2],
        /// Memory word before.
        m: [2],
        /// Memory word after.
        n: [2],
        /// Bits of the memory word before.
        m_bits: [32],
        /// Bits of the value's low limb.
        s_bits: [16],
        /// One-hot of the byte offset.
        at: [4],
    }
}

pub(super) fn eval_part<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = PartCols::from_row(main.current_slice());
    let real = sum::<AB>(l.op);
    let [lb, lbu, lh, lhu, sb, sh] = l.op;
    for flag in l.op.into_iter().chain(l.m_bits).chain(l.s_bits).chain(l.at) {
        b.assert_bool(flag);
    }
    b.assert_bool(real.clone());
    b.assert_eq(real.clone(), sum::<AB>(l.at));
    when(b, lh + lhu + sh, l.at[1] + l.at[3]);

    let limb = |i: usize| from_bits::<AB>((16 * i..16 * i + 16).map(|k| l.m_bits[k]));
    let byte = |i: usize| from_bits::<AB>((8 * i..8 * i + 8).map(|k| l.m_bits[k]));
    let value_byte = from_bits::<AB>((0..8).map(|k| l.s_bits[k]));
    b.assert_eq(l.m[0], limb(0));
    b.assert_eq(l.m[1], limb(1));
    b.assert_eq(l.s[0], from_bits::<AB>(l.s_bits));

    let (mut the_byte, mut byte_sign) = (AB::Expr::ZERO, AB::Expr::ZERO);
    for i in 0..4 {
        the_byte += l.at[i] * byte(i);
        byte_sign += l.at[i] * l.m_bits[8 * i + 7];
    }
    let the_half = l.at[0] * l.m[0] + l.at[2] * l.m[1];
    let half_sign = l.at[0] * l.m_bits[15] + l.at[2] * l.m_bits[31];
    b.assert_eq(
        l.w[0],
        lb * (the_byte.clone() + byte_sign.clone() * c::<AB>(0xff00))
            + lbu * the_byte
            + (lh + lhu) * the_half,
    );
    b.assert_eq(l.w[1], (lb * byte_sign + lh * half_sign) * c::<AB>(0xffff));
    for i in 0..2 {
        let low = l.at[2 * i] * (value_byte.clone() - byte(2 * i));
        let high = l.at[2 * i + 1] * (value_byte.clone() - byte(2 * i + 1)) * c::<AB>(1 << 8);
        let half = l.at[2 * i] * (l.s[0] - l.m[i]);
        b.assert_eq(l.n[i], l.m[i] + sb * (low + high) + sh * half);
    }
    let sub = PART_OPS
        .into_iter()
        .zip(l.op)
        .fold(AB::Expr::ZERO, |acc, (op, flag)| acc + flag * c::<AB>(sub_code(op)));
    let off = l.at[1] + l.at[2] * c::<AB>(2) + l.at[3] * c::<AB>(3);
    let tuple = Aux {
        off,
        m: pair::<AB>(l.m),
        n: pair::<AB>(l.n),
        ..Aux::alu(sub, pair::<AB>(l.a), pair::<AB>(l.s), pair::<AB>(l.w))
    };
    AUX.receive(b, tuple.fields(), once::<AB>(real));
}

/// Operations of `Part`, in the order of its flags.
pub const PART_OPS: [Op; 6] = [Op::Lb, Op::Lbu, Op::Lh, Op::Lhu, Op::Sb, Op::Sh];
