//! Branches and jumps: which are taken, where they lead, what they link, and targets that are no multiple of 4.

use ember_isa::reg::{A0, A1, A2, ZERO};
use ember_isa::{ExitReason, Op};

use super::{A3, A4, CODE, CORNERS, Case, DATA, EBREAK, S0, asm, case, computes, passes, straight};
use crate::asm::Asm;
use crate::setup::{HEAP, HEAP_END, RODATA};
use crate::spec::{BRANCH_OPS, taken};

const GROUP: &str = "jumps";

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for op in BRANCH_OPS {
        cases.extend([decisions(op, "forward"), decisions(op, "backward"), same_register(op)]);
        cases.extend(misaligned_branches(op));
    }
    cases.extend(misaligned_jumps());
    cases.extend(links());
    cases.extend(out_of_code());
    cases.push(deep_calls());
    cases.extend(wraps());
    cases
}

/// Every pair of corner values: one bit each, taken or not.
fn decisions(op: Op, direction: &str) -> Case {
    let results: Vec<u32> = CORNERS
        .iter()
        .map(|&x| CORNERS.iter().fold(0, |bits, &y| bits << 1 | u32::from(taken(op, x, y))))
        .collect();
    let mut skipped = 0;
    let mut c = computes(GROUP, format!("{}-{direction}", op.info().mnemonic), &results, |a, i| {
        a.li(A2, 0);
        for y in CORNERS {
            a.li(A0, CORNERS[i]).li(A1, y).i(Op::Slli, A2, A2, 1);
            if direction == "forward" {
                // Taken, over the jump; not taken, over the increment: one word either way.
                a.branch_by(op, A0, A1, 8).jal_by(ZERO, 8).i(Op::Addi, A2, A2, 1);
                skipped += 1;
            } else {
                // Over a landing place, to a branch that leads back to it if taken.
                a.jal_by(ZERO, 12).i(Op::Addi, A2, A2, 1).jal_by(ZERO, 8).branch_by(op, A0, A1, -8);
                skipped += if taken(op, CORNERS[i], y) { 0 } else { 2 };
            }
        }
    });
    let n = c.expect.instructions.expect("stated") - skipped;
    c = c.cost(n + 1, n);
    c
}

/// Both sources the same register, x0 among them.
fn same_register(op: Op) -> Case {
    let result = u32::from(taken(op, 7, 7));
    let c = computes(GROUP, format!("{}-same-register", op.info().mnemonic), &[result, result], |a, i| {
        let r = if i == 0 { A0 } else { ZERO };
        a.li(A0, 7).li(A2, 0).branch_by(op, r, r, 8).jal_by(ZERO, 8).i(Op::Addi, A2, A2, 1);
    });
    let n = c.expect.instructions.expect("stated") - 2;
    c.cost(n + 1, n)
}

/// Targets at every residue of 4, taken and not taken.
fn misaligned_branches(op: Op) -> Vec<Case> {
    // Equal and less, one way or the other, make every branch taken or not.
    let pairs = [(1, 1), (1, 2), (2, 1)];
    let find = |want| *pairs.iter().find(|&&(x, y)| taken(op, x, y) == want).expect("one of the three");
    let (yes, no) = (find(true), find(false));
    let mut cases = Vec::new();
    let m = op.info().mnemonic;
    for distance in [2, 6, -2, 4094] {
        let mut a = asm();
        a.li(A0, yes.0).li(A1, yes.1).branch_by(op, A0, A1, distance);
        let target = (CODE + 8).wrapping_add_signed(distance);
        cases.push(straight(
            GROUP,
            format!("{m}-misaligned-{distance}"),
            &a,
            ExitReason::InstructionAddressMisaligned(target),
        ));
    }
    let mut a = asm();
    a.li(A0, no.0)
        .li(A1, no.1)
        .branch_by(op, A0, A1, 2)
        .branch_by(op, A0, A1, -2)
        .branch_by(op, A0, A1, 4094);
    cases.push(passes(GROUP, format!("{m}-misaligned-not-taken"), &mut a));
    cases
}

