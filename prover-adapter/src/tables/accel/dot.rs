//! The matrix of sums of products.

use ember_verifier::air::DotCols;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;
use p3_field::extension::trinomial_quintic_mul;

use super::super::{Matrix, flag, limbs, matrix, val};
use super::check_pointer;
use crate::accel::Dot;
use crate::ranges::Ranges;

pub(in super::super) fn dot(calls: &[Dot], ranges: &mut Ranges) -> Option<Matrix> {
    let rows: Vec<DotCols<Val>> = calls.iter().flat_map(|call| terms(call, ranges)).collect();
    matrix(DotCols::<()>::WIDTH, &rows, ranges, |cols, row, _| cols.write(row))
}

/// The rows of a call.
fn terms(dot: &Dot, ranges: &mut Ranges) -> Vec<DotCols<Val>> {
    let Dot { call, sum, is_base, .. } = dot;
    let terms = dot.a.len();
    call.args.into_iter().for_each(|ptr| check_pointer(ptr, ranges));
    ranges.check_wide((terms as u32) << 6);
    let initial = sum.map(val);
    let mut before = initial;
    let width = if *is_base { 1 } else { 5 };
    let factors = dot.a.iter().zip(&dot.b).enumerate();
    factors
        .map(|(i, (a, b))| {
            let (a, b) = (a.map(val), b.map(val));
            let mut product = [Val::ZERO; 5];
            trinomial_quintic_mul(&a, &b, &mut product);
            let after = core::array::from_fn(|i| before[i] + product[i].div_2exp_u64(32));
            let first = i == 0;
            let mut pointers = [Val::ZERO; 6];
            if first {
                pointers = core::array::from_fn(|i| limbs(call.args[i / 2])[i % 2]);
            }
            let cols = DotCols {
                real: Val::ONE,
                first: flag(first),
                last: flag(i + 1 == terms),
                base: flag(*is_base),
                clk: val(call.clk),
                sum_at: val(call.args[0] / 4),
                pointers,
                a_at: val(call.args[1] / 4 + 5 * i as u32),
                b_at: val(call.args[2] / 4 + width * i as u32),
                left: Val::from_usize(terms - i),
                a,
                b,
                initial,
                before,
                after,
            };
            before = after;
            cols
        })
        .collect()
}
