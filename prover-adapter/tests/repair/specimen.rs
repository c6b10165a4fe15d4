//! The decoder of format version 2, whose targets were sums modulo p: kept to see that its hole is found.

use ember_gates::{Model, Recorder};
use ember_isa::op::TABLE;
use ember_isa::{Family, Format, Op, reg};
use ember_verifier::air::{Builder, CSR_SUB, RomCols, sub_code};
use ember_verifier::params::Val;
use p3_air::{Air, AirBuilder, BaseAir, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_koala_bear::KoalaBear;
use p3_lookup::{Count, LookupBus};

const PROG: LookupBus<'static> = LookupBus::new("prog");
const CODE: LookupBus<'static> = LookupBus::new("code");
const RANGE16: LookupBus<'static> = LookupBus::new("range16");
const PACK_RD: u32 = 1 << 5;
const PACK_RS1: u32 = 1 << 9;
const PACK_RS2: u32 = 1 << 13;
const PACK_NEG: u32 = 1 << 17;

/// Columns: those of today's decoder, with one for the number of wraps where it has the target.
#[derive(Clone, Copy)]
struct Columns<T> {
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

impl<T: Copy> Columns<T> {
    fn from_row(row: &[T]) -> Self {
        // The target's second column is left out: see `row`.
        let at = RomCols::<()>::PLACES.target[0];
        let wide: Vec<T> = [&row[..=at], &row[at..]].concat();
        let RomCols {
            real,
            uses,
            pc_low,
            pc_high,
            bits,
            op,
            rd,
            rs1,
            rs2,
            imm,
            extra,
            sum,
            target,
            packed,
            sub,
        } = RomCols::from_row(&wide);
        Self {
            real,
            uses,
            pc_low,
            pc_high,
            bits,
            op,
            rd,
            rs1,
            rs2,
            imm,
            extra,
            sum,
            wrap: target[0],
            packed,
            sub,
        }
    }
}

struct Specimen;

impl BaseAir<Val> for Specimen {
    fn width(&self) -> usize {
        RomCols::<()>::WIDTH - 1
    }
}

impl Air<Recorder> for Specimen {
    fn eval(&self, b: &mut Recorder) {
        eval(b);
    }
}

/// The decoder as data.
pub fn model() -> Model {
    let mut columns = RomCols::<()>::names();
    let at = RomCols::<()>::PLACES.target[0];
    columns.remove(at + 1);
    columns[at] = "wrap".into();
    Model::of_air("Rom", columns, false, &Specimen)
}

/// An honest row of it from one of today's.
pub fn row(today: &[Val]) -> Vec<Val> {
    let l = RomCols::from_row(today);
    let at = RomCols::<()>::PLACES.target[0];
    let mut row = [&today[..=at], &today[at + 2..]].concat();
    // The number of wraps: by the offset's sign, from the side on which the target is.
    let pc = l.pc_low + l.pc_high * Val::from_u32(1 << 14);
    let number = |v: Val| p3_field::PrimeField32::as_canonical_u32(&v);
    let target = number(l.target[0] + l.target[1] * Val::from_u32(1 << 14));
    let jumps = |op: Op| op.info().format == Format::B || op == Op::Jal;
    let is_jump = Op::ALL.iter().any(|&op| jumps(op) && l.op[op as usize] == Val::ONE);
    let back = l.bits[31] == Val::ONE;
    row[at] = match (is_jump, back) {
        (true, true) if target > number(pc) => Val::ONE,
        (true, false) if target < number(pc) => -Val::ONE,
        _ => Val::ZERO,
    };
    row
}

fn c<AB: Builder>(n: u32) -> AB::Expr {
    AB::Expr::from_u32(n)
}

fn inv_pow2(bits: u32) -> KoalaBear {
    KoalaBear::ONE.div_2exp_u64(u64::from(bits))
}

fn from_bits<AB: Builder>(bits: impl IntoIterator<Item = AB::Var>) -> AB::Expr {
    let bits = bits.into_iter().enumerate();
    bits.fold(AB::Expr::ZERO, |sum, (i, bit)| sum + bit * KoalaBear::from_u32(1 << i))
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
    b.when(flag).assert_zero(zero);
}

/// Polarity: branches that are taken when their comparison fails.
fn is_negated(op: Op) -> bool {
    matches!(op, Op::Bne | Op::Bge | Op::Bgeu)
}

fn eval<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = Columns::from_row(main.current_slice());
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
