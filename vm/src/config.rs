//! Parameters of a run.

use alloc::vec::Vec;

use ember_isa::{GasTable, GasTableError};
use ember_memory::{Header, Layout, LayoutError};
use thiserror::Error;

/// A run cannot have these parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// The gas table is no valid one.
    #[error(transparent)]
    GasTable(#[from] GasTableError),
    /// Image, memory limit and input do not fit together.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

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

impl RunConfig {
    /// Checks the parameters, and says where the memory of a run of the image with this header lies.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn layout(&self, header: &Header) -> Result<Layout, ConfigError> {
        self.gas_table.check()?;
        Ok(Layout::new(header, self.memory_limit, self.input.len())?)
    }
}

impl Default for RunConfig {
    /// Default prices, 2^32 gas, 1 MiB of writable memory, no input.
    fn default() -> Self {
        Self { gas_table: GasTable::default(), gas_limit: 1 << 32, memory_limit: 1 << 20, input: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use ember_isa::Class;
    use ember_memory::{Image, Part, Perm};

    use super::*;
    use crate::{Machine, Program};

    #[test]
    fn a_run_has_an_end() {
        let part = Part { address: 0x1000, data: &[0x6f, 0, 0, 0], mem_len: 4, perm: Perm::EXECUTE };
        let program = Program::new(Image::from_parts(0x1000, &[part]).unwrap());
        let mut machine = Machine::new(&program, RunConfig::default()).unwrap();
        for class in Class::ALL {
            let mut config = RunConfig::default();
            let table = &mut config.gas_table;
            let prices = [
                &mut table.arith,
                &mut table.logic,
                &mut table.shift,
                &mut table.compare,
                &mut table.branch,
                &mut table.jump,
                &mut table.load,
                &mut table.store,
                &mut table.mul,
                &mut table.div,
                &mut table.csr,
                &mut table.fence,
                &mut table.system,
            ];
            *prices.into_iter().nth(class as usize).unwrap() = 0;
            let expected = match class {
                Class::Branch | Class::Jump => Err(ConfigError::GasTable(GasTableError(class))),
                _ => Ok(()),
            };
            assert_eq!(Machine::new(&program, config.clone()).map(|_| ()), expected);
            assert_eq!(machine.reset(config), expected);
        }
    }
}
