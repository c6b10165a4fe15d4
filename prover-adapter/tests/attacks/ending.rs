//! Lies about how a run ended, what it cost, and how long it was.

use ember_isa::{ExitReason, Op, ecall, reg};
use ember_memory::{Digest, Transcript};
use ember_verifier::VerifyError;
use ember_verifier::air::Table;
use ember_verifier::ending::EndingError;
use ember_vm::RunConfig;

use crate::common::programs::{call, config, exit, i, li, place, record, record_with};
use crate::{By, Forgery};

fn load_from(address: u32) -> Vec<u32> {
    [li(8, address), vec![i(Op::Lw, 0, 8, 0, 0)], exit(0)].concat()
}

#[test]
fn every_ending_is_proven_and_no_other() {
    use ExitReason::*;
    let store = |address: u32| [li(8, address), vec![i(Op::Sw, 0, 8, 8, 0)], exit(0)].concat();
    let programs: Vec<(Vec<u32>, ExitReason)> = vec![
        (exit(5), Halt(5)),
        (vec![0], IllegalInstruction),
        // addi x16, x0, 0
        (vec![0x0000_0813], IllegalInstruction),
        (vec![i(Op::Ebreak, 0, 0, 0, 0)], Breakpoint),
        (vec![i(Op::Beq, 0, 0, 0, 6)], InstructionAddressMisaligned(place().code + 6)),
        (vec![i(Op::Jal, 1, 0, 0, 10)], InstructionAddressMisaligned(place().code + 10)),
        (vec![i(Op::Jalr, 1, 0, 0, 7)], InstructionAddressMisaligned(6)),
        (vec![i(Op::Jalr, 1, 0, 0, 5)], InstructionAccessFault),
        (load_from(0), LoadAccessFault(0)),
        (load_from(place().code), LoadAccessFault(place().code)),
        (load_from(place().data + 2), LoadAddressMisaligned(place().data + 2)),
        (store(place().input), StoreAccessFault(place().input)),
        (store(place().data + 1), StoreAddressMisaligned(place().data + 1)),
        (call(0x1_0000, &[]), UnknownEcall(0x1_0000)),
        (call(0x2000, &[place().data, 4, place().data, 4]), HostAbort(ecall::abort::NO_SUCH_CALL)),
        (call(ecall::READ, &[0, place().input, 4]), StoreAccessFault(place().input)),
        (call(ecall::WRITE, &[1, place().code, 4]), LoadAccessFault(place().code)),
    ];
    let reasons: Vec<ExitReason> = programs.iter().map(|(_, reason)| *reason).collect();
    for (code, reason) in programs {
        let honest = Forgery::of(&record(&code));
        assert_eq!(honest.0.head.statement.exit.reason, reason);
        let (statement, proof) = honest.proven();
        crate::verifier().verify(&statement, &proof).expect("an honest proof");
        // Every other ending is another statement, under which the same tables have to be proven again: one
        // is, the rest only have to be refused.
        for (n, &other) in reasons.iter().chain(&[OutOfGas]).enumerate().filter(|(_, r)| **r != reason) {
            // The embedding's code is its own choice.
            if matches!((reason, other), (HostAbort(_), HostAbort(_))) {
                continue;
            }
            let mut lie = Forgery::of(&record(&code));
            lie.0.head.statement.exit.reason = other;
            if n < 1 {
                assert_eq!(lie.seen_through(), VerifyError::OtherEnding("for another reason"), "{other}");
            } else {
                assert!(crate::verifier().verify(&lie.0.head.statement, &proof).is_err());
            }
        }
    }
}

