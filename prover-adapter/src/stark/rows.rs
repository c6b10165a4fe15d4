//! Rows in registers: a vector for each column, holding it on as many rows as the register has lanes.

use ember_verifier::params::Val;
use p3_field::coset::TwoAdicMultiplicativeCoset;
use p3_field::{Field, PackedFieldExtension, PackedValue, PrimeCharacteristicRing};
use p3_util::reverse_slice_index_bits;

use super::{Challenge, PackedChallenge, PackedVal};

/// Rows that are computed at once.
pub(super) const LANES: usize = PackedVal::WIDTH;

/// The points of the commitment's coset of this size, in bit-reversed order: a prefix holds the smaller cosets.
pub(super) fn coset_points(log_size: usize) -> Vec<Val> {
    let coset =
        TwoAdicMultiplicativeCoset::new(Val::GENERATOR, log_size).expect("within the field's two-adicity");
    let mut points: Vec<Val> = coset.iter().collect();
    reverse_slice_index_bits(&mut points);
    points
}

/// Puts rows into registers; `row` says which for each lane.
#[inline]
pub(super) fn pack(out: &mut Vec<PackedVal>, values: &[Val], width: usize, row: impl Fn(usize) -> usize) {
    let rows: [&[Val]; LANES] = core::array::from_fn(|lane| &values[row(lane) * width..][..width]);
    out.extend((0..width).map(|column| PackedVal::from_fn(|lane| rows[lane][column])));
}

/// Points in registers, repeated where there are fewer than lanes.
#[inline]
pub(super) fn pack_points(points: &[Val], size: usize, start: usize) -> PackedVal {
    PackedVal::from_fn(|lane| points[(start + lane) % size])
}

/// Replaces packed challenges by their inverses; `prefix` is scratch.
///
/// # Panics
/// If one of them is zero, which for random challenges is as likely as a forgery.
pub(super) fn invert(values: &mut [PackedChallenge], prefix: &mut Vec<PackedChallenge>) {
    prefix.clear();
    let mut product = PackedChallenge::ONE;
    for &value in values.iter() {
        prefix.push(product);
        product *= value;
    }
    let lanes: [Challenge; LANES] = core::array::from_fn(|lane| product.extract(lane));
    let inverses = p3_field::batch_multiplicative_inverse(&lanes);
    let mut inverse = PackedChallenge::from_ext_fn(|lane| inverses[lane]);
    for (value, &before) in values.iter_mut().zip(prefix.iter()).rev() {
        let old = *value;
        *value = inverse * before;
        inverse *= old;
    }
}

/// The same for elements of the base field.
pub(super) fn invert_base(values: &mut [PackedVal], prefix: &mut Vec<PackedVal>) {
    prefix.clear();
    let mut product = PackedVal::ONE;
    for &value in values.iter() {
        prefix.push(product);
        product *= value;
    }
    let lanes: [Val; LANES] = core::array::from_fn(|lane| product.as_slice()[lane]);
    let inverses = p3_field::batch_multiplicative_inverse(&lanes);
    let mut inverse = PackedVal::from_fn(|lane| inverses[lane]);
    for (value, &before) in values.iter_mut().zip(prefix.iter()).rev() {
        let old = *value;
        *value = inverse * before;
        inverse *= old;
    }
}
