//! The matrix of calls of `context`.

use ember_verifier::air::ContextCols;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::super::{Matrix, limbs, matrix, val};
use super::check_pointer;
use crate::accel::ContextCall;
use crate::ranges::Ranges;

pub(in super::super) fn context(calls: &[ContextCall], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(ContextCols::<()>::WIDTH, calls, ranges, |call, row, ranges| {
        let [at, a1, a2] = call.args;
        check_pointer(at, ranges);
        ContextCols {
            real: Val::ONE,
            clk: val(call.clk),
            at: limbs(at),
            unused: core::array::from_fn(|i| limbs([a1, a2][i / 2])[i % 2]),
            old: core::array::from_fn(|i| limbs(call.old[i / 2])[i % 2]),
        }
        .write(row);
    })
}
