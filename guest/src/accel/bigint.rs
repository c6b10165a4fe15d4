//! Multiplication of 256-bit integers modulo any integer of 256 bits.

/// An integer of 256 bits: eight words, the lowest first.
pub type Words = [u32; 8];

/// `x y mod m`, below `m`, whether `x` and `y` are or not. A modulus of zero stands for 2^256: the lower half of the product.
/// An ecall on the machine.
///
/// ```
/// use ember_guest::accel::mul_mod;
///
/// let small = |n| [n, 0, 0, 0, 0, 0, 0, 0];
/// assert_eq!(mul_mod(&small(7), &small(8), &small(10)), small(6));
/// assert_eq!(mul_mod(&[u32::MAX; 8], &[u32::MAX; 8], &small(0)), small(1));
/// ```
#[must_use]
pub fn mul_mod(x: &Words, y: &Words, m: &Words) -> Words {
    let mut result = *x;
    mul_mod_assign(&mut result, y, m);
    result
}

/// `x = x y mod m`, as [`mul_mod`]: what the ecall does, without a copy.
pub fn mul_mod_assign(x: &mut Words, y: &Words, m: &Words) {
    // SAFETY: all three are eight words.
    #[cfg(target_os = "none")]
    unsafe {
        super::call(0x1006, [x.as_mut_ptr(), y.as_ptr(), m.as_ptr()]);
    }
    #[cfg(not(target_os = "none"))]
    software::mul_mod(x, y, m);
}

#[cfg(not(target_os = "none"))]
mod software {
    use ruint::aliases::U256;

    use super::Words;

    fn integer(words: &Words) -> U256 {
        U256::from_limbs(core::array::from_fn(|i| {
            u64::from(words[2 * i]) | u64::from(words[2 * i + 1]) << 32
        }))
    }

    pub fn mul_mod(x: &mut Words, y: &Words, m: &Words) {
        let (a, b, m) = (integer(x), integer(y), integer(m));
        let result = if m.is_zero() { a.wrapping_mul(b) } else { a.mul_mod(b, m) };
        let limbs = result.as_limbs();
        *x = core::array::from_fn(|i| (limbs[i / 2] >> (32 * (i % 2))) as u32);
    }
}

/// A `crypto_bigint::U256` that the accelerator multiplies, for code that is generic over the traits of `crypto-bigint`: the
/// feature `crypto-bigint`.
#[cfg(feature = "crypto-bigint")]
mod of_crypto_bigint {
    use crypto_bigint::{MulMod, NonZero, SquareMod, U256};

    /// `crypto_bigint::U256`, multiplied modulo others by the accelerator.
    ///
    /// ```
    /// use crypto_bigint::{MulMod, NonZero, U256};
    /// use ember_guest::accel::AccelU256;
    ///
    /// let m = NonZero::new(U256::from(10u8)).unwrap();
    /// let product = AccelU256(U256::from(7u8)).mul_mod(&AccelU256(U256::from(8u8)), &m);
    /// assert_eq!(product.0, U256::from(6u8));
    /// ```
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[repr(transparent)]
    pub struct AccelU256(pub U256);

    impl AccelU256 {
        /// `self = self rhs mod p`: what the ecall does, without a copy.
        pub fn mul_mod_assign(&mut self, rhs: &Self, p: &NonZero<U256>) {
            // On the machine a word of `crypto-bigint` is one of its own.
            #[cfg(target_os = "none")]
            super::mul_mod_assign(self.0.as_mut_words(), rhs.0.as_words(), p.as_ref().as_words());
            #[cfg(not(target_os = "none"))]
            {
                let mut result = software::words(&self.0);
                super::mul_mod_assign(&mut result, &software::words(&rhs.0), &software::words(p.as_ref()));
                self.0 = software::integer(&result);
            }
        }
    }

    /// Words of the machine from those of the host, and the reverse.
    #[cfg(not(target_os = "none"))]
    mod software {
        use crypto_bigint::{U256, Word};

        use crate::accel::bigint::Words;

        const SHARE: usize = Word::BITS as usize / 32;

        pub fn words(n: &U256) -> Words {
            let of = n.as_words();
            core::array::from_fn(|i| (of[i / SHARE] >> (32 * (i % SHARE))) as u32)
        }

        pub fn integer(words: &Words) -> U256 {
            U256::from_words(core::array::from_fn(|i| {
                let words = words[SHARE * i..].iter().take(SHARE);
                words.rev().fold(0, |word: u64, &low| word << 32 | u64::from(low)) as Word
            }))
        }
    }

    impl MulMod<Self, NonZero<U256>> for AccelU256 {
        type Output = Self;

        fn mul_mod(&self, rhs: &Self, p: &NonZero<U256>) -> Self {
            let mut result = *self;
            result.mul_mod_assign(rhs, p);
            result
        }
    }

    impl SquareMod<NonZero<U256>> for AccelU256 {
        type Output = Self;

        fn square_mod(&self, p: &NonZero<U256>) -> Self {
            self.mul_mod(self, p)
        }
    }

    impl From<U256> for AccelU256 {
        fn from(n: U256) -> Self {
            Self(n)
        }
    }

    impl From<AccelU256> for U256 {
        fn from(n: AccelU256) -> Self {
            n.0
        }
    }
}

#[cfg(feature = "crypto-bigint")]
pub use of_crypto_bigint::AccelU256;
