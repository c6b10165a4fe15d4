//! Matrices of bitwise operations, shifts, and accesses of parts of a word.

use ember_isa::Op;
use ember_verifier::air::{BitwiseCols, ByteAndCols, PART_OPS, PartCols, ShiftCols};

use super::{Matrix, bits, bytes, flag, limbs, matrix, one_hot, val};
use crate::ranges::Ranges;
use crate::record::{Alu, Part};

pub(super) fn bitwise(rows: &[Alu], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(BitwiseCols::<()>::WIDTH, rows, ranges, |r, row, _| {
        let op = match r.op {
            Op::And | Op::Andi => 0,
            Op::Or | Op::Ori => 1,
            _ => 2,
        };
        let low = |word: u32| [val(word & 0xff), val(word >> 16 & 0xff)];
        BitwiseCols {
            op: one_hot(op),
            a: limbs(r.a),
            s: limbs(r.s),
            w: limbs(r.w),
            a_low: low(r.a),
            s_low: low(r.s),
            and: bytes(r.a & r.s),
        }
        .write(row);
    })
}

/// The pairs of bytes that bitwise operations look up; `None` without such operations.
pub(super) fn byte_and(rows: &[Alu]) -> Option<Matrix> {
    let mut uses = vec![0; 1 << 16];
    for r in rows {
        for (x, y) in r.a.to_le_bytes().into_iter().zip(r.s.to_le_bytes()) {
            uses[usize::from(u16::from_le_bytes([x, y]))] += 1;
        }
    }
    let used: Vec<(u32, u32)> = (0..).zip(uses).filter(|(_, uses)| *uses > 0).collect();
    matrix(ByteAndCols::<()>::WIDTH, &used, &mut Ranges::default(), |&(pair, uses), row, _| {
        ByteAndCols { x: bits(pair), y: bits(pair >> 8), uses: val(uses) }.write(row);
    })
}

pub(super) fn shift(rows: &[Alu], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(ShiftCols::<()>::WIDTH, rows, ranges, |r, row, ranges| {
        let op = match r.op {
            Op::Sll | Op::Slli => 0,
            Op::Srl | Op::Srli => 1,
            _ => 2,
        };
        ShiftCols {
            op: one_hot(op),
            s_high: val(r.s >> 16),
            w: limbs(r.w),
            bits: bits(r.a),
            amount: one_hot(((r.s & 31) as usize).wrapping_sub(1)),
            rest: ranges.wide((r.s & 0xffff) >> 5),
            fill: flag(op == 2 && (r.a as i32) < 0),
        }
        .write(row);
    })
}

pub(super) fn part(rows: &[Part], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(PartCols::<()>::WIDTH, rows, ranges, |r, row, _| {
        let op = PART_OPS.iter().position(|&op| op == r.alu.op).expect("an access of a part");
        PartCols {
            op: one_hot(op),
            a: limbs(r.alu.a),
            s: limbs(r.alu.s),
            w: limbs(r.alu.w),
            m: limbs(r.m),
            n: limbs(r.n),
            m_bits: bits(r.m),
            s_bits: bits(r.alu.s),
            at: one_hot(r.offset as usize),
        }
        .write(row);
    })
}
