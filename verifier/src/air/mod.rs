//! The circuits: one table for each kind of work, joined by buses.
//!
//! | table | a row is | joined to |
//! |---|---|---|
//! | [`Table::Cpu`] | an executed instruction | everything |
//! | [`Table::Rom`] | a decoded instruction | code leaves |
//! | [`Table::Code`], [`Table::Data`] | four words of the image or input | Merkle nodes |
//! | [`Table::Heap`] | four words of zeroed memory | |
//! | [`Table::Memory`] | four words of writable memory, in one of several segments | memory nodes |
//! | [`Table::MemoryNode`] | a node of writable memory's tree, before and after | permutations |
//! | [`Table::Touch`] | a refresh of a stale word | |
//! | [`Table::Merkle`], [`Table::Journal`] | a compression | permutations |
//! | [`Table::Poseidon2`] | a permutation | |
//! | [`Table::Bitwise`] .. [`Table::Io`] | a delegated instruction | memory, journal |
//! | [`Table::Sha256`] | a pair of rounds of an accelerator's call | operands |
//! | [`Table::Permute`] | an accelerator's call | elements, permutations |
//! | [`Table::Keccak`] | a round of an accelerator's call | operands |
//! | [`Table::MulMod`] | an accelerator's call | operands |
//! | [`Table::Context`] | a call of `context` | operands |
//! | [`Table::Dot`] | a term of an accelerator's sum | elements |
//! | [`Table::Operand`], [`Table::Element`] | an accelerator's access to a word | memory |
//! | [`Table::Range16`], [`Table::Range8`] | a small integer | |
//! | [`Table::ByteAnd`] | two bytes and their bitwise and | |
//!
//! A proof may leave out a table without rows, all but the processor: what the others ask of it then finds no
//! partner on its bus, so leaving a table out proves nothing that an empty table would not.

mod accel;
mod alu;
mod bus;
mod columns;
mod cpu;
mod hash;
mod memory;
mod muldiv;
mod rom;
mod system;

use alloc::string::String;
use alloc::vec::Vec;

use ember_isa::{Family, Op};
use p3_air::symbolic::AirLayout;
use p3_air::{Air, BaseAir};
use p3_koala_bear::KoalaBear;
use p3_lookup::logup::LogUpGadget;
use p3_lookup::{InteractionSymbolicBuilder, Lookups};

use crate::params::{Challenge, MAX_DEGREE};

pub use accel::{
    ContextCols, DotCols, ElementCols, KECCAK_ROTATIONS, KECCAK_ROUND_CONSTANTS, KECCAK_ROWS, KeccakCols,
    MUL_MOD_CARRY, MulModCols, OPERAND_WRITTEN, OperandCols, PermuteCols, SHA256_ROUND_CONSTANTS,
    SHA256_ROWS, Sha256Cols,
};
pub use alu::{BitwiseCols, ByteAndCols, PART_OPS, PartCols, ShiftCols};
pub use bus::Builder;
pub use cpu::{CpuCols, CpuPublics};
pub use hash::{JournalCols, MemoryNodeCols, MerkleCols, Poseidon2Cols};
pub use memory::{
    CodeCols, DataCols, HeapCols, MemoryCols, SPACE_CODE, SPACE_IMAGE, SPACE_INPUT, SPACE_READ, SPACE_WRITE,
    TouchCols,
};
pub use muldiv::{DIV_OPS, DivCols, MUL_OPS, MulCols};
pub use rom::{RomCols, word_limbs};
pub use system::{CsrCols, IoCols, Range8Cols, Range16Cols};

/// Fields of a decoded instruction as the processor fetches them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Family, registers and polarity in one number.
    pub packed: u32,
    /// Sub-operation.
    pub sub: u32,
    /// Destination register.
    pub rd: u8,
    /// First source register.
    pub rs1: u8,
    /// Second source register.
    pub rs2: u8,
    /// Whether a branch is taken when its comparison fails.
    pub neg: bool,
    /// Immediate.
    pub imm: u32,
    /// Branch or jump target as a field element's canonical value, or the return address's limbs.
    pub extra: [u32; 2],
    /// `pc + 4`, or `pc + imm` of an `auipc`; zero for other operations.
    pub sum: u32,
    /// Target of a branch or `jal`, a multiple of 4 or not; zero for other operations.
    pub target: u32,
}

