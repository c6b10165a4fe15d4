//! The matrix of permutations of Keccak.

use ember_verifier::air::{KECCAK_ROTATIONS, KECCAK_ROUND_CONSTANTS, KECCAK_ROWS, KeccakCols};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::super::{Matrix, flag, limbs, matrix, one_hot, val};
use super::check_pointer;
use crate::accel::{Call, Keccak};
use crate::ranges::Ranges;

/// A round.
struct Row {
    round: usize,
    initial: [u64; 25],
    /// The state before the round.
    a: [u64; 25],
    /// On the last row of an ecall.
    call: Option<Call>,
}

pub(in super::super) fn keccak(calls: &[Keccak], ranges: &mut Ranges) -> Option<Matrix> {
    if calls.is_empty() {
        return None;
    }
    let height = (calls.len() * KECCAK_ROWS).next_power_of_two();
    let mut rows = Vec::with_capacity(height + KECCAK_ROWS);
    for keccak in calls {
        let state = &keccak.state;
        rounds(
            core::array::from_fn(|i| u64::from(state[2 * i]) | u64::from(state[2 * i + 1]) << 32),
            Some(keccak.call),
            &mut rows,
        );
    }
    // Padding rows are rounds too, of permutations of zero, the last of which may be cut.
    while rows.len() < height {
        rounds([0; 25], None, &mut rows);
    }
    rows.truncate(height);
    matrix(KeccakCols::<()>::WIDTH, &rows, ranges, |row, cells, ranges| columns(row, ranges).write(cells))
}

fn rounds(initial: [u64; 25], call: Option<Call>, rows: &mut Vec<Row>) {
    let mut a = initial;
    for round in 0..KECCAK_ROWS {
        let call = call.filter(|_| round + 1 == KECCAK_ROWS);
        rows.push(Row { round, initial, a, call });
        a = Round::of(&a, round).out();
    }
}

/// What a round goes through: parities by column, lanes by `5 y + x`.
struct Round {
    parity: [u64; 5],
    mixed: [u64; 5],
    theta: [u64; 25],
    chi: [u64; 25],
    iota: u64,
}

impl Round {
    fn of(a: &[u64; 25], round: usize) -> Self {
        let parity: [u64; 5] = core::array::from_fn(|x| (0..5).fold(0, |p, y| p ^ a[5 * y + x]));
        let mixed: [u64; 5] =
            core::array::from_fn(|x| parity[x] ^ parity[(x + 4) % 5] ^ parity[(x + 1) % 5].rotate_left(1));
        let theta: [u64; 25] = core::array::from_fn(|i| a[i] ^ parity[i % 5] ^ mixed[i % 5]);
        let mut moved = [0; 25];
        for (i, lane) in theta.into_iter().enumerate() {
            let (x, y) = (i % 5, i / 5);
            moved[5 * ((2 * x + 3 * y) % 5) + y] = lane.rotate_left(KECCAK_ROTATIONS[i]);
        }
        let chi: [u64; 25] = core::array::from_fn(|i| {
            let row = 5 * (i / 5);
            moved[i] ^ !moved[row + (i + 1) % 5] & moved[row + (i + 2) % 5]
        });
        Self { parity, mixed, theta, chi, iota: chi[0] ^ KECCAK_ROUND_CONSTANTS[round] }
    }

    /// The state after the round.
    fn out(&self) -> [u64; 25] {
        let mut out = self.chi;
        out[0] = self.iota;
        out
    }
}

/// Bits of lanes, from the lowest.
fn bits<const N: usize>(lanes: &[u64]) -> [Val; N] {
    core::array::from_fn(|i| flag(lanes[i / 64] >> (i % 64) & 1 == 1))
}

/// Limbs of lanes, of 16 bits each.
fn lane_limbs<const N: usize>(lanes: &[u64]) -> [Val; N] {
    core::array::from_fn(|i| val((lanes[i / 4] >> (16 * (i % 4)) & 0xffff) as u32))
}

fn columns(row: &Row, ranges: &mut Ranges) -> KeccakCols<Val> {
    let round = Round::of(&row.a, row.round);
    let mut cols = KeccakCols {
        number: one_hot(row.round),
        initial: lane_limbs(&row.initial),
        a: lane_limbs(&row.a),
        parity: bits(&round.parity),
        mixed: bits(&round.mixed),
        theta: bits(&round.theta),
        chi: lane_limbs(&round.chi),
        first: bits(&round.chi[..1]),
        iota: lane_limbs(&[round.iota]),
        ..Default::default()
    };
    if let Some(Call { clk, args: [state, a1, a2], .. }) = row.call {
        check_pointer(state, ranges);
        cols.call = Val::ONE;
        cols.clk = val(clk);
        cols.state = limbs(state);
        cols.unused = core::array::from_fn(|i| limbs([a1, a2][i / 2])[i % 2]);
    }
    cols
}
