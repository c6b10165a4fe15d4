//! SHA-256: FIPS 180-4.

use digest::block_buffer::Eager;
use digest::core_api::{
    AlgorithmName, Block, BlockSizeUser, Buffer, BufferKindUser, CoreWrapper, FixedOutputCore,
    OutputSizeUser, Reset, UpdateCore,
};
use digest::typenum::{U32, U64};
use digest::{HashMarker, Output};

/// SHA-256 by the machine's accelerator, a drop-in for `sha2::Sha256`: implements the traits of the `digest` crate.
///
/// ```
/// use ember_guest::accel::Sha256;
/// use digest::Digest;
///
/// assert_eq!(Sha256::digest(b"abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
/// ```
pub type Sha256 = CoreWrapper<Sha256Core>;

/// The state of [`Sha256`] between blocks.
#[derive(Clone)]
pub struct Sha256Core {
    state: [u32; 8],
    blocks: u64,
}

/// The compression function: updates `state` with a block of 64 bytes. An ecall on the machine; the block is copied if it
/// is not aligned.
pub fn sha256_compress(state: &mut [u32; 8], block: &[u8; 64]) {
    #[cfg(target_os = "none")]
    {
        #[repr(align(4))]
        struct Aligned([u8; 64]);

        let copy;
        let block: *const u8 = if block.as_ptr().addr().is_multiple_of(4) {
            block.as_ptr()
        } else {
            copy = Aligned(*block);
            copy.0.as_ptr()
        };
        // SAFETY: the state is eight words, the block sixteen, aligned.
        unsafe { super::call(0x1000, [state.as_mut_ptr(), block.cast(), core::ptr::null()]) };
    }
    #[cfg(not(target_os = "none"))]
    sha2::compress256(state, core::slice::from_ref(block.into()));
}

impl Default for Sha256Core {
    fn default() -> Self {
        let state = [
            0x6a09_e667,
            0xbb67_ae85,
            0x3c6e_f372,
            0xa54f_f53a,
            0x510e_527f,
            0x9b05_688c,
            0x1f83_d9ab,
            0x5be0_cd19,
        ];
        Self { state, blocks: 0 }
    }
}

impl HashMarker for Sha256Core {}

impl BlockSizeUser for Sha256Core {
    type BlockSize = U64;
}

impl BufferKindUser for Sha256Core {
    type BufferKind = Eager;
}

impl OutputSizeUser for Sha256Core {
    type OutputSize = U32;
}

impl UpdateCore for Sha256Core {
    fn update_blocks(&mut self, blocks: &[Block<Self>]) {
        self.blocks += blocks.len() as u64;
        for block in blocks {
            sha256_compress(&mut self.state, block.as_ref());
        }
    }
}

impl FixedOutputCore for Sha256Core {
    fn finalize_fixed_core(&mut self, buffer: &mut Buffer<Self>, out: &mut Output<Self>) {
        let bits = 8 * (64 * self.blocks + buffer.get_pos() as u64);
        buffer.len64_padding_be(bits, |block| sha256_compress(&mut self.state, block.as_ref()));
        for (bytes, word) in out.chunks_exact_mut(4).zip(self.state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
    }
}

impl Reset for Sha256Core {
    fn reset(&mut self) {
        *self = Self::default();
    }
}

impl AlgorithmName for Sha256Core {
    fn write_alg_name(f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Sha256")
    }
}
