//! Does what an accelerator does, again and again: by the accelerator or in plain instructions. The public input is a line,
//! `sha256 accel 100`: what, how, how often. The journal is the state at the end, which does not depend on how.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;
use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U256};
use ember_guest::accel::{
    AccelU256, Extension, extension_dot, extension_dot_base, keccak_f1600, poseidon2_montgomery,
    sha256_compress,
};
use ember_guest::{entry, eprintln, exit, io};
use p3_field::extension::QuinticTrinomialExtensionField;
use p3_field::{BasedVectorSpace, PrimeCharacteristicRing, PrimeField32, dot_product};
use p3_koala_bear::{KoalaBear, default_koalabear_poseidon2_16};
use p3_symmetric::Permutation;

type Field = QuinticTrinomialExtensionField<KoalaBear>;

/// Terms of a sum of products.
const TERMS: usize = 64;

entry!(main);

fn main() {
    let line = core::str::from_utf8(io::input()).unwrap_or_default();
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (what, is_accelerated, times) = match words[..] {
        [what, "accel", times] => (what, true, times.parse::<u32>()),
        [what, "plain", times] => (what, false, times.parse::<u32>()),
        _ => return refuse(),
    };
    let Ok(times) = times else { return refuse() };
    match what {
        "sha256" => sha256(is_accelerated, times),
        "keccak" => keccak(is_accelerated, times),
        "poseidon2" => poseidon2(is_accelerated, times),
        "extension_dot" => dot(is_accelerated, times),
        "extension_dot_base" => dot_base(is_accelerated, times),
        "mul_mod" => mul_mod(is_accelerated, times),
        _ => refuse(),
    }
}

fn refuse() {
    eprintln!(
        "what is to be done: sha256, keccak, poseidon2, extension_dot, extension_dot_base or mul_mod; \
         accel or plain; how often"
    );
    exit(1)
}

fn journal(words: impl IntoIterator<Item = u32>) {
    words.into_iter().for_each(|word| io::journal(&word.to_le_bytes()));
}

fn sha256(is_accelerated: bool, times: u32) {
    #[repr(align(4))]
    struct Block([u8; 64]);

    let (mut state, block) = ([1; 8], Block([7; 64]));
    for _ in 0..times {
        if is_accelerated {
            sha256_compress(&mut state, &block.0);
        } else {
            sha2::compress256(&mut state, &[block.0.into()]);
        }
    }
    journal(state);
}

fn keccak(is_accelerated: bool, times: u32) {
    let mut state = core::array::from_fn(|i| i as u64);
    for _ in 0..times {
        if is_accelerated {
            keccak_f1600(&mut state);
        } else {
            tiny_keccak::keccakf(&mut state);
        }
    }
    journal(state.into_iter().flat_map(|lane| [lane as u32, (lane >> 32) as u32]));
}

fn poseidon2(is_accelerated: bool, times: u32) {
    let elements: [KoalaBear; 16] = core::array::from_fn(|i| KoalaBear::from_usize(i));
    if is_accelerated {
        let mut state = elements.map(|e| e.to_unique_u32());
        (0..times).for_each(|_| poseidon2_montgomery(&mut state));
        journal(state);
    } else {
        let (permutation, mut state) = (default_koalabear_poseidon2_16(), elements);
        (0..times).for_each(|_| permutation.permute_mut(&mut state));
        journal(state.map(|e| e.to_unique_u32()));
    }
}

/// Words of an element in Montgomery form.
fn words(e: Field) -> Extension {
    let coefficients: &[KoalaBear] = e.as_basis_coefficients_slice();
    core::array::from_fn(|i| coefficients[i].to_unique_u32())
}

/// The `n`th factor.
fn factor(n: usize) -> Field {
    Field::from_basis_coefficients_fn(|i| KoalaBear::from_usize(1_000_003 * n + 7919 * i + 1))
}

fn dot(is_accelerated: bool, times: u32) {
    let (a, b): (Vec<Field>, Vec<Field>) = (0..TERMS).map(|n| (factor(n), factor(n + TERMS))).unzip();
    if is_accelerated {
        let mut sum = [0; 5];
        let [a, b] = [a, b].map(|all| all.into_iter().map(words).collect::<Vec<_>>());
        (0..times).for_each(|_| extension_dot(&mut sum, &a, &b));
        journal(sum);
    } else {
        let mut sum = Field::ZERO;
        (0..times).for_each(|_| sum += dot_product::<Field, _, _>(a.iter().copied(), b.iter().copied()));
        journal(words(sum));
    }
}

fn dot_base(is_accelerated: bool, times: u32) {
    let a: Vec<Field> = (0..TERMS).map(factor).collect();
    let b: Vec<KoalaBear> = (0..TERMS).map(|n| KoalaBear::from_usize(104_729 * n + 1)).collect();
    if is_accelerated {
        let mut sum = [0; 5];
        let a: Vec<Extension> = a.into_iter().map(words).collect();
        let b: Vec<u32> = b.into_iter().map(|e| e.to_unique_u32()).collect();
        (0..times).for_each(|_| extension_dot_base(&mut sum, &a, &b));
        journal(sum);
    } else {
        let mut sum = Field::ZERO;
        (0..times).for_each(|_| sum += dot_product::<Field, _, _>(a.iter().copied(), b.iter().copied()));
        journal(words(sum));
    }
}

/// Powers in the field of secp256k1; in plain instructions by Montgomery's multiplication.
fn mul_mod(is_accelerated: bool, times: u32) {
    const P: Odd<U256> =
        Odd::<U256>::from_be_hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    const FACTOR: U256 =
        U256::from_be_hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    let power = if is_accelerated {
        let (mut power, factor) = (AccelU256(U256::ONE), AccelU256(FACTOR));
        (0..times).for_each(|_| power.mul_mod_assign(&factor, P.as_nz_ref()));
        power.0
    } else {
        let params = FixedMontyParams::new_vartime(P);
        let factor = FixedMontyForm::new(&FACTOR, &params);
        let mut power = FixedMontyForm::one(&params);
        (0..times).for_each(|_| power *= &factor);
        power.retrieve()
    };
    journal(power.as_words().iter().copied());
}
