//! The decoder's circuit takes a word for an operation exactly where the instruction table does.

use ember_isa::{Family, Op, decode};
use ember_verifier::air::{CSR_SUB, RomCols, Table, fetched, word_limbs};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use crate::common::eval::evaluate;
use crate::common::programs::BASES;
use crate::common::rng::Rng;

/// Whether `Rom` can hold `word` at `pc` as `op`, with every other cell as that operation has it.
fn holds(word: u32, op: Op, pc: u32) -> bool {
    let info = op.info();
    // The word's fields, in a word that is of this operation.
    let mut canonical = word & !info.mask | info.value;
    if info.family == Family::Csr {
        canonical = canonical & 0xf_ffff | 0xc00 << 20;
    }
    let i = decode(canonical).expect("a word of this operation");
    let mut f = fetched(&i, pc);
    if info.family == Family::Csr {
        f.sub = CSR_SUB + (word >> 21 & 1) + 2 * (word >> 27 & 1);
    }
    let val = |n: u32| Val::from_u32(n);
    let mut row = vec![Val::ZERO; RomCols::<()>::WIDTH];
    let [[pc_low, pc_high], target] = [pc, f.target].map(|address| word_limbs(address).map(val));
    RomCols {
        real: Val::ONE,
        uses: Val::ONE,
        pc_low,
        pc_high,
        bits: core::array::from_fn(|i| val(word >> i & 1)),
        op: core::array::from_fn(|i| Val::from_bool(i == op as usize)),
        rd: val(f.rd.into()),
        rs1: val(f.rs1.into()),
        rs2: val(f.rs2.into()),
        imm: [val(f.imm & 0xffff), val(f.imm >> 16)],
        extra: f.extra.map(val),
        sum: [val(f.sum & 0xffff), val(f.sum >> 16)],
        target,
        packed: val(f.packed),
        sub: val(f.sub),
    }
    .write(&mut row);
    evaluate(Table::Rom, &[], &row, &[], (true, true)).broken.is_none()
}

#[test]
fn words_are_decoded_as_the_table_says() {
    let mut rng = Rng(11);
    let retiring = || Op::ALL.iter().copied().filter(|&op| op != Op::Ebreak);
    for op in retiring() {
        let info = op.info();
        for n in 0..400u32 {
            let random = rng.next() as u32;
            let word = if info.family == Family::Csr {
                // Every number near those of the counters, and others.
                let number = if n < 256 { 0xc00 + n % 4 + (n / 4) * 0x20 } else { random >> 20 };
                info.value | random & 0xf80 & !info.mask | number << 20
            } else {
                random & !info.mask | info.value
            };
            // Anywhere, and around what matters.
            let pc = match n as usize % 5 {
                4 => rng.next() as u32 & !3,
                near => (BASES[near].wrapping_add(0x1000)).wrapping_add(rng.next() as u32 % 0x2000) & !3,
            };
            let is_it = decode(word).is_ok_and(|i| i.op == op);
            assert_eq!(holds(word, op, pc), is_it, "{word:#010x} as {op:?} at {pc:#x}");
            // A fixed bit flipped: another operation, or none.
            let bit = 1 << (n % 32);
            if info.mask & bit != 0 {
                assert!(!holds(word ^ bit, op, pc), "{:#010x} as {op:?}", word ^ bit);
            }
        }
    }
    // A word is of one operation at most.
    for _ in 0..400 {
        let word = rng.next() as u32 | 3;
        let taken: Vec<Op> =
            retiring().filter(|&op| holds(word, op, BASES[word as usize >> 7 & 3])).collect();
        let expected: Vec<Op> =
            decode(word).ok().map(|i| i.op).filter(|&op| op != Op::Ebreak).into_iter().collect();
        assert_eq!(taken, expected, "{word:#010x}");
    }
}
