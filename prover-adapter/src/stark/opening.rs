//! Openings: values of all columns at the points asked for, and the polynomial whose low degree proves them.

use core::marker::PhantomData;
use std::collections::BTreeMap;

use ember_verifier::params::{self, Challenge, ChallengeMmcs, Challenger, Config, Val, ValMmcs};
use p3_batch_stark::PcsProof;
use p3_commit::{Mmcs, OpeningRequest};
use p3_field::{
    Algebra, BasedVectorSpace, Field, FieldArray, PackedFieldExtension, PrimeCharacteristicRing, dot_product,
};
use p3_fri::{BatchMultiOpening, PcsProverTranscript, PcsShape, TwoAdicFriFolding, prover};
use p3_matrix::Matrix as _;
use p3_matrix::interpolation::{Interpolate, compute_adjusted_weights};
use rayon::prelude::*;

use super::rows::{LANES, invert, pack, pack_points};
use super::{DIMENSION, Matrix, PACKS, PackedChallenge, PackedVal};

type Data = <ValMmcs as Mmcs<Val>>::ProverData<Matrix>;
/// By matrix and point: the columns' values.
type Opened = Vec<Vec<Vec<Challenge>>>;

/// Opens commitments, each matrix at its points, and proves the values.
pub(super) fn open<const N: usize>(
    mmcs: &ValMmcs,
    coset: &[Val],
    data: &[&Data; N],
    asked: Vec<Vec<Vec<Challenge>>>,
    challenger: &mut Challenger,
) -> Result<([Opened; N], PcsProof<Config>), String> {
    let fri = params::fri_parameters();
    let matrices: Vec<Vec<&Matrix>> = data.iter().map(|data| mmcs.get_matrices(data)).collect();
    let opened = tracing::info_span!("evaluate").in_scope(|| evaluate(coset, &matrices, &asked));

    let mut transcript = PcsProverTranscript::<Challenger, Val, Challenge>::new(
        challenger,
        PcsShape::from_opened_values::<Challenge, ChallengeMmcs>(&fri, &opened),
    );
    transcript.claimed_openings(&opened);
    let (alpha, witness) = transcript.batch_phase();
    let witness = witness.unwrap_or(Val::ZERO);

    let inputs = tracing::info_span!("reduce").in_scope(|| {
        let mut classes: BTreeMap<usize, Class<'_>> = BTreeMap::new();
        for ((matrices, points), opened) in matrices.iter().zip(&asked).zip(&opened) {
            for ((matrix, points), opened) in matrices.iter().zip(points).zip(opened) {
                classes.entry(matrix.height()).or_default().add(matrix, points, opened, alpha);
            }
        }
        let widest = matrices.iter().flatten().map(|m| m.width()).max().unwrap_or(0);
        let powers: Vec<Challenge> = alpha.powers().take(widest).collect();
        let powers: [Vec<Val>; DIMENSION] =
            core::array::from_fn(|d| powers.iter().map(|p| p.as_basis_coefficients_slice()[d]).collect());
        classes
            .into_iter()
            .rev()
            .map(|(height, class)| class.reduce(&coset[..height], &powers))
            .collect::<Vec<_>>()
    });
    let log_max_height = inputs[0].len().ilog2() as usize;
    let requests: Vec<OpeningRequest<'_, Data, Challenge>> =
        data.iter().zip(asked).map(|(&prover_data, points)| OpeningRequest { prover_data, points }).collect();
    let folding =
        TwoAdicFriFolding::<Vec<BatchMultiOpening<Val, ValMmcs>>, <ValMmcs as Mmcs<Val>>::Error>(PhantomData);
    let proof = transcript.delegate(|challenger| {
        prover::prove_fri(&folding, &fri, inputs, challenger, log_max_height, &requests, mmcs, witness)
    });
    match proof {
        Ok(proof) => {
            transcript.finish();
            let opened = opened.try_into().unwrap_or_else(|_| unreachable!("one for each commitment"));
            Ok((opened, proof))
        }
        Err(error) => {
            transcript.abort();
            Err(format!("{error:?}"))
        }
    }
}

/// `1 / (point - x)` for every `x`.
fn inverse_denominators(point: Challenge, xs: &[Val]) -> Vec<Challenge> {
    let mut out = Challenge::zero_vec(xs.len());
    out.par_chunks_mut(PACKS * LANES).enumerate().for_each_init(
        || (Vec::new(), Vec::new()),
        |(values, prefix), (number, out)| {
            let start = number * PACKS * LANES;
            values.clear();
            values.extend(
                (start..start + out.len())
                    .step_by(LANES)
                    .map(|at| PackedChallenge::from(point) - pack_points(xs, xs.len(), at)),
            );
            invert(values, prefix);
            for (out, value) in out.chunks_mut(LANES).zip(values.iter()) {
                for (lane, out) in out.iter_mut().enumerate() {
                    *out = value.extract(lane);
                }
            }
        },
    );
    out
}

