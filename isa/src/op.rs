//! The instruction table.

use crate::gas::Class;

/// Operand format: which fields of the word an operation uses, and how its immediate is spread over the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `rd, rs1, rs2`.
    R,
    /// `rd, rs1, imm[11:0]`, sign-extended.
    I,
    /// `rd, rs1, shamt[4:0]`.
    Shamt,
    /// `rs1, rs2, imm[11:0]`, sign-extended.
    S,
    /// `rs1, rs2, imm[12:1]`, sign-extended.
    B,
    /// `rd, imm[31:12]`.
    U,
    /// `rd, imm[20:1]`, sign-extended.
    J,
    /// `rd, csr`: a read of a counter; the source field is zero.
    Csr,
    /// No operands; every field but opcode and funct3 is ignored.
    Fence,
    /// No operands; the whole word is fixed.
    Fixed,
}

const RD_HIGH: u32 = 1 << 11;
const RS1_HIGH: u32 = 1 << 19;
const RS2_HIGH: u32 = 1 << 24;

impl Format {
    /// Whether the format names a destination register.
    pub const fn has_rd(self) -> bool {
        matches!(self, Self::R | Self::I | Self::Shamt | Self::U | Self::J | Self::Csr)
    }

    /// Whether the format names a first source register.
    pub const fn has_rs1(self) -> bool {
        matches!(self, Self::R | Self::I | Self::Shamt | Self::S | Self::B)
    }

    /// Whether the format names a second source register.
    pub const fn has_rs2(self) -> bool {
        matches!(self, Self::R | Self::S | Self::B)
    }

    /// The bits that must be zero because RV32E has sixteen registers: the top bit of every used register field.
    const fn register_mask(self) -> u32 {
        (if self.has_rd() { RD_HIGH } else { 0 })
            | (if self.has_rs1() { RS1_HIGH } else { 0 })
            | (if self.has_rs2() { RS2_HIGH } else { 0 })
    }
}

/// Circuit family: the operations that one group of constraints proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Family {
    /// 32-bit addition; `lui` and `auipc` are additions of constants.
    Add,
    /// The fences, which do nothing.
    Fence,
    /// 32-bit subtraction.
    Sub,
    /// `and`, `or`, `xor`.
    Bitwise,
    /// `sll`, `srl`, `sra`.
    Shift,
    /// Signed less-than.
    Slt,
    /// Unsigned less-than.
    Sltu,
    /// Branches on equality.
    BranchEq,
    /// Branches on signed order.
    BranchLt,
    /// Branches on unsigned order.
    BranchLtu,
    /// `jal`.
    Jal,
    /// `jalr`.
    Jalr,
    /// `lw`.
    LoadWord,
    /// `sw`.
    StoreWord,
    /// `lb`, `lbu`, `lh`, `lhu`.
    LoadPart,
    /// `sb`, `sh`.
    StorePart,
    /// Multiplications.
    Mul,
    /// Divisions and remainders.
    Div,
    /// Reads of the counters.
    Csr,
    /// `ecall`.
    Ecall,
    /// `ebreak`, which always ends the run.
    Ebreak,
}

impl Family {
    /// Number of families whose operations can retire: all but [`Family::Ebreak`], which is the last.
    pub const RETIRING: usize = Self::Ebreak as usize;
}

/// One row of the instruction table.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Assembly mnemonic.
    pub mnemonic: &'static str,
    /// Operand format.
    pub format: Format,
    /// Bits of the word that are fixed, the top bits of used register fields included.
    pub mask: u32,
    /// Values of the fixed bits.
    pub value: u32,
    /// Gas class.
    pub class: Class,
    /// Circuit family.
    pub family: Family,
}

const OPCODE: u32 = 0x0000_007f;
const FUNCT3: u32 = 0x0000_707f;
const FUNCT7: u32 = 0xfe00_707f;
const ALL: u32 = 0xffff_ffff;
/// Opcode, funct3 and a zero source field: a CSR instruction that does not write.
const CSR_READ: u32 = 0x000f_f07f;

macro_rules! instruction_table {
    ($($name:ident $mnemonic:literal $format:ident $mask:ident $value:literal $class:ident $family:ident;)*) => {
        /// An operation. The discriminant is the row's index in [`TABLE`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op {
            $(#[doc = concat!("`", $mnemonic, "`")] $name,)*
        }

        impl Op {
            /// Every operation, in table order.
            pub const ALL: &'static [Op] = &[$(Op::$name,)*];
        }

        /// The instruction table, sorted by major opcode.
        pub static TABLE: &[Info] = &[$(Info {
            mnemonic: $mnemonic,
            format: Format::$format,
            mask: $mask | Format::$format.register_mask(),
            value: $value,
            class: Class::$class,
            family: Family::$family,
        },)*];
    };
}

