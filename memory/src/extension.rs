//! Sums of products in the field of degree 5 over KoalaBear, from which the proof system draws its challenges.
//!
//! With the feature `accel`, a program that runs inside the machine has them computed by the machine's accelerator.
//! Everywhere else they are Plonky3's own.

use p3_field::extension::QuinticTrinomialExtensionField;
use p3_koala_bear::KoalaBear;

/// The field.
pub type Extension = QuinticTrinomialExtensionField<KoalaBear>;

#[cfg(not(all(feature = "accel", target_os = "none")))]
mod own {
    use super::{Extension, KoalaBear};
    use p3_field::dot_product;

    pub fn add_product(sum: &mut Extension, a: Extension, b: Extension) {
        *sum += a * b;
    }

    pub fn add_dot(sum: &mut Extension, a: &[Extension], b: &[KoalaBear]) {
        assert_eq!(a.len(), b.len(), "as many first as second factors");
        *sum += dot_product::<Extension, _, _>(a.iter().copied(), b.iter().copied());
    }
}

#[cfg(all(feature = "accel", target_os = "none"))]
mod own {
    use super::{Extension, KoalaBear};
    use ember_guest::accel;

    const _: () = assert!(size_of::<Extension>() == 20 && align_of::<Extension>() == 4);
    const _: () = assert!(size_of::<KoalaBear>() == 4 && align_of::<KoalaBear>() == 4);

    #[allow(unsafe_code)]
    fn words(a: &[Extension]) -> &[accel::Extension] {
        // SAFETY: an element is a transparent array of five transparent `u32`s, the Montgomery forms of its coefficients.
        unsafe { core::slice::from_raw_parts(a.as_ptr().cast(), a.len()) }
    }

    #[allow(unsafe_code)]
    fn words_mut(a: &mut Extension) -> &mut accel::Extension {
        // SAFETY: as above, and the accelerator writes words below p.
        unsafe { &mut *core::ptr::from_mut(a).cast() }
    }

    pub fn add_product(sum: &mut Extension, a: Extension, b: Extension) {
        accel::extension_dot(words_mut(sum), words(&[a]), words(&[b]));
    }

    pub fn add_dot(sum: &mut Extension, a: &[Extension], b: &[KoalaBear]) {
        // SAFETY: an element is a transparent `u32`, its Montgomery form.
        #[allow(unsafe_code)]
        let b = unsafe { core::slice::from_raw_parts(b.as_ptr().cast::<u32>(), b.len()) };
        accel::extension_dot_base(words_mut(sum), words(a), b);
    }
}

/// Adds `a b` to `sum`.
pub fn add_product(sum: &mut Extension, a: Extension, b: Extension) {
    own::add_product(sum, a, b);
}

/// Adds `a[0] b[0] + a[1] b[1] + ...` to `sum`.
///
/// # Panics
/// If `a` and `b` differ in length.
pub fn add_dot(sum: &mut Extension, a: &[Extension], b: &[KoalaBear]) {
    own::add_dot(sum, a, b);
}

#[cfg(test)]
mod tests {
    use super::*;
    use p3_field::{BasedVectorSpace, PrimeCharacteristicRing};

    fn element(seed: u32) -> Extension {
        Extension::from_basis_coefficients_fn(|i| KoalaBear::from_u32(seed.wrapping_mul(0x9e37_79b9) >> i))
    }

    #[test]
    fn sums_of_products() {
        let (a, b) = ([element(1), element(2), element(3)], [4, 5, 0x7f00_0000].map(KoalaBear::from_u32));
        let mut sum = element(9);
        add_dot(&mut sum, &a, &b);
        assert_eq!(sum, element(9) + a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
        add_product(&mut sum, a[0], a[1]);
        assert_eq!(sum, element(9) + a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[0] * a[1]);
        add_dot(&mut sum, &[], &[]);
    }

    /// What the accelerated sums take for granted of an element in memory.
    #[test]
    #[allow(unsafe_code)]
    fn elements_are_their_coefficients() {
        let e = element(77);
        // SAFETY: both are five words, and any words are a `KoalaBear` to compare with.
        let words: [KoalaBear; 5] = unsafe { core::mem::transmute(e) };
        assert_eq!(words, *e.as_basis_coefficients_slice());
    }
}
