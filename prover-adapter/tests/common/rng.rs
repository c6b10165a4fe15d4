//! A small generator of reproducible randomness (splitmix64).

use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Another generator, for the `n`th of many things.
    pub fn clone_with(&self, n: usize) -> Self {
        let mut rng = Self(self.0 ^ (n as u64) << 20);
        rng.next();
        rng
    }

    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn val(&mut self) -> Val {
        Val::from_u64(self.next() >> 2)
    }
}
