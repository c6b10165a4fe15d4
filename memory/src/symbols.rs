//! The symbols of an ELF file.

use alloc::vec::Vec;

use object::LittleEndian as LE;
use object::elf;
use object::read::elf::{FileHeader, Sym};

use crate::ElfError;
use crate::elf::parse;

/// Most symbols that are kept of a file.
pub const MAX_SYMBOLS: usize = 1 << 20;

/// Most bytes of a name that are looked at.
pub const MAX_NAME_LEN: usize = 1 << 12;

/// A symbol of an ELF file. [`Symbols::name`] has its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Address.
    pub address: u32,
    /// Size in bytes; zero where the file does not say.
    pub size: u32,
    /// Whether the symbol is a function.
    pub is_function: bool,
    /// Where in the table of strings the name begins.
    name: u32,
}

/// The named symbols of an ELF file, in order of address.
///
/// Names stay in the file's table of strings, which many symbols may share: memory is bounded by the file's size, and an
/// address is looked up in logarithmic time, whatever the symbols say of themselves.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    strings: Vec<u8>,
    symbols: Vec<Symbol>,
    /// From this address on, up to the next one, the innermost function that covers it.
    functions: Vec<(u32, Option<u32>)>,
}

impl Symbols {
    /// The symbols of an ELF file, at most [`MAX_SYMBOLS`]; none where the file has no symbol table. Compilers' own labels
    /// (`$x`, `.L0`) are left out.
    ///
    /// # Errors
    /// [`ElfError`] when the file, its section headers or its symbol table are malformed.
    pub fn of_elf(bytes: &[u8]) -> Result<Self, ElfError> {
        let header = parse(bytes)?;
        let sections = header.sections(LE, bytes).map_err(|_| ElfError::Malformed("section headers"))?;
        let table =
            sections.symbols(LE, bytes, elf::SHT_SYMTAB).map_err(|_| ElfError::Malformed("symbol table"))?;
        let strings = match sections.section(table.string_section()) {
            Ok(section) => section_bytes(section, bytes).ok_or(ElfError::Malformed("symbol names"))?,
            Err(_) => &[],
        };
        let mut symbols: Vec<Symbol> = table
            .iter()
            .filter(|s| {
                !s.is_undefined(LE)
                    && matches!(s.st_type(), elf::STT_NOTYPE | elf::STT_FUNC | elf::STT_OBJECT)
            })
            .map(|s| Symbol {
                address: s.st_value(LE),
                size: s.st_size(LE),
                is_function: s.st_type() == elf::STT_FUNC,
                name: s.st_name.get(LE),
            })
            .filter(|s| {
                let name = name_at(strings, s.name);
                !name.is_empty() && !name.starts_with(b"$") && !name.starts_with(b".L")
            })
            .take(MAX_SYMBOLS)
            .collect();
        symbols.sort_by_key(|s| s.address);
        let functions = innermost(&symbols);
        Ok(Self { strings: strings.to_vec(), symbols, functions })
    }

    /// All of them, in order of address.
    pub fn all(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The first [`MAX_NAME_LEN`] bytes of a symbol's name: any bytes but zero.
    pub fn name(&self, symbol: &Symbol) -> &[u8] {
        name_at(&self.strings, symbol.name)
    }

    /// The symbols at `address`.
    pub fn at(&self, address: u32) -> &[Symbol] {
        let start = self.symbols.partition_point(|s| s.address < address);
        let end = self.symbols.partition_point(|s| s.address <= address);
        &self.symbols[start..end]
    }

    /// The function that covers an address, the innermost of several, else the nearest symbol before it.
    pub fn function(&self, address: u32) -> Option<&Symbol> {
        let range = self.functions.partition_point(|(start, _)| *start <= address).checked_sub(1);
        let covering = range.and_then(|range| self.functions[range].1);
        let before = || self.symbols.partition_point(|s| s.address <= address).checked_sub(1);
        self.symbols.get(covering.map(|n| n as usize).or_else(before)?)
    }
}

fn section_bytes<'a>(section: &elf::SectionHeader32<LE>, file: &'a [u8]) -> Option<&'a [u8]> {
    let start = section.sh_offset.get(LE) as usize;
    file.get(start..start.checked_add(section.sh_size.get(LE) as usize)?)
}

fn name_at(strings: &[u8], offset: u32) -> &[u8] {
    let name = strings.get(offset as usize..).unwrap_or_default();
    let name = &name[..name.len().min(MAX_NAME_LEN)];
    name.split(|&b| b == 0).next().unwrap_or_default()
}

