//! Quotients: all constraints in one polynomial, divided by the one that vanishes on the trace's domain.
//!
//! Everything is in bit-reversed order, as the commitment holds it. There the rows after sixteen neighbouring rows
//! are sixteen neighbouring rows again, and the values that belong to one quotient polynomial are contiguous.

use ember_verifier::params::{Challenge, Val};
use p3_air::{Air, RowWindow};
use p3_field::{
    Algebra, BasedVectorSpace, Field, PackedFieldExtension, PrimeCharacteristicRing, TwoAdicField,
};
use p3_matrix::Matrix as _;
use p3_util::{reverse_bits_len, reverse_slice_index_bits};
use rayon::prelude::*;

use super::folder::{Folder, Found, Message};
use super::rows::{LANES, invert_base, pack, pack_points};
use super::{DIMENSION, Matrix, PACKS, PackedChallenge, PackedVal, TableKey, low_degree_extension};

/// A table's committed evaluations.
pub(super) struct Extended<'a> {
    pub(super) main: &'a Matrix,
    pub(super) permutation: &'a Matrix,
    /// The points at which they are taken, and more.
    pub(super) points: &'a [Val],
}

/// Evaluations of the quotient polynomials, ready to be committed.
pub(super) fn chunks(
    key: &TableKey,
    extended: &Extended<'_>,
    publics: &[Val],
    messages: &[Message],
    terminal: Challenge,
    alpha: Challenge,
) -> Vec<Matrix> {
    let height = extended.main.height() >> ember_verifier::params::LOG_BLOWUP;
    let size = height << key.log_chunks;
    let mut values = Challenge::zero_vec(size);
    let combiner = Combiner::new(key, extended, publics, messages, terminal, alpha);
    values.par_chunks_mut(PACKS * LANES).enumerate().for_each_init(
        Scratch::default,
        |scratch, (number, out)| {
            combiner.fill(number * PACKS * LANES, out, scratch);
        },
    );
    let generator = Val::two_adic_generator(size.ilog2() as usize);
    values
        .chunks_exact(height)
        .enumerate()
        .map(|(number, values)| {
            let mut values = values.to_vec();
            reverse_slice_index_bits(&mut values);
            let cells = values.iter().flat_map(|v| v.as_basis_coefficients_slice()).copied().collect();
            // Values of polynomial `k` are at the points `generator^k Val::GENERATOR x` of the subgroup's `x`.
            let k = reverse_bits_len(number, key.log_chunks);
            low_degree_extension(Matrix::new(cells, DIMENSION), generator.exp_u64(k as u64).inverse())
        })
        .collect()
}

#[derive(Default)]
struct Scratch {
    current: Vec<PackedVal>,
    next: Vec<PackedVal>,
    permutation: Vec<PackedVal>,
    sum_next: Vec<PackedVal>,
    denominators: Vec<PackedVal>,
    prefix: Vec<PackedVal>,
    found: Found,
    lookups: Vec<PackedChallenge>,
}

struct Combiner<'a> {
    key: &'a TableKey,
    extended: &'a Extended<'a>,
    publics: &'a [Val],
    messages: &'a [Message],
    terminal: Challenge,
    log_size: usize,
    /// Coordinates of the weights of the table's own constraints.
    base_weights: [Vec<Val>; DIMENSION],
    /// Weights of the lookups' constraints.
    lookup_weights: Vec<Challenge>,
    /// The trace domain's last point.
    last: Val,
    /// The vanishing polynomial on the points of each chunk, and its inverse.
    vanishing: Vec<(Val, Val)>,
}

impl<'a> Combiner<'a> {
    fn new(
        key: &'a TableKey,
        extended: &'a Extended<'a>,
        publics: &'a [Val],
        messages: &'a [Message],
        terminal: Challenge,
        alpha: Challenge,
    ) -> Self {
        let log_height = extended.main.height().ilog2() as usize - ember_verifier::params::LOG_BLOWUP;
        let total = key.constraints + key.columns.len() + 3;
        let mut weights: Vec<Challenge> = alpha.powers().take(total).collect();
        weights.reverse();
        let lookup_weights = weights.split_off(key.constraints);
        let coordinate = |d: usize| weights.iter().map(|w| w.as_basis_coefficients_slice()[d]).collect();
        let start = Val::GENERATOR.exp_power_of_2(log_height);
        let root = Val::two_adic_generator(key.log_chunks);
        let vanishing = (0..1 << key.log_chunks)
            .map(|number| {
                let k = reverse_bits_len(number, key.log_chunks);
                let z = start * root.exp_u64(k as u64) - Val::ONE;
                (z, z.inverse())
            })
            .collect();
        Self {
            key,
            extended,
            publics,
            messages,
            terminal,
            log_size: log_height + key.log_chunks,
            base_weights: core::array::from_fn(coordinate),
            lookup_weights,
            last: Val::two_adic_generator(log_height).inverse(),
            vanishing,
        }
    }

