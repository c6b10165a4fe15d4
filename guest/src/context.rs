//! What the statement of a proof says of the run itself.

/// What the statement says of the run before it begins. A program that goes on from proofs of its own runs compares their
/// image id, gas table and root of recursion with these.
///
/// Digests are eight field elements each, as in a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Identity of the program.
    pub image_id: [u32; 8],
    /// Digest of the public input.
    pub input_digest: [u32; 8],
    /// Root of recursion: zero until proofs are verified inside proofs.
    pub recursion_root: [u32; 8],
    /// Most gas that the run may use.
    pub gas_limit: u64,
    /// Bytes of writable memory.
    pub memory_limit: u32,
    /// Bytes of memory of child machines: zero until programs can make them.
    pub machines_memory_limit: u64,
    /// The gas table's prices, in the order of `docs/statement.md`; zero where there is none yet.
    pub prices: [u16; 64],
}

/// What the statement says of the run. An ecall on the machine; all zero on the host.
pub fn context() -> Context {
    #[cfg_attr(not(target_os = "none"), expect(unused_mut))]
    let mut words = [0_u32; 64];
    // SAFETY: the machine writes sixty-four words.
    #[cfg(target_os = "none")]
    unsafe {
        crate::ecall(0x1201, [words.as_mut_ptr() as u32, 0, 0, 0]);
    }
    let eight = |first: usize| core::array::from_fn(|i| words[first + i]);
    let double = |first: usize| u64::from(words[first]) | u64::from(words[first + 1]) << 32;
    Context {
        image_id: eight(0),
        input_digest: eight(8),
        recursion_root: eight(16),
        gas_limit: double(24),
        memory_limit: words[26],
        machines_memory_limit: double(28),
        prices: core::array::from_fn(|i| (words[32 + i / 2] >> (16 * (i % 2))) as u16),
    }
}
