//! What each operation computes: pure functions over register values.

use ember_isa::Op;

/// Result of a computational operation: `b` is the second register or the immediate; `lui` and `auipc` are left
/// to the caller, who knows pc.
///
/// # Panics
/// If `op` is no computational operation.
#[inline]
pub fn compute(op: Op, a: u32, b: u32) -> u32 {
    #[cfg(mutants)]
    if let Some(wrong) = crate::mutants::compute(op, a, b) {
        return wrong;
    }
    let (sa, sb) = (a as i32, b as i32);
    match op {
        Op::Add | Op::Addi => a.wrapping_add(b),
        Op::Sub => a.wrapping_sub(b),
        Op::Xor | Op::Xori => a ^ b,
        Op::Or | Op::Ori => a | b,
        Op::And | Op::Andi => a & b,
        Op::Sll | Op::Slli => a << (b & 31),
        Op::Srl | Op::Srli => a >> (b & 31),
        Op::Sra | Op::Srai => (sa >> (b & 31)) as u32,
        Op::Slt | Op::Slti => u32::from(sa < sb),
        Op::Sltu | Op::Sltiu => u32::from(a < b),
        Op::Mul => a.wrapping_mul(b),
        Op::Mulh => ((i64::from(sa) * i64::from(sb)) >> 32) as u32,
        Op::Mulhsu => ((i64::from(sa) * i64::from(b)) >> 32) as u32,
        Op::Mulhu => ((u64::from(a) * u64::from(b)) >> 32) as u32,
        // Manual, table "semantics for division by zero and division overflow".
        Op::Div => {
            if b == 0 {
                u32::MAX
            } else {
                sa.wrapping_div(sb) as u32
            }
        }
        Op::Divu => a.checked_div(b).unwrap_or(u32::MAX),
        Op::Rem => {
            if b == 0 {
                a
            } else {
                sa.wrapping_rem(sb) as u32
            }
        }
        Op::Remu => a.checked_rem(b).unwrap_or(a),
        _ => panic!("{op:?} computes nothing"),
    }
}

/// Whether a branch is taken.
///
/// # Panics
/// If `op` is no branch.
#[inline]
pub fn branch_taken(op: Op, a: u32, b: u32) -> bool {
    #[cfg(mutants)]
    if let Some(wrong) = crate::mutants::branch_taken(op, a, b) {
        return wrong;
    }
    match op {
        Op::Beq => a == b,
        Op::Bne => a != b,
        Op::Blt => (a as i32) < b as i32,
        Op::Bge => (a as i32) >= b as i32,
        Op::Bltu => a < b,
        Op::Bgeu => a >= b,
        _ => panic!("{op:?} is no branch"),
    }
}

/// Size in bytes of what a load or store accesses.
///
/// # Panics
/// If `op` is neither.
#[inline]
pub fn access_size(op: Op) -> u32 {
    #[cfg(mutants)]
    if let Some(wrong) = crate::mutants::access_size(op) {
        return wrong;
    }
    match op {
        Op::Lb | Op::Lbu | Op::Sb => 1,
        Op::Lh | Op::Lhu | Op::Sh => 2,
        Op::Lw | Op::Sw => 4,
        _ => panic!("{op:?} accesses no memory"),
    }
}

/// Value that a load gives, from the aligned word around `address`.
#[inline]
pub fn load_value(op: Op, word: u32, address: u32) -> u32 {
    #[cfg(mutants)]
    if let Some(wrong) = crate::mutants::load_value(op, word, address) {
        return wrong;
    }
    let part = word >> (8 * (address & 3));
    match op {
        Op::Lb => part as i8 as u32,
        Op::Lbu => part as u8 as u32,
        Op::Lh => part as i16 as u32,
        Op::Lhu => part as u16 as u32,
        _ => word,
    }
}

/// The aligned word around `address` after a store of `value`.
#[inline]
pub fn store_word(op: Op, word: u32, address: u32, value: u32) -> u32 {
    #[cfg(mutants)]
    if let Some(wrong) = crate::mutants::store_word(op, word, address, value) {
        return wrong;
    }
    let shift = 8 * (address & 3);
    let mask = match op {
        Op::Sb => 0xff << shift,
        Op::Sh => 0xffff << shift,
        _ => u32::MAX,
    };
    word & !mask | (value << shift) & mask
}
