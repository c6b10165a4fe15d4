//! x16 to x31: illegal in every register field that an operation uses, harmless where the same bits are an
//! immediate or ignored.

use ember_isa::op::{Format, TABLE};
use ember_isa::reg::{A0, A1, A2, T0, ZERO};
use ember_isa::{ExitReason, Instruction, Op};

use super::{A3, A4, Case, DATA, EBREAK, S0, asm, passes, straight};
use crate::asm::Asm;

const GROUP: &str = "registers";

/// The formats' register fields by the manual, not by the table under test: name and lowest bit.
fn fields(format: Format) -> &'static [(&'static str, u32)] {
    const RD: (&str, u32) = ("rd", 7);
    const RS1: (&str, u32) = ("rs1", 15);
    const RS2: (&str, u32) = ("rs2", 20);
    match format {
        Format::R => &[RD, RS1, RS2],
        Format::I | Format::Shamt => &[RD, RS1],
        Format::S | Format::B => &[RS1, RS2],
        Format::U | Format::J | Format::Csr => &[RD],
        Format::Fence | Format::Fixed => &[],
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (i, info) in TABLE.iter().enumerate() {
        let imm = match info.format {
            Format::Csr => 0xc00,
            _ => 0,
        };
        let word = Instruction { op: Op::ALL[i], rd: 1, rs1: 1, rs2: 1, imm }.encode().expect("an encoding");
        for (n, &(field, shift)) in fields(info.format).iter().enumerate() {
            // Every register above 15 comes up somewhere.
            let high = 16 + (i as u32 * 3 + n as u32 * 5) % 16;
            let mut a = asm();
            a.word(word & !(31 << shift) | high << shift);
            let name = format!("{}-{field}-x{high}", info.mnemonic);
            cases.push(straight(GROUP, name, &a, ExitReason::IllegalInstruction).only_regs(&[]));
        }
    }
    // All sixteen in one field, one by one.
    for high in 16..32 {
        let mut a = asm();
        a.word(0x0000_0033 | high << 20 | 10 << 7);
        let name = format!("add-rs2-every-x{high}");
        cases.push(straight(GROUP, name, &a, ExitReason::IllegalInstruction).only_regs(&[]));
    }
    cases.push(not_in_immediates());
    cases.push(all_sixteen());
    cases
}

/// Immediates whose bits lie where other formats have x16..x31.
fn not_in_immediates() -> Case {
    let mut a: Asm = asm();
    a.li(S0, DATA + 2048);
    // I: bits 24:20 are 16..31. S: bits 11:7. U: bits 19:15 and 24:20.
    for n in 16..32 {
        a.i(Op::Addi, A0, ZERO, n).s(Op::Sb, A0, S0, n).i(Op::Lbu, A1, S0, n);
        a.i(Op::Slli, A2, A1, n).u(Op::Lui, A3, (n as u32) << 15 | (n as u32) << 20);
    }
    // B: bits 11:7, J: bits 24:20 and 19:15, each jumping over words that end the run.
    a.branch_by(Op::Beq, A0, A0, 16).all(&[EBREAK; 3]).jal_by(A4, 20).all(&[EBREAK; 4]);
    // Ignored fields of fences.
    a.word(0x01f0_000f).word(0x000f_8f8f);
    let skipped = 7;
    let c = passes(GROUP, "not-in-immediates", &mut a);
    let retired = a.count() - 1 - skipped;
    c.cost(retired + 1, retired).regs(&[(A1, 31), (A2, 0x8000_0000), (A3, 31 << 15 | 31 << 20)])
}

/// Each of x1..x15 written, and read as first and second source.
fn all_sixteen() -> Case {
    let mut a = asm();
    for r in 1..16u8 {
        a.i(Op::Addi, r, r - 1, i32::from(r));
    }
    for r in 1..16u8 {
        a.r(Op::Add, r, r, r - 1);
    }
    let mut regs = [0u32; 16];
    for r in 1..16usize {
        regs[r] = regs[r - 1] + r as u32;
    }
    for r in 1..16usize {
        regs[r] += regs[r - 1];
    }
    // `exit(0)` comes last.
    regs[T0 as usize] = 93;
    regs[A0 as usize] = 0;
    passes(GROUP, "all-sixteen", &mut a).regs(&(0..).zip(regs).collect::<Vec<_>>())
}