/// Values of all columns at all points, by barycentric interpolation.
fn evaluate(coset: &[Val], matrices: &[Vec<&Matrix>], asked: &[Vec<Vec<Challenge>>]) -> Vec<Opened> {
    // The first rows of a commitment are those of a smaller coset, as many as the polynomials need.
    let rows = |matrix: &Matrix| matrix.height() >> params::LOG_BLOWUP;
    let mut weights: Vec<(Challenge, Vec<Challenge>)> = Vec::new();
    for (matrix, points) in matrices.iter().flatten().zip(asked.iter().flatten()) {
        for &point in points {
            match weights.iter_mut().find(|(p, _)| *p == point) {
                Some((_, weights)) if weights.len() >= rows(matrix) => {}
                found => {
                    let new =
                        compute_adjusted_weights(point, &inverse_denominators(point, &coset[..rows(matrix)]));
                    match found {
                        Some((_, weights)) => *weights = new,
                        None => weights.push((point, new)),
                    }
                }
            }
        }
    }
    let of = |point: Challenge| &weights.iter().find(|(p, _)| *p == point).expect("worked out above").1;
    // Weights of both points of a matrix, side by side, so that its cells are read once.
    let mut pairs: BTreeMap<usize, Vec<FieldArray<Challenge, 2>>> = BTreeMap::new();
    for (matrix, points) in matrices.iter().flatten().zip(asked.iter().flatten()) {
        if let [first, second] = points[..] {
            pairs.entry(rows(matrix)).or_insert_with(|| {
                let both = of(first).par_iter().zip(of(second)).take(rows(matrix));
                both.map(|(&a, &b)| FieldArray([a, b])).collect()
            });
        }
    }
    let values = |matrix: &Matrix, points: &[Challenge]| -> Vec<Vec<Challenge>> {
        let (low, _) = matrix.split_rows(rows(matrix));
        let [first, second] = points[..] else {
            let single = |&point: &Challenge| {
                low.interpolate_coset_with_precomputation(Val::GENERATOR, point, &of(point)[..rows(matrix)])
            };
            return points.iter().map(single).collect();
        };
        // The factor that `interpolate_coset_with_precomputation` applies.
        let log_rows = rows(matrix).ilog2() as usize;
        let start = Val::GENERATOR.exp_power_of_2(log_rows);
        let factor = |point: Challenge| {
            point * (point.exp_power_of_2(log_rows) - start) * start.mul_2exp_u64(log_rows as u64).inverse()
        };
        let factors = [factor(first), factor(second)];
        let sums = low.columnwise_dot_product_batched::<Challenge, 2>(&pairs[&rows(matrix)]);
        (0..2).map(|i| sums.iter().map(|sum| sum.0[i] * factors[i]).collect()).collect()
    };
    matrices
        .iter()
        .zip(asked)
        .map(|(matrices, points)| matrices.iter().zip(points).map(|(m, points)| values(m, points)).collect())
        .collect()
}

/// The matrices of one height.
#[derive(Default)]
struct Class<'a> {
    /// Claims so far: the exponent of the next.
    claims: u64,
    points: Vec<Challenge>,
    /// By point: the sum of the claimed values with their weights.
    claimed: Vec<Challenge>,
    /// The matrices, and the points where each is opened with the weight of its first column there.
    matrices: Vec<(&'a Matrix, Vec<(usize, Challenge)>)>,
}

impl<'a> Class<'a> {
    fn add(&mut self, matrix: &'a Matrix, points: &[Challenge], opened: &[Vec<Challenge>], alpha: Challenge) {
        let mut at = Vec::with_capacity(points.len());
        for (&point, values) in points.iter().zip(opened) {
            let index = self.points.iter().position(|&p| p == point).unwrap_or_else(|| {
                self.points.push(point);
                self.claimed.push(Challenge::ZERO);
                self.points.len() - 1
            });
            let weight = alpha.exp_u64(self.claims);
            let value: Challenge = dot_product(alpha.powers(), values.iter().copied());
            self.claimed[index] += weight * value;
            self.claims += values.len() as u64;
            at.push((index, weight));
        }
        self.matrices.push((matrix, at));
    }

    /// At every `x`: the sum over the points `z` of `(values at z - values at x) / (z - x)`, weighted.
    fn reduce(&self, xs: &[Val], powers: &[Vec<Val>; DIMENSION]) -> Vec<Challenge> {
        let size = xs.len();
        let count = self.points.len();
        let mut out = Challenge::zero_vec(size);
        out.par_chunks_mut(PACKS * LANES).enumerate().for_each_init(
            || (Vec::new(), Vec::new(), Vec::new(), Vec::new()),
            |(inverses, prefix, row, sums), (number, out)| {
                let start = number * PACKS * LANES;
                inverses.clear();
                for at in (start..start + out.len()).step_by(LANES) {
                    let x = pack_points(xs, size, at);
                    inverses.extend(self.points.iter().map(|&point| PackedChallenge::from(point) - x));
                }
                invert(inverses, prefix);
                for ((at, out), inverses) in
                    (start..).step_by(LANES).zip(out.chunks_mut(LANES)).zip(inverses.chunks_exact(count))
                {
                    sums.clear();
                    sums.extend(self.claimed.iter().map(|&claimed| PackedChallenge::from(claimed)));
                    for (matrix, points) in &self.matrices {
                        row.clear();
                        pack(row, &matrix.values, matrix.width(), |lane| (at + lane) % size);
                        let value = PackedChallenge::from_basis_coefficients_fn(|d| {
                            PackedVal::batched_linear_combination(row, &powers[d][..row.len()])
                        });
                        for &(point, weight) in points {
                            sums[point] -= value * weight;
                        }
                    }
                    let total = sums
                        .iter()
                        .zip(inverses)
                        .fold(PackedChallenge::ZERO, |total, (&sum, &inverse)| total + sum * inverse);
                    for (lane, value) in out.iter_mut().enumerate() {
                        *value = total.extract(lane);
                    }
                }
            },
        );
        out
    }
}
