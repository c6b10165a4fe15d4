//! What the manual says that operations compute, written a second time and differently: over wide integers and
//! single bits. The suites' expected values come from here, never from the interpreter.

use ember_isa::Op;

fn signed(x: u32) -> i128 {
    if x >> 31 == 1 { i128::from(x) - (1 << 32) } else { i128::from(x) }
}

fn unsigned(x: u32) -> i128 {
    i128::from(x)
}

/// The low 32 bits.
fn wrap(x: i128) -> u32 {
    x.rem_euclid(1 << 32) as u32
}

/// Bits 63:32.
fn high(x: i128) -> u32 {
    wrap(x.div_euclid(1 << 32))
}

/// Combines two words bit by bit.
fn bitwise(a: u32, b: u32, f: impl Fn(bool, bool) -> bool) -> u32 {
    (0..32).map(|i| u32::from(f(a >> i & 1 == 1, b >> i & 1 == 1)) << i).sum()
}

/// Quotient rounded towards zero and remainder with the dividend's sign, for a divisor that is not zero.
fn divide(a: i128, b: i128) -> (i128, i128) {
    let q = if (a < 0) == (b < 0) { a.abs() / b.abs() } else { -(a.abs() / b.abs()) };
    (q, a - q * b)
}

/// Result of a register-register or register-immediate operation; `b` is the second register or the immediate.
///
/// # Panics
/// For any other operation.
pub fn compute(op: Op, a: u32, b: u32) -> u32 {
    let power = 1i128 << (b % 32);
    let or_zero = |x: i128, y: i128, zero: u32, pick: fn((i128, i128)) -> i128| {
        if y == 0 { zero } else { wrap(pick(divide(x, y))) }
    };
    match op {
        Op::Add | Op::Addi => wrap(unsigned(a) + unsigned(b)),
        Op::Sub => wrap(unsigned(a) - unsigned(b)),
        Op::Xor | Op::Xori => bitwise(a, b, |x, y| x != y),
        Op::Or | Op::Ori => bitwise(a, b, |x, y| x || y),
        Op::And | Op::Andi => bitwise(a, b, |x, y| x && y),
        Op::Sll | Op::Slli => wrap(unsigned(a) * power),
        Op::Srl | Op::Srli => wrap(unsigned(a).div_euclid(power)),
        Op::Sra | Op::Srai => wrap(signed(a).div_euclid(power)),
        Op::Slt | Op::Slti => (signed(a) < signed(b)).into(),
        Op::Sltu | Op::Sltiu => (unsigned(a) < unsigned(b)).into(),
        Op::Mul => wrap(signed(a) * signed(b)),
        Op::Mulh => high(signed(a) * signed(b)),
        Op::Mulhsu => high(signed(a) * unsigned(b)),
        Op::Mulhu => high(unsigned(a) * unsigned(b)),
        Op::Div => or_zero(signed(a), signed(b), u32::MAX, |d| d.0),
        Op::Divu => or_zero(unsigned(a), unsigned(b), u32::MAX, |d| d.0),
        Op::Rem => or_zero(signed(a), signed(b), a, |d| d.1),
        Op::Remu => or_zero(unsigned(a), unsigned(b), a, |d| d.1),
        _ => panic!("{op:?} computes nothing"),
    }
}

/// Whether a branch is taken.
///
/// # Panics
/// For any other operation.
pub fn taken(op: Op, a: u32, b: u32) -> bool {
    match op {
        Op::Beq => a == b,
        Op::Bne => !taken(Op::Beq, a, b),
        Op::Blt => signed(a) < signed(b),
        Op::Bge => !taken(Op::Blt, a, b),
        Op::Bltu => unsigned(a) < unsigned(b),
        Op::Bgeu => !taken(Op::Bltu, a, b),
        _ => panic!("{op:?} is no branch"),
    }
}

