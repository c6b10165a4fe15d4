//! The instruction decoder's matrix.

use ember_isa::{Op, decode};
use ember_verifier::air::{RomCols, fetched};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::{Matrix, bits, limbs, matrix as build, one_hot, val};
use crate::ranges::Ranges;
use crate::record::Record;

pub(super) fn matrix(record: &Record<'_>, ranges: &mut Ranges) -> Option<Matrix> {
    let rows: Vec<(u32, u32)> = record.uses.iter().map(|(&pc, &uses)| (pc, uses)).collect();
    build(RomCols::<()>::WIDTH, &rows, ranges, |&(pc, uses), row, ranges| {
        let word = record.run.program.image().code_word(pc).expect("the instruction was fetched");
        let i = decode(word).expect("the instruction retired");
        let f = fetched(&i, pc);
        let pc_low = pc >> 2 & 0x3fff;
        ranges.check_wide(4 * pc_low);
        RomCols {
            real: Val::ONE,
            uses: val(uses),
            pc_low: ranges.wide(pc_low),
            pc_high: ranges.wide(pc >> 16),
            bits: bits(word),
            op: one_hot::<{ Op::ALL.len() }>(i.op as usize),
            rd: val(f.rd.into()),
            rs1: val(f.rs1.into()),
            rs2: val(f.rs2.into()),
            imm: limbs(f.imm),
            extra: f.extra.map(val),
            sum: ranges.limbs(f.sum),
            wrap: Val::from_i32(f.wrap),
            packed: val(f.packed),
            sub: val(f.sub),
        }
        .write(row);
    })
}