fn misaligned_jumps() -> Vec<Case> {
    let mut cases = Vec::new();
    for distance in [2, 6, -2, 0x7fffe] {
        let mut a = asm();
        a.li(A2, 77).jal_by(A2, distance);
        let target = (CODE + 4).wrapping_add_signed(distance);
        // The link register keeps its value: the jump has no effect.
        let reason = ExitReason::InstructionAddressMisaligned(target);
        cases.push(straight(GROUP, format!("jal-misaligned-{distance}"), &a, reason).regs(&[(A2, 77)]));
    }
    for (offset, rd) in [(2, A2), (3, A2), (6, A2), (-2, A2), (-1, A2), (2, A0), (3, ZERO)] {
        let mut a = asm();
        a.li2(A0, CODE + 0x20).li(A2, 77).i(Op::Jalr, rd, A0, offset);
        // Bit 0 is cleared, bit 1 is not.
        let target = (CODE + 0x20).wrapping_add_signed(offset) & !1;
        let reason = ExitReason::InstructionAddressMisaligned(target);
        cases.push(
            straight(GROUP, format!("jalr-misaligned-{offset}-rd{rd}"), &a, reason)
                .regs(&[(A0, CODE + 0x20), (A2, 77)]),
        );
    }
    // Misaligned and unmapped at once: the jump faults, not the fetch.
    let mut a = asm();
    a.i(Op::Jalr, A2, ZERO, 2);
    cases.push(straight(GROUP, "jalr-misaligned-page-0", &a, ExitReason::InstructionAddressMisaligned(2)));
    cases
}

fn links() -> Vec<Case> {
    let mut cases = Vec::new();
    // Bit 0 of the sum is cleared, wherever it came from.
    for (base, offset) in [(1, 0), (0, 1), (2, 3), (-3, 4), (-4, 5)] {
        let mut a = asm();
        let target = CODE + 0x20;
        a.li2(A0, target.wrapping_add_signed(base)).i(Op::Jalr, A2, A0, offset);
        while a.here() < (target + (base + offset) as u32) & !1 {
            a.word(EBREAK);
        }
        let over = a.count() - 3;
        let c = passes(GROUP, format!("jalr-bit-0-{base}-{offset}"), &mut a).regs(&[(A2, CODE + 12)]);
        let n = a.count() - 1 - over;
        cases.push(c.cost(n + 1, n));
    }
    // rs1 is read before rd is written.
    let mut a = asm();
    a.la(A0, "there").i(Op::Jalr, A0, A0, 0).word(EBREAK).label("there").mv(A2, A0);
    let c = passes(GROUP, "jalr-same-register", &mut a).regs(&[(A2, CODE + 12)]);
    let n = a.count() - 2;
    cases.push(c.cost(n + 1, n));
    // No link in x0.
    let mut a = asm();
    a.jal_by(ZERO, 4).la(A0, "there").i(Op::Jalr, ZERO, A0, 0).label("there").mv(A2, ZERO);
    cases.push(passes(GROUP, "no-link", &mut a).regs(&[(A2, 0)]));
    // A jump to itself, taken once: the gas runs out on the spot.
    let mut a = asm();
    a.jal_by(A2, 0);
    let mut c = case(GROUP, "jal-to-itself", &a, ExitReason::OutOfGas, CODE).regs(&[(A2, CODE + 4)]);
    c.setup.config.gas_limit = 5;
    cases.push(c.cost(5, 5));
    let mut a = asm();
    a.branch_by(Op::Beq, ZERO, ZERO, 0);
    let mut c = case(GROUP, "branch-to-itself", &a, ExitReason::OutOfGas, CODE);
    c.setup.config.gas_limit = 7;
    cases.push(c.cost(7, 7));
    cases
}

