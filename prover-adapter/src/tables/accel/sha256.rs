//! The matrix of SHA-256 compressions.

use ember_verifier::air::{SHA256_ROUND_CONSTANTS, SHA256_ROWS, Sha256Cols};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::super::{Matrix, bits, flag, limbs, matrix, one_hot, val};
use super::check_pointer;
use crate::accel::Sha256;
use crate::ranges::Ranges;

/// A row's words, before the columns that depend on its neighbours.
#[derive(Clone, Copy, Default)]
struct Row {
    /// The compression and the row's number in it; `None` on padding.
    at: Option<(usize, usize)>,
    a: [u32; 2],
    e: [u32; 2],
    w: [u32; 2],
    /// Carries out of both limbs of a0, a1, e0, e1, and of w0, w1.
    carry: [[u32; 2]; 6],
    initial: [u32; 8],
}

/// Limbs of a sum, not reduced.
type Sum = [u32; 2];

fn add(words: &[Sum]) -> Sum {
    words.iter().fold([0, 0], |[a, b], [c, d]| [a + c, b + d])
}

fn split(word: u32) -> Sum {
    [word & 0xffff, word >> 16]
}

fn big_sigma0(a: u32) -> u32 {
    a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22)
}

fn big_sigma1(e: u32) -> u32 {
    e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25)
}

fn sigma0(w: u32) -> u32 {
    w.rotate_right(7) ^ w.rotate_right(18) ^ w >> 3
}

fn sigma1(w: u32) -> u32 {
    w.rotate_right(17) ^ w.rotate_right(19) ^ w >> 10
}

fn t(a: u32, b: u32, c: u32) -> Sum {
    add(&[split(big_sigma0(a)), split(a & b ^ a & c ^ b & c)])
}

fn s(e: u32, f: u32, g: u32) -> Sum {
    add(&[split(big_sigma1(e)), split(e & f ^ !e & g)])
}

/// The sum modulo 2^32, and the carries out of both limbs.
fn reduce([low, high]: Sum) -> (u32, [u32; 2]) {
    let high = high + (low >> 16);
    (high << 16 | low & 0xffff, [low >> 16, high >> 16])
}

/// The rows of the `n`th compression.
fn rows(n: usize, call: &Sha256) -> [Row; SHA256_ROWS] {
    let h = call.state;
    // Members of the sequences, and their carries.
    let (mut a, mut e) = (vec![h[3], h[2], h[1], h[0]], vec![h[7], h[6], h[5], h[4]]);
    let (mut a_carry, mut e_carry) = (vec![[0, 0]; 4], vec![[0, 0]; 4]);
    let mut w: Vec<(u32, [u32; 2])> = call.block.iter().map(|word| (word.swap_bytes(), [0, 0])).collect();
    for round in 16..64 {
        let terms =
            [sigma1(w[round - 2].0), w[round - 7].0, sigma0(w[round - 15].0), w[round - 16].0].map(split);
        w.push(reduce(add(&terms)));
    }
    for (round, &(w, _)) in w.iter().enumerate() {
        let at = |sequence: &[u32]| -> [u32; 4] { core::array::from_fn(|i| sequence[round + 3 - i]) };
        let ([a0, b, c, d], [e0, f, g, h]) = (at(&a), at(&e));
        let x = add(&[split(h), s(e0, f, g), split(SHA256_ROUND_CONSTANTS[round]), split(w)]);
        for (sequence, carries, sum) in
            [(&mut a, &mut a_carry, add(&[x, t(a0, b, c)])), (&mut e, &mut e_carry, add(&[x, split(d)]))]
        {
            let (word, carry) = reduce(sum);
            sequence.push(word);
            carries.push(carry);
        }
    }
    for (sequence, carries) in [(&mut a, &mut a_carry), (&mut e, &mut e_carry)] {
        for i in 0..4 {
            let (word, carry) = reduce(add(&[split(sequence[i]), split(sequence[64 + i])]));
            sequence.push(word);
            carries.push(carry);
        }
    }
    core::array::from_fn(|i| {
        let two = |sequence: &[u32]| [sequence[2 * i], sequence[2 * i + 1]];
        let round = (2..34).contains(&i);
        let (w0, w1) = if round { (w[2 * i - 4], w[2 * i - 3]) } else { Default::default() };
        let words = |j: usize| [a[2 * j], a[2 * j + 1], e[2 * j], e[2 * j + 1]];
        let initial = [words(i % 2), words((i + 1) % 2)].concat();
        Row {
            at: Some((n, i)),
            a: two(&a),
            e: two(&e),
            w: [w0.0, w1.0],
            carry: [a_carry[2 * i], a_carry[2 * i + 1], e_carry[2 * i], e_carry[2 * i + 1], w0.1, w1.1],
            initial: initial.try_into().expect("eight words"),
        }
    })
}

