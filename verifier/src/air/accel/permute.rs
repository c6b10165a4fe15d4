//! Poseidon2 permutations that a program asks for.

use ember_isa::Accelerator;
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_koala_bear::KoalaBear;

use super::operand::{OPERAND_WRITTEN, access_element};
use super::{Call, receive, word_address};
use crate::air::bus::{Builder, PERMUTATION, c, inv_pow2, once, pair, when};
use crate::air::columns::columns;

columns! {
    /// Columns of a permutation in memory.
    pub struct PermuteCols {
        /// Whether the row holds a permutation.
        real,
        /// Whether words are in Montgomery form.
        montgomery,
        /// Time of the ecall.
        clk,
        /// Pointer to the state.
        state: [2],
        /// Registers a1 and a2.
        unused: [4],
        /// Residues of the words before.
        before: [16],
        /// The words after.
        after: [16],
    }
}

pub(in crate::air) fn eval_permute<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = PermuteCols::from_row(main.current_slice());
    let inc = [0, 1].map(|i| b.public_values()[i].into());
    b.assert_bool(l.real);
    b.assert_bool(l.montgomery);
    when(b, AB::Expr::ONE - l.real, l.montgomery);

    let numbers = [Accelerator::Poseidon2, Accelerator::Poseidon2Montgomery].map(Accelerator::number);
    let [a1, a2] = [[l.unused[0], l.unused[1]], [l.unused[2], l.unused[3]]].map(pair::<AB>);
    let call = Call {
        number: [c::<AB>(numbers[0]) + l.montgomery * c::<AB>(numbers[1] - numbers[0]), AB::Expr::ZERO],
        clk: l.clk.into(),
        args: [pair::<AB>(l.state), a1, a2],
        inc,
    };
    receive(b, call, l.real);
    let state = word_address(b, l.state, l.real);
    for (i, (before, after)) in l.before.into_iter().zip(l.after).enumerate() {
        let at = (l.clk.into(), state.clone() + c::<AB>(i as u32));
        access_element(b, at, OPERAND_WRITTEN, before.into(), after.into(), l.real.into());
    }
    // A word w in Montgomery form stands for w / 2^32.
    let scale = l.montgomery * (inv_pow2(32) - KoalaBear::ONE) + AB::Expr::ONE;
    let elements: alloc::vec::Vec<AB::Expr> =
        l.before.into_iter().chain(l.after).map(|word| scale.clone() * word).collect();
    PERMUTATION.lookup_key(b, elements, once::<AB>(l.real));
}
