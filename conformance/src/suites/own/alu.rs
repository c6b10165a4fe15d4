//! Register-register operations: values, overlapping operands, x0.

use ember_isa::reg::{A0, A1, A2, ZERO};
use ember_isa::{ExitReason, Op};

use super::{CODE, CORNERS, Case, DATA, S0, S1, T1, asm, case, computes, random, write_results};
use crate::setup::RODATA;
use crate::spec::{REGISTER_OPS, compute};

fn group(op: Op) -> &'static str {
    if op as u8 >= Op::Mul as u8 && op as u8 <= Op::Remu as u8 { "m" } else { "alu" }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for op in REGISTER_OPS {
        let corners: Vec<(u32, u32)> =
            CORNERS.iter().flat_map(|&a| CORNERS.iter().map(move |&b| (a, b))).collect();
        cases.push(table(op, "corners", &corners));
        let numbers: Vec<u32> = random(op as u32 + 1).take(256).collect();
        // Small divisors and shift amounts beside arbitrary words.
        let pairs = numbers.chunks_exact(2).enumerate();
        let pairs: Vec<_> = pairs.map(|(i, p)| (p[0], if i % 2 == 0 { p[1] } else { p[1] >> 24 })).collect();
        cases.push(table(op, "random", &pairs));
        cases.push(overlaps(op));
        cases.push(x0(op));
    }
    cases.extend(constants());
    cases
}

/// A loop over a table of operands: results in the journal.
fn table(op: Op, name: &str, pairs: &[(u32, u32)]) -> Case {
    let mut a = asm();
    a.li2(S0, RODATA).li2(S1, DATA).li2(T1, pairs.len() as u32);
    let before = a.count();
    a.label("next").i(Op::Lw, A0, S0, 0).i(Op::Lw, A1, S0, 4).r(op, A2, A0, A1).s(Op::Sw, A2, S1, 0);
    a.i(Op::Addi, S0, S0, 8).i(Op::Addi, S1, S1, 4).i(Op::Addi, T1, T1, -1).branch(Op::Bne, T1, ZERO, "next");
    let body = a.count() - before;
    write_results(&mut a, pairs.len());
    let retired = a.count() - body + body * pairs.len() as u64 - 1;
    let words: Vec<u32> = pairs.iter().flat_map(|&(x, y)| [x, y]).collect();
    let results: Vec<u32> = pairs.iter().map(|&(x, y)| compute(op, x, y)).collect();
    let exit = CODE + 4 * (a.count() as u32 - 1);
    let mut c = case(group(op), format!("{}-{name}", op.info().mnemonic), &a, ExitReason::Halt(0), exit);
    c.setup = c.setup.rodata(&words);
    c.cost(retired + 1, retired).journal_words(&results)
}

/// rd = rs1, rd = rs2, rs1 = rs2, all three the same.
fn overlaps(op: Op) -> Case {
    let values = [(0x8765_4321, 0x0000_0013), (0xffff_fff0, 0x7fff_fffb)];
    let results: Vec<u32> = values
        .iter()
        .flat_map(|&(x, y)| [compute(op, x, y), compute(op, y, x), compute(op, x, x), compute(op, y, y)])
        .collect();
    computes(group(op), format!("{}-overlaps", op.info().mnemonic), &results, |a, i| {
        let (x, y) = values[i / 4];
        match i % 4 {
            0 => a.li(A2, x).li(A1, y).r(op, A2, A2, A1),
            1 => a.li(A2, x).li(A1, y).r(op, A2, A1, A2),
            2 => a.li(A1, x).r(op, A2, A1, A1),
            _ => a.li(A2, y).r(op, A2, A2, A2),
        };
    })
}

/// x0 as source, and as destination of an operation whose result is not zero.
fn x0(op: Op) -> Case {
    let y = 0x8000_0003;
    let results = [compute(op, 0, y), compute(op, y, 0), compute(op, 0, 0), 0];
    computes(group(op), format!("{}-x0", op.info().mnemonic), &results, |a, i| {
        a.li(A1, y);
        match i {
            0 => a.r(op, A2, ZERO, A1),
            1 => a.r(op, A2, A1, ZERO),
            2 => a.r(op, A2, ZERO, ZERO),
            _ => a.li(A0, 0x7fff_fff3).r(op, ZERO, A0, A1).mv(A2, ZERO),
        };
    })
}

/// `lui` and `auipc`, every bit of the immediate.
fn constants() -> Vec<Case> {
    let imms: Vec<u32> = (12..32).map(|i| 1 << i).chain([0, 0xffff_f000, 0x1234_5000]).collect();
    // One word before the first, and two after each: see `computes`.
    let pcs: Vec<u32> =
        imms.iter().enumerate().map(|(i, imm)| imm.wrapping_add(CODE + 4 + 12 * i as u32)).collect();
    vec![
        computes("alu", "lui", &imms, |a, i| {
            a.u(Op::Lui, A2, imms[i]);
        }),
        computes("alu", "auipc", &pcs, |a, i| {
            a.u(Op::Auipc, A2, imms[i]);
        }),
    ]
}