pub(in super::super) fn sha256(calls: &[Sha256], ranges: &mut Ranges) -> Option<Matrix> {
    if calls.is_empty() {
        return None;
    }
    let mut all: Vec<Row> = calls.iter().enumerate().flat_map(|(n, call)| rows(n, call)).collect();
    all.resize(all.len().next_power_of_two(), Row::default());
    let numbers: Vec<usize> = (0..all.len()).collect();
    matrix(Sha256Cols::<()>::WIDTH, &numbers, ranges, |&i, row, ranges| {
        // Before the first row there are rows of zeros.
        let back = |n: usize| i.checked_sub(n).map_or(Row::default(), |i| all[i]);
        columns(calls, ranges, back).write(row);
    })
}

fn columns(calls: &[Sha256], ranges: &mut Ranges, back: impl Fn(usize) -> Row) -> Sha256Cols<Val> {
    let (this, before) = (back(0), back(1));
    let flat = |sums: [Sum; 2]| -> [Val; 4] { core::array::from_fn(|i| val(sums[i / 2][i % 2])) };
    let mut cols = Sha256Cols::<Val> {
        a0: bits(this.a[0]),
        a1: bits(this.a[1]),
        e0: bits(this.e[0]),
        e1: bits(this.e[1]),
        w0: bits(this.w[0]),
        w1: bits(this.w[1]),
        carry: core::array::from_fn(|i| val(this.carry[i / 6][i / 3 % 2] >> (i % 3) & 1)),
        w_carry: core::array::from_fn(|i| val(this.carry[4 + i / 4][i / 2 % 2] >> (i % 2) & 1)),
        t: flat([t(this.a[1], this.a[0], before.a[1]), t(this.a[0], before.a[1], before.a[0])]),
        s: flat([s(this.e[1], this.e[0], before.e[1]), s(this.e[0], before.e[1], before.e[0])]),
        d: flat(before.a.map(split)),
        h: flat(before.e.map(split)),
        initial: core::array::from_fn(|i| limbs(this.initial[i / 2])[i % 2]),
        sigma: flat(this.w.map(sigma1).map(split)),
        ..Default::default()
    };
    for age in 0..7 {
        let base = back(age + 1);
        let mut even = vec![split(base.w[0]), split(sigma0(base.w[1]))];
        let mut odd = vec![split(base.w[1]), split(sigma0(back(age).w[0]))];
        if age >= 4 {
            even.push(split(back(age - 3).w[1]));
        }
        if age >= 5 {
            odd.push(split(back(age - 4).w[0]));
        }
        for (chain, sum) in [(&mut cols.even, even), (&mut cols.odd, odd)] {
            chain[2 * age..2 * age + 2].copy_from_slice(&add(&sum).map(val));
        }
    }
    let Some((n, i)) = this.at else { return cols };
    let call = &calls[n].call;
    cols.real = Val::ONE;
    cols.upper = one_hot(i / 6);
    cols.lower = one_hot(i % 6);
    cols.first = flag(i == 0);
    cols.load = flag((2..10).contains(&i));
    cols.round = flag((2..34).contains(&i));
    cols.out = flag(i >= 34);
    cols.clk = val(call.clk);
    cols.state = limbs(call.args[0]);
    cols.block = limbs(call.args[1]);
    if i == 0 {
        cols.a2 = limbs(call.args[2]);
        check_pointer(call.args[0], ranges);
        check_pointer(call.args[1], ranges);
    }
    cols
}
