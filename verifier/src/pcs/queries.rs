//! From the opened rows to the functions that FRI tests.
//!
//! For a height h of committed matrices, FRI tests the sum over their columns p and the points z at which they are opened,
//!
//! ```text
//! sum of alpha^k (p(z) - p(x)) / (z - x),
//! ```
//!
//! where k counts columns and points of that height in the order commitment, matrix, point, column. p3 adds up the terms
//! of each point of each matrix. The sum is the same, and has fewer multiplications, when
//!
//! - terms with one z, of whatever matrix, share the division by z - x ([`Quotient`]), and the sum of their p(z), which
//!   all queries share;
//! - a row is combined with 1, alpha, alpha^2 ... once, and then shifted to each point's place by one power of alpha.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use ember_memory::extension::{add_dot, add_product};
use p3_commit::{Mmcs, PointOpening};
use p3_field::{Field, PrimeCharacteristicRing, TwoAdicField, batch_multiplicative_inverse};
use p3_fri::verifier::{FriError, FriOpenings};
use p3_matrix::Dimensions;
use p3_util::{log2_strict_usize, reverse_bits_len};

use super::{Claims, OpeningError, Pcs, Rows};
use crate::params::{Challenge, Val};

/// All terms of one height with one point.
struct Quotient {
    /// Number of the height, the highest first.
    height: usize,
    point: Challenge,
    /// The sum of alpha^k p(z).
    value: Challenge,
    /// Commitment, matrix and point that had it first.
    first: [usize; 3],
}

/// A point at which a matrix is opened.
struct Term {
    /// Number of the quotient.
    quotient: usize,
    /// The power of alpha of the matrix's first column there.
    shift: Challenge,
}

impl Pcs {
    /// Checks that the rows are what was committed to, at the queried indices, and have one width at every point.
    pub(super) fn check_rows(
        &self,
        claims: &[Claims],
        openings: &[Rows],
        queries: &[usize],
        log_max_height: usize,
    ) -> Result<(), OpeningError> {
        if openings.len() != claims.len() {
            return Err(FriError::InputProofBatchCountMismatch {
                expected: claims.len(),
                got: openings.len(),
            });
        }
        for (batch, (opening, claim)) in openings.iter().zip(claims).enumerate() {
            if opening.opened_values.len() != queries.len() {
                return Err(FriError::InputOpeningsQueryCountMismatch {
                    batch,
                    expected: queries.len(),
                    got: opening.opened_values.len(),
                });
            }
            let expected = claim.matrices.len();
            if let Some(rows) = opening.opened_values.iter().find(|rows| rows.len() != expected) {
                return Err(FriError::BatchOpenedValuesCountMismatch { batch, expected, got: rows.len() });
            }
            // A matrix is as wide as the claims about it, whatever the proof says: the tree's leaves do not tell where a row
            // ends.
            let dimensions: Vec<Dimensions> = claim
                .matrices
                .iter()
                .enumerate()
                .map(|(matrix, opening)| {
                    let first = opening.points.first();
                    let first = first.ok_or(FriError::MatrixWithoutOpeningPoints { batch, matrix })?;
                    Ok(Dimensions { width: first.values.len(), height: 1 << self.log_height(opening) })
                })
                .collect::<Result<_, OpeningError>>()?;
            // The tree is as high as its highest matrix.
            let indices: Vec<usize> = match dimensions.iter().map(|d| d.height).max() {
                Some(height) => {
                    let bits = log_max_height - log2_strict_usize(height);
                    queries.iter().map(|index| index >> bits).collect()
                }
                None => vec![0; queries.len()],
            };
            self.mmcs
                .verify_multi_batch(
                    &claim.commitment,
                    &dimensions,
                    &indices,
                    &opening.opened_values,
                    &opening.opening_proof,
                )
                .map_err(FriError::InputError)?;
        }
        Ok(())
    }

