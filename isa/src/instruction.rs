//! Decoded instructions: decoder, encoder, disassembler.

use core::fmt;

use thiserror::Error;

use crate::op::{BUCKETS, Format, Op, TABLE};
use crate::{csr, reg};

/// A decoded instruction.
///
/// Fields that the operation's format does not use are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// The operation.
    pub op: Op,
    /// Destination register, `0..16`.
    pub rd: u8,
    /// First source register, `0..16`.
    pub rs1: u8,
    /// Second source register, `0..16`.
    pub rs2: u8,
    /// Immediate: sign-extended (I, S, B, J), shifted into place (U), the shift amount (Shamt), the counter's
    /// number (Csr), or the ignored bits `31:15` and `11:7` in place (Fence).
    pub imm: u32,
}

/// The word is no instruction of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("illegal instruction {0:#010x}")]
pub struct Illegal(pub u32);

/// The instruction has no encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A register number above 15.
    #[error("register x{0} does not exist in RV32E")]
    Register(u8),
    /// The immediate does not fit the format.
    #[error("immediate {imm:#x} does not fit {mnemonic}")]
    Immediate {
        /// The operation's mnemonic.
        mnemonic: &'static str,
        /// The immediate.
        imm: u32,
    },
}

/// Bits of a fence that the machine ignores: fm, pred, succ, rs1 and rd.
const FENCE_IGNORED: u32 = 0xffff_8f80;

const fn sign_extend(value: u32, bits: u32) -> u32 {
    (((value << (32 - bits)) as i32) >> (32 - bits)) as u32
}

fn decode_imm(format: Format, w: u32) -> u32 {
    match format {
        Format::R | Format::Fixed => 0,
        Format::I => sign_extend(w >> 20, 12),
        Format::Shamt => (w >> 20) & 31,
        Format::S => sign_extend(((w >> 25) << 5) | ((w >> 7) & 31), 12),
        Format::B => sign_extend(
            ((w >> 31) << 12) | (((w >> 7) & 1) << 11) | (((w >> 25) & 63) << 5) | (((w >> 8) & 15) << 1),
            13,
        ),
        Format::U => w & 0xffff_f000,
        Format::J => sign_extend(
            ((w >> 31) << 20)
                | (((w >> 12) & 255) << 12)
                | (((w >> 20) & 1) << 11)
                | (((w >> 21) & 1023) << 1),
            21,
        ),
        Format::Csr => w >> 20,
        Format::Fence => w & FENCE_IGNORED,
    }
}

fn encode_imm(format: Format, imm: u32) -> u32 {
    match format {
        Format::R | Format::Fixed => 0,
        Format::I | Format::Csr => imm << 20,
        Format::Shamt => (imm & 31) << 20,
        Format::S => (((imm >> 5) & 127) << 25) | ((imm & 31) << 7),
        Format::B => {
            (((imm >> 12) & 1) << 31)
                | (((imm >> 5) & 63) << 25)
                | (((imm >> 1) & 15) << 8)
                | (((imm >> 11) & 1) << 7)
        }
        Format::U => imm & 0xffff_f000,
        Format::J => {
            (((imm >> 20) & 1) << 31)
                | (((imm >> 1) & 1023) << 21)
                | (((imm >> 11) & 1) << 20)
                | (((imm >> 12) & 255) << 12)
        }
        Format::Fence => imm & FENCE_IGNORED,
    }
}

/// Decodes a word: a total function, SPEC section 1.
///
/// # Errors
/// [`Illegal`] for every word that the manual reserves or that RV32EM + Zicntr + Zifencei lacks.
pub fn decode(word: u32) -> Result<Instruction, Illegal> {
    if word & 3 != 3 {
        return Err(Illegal(word));
    }
    let (first, end) = BUCKETS[(word >> 2) as usize & 31];
    for i in first..end {
        let info = &TABLE[i as usize];
        if word & info.mask != info.value {
            continue;
        }
        let format = info.format;
        let imm = decode_imm(format, word);
        if format == Format::Csr && csr::name(imm).is_none() {
            return Err(Illegal(word));
        }
        let field = |used: bool, shift: u32| if used { ((word >> shift) & 15) as u8 } else { 0 };
        return Ok(Instruction {
            op: Op::ALL[i as usize],
            rd: field(format.has_rd(), 7),
            rs1: field(format.has_rs1(), 15),
            rs2: field(format.has_rs2(), 20),
            imm,
        });
    }
    Err(Illegal(word))
}

