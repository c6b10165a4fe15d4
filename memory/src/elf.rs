//! ELF32 loading.

use alloc::vec::Vec;

use object::LittleEndian as LE;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader};
use thiserror::Error;

use crate::image::Part;
use crate::{Image, ImageError, PAGE_SIZE, Perm};

/// Most program headers that a file may have.
const MAX_PROGRAM_HEADERS: usize = 64;

/// The file is no program of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ElfError {
    /// The file is truncated or malformed.
    #[error("malformed ELF file: {0}")]
    Malformed(&'static str),
    /// Not a 32-bit little-endian file.
    #[error("not a 32-bit little-endian ELF file")]
    Class,
    /// Not for RISC-V.
    #[error("not a RISC-V program (ELF machine {0})")]
    Machine(u16),
    /// Not an executable with fixed addresses.
    #[error(
        "not a static executable (ELF type {0}): link with -static, not as a shared object or relocatable"
    )]
    Type(u16),
    /// Not for the embedded ABI.
    #[error("not an RV32E program (ELF flags {0:#x}): compile with -march=rv32em -mabi=ilp32e")]
    NotRve(u32),
    /// Uses compressed instructions or floating point.
    #[error("the program uses compressed instructions or floating point (ELF flags {0:#x})")]
    Extension(u32),
    /// Asks for a dynamic loader.
    #[error("the program asks for a dynamic loader")]
    Dynamic,
    /// Too many program headers.
    #[error("{0} program headers, above the most, 64")]
    TooManySegments(usize),
    /// Code that the file does not hold: every word of it would be an illegal instruction.
    #[error("the code segment at {0:#010x} has pages that the file has no bytes for")]
    EmptyCode(u32),
}

pub(crate) type Header = elf::FileHeader32<LE>;

pub(crate) fn parse(bytes: &[u8]) -> Result<&Header, ElfError> {
    // The identification is looked at first, so that a 64-bit file is called that.
    if bytes.len() < 16 || bytes[..4] != elf::ELFMAG {
        return Err(ElfError::Malformed("no ELF magic number"));
    }
    if bytes[4] != elf::ELFCLASS32 || bytes[5] != elf::ELFDATA2LSB {
        return Err(ElfError::Class);
    }
    Header::parse(bytes).map_err(|_| ElfError::Malformed("file header"))
}

