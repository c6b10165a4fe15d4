//! One step of FRI for a query: a row of evaluations becomes one.

use alloc::vec::Vec;
use core::marker::PhantomData;

use ember_memory::extension::add_product;
use p3_commit::Mmcs;
use p3_field::{PrimeCharacteristicRing, TwoAdicField};
use p3_fri::{FriFoldingStrategy, TwoAdicFriFolding};
use p3_matrix::Matrix;
use p3_util::{reverse_bits_len, reverse_slice_index_bits};

use super::Rows;
use crate::params::{Challenge, Val, ValMmcs};

/// Folding over two-adic cosets: the value at `beta` of the polynomial that has the row's values. [`TwoAdicFriFolding`]
/// interpolates; this halves the row again and again, which is the same polynomial's value:
///
/// ```text
/// f(x) = e(x^2) + x o(x^2), so e(x^2) + beta o(x^2) = (f(x) + f(-x)) / 2 + beta (f(x) - f(-x)) / (2 x)
/// ```
///
/// is a function of x^2, with half the values, and its polynomial's value at beta^2 is f(beta).
pub(super) struct Folding;

type Theirs = TwoAdicFriFolding<Vec<Rows>, <ValMmcs as Mmcs<Val>>::Error>;

impl FriFoldingStrategy<Val, Challenge> for Folding {
    type InputProof = Vec<Rows>;
    type InputError = <ValMmcs as Mmcs<Val>>::Error;

    fn extra_query_index_bits(&self) -> usize {
        0
    }

    fn fold_row(
        &self,
        index: usize,
        log_height: usize,
        log_arity: usize,
        mut beta: Challenge,
        evals: impl Iterator<Item = Challenge>,
    ) -> Challenge {
        let mut values: Vec<Challenge> = evals.collect();
        assert_eq!(values.len(), 1 << log_arity, "as many values as the arity");
        // The inverses of x, halved, for each pair of x and -x, which lie side by side.
        let generator = Val::two_adic_generator(log_height + log_arity);
        let order = 1u64 << (log_height + log_arity);
        let first = generator.exp_u64(order - reverse_bits_len(index, log_height) as u64).halve();
        let step = Val::two_adic_generator(log_arity).exp_u64((1 << log_arity) - 1);
        let mut inverses = step.shifted_powers(first).collect_n(values.len() / 2);
        reverse_slice_index_bits(&mut inverses);
        while values.len() > 1 {
            let half = values.len() / 2;
            for i in 0..half {
                let (at, opposite) = (values[2 * i], values[2 * i + 1]);
                let mut folded = (at + opposite).halve();
                add_product(&mut folded, beta * inverses[i], at - opposite);
                values[i] = folded;
            }
            values.truncate(half);
            beta = beta.square();
            for i in 0..half / 2 {
                inverses[i] = inverses[2 * i].square().double();
            }
        }
        values[0]
    }

    fn fold_matrix<M: Matrix<Challenge>>(
        &self,
        beta: Challenge,
        log_arity: usize,
        rows: M,
    ) -> Vec<Challenge> {
        let theirs: Theirs = TwoAdicFriFolding(PhantomData);
        FriFoldingStrategy::<Val, _>::fold_matrix(&theirs, beta, log_arity, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use p3_field::BasedVectorSpace;

    #[test]
    fn folds_as_interpolation_does() {
        let mut seed = 1u32;
        let mut element = || {
            Challenge::from_basis_coefficients_fn(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                Val::from_u32(seed)
            })
        };
        for log_arity in 1..=4 {
            for log_height in [0, 1, 2, 5, 20 - log_arity] {
                for index in [0, 1, 2, 3, 17, (1 << log_height) - 1] {
                    let index = index % (1 << log_height);
                    let row: Vec<Challenge> = (0..1 << log_arity).map(|_| element()).collect();
                    let beta = element();
                    let theirs: Theirs = TwoAdicFriFolding(PhantomData);
                    assert_eq!(
                        Folding.fold_row(index, log_height, log_arity, beta, row.iter().copied()),
                        FriFoldingStrategy::<Val, _>::fold_row(
                            &theirs,
                            index,
                            log_height,
                            log_arity,
                            beta,
                            row.iter().copied()
                        ),
                        "{log_arity} {log_height} {index}"
                    );
                }
            }
        }
    }
}
