//! `Keccak-f[1600]` and the hash functions on it: FIPS 202.

use digest::block_buffer::Eager;
use digest::core_api::{
    AlgorithmName, Block, BlockSizeUser, Buffer, BufferKindUser, CoreWrapper, FixedOutputCore,
    OutputSizeUser, Reset, UpdateCore,
};
use digest::typenum::{U32, U136};
use digest::{HashMarker, Output};

/// Keccak-256, as Ethereum uses it, by the machine's accelerator, a drop-in for `sha3::Keccak256`: implements the traits of
/// the `digest` crate.
///
/// ```
/// use ember_guest::accel::Keccak256;
/// use digest::Digest;
///
/// assert_eq!(Keccak256::digest(b"")[..4], [0xc5, 0xd2, 0x46, 0x01]);
/// ```
pub type Keccak256 = CoreWrapper<Keccak256Core<0x01>>;

/// SHA3-256 by the machine's accelerator, a drop-in for `sha3::Sha3_256`.
pub type Sha3_256 = CoreWrapper<Keccak256Core<0x06>>;

/// The permutation `Keccak-f[1600]`, in place: lane (x, y) is number 5 y + x. An ecall on the machine.
pub fn keccak_f1600(state: &mut [u64; 25]) {
    // SAFETY: the state is fifty words; on the machine, a lane's lower word comes first.
    #[cfg(target_os = "none")]
    unsafe {
        super::call(0x1005, [state.as_mut_ptr().cast(), core::ptr::null(), core::ptr::null()]);
    }
    #[cfg(not(target_os = "none"))]
    tiny_keccak::keccakf(state);
}

/// Bytes that a block adds to the state.
const RATE: usize = 136;

/// The state of a hash function of 256 bits between blocks; `SUFFIX` is the first byte of its padding.
#[derive(Clone)]
pub struct Keccak256Core<const SUFFIX: u8> {
    state: [u64; 25],
}

impl<const SUFFIX: u8> Keccak256Core<SUFFIX> {
    fn absorb(&mut self, block: &[u8]) {
        for (lane, bytes) in self.state.iter_mut().zip(block.chunks_exact(8)) {
            *lane ^= u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        }
        keccak_f1600(&mut self.state);
    }
}

impl<const SUFFIX: u8> Default for Keccak256Core<SUFFIX> {
    fn default() -> Self {
        Self { state: [0; 25] }
    }
}

impl<const SUFFIX: u8> HashMarker for Keccak256Core<SUFFIX> {}

impl<const SUFFIX: u8> BlockSizeUser for Keccak256Core<SUFFIX> {
    type BlockSize = U136;
}

impl<const SUFFIX: u8> BufferKindUser for Keccak256Core<SUFFIX> {
    type BufferKind = Eager;
}

impl<const SUFFIX: u8> OutputSizeUser for Keccak256Core<SUFFIX> {
    type OutputSize = U32;
}

impl<const SUFFIX: u8> UpdateCore for Keccak256Core<SUFFIX> {
    fn update_blocks(&mut self, blocks: &[Block<Self>]) {
        for block in blocks {
            self.absorb(block);
        }
    }
}

impl<const SUFFIX: u8> FixedOutputCore for Keccak256Core<SUFFIX> {
    fn finalize_fixed_core(&mut self, buffer: &mut Buffer<Self>, out: &mut Output<Self>) {
        let at = buffer.get_pos();
        let block = buffer.pad_with_zeros();
        block[at] = SUFFIX;
        block[RATE - 1] |= 0x80;
        self.absorb(block);
        for (bytes, lane) in out.chunks_exact_mut(8).zip(self.state) {
            bytes.copy_from_slice(&lane.to_le_bytes());
        }
    }
}

impl<const SUFFIX: u8> Reset for Keccak256Core<SUFFIX> {
    fn reset(&mut self) {
        *self = Self::default();
    }
}

impl<const SUFFIX: u8> AlgorithmName for Keccak256Core<SUFFIX> {
    fn write_alg_name(f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(if SUFFIX == 0x06 { "Sha3_256" } else { "Keccak256" })
    }
}