/// What `Rom` provides for an instruction at `pc`.
///
/// # Panics
/// If the operation never retires.
pub fn fetched(i: &ember_isa::Instruction, pc: u32) -> Fetched {
    use ember_isa::{csr, reg};
    assert_ne!(i.op.info().family, Family::Ebreak);
    let (mut rd, mut rs1, mut rs2) = (i.rd, i.rs1, i.rs2);
    if i.op == Op::Ecall {
        (rd, rs1, rs2) = (reg::A0, reg::T0, reg::A0);
    }
    let sum = match i.op {
        Op::Auipc => pc.wrapping_add(i.imm),
        Op::Jal | Op::Jalr => pc.wrapping_add(4),
        _ => 0,
    };
    let branch = i.op.info().format == ember_isa::Format::B;
    let (mut extra, mut target) = ([0, 0], 0);
    if branch || i.op == Op::Jal {
        target = pc.wrapping_add(i.imm);
        extra[0] = if target.is_multiple_of(4) { target / 4 } else { MINUS_ONE };
    } else if i.op == Op::Jalr {
        extra = [sum & 0xffff, sum >> 16];
    }
    let imm = match i.op {
        Op::Auipc | Op::Jal => sum,
        _ if matches!(i.op.info().family, Family::Csr | Family::Fence) || branch => 0,
        _ => i.imm,
    };
    let sub = match i.imm {
        _ if i.op.info().family != Family::Csr => sub_code(i.op),
        csr::CYCLE | csr::TIME => CSR_SUB,
        csr::INSTRET => CSR_SUB + 1,
        csr::CYCLEH | csr::TIMEH => CSR_SUB + 2,
        _ => CSR_SUB + 3,
    };
    let neg = rom::is_negated(i.op);
    let packed = i.op.info().family as u32
        + cpu::PACK_RD * u32::from(rd)
        + cpu::PACK_RS1 * u32::from(rs1)
        + cpu::PACK_RS2 * u32::from(rs2)
        + cpu::PACK_NEG * u32::from(neg);
    Fetched { packed, sub, rd, rs1, rs2, neg, imm, extra, sum, target }
}

/// The field's order less one.
const MINUS_ONE: u32 = 0x7f00_0000;

/// Sub-operations of counter reads: this, plus 1 for `instret`, plus 2 for the high half.
pub const CSR_SUB: u32 = 60;

/// Sub-operation by which a table of delegated instructions knows an operation: immediate forms have that of the
/// register form; operations that the processor proves itself have 0.
pub const fn sub_code(op: Op) -> u32 {
    match op {
        Op::And | Op::Andi => 1,
        Op::Or | Op::Ori => 2,
        Op::Xor | Op::Xori => 3,
        Op::Sll | Op::Slli => 4,
        Op::Srl | Op::Srli => 5,
        Op::Sra | Op::Srai => 6,
        Op::Lb => 7,
        Op::Lbu => 8,
        Op::Lh => 9,
        Op::Lhu => 10,
        Op::Sb => 11,
        Op::Sh => 12,
        Op::Mul => 13,
        Op::Mulh => 14,
        Op::Mulhsu => 15,
        Op::Mulhu => 16,
        Op::Div => 17,
        Op::Divu => 18,
        Op::Rem => 19,
        Op::Remu => 20,
        Op::Ecall => 21,
        _ => 0,
    }
}

