//! Quotients: all constraints in one polynomial, divided by the one that vanishes on the trace's domain.
//!
//! Rows are read in bit-reversed order, as the commitment holds them. There the rows after as many neighbouring rows
//! as a register has lanes are neighbouring rows again.

use ember_verifier::params::{self, Challenge, Val};
use p3_air::{Air, RowWindow};
use p3_field::{
    Algebra, BasedVectorSpace, Field, PackedFieldExtension, PrimeCharacteristicRing, TwoAdicField,
};
use p3_matrix::Matrix as _;
use p3_util::reverse_bits_len;
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
    let height = extended.main.height() >> params::LOG_BLOWUP;
    let combiner = Combiner::new(key, extended, publics, messages, terminal, alpha);
    let order = Order::new(height, key.log_chunks);
    let mut values = Challenge::zero_vec(height << key.log_chunks);
    values
        .par_chunks_mut(order.task * order.lanes())
        .enumerate()
        .for_each_init(Scratch::default, |scratch, (number, out)| {
            combiner.fill(&order, number * order.task, out, scratch)
        });
    let generator = Val::two_adic_generator(order.log_size);
    (0..1 << key.log_chunks)
        .map(|number| {
            // Polynomial `k` is committed where its number stands in bit-reversed order; its values are at the
            // points `generator^k Val::GENERATOR x` of the subgroup's `x`.
            let mut cells = Val::zero_vec(height * DIMENSION);
            cells.par_chunks_mut(DIMENSION * PACKS * LANES).enumerate().for_each(|(chunk, cells)| {
                for (i, cells) in cells.chunks_exact_mut(DIMENSION).enumerate() {
                    let natural = ((chunk * PACKS * LANES + i) << key.log_chunks) + number;
                    cells.copy_from_slice(values[order.place(natural)].as_basis_coefficients_slice());
                }
            });
            low_degree_extension(Matrix::new(cells, DIMENSION), generator.exp_u64(number as u64).inverse())
        })
        .collect()
}

/// The order in which points are computed. Blocks of neighbouring rows follow each other as rows do in the trace, so
/// that most blocks of next rows are the blocks of current rows that come next.
struct Order {
    log_size: usize,
    log_blocks: usize,
    log_chunks: usize,
    /// Blocks of a task.
    task: usize,
}

impl Order {
    fn new(height: usize, log_chunks: usize) -> Self {
        let log_size = height.ilog2() as usize + log_chunks;
        let log_blocks = log_size.saturating_sub(LANES.ilog2() as usize);
        Self { log_size, log_blocks, log_chunks, task: PACKS.min(1 << log_blocks) }
    }

    /// Points of a block.
    fn lanes(&self) -> usize {
        1 << (self.log_size - self.log_blocks)
    }

    /// Bits of a block's number that say to which polynomial it belongs.
    fn split(&self) -> usize {
        self.log_chunks.min(self.log_blocks)
    }

    /// The first row of the block at a position.
    fn start(&self, position: usize) -> usize {
        let rest = self.log_blocks - self.split();
        let natural = ((position & ((1 << rest) - 1)) << self.split()) + (position >> rest);
        reverse_bits_len(natural, self.log_blocks) * LANES
    }

    /// Where the value at a point is, by the point's number in natural order.
    fn place(&self, natural: usize) -> usize {
        let block = natural & ((1 << self.log_blocks) - 1);
        let lane = reverse_bits_len(natural >> self.log_blocks, self.log_size - self.log_blocks);
        let rest = self.log_blocks - self.split();
        let position = ((block & ((1 << self.split()) - 1)) << rest) + (block >> self.split());
        (position / self.task * self.lanes() + lane) * self.task + position % self.task
    }
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
        let log_height = extended.main.height().ilog2() as usize - params::LOG_BLOWUP;
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
            base_weights: core::array::from_fn(coordinate),
            lookup_weights,
            last: Val::two_adic_generator(log_height).inverse(),
            vanishing,
        }
    }

    /// Values of the quotient on a task's blocks, from a position on, by lane and block.
    fn fill(&self, order: &Order, first: usize, out: &mut [Challenge], scratch: &mut Scratch) {
        let Scratch { current, next, permutation, sum_next, denominators, prefix, found, lookups } = scratch;
        let (size, log_size) = (1 << order.log_size, order.log_size);
        let Extended { main, permutation: columns, points } = self.extended;
        let one = PackedVal::ONE;
        let last_point = PackedVal::from(self.last);

        denominators.clear();
        for block in 0..order.task {
            let x = pack_points(points, size, order.start(first + block));
            denominators.extend([x - one, x - last_point]);
        }
        invert_base(denominators, prefix);

        let mut following = None;
        for (block, inverses) in denominators.chunks_exact(2).enumerate() {
            let at = order.start(first + block);
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

            permutation.clear();
            sum_next.clear();
            if following == Some(core::array::from_fn(row)) {
                core::mem::swap(current, next);
            } else {
                current.clear();
                pack(current, &main.values, main.width(), row);
            }
            if self.key.table.reads_next_row() {
                next.clear();
                pack(next, &main.values, main.width(), |lane| next_rows[lane]);
                following = Some(next_rows);
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
            for (lane, values) in out.chunks_exact_mut(order.task).enumerate() {
                values[block] = quotient.extract(lane);
            }
        }
    }
}
