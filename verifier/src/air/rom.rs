//! Instruction decoding in the circuit: one row for each static instruction that is executed.
//!
//! A row takes a code word apart into bits, says which row of the instruction table it matches, and provides the
//! decoded fields that the processor fetches. Constants that depend on the address alone are computed here, once
//! for each static instruction: `auipc` results, return addresses, branch and jump targets.

use ember_isa::op::TABLE;
use ember_isa::{Family, Format, Op, reg};
use p3_air::WindowAccess;
use p3_field::PrimeCharacteristicRing;
use p3_koala_bear::KoalaBear;

use super::bus::{Builder, CODE, PROG, c, from_bits, inv_pow2, once, range16, sum, when};
use super::columns::columns;
use super::cpu::{PACK_NEG, PACK_RD, PACK_RS1, PACK_RS2};
use super::{CSR_SUB, sub_code};

columns! {
    /// Columns of the instruction decoder.
    pub struct RomCols {
        /// Whether the row holds an instruction.
        real,
        /// How often the processor fetches it.
        uses,
        /// Word address within its 64 KiB: bits 2..16 of the address.
        pc_low,
        /// Upper 16 bits of the address.
        pc_high,
        /// The code word's bits, least significant first.
        bits: [32],
        /// Row of the instruction table: one-hot.
        op: [TABLE.len()],
        /// Destination register.
        rd,
        /// First source register.
        rs1,
        /// Second source register.
        rs2,
        /// The processor's immediate.
        imm: [2],
        /// The processor's extra constant.
        extra: [2],
        /// `pc + 4`, or `pc + imm` of an `auipc`.
        sum: [2],
        /// Target of a branch or `jal`, rounded down to a word address: its lowest 14 bits, and its upper 16.
        target: [2],
        /// Family, registers and branch polarity in one number.
        packed,
        /// Sub-operation.
        sub,
    }
}

/// A word address as `Rom` has it: its lowest 14 bits, and its upper 16.
pub fn word_limbs(address: u32) -> [u32; 2] {
    [address >> 2 & 0x3fff, address >> 16]
}

/// Polarity: branches that are taken when their comparison fails.
pub(crate) fn is_negated(op: Op) -> bool {
    matches!(op, Op::Bne | Op::Bge | Op::Bgeu)
}

