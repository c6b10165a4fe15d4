//! Immediates: every bit of every format where an operation reads it.

use ember_isa::reg::{A0, A1, A2};
use ember_isa::{ExitReason, Op};
use ember_memory::{PAGE_SIZE, Perm};
use std::ops::Range;

use super::{CORNERS, Case, DATA, EBREAK, S0, asm, computes, passes, straight};
use crate::asm::Asm;
use crate::setup::{CODE, pattern};
use crate::spec::{IMMEDIATE_OPS, SHIFT_OPS, compute};

const GROUP: &str = "immediates";

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    // Each bit alone, all ones, the extremes; bits 4:0 and 9:5 lie where other formats have register numbers.
    let imms: Vec<i32> = (0..11).map(|i| 1 << i).chain([0, -1, -2048, 2047, 0x3f0, -17]).collect();
    for op in IMMEDIATE_OPS {
        let pairs: Vec<(u32, i32)> = imms
            .iter()
            .flat_map(|&imm| [(0x1234_5678, imm), (imm as u32 ^ 0x8000_0000, imm), (imm as u32, imm)])
            .collect();
        let results: Vec<u32> = pairs.iter().map(|&(a, imm)| compute(op, a, imm as u32)).collect();
        cases.push(computes(GROUP, op.info().mnemonic, &results, |a, i| {
            let (value, imm) = pairs[i];
            a.li(A1, value).i(op, A2, A1, imm);
        }));
        let small: Vec<u32> = CORNERS.iter().map(|&x| compute(op, x, 7)).collect();
        cases.push(computes(GROUP, format!("{}-same-register", op.info().mnemonic), &small, |a, i| {
            a.li(A2, CORNERS[i]).i(op, A2, A2, 7);
        }));
    }
    for op in SHIFT_OPS {
        let pairs: Vec<(u32, u32)> = (0..32).flat_map(|n| [(0x8765_4321, n), (0x7654_3218, n)]).collect();
        let results: Vec<u32> = pairs.iter().map(|&(a, n)| compute(op, a, n)).collect();
        cases.push(computes(GROUP, op.info().mnemonic, &results, |a, i| {
            a.li(A1, pairs[i].0).i(op, A2, A1, pairs[i].1 as i32);
        }));
    }
    cases.extend(loads_and_stores());
    cases.extend(jumps());
    cases
}

/// Offsets of loads and stores: each bit alone, and negative ones.
fn loads_and_stores() -> Vec<Case> {
    let offsets: Vec<i32> = (2..11).map(|i| 1 << i).chain([0, -4, -2048, 2044, -1024]).collect();
    let base = DATA + 2048;
    let at = |offset: i32| base.wrapping_add_signed(offset);
    let loaded: Vec<u32> = offsets.iter().map(|&o| pattern(at(o))).collect();
    let mut load = asm();
    load.li(S0, base).li(A0, 0);
    for &o in &offsets {
        load.i(Op::Lw, A1, S0, o).r(Op::Add, A0, A0, A0).r(Op::Xor, A0, A0, A1);
    }
    let mix = loaded.iter().fold(0u32, |acc, w| acc.wrapping_add(acc) ^ w);
    load.mv(A2, A0);
    let mut store = asm();
    store.li(S0, base);
    for (i, &o) in offsets.iter().enumerate() {
        store.li(A1, 0x0101_0101 * (i as u32 + 1)).s(Op::Sw, A1, S0, o);
    }
    let memory: Vec<_> =
        offsets.iter().enumerate().map(|(i, &o)| (at(o), 0x0101_0101 * (i as u32 + 1))).collect();
    let untouched = [(DATA + 16, pattern(DATA + 16)), (at(12), pattern(at(12)))];
    let bytes = (0..2).map(|i| 1 << i).chain([3, -1, -3]);
    let mut byte = asm();
    byte.li(S0, base).li(A0, 0);
    let mut sum = 0u32;
    for o in bytes {
        byte.i(Op::Lbu, A1, S0, o).i(Op::Slli, A0, A0, 4).r(Op::Add, A0, A0, A1);
        let word = pattern(at(o) & !3).to_le_bytes();
        sum = (sum << 4).wrapping_add(word[(at(o) & 3) as usize].into());
    }
    byte.mv(A2, A0);
    vec![
        passes(GROUP, "load-offsets", &mut load).regs(&[(A2, mix)]),
        passes(GROUP, "store-offsets", &mut store).memory(&memory).memory(&untouched),
        passes(GROUP, "byte-offsets", &mut byte).regs(&[(A2, sum)]),
    ]
}

/// Distances of branches, `jal` and `jalr`. The target holds an `ebreak`, or nothing at all: the ending says where
/// it is.
fn jumps() -> Vec<Case> {
    let mut cases = Vec::new();
    let both_ways =
        |bits: Range<u32>| bits.clone().flat_map(|b| [1i32 << b, -(1i32 << b)]).chain([-(1i32 << bits.end)]);
    let all = |bits: Range<u32>| both_ways(bits.clone()).chain([(1i32 << bits.end) - 4]);
    for distance in all(2..12) {
        let mut a = asm();
        a.all(&[EBREAK; 1100]);
        let pc = a.here();
        a.branch_by(Op::Bgeu, A1, A1, distance).all(&[EBREAK; 1100]);
        let mut c = straight(GROUP, format!("branch-{distance}"), &a, ExitReason::Breakpoint);
        c.setup.entry = pc;
        c.expect.exit.pc = pc.wrapping_add_signed(distance);
        cases.push(c.cost(2, 1));
    }
    for distance in all(2..20) {
        const ENTRY: u32 = 0x0020_0000;
        let mut there = Asm::new(ENTRY);
        there.jal_by(A2, distance);
        let target = ENTRY.wrapping_add_signed(distance);
        // The rest of the jump's own page is zero, an illegal word; around it nothing is mapped.
        let (reason, gas) = if target & !0xfff == ENTRY {
            (ExitReason::IllegalInstruction, 2)
        } else {
            (ExitReason::InstructionAccessFault, 1)
        };
        let mut c = straight(GROUP, format!("jal-{distance}"), asm().nop(), reason);
        c.setup = c.setup.part(ENTRY, &there.words(), Perm::EXECUTE);
        c.setup.entry = ENTRY;
        c.setup.config.memory_limit = PAGE_SIZE;
        c.expect.exit.pc = target;
        cases.push(c.cost(gas, 1).regs(&[(A2, ENTRY + 4)]));
    }
    for offset in (2..11).map(|i| 1 << i).chain([0, -4, -2048, 2044]) {
        const BASE: u32 = 0x0020_0000;
        let mut a = asm();
        a.li2(A1, BASE).i(Op::Jalr, A2, A1, offset);
        let mut c = straight(GROUP, format!("jalr-{offset}"), &a, ExitReason::InstructionAccessFault);
        c.expect.exit.pc = BASE.wrapping_add_signed(offset);
        cases.push(c.cost(3, 3).regs(&[(A2, CODE + 12)]));
    }
    cases
}
