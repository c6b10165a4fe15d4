//! Counters: what may be read, what may not be written, and exact values. SPEC section 3, manual chapter Zicntr.

use ember_isa::reg::{A0, A1, A2, ZERO};
use ember_isa::{ExitReason, GasTable, Op, csr};

use super::{CODE, Case, EBREAK, S0, S1, asm, case, passes, straight};
use crate::asm::Asm;
use crate::spec::CSR_OPS;

const GROUP: &str = "csr";

pub fn cases() -> Vec<Case> {
    let mut cases = writes();
    for op in CSR_OPS {
        for (counter, name) in csr::ALL {
            cases.push(read(op, counter, name));
        }
    }
    cases.extend([
        deltas(),
        same_destination(),
        high_halves(),
        at_the_carry(),
        zero_prices(),
        faults_do_not_retire(),
    ]);
    cases
}

/// The six instructions as words: funct3, destination, source field and number.
fn word(funct3: u32, rd: u32, source: u32, number: u32) -> u32 {
    0x73 | rd << 7 | funct3 << 12 | source << 15 | number << 20
}

/// Every access that is none of the legal reads.
fn writes() -> Vec<Case> {
    let mut words = Vec::new();
    for (number, name) in csr::ALL {
        for rd in [0, 10] {
            // CSRRW and CSRRWI write whatever the source is.
            for (op, funct3) in [("csrrw", 1), ("csrrwi", 5)] {
                words.push((format!("{op}-{name}-rd{rd}"), word(funct3, rd, 0, number)));
            }
        }
        for (op, funct3) in [("csrrs", 2), ("csrrc", 3), ("csrrsi", 6), ("csrrci", 7)] {
            words.push((format!("{op}-{name}-source"), word(funct3, 10, 1, number)));
        }
    }
    for (op, funct3) in [("csrrs", 2), ("csrrc", 3), ("csrrsi", 6), ("csrrci", 7)] {
        for source in [2, 4, 8, 16, 31] {
            words.push((format!("{op}-source-{source}"), word(funct3, 0, source, csr::CYCLE)));
        }
    }
    // Registers that are not there: the neighbours of the counters, and one of every kind.
    for number in [
        0x000, 0x001, 0x003, 0x015, 0x100, 0x180, 0x300, 0x301, 0x305, 0x306, 0x320, 0x340, 0x341, 0x342,
        0x7a0, 0x7b0, 0xb00, 0xb02, 0xb80, 0xbff, 0xc03, 0xc04, 0xc1f, 0xc20, 0xc21, 0xc40, 0xc7f, 0xc83,
        0xc84, 0xc9f, 0xd00, 0xe00, 0xf11, 0xf14, 0x400, 0x800, 0x480, 0x880, 0xfff,
    ] {
        words.push((format!("number-{number:03x}"), word(2, 10, 0, number)));
    }
    words
        .into_iter()
        .map(|(name, word)| {
            let mut a = asm();
            a.word(word);
            straight(GROUP, name, &a, ExitReason::IllegalInstruction).only_regs(&[])
        })
        .collect()
}

/// One legal read, after three instructions that cost 5 each.
fn read(op: Op, counter: u32, name: &str) -> Case {
    let mut a = asm();
    a.nop().nop().nop().csr(op, A2, counter).word(EBREAK);
    let value = match counter {
        csr::CYCLE | csr::TIME => 15,
        csr::INSTRET => 3,
        _ => 0,
    };
    let name = format!("{}-{name}", op.info().mnemonic);
    let mut c = straight(GROUP, name, &a, ExitReason::Breakpoint).only_regs(&[(A2, value)]);
    let table = GasTable { arith: 5, csr: 11, system: 100, ..GasTable::UNIT };
    c.setup = c.setup.gas(table, u64::MAX);
    c.cost(15 + 11 + 100, 4)
}

/// What passes between two reads: the first read itself, and what lies between.
fn deltas() -> Case {
    let mut a = asm();
    a.csr(Op::Csrrs, A0, csr::CYCLE).csr(Op::Csrrs, A1, csr::CYCLE).r(Op::Mul, ZERO, A0, A1);
    a.csr(Op::Csrrs, A2, csr::CYCLE).csr(Op::Csrrs, 13, csr::INSTRET).csr(Op::Csrrs, 14, csr::TIME);
    a.csr(Op::Csrrs, 15, csr::INSTRET).word(EBREAK);
    let mut c = straight(GROUP, "deltas", &a, ExitReason::Breakpoint);
    c.setup = c.setup.gas(GasTable { mul: 1000, csr: 7, system: 2, ..GasTable::UNIT }, u64::MAX);
    c.cost(6 * 7 + 1000 + 2, 7).regs(&[(A0, 0), (A1, 7), (A2, 1014), (13, 4), (14, 1028), (15, 6)])
}