impl Instruction {
    /// Encodes the instruction: the inverse of [`decode`]. Fields that the format does not use are ignored.
    ///
    /// # Errors
    /// [`EncodeError`] when a used register or the immediate has no encoding.
    pub fn encode(&self) -> Result<u32, EncodeError> {
        let info = self.op.info();
        let format = info.format;
        let field = |used: bool, reg: u8, shift: u32| match (used, reg) {
            (false, _) => Ok(0),
            (true, 0..=15) => Ok((reg as u32) << shift),
            (true, _) => Err(EncodeError::Register(reg)),
        };
        let imm = encode_imm(format, self.imm);
        let csr_known = format != Format::Csr || csr::name(self.imm).is_some();
        if !csr_known || decode_imm(format, imm) != self.imm {
            return Err(EncodeError::Immediate { mnemonic: info.mnemonic, imm: self.imm });
        }
        Ok(info.value
            | field(format.has_rd(), self.rd, 7)?
            | field(format.has_rs1(), self.rs1, 15)?
            | field(format.has_rs2(), self.rs2, 20)?
            | imm)
    }
}

/// Assembly in the manual's syntax; branch and jump targets are relative (`. + 8`).
impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.op.info();
        let (rd, rs1, rs2) =
            (reg::NAMES[self.rd as usize], reg::NAMES[self.rs1 as usize], reg::NAMES[self.rs2 as usize]);
        let m = info.mnemonic;
        let imm = self.imm as i32;
        match (info.format, self.op) {
            (Format::R, _) => write!(f, "{m} {rd}, {rs1}, {rs2}"),
            (Format::I, Op::Lb | Op::Lh | Op::Lw | Op::Lbu | Op::Lhu | Op::Jalr) => {
                write!(f, "{m} {rd}, {imm}({rs1})")
            }
            (Format::I | Format::Shamt, _) => write!(f, "{m} {rd}, {rs1}, {imm}"),
            (Format::S, _) => write!(f, "{m} {rs2}, {imm}({rs1})"),
            (Format::B, _) => write!(f, "{m} {rs1}, {rs2}, . {}", Offset(imm)),
            (Format::U, _) => write!(f, "{m} {rd}, {:#x}", self.imm >> 12),
            (Format::J, _) => write!(f, "{m} {rd}, . {}", Offset(imm)),
            (Format::Csr, Op::Csrrsi | Op::Csrrci) => {
                write!(f, "{m} {rd}, {}, 0", csr::name(self.imm).unwrap_or("?"))
            }
            (Format::Csr, _) => write!(f, "{m} {rd}, {}, zero", csr::name(self.imm).unwrap_or("?")),
            (Format::Fence | Format::Fixed, _) => f.write_str(m),
        }
    }
}

