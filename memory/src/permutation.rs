//! The Poseidon2 permutation of width 16 over KoalaBear, with Plonky3's constants: the one behind every hash of Ember.
//!
//! With the feature `accel`, a program that runs inside the machine permutes by the machine's accelerator. Everywhere else
//! it is Plonky3's own.

#[cfg(not(all(feature = "accel", target_os = "none")))]
mod own {
    use p3_koala_bear::{Poseidon2KoalaBear, default_koalabear_poseidon2_16};

    /// The permutation: holds the round constants.
    pub type Permutation = Poseidon2KoalaBear<16>;

    /// The permutation.
    pub fn permutation() -> Permutation {
        default_koalabear_poseidon2_16()
    }
}

#[cfg(all(feature = "accel", target_os = "none"))]
mod own {
    use ember_guest::accel::poseidon2_montgomery;
    use p3_koala_bear::KoalaBear;
    use p3_symmetric::CryptographicPermutation;

    /// The permutation, an ecall.
    #[derive(Clone, Copy, Debug)]
    pub struct Permutation;

    /// The permutation.
    pub fn permutation() -> Permutation {
        Permutation
    }

    impl p3_symmetric::Permutation<[KoalaBear; 16]> for Permutation {
        #[allow(unsafe_code)]
        fn permute_mut(&self, state: &mut [KoalaBear; 16]) {
            const { assert!(size_of::<KoalaBear>() == 4 && align_of::<KoalaBear>() == 4) };
            // SAFETY: `KoalaBear` is a transparent `u32`, the Montgomery form below p, and the accelerator writes words below
            // p. Copies instead would double the cost of a permutation.
            let words = unsafe { &mut *core::ptr::from_mut(state).cast::<[u32; 16]>() };
            poseidon2_montgomery(words);
        }
    }

    impl CryptographicPermutation<[KoalaBear; 16]> for Permutation {}
}

pub use own::{Permutation, permutation};

#[cfg(test)]
mod tests {
    use p3_field::{PrimeCharacteristicRing, PrimeField32};
    use p3_koala_bear::KoalaBear;

    /// What the accelerated permutation takes for granted of a field element in memory.
    #[test]
    #[allow(unsafe_code)]
    fn elements_are_in_montgomery_form() {
        for n in [0, 1, 2, 0xffff, KoalaBear::ORDER_U32 - 1] {
            let e = KoalaBear::from_u32(n);
            let form = ((u64::from(n) << 32) % u64::from(KoalaBear::ORDER_U32)) as u32;
            // SAFETY: both are four bytes, and any bytes are a `u32`.
            assert_eq!(unsafe { core::mem::transmute::<KoalaBear, u32>(e) }, form);
        }
    }
}