instruction_table! {
    // variant mnemonic format mask value class family
    Lb     "lb"     I     FUNCT3 0x0000_0003 Load    LoadPart;
    Lh     "lh"     I     FUNCT3 0x0000_1003 Load    LoadPart;
    Lw     "lw"     I     FUNCT3 0x0000_2003 Load    LoadWord;
    Lbu    "lbu"    I     FUNCT3 0x0000_4003 Load    LoadPart;
    Lhu    "lhu"    I     FUNCT3 0x0000_5003 Load    LoadPart;
    Fence  "fence"  Fence FUNCT3 0x0000_000f Fence   Fence;
    FenceI "fence.i" Fence FUNCT3 0x0000_100f Fence  Fence;
    Addi   "addi"   I     FUNCT3 0x0000_0013 Arith   Add;
    Slti   "slti"   I     FUNCT3 0x0000_2013 Compare Slt;
    Sltiu  "sltiu"  I     FUNCT3 0x0000_3013 Compare Sltu;
    Xori   "xori"   I     FUNCT3 0x0000_4013 Logic   Bitwise;
    Ori    "ori"    I     FUNCT3 0x0000_6013 Logic   Bitwise;
    Andi   "andi"   I     FUNCT3 0x0000_7013 Logic   Bitwise;
    Slli   "slli"   Shamt FUNCT7 0x0000_1013 Shift   Shift;
    Srli   "srli"   Shamt FUNCT7 0x0000_5013 Shift   Shift;
    Srai   "srai"   Shamt FUNCT7 0x4000_5013 Shift   Shift;
    Auipc  "auipc"  U     OPCODE 0x0000_0017 Arith   Add;
    Sb     "sb"     S     FUNCT3 0x0000_0023 Store   StorePart;
    Sh     "sh"     S     FUNCT3 0x0000_1023 Store   StorePart;
    Sw     "sw"     S     FUNCT3 0x0000_2023 Store   StoreWord;
    Add    "add"    R     FUNCT7 0x0000_0033 Arith   Add;
    Sub    "sub"    R     FUNCT7 0x4000_0033 Arith   Sub;
    Sll    "sll"    R     FUNCT7 0x0000_1033 Shift   Shift;
    Slt    "slt"    R     FUNCT7 0x0000_2033 Compare Slt;
    Sltu   "sltu"   R     FUNCT7 0x0000_3033 Compare Sltu;
    Xor    "xor"    R     FUNCT7 0x0000_4033 Logic   Bitwise;
    Srl    "srl"    R     FUNCT7 0x0000_5033 Shift   Shift;
    Sra    "sra"    R     FUNCT7 0x4000_5033 Shift   Shift;
    Or     "or"     R     FUNCT7 0x0000_6033 Logic   Bitwise;
    And    "and"    R     FUNCT7 0x0000_7033 Logic   Bitwise;
    Mul    "mul"    R     FUNCT7 0x0200_0033 Mul     Mul;
    Mulh   "mulh"   R     FUNCT7 0x0200_1033 Mul     Mul;
    Mulhsu "mulhsu" R     FUNCT7 0x0200_2033 Mul     Mul;
    Mulhu  "mulhu"  R     FUNCT7 0x0200_3033 Mul     Mul;
    Div    "div"    R     FUNCT7 0x0200_4033 Div     Div;
    Divu   "divu"   R     FUNCT7 0x0200_5033 Div     Div;
    Rem    "rem"    R     FUNCT7 0x0200_6033 Div     Div;
    Remu   "remu"   R     FUNCT7 0x0200_7033 Div     Div;
    Lui    "lui"    U     OPCODE 0x0000_0037 Arith   Add;
    Beq    "beq"    B     FUNCT3 0x0000_0063 Branch  BranchEq;
    Bne    "bne"    B     FUNCT3 0x0000_1063 Branch  BranchEq;
    Blt    "blt"    B     FUNCT3 0x0000_4063 Branch  BranchLt;
    Bge    "bge"    B     FUNCT3 0x0000_5063 Branch  BranchLt;
    Bltu   "bltu"   B     FUNCT3 0x0000_6063 Branch  BranchLtu;
    Bgeu   "bgeu"   B     FUNCT3 0x0000_7063 Branch  BranchLtu;
    Jalr   "jalr"   I     FUNCT3 0x0000_0067 Jump    Jalr;
    Jal    "jal"    J     OPCODE 0x0000_006f Jump    Jal;
    Ecall  "ecall"  Fixed ALL    0x0000_0073 System  Ecall;
    Ebreak "ebreak" Fixed ALL    0x0010_0073 System  Ebreak;
    Csrrs  "csrrs"  Csr   CSR_READ 0x0000_2073 Csr   Csr;
    Csrrc  "csrrc"  Csr   CSR_READ 0x0000_3073 Csr   Csr;
    Csrrsi "csrrsi" Csr   CSR_READ 0x0000_6073 Csr   Csr;
    Csrrci "csrrci" Csr   CSR_READ 0x0000_7073 Csr   Csr;
}

impl Op {
    /// The operation's row of the table.
    #[inline]
    pub fn info(self) -> &'static Info {
        &TABLE[self as usize]
    }
}

/// Rows of [`TABLE`] by `opcode[6:2]`: first row and one past the last.
pub(crate) static BUCKETS: [(u8, u8); 32] = {
    let mut buckets = [(0u8, 0u8); 32];
    let mut i = 0;
    while i < TABLE.len() {
        let b = ((TABLE[i].value & OPCODE) >> 2) as usize;
        if buckets[b].1 == 0 {
            buckets[b].0 = i as u8;
        }
        buckets[b].1 = i as u8 + 1;
        i += 1;
    }
    buckets
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_disjoint() {
        for (i, a) in TABLE.iter().enumerate() {
            assert_eq!(a.value & !a.mask, 0, "{}", a.mnemonic);
            assert_eq!(a.value & 3, 3, "{}", a.mnemonic);
            assert_eq!(Op::ALL[i] as usize, i);
            for b in &TABLE[i + 1..] {
                assert!(a.value & OPCODE <= b.value & OPCODE, "{} {}", a.mnemonic, b.mnemonic);
                let both = a.mask & b.mask;
                assert_ne!(a.value & both, b.value & both, "{} overlaps {}", a.mnemonic, b.mnemonic);
            }
        }
    }
}
