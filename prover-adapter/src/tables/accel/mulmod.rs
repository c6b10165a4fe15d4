//! The matrix of modular multiplications.

use ember_verifier::air::{MUL_MOD_CARRY, MulModCols};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;
use ruint::aliases::{U256, U512};

use super::super::{Matrix, flag, limbs, matrix, one_hot, val};
use super::check_pointer;
use crate::accel::MulMod;
use crate::ranges::Ranges;

pub(in super::super) fn mul_mod(calls: &[MulMod], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(MulModCols::<()>::WIDTH, calls, ranges, |call, row, ranges| columns(call, ranges).write(row))
}

/// Bytes of an integer of eight words.
fn bytes(words: &[u32; 8]) -> [u8; 32] {
    core::array::from_fn(|i| words[i / 4].to_le_bytes()[i % 4])
}

/// Limbs of 16 bits.
fn halves(words: &[u32; 8]) -> [u32; 16] {
    core::array::from_fn(|i| words[i / 2] >> (16 * (i % 2)) & 0xffff)
}

/// The product's quotient by the modulus, or by 2^256 where that is zero.
fn quotient(call: &MulMod) -> [u8; 64] {
    let integer = |words: &[u32; 8]| U256::from_le_bytes(bytes(words));
    let product: U512 = integer(&call.x).widening_mul(integer(&call.y));
    let m = integer(&call.m);
    let modulus = if m.is_zero() { U512::ONE << 256 } else { U512::from(m) };
    (product / modulus).to_le_bytes()
}

/// The carries of [`MulModCols`], without what is added to them.
fn carries(x: &[u8], y: &[u8], modulus: &[u8; 33], quotient: &[u8], result: &[u32; 16]) -> [i32; 31] {
    let mut places = [0i32; 96];
    for (i, &x) in x.iter().enumerate() {
        for (j, &y) in y.iter().enumerate() {
            places[i + j] += i32::from(x) * i32::from(y);
        }
    }
    for (i, &m) in modulus.iter().enumerate() {
        for (j, &q) in quotient.iter().enumerate() {
            places[i + j] -= i32::from(m) * i32::from(q);
        }
    }
    let mut carry = 0;
    core::array::from_fn(|i| {
        let result = result.get(i).map_or(0, |&limb| limb as i32);
        carry += places[2 * i] + (places[2 * i + 1] << 8) - result;
        carry >>= 16;
        carry
    })
}

fn columns(call: &MulMod, ranges: &mut Ranges) -> MulModCols<Val> {
    let is_zero = call.m == [0; 8];
    let (x, y, m, quotient) = (bytes(&call.x), bytes(&call.y), bytes(&call.m), quotient(call));
    let (result, m_limbs) = (halves(&call.result), halves(&call.m));
    let mut modulus = [0; 33];
    modulus[..32].copy_from_slice(&m);
    modulus[32] = u8::from(is_zero);
    let top = (0..16).rev().find(|&i| result[i] != m_limbs[i] && !is_zero);
    let gap = top.map_or(0, |i| m_limbs[i] - result[i] - 1);

    let [x_at, y_at, m_at] = call.call.args;
    [x_at, y_at, m_at].into_iter().for_each(|ptr| check_pointer(ptr, ranges));
    ranges.check_wide(gap);
    MulModCols {
        real: Val::ONE,
        zero: flag(is_zero),
        clk: val(call.call.clk),
        x_at: limbs(x_at),
        y_at: limbs(y_at),
        m_at: limbs(m_at),
        x: x.map(|byte| ranges.narrow(byte.into())),
        y: y.map(|byte| ranges.narrow(byte.into())),
        m: m.map(|byte| ranges.narrow(byte.into())),
        quotient: quotient.map(|byte| ranges.narrow(byte.into())),
        result: result.map(|limb| ranges.wide(limb)),
        top: one_hot(top.unwrap_or(16)),
        gap: val(gap),
        carry: carries(&x, &y, &modulus, &quotient, &result).map(|carry| {
            let carry = carry.wrapping_add_unsigned(MUL_MOD_CARRY) as u32;
            ranges.check_wide(carry + ((1 << 16) - 2 * MUL_MOD_CARRY));
            ranges.wide(carry)
        }),
    }
}
