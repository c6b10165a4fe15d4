//! ELF files: writes the suites' programs, and adapts foreign ones in memory.

use ember_memory::{PAGE_SIZE, Perm};
use object::LittleEndian as LE;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader};

use crate::setup::OwnedPart;

const FILE_HEADER: usize = 52;
const PROGRAM_HEADER: usize = 32;
const SECTION_HEADER: usize = 40;

/// A static RV32E executable: one segment a part, no sections.
pub fn write(entry: u32, parts: &[OwnedPart]) -> Vec<u8> {
    write_with_symbols(entry, parts, &[])
}

/// [`write()`] with a symbol table.
pub fn write_with_symbols(entry: u32, parts: &[OwnedPart], symbols: &[(&str, u32)]) -> Vec<u8> {
    let mut f = Vec::new();
    f.extend(elf::ELFMAG);
    f.extend([elf::ELFCLASS32, elf::ELFDATA2LSB, elf::EV_CURRENT, 0]);
    f.resize(16, 0);
    let sections = if symbols.is_empty() { 0 } else { 3 };
    // The bytes of a segment lie in the file at its address modulo the page size, as loaders that map files want.
    let mut at = FILE_HEADER + PROGRAM_HEADER * parts.len();
    let offsets: Vec<usize> = parts
        .iter()
        .map(|p| {
            let page = PAGE_SIZE as usize;
            let start = at.next_multiple_of(page) + p.address as usize % page;
            at = start + p.data.len();
            start
        })
        .collect();
    let strings: Vec<u8> =
        std::iter::once(0).chain(symbols.iter().flat_map(|(n, _)| n.bytes().chain([0]))).collect();
    let symbols_at = at.next_multiple_of(4);
    let strings_at = symbols_at + 16 * (symbols.len() + 1);
    let sections_at = (strings_at + strings.len()).next_multiple_of(4);

    half(&mut f, &[elf::ET_EXEC, elf::EM_RISCV]);
    let section_table = if sections == 0 { 0 } else { sections_at as u32 };
    word(&mut f, &[1, entry, FILE_HEADER as u32, section_table, elf::EF_RISCV_RVE]);
    let header = |size: usize| size as u16;
    half(&mut f, &[header(FILE_HEADER), header(PROGRAM_HEADER), parts.len() as u16]);
    half(&mut f, &[header(SECTION_HEADER), sections, if sections == 0 { 0 } else { 2 }]);
    for (p, offset) in parts.iter().zip(&offsets) {
        let flag = |perm, flag| if p.perm.contains(perm) { flag } else { 0 };
        let flags =
            flag(Perm::EXECUTE, elf::PF_X) | flag(Perm::READ, elf::PF_R) | flag(Perm::WRITE, elf::PF_W);
        let size = p.data.len() as u32;
        word(&mut f, &[elf::PT_LOAD, *offset as u32, p.address, p.address, size, size, flags, PAGE_SIZE]);
    }
    for (p, offset) in parts.iter().zip(&offsets) {
        f.resize(*offset, 0);
        f.extend(&p.data);
    }
    if sections == 0 {
        return f;
    }
    f.resize(symbols_at + 16, 0);
    let mut name = 1;
    for (symbol, address) in symbols {
        word(&mut f, &[name, *address, 0]);
        f.extend([elf::STB_GLOBAL << 4 | elf::STT_NOTYPE, 0]);
        half(&mut f, &[elf::SHN_ABS]);
        name += symbol.len() as u32 + 1;
    }
    f.extend(&strings);
    f.resize(sections_at + SECTION_HEADER, 0);
    let (at, size) = (symbols_at as u32, 16 * (symbols.len() as u32 + 1));
    word(&mut f, &[0, elf::SHT_SYMTAB, 0, 0, at, size, 2, 1, 4, 16]);
    word(&mut f, &[0, elf::SHT_STRTAB, 0, 0, strings_at as u32, strings.len() as u32, 0, 0, 1, 0]);
    f
}

fn half(f: &mut Vec<u8>, values: &[u16]) {
    f.extend(values.iter().flat_map(|v| v.to_le_bytes()));
}

fn word(f: &mut Vec<u8>, values: &[u32]) {
    f.extend(values.iter().flat_map(|v| v.to_le_bytes()));
}

/// How a foreign program is changed in memory before it is loaded. The file stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adapt {
    /// For programs that were built for RV32I: sets `EF_RISCV_RVE`, and replaces every `addi xN, x0, 0` with N in
    /// 16..=31 (the clearing of registers in a start-up file) by `addi x0, x0, 0`.
    pub rv32i: bool,
    /// For programs that pass the ecall number in a7: replaces `addi x17, x0, 93` by `addi x5, x0, 93`.
    pub exit_in_a7: bool,
}

/// Clears `EF_RISCV_RVC` and says whether it was set. The flag says that a file may hold compressed instructions;
/// riscv-arch-test's header sets it by `.option rvc` around an alignment, and uses none.
pub fn clear_compressed(bytes: &mut [u8]) -> bool {
    let Some((_, flags)) = executable_ranges(bytes) else { return false };
    bytes[36..40].copy_from_slice(&(flags & !elf::EF_RISCV_RVC).to_le_bytes());
    flags & elf::EF_RISCV_RVC != 0
}