macro_rules! tables {
    ($($(#[$meta:meta])* $name:ident $cols:ident $eval:path, $publics:expr, $next:expr, $max_log:literal;)*) => {
        /// A table of the proof system.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Table {
            $($(#[$meta])* $name,)*
        }

        impl Table {
            /// Every table, in the order of a proof.
            pub const ALL: &'static [Table] = &[$(Table::$name,)*];

            /// The table's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Number of columns.
            pub const fn columns(self) -> usize {
                match self { $(Self::$name => $cols::<()>::WIDTH,)* }
            }

            /// Names of the columns.
            pub fn column_names(self) -> Vec<String> {
                match self { $(Self::$name => $cols::<()>::names(),)* }
            }

            /// Number of public values.
            pub const fn publics(self) -> usize {
                match self { $(Self::$name => $publics,)* }
            }

            /// log2 of the most rows that the verifier accepts.
            pub const fn max_log_height(self) -> usize {
                match self { $(Self::$name => $max_log,)* }
            }

            /// Whether constraints read the next row.
            pub const fn reads_next_row(self) -> bool {
                match self { $(Self::$name => $next,)* }
            }

            fn eval_constraints<AB: Builder>(self, b: &mut AB) {
                match self { $(Self::$name => $eval(b),)* }
            }
        }
    };
}

tables! {
    // name columns constraints, public values, whether constraints read the next row, log2 of most rows
    /// The processor.
    Cpu CpuCols cpu::eval, CpuPublics::<()>::LEN, true, 21;
    /// Decoded instructions.
    Rom RomCols rom::eval, 0, false, 21;
    /// Leaves of code.
    Code CodeCols memory::eval_code, 0, false, 21;
    /// Leaves of data and input, with their final values.
    Data DataCols memory::eval_data, memory::DATA_PUBLICS, false, 21;
    /// Zeroed memory, with its final values.
    Heap HeapCols memory::eval_heap, memory::HEAP_PUBLICS, true, 21;
    /// Leaves of writable memory, in one of several segments.
    Memory MemoryCols memory::eval_memory, 0, false, 21;
    /// Nodes of the tree of writable memory, in one of several segments.
    MemoryNode MemoryNodeCols hash::eval_memory_node, hash::MEMORY_NODE_PUBLICS, true, 21;
    /// Refreshes of stale words.
    Touch TouchCols memory::eval_touch, 0, false, 21;
    /// Nodes of the trees of image and input.
    Merkle MerkleCols hash::eval_merkle, hash::MERKLE_PUBLICS, true, 21;
    /// Blocks of the journal.
    Journal JournalCols hash::eval_journal, hash::JOURNAL_PUBLICS, true, 17;
    /// Poseidon2 permutations.
    Poseidon2 Poseidon2Cols hash::eval_poseidon2, 0, false, 21;
    /// `and`, `or`, `xor`.
    Bitwise BitwiseCols alu::eval_bitwise, 0, false, 21;
    /// Shifts.
    Shift ShiftCols alu::eval_shift, 0, false, 21;
    /// Loads and stores of bytes and half-words.
    Part PartCols alu::eval_part, 0, false, 21;
    /// Multiplications.
    Mul MulCols muldiv::eval_mul, 0, false, 21;
    /// Divisions and remainders.
    Div DivCols muldiv::eval_div, 0, false, 21;
    /// Reads of counters.
    Csr CsrCols system::eval_csr, system::CSR_PUBLICS, false, 21;
    /// `read` and `write`.
    Io IoCols system::eval_io, system::IO_PUBLICS, true, 21;
    /// Words of accelerators' operands.
    Operand OperandCols accel::eval_operand, 0, false, 21;
    /// Words of accelerators' operands that stand for field elements.
    Element ElementCols accel::eval_element, 0, false, 21;
    /// Poseidon2 permutations that the program asks for.
    Permute PermuteCols accel::eval_permute, accel::PRICE, false, 21;
    /// Terms of sums of products in the field of challenges.
    Dot DotCols accel::eval_dot, accel::DOT_PUBLICS, true, 21;
    /// SHA-256 compressions.
    Sha256 Sha256Cols accel::eval_sha256, accel::PRICE, true, 21;
    /// Rounds of `Keccak-f[1600]`.
    Keccak KeccakCols accel::eval_keccak, accel::PRICE, true, 18;
    /// Modular multiplications of 256-bit integers.
    MulMod MulModCols accel::eval_mul_mod, accel::PRICE, false, 17;
    /// Calls of `context`.
    Context ContextCols accel::eval_context, accel::CONTEXT_PUBLICS, false, 15;
    /// 16-bit integers.
    Range16 Range16Cols system::eval_range16, 0, true, 17;
    /// 8-bit integers.
    Range8 Range8Cols system::eval_range8, 0, true, 8;
    /// Pairs of bytes, with their bitwise and.
    ByteAnd ByteAndCols alu::eval_byte_and, 0, false, 16;
}

impl Table {
    /// Number of constraints, those of lookups left out.
    pub fn constraint_count(self) -> usize {
        let layout = AirLayout::from_air::<KoalaBear>(&self);
        let mut builder = InteractionSymbolicBuilder::<KoalaBear, Challenge>::new(layout);
        self.eval_constraints(&mut builder);
        builder.base_constraints().len()
    }
}

/// The messages of a table, those on one bus in as few columns as the constraints' degree allows.
pub fn lookups(table: Table) -> Lookups<KoalaBear> {
    let gadget = LogUpGadget::new();
    Lookups::from_air::<Challenge, _>(&table)
        .pack_same_bus_with_degree(MAX_DEGREE, |lookup| gadget.constraint_degree_with_transition(lookup, 0))
}

impl BaseAir<KoalaBear> for Table {
    fn width(&self) -> usize {
        self.columns()
    }

    fn num_public_values(&self) -> usize {
        self.publics()
    }

    fn main_next_row_columns(&self) -> Vec<usize> {
        if self.reads_next_row() { (0..self.columns()).collect() } else { Vec::new() }
    }
}

impl<AB: Builder> Air<AB> for Table {
    fn eval(&self, builder: &mut AB) {
        self.eval_constraints(builder);
    }
}
