//! Matrices of accelerators.

mod context;
mod dot;
mod keccak;
mod mulmod;
mod permute;
mod sha256;

use ember_verifier::air::{ElementCols, OPERAND_WRITTEN, OperandCols};
use p3_field::{PrimeCharacteristicRing, PrimeField32};

use super::{Matrix, Val, flag, limbs, matrix, val};
use crate::accel::Access;
use crate::ranges::Ranges;

pub(super) use context::context;
pub(super) use dot::dot;
pub(super) use keccak::keccak;
pub(super) use mulmod::mul_mod;
pub(super) use permute::{permutation_of, permute};
pub(super) use sha256::sha256;

/// Notes that a pointer is a multiple of 4.
fn check_pointer(ptr: u32, ranges: &mut Ranges) {
    ranges.check_wide((ptr & 0xffff) / 4);
}

fn access(a: &Access, ranges: &mut Ranges) -> OperandCols<Val> {
    let same = a.before != 0;
    if !same {
        ranges.check_wide(a.clk - a.prev - 1);
    }
    OperandCols {
        real: Val::ONE,
        clk: val(a.clk),
        address: val(a.address),
        rank: val(a.rank),
        old: limbs(a.old),
        new: limbs(a.new),
        prev: val(a.prev),
        writable: flag(a.writable),
        same: flag(same),
        before: val(a.before),
        after: val(a.after),
    }
}

pub(super) fn operand(accesses: &[Access], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(OperandCols::<()>::WIDTH, accesses, ranges, |a, row, ranges| access(a, ranges).write(row))
}

pub(super) fn element(accesses: &[Access], ranges: &mut Ranges) -> Option<Matrix> {
    matrix(ElementCols::<()>::WIDTH, accesses, ranges, |a, row, ranges| {
        let OperandCols { real, clk, address, rank, old, new, prev, writable, same, before, after } =
            access(a, ranges);
        let (written, top) = (a.rank == OPERAND_WRITTEN, a.new == Val::ORDER_U32 - 1);
        if written {
            let upper = (a.new >> 16) - u32::from(top);
            ranges.check_wide(a.new & 0xffff);
            ranges.check_wide(upper);
            ranges.check_wide(upper + (0xffff - 0x7eff));
        }
        let (written, top) = (flag(written), flag(top));
        ElementCols {
            real,
            clk,
            address,
            rank,
            old,
            new,
            prev,
            writable,
            same,
            before,
            after,
            written,
            top: top * written,
        }
        .write(row);
    })
}