/// Jumps to what is no code, by each kind of jump. The jump retires and links; the fetch at its target faults.
fn out_of_code() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, target) in [
        ("page-0", 0),
        ("page-0-end", 0xffc),
        ("below", CODE - 4),
        ("constants", RODATA),
        ("data", DATA + 8),
        ("heap", HEAP),
        ("stack", HEAP_END - 4),
        ("guard", HEAP_END),
        ("input", crate::setup::INPUT),
        ("last-word", 0xffff_fffc),
        ("last-page", 0xffff_f000),
    ] {
        let mut a = asm();
        a.li2(A0, target).i(Op::Jalr, A2, A0, 0);
        let mut c = straight(GROUP, format!("jalr-into-{name}"), &a, ExitReason::InstructionAccessFault);
        c.setup = c.setup.input(b"input");
        c.expect.exit.pc = target;
        // A fetch that faults has no instruction, so nothing to charge.
        cases.push(c.cost(3, 3).regs(&[(A0, target), (A2, CODE + 12)]));
    }
    for target in [RODATA, DATA, CODE - 4] {
        let distance = target.wrapping_sub(CODE) as i32;
        let mut a = asm();
        a.jal_by(A2, distance);
        let mut c = straight(GROUP, format!("jal-into-{target:x}"), &a, ExitReason::InstructionAccessFault);
        c.expect.exit.pc = target;
        cases.push(c.cost(1, 1).regs(&[(A2, CODE + 4)]));
    }
    let mut a = asm();
    a.branch_by(Op::Bge, A2, A2, -4);
    let mut c = straight(GROUP, "branch-out-of-code", &a, ExitReason::InstructionAccessFault);
    c.expect.exit.pc = CODE - 4;
    cases.push(c.cost(1, 1));

    // Off the end of the code: the last word of the page is the last instruction.
    for (name, next) in [("off-the-end", None), ("off-the-end-into-data", Some(()))] {
        let mut a = asm();
        a.jal_by(ZERO, 0xff8);
        while a.count() < 1022 {
            a.word(EBREAK);
        }
        a.nop().li(A2, 5);
        let mut c = case(GROUP, name, &a, ExitReason::InstructionAccessFault, CODE + 0x1000);
        if next.is_some() {
            c.setup = c.setup.part(CODE + 0x1000, &[0x0000_0013; 4], ember_memory::Perm::READ);
        }
        cases.push(c.cost(3, 3).regs(&[(A2, 5)]));
    }
    // Off the end of one page of code, into the next.
    let mut a = asm();
    a.jal_by(ZERO, 0xffc);
    while a.count() < 1023 {
        a.word(EBREAK);
    }
    a.li(A2, 5).li(A3, 6).word(EBREAK);
    let c = case(GROUP, "across-pages", &a, ExitReason::Breakpoint, CODE + 0x1004);
    cases.push(c.cost(4, 3).regs(&[(A2, 5), (A3, 6)]));
    // The zeros behind the code are illegal, not absent.
    let mut a = asm();
    a.nop();
    let mut c = straight(GROUP, "zeros-behind-code", &a, ExitReason::IllegalInstruction);
    c.expect.exit.pc = CODE + 4;
    cases.push(c.cost(2, 1));
    cases
}

/// Calls by x1 and a computed return, five deep.
fn deep_calls() -> Case {
    let mut a: Asm = asm();
    a.li(A0, 5).jal(1, "f").mv(A4, A0).word(EBREAK);
    a.label("f").i(Op::Addi, 2, 2, -8).s(Op::Sw, 1, 2, 4).branch(Op::Beq, A0, ZERO, "done");
    a.s(Op::Sw, A0, 2, 0).i(Op::Addi, A0, A0, -1).jal(1, "f").i(Op::Lw, S0, 2, 0).r(Op::Add, A0, A0, S0);
    a.label("done").i(Op::Lw, 1, 2, 4).i(Op::Addi, 2, 2, 8).i(Op::Jalr, ZERO, 1, 0);
    case(GROUP, "recursion", &a, ExitReason::Breakpoint, CODE + 12)
        .regs(&[(A4, 15), (2, HEAP_END), (1, CODE + 8)])
        .cost(4 + 5 * 11 + 6, 3 + 5 * 11 + 6)
}

/// Targets are computed modulo 2^32, upwards and downwards.
fn wraps() -> Vec<Case> {
    [("up", 0xffff_fffc, 8, 4), ("down", 4, -8, 0xffff_fffc)]
        .map(|(name, base, offset, target)| {
            let mut a = asm();
            a.li2(A0, base).i(Op::Jalr, A2, A0, offset);
            let mut c = straight(GROUP, format!("jalr-wraps-{name}"), &a, ExitReason::InstructionAccessFault);
            c.expect.exit.pc = target;
            c.cost(3, 3).regs(&[(A2, CODE + 12)])
        })
        .into()
}
