//! The matrix of Poseidon2 permutations in memory.

use ember_isa::Accelerator;
use ember_verifier::air::PermuteCols;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::super::{Matrix, flag, limbs, matrix, val};
use super::check_pointer;
use crate::accel::Permute;
use crate::ranges::Ranges;

fn is_montgomery(call: &Permute) -> bool {
    call.call.accelerator == Accelerator::Poseidon2Montgomery
}

/// The state that the call permutes.
pub(in super::super) fn permutation_of(call: &Permute) -> [Val; 16] {
    call.before.map(|word| if is_montgomery(call) { val(word).div_2exp_u64(32) } else { val(word) })
}

pub(in super::super) fn permute(calls: &[Permute], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(PermuteCols::<()>::WIDTH, calls, ranges, |call, row, ranges| {
        let [state, a1, a2] = call.call.args;
        check_pointer(state, ranges);
        PermuteCols {
            real: Val::ONE,
            montgomery: flag(is_montgomery(call)),
            clk: val(call.call.clk),
            state: limbs(state),
            unused: core::array::from_fn(|i| limbs([a1, a2][i / 2])[i % 2]),
            before: call.before.map(val),
            after: call.after.map(val),
        }
        .write(row);
    })
}
