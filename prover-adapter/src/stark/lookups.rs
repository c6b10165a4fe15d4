//! The columns of the lookup argument: running sum first, then a column of fractions for each group of messages.

use ember_verifier::params::{Challenge, Val};
use p3_air::{Air, RowWindow};
use p3_field::{BasedVectorSpace, PackedFieldExtension, PackedValue, PrimeCharacteristicRing};
use p3_matrix::Matrix as _;
use rayon::prelude::*;

use super::folder::{Folder, Found, Message};
use super::rows::{LANES, invert, pack};
use super::{DIMENSION, Matrix, PACKS, PackedChallenge, PackedVal, TableKey};

/// The columns, as columns of the base field, and their sum over all rows.
pub(super) fn columns(
    key: &TableKey,
    trace: &Matrix,
    publics: &[Val],
    messages: &[Message],
) -> (Matrix, Challenge) {
    let (height, width) = (trace.height(), trace.width());
    let out_width = DIMENSION * (key.columns.len() + 1);
    let mut out = Val::zero_vec(height * out_width);
    let chunk = PACKS * LANES;
    let sums: Vec<Challenge> = out
        .par_chunks_mut(chunk * out_width)
        .enumerate()
        .map_init(Scratch::default, |scratch, (number, out)| {
            let start = number * chunk;
            let rows = out.len() / out_width;
            let packs = rows.div_ceil(LANES);
            let Scratch { current, next, found, prefix } = scratch;
            found.denominators.clear();
            found.counts.clear();
            for at in (0..packs).map(|i| start + i * LANES) {
                current.clear();
                next.clear();
                pack(current, &trace.values, width, |lane| (at + lane) % height);
                if key.table.reads_next_row() {
                    pack(next, &trace.values, width, |lane| (at + lane + 1) % height);
                }
                key.table.eval(&mut Folder::<'_, false> {
                    current,
                    next,
                    publics,
                    selectors: [PackedVal::ZERO; 3],
                    messages: messages.iter(),
                    none: RowWindow::from_two_rows(&[], &[]),
                    found,
                });
            }
            invert(&mut found.denominators, prefix);
            let each = messages.len();
            let mut sum = Challenge::ZERO;
            for pack in 0..packs {
                let inverses = &found.denominators[pack * each..][..each];
                let counts = &found.counts[pack * each..][..each];
                let lanes = LANES.min(rows - pack * LANES);
                let out = &mut out[pack * LANES * out_width..][..lanes * out_width];
                let mut total = PackedChallenge::ZERO;
                for (column, members) in key.columns.iter().enumerate() {
                    let fraction =
                        members.iter().fold(PackedChallenge::ZERO, |f, &i| f + inverses[i] * counts[i]);
                    total += fraction;
                    let coordinates: &[PackedVal] = fraction.as_basis_coefficients_slice();
                    for (lane, row) in out.chunks_exact_mut(out_width).enumerate() {
                        let cells = &mut row[DIMENSION * (column + 1)..][..DIMENSION];
                        for (cell, coordinate) in cells.iter_mut().zip(coordinates) {
                            *cell = coordinate.as_slice()[lane];
                        }
                    }
                }
                for (lane, row) in out.chunks_exact_mut(out_width).enumerate() {
                    row[..DIMENSION].copy_from_slice(sum.as_basis_coefficients_slice());
                    let own: Challenge = total.extract(lane);
                    sum += own;
                }
            }
            sum
        })
        .collect();
    let mut total = Challenge::ZERO;
    let before: Vec<Challenge> = sums
        .into_iter()
        .map(|sum| {
            let before = total;
            total += sum;
            before
        })
        .collect();
    out.par_chunks_mut(chunk * out_width).zip(before).skip(1).for_each(|(out, before)| {
        let before: &[Val] = before.as_basis_coefficients_slice();
        for row in out.chunks_exact_mut(out_width) {
            for (cell, &before) in row.iter_mut().zip(before) {
                *cell += before;
            }
        }
    });
    (Matrix::new(out, out_width), total)
}

#[derive(Default)]
struct Scratch {
    current: Vec<PackedVal>,
    next: Vec<PackedVal>,
    found: Found,
    prefix: Vec<PackedChallenge>,
}
