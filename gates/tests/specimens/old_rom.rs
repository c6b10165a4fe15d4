//! The instruction decoder as it was before its targets were added limb by limb: format versions 1 and 2.
//!
//! A gate that does not find what was wrong with it finds nothing. The target of a branch or `jal` is
//! `pc + offset + wrap * 2^30`, with `wrap` in {-1, 0, 1}, modulo p: with a wrong `wrap` there is another target, 2^30 less
//! or more modulo p.

use ember_gates::Recorder;
use ember_isa::op::TABLE;
use ember_isa::{Family, Format, Op, reg};
use ember_verifier::air::{Builder, CSR_SUB, sub_code};
use ember_verifier::params::Val;
use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, LookupBus};

const PROG: LookupBus<'static> = LookupBus::new("prog");
const CODE: LookupBus<'static> = LookupBus::new("code");
const RANGE16: LookupBus<'static> = LookupBus::new("range16");
const PACK_RD: u32 = 1 << 5;
const PACK_RS1: u32 = 1 << 9;
const PACK_RS2: u32 = 1 << 13;
const PACK_NEG: u32 = 1 << 17;

/// Names and numbers of the columns.
const COLUMNS: [(&str, usize); 15] = [
    ("real", 1),
    ("uses", 1),
    ("pc_low", 1),
    ("pc_high", 1),
    ("bits", 32),
    ("op", TABLE.len()),
    ("rd", 1),
    ("rs1", 1),
    ("rs2", 1),
    ("imm", 2),
    ("extra", 2),
    ("sum", 2),
    ("wrap", 1),
    ("packed", 1),
    ("sub", 1),
];

/// The old decoder.
pub struct OldRom;

impl OldRom {
    /// Names of the columns.
    pub fn columns() -> Vec<String> {
        let named = |&(name, count): &(&str, usize)| -> Vec<String> {
            let array = matches!(name, "bits" | "op" | "imm" | "extra" | "sum");
            (0..count).map(|i| if array { format!("{name}[{i}]") } else { name.to_owned() }).collect()
        };
        COLUMNS.iter().flat_map(named).collect()
    }
}

impl BaseAir<Val> for OldRom {
    fn width(&self) -> usize {
        COLUMNS.iter().map(|(_, count)| count).sum()
    }

    fn main_next_row_columns(&self) -> Vec<usize> {
        Vec::new()
    }
}

impl Air<Recorder> for OldRom {
    fn eval(&self, b: &mut Recorder) {
        eval(b);
    }
}

struct RomCols<T> {
    real: T,
    uses: T,
    pc_low: T,
    pc_high: T,
    bits: [T; 32],
    op: [T; TABLE.len()],
    rd: T,
    rs1: T,
    rs2: T,
    imm: [T; 2],
    extra: [T; 2],
    sum: [T; 2],
    wrap: T,
    packed: T,
    sub: T,
}

impl<T: Copy> RomCols<T> {
    fn from_row(row: &[T]) -> Self {
        fn take<T: Copy, const N: usize>(row: &mut &[T]) -> [T; N] {
            let (first, rest) = row.split_at(N);
            *row = rest;
            core::array::from_fn(|i| first[i])
        }
        let mut row = row;
        let row = &mut row;
        Self {
            real: take::<T, 1>(row)[0],
            uses: take::<T, 1>(row)[0],
            pc_low: take::<T, 1>(row)[0],
            pc_high: take::<T, 1>(row)[0],
            bits: take(row),
            op: take(row),
            rd: take::<T, 1>(row)[0],
            rs1: take::<T, 1>(row)[0],
            rs2: take::<T, 1>(row)[0],
            imm: take(row),
            extra: take(row),
            sum: take(row),
            wrap: take::<T, 1>(row)[0],
            packed: take::<T, 1>(row)[0],
            sub: take::<T, 1>(row)[0],
        }
    }
}

fn c<AB: Builder>(n: u32) -> AB::Expr {
    AB::Expr::from_u32(n)
}

fn inv_pow2(bits: u32) -> Val {
    Val::ONE.div_2exp_u64(u64::from(bits))
}

fn from_bits<AB: Builder>(bits: impl IntoIterator<Item = AB::Var>) -> AB::Expr {
    let mut sum = AB::Expr::ZERO;
    for (i, bit) in bits.into_iter().enumerate() {
        sum += bit * Val::from_u32(1 << i);
    }
    sum
}

fn sum<AB: Builder>(terms: impl IntoIterator<Item = AB::Var>) -> AB::Expr {
    terms.into_iter().fold(AB::Expr::ZERO, |a, b| a + b.into())
}

fn once<AB: Builder>(flag: impl Into<AB::Expr>) -> Count<AB::Expr> {
    Count::bounded(flag.into(), 1)
}

fn range16<AB: Builder>(b: &mut AB, value: impl Into<AB::Expr>, flag: impl Into<AB::Expr>) {
    RANGE16.lookup_key(b, [value.into()], once::<AB>(flag));
}

fn when<AB: Builder>(b: &mut AB, flag: impl Into<AB::Expr>, zero: impl Into<AB::Expr>) {
    AirBuilder::when(b, flag).assert_zero(zero);
}

/// Polarity: branches that are taken when their comparison fails.
fn is_negated(op: Op) -> bool {
    matches!(op, Op::Bne | Op::Bge | Op::Bgeu)
}

fn eval<AB: Builder>(b: &mut AB) {
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
    let upper = [bits(12..16) * Val::from_u32(1 << 12), bits(16..32)];
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

    // Targets, as word addresses. A target that is no multiple of 4 becomes -1, which no pc equals.
    let branch = has_format(Format::B);
    let b_offset =
        bits(9..12) + bits(25..31) * c::<AB>(1 << 3) + bit(7) * c::<AB>(1 << 9) - sign * c::<AB>(1 << 10);
    let j_offset =
        bits(22..31) + bit(20) * c::<AB>(1 << 9) + bits(12..20) * c::<AB>(1 << 10) - sign * c::<AB>(1 << 18);
    b.assert_zero(l.wrap * (l.wrap - AB::Expr::ONE) * (l.wrap + AB::Expr::ONE));
    let canonical = pc.clone() + l.wrap * c::<AB>(1 << 30);
    let target = |offset: AB::Expr, misaligned: AB::Var| {
        (AB::Expr::ONE - misaligned) * (canonical.clone() + offset) - misaligned
    };
    b.assert_eq(
        l.extra[0],
        branch * target(b_offset, bit(8)) + jal * target(j_offset, bit(21)) + jalr * l.sum[0],
    );
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

    range16(b, l.pc_low, l.real);
    range16(b, l.pc_low * c::<AB>(4), l.real);
    range16(b, l.pc_high, l.real);
    range16(b, l.sum[0], l.real);
    range16(b, l.sum[1], l.real);
}
