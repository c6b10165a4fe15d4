//! The processor: one row an instruction, in order of execution, then padding.
//!
//! The sixteen registers live in the row (x0 is no column). Each row fetches its decoded instruction from `Rom`,
//! selects its operands, and leaves the next state to the next row. Padding rows change nothing, so the last row
//! holds the state at which the segment ended, which public values expose: the next segment goes on from it, and the
//! verifier itself decides from the last one how the run ends.

use ember_isa::{Class, Family, reg};
use p3_air::{AirBuilder, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::Count;

use super::bus::{AUX, Aux, Builder, MEM, PROG, c, inv_pow2, once, pair, range16, sum, when};
use super::columns::columns;

columns! {
    /// Columns of the processor.
    pub struct CpuCols {
        /// Time: one more than the instructions that the segment retired before this row.
        clk,
        /// Word address of the instruction.
        pc,
        /// Gas that the segment used before the instruction: `gas[0] + 256 gas[1]`.
        gas: [2],
        /// Registers x1..x15, low and high 16 bits each.
        regs: [30],
        /// Which family executes: one-hot, all zero on padding rows.
        family: [Family::RETIRING],
        /// Whether an instruction executes: the sum of `family`.
        real,
        /// One-hot of the first source register's number: its upper two bits (1..3), its lower two bits (1..3).
        rs1: [6],
        /// The same of the second source register.
        rs2: [6],
        /// The same of the destination.
        rd: [6],
        /// Value of the first source register.
        a: [2],
        /// Second operand: value of the second source register, plus the immediate but for loads and stores.
        s: [2],
        /// Immediate.
        imm: [2],
        /// Branch or jump target as word address, or the return address of `jalr`.
        extra: [2],
        /// Range-checked result: sum, difference, or the address of an access or jump.
        d: [2],
        /// Range-checked values: word number of an address, time difference, biased operands of signed orders.
        x: [2],
        /// Value for the destination register.
        w: [2],
        /// Memory word before the access; a1 of an ecall; gas of a CSR read.
        m: [2],
        /// Memory word after the access; a2 of an ecall; time of a CSR read.
        n: [2],
        /// What families need of their own. Accesses: time of the previous access to the memory word, and whether it
        /// may be written. Branches: inverse of the difference of unequal operands, and whether the branch is taken.
        /// Ecalls: gas in the two accumulators.
        own: [2],
        /// Sub-operation of a delegated instruction.
        sub,
        /// Byte offset within the word; bit 0 of a `jalr` target; time of an ecall; outcome of a comparison.
        off,
        /// Whether a branch is taken when its comparison fails.
        neg,
    }
}

/// Public values of the processor, in order.
#[derive(Clone, Copy)]
pub struct CpuPublics<T> {
    /// Word address at which the segment begins.
    pub entry: T,
    /// Registers with which it begins.
    pub initial: [T; 30],
    /// Cost of each class, low byte then high byte.
    pub costs: [[T; 2]; Class::COUNT],
    /// Final word address, time, and gas accumulators.
    pub last: [T; 4],
    /// Final registers.
    pub regs: [T; 30],
}

impl<T: Copy> CpuPublics<T> {
    /// Number of values.
    pub const LEN: usize = 1 + 30 + 2 * Class::COUNT + 4 + 30;

    /// The values in order.
    pub fn to_vec(self) -> alloc::vec::Vec<T> {
        let mut v = alloc::vec![self.entry];
        v.extend(self.initial);
        v.extend(self.costs.into_iter().flatten());
        v.extend(self.last);
        v.extend(self.regs);
        v
    }

    fn from_slice(v: &[T]) -> Self {
        Self {
            entry: v[0],
            initial: core::array::from_fn(|i| v[1 + i]),
            costs: core::array::from_fn(|i| [v[31 + 2 * i], v[32 + 2 * i]]),
            last: core::array::from_fn(|i| v[31 + 2 * Class::COUNT + i]),
            regs: core::array::from_fn(|i| v[35 + 2 * Class::COUNT + i]),
        }
    }
}

/// Families in discriminant order, and the gas class of each; an ecall's gas comes from its own table.
pub(crate) const FAMILY_CLASS: [(Family, Option<Class>); Family::RETIRING] = [
    (Family::Add, Some(Class::Arith)),
    (Family::Fence, Some(Class::Fence)),
    (Family::Sub, Some(Class::Arith)),
    (Family::Bitwise, Some(Class::Logic)),
    (Family::Shift, Some(Class::Shift)),
    (Family::Slt, Some(Class::Compare)),
    (Family::Sltu, Some(Class::Compare)),
    (Family::BranchEq, Some(Class::Branch)),
    (Family::BranchLt, Some(Class::Branch)),
    (Family::BranchLtu, Some(Class::Branch)),
    (Family::Jal, Some(Class::Jump)),
    (Family::Jalr, Some(Class::Jump)),
    (Family::LoadWord, Some(Class::Load)),
    (Family::StoreWord, Some(Class::Store)),
    (Family::LoadPart, Some(Class::Load)),
    (Family::StorePart, Some(Class::Store)),
    (Family::Mul, Some(Class::Mul)),
    (Family::Div, Some(Class::Div)),
    (Family::Csr, Some(Class::Csr)),
    (Family::Ecall, None),
];

/// One-hot of the sixteen register numbers, from the six columns of upper and lower bits.
fn register_flags<AB: Builder>(cols: [AB::Var; 6]) -> [AB::Expr; 16] {
    let (hi, lo) = halves::<AB>(cols);
    core::array::from_fn(|i| hi[i / 4].clone() * lo[i % 4].clone())
}

fn halves<AB: Builder>(cols: [AB::Var; 6]) -> ([AB::Expr; 4], [AB::Expr; 4]) {
    let one_hot = |v: [AB::Var; 3]| {
        let zero = AB::Expr::ONE - sum::<AB>(v);
        let [a, b, c] = v.map(Into::into);
        [zero, a, b, c]
    };
    (one_hot([cols[0], cols[1], cols[2]]), one_hot([cols[3], cols[4], cols[5]]))
}

fn register_number<AB: Builder>(v: [AB::Var; 6]) -> AB::Expr {
    v[0] * c::<AB>(4) + v[1] * c::<AB>(8) + v[2] * c::<AB>(12) + v[3] + v[4] * c::<AB>(2) + v[5] * c::<AB>(3)
}

/// Weights of the packed field of a [`PROG`] tuple.
pub(crate) const PACK_RD: u32 = 1 << 5;
pub(crate) const PACK_RS1: u32 = 1 << 9;
pub(crate) const PACK_RS2: u32 = 1 << 13;
pub(crate) const PACK_NEG: u32 = 1 << 17;

pub(super) fn eval<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = CpuCols::from_row(main.current_slice());
    let next = CpuCols::from_row(main.next_slice());
    let publics: alloc::vec::Vec<AB::Expr> = b.public_values().iter().map(|&v| v.into()).collect();
    let p = CpuPublics::from_slice(&publics.iter().collect::<alloc::vec::Vec<_>>());
    let f = |family: Family| l.family[family as usize];
    use Family::*;

    // Flags.
    for flag in l.family.into_iter().chain([l.neg]) {
        b.assert_bool(flag);
    }
    b.assert_bool(l.real);
    b.assert_eq(l.real, sum::<AB>(l.family));
    for v in [l.rs1, l.rs2, l.rd] {
        for flag in v {
            b.assert_bool(flag);
        }
        let (hi, lo) = halves::<AB>(v);
        b.assert_bool(hi[0].clone());
        b.assert_bool(lo[0].clone());
    }
    // A padding row writes no register: the sum of six booleans is zero only if each is.
    when(b, AB::Expr::ONE - l.real, sum::<AB>(l.rd));
    b.when_transition().assert_zero((AB::Expr::ONE - l.real) * next.real);

    // Boundary. Time and gas count from the segment's start.
    let mut first = b.when_first_row();
    first.assert_eq(l.pc, p.entry.clone());
    first.assert_one(l.clk);
    first.assert_zero(l.gas[0]);
    first.assert_zero(l.gas[1]);
    for (reg, value) in l.regs.into_iter().zip(p.initial) {
        first.assert_eq(reg, value.clone());
    }
    let mut last = b.when_last_row();
    last.assert_zero(l.real);
    for (col, value) in [l.pc, l.clk, l.gas[0], l.gas[1]].into_iter().zip(p.last) {
        last.assert_eq(col, value.clone());
    }
    for (reg, value) in l.regs.into_iter().zip(p.regs) {
        last.assert_eq(reg, value.clone());
    }

    // Fetch.
    let mut packed: AB::Expr = l.neg * c::<AB>(PACK_NEG);
    for (i, flag) in l.family.into_iter().enumerate() {
        packed += flag * c::<AB>(i as u32);
    }
    packed += register_number::<AB>(l.rd) * c::<AB>(PACK_RD);
    packed += register_number::<AB>(l.rs1) * c::<AB>(PACK_RS1);
    packed += register_number::<AB>(l.rs2) * c::<AB>(PACK_RS2);
    PROG.lookup_key(
        b,
        [
            l.pc.into(),
            packed,
            l.sub.into(),
            l.imm[0].into(),
            l.imm[1].into(),
            l.extra[0].into(),
            l.extra[1].into(),
        ],
        once::<AB>(l.real),
    );

    // Operands.
    let memory = f(LoadWord) + f(StoreWord) + f(LoadPart) + f(StorePart);
    let (rs1, rs2, rd) =
        (register_flags::<AB>(l.rs1), register_flags::<AB>(l.rs2), register_flags::<AB>(l.rd));
    for limb in 0..2 {
        let (mut a, mut s) = (AB::Expr::ZERO, AB::Expr::ZERO);
        for k in 1..16 {
            let value = l.regs[2 * (k - 1) + limb];
            a += rs1[k].clone() * value;
            s += rs2[k].clone() * value;
        }
        b.assert_eq(l.a[limb], a);
        b.assert_eq(l.s[limb], s + (AB::Expr::ONE - memory.clone()) * l.imm[limb]);
    }

    // Next state: registers, time, gas, pc.
    for (k, flag) in rd.iter().enumerate().skip(1) {
        for limb in 0..2 {
            let i = 2 * (k - 1) + limb;
            let kept = next.regs[i] - l.regs[i];
            b.when_transition().assert_zero(kept - flag.clone() * (l.w[limb] - l.regs[i]));
        }
    }
    b.when_transition().assert_eq(next.clk, l.clk + l.real);
    for acc in 0..2 {
        let mut cost: AB::Expr = l.own[acc] * f(Ecall);
        for (family, class) in FAMILY_CLASS {
            if let Some(class) = class {
                cost += p.costs[class as usize][acc].clone() * f(family);
            }
        }
        b.when_transition().assert_eq(next.gas[acc], l.gas[acc] + cost);
    }
    let branch = f(BranchEq) + f(BranchLt) + f(BranchLtu);
    let (holds, taken) = (l.off, l.own[1]);
    let address_word = l.x[0] + l.d[1] * c::<AB>(1 << 14);
    let target = l.real - branch.clone() - f(Jal) - f(Jalr)
        + branch.clone() * (AB::Expr::ONE + taken * (l.extra[0] - l.pc - AB::Expr::ONE))
        + f(Jal) * (l.extra[0] - l.pc)
        + f(Jalr) * (address_word.clone() - l.pc);
    b.when_transition().assert_eq(next.pc, l.pc + target);

    // Sums: add, jumps and the addresses of accesses. Carries are expressions, booleans where they matter.
    let carry = inv_pow2(16);
    let add_carries = |t: [AB::Expr; 2]| {
        let [t0, t1] = t;
        let k0 = (t0 + l.a[0] - l.d[0]) * carry;
        let k1 = (t1 + l.a[1] + k0.clone() - l.d[1]) * carry;
        [k0, k1]
    };
    let adds = f(Add) + f(Jal) + f(Jalr);
    for k in add_carries(pair::<AB>(l.s)) {
        when(b, adds.clone(), k.bool_check());
    }
    for k in add_carries(pair::<AB>(l.imm)) {
        when(b, memory.clone(), k.bool_check());
    }

    // Differences: d = a - s, and the borrow says whether a < s. Signed orders compare with the sign bits flipped.
    let k0 = (l.d[0] + l.s[0] - l.a[0]) * carry;
    let borrow = (l.d[1] + l.s[1] + k0.clone() - l.a[1]) * carry;
    let unsigned = f(Sub) + f(Sltu) + f(BranchEq) + f(BranchLtu);
    let signed = f(Slt) + f(BranchLt);
    when(b, unsigned.clone() + signed.clone(), k0.bool_check());
    when(b, unsigned, borrow.bool_check());
    when(b, f(Sltu) + f(BranchLtu), borrow - holds);
    let signed_borrow = (l.d[1] + l.x[1] + k0 - l.x[0]) * carry;
    when(b, signed.clone(), signed_borrow.bool_check());
    when(b, signed.clone(), signed_borrow - holds);
    for (operand, biased) in [(l.a[1], l.x[0]), (l.s[1], l.x[1])] {
        let sign: AB::Expr = (operand + c::<AB>(1 << 15) - biased) * carry;
        when(b, signed.clone(), sign.bool_check());
    }
    // Equality: the limbs of d are range-checked, so their sum is zero only if both are.
    let difference = l.d[0] + l.d[1];
    when(b, f(BranchEq), difference.clone() * holds);
    when(b, f(BranchEq), difference * l.own[0] - (AB::Expr::ONE - holds));
    when(b, branch, taken - (holds + l.neg - holds * l.neg * c::<AB>(2)));

    // Addresses: d[0] = 4 x[0] + off.
    let split = l.d[0] - l.x[0] * c::<AB>(4) - l.off;
    when(b, memory.clone() + f(Jalr), split);
    when(b, f(Jalr), l.off * (l.off - AB::Expr::ONE));
    when(b, f(LoadWord) + f(StoreWord), l.off);

    // Memory.
    let [before, writable] = l.own;
    when(b, memory.clone(), l.clk - before - AB::Expr::ONE - l.x[1]);
    when(b, f(StoreWord) + f(StorePart), AB::Expr::ONE - writable);
    for limb in 0..2 {
        when(b, f(LoadWord) + f(LoadPart), l.n[limb] - l.m[limb]);
        when(b, f(LoadWord), l.w[limb] - l.m[limb]);
        when(b, f(StoreWord), l.n[limb] - l.s[limb]);
    }
    let access = |time: AB::Expr, word: [AB::Var; 2]| {
        [address_word.clone(), time, word[0].into(), word[1].into(), writable.into()]
    };
    MEM.receive(b, access(before.into(), l.m), once::<AB>(memory.clone()));
    MEM.send(b, access(l.clk.into(), l.n), once::<AB>(memory));

    // Results.
    for limb in 0..2 {
        when(b, f(Add) + f(Sub) + f(Jal), l.w[limb] - l.d[limb]);
        when(b, f(Jalr), l.w[limb] - l.extra[limb]);
    }
    when(b, f(Slt) + f(Sltu), l.w[0] - holds);
    when(b, f(Slt) + f(Sltu), l.w[1]);

    // Delegation.
    let alu = f(Bitwise) + f(Shift) + f(Mul) + f(Div);
    when(b, alu.clone() + f(Csr), l.off);
    for limb in 0..2 {
        when(b, alu.clone(), l.m[limb]);
        when(b, alu.clone(), l.n[limb]);
        when(b, f(Csr), l.m[limb] - l.gas[limb]);
        when(b, f(Ecall), l.m[limb] - l.regs[2 * (reg::A1 as usize - 1) + limb]);
        when(b, f(Ecall), l.n[limb] - l.regs[2 * (reg::A2 as usize - 1) + limb]);
    }
    when(b, f(Csr), l.n[0] - l.clk);
    when(b, f(Csr), l.n[1]);
    when(b, f(Ecall), l.off - l.clk);
    let delegated = alu + f(LoadPart) + f(StorePart) + f(Csr) + f(Ecall);
    let tuple = Aux {
        sub: l.sub.into(),
        off: l.off.into(),
        a: pair::<AB>(l.a),
        s: pair::<AB>(l.s),
        w: pair::<AB>(l.w),
        m: pair::<AB>(l.m),
        n: pair::<AB>(l.n),
        inc: l.own.map(|gas| gas * f(Ecall)),
    };
    AUX.send(b, tuple.fields(), Count::bounded(delegated, 1));

    for value in [l.d[0], l.d[1], l.x[0], l.x[1]] {
        range16(b, value, l.real);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_in_order_and_have_the_classes_of_the_table() {
        for (i, (family, _)) in FAMILY_CLASS.iter().enumerate() {
            assert_eq!(*family as usize, i);
        }
        for info in ember_isa::op::TABLE {
            let Some((family, class)) = FAMILY_CLASS.get(info.family as usize) else {
                assert_eq!(info.family, Family::Ebreak);
                continue;
            };
            assert_eq!(*family, info.family);
            assert_eq!(class.unwrap_or(Class::System), info.class, "{}", info.mnemonic);
        }
    }
}