pub(super) fn eval<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = RomCols::from_row(main.current_slice());
    let bit = |i: usize| l.bits[i];
    let bits = |range: core::ops::Range<usize>| from_bits::<AB>(range.map(|i| l.bits[i]));
    let flag = |op: Op| l.op[op as usize];
    let any = |test: &dyn Fn(Op) -> bool| {
        sum::<AB>(Op::ALL.iter().filter(|&&op| test(op)).map(|&op| l.op[op as usize]))
    };
    let has_format = |format: Format| any(&|op| op.info().format == format);

    b.assert_bool(l.real);
    for flag in l.bits.into_iter().chain(l.op) {
        b.assert_bool(flag);
    }
    b.assert_eq(l.real, sum::<AB>(l.op));
    b.assert_zero(flag(Op::Ebreak));
    when(b, AB::Expr::ONE - l.real, l.uses);

    // The word matches its row of the table.
    for i in 0..32 {
        let fixed = any(&|op| op.info().mask >> i & 1 == 1);
        let ones = any(&|op| op.info().value >> i & 1 == 1);
        b.assert_zero(bit(i) * fixed - ones);
    }
    // Counters are 0xc00..0xc02 and 0xc80..0xc82: all bits fixed but 7, 1 and 0 of the number, never both low.
    let csr = any(&|op| op.info().family == Family::Csr);
    for i in [30, 31] {
        when(b, csr.clone(), AB::Expr::ONE - bit(i));
    }
    for i in [22, 23, 24, 25, 26, 28, 29] {
        when(b, csr.clone(), bit(i));
    }
    when(b, csr.clone(), bit(20) * bit(21));

    // Registers; an ecall reads t0 and a0 and writes a0.
    let ecall = flag(Op::Ecall);
    let rd_used = any(&|op| op.info().format.has_rd());
    let rs1_used = any(&|op| op.info().format.has_rs1());
    let rs2_used = any(&|op| op.info().format.has_rs2());
    b.assert_eq(l.rd, rd_used * bits(7..11) + ecall * c::<AB>(reg::A0.into()));
    b.assert_eq(l.rs1, rs1_used * bits(15..19) + ecall * c::<AB>(reg::T0.into()));
    b.assert_eq(l.rs2, rs2_used * bits(20..24) + ecall * c::<AB>(reg::A0.into()));

    // Sums with pc.
    let pc = l.pc_low + l.pc_high * c::<AB>(1 << 14);
    let pc_limbs: [AB::Expr; 2] = [l.pc_low * c::<AB>(4), l.pc_high.into()];
    let (auipc, jal, jalr) = (flag(Op::Auipc), flag(Op::Jal), flag(Op::Jalr));
    let upper = [bits(12..16) * KoalaBear::from_u32(1 << 12), bits(16..32)];
    let carry = inv_pow2(16);
    let k0_link = (pc_limbs[0].clone() + c::<AB>(4) - l.sum[0]) * carry;
    let k1_link = (pc_limbs[1].clone() + k0_link.clone() - l.sum[1]) * carry;
    let k0_upper = (pc_limbs[0].clone() + upper[0].clone() - l.sum[0]) * carry;
    let k1_upper = (pc_limbs[1].clone() + upper[1].clone() + k0_upper.clone() - l.sum[1]) * carry;
    for k in [k0_link, k1_link] {
        when(b, jal + jalr, k.bool_check());
    }
    for k in [k0_upper, k1_upper] {
        when(b, auipc, k.bool_check());
    }

    // Immediates.
    let sign = bit(31);
    let high_ones = |from: u32| sign * c::<AB>(0x1_0000 - (1 << from));
    let i_low = bits(20..31) + high_ones(11);
    let s_low = bits(7..12) + bits(25..31) * c::<AB>(1 << 5) + high_ones(11);
    let sign_high = sign * c::<AB>(0xffff);
    let shamt = has_format(Format::Shamt);
    let (i_format, s_format) = (has_format(Format::I), has_format(Format::S));
    let lui = flag(Op::Lui);
    let with_sum = auipc + jal;
    b.assert_eq(
        l.imm[0],
        i_format.clone() * i_low
            + s_format.clone() * s_low
            + shamt * bits(20..25)
            + lui * upper[0].clone()
            + with_sum.clone() * l.sum[0],
    );
    b.assert_eq(
        l.imm[1],
        (i_format + s_format) * sign_high.clone() + lui * upper[1].clone() + with_sum * l.sum[1],
    );

    // Targets, as word addresses: pc plus the offset modulo 2^30, by limbs of 14 and 16 bits, each with a boolean carry.
    // A target that is no multiple of 4 becomes -1, which no pc equals: a pc is below 2^30, and 2^30 < p - 1.
    let branch = has_format(Format::B);
    let b_low = bits(9..12)
        + bits(25..31) * c::<AB>(1 << 3)
        + bit(7) * c::<AB>(1 << 9)
        + sign * c::<AB>((1 << 14) - (1 << 10));
    let j_low = bits(22..31) + bit(20) * c::<AB>(1 << 9) + bits(12..16) * c::<AB>(1 << 10);
    let j_high = bits(16..20) + sign * c::<AB>((1 << 16) - (1 << 4));
    for (jumps, low, high) in [(branch.clone(), b_low, sign_high), (jal.into(), j_low, j_high)] {
        let k0 = (l.pc_low + low - l.target[0]) * inv_pow2(14);
        let k1 = (l.pc_high + high + k0.clone() - l.target[1]) * carry;
        for k in [k0, k1] {
            when(b, jumps.clone(), k.bool_check());
        }
    }
    let target = l.target[0] + l.target[1] * c::<AB>(1 << 14);
    let unless = |misaligned: AB::Var| (AB::Expr::ONE - misaligned) * target.clone() - misaligned;
    b.assert_eq(l.extra[0], branch * unless(bit(8)) + jal * unless(bit(21)) + jalr * l.sum[0]);
    b.assert_eq(l.extra[1], jalr * l.sum[1]);

    // What the processor fetches.
    let negated = any(&is_negated);
    let mut family = AB::Expr::ZERO;
    let mut sub = csr * (c::<AB>(CSR_SUB) + bit(21) + bit(27) * c::<AB>(2));
    for &op in Op::ALL {
        family += flag(op) * c::<AB>(op.info().family as u32);
        if op.info().family != Family::Csr {
            sub += flag(op) * c::<AB>(sub_code(op));
        }
    }
    b.assert_eq(l.sub, sub);
    b.assert_eq(
        l.packed,
        family
            + l.rd * c::<AB>(PACK_RD)
            + l.rs1 * c::<AB>(PACK_RS1)
            + l.rs2 * c::<AB>(PACK_RS2)
            + negated * c::<AB>(PACK_NEG),
    );
    PROG.table_entry(
        b,
        [
            pc.clone(),
            l.packed.into(),
            l.sub.into(),
            l.imm[0].into(),
            l.imm[1].into(),
            l.extra[0].into(),
            l.extra[1].into(),
        ],
        l.uses,
    );
    CODE.lookup_key(b, [pc, bits(0..16), bits(16..32)], once::<AB>(l.real));

    for low in [l.pc_low, l.target[0]] {
        range16(b, low, l.real);
        range16(b, low * c::<AB>(4), l.real);
    }
    for limb in [l.pc_high, l.target[1], l.sum[0], l.sum[1]] {
        range16(b, limb, l.real);
    }
}