/// From which address on which function is the innermost one. The symbols are in order of address.
fn innermost(symbols: &[Symbol]) -> Vec<(u32, Option<u32>)> {
    let end = |n: u32| u64::from(symbols[n as usize].address) + u64::from(symbols[n as usize].size);
    let mut ranges: Vec<(u32, Option<u32>)> = Vec::new();
    // Functions that began and have not ended, the innermost last. One that ends inside a later one is under it, and is
    // dropped when it comes to the top.
    let mut open: Vec<u32> = Vec::new();
    let close = |open: &mut Vec<u32>, to: u64, ranges: &mut Vec<(u32, Option<u32>)>| {
        while let Some(ended) = open.last().map(|&n| end(n)).filter(|&ended| ended <= to) {
            while open.last().is_some_and(|&n| end(n) <= ended) {
                open.pop();
            }
            if let Ok(ended) = u32::try_from(ended) {
                ranges.push((ended, open.last().copied()));
            }
        }
    };
    for (n, symbol) in symbols.iter().enumerate().filter(|(_, s)| s.is_function && s.size > 0) {
        close(&mut open, symbol.address.into(), &mut ranges);
        open.push(n as u32);
        ranges.push((symbol.address, Some(n as u32)));
    }
    close(&mut open, u64::MAX, &mut ranges);
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A file with no program, and symbols `(name, address, size, is_function)` whose names are offsets into `strings`.
    fn file(strings: &[u8], symbols: &[(u32, u32, u32, bool)]) -> Vec<u8> {
        let mut f = Vec::new();
        let words = |f: &mut Vec<u8>, all: &[u32]| f.extend(all.iter().flat_map(|w| w.to_le_bytes()));
        let halves = |f: &mut Vec<u8>, all: &[u16]| f.extend(all.iter().flat_map(|h| h.to_le_bytes()));
        let (table, names) = (52, 52 + 16 * (symbols.len() as u32 + 1));
        let sections = (names + strings.len() as u32).next_multiple_of(4);
        f.extend(*b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0");
        halves(&mut f, &[2, 243]);
        words(&mut f, &[1, 0, 0, sections, elf::EF_RISCV_RVE]);
        halves(&mut f, &[52, 32, 0, 40, 3, 2]);
        words(&mut f, &[0; 4]);
        for &(name, address, size, is_function) in symbols {
            words(&mut f, &[name, address, size]);
            f.extend([0x10 | if is_function { elf::STT_FUNC } else { elf::STT_NOTYPE }, 0]);
            halves(&mut f, &[1]);
        }
        f.extend(strings);
        f.resize(sections as usize, 0);
        words(&mut f, &[0; 10]);
        words(&mut f, &[0, elf::SHT_SYMTAB, 0, 0, table, names - table, 2, 1, 4, 16]);
        words(&mut f, &[0, elf::SHT_STRTAB, 0, 0, names, strings.len() as u32, 0, 0, 1, 0]);
        f
    }

    #[test]
    fn names_are_shared_and_cut() {
        let long = [b"\0".as_slice(), &[b'a'; 1 << 16], b"\0", b"$x\0.L1\0\xff\x1b\0"].concat();
        let after = 1 + (1 << 16) + 1;
        let names = [(1, 8), (2, 8), (after, 12), (after + 3, 12), (after + 7, 16), (0, 16), (u32::MAX, 4)];
        let symbols: Vec<_> = names.into_iter().map(|(name, address)| (name, address, 0, false)).collect();
        let symbols = Symbols::of_elf(&file(&long, &symbols)).unwrap();
        let found: Vec<_> = symbols.all().iter().map(|s| (s.address, symbols.name(s))).collect();
        let cut = &[b'a'; MAX_NAME_LEN][..];
        assert_eq!(found, [(8, cut), (8, cut), (16, &b"\xff\x1b"[..])]);
        assert_eq!((symbols.at(8).len(), symbols.at(9).len()), (2, 0));
    }

    #[test]
    fn the_innermost_function_covers() {
        let all = [
            (1, 100, 50, true),
            (1, 110, 20, true),
            (1, 120, 40, true),
            (1, 200, 0, true),
            (1, 90, 99, false),
        ];
        let symbols = Symbols::of_elf(&file(b"\0f\0", &all)).unwrap();
        let at = |address| symbols.function(address).map(|s| s.address);
        for (address, expected) in [
            (89, None),
            (95, Some(90)),
            (105, Some(100)),
            (115, Some(110)),
            (125, Some(120)),
            (155, Some(120)),
        ] {
            assert_eq!(at(address), expected, "{address}");
        }
        // After the end of all, the nearest before.
        assert_eq!((at(170), at(u32::MAX)), (Some(120), Some(200)));
    }

    proptest! {
        #[test]
        fn functions_are_what_a_search_finds(all in prop::collection::vec((0u32..60, 0u32..30, any::<bool>()), 0..20)) {
            let table: Vec<_> = all.iter().map(|&(address, size, function)| (1, address, size, function)).collect();
            let symbols = Symbols::of_elf(&file(b"\0f\0", &table)).unwrap();
            for address in 0..100 {
                let mut before = symbols.all().iter().rev().filter(|s| s.address <= address);
                let covers = |s: &&Symbol| s.is_function && address - s.address < s.size;
                let expected = before.clone().find(covers).or_else(|| before.next());
                prop_assert_eq!(symbols.function(address), expected);
            }
        }
    }
}