impl Image {
    /// Loads a static ELF32 RISC-V executable with `EF_RISCV_RVE`.
    ///
    /// An executable segment is loaded execute-only, whatever else it asks for, but for write, which is refused.
    ///
    /// # Errors
    /// [`ImageError`].
    pub fn from_elf(bytes: &[u8]) -> Result<Self, ImageError> {
        let header = parse(bytes)?;
        if header.e_machine(LE) != elf::EM_RISCV {
            return Err(ElfError::Machine(header.e_machine(LE)).into());
        }
        if header.e_type(LE) != elf::ET_EXEC {
            return Err(ElfError::Type(header.e_type(LE)).into());
        }
        let flags = header.e_flags(LE);
        if flags & elf::EF_RISCV_RVE == 0 {
            return Err(ElfError::NotRve(flags).into());
        }
        if flags & (elf::EF_RISCV_RVC | elf::EF_RISCV_FLOAT_ABI) != 0 {
            return Err(ElfError::Extension(flags).into());
        }
        let segments =
            header.program_headers(LE, bytes).map_err(|_| ElfError::Malformed("program headers"))?;
        if segments.len() > MAX_PROGRAM_HEADERS {
            return Err(ElfError::TooManySegments(segments.len()).into());
        }
        let mut parts = Vec::new();
        for segment in segments {
            match segment.p_type(LE) {
                elf::PT_INTERP => return Err(ElfError::Dynamic.into()),
                elf::PT_LOAD => {}
                _ => continue,
            }
            let data =
                segment.data(LE, bytes).map_err(|()| ElfError::Malformed("segment outside the file"))?;
            let (address, mem_len, p_flags) = (segment.p_vaddr(LE), segment.p_memsz(LE), segment.p_flags(LE));
            if data.len() > mem_len as usize {
                return Err(ElfError::Malformed("segment larger in the file than in memory").into());
            }
            let mut perm = Perm::empty();
            perm.set(Perm::EXECUTE, p_flags & elf::PF_X != 0);
            perm.set(Perm::READ, p_flags & elf::PF_R != 0);
            perm.set(Perm::WRITE, p_flags & elf::PF_W != 0);
            if perm == Perm::EXECUTE | Perm::READ {
                perm = Perm::EXECUTE;
            }
            // Decoded code takes many times its size: what a file costs is bounded by what it holds.
            let held = u64::from(address % PAGE_SIZE) + data.len() as u64;
            let asked = u64::from(address % PAGE_SIZE) + u64::from(mem_len);
            if perm == Perm::EXECUTE && asked > held.next_multiple_of(PAGE_SIZE.into()) {
                return Err(ElfError::EmptyCode(address).into());
            }
            parts.push(Part { address, data, mem_len, perm });
        }
        Image::from_parts(header.e_entry(LE), &parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The smallest program: one segment with an `ebreak`.
    fn tiny() -> Vec<u8> {
        let mut f = Vec::new();
        f.extend(*b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0");
        for half in [2u16, 243] {
            f.extend(half.to_le_bytes());
        }
        for word in [1u32, 0x1000, 52, 0, elf::EF_RISCV_RVE] {
            f.extend(word.to_le_bytes());
        }
        for half in [52u16, 32, 1, 40, 0, 0] {
            f.extend(half.to_le_bytes());
        }
        for word in [1u32, 84, 0x1000, 0x1000, 4, 4, 5, 0x1000] {
            f.extend(word.to_le_bytes());
        }
        f.extend(0x0010_0073u32.to_le_bytes());
        f
    }

    #[test]
    fn executable_and_readable_loads_execute_only() {
        let image = Image::from_elf(&tiny()).unwrap();
        assert_eq!(image.segments()[0].perm, Perm::EXECUTE);
        assert_eq!(image.code_word(0x1000), Some(0x0010_0073));
    }

    #[test]
    fn other_files_are_refused() {
        let with = |offset: usize, byte: u8| {
            let mut f = tiny();
            f[offset] = byte;
            Image::from_elf(&f).unwrap_err()
        };
        assert_eq!(with(4, 2), ElfError::Class.into());
        assert_eq!(with(5, 2), ElfError::Class.into());
        assert_eq!(with(16, 3), ElfError::Type(3).into());
        assert_eq!(with(18, 62), ElfError::Machine(62).into());
        assert_eq!(with(36, 0), ElfError::NotRve(0).into());
        assert_eq!(with(36, 9), ElfError::Extension(9).into());
        assert_eq!(with(52, 3), ElfError::Dynamic.into());
        assert!(matches!(with(76, 7), ImageError::Permission(0x1000, _)));
        assert!(matches!(with(76, 2), ImageError::Permission(0x1000, _)));
        assert!(matches!(with(57, 0xff), ImageError::Elf(ElfError::Malformed(_))));
        assert!(matches!(with(24, 2), ImageError::Entry(_)));
        // Code may end in zeros up to the end of its page, and has no page of zeros alone.
        let mut f = tiny();
        f[72..76].copy_from_slice(&0x1000u32.to_le_bytes());
        assert!(Image::from_elf(&f).is_ok());
        f[72..76].copy_from_slice(&0x1001u32.to_le_bytes());
        assert_eq!(Image::from_elf(&f), Err(ElfError::EmptyCode(0x1000).into()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_handled(mut edits in prop::collection::vec((0usize..88, any::<u8>()), 0..6),
                                 cut in 0usize..=88) {
            let mut f = tiny();
            for (at, byte) in edits.drain(..) {
                f[at] = byte;
            }
            f.truncate(cut);
            let _ = Image::from_elf(&f);
            let _ = crate::Symbols::of_elf(&f);
        }
    }
}
