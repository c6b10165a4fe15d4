//! A program together with all that its run depends on.

use std::fmt;

use ember_isa::{GasTable, decode, reg};
use ember_memory::{Image, ImageError, PAGE_SIZE, Part, Perm};
use ember_vm::{Program, RunConfig};

use crate::asm::Asm;

/// Where the suites' programs have their code.
pub const CODE: u32 = 0x0001_0000;
/// Where they have constants: one `READ` page.
pub const RODATA: u32 = 0x0002_0000;
/// Where they have initialised data: one `READ | WRITE` page.
pub const DATA: u32 = 0x0003_0000;
/// Where their zeroed memory starts, if they have data and no more than a page of it.
pub const HEAP: u32 = DATA + PAGE_SIZE;
/// The memory limit of the suites' programs.
pub const MEMORY_LIMIT: u32 = 16 * PAGE_SIZE;
/// Where their zeroed memory ends and sp starts.
pub const HEAP_END: u32 = DATA + MEMORY_LIMIT;
/// Where their public input lies.
pub const INPUT: u32 = HEAP_END + PAGE_SIZE;

/// Bytes at one place of a program: [`Part`] with its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedPart {
    /// Address of the first byte.
    pub address: u32,
    /// Initialised bytes; the part's size in memory is theirs.
    pub data: Vec<u8>,
    /// Permission.
    pub perm: Perm,
}

/// Code as assembly, other bytes as their number: what a failing test should print.
impl fmt::Debug for OwnedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {:#010x}, {} bytes", self.perm, self.address, self.data.len())?;
        if self.perm == Perm::EXECUTE {
            for (i, w) in self.data.chunks_exact(4).enumerate() {
                let (address, word) =
                    (self.address + 4 * i as u32, u32::from_le_bytes([w[0], w[1], w[2], w[3]]));
                match decode(word) {
                    Ok(i) => writeln!(f, "  {address:08x}  {word:08x}  {i}")?,
                    Err(_) => writeln!(f, "  {address:08x}  {word:08x}  illegal")?,
                }
            }
        }
        Ok(())
    }
}

impl OwnedPart {
    fn as_part(&self) -> Part<'_> {
        Part { address: self.address, data: &self.data, mem_len: self.data.len() as u32, perm: self.perm }
    }
}

/// A program, its inputs and the parameters of its run: all that decides how the run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Initial pc.
    pub entry: u32,
    /// Code and data.
    pub parts: Vec<OwnedPart>,
    /// Gas table, limits and public input.
    pub config: RunConfig,
    /// Private input.
    pub private: Vec<u8>,
}

impl Setup {
    /// A program of one execute page at [`CODE`], and a [`RODATA`] and a [`DATA`] page whose words are their addresses'
    /// [`pattern`]. If the code is assembled for another place, all of it is as far from there.
    ///
    /// Gas is unlimited, with the default prices.
    pub fn new(code: &Asm) -> Self {
        let moved = code.base() - CODE;
        let pattern = |start: u32, perm| OwnedPart {
            address: start + moved,
            data: (start..start + PAGE_SIZE).step_by(4).flat_map(|a| pattern(a).to_le_bytes()).collect(),
            perm,
        };
        Self {
            entry: code.base(),
            parts: vec![
                OwnedPart { address: code.base(), data: code.bytes(), perm: Perm::EXECUTE },
                pattern(RODATA, Perm::READ),
                pattern(DATA, Perm::READ_WRITE),
            ],
            config: RunConfig { gas_limit: u64::MAX, memory_limit: MEMORY_LIMIT, ..RunConfig::default() },
            private: Vec::new(),
        }
    }

    /// With these words at the start of [`RODATA`].
    pub fn rodata(mut self, words: &[u32]) -> Self {
        let bytes = words.iter().flat_map(|w| w.to_le_bytes());
        self.parts[1].data.splice(..4 * words.len(), bytes);
        self
    }

    /// With one more part.
    pub fn part(mut self, address: u32, words: &[u32], perm: Perm) -> Self {
        let data = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        self.parts.push(OwnedPart { address, data, perm });
        self
    }

    /// With this gas table and limit.
    pub fn gas(mut self, table: GasTable, limit: u64) -> Self {
        self.config.gas_table = table;
        self.config.gas_limit = limit;
        self
    }

    /// With a price of 1 for everything, and no limit.
    pub fn unit_gas(self) -> Self {
        self.gas(GasTable::UNIT, u64::MAX)
    }

    /// With this public input.
    pub fn input(mut self, bytes: &[u8]) -> Self {
        self.config.input = bytes.to_vec();
        self
    }

    /// With this private input.
    pub fn private(mut self, bytes: &[u8]) -> Self {
        self.private = bytes.to_vec();
        self
    }

    /// The program's image.
    ///
    /// # Errors
    /// [`ImageError`] when the parts make none.
    pub fn image(&self) -> Result<Image, ImageError> {
        let parts: Vec<Part<'_>> = self.parts.iter().map(OwnedPart::as_part).collect();
        Image::from_parts(self.entry, &parts)
    }

    /// The decoded program.
    ///
    /// # Errors
    /// [`ImageError`] when the parts make no image.
    pub fn program(&self) -> Result<Program, ImageError> {
        self.image().map(Program::new)
    }

    /// The program as an ELF file: one segment a part.
    pub fn elf(&self) -> Vec<u8> {
        crate::elf::write(self.entry, &self.parts)
    }

    /// The registers that a run of the suites' usual layout starts with.
    pub fn initial_registers(&self) -> [u32; reg::COUNT] {
        let mut regs = [0; reg::COUNT];
        let moved = self.entry - CODE;
        regs[reg::SP as usize] = HEAP_END + moved;
        regs[reg::A0 as usize] = INPUT + moved;
        regs[reg::A1 as usize] = self.config.input.len() as u32;
        regs
    }
}

/// The word that [`Setup::new`] puts at `address` of its data pages.
pub fn pattern(address: u32) -> u32 {
    // An odd multiplier makes every byte of the word vary, sign bits included.
    address.wrapping_mul(0x9e37_79b1) ^ 0x5a5a_a5a5
}
