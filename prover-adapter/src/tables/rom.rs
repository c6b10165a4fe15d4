//! The instruction decoder's matrix.

use ember_isa::{Op, decode};
use ember_verifier::air::{RomCols, fetched, word_limbs};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::{Matrix, bits, limbs, matrix as build, one_hot, val};
use crate::ranges::Ranges;
use crate::record::Record;

pub(super) fn matrix(record: &Record<'_>, ranges: &mut Ranges) -> Option<Matrix> {
    let rows: Vec<(u32, u32)> = record.uses.iter().map(|(&pc, &uses)| (pc, uses)).collect();
    build(RomCols::<()>::WIDTH, &rows, ranges, |&(pc, uses), row, ranges| {
        let code = record.run.program.image().code_word(pc).expect("the instruction was fetched");
        let i = decode(code).expect("the instruction retired");
        let f = fetched(&i, pc);
        let [[pc_low, pc_high], target] = [pc, f.target].map(|address| {
            let limbs = word_limbs(address);
            ranges.check_wide(4 * limbs[0]);
            limbs.map(|limb| ranges.wide(limb))
        });
        RomCols {
            real: Val::ONE,
            uses: val(uses),
            pc_low,
            pc_high,
            bits: bits(code),
            op: one_hot::<{ Op::ALL.len() }>(i.op as usize),
            rd: val(f.rd.into()),
            rs1: val(f.rs1.into()),
            rs2: val(f.rs2.into()),
            imm: limbs(f.imm),
            extra: f.extra.map(val),
            sum: ranges.limbs(f.sum),
            target,
            packed: val(f.packed),
            sub: val(f.sub),
        }
        .write(row);
    })
}