    /// Values of the quotient from a point on.
    fn fill(&self, start: usize, out: &mut [Challenge], scratch: &mut Scratch) {
        let Scratch { current, next, permutation, sum_next, denominators, prefix, found, lookups } = scratch;
        let (size, log_size) = (1 << self.log_size, self.log_size);
        let Extended { main, permutation: columns, points } = self.extended;
        let one = PackedVal::ONE;
        let last_point = PackedVal::from(self.last);

        denominators.clear();
        for at in (start..start + out.len()).step_by(LANES) {
            let x = pack_points(points, size, at);
            denominators.extend([x - one, x - last_point]);
        }
        invert_base(denominators, prefix);

        for ((at, out), inverses) in
            (start..).step_by(LANES).zip(out.chunks_mut(LANES)).zip(denominators.chunks_exact(2))
        {
            let row = |lane: usize| (at + lane) % size;
            // In natural order, the next row is a step of the trace's domain ahead.
            let next_row = |lane: usize| {
                let natural = reverse_bits_len(row(lane), log_size) + (1 << self.key.log_chunks);
                reverse_bits_len(natural % size, log_size)
            };
            let next_rows: [usize; LANES] = core::array::from_fn(next_row);
            let x = pack_points(points, size, at);
            let per_lane = |value: &dyn Fn(usize) -> Val| {
                use p3_field::PackedValue;
                PackedVal::from_fn(value)
            };
            let chunk = |lane: usize| row(lane) >> (log_size - self.key.log_chunks);
            let vanishing = per_lane(&|lane| self.vanishing[chunk(lane)].0);
            let inverse_vanishing = per_lane(&|lane| self.vanishing[chunk(lane)].1);
            let is_transition = x - last_point;
            let [is_first, is_last] = [inverses[0] * vanishing, inverses[1] * vanishing];

            current.clear();
            next.clear();
            permutation.clear();
            sum_next.clear();
            pack(current, &main.values, main.width(), row);
            if self.key.table.reads_next_row() {
                pack(next, &main.values, main.width(), |lane| next_rows[lane]);
            }
            pack(permutation, &columns.values, columns.width(), row);
            let sums: [&[Val]; LANES] = core::array::from_fn(|lane| {
                &columns.values[next_rows[lane] * columns.width()..][..DIMENSION]
            });
            sum_next.extend((0..DIMENSION).map(|d| per_lane(&|lane| sums[lane][d])));

            found.constraints.clear();
            found.denominators.clear();
            found.counts.clear();
            self.key.table.eval(&mut Folder::<'_, true> {
                current,
                next,
                publics: self.publics,
                selectors: [is_first, is_last, is_transition],
                messages: self.messages.iter(),
                none: RowWindow::from_two_rows(&[], &[]),
                found,
            });
            assert_eq!(found.constraints.len(), self.key.constraints, "the key knows every constraint");

            // A column's fraction f is that of its messages: f * product of denominators = numerator.
            let column = |i: usize| {
                PackedChallenge::from_basis_coefficients_slice(&permutation[DIMENSION * i..][..DIMENSION])
                    .expect("as many coordinates as the dimension")
            };
            lookups.clear();
            let sum = column(0);
            let mut row_sum = sum;
            for (i, members) in self.key.columns.iter().enumerate() {
                let fraction = column(i + 1);
                row_sum += fraction;
                let (mut numerator, mut product) = (PackedChallenge::ZERO, PackedChallenge::ONE);
                for (n, &m) in members.iter().enumerate() {
                    let (denominator, count) = (found.denominators[m], found.counts[m]);
                    if n == 0 {
                        (numerator, product) = (count.into(), denominator);
                    } else {
                        numerator = numerator * denominator + product * count;
                        product *= denominator;
                    }
                }
                lookups.push(product * fraction - numerator);
            }
            let next_sum = PackedChallenge::from_basis_coefficients_slice(sum_next)
                .expect("as many coordinates as the dimension");
            lookups.push(sum * is_first);
            lookups.push((next_sum - row_sum) * is_transition);
            lookups.push((PackedChallenge::from(self.terminal) - row_sum) * is_last);

            let own = PackedChallenge::from_basis_coefficients_fn(|d| {
                PackedVal::batched_linear_combination(&found.constraints, &self.base_weights[d])
            });
            let folded = own + PackedChallenge::batched_linear_combination(lookups, &self.lookup_weights);
            let quotient = folded * inverse_vanishing;
            for (lane, value) in out.iter_mut().enumerate() {
                *value = quotient.extract(lane);
            }
        }
    }
}
