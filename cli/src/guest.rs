//! A program from an ELF file, with its symbols.

use std::path::Path;

use anyhow::{Context, Result};
use ember_memory::{Image, Symbol, symbols};
use ember_vm::Program;

use crate::args::read_file;

/// Largest ELF file: debug information counts.
pub const MAX_ELF_LEN: u64 = 1 << 30;

/// Symbols in order of address.
#[derive(Default)]
pub struct Symbols(Vec<Symbol>);

impl Symbols {
    /// The symbols of an ELF file; none where they are missing or malformed, as nothing hangs on them.
    pub fn of_elf(elf: &[u8]) -> Self {
        let mut all = symbols(elf).unwrap_or_default();
        all.retain(|s| !s.name.starts_with(".L"));
        for symbol in &mut all {
            // Without the hash, which tells apart what a reader has no other name for either.
            symbol.name = format!("{:#}", rustc_demangle::demangle(&symbol.name));
        }
        Self(all)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The symbols at `address`.
    pub fn at(&self, address: u32) -> &[Symbol] {
        let start = self.0.partition_point(|s| s.address < address);
        let end = self.0.partition_point(|s| s.address <= address);
        &self.0[start..end]
    }

    /// The function that covers an address of code, else the nearest symbol before it in the same segment.
    pub fn function(&self, image: &Image, address: u32) -> Option<&Symbol> {
        let start = image.segment_at(address)?.start();
        let before = &self.0[..self.0.partition_point(|s| s.address <= address)];
        let mut before = before.iter().rev().take_while(|s| s.address >= start);
        let covers = |s: &&Symbol| s.is_function && address - s.address < s.size;
        before.clone().find(covers).or_else(|| before.next())
    }

    /// `symbol+offset` of an address of code.
    pub fn name(&self, image: &Image, address: u32) -> Option<String> {
        let symbol = self.function(image, address)?;
        Some(match address - symbol.address {
            0 => symbol.name.clone(),
            offset => format!("{}+{offset:#x}", symbol.name),
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