/// Size in bytes of a load's or store's access.
///
/// # Panics
/// For any other operation.
pub fn size(op: Op) -> u32 {
    match op {
        Op::Lb | Op::Lbu | Op::Sb => 1,
        Op::Lh | Op::Lhu | Op::Sh => 2,
        Op::Lw | Op::Sw => 4,
        _ => panic!("{op:?} accesses no memory"),
    }
}

/// What a load makes of the bytes at its address, in order of address; only as many as it accesses count.
pub fn loaded(op: Op, bytes: [u8; 4]) -> u32 {
    let value: u32 = (0..size(op)).map(|i| u32::from(bytes[i as usize]) << (8 * i)).sum();
    let sign = 1 << (8 * size(op) - 1);
    match op {
        Op::Lb | Op::Lh if value & sign != 0 => wrap(unsigned(value) - 2 * i128::from(sign)),
        _ => value,
    }
}

/// Operations that compute from two registers.
pub const REGISTER_OPS: [Op; 18] = [
    Op::Add,
    Op::Sub,
    Op::Sll,
    Op::Slt,
    Op::Sltu,
    Op::Xor,
    Op::Srl,
    Op::Sra,
    Op::Or,
    Op::And,
    Op::Mul,
    Op::Mulh,
    Op::Mulhsu,
    Op::Mulhu,
    Op::Div,
    Op::Divu,
    Op::Rem,
    Op::Remu,
];

/// Operations that compute from a register and an immediate of twelve bits.
pub const IMMEDIATE_OPS: [Op; 6] = [Op::Addi, Op::Slti, Op::Sltiu, Op::Xori, Op::Ori, Op::Andi];

/// Shifts by a constant.
pub const SHIFT_OPS: [Op; 3] = [Op::Slli, Op::Srli, Op::Srai];

/// Conditional branches.
pub const BRANCH_OPS: [Op; 6] = [Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu];

/// Loads.
pub const LOAD_OPS: [Op; 5] = [Op::Lb, Op::Lh, Op::Lw, Op::Lbu, Op::Lhu];

/// Stores.
pub const STORE_OPS: [Op; 3] = [Op::Sb, Op::Sh, Op::Sw];

/// Reads of a counter.
pub const CSR_OPS: [Op; 4] = [Op::Csrrs, Op::Csrrc, Op::Csrrsi, Op::Csrrci];

#[cfg(test)]
mod tests {
    use super::*;

    /// The manual's table of divisions by zero and overflow.
    #[test]
    fn division_corners() {
        let min = 1u32 << 31;
        let minus = |x: u32| x.wrapping_neg();
        for (a, b, div, divu, rem, remu) in [
            (7, 0, u32::MAX, u32::MAX, 7, 7),
            (min, u32::MAX, min, 0, 0, min),
            (minus(5), minus(1), 5, 0, 0, minus(5)),
            (minus(7), 2, minus(3), 0x7fff_fffc, minus(1), 1),
            (7, minus(2), minus(3), 0, 1, 7),
        ] {
            let all = [Op::Div, Op::Divu, Op::Rem, Op::Remu].map(|op| compute(op, a, b));
            assert_eq!(all, [div, divu, rem, remu], "{a:#x} {b:#x}");
        }
    }

    #[test]
    fn shifts_and_products() {
        assert_eq!(compute(Op::Sra, 0x8000_0001, 33), 0xc000_0000);
        assert_eq!(compute(Op::Srl, 0x8000_0001, 31), 1);
        assert_eq!(compute(Op::Sll, 3, 31), 0x8000_0000);
        assert_eq!(compute(Op::Mulhsu, u32::MAX, u32::MAX), u32::MAX);
        assert_eq!(compute(Op::Mulh, u32::MAX, u32::MAX), 0);
        assert_eq!(compute(Op::Mulhu, u32::MAX, u32::MAX), 0xffff_fffe);
        assert_eq!(loaded(Op::Lb, [0x80, 1, 2, 3]), 0xffff_ff80);
        assert_eq!(loaded(Op::Lhu, [0x80, 0xff, 2, 3]), 0xff80);
        assert_eq!(loaded(Op::Lh, [0x80, 0xff, 2, 3]), 0xffff_ff80);
    }
}
