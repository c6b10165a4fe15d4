//! The Poseidon2 permutation of width 16 over KoalaBear, with Plonky3's constants.

/// Permutes a state of field elements, in place: eprint 2023/323. Any word stands for its residue modulo
/// p = 2^31 - 2^24 + 1; the words written are below p.
pub fn poseidon2(state: &mut [u32; 16]) {
    // SAFETY: the state is sixteen words.
    #[cfg(target_os = "none")]
    unsafe {
        super::call(0x1001, [state.as_mut_ptr(), core::ptr::null(), core::ptr::null()]);
    }
    #[cfg(not(target_os = "none"))]
    software::permute(state, 1);
}

/// Permutes a state of field elements in Montgomery form, as Plonky3's `KoalaBear` has them in memory: the word w stands for
/// w / 2^32 modulo p. Otherwise as [`poseidon2`].
pub fn poseidon2_montgomery(state: &mut [u32; 16]) {
    // SAFETY: the state is sixteen words.
    #[cfg(target_os = "none")]
    unsafe {
        super::call(0x1002, [state.as_mut_ptr(), core::ptr::null(), core::ptr::null()]);
    }
    #[cfg(not(target_os = "none"))]
    software::permute(state, 1 << 32);
}

#[cfg(not(target_os = "none"))]
mod software {
    use p3_field::{PrimeCharacteristicRing, PrimeField32};
    use p3_koala_bear::{KoalaBear, default_koalabear_poseidon2_16};
    use p3_symmetric::Permutation;

    /// Permutes elements whose words are their products with `factor`, a power of two.
    pub fn permute(words: &mut [u32; 16], factor: u64) {
        let bits = u64::from(factor.trailing_zeros());
        let mut state = words.map(|word| KoalaBear::from_u32(word).div_2exp_u64(bits));
        default_koalabear_poseidon2_16().permute_mut(&mut state);
        *words = state.map(|e| e.mul_2exp_u64(bits).as_canonical_u32());
    }
}
