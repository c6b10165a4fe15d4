//! Sums of products in the field of degree 5 over KoalaBear that the proof system draws its challenges from:
//! `F_p[X] / (X^5 + X^2 - 1)`, p = 2^31 - 2^24 + 1.
//!
//! Elements are five words, lowest coefficient first, in Montgomery form, as Plonky3's
//! `QuinticTrinomialExtensionField<KoalaBear>` has them in memory: the word w stands for w / 2^32 modulo p. Any word does, and
//! the words written are below p.

/// An element.
pub type Extension = [u32; 5];

/// Most terms of a call.
const MAX_TERMS: usize = 1023;

/// Adds `a[0] b[0] + a[1] b[1] + ...` to `sum`. With one term, a multiply-add.
///
/// # Panics
/// If `a` and `b` differ in length.
pub fn extension_dot(sum: &mut Extension, a: &[Extension], b: &[Extension]) {
    assert_eq!(a.len(), b.len(), "as many first as second factors");
    for (a, b) in a.chunks(MAX_TERMS).zip(b.chunks(MAX_TERMS)) {
        // SAFETY: the sum is five words, and both arrays have five words a term.
        #[cfg(target_os = "none")]
        unsafe {
            let number = 0x1003 | (a.len() as u32) << 16;
            super::call(number, [sum.as_mut_ptr(), a.as_ptr().cast(), b.as_ptr().cast()]);
        }
        #[cfg(not(target_os = "none"))]
        software::add_products(sum, a, b.iter().map(|b| &b[..]));
    }
}

/// The same where the second factors are elements of the base field, a word each.
///
/// # Panics
/// If `a` and `b` differ in length.
pub fn extension_dot_base(sum: &mut Extension, a: &[Extension], b: &[u32]) {
    assert_eq!(a.len(), b.len(), "as many first as second factors");
    for (a, b) in a.chunks(MAX_TERMS).zip(b.chunks(MAX_TERMS)) {
        // SAFETY: the sum is five words, and the arrays have five words and one a term.
        #[cfg(target_os = "none")]
        unsafe {
            let number = 0x1004 | (a.len() as u32) << 16;
            super::call(number, [sum.as_mut_ptr(), a.as_ptr().cast(), b.as_ptr()]);
        }
        #[cfg(not(target_os = "none"))]
        software::add_products(sum, a, b.chunks(1));
    }
}

#[cfg(not(target_os = "none"))]
mod software {
    use p3_field::extension::QuinticTrinomialExtensionField;
    use p3_field::{BasedVectorSpace, PrimeCharacteristicRing, PrimeField32};
    use p3_koala_bear::KoalaBear;

    type Field = QuinticTrinomialExtensionField<KoalaBear>;

    /// Coefficients that are left out are zero.
    fn element(words: &[u32]) -> Field {
        let coefficient = |word: &u32| KoalaBear::from_u32(*word).div_2exp_u64(32);
        Field::from_basis_coefficients_fn(|i| words.get(i).map_or(KoalaBear::ZERO, coefficient))
    }

    pub fn add_products<'a>(sum: &mut [u32; 5], a: &[[u32; 5]], b: impl Iterator<Item = &'a [u32]>) {
        let products = a.iter().zip(b).map(|(a, b)| element(a) * element(b));
        let total = element(sum) + products.sum::<Field>();
        let coefficients: &[KoalaBear] = total.as_basis_coefficients_slice();
        for (word, e) in sum.iter_mut().zip(coefficients) {
            *word = e.mul_2exp_u64(32).as_canonical_u32();
        }
    }
}