#[test]
fn a_run_does_not_stop_without_an_ending() {
    // Stopped after five instructions, for lack of gas; then the limit is said to be higher.
    let code = [li(8, 77), li(9, 0x1_0001), vec![i(Op::Add, 8, 8, 9, 0); 9], exit(0)].concat();
    let config = RunConfig { gas_limit: 5 * 0x102, ..config() };
    let stopped = Forgery::of(&record_with(&code, config));
    assert_eq!(stopped.0.head.statement.exit.reason, ExitReason::OutOfGas);
    assert_eq!(stopped.0.head.statement.instructions, 5);
    for reason in [ExitReason::OutOfGas, ExitReason::Halt(0), ExitReason::InstructionAccessFault] {
        let mut lie = stopped.copy();
        lie.0.head.statement.gas_limit += 0x102;
        lie.0.head.statement.exit.reason = reason;
        assert_eq!(lie.seen_through(), VerifyError::Ending(EndingError::NotEnded));
    }
}

#[test]
fn gas_left_is_gas_left() {
    let honest = Forgery::of(&record(&exit(0)));
    let used = honest.0.head.statement.gas_used;
    let mut lie = honest.copy();
    lie.0.head.statement.exit.reason = ExitReason::OutOfGas;
    assert_eq!(lie.seen_through(), VerifyError::OtherEnding("for another reason"));
    // Out of gas at the last instruction, then before it.
    let mut lie = honest.copy();
    lie.0.head.statement.gas_limit = used - 1;
    assert_eq!(lie.seen_through(), VerifyError::OtherEnding("for another reason"));
    let mut lie = honest.copy();
    lie.0.head.statement.gas_limit = used - 42;
    assert_eq!(lie.seen_through(), VerifyError::Gas);
    // Exactly enough is enough.
    let mut exact = honest.copy();
    exact.0.head.statement.gas_limit = used;
    exact.verifies();
}

#[test]
fn gas_and_instructions_are_counted() {
    let honest = Forgery::of(&record(&exit(0)));
    for change in [-1, 1, 256] {
        let mut lie = honest.copy();
        lie.0.head.statement.gas_used = lie.0.head.statement.gas_used.wrapping_add_signed(change);
        assert_eq!(lie.seen_through(), VerifyError::OtherEnding("with other gas"));
    }
    for change in [-1, 1] {
        let mut lie = honest.copy();
        lie.0.head.statement.instructions = lie.0.head.statement.instructions.wrapping_add_signed(change);
        lie.fails(By::Constraint(Table::Cpu));
    }
    // The final state's gas is the tables'.
    for (acc, change) in [(0, -1i32), (1, -1)] {
        let mut lie = honest.copy();
        let gas = &mut lie.0.segment.end.gas[acc];
        *gas = gas.wrapping_add_signed(change);
        lie.0.head.statement.gas_used =
            lie.0.head.statement.gas_used.wrapping_add_signed(if acc == 0 { -1 } else { -256 });
        lie.fails(By::Constraint(Table::Cpu));
    }
}

#[test]
fn the_ending_is_where_the_run_is() {
    let honest = Forgery::of(&record(&exit(0)));
    for pc in [place().code, place().code + 12, 0, place().data] {
        let mut lie = honest.copy();
        lie.0.head.statement.exit.pc = pc;
        lie.fails(By::Constraint(Table::Cpu));
    }
    // Registers that the decision reads.
    for register in [reg::T0, reg::A0] {
        let mut lie = honest.copy();
        lie.0.segment.end.regs[register as usize - 1] ^= 1;
        lie.fails(By::Constraint(Table::Cpu));
    }
}

#[test]
fn the_transcript_is_that_of_the_run() {
    let mut lie = Forgery::of(&record(&exit(0)));
    lie.0.head.statement.transcript = Transcript(Digest::from_u32s([1; 8]).unwrap());
    assert_eq!(lie.seen_through(), VerifyError::OtherEnding("with another host transcript"));
    let call = call(0x2000, &[place().data, 4, place().data, 4]);
    let mut lie = Forgery::of(&record(&call));
    lie.0.head.statement.transcript = Transcript::default();
    assert_eq!(lie.seen_through(), VerifyError::OtherEnding("with another host transcript"));
}