struct Offset(i32);

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        write!(f, "{sign} {}", self.0.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::string::ToString;

    use super::*;

    fn d(word: u32) -> Instruction {
        decode(word).unwrap()
    }

    #[test]
    fn known_words() {
        assert_eq!(d(0x0015_0513).to_string(), "addi a0, a0, 1");
        assert_eq!(d(0xfec4_2783).to_string(), "lw a5, -20(s0)");
        assert_eq!(d(0xfe9f_f06f).to_string(), "jal zero, . - 24");
        assert_eq!(d(0xc000_2573).to_string(), "csrrs a0, cycle, zero");
        assert_eq!(d(0x0000_0073).op, Op::Ecall);
        assert_eq!(d(0x0ff0_000f).op, Op::Fence);
    }

    #[test]
    fn reserved_words_are_illegal() {
        for word in [
            0,
            u32::MAX,
            0x0000_0001,
            0x0000_0813, // addi x16, x0, 0
            0x0008_0013, // addi x0, x16, 0
            0x0100_0033, // add x0, x0, x16
            0x0205_1513, // slli a0, a0, 32
            0x4000_4033, // reserved funct7
            0x0000_0173, // ecall with rd
            0x0000_8073, // ecall with rs1
            0xc000_1573, // csrrw
            0xc005_2573, // csrrs a0, cycle, a0
            0xc000_d573, // csrrwi
            0xc000_e573, // csrrsi with uimm 1
            0xc030_2573, // hpmcounter3
            0x3000_2573, // mstatus
            0x3020_0073, // mret
            0x1050_0073, // wfi
            0x0000_200f, // reserved funct3 of MISC-MEM
        ] {
            assert_eq!(decode(word), Err(Illegal(word)), "{word:#010x}");
        }
        // x16 and above are fine where the field is an immediate or ignored.
        assert!(decode(0x0100_0013).is_ok() && decode(0x0000_0823 | 1 << 20).is_ok());
        assert!(decode(0xffff_8f8f & !0x7000 | 0xf).is_ok());
    }

    /// An independent decoder, written from the manual's opcode map: whether a word is legal.
    fn legal_by_the_manual(w: u32) -> bool {
        let (f3, f7) = ((w >> 12) & 7, w >> 25);
        let rd = (w >> 7) & 31 < 16;
        let rs1 = (w >> 15) & 31 < 16;
        let rs2 = (w >> 20) & 31 < 16;
        match w & 0x7f {
            0x37 | 0x17 | 0x6f => rd,
            0x67 => f3 == 0 && rd && rs1,
            0x63 => !matches!(f3, 2 | 3) && rs1 && rs2,
            0x03 => matches!(f3, 0 | 1 | 2 | 4 | 5) && rd && rs1,
            0x23 => f3 < 3 && rs1 && rs2,
            0x13 => {
                let shift_ok = match f3 {
                    1 => f7 == 0,
                    5 => f7 == 0 || f7 == 0x20,
                    _ => true,
                };
                shift_ok && rd && rs1
            }
            0x33 => {
                let ok = match f7 {
                    0 | 1 => true,
                    0x20 => matches!(f3, 0 | 5),
                    _ => false,
                };
                ok && rd && rs1 && rs2
            }
            0x0f => f3 < 2,
            0x73 => match f3 {
                0 => w == 0x73 || w == 0x10_0073,
                2 | 3 | 6 | 7 => {
                    (w >> 15) & 31 == 0 && rd && matches!(w >> 20, 0xc00..=0xc02 | 0xc80..=0xc82)
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn check(word: u32) {
        match decode(word) {
            Ok(i) => {
                assert!(legal_by_the_manual(word), "{word:#010x} decoded to {i}");
                assert_eq!(i.encode(), Ok(word), "{i}");
            }
            Err(Illegal(w)) => {
                assert_eq!(w, word);
                assert!(!legal_by_the_manual(word), "{word:#010x} did not decode");
            }
        }
    }

    /// Every opcode, funct3, funct7, and every value of one register field at a time.
    #[test]
    fn every_field_round_trips() {
        for opcode in 0..128 {
            for funct3 in 0..8 {
                for funct7 in 0..128 {
                    let base = opcode | funct3 << 12 | funct7 << 25;
                    for value in 0..32 {
                        for shift in [7, 15, 20] {
                            check(base | value << shift);
                        }
                        check(base | value << 7 | value << 15 | value << 20);
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn words_round_trip(word in any::<u32>(), row in 0..TABLE.len()) {
            check(word);
            let info = &TABLE[row];
            check(word & !info.mask | info.value);
        }

        #[test]
        fn encode_rejects_what_it_cannot_say(row in 0..TABLE.len(), rd in 0u8..20, rs1 in 0u8..20,
                                             rs2 in 0u8..20, imm in any::<u32>()) {
            let i = Instruction { op: Op::ALL[row], rd, rs1, rs2, imm };
            if let Ok(word) = i.encode() {
                let back = d(word);
                prop_assert_eq!(back.op, i.op);
                prop_assert_eq!(back.imm, imm);
                prop_assert_eq!(back.encode(), Ok(word));
            }
        }
    }
}
