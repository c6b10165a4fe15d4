//! Accelerators: what they compute, and the ecall.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::convert::Infallible;

use ember_isa::Accelerator;
use ember_memory::Perm;
use ember_memory::digest::Hasher;
use ember_memory::extension::Extension;
use once_cell::race::OnceBox;
use p3_field::{BasedVectorSpace, PrimeCharacteristicRing, PrimeField32};
use p3_koala_bear::KoalaBear;
use ruint::aliases::U256;

use crate::machine::Stop;
use crate::{Machine, Tracer};

/// Executes an accelerator on the words of its operands, one operand after the other in the order of the argument
/// registers: replaces those of the operand that is written.
///
/// # Panics
/// If `words` is shorter than the operands.
pub fn apply(accelerator: Accelerator, words: &mut [u32]) {
    match accelerator {
        Accelerator::Sha256 => {
            let (state, block) = words.split_at_mut(8);
            sha256(state.try_into().expect("eight words"), block);
        }
        Accelerator::Poseidon2 => poseidon2(words, KoalaBear::from_u32, |e| e.as_canonical_u32()),
        Accelerator::Poseidon2Montgomery => poseidon2(words, of_montgomery, montgomery),
        Accelerator::Keccak => keccak(words),
        Accelerator::MulMod => mul_mod(words),
        Accelerator::ExtensionDot { terms } | Accelerator::ExtensionDotBase { terms } => {
            let (sum, rest) = words.split_at_mut(5);
            let (a, b) = rest.split_at(5 * usize::from(terms));
            let width = if matches!(accelerator, Accelerator::ExtensionDot { .. }) { 5 } else { 1 };
            extension_dot(sum, a, &b[..width * usize::from(terms)], width);
        }
    }
}

/// The element whose Montgomery form is a word: `word / 2^32`.
fn of_montgomery(word: u32) -> KoalaBear {
    KoalaBear::from_u32(word).div_2exp_u64(32)
}

/// The Montgomery form of an element: `2^32 e`, below p.
fn montgomery(e: KoalaBear) -> u32 {
    e.mul_2exp_u64(32).as_canonical_u32()
}

/// The permutation of Poseidon2, on elements that words stand for.
fn poseidon2(words: &mut [u32], element: impl Fn(u32) -> KoalaBear, word: impl Fn(KoalaBear) -> u32) {
    static HASHER: OnceBox<Hasher> = OnceBox::new();
    let mut state: [KoalaBear; 16] = core::array::from_fn(|i| element(words[i]));
    HASHER.get_or_init(|| Box::new(Hasher::default())).permute(&mut state);
    for (w, e) in words.iter_mut().zip(state) {
        *w = word(e);
    }
}

/// The first words as double words, the lower half first.
fn doubles<const N: usize>(words: &[u32]) -> [u64; N] {
    core::array::from_fn(|i| u64::from(words[2 * i]) | u64::from(words[2 * i + 1]) << 32)
}

/// Writes double words over the first words, as [`doubles`] reads them.
fn set_doubles(words: &mut [u32], doubles: &[u64]) {
    for (words, double) in words.chunks_exact_mut(2).zip(doubles) {
        words.copy_from_slice(&[*double as u32, (double >> 32) as u32]);
    }
}

/// `Keccak-f[1600]`.
fn keccak(words: &mut [u32]) {
    let mut lanes = doubles(words);
    tiny_keccak::keccakf(&mut lanes);
    set_doubles(words, &lanes);
}

/// `x = x y mod m`, modulo 2^256 where `m` is zero.
fn mul_mod(words: &mut [u32]) {
    let [x, y, m] = [0, 8, 16].map(|first| U256::from_limbs(doubles(&words[first..])));
    let result = if m.is_zero() { x.wrapping_mul(y) } else { x.mul_mod(y, m) };
    set_doubles(words, result.as_limbs());
}

/// An element from the Montgomery forms of its coefficients, or of the first of them.
fn extension(words: &[u32]) -> Extension {
    Extension::from_basis_coefficients_fn(|i| words.get(i).map_or(KoalaBear::ZERO, |&w| of_montgomery(w)))
}

/// Adds the products of elements of `a`, five words each, and of `b`, `width` words each.
fn extension_dot(sum: &mut [u32], a: &[u32], b: &[u32], width: usize) {
    let products = a.chunks_exact(5).zip(b.chunks_exact(width)).map(|(a, b)| extension(a) * extension(b));
    let total = extension(sum) + products.sum::<Extension>();
    for (word, &e) in sum.iter_mut().zip(total.as_basis_coefficients_slice()) {
        *word = montgomery(e);
    }
}

/// The compression function of SHA-256, on a block of sixteen words in memory order.
fn sha256(state: &mut [u32; 8], block: &[u32]) {
    let mut bytes = [0; 64];
    for (bytes, word) in bytes.chunks_exact_mut(4).zip(&block[..16]) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    sha2::compress256(state, &[bytes.into()]);
}

impl Machine<'_> {
    /// Executes an accelerator, its gas paid, and returns its result, or ends the run.
    pub(crate) fn accelerate(
        &mut self,
        accelerator: Accelerator,
        args: [u32; 4],
        tracer: &mut impl Tracer,
    ) -> Result<u32, Stop> {
        let Ok(fault) = accelerator.fault(args, |ptr, len, writes| {
            let need = if writes { Perm::READ_WRITE } else { Perm::READ };
            Ok::<_, Infallible>(self.memory.first_without(ptr, len, need))
        });
        if let Some(reason) = fault {
            return Err(reason.into());
        }
        // Every operand is read before one is written.
        let addresses = || {
            accelerator
                .operands()
                .zip(args)
                .flat_map(|(operand, ptr)| (0..operand.words).map(move |i| (ptr + 4 * i, operand.writes)))
        };
        let old: Vec<u32> =
            addresses().map(|(address, _)| self.word(address).expect("checked above")).collect();
        let mut new = old.clone();
        apply(accelerator, &mut new);
        for (((address, writes), old), new) in addresses().zip(old).zip(new) {
            if writes {
                self.memory.store(address, new.to_le_bytes()).expect("checked above");
            }
            tracer.io_word(old, new);
        }
        Ok(0)
    }
}