/// What [`Adapt::apply`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Adapted {
    /// Whether `EF_RISCV_RVE` was set.
    pub flag: bool,
    /// `addi xN, x0, 0` that became `nop`.
    pub cleared: usize,
    /// `addi x17, x0, 93` that became `addi x5, x0, 93`.
    pub exits: usize,
}

const NOP: u32 = 0x0000_0013;
const LI_A7_93: u32 = 93 << 20 | 17 << 7 | 0x13;
const LI_T0_93: u32 = 93 << 20 | 5 << 7 | 0x13;

impl Adapt {
    /// What the riscv-tests suite needs.
    pub const RISCV_TESTS: Self = Self { rv32i: true, exit_in_a7: true };

    /// Changes the ELF file in `bytes`. A file that is no ELF for RISC-V is left alone: the loader names the
    /// reason.
    ///
    /// Only words at multiples of 4 in executable segments are looked at; a data segment keeps every byte.
    pub fn apply(self, bytes: &mut [u8]) -> Adapted {
        let mut done = Adapted::default();
        let Some((ranges, flags)) = executable_ranges(bytes) else { return done };
        if self.rv32i && flags & elf::EF_RISCV_RVE == 0 {
            // e_flags lies at offset 36 of an ELF32 header.
            bytes[36..40].copy_from_slice(&(flags | elf::EF_RISCV_RVE).to_le_bytes());
            done.flag = true;
        }
        for range in ranges {
            let Some(code) = bytes.get_mut(range) else { continue };
            for word in code.chunks_exact_mut(4) {
                let old = u32::from_le_bytes(word.try_into().expect("four bytes"));
                let clears_high = old & !(15 << 7) == 0x10 << 7 | 0x13;
                let new = match old {
                    LI_A7_93 if self.exit_in_a7 => {
                        done.exits += 1;
                        LI_T0_93
                    }
                    _ if self.rv32i && clears_high => {
                        done.cleared += 1;
                        NOP
                    }
                    _ => continue,
                };
                word.copy_from_slice(&new.to_le_bytes());
            }
        }
        done
    }
}

/// Where the executable segments lie in the file, from the first multiple of 4 on, and the header's flags.
fn executable_ranges(bytes: &[u8]) -> Option<(Vec<std::ops::Range<usize>>, u32)> {
    let header = elf::FileHeader32::<LE>::parse(bytes).ok()?;
    let ranges = header
        .program_headers(LE, bytes)
        .ok()?
        .iter()
        .filter(|s| s.p_type(LE) == elf::PT_LOAD && s.p_flags(LE) & elf::PF_X != 0)
        .filter_map(|s| {
            let (offset, size) = (s.p_offset(LE) as usize, s.p_filesz(LE) as usize);
            let skip = s.p_vaddr(LE).wrapping_neg() as usize % 4;
            Some(offset.checked_add(skip)?..offset.checked_add(size)?)
        })
        .filter(|r| r.start <= r.end && r.end <= bytes.len())
        .collect();
    (header.e_machine(LE) == elf::EM_RISCV).then(|| (ranges, header.e_flags(LE)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asm::Asm;
    use crate::setup::Setup;
    use ember_memory::{Image, Symbols};

    #[test]
    fn a_written_file_loads() {
        let mut a = Asm::new(crate::setup::CODE);
        a.exit_ok();
        let setup = Setup::new(&a);
        assert_eq!(Image::from_elf(&setup.elf()), setup.image());
        let file = write_with_symbols(setup.entry, &setup.parts, &[("tohost", 0x3_0000), ("x", 0x3_0004)]);
        assert_eq!(Image::from_elf(&file), setup.image());
        let symbols = Symbols::of_elf(&file).unwrap();
        let found: Vec<_> = symbols.all().iter().map(|s| (symbols.name(s), s.address)).collect();
        assert_eq!(found, [(&b"tohost"[..], 0x3_0000), (b"x", 0x3_0004)]);
    }

    #[test]
    fn only_code_is_adapted() {
        let words = |perm| OwnedPart {
            address: if perm == Perm::EXECUTE { 0x1000 } else { 0x2000 },
            data: [0x0000_0813u32, 0x0000_0f93, LI_A7_93, 0x0000_0793, 0x0010_0813]
                .into_iter()
                .flat_map(u32::to_le_bytes)
                .collect(),
            perm,
        };
        let mut file = write(0x1000, &[words(Perm::EXECUTE), words(Perm::READ)]);
        file[36] = 0;
        assert_eq!(Adapt::default().apply(&mut file.clone()), Adapted::default());
        let done = Adapt::RISCV_TESTS.apply(&mut file);
        assert_eq!(done, Adapted { flag: true, cleared: 2, exits: 1 });
        let image = Image::from_elf(&file).unwrap();
        let code: Vec<u32> = (0..5).map(|i| image.code_word(0x1000 + 4 * i).unwrap()).collect();
        assert_eq!(code, [NOP, NOP, LI_T0_93, 0x0000_0793, 0x0010_0813]);
        assert_eq!(image.segments()[1].data[..20], words(Perm::READ).data[..]);
        let mut junk = b"\x7fELF\x01\x01\x01 and nothing else".to_vec();
        Adapt::RISCV_TESTS.apply(&mut junk);
    }
}
