//! A small generator of reproducible randomness (splitmix64).

use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

/// The generator: its seed.
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    /// 64 random bits.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A field element.
    pub fn val(&mut self) -> Val {
        Val::from_u64(self.next() >> 2)
    }

    /// An integer of any number of bits.
    pub fn number(&mut self) -> Val {
        let bits = 1 + self.below(25);
        Val::from_u32(self.below(1 << bits) as u32)
    }

    /// Puts items in random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}