    /// For every query, what FRI starts with at each height: log2 of the height and the sum, highest first.
    ///
    /// `heights` are log2 of all matrices' heights, extended, highest first; the rows are checked.
    pub(super) fn combine(
        &self,
        claims: &[Claims],
        openings: &[Rows],
        queries: &[usize],
        heights: &[usize],
        alpha: Challenge,
    ) -> Result<Vec<FriOpenings<Challenge>>, OpeningError> {
        let log_max_height = heights[0];
        let powers = self.powers(claims, alpha);
        let (quotients, terms) = self.quotients(claims, &powers, heights);

        let mut denominators = Vec::with_capacity(queries.len() * quotients.len());
        for &index in queries {
            let xs: Vec<Val> = heights.iter().map(|&h| point(index >> (log_max_height - h), h)).collect();
            for quotient in &quotients {
                let denominator = quotient.point - xs[quotient.height];
                if denominator.is_zero() {
                    let [batch, matrix, point] = quotient.first;
                    return Err(FriError::OpeningPointMatchesQueryPoint { batch, matrix, point });
                }
                denominators.push(denominator);
            }
        }
        let inverses = batch_multiplicative_inverse(&denominators);

        let mut all = Vec::with_capacity(queries.len());
        for (query, inverses) in inverses.chunks(quotients.len()).enumerate() {
            // The sums of alpha^k p(x).
            let mut values = vec![Challenge::ZERO; quotients.len()];
            let mut terms = terms.iter();
            for (batch, (opening, claim)) in openings.iter().zip(claims).enumerate() {
                for (matrix, (row, at)) in
                    opening.opened_values[query].iter().zip(&claim.matrices).enumerate()
                {
                    let expected = row.len();
                    let wrong =
                        |(_, claim): &(usize, &PointOpening<Challenge>)| claim.values.len() != expected;
                    if let Some((point, claim)) = at.points.iter().enumerate().find(wrong) {
                        let got = claim.values.len();
                        return Err(FriError::PointEvaluationCountMismatch {
                            batch,
                            matrix,
                            point,
                            expected,
                            got,
                        });
                    }
                    let mut combined = Challenge::ZERO;
                    add_dot(&mut combined, &powers[..expected], row);
                    for term in terms.by_ref().take(at.points.len()) {
                        add_product(&mut values[term.quotient], term.shift, combined);
                    }
                }
            }
            let mut sums: FriOpenings<Challenge> = heights.iter().map(|&h| (h, Challenge::ZERO)).collect();
            for ((quotient, value), &inverse) in quotients.iter().zip(values).zip(inverses) {
                add_product(&mut sums[quotient.height].1, quotient.value - value, inverse);
            }
            // A function of one row is constant, so its quotient is zero.
            if sums.iter().any(|(height, sum)| *height == self.fri.log_blowup && !sum.is_zero()) {
                return Err(FriError::FinalPolyMismatch);
            }
            all.push(sums);
        }
        Ok(all)
    }

    /// As many powers of alpha as there are columns and points at any one height.
    fn powers(&self, claims: &[Claims], alpha: Challenge) -> Vec<Challenge> {
        let mut counts = BTreeMap::<usize, usize>::new();
        for matrix in claims.iter().flat_map(|claim| &claim.matrices) {
            let count = counts.entry(self.log_height(matrix)).or_default();
            *count += matrix.points.iter().map(|point| point.values.len()).sum::<usize>();
        }
        alpha.powers().collect_n(counts.into_values().max().unwrap_or(0))
    }

    /// The quotients, and each matrix's terms in them, in the order commitment, matrix, point.
    fn quotients(
        &self,
        claims: &[Claims],
        powers: &[Challenge],
        heights: &[usize],
    ) -> (Vec<Quotient>, Vec<Term>) {
        let (mut quotients, mut terms) = (Vec::<Quotient>::new(), Vec::new());
        // How many powers of alpha are taken at each height.
        let mut taken = vec![0; heights.len()];
        for (batch, claim) in claims.iter().enumerate() {
            for (matrix, opening) in claim.matrices.iter().enumerate() {
                let log_height = self.log_height(opening);
                let height = heights.iter().position(|&h| h == log_height).expect("a height of the claims'");
                for (point, claim) in opening.points.iter().enumerate() {
                    let is_it = |q: &Quotient| (q.height, q.point) == (height, claim.point);
                    let quotient = quotients.iter().position(is_it).unwrap_or_else(|| {
                        let first = [batch, matrix, point];
                        quotients.push(Quotient {
                            height,
                            point: claim.point,
                            value: Challenge::ZERO,
                            first,
                        });
                        quotients.len() - 1
                    });
                    let powers = &powers[taken[height]..];
                    for (&power, &value) in powers.iter().zip(&claim.values) {
                        add_product(&mut quotients[quotient].value, power, value);
                    }
                    // There is a power for every column; without columns none is needed.
                    terms.push(Term { quotient, shift: powers.first().copied().unwrap_or_default() });
                    taken[height] += claim.values.len();
                }
            }
        }
        (quotients, terms)
    }
}

/// The point of the coset of this height that an index means.
fn point(index: usize, log_height: usize) -> Val {
    let exponent = reverse_bits_len(index, log_height) as u64;
    Val::GENERATOR * Val::two_adic_generator(log_height).exp_u64(exponent)
}
