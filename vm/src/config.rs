//! Parameters of a run.

use alloc::vec::Vec;

use ember_isa::GasTable;

/// Parameters of a run: what a statement names beside the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunConfig {
    /// What instructions and ecalls cost.
    pub gas_table: GasTable,
    /// Most gas that the run may use.
    pub gas_limit: u64,
    /// Bytes of writable memory: a multiple of 4096, at most 1 GiB.
    pub memory_limit: u32,
    /// The public input, mapped read-only.
    pub input: Vec<u8>,
}

impl Default for RunConfig {
    /// Default prices, 2^32 gas, 1 MiB of writable memory, no input.
    fn default() -> Self {
        Self { gas_table: GasTable::default(), gas_limit: 1 << 32, memory_limit: 1 << 20, input: Vec::new() }
    }
}
