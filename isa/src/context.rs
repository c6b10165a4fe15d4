//! What a run can ask of its own statement: the ecall [`CONTEXT`](crate::ecall::CONTEXT).
//!
//! It writes [`Context::WORDS`] words to the pointer in a0 and returns 0. The pointer is checked as an accelerator's
//! operand that is written.

use crate::{GasTable, Operand};

/// What the statement says of a run before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Identity of the program: eight field elements.
    pub image_id: [u32; 8],
    /// Digest of the public input: eight field elements.
    pub input_digest: [u32; 8],
    /// Prices.
    pub gas_table: GasTable,
    /// Most gas that the run may use.
    pub gas_limit: u64,
    /// Bytes of writable memory.
    pub memory_limit: u32,
}

impl Context {
    /// Words that the ecall writes.
    pub const WORDS: usize = 64;

    /// Where the ecall writes them: at a0.
    pub const OPERAND: Operand = Operand { words: Self::WORDS as u32, writes: true };

    /// The words, in a layout that does not change. What has no use yet is zero.
    ///
    /// | words | |
    /// |---|---|
    /// | 0..8 | image id |
    /// | 8..16 | input digest |
    /// | 16..24 | root of recursion: zero until proofs are verified inside proofs |
    /// | 24..26 | gas limit, lower half first |
    /// | 26 | memory limit |
    /// | 27 | zero |
    /// | 28..30 | memory limit of machines, lower half first: zero until programs can make child machines |
    /// | 30..32 | zero |
    /// | 32..64 | [`GasTable::prices`], two a word, lower half first |
    pub fn words(&self) -> [u32; Self::WORDS] {
        let mut words = [0; Self::WORDS];
        words[..8].copy_from_slice(&self.image_id);
        words[8..16].copy_from_slice(&self.input_digest);
        words[24] = self.gas_limit as u32;
        words[25] = (self.gas_limit >> 32) as u32;
        words[26] = self.memory_limit;
        for (word, prices) in words[32..].iter_mut().zip(self.gas_table.prices().chunks_exact(2)) {
            *word = u32::from(prices[0]) | u32::from(prices[1]) << 16;
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_fixed() {
        let context = Context {
            image_id: core::array::from_fn(|i| 0x100 + i as u32),
            input_digest: core::array::from_fn(|i| 0x200 + i as u32),
            gas_table: GasTable { arith: 0x1234, logic: 0x5678, mul_mod: 0x9abc, ..GasTable::UNIT },
            gas_limit: 0x1111_2222_3333_4444,
            memory_limit: 0x5555_6000,
        };
        let words = context.words();
        assert_eq!(words[..8], [0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107]);
        assert_eq!(words[8..16], [0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207]);
        assert_eq!(words[16..24], [0; 8]);
        assert_eq!(words[24..32], [0x3333_4444, 0x1111_2222, 0x5555_6000, 0, 0, 0, 0, 0]);
        assert_eq!((words[32], words[44], words[45], words[46]), (0x5678_1234, 0x9abc_0001, 1, 0));
        assert_eq!(words[46..], [0; 18]);
    }
}