/// A read whose destination fed the instruction before.
fn same_destination() -> Case {
    let mut a = asm();
    a.li(A2, 9).csr(Op::Csrrc, A2, csr::INSTRET).r(Op::Add, A2, A2, A2).csr(Op::Csrrci, A2, csr::INSTRET);
    passes(GROUP, "same-destination", &mut a).regs(&[(A2, 3)])
}

/// A loop that passes 2^32 gas: 32,800 rounds of two instructions at 65,535 each.
fn high_halves() -> Case {
    const ROUNDS: u32 = 32_800;
    let mut a = asm();
    a.li2(S0, ROUNDS).label("loop").i(Op::Addi, S0, S0, -1).branch(Op::Bne, S0, ZERO, "loop");
    a.csr(Op::Csrrs, A0, csr::CYCLE).csr(Op::Csrrs, A1, csr::CYCLEH).csr(Op::Csrrs, A2, csr::INSTRET);
    a.csr(Op::Csrrs, 13, csr::INSTRETH).csr(Op::Csrrs, 14, csr::TIMEH).word(EBREAK);
    let table = GasTable { arith: 65535, branch: 65535, csr: 0, ..GasTable::UNIT };
    let before = 65535 * (2 + 2 * u64::from(ROUNDS));
    let retired = 2 + 2 * ROUNDS;
    let pc = CODE + 4 * (a.count() as u32 - 1);
    let mut c = case(GROUP, "high-halves", &a, ExitReason::Breakpoint, pc);
    // `li2` is one `lui` and one `addi`, both of the class arith.
    c.setup = c.setup.gas(table, u64::MAX);
    assert!(before >> 32 == 1);
    c.cost(before + 1, u64::from(retired) + 5).regs(&[
        (A0, before as u32),
        (A1, 1),
        (A2, retired + 2),
        (13, 0),
        (14, 1),
    ])
}

/// The low half is read just below 2^32 and the high half just above: the carry happens between them.
fn at_the_carry() -> Case {
    // 2^32 - 1 = 65535 * 65537: the two words before the loop, its rounds, and one multiplication.
    const ROUNDS: u32 = 32_767;
    let mut a = asm();
    a.li2(S0, ROUNDS).label("loop").i(Op::Addi, S0, S0, -1).branch(Op::Bne, S0, ZERO, "loop");
    a.r(Op::Mul, ZERO, ZERO, ZERO);
    a.csr(Op::Csrrs, A0, csr::CYCLE)
        .csr(Op::Csrrs, A1, csr::CYCLEH)
        .csr(Op::Csrrs, S1, csr::CYCLE)
        .word(EBREAK);
    let table = GasTable { arith: 65535, branch: 65535, mul: 65535, csr: 1, ..GasTable::UNIT };
    let pc = CODE + 4 * (a.count() as u32 - 1);
    let mut c = case(GROUP, "at-the-carry", &a, ExitReason::Breakpoint, pc);
    c.setup = c.setup.gas(table, u64::MAX);
    c.regs(&[(A0, u32::MAX), (A1, 1), (S1, 1)]).cost((1 << 32) + 3, 2 + 2 * u64::from(ROUNDS) + 1 + 3)
}

fn zero_prices() -> Case {
    let mut a: Asm = asm();
    a.li(A0, 5).csr(Op::Csrrs, A1, csr::CYCLE).csr(Op::Csrrs, A2, csr::INSTRET).word(EBREAK);
    let mut c =
        straight(GROUP, "zero-prices", &a, ExitReason::Breakpoint).only_regs(&[(A0, 5), (A1, 0), (A2, 2)]);
    c.setup = c.setup.gas(GasTable { arith: 0, csr: 0, system: 0, ..GasTable::UNIT }, 0);
    c.cost(0, 3)
}

/// Ecalls that return do retire; what ends the run does not.
fn faults_do_not_retire() -> Case {
    let mut a = asm();
    // write(9, ..): no such descriptor, -EBADF.
    a.li(A0, 9).ecall(ember_isa::ecall::WRITE).csr(Op::Csrrs, A2, csr::INSTRET).i(Op::Lw, A1, ZERO, 0);
    straight(GROUP, "ecalls-retire", &a, ExitReason::LoadAccessFault(0))
        .regs(&[(A0, ember_isa::ecall::EBADF), (A2, 3)])
}
