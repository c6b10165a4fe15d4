//! RV32E, as a debugger sees it: sixteen registers and pc.

use ember_isa::reg;
use gdbstub::arch::{Arch, Registers};

/// The architecture. `gdbstub_arch` has the one with 32 registers alone.
pub enum Rv32e {}

impl Arch for Rv32e {
    type Usize = u32;
    type Registers = Rv32eRegisters;
    /// What gdb takes the length of a breakpoint's instruction to be.
    type BreakpointKind = usize;
    type RegId = ();

    fn target_description_xml() -> Option<&'static str> {
        Some(include_str!("rv32e.xml"))
    }
}

/// The registers, in the order of the target description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rv32eRegisters {
    /// x0 first.
    pub x: [u32; reg::COUNT],
    pub pc: u32,
}

impl Registers for Rv32eRegisters {
    type ProgramCounter = u32;

    fn pc(&self) -> u32 {
        self.pc
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        let words = self.x.iter().chain([&self.pc]);
        words.flat_map(|word| word.to_le_bytes()).for_each(|byte| write_byte(Some(byte)));
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let (words, rest) = bytes.as_chunks();
        if words.len() != reg::COUNT + 1 || !rest.is_empty() {
            return Err(());
        }
        let all = self.x.iter_mut().chain([&mut self.pc]);
        all.zip(words).for_each(|(register, word)| *register = u32::from_le_bytes(*word));
        Ok(())
    }
}
