//! Sums of products in the field of degree 5 that the proof system draws its challenges from.

use ember_isa::Accelerator;
use p3_air::{AirBuilder, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_field::extension::trinomial_quintic_mul;

use super::operand::{OPERAND_WRITTEN, access_element};
use super::{Call, receive, word_address};
use crate::air::bus::{Builder, c, inv_pow2, pair, range16, when};
use crate::air::columns::columns;

columns! {
    /// Columns of a term of a sum of products: calls have a row for each of their terms, one after the other.
    pub struct DotCols {
        /// Whether the row holds a term.
        real,
        /// Whether it is the call's first.
        first,
        /// Whether it is the call's last.
        last,
        /// Whether the second factors are of the base field. On all rows of a call, as the next two.
        base,
        /// Time of the ecall.
        clk,
        /// Word address of the sum.
        sum_at,
        /// Pointers to the sum and to the factors. On the first row.
        pointers: [6],
        /// Word address of the first factor.
        a_at,
        /// Word address of the second factor.
        b_at,
        /// Terms from this one to the last.
        left,
        /// The first factor: residues of its words, as all that follow.
        a: [5],
        /// The second factor.
        b: [5],
        /// The sum in memory before the call. On all rows of a call.
        initial: [5],
        /// The sum before the term.
        before: [5],
        /// The sum after the term.
        after: [5],
    }
}

/// Public values of `Dot`: price of a call and of a term, low byte and high byte each.
pub(in crate::air) const DOT_PUBLICS: usize = 4;

pub(in crate::air) fn eval_dot<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = DotCols::from_row(main.current_slice());
    let next = DotCols::from_row(main.next_slice());
    let price: [AB::Expr; 4] = core::array::from_fn(|i| b.public_values()[i].into());
    let one = || AB::Expr::ONE;

    // Rows of one call follow each other, then the next call's, then padding.
    b.assert_bool(l.real);
    for flag in [l.first, l.last, l.base] {
        b.assert_bool(flag);
        when(b, one() - l.real, flag);
    }
    b.when_first_row().assert_zero(l.real - l.first);
    b.when_transition().assert_zero((one() - l.real) * next.real);
    b.when_transition().assert_zero(l.last * (next.real - next.first));
    let goes_on = || l.real - l.last;
    b.when_transition().assert_zero(goes_on() * (one() - next.real + next.first));
    b.when_last_row().assert_zero(goes_on());
    for (here, there) in [
        (l.base.into(), next.base),
        (l.clk.into(), next.clk),
        (l.sum_at.into(), next.sum_at),
        (l.a_at + c::<AB>(5), next.a_at),
        (l.b_at + c::<AB>(5) - l.base * c::<AB>(4), next.b_at),
        (l.left - one(), next.left),
    ] {
        b.when_transition().assert_zero(goes_on() * (there - here));
    }
    when(b, l.last, l.left - one());

    // The ecall. At most 1,023 terms, or it is none.
    let [sum, a, other] = core::array::from_fn(|i| [l.pointers[2 * i], l.pointers[2 * i + 1]]);
    range16(b, l.left * c::<AB>(1 << 6), l.first);
    for (ptr, at) in [(sum, l.sum_at), (a, l.a_at), (other, l.b_at)] {
        let address = word_address(b, ptr, l.first);
        when(b, l.first, at - address);
    }
    let numbers = [Accelerator::ExtensionDot { terms: 0 }, Accelerator::ExtensionDotBase { terms: 0 }]
        .map(Accelerator::number);
    let call = Call {
        number: [c::<AB>(numbers[0]) + l.base * c::<AB>(numbers[1] - numbers[0]), l.left.into()],
        clk: l.clk.into(),
        args: [sum, a, other].map(pair::<AB>),
        inc: core::array::from_fn(|i| price[i].clone() + price[2 + i].clone() * l.left),
    };
    receive(b, call, l.first);

    // Products. A word w in Montgomery form stands for w / 2^32, and so does a product of words for that of what they
    // stand for, divided by 2^32.
    let mut product: [AB::Expr; 5] = core::array::from_fn(|_| AB::Expr::ZERO);
    trinomial_quintic_mul(&l.a.map(Into::into), &l.b.map(Into::into), &mut product);
    for (i, product) in product.into_iter().enumerate() {
        if i > 0 {
            when(b, l.base, l.b[i]);
        }
        b.assert_eq(l.after[i], l.before[i] + product * inv_pow2(32));
        when(b, l.first, l.before[i] - l.initial[i]);
        b.when_transition().assert_zero(goes_on() * (next.before[i] - l.after[i]));
        b.when_transition().assert_zero(goes_on() * (next.initial[i] - l.initial[i]));
    }

    // Memory.
    for i in 0..5 {
        let at = |start: AB::Var| (l.clk.into(), start + c::<AB>(i as u32));
        let wide = if i == 0 { l.real.into() } else { l.real - l.base };
        access_element::<AB>(b, at(l.a_at), 0, l.a[i].into(), l.a[i].into(), l.real.into());
        access_element::<AB>(b, at(l.b_at), 1, l.b[i].into(), l.b[i].into(), wide);
        access_element::<AB>(
            b,
            at(l.sum_at),
            OPERAND_WRITTEN,
            l.initial[i].into(),
            l.after[i].into(),
            l.last.into(),
        );
    }
}
