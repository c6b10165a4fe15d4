//! A program from an ELF file, with its symbols.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use ember_memory::{Image, Symbol};
use ember_vm::Program;

use crate::args::read_file;
use crate::text::{MAX_NAME, Start, shown};

/// Largest ELF file: debug information counts.
pub const MAX_ELF_LEN: u64 = 1 << 30;

/// The symbols of a program, under the names that people know.
#[derive(Default)]
pub struct Symbols(ember_memory::Symbols);

/// Most symbols at one address that are shown.
const MAX_LABELS: usize = 16;

impl Symbols {
    /// The symbols of an ELF file; none where they are missing or malformed, as nothing hangs on them.
    pub fn of_elf(elf: &[u8]) -> Self {
        Self(ember_memory::Symbols::of_elf(elf).unwrap_or_default())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.all().len()
    }

    /// Names of the symbols at `address`, and how many more there are.
    pub fn labels(&self, address: u32) -> (impl Iterator<Item = String>, usize) {
        let all = self.0.at(address);
        let shown = &all[..all.len().min(MAX_LABELS)];
        (shown.iter().map(|symbol| self.name_of(symbol)), all.len() - shown.len())
    }

    /// The function that covers an address of code, else the nearest symbol before it in the same segment.
    pub fn function(&self, image: &Image, address: u32) -> Option<&Symbol> {
        let start = image.segment_at(address)?.start();
        self.0.function(address).filter(|symbol| symbol.address >= start)
    }

    /// A symbol's name, demangled, fit to be shown.
    pub fn name_of(&self, symbol: &Symbol) -> String {
        let raw = String::from_utf8_lossy(self.0.name(symbol));
        let mut start = Start::of(MAX_NAME);
        // Without the hash, which tells apart what a reader has no other name for either. A name of some bytes may stand
        // for gigabytes, of which no more is made than is shown.
        match write!(start, "{:#}", rustc_demangle::demangle(&raw)) {
            Ok(()) => shown(&start.text, MAX_NAME),
            Err(_) => shown(&start.text, MAX_NAME) + "...",
        }
    }

    /// `symbol+offset` of an address of code.
    pub fn name(&self, image: &Image, address: u32) -> Option<String> {
        let symbol = self.function(image, address)?;
        let name = self.name_of(symbol);
        Some(match address - symbol.address {
            0 => name,
            offset => format!("{name}+{offset:#x}"),
        })
    }
}

/// A program and its symbols.
pub struct Guest {
    pub program: Program,
    pub symbols: Symbols,
}

impl Guest {
    /// Loads an ELF file.
    pub fn load(path: &Path) -> Result<Self> {
        let elf = read_file(path, MAX_ELF_LEN)?;
        let program = Program::load(&elf).with_context(|| path.display().to_string())?;
        Ok(Self { program, symbols: Symbols::of_elf(&elf) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_that_stands_for_a_long_one_is_cut() {
        // A type of 8^8 u32s in a v0 name: each tuple is eight times the one before.
        let mut name = "INvC1a1bTmmmmmmmmE".to_owned();
        for back in ["B7_", "Bh_", "BH_", "B17_", "B1x_", "B1X_", "B2n_"] {
            name += &format!("T{}E", back.repeat(8));
        }
        let mangled = format!("_R{name}E");
        let mut start = Start::of(MAX_NAME);
        assert!(write!(start, "{:#}", rustc_demangle::demangle(&mangled)).is_err(), "{}", start.text);
        assert!(
            start.text.starts_with("a::b::<(u32, u32,") && start.text.len() == MAX_NAME,
            "{}",
            start.text
        );
    }
}
