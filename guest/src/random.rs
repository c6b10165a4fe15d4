//! Where libraries get bytes that they ask the crate `getrandom` for (0.2, 0.3 and 0.4): the feature `getrandom`.
//!
//! The machine has no randomness: a program does the same whenever it is run on the same inputs, or no proof could say what it
//! does. A library that asks for some gets an error, and the error console a line that says so, until the program calls
//! [`seed`]. On the host, the operating system serves.

#[cfg(any(target_os = "none", test))]
use digest::Digest;

/// From here on bytes come from this seed: SHA-256 of the seed and a counter.
///
/// A seed from the private input is no part of the statement. But whoever proves chooses it, and can choose again until the
/// outcome pleases; and today's proofs hide nothing on purpose. So it does for hash maps, and for whatever the prover may
/// choose; never for what the prover must not choose, such as a lottery or a challenge. Those can be drawn from a hash of
/// what is fixed before: the public input.
///
/// ```
/// use ember_guest::{io, random};
///
/// let mut seed = [0; 32];
/// if io::read_private_bytes(&mut seed) == seed.len() {
///     random::seed(seed);
/// }
/// ```
pub fn seed(seed: [u8; 32]) {
    #[cfg(target_os = "none")]
    machine::seed(seed);
    #[cfg(not(target_os = "none"))]
    let _ = seed;
}

/// Blocks of 32 bytes: SHA-256 of seed and counter. What a request leaves of the last one is thrown away.
#[cfg(any(target_os = "none", test))]
struct Generator {
    seed: [u8; 32],
    counter: u64,
}

#[cfg(any(target_os = "none", test))]
impl Generator {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let hash = crate::accel::Sha256::new().chain_update(self.seed);
            let block = hash.chain_update(self.counter.to_le_bytes()).finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
            self.counter += 1;
        }
    }
}

#[cfg(target_os = "none")]
mod machine {
    use core::cell::RefCell;

    use super::Generator;

    struct State(RefCell<Option<Generator>>);

    // SAFETY: the machine has one hart and no interrupts, so there is one thread.
    unsafe impl Sync for State {}

    static STATE: State = State(RefCell::new(None));

    pub fn seed(seed: [u8; 32]) {
        STATE.0.replace(Some(Generator { seed, counter: 0 }));
    }

    /// Whether there is a seed.
    fn fill(bytes: &mut [u8]) -> bool {
        let mut state = STATE.0.borrow_mut();
        match &mut *state {
            Some(generator) => generator.fill(bytes),
            None => crate::eprintln!(
                "a library asks for randomness, and the machine has none: see ember_guest::random::seed"
            ),
        }
        state.is_some()
    }

    fn v02(bytes: &mut [u8]) -> Result<(), getrandom_02::Error> {
        if fill(bytes) { Ok(()) } else { Err(getrandom_02::Error::UNSUPPORTED) }
    }

    getrandom_02::register_custom_getrandom!(v02);

    /// Version 0.4 asks here too.
    ///
    /// # Safety
    /// `bytes` are `length` bytes that may be written, initialised or not.
    #[unsafe(no_mangle)]
    unsafe extern "Rust" fn __getrandom_v03_custom(
        bytes: *mut u8,
        length: usize,
    ) -> Result<(), getrandom_03::Error> {
        // SAFETY: the caller's.
        let bytes = unsafe {
            core::ptr::write_bytes(bytes, 0, length);
            core::slice::from_raw_parts_mut(bytes, length)
        };
        if fill(bytes) { Ok(()) } else { Err(getrandom_03::Error::UNSUPPORTED) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_follow_from_the_seed() {
        let fill = |seed: u8, lengths: &[usize]| -> std::vec::Vec<u8> {
            let mut generator = Generator { seed: [seed; 32], counter: 0 };
            let request = |&length: &usize| {
                let mut bytes = std::vec![0; length];
                generator.fill(&mut bytes);
                bytes
            };
            lengths.iter().flat_map(request).collect()
        };
        assert_eq!(fill(1, &[64]), fill(1, &[32, 32]));
        assert_ne!(fill(1, &[32]), fill(2, &[32]));
        let long = fill(3, &[100]);
        assert_eq!(long[..7], fill(3, &[7]));
        assert_ne!(long[..32], long[32..64]);
        let block =
            crate::accel::Sha256::new().chain_update([3; 32]).chain_update(1u64.to_le_bytes()).finalize();
        assert_eq!(long[32..64], block[..]);
    }
}
