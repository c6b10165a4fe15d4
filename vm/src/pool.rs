//! Machines that are used again.

use alloc::vec::Vec;

use crate::{ConfigError, Machine, Program, RunConfig};

/// Machines of one program, kept so that the next run need not ask the operating system for memory.
///
/// ```
/// # use ember_vm::{MachinePool, NoHost, Program, RunConfig};
/// # use ember_memory::{Image, Part, Perm};
/// # let code = [0x05d0_0293u32, 0x0000_0073].map(u32::to_le_bytes).concat();
/// # let part = Part { address: 0x1000, data: &code, mem_len: 8, perm: Perm::EXECUTE };
/// # let program = Program::new(Image::from_parts(0x1000, &[part])?);
/// let mut pool = MachinePool::new(&program, 4);
/// for call in 0..3 {
///     let mut machine = pool.take(RunConfig { input: vec![call], ..Default::default() })?;
///     machine.run(&mut NoHost);
///     pool.give(machine);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MachinePool<'p> {
    program: &'p Program,
    free: Vec<Machine<'p>>,
    most: usize,
}

impl<'p> MachinePool<'p> {
    /// A pool that keeps at most `most` machines, each with the memory of its last run's limit.
    pub fn new(program: &'p Program, most: usize) -> Self {
        Self { program, free: Vec::new(), most }
    }

    /// A machine in its pristine state: [`Machine::new`], or [`Machine::reset`] of one that was given back.
    ///
    /// # Errors
    /// [`ConfigError`] as for [`Machine::new`].
    pub fn take(&mut self, config: RunConfig) -> Result<Machine<'p>, ConfigError> {
        match self.free.pop() {
            Some(mut machine) => {
                machine.reset(config)?;
                Ok(machine)
            }
            None => Machine::new(self.program, config),
        }
    }

    /// Takes a machine back. One of another program is dropped, as are those beyond the most that the pool keeps.
    pub fn give(&mut self, machine: Machine<'p>) {
        if self.free.len() < self.most && core::ptr::eq(machine.program(), self.program) {
            self.free.push(machine);
        }
    }
}
