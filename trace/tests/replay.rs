//! Replay agrees with the interpreter, and with nothing else.

mod common;

use common::*;
use ember_isa::{Exit, ExitReason, Op, ecall};
use ember_memory::Digest;
use ember_trace::{Execution, replay};
use ember_vm::{NoHost, Program, RunConfig};
use proptest::prelude::*;

#[test]
fn the_tour_replays() {
    let run = record(&tour(), config());
    assert_eq!(run.ending.exit.reason, ExitReason::Halt(3));
    assert_eq!(run.ending.journal.len(), 30);
    assert_eq!(replay(&run), Ok(()));
}

#[test]
fn the_examples_replay() {
    for (name, elf) in example_elfs() {
        let program = Program::load(&elf).unwrap();
        let config = RunConfig { gas_limit: 200_000, ..RunConfig::default() };
        let run = Execution::record(&program, config, &mut NoHost, LIMITS).unwrap();
        assert_eq!(replay(&run), Ok(()), "{name}");
    }
}

/// Every field of every step and of every word, and every field of the ending, with each of some bits flipped.
#[test]
fn forged_values_are_caught() {
    let honest = record(&tour(), config());
    let program = honest.program();
    let rejected = |forged: &Execution, what: &dyn Fn() -> String| {
        assert!(replay(forged).is_err(), "{} goes unnoticed", what());
    };
    for n in 0..honest.steps.len() {
        // What `read` returns is the host's choice, but fewer bytes would have to leave the last words alone.
        for bit in [0, 1, 2, 15, 31] {
            for field in 0..3 {
                let mut forged = honest.clone();
                let step = &mut forged.steps[n];
                *[&mut step.pc, &mut step.rd, &mut step.mem][field] ^= 1 << bit;
                rejected(&forged, &|| format!("bit {bit} of field {field} of step {n}"));
            }
        }
        for other in [0, n.saturating_sub(1), honest.steps.len() - 1] {
            let mut forged = honest.clone();
            forged.steps[n] = honest.steps[other];
            if forged != honest {
                rejected(&forged, &|| format!("step {other} in place of {n}"));
            }
        }
        let mut forged = honest.clone();
        forged.steps.remove(n);
        rejected(&forged, &|| format!("step {n} left out"));
        let mut forged = honest.clone();
        forged.steps.insert(n, honest.steps[n]);
        rejected(&forged, &|| format!("step {n} twice"));
    }
    assert!(honest.steps.iter().any(|s| program.fetch(s.pc).unwrap().unwrap().op == Op::Ecall));

    for n in 0..honest.io.len() {
        for bit in [0, 9, 18, 31] {
            let mut forged = honest.clone();
            forged.io[n].0 ^= 1 << bit;
            rejected(&forged, &|| format!("bit {bit} of the old value of word {n}"));
            // The private input is the host's choice; but its first bytes are in the journal and the transcript.
            let mut forged = honest.clone();
            forged.io[n].1 ^= 1 << bit;
            if replay(&forged).is_ok() {
                assert!((5..8).contains(&n), "bit {bit} of the new value of word {n} goes unnoticed");
            }
        }
        let mut forged = honest.clone();
        forged.io.remove(n);
        rejected(&forged, &|| format!("word {n} left out"));
        let mut forged = honest.clone();
        forged.io.insert(n, (0, 0));
        rejected(&forged, &|| format!("a word before {n}"));
    }
    let mut forged = honest.clone();
    forged.io.push((0, 0));
    rejected(&forged, &|| "a word at the end".into());
}

type Edit = fn(&mut Execution);

#[test]
fn forged_endings_and_parameters_are_caught() {
    let honest = record(&tour(), config());
    let edits: [(&str, Edit); 19] = [
        ("reason", |e| e.ending.exit.reason = ExitReason::Halt(4)),
        ("out of gas", |e| e.ending.exit.reason = ExitReason::OutOfGas),
        ("host abort", |e| e.ending.exit.reason = ExitReason::HostAbort(3)),
        ("pc", |e| e.ending.exit.pc += 4),
        ("gas", |e| e.ending.gas_used += 1),
        ("instructions", |e| e.ending.instructions -= 1),
        ("register", |e| e.ending.registers[15] ^= 1),
        ("journal", |e| e.ending.journal[7] ^= 1),
        ("journal length", |e| e.ending.journal.push(0)),
        ("transcript", |e| e.ending.transcript = Digest::ZERO),
        ("private bytes", |e| e.ending.private_bytes += 1),
        ("no private bytes", |e| e.ending.private_bytes = 0),
        ("gas table", |e| e.config.gas_table.mul += 1),
        ("free branches", |e| e.config.gas_table.branch = 0),
        ("free jumps", |e| e.config.gas_table.jump = 0),
        ("gas limit", |e| e.config.gas_limit = e.ending.gas_used - 1),
        ("memory limit", |e| e.config.memory_limit += 0x1000),
        ("input length", |e| e.config.input.push(0)),
        ("misfit", |e| e.config.memory_limit = 1),
    ];
    for (what, edit) in edits {
        let mut forged = honest.clone();
        edit(&mut forged);
        assert!(replay(&forged).is_err(), "{what} goes unnoticed");
    }
}

/// Every ending, each also with every other reason in its place.
#[test]
fn every_ending_replays_as_itself_alone() {
    let store = |address: u32| [&li(8, address)[..], &[i(Op::Sw, 0, 8, 8, 0)]].concat();
    let load = |address: u32| [&li(8, address)[..], &[i(Op::Lh, 9, 8, 0, 0)]].concat();
    let jump = |address: u32| [&li(8, address)[..], &[i(Op::Jalr, 9, 8, 0, 0)]].concat();
    let full = {
        let write = call(ecall::WRITE, &[ecall::FD_JOURNAL, DATA, 0x1000]);
        let back = i(Op::Jal, 0, 0, 0, -4 * write.len() as i32);
        [write, vec![back]].concat()
    };
    let cases: Vec<(Vec<u32>, ExitReason)> = vec![
        (call(ecall::EXIT, &[7]), ExitReason::Halt(7)),
        (vec![i(Op::Jal, 0, 0, 0, 0)], ExitReason::OutOfGas),
        (vec![u32::MAX], ExitReason::IllegalInstruction),
        (jump(CODE + 2), ExitReason::InstructionAddressMisaligned(CODE + 2)),
        (jump(DATA), ExitReason::InstructionAccessFault),
        (load(DATA + 1), ExitReason::LoadAddressMisaligned(DATA + 1)),
        (load(CODE), ExitReason::LoadAccessFault(CODE)),
        (store(DATA + 2), ExitReason::StoreAddressMisaligned(DATA + 2)),
        (store(CONSTANTS), ExitReason::StoreAccessFault(CONSTANTS)),
        (vec![i(Op::Ebreak, 0, 0, 0, 0)], ExitReason::Breakpoint),
        (call(4242, &[]), ExitReason::UnknownEcall(4242)),
        (call(0x2001, &[DATA, 5, DATA, 5]), ExitReason::HostAbort(0x2001)),
        (call(0x2000, &[DATA, 5, 0, 5]), ExitReason::StoreAccessFault(0)),
        (call(0x2000, &[0, 5, DATA, 5]), ExitReason::LoadAccessFault(0)),
        (call(ecall::READ, &[0, CONSTANTS - 4, 9]), ExitReason::StoreAccessFault(CONSTANTS - 4)),
        (call(ecall::WRITE, &[1, 0x6ffe, 0x10]), ExitReason::LoadAccessFault(0x7000)),
        (full, ExitReason::HostAbort(27)),
    ];
    for (code, reason) in &cases {
        let config = RunConfig { gas_limit: 500_000, ..config() };
        let honest = record(code, config);
        assert_eq!(honest.ending.exit.reason, *reason);
        assert_eq!(replay(&honest), Ok(()), "{reason}");
        for (_, other) in cases.iter().filter(|(_, other)| other != reason) {
            // A host may abort any host call with any code.
            if matches!(reason, ExitReason::HostAbort(0x2001)) && matches!(other, ExitReason::HostAbort(_)) {
                continue;
            }
            let mut forged = honest.clone();
            forged.ending.exit = Exit { reason: *other, ..honest.ending.exit };
            assert!(replay(&forged).is_err(), "{other} in place of {reason}");
        }
        let mut forged = honest.clone();
        forged.steps.pop();
        forged.ending.instructions = forged.steps.len() as u64;
        assert!(replay(&forged).is_err() || honest.steps.is_empty(), "{reason} one step early");
    }
}

/// Any word, most of them instructions that stay among the few data pages and code words.
fn word() -> impl Strategy<Value = u32> {
    let op = (0..Op::ALL.len(), 0u8..16, 0u8..16, 0u8..16, -64i32..64);
    let instruction = op.prop_map(|(row, rd, rs1, rs2, imm)| {
        let op = Op::ALL[row];
        let fit = match op.info().format {
            ember_isa::Format::Shamt => imm & 31,
            ember_isa::Format::B | ember_isa::Format::J => imm * 4,
            ember_isa::Format::U => imm << 12,
            ember_isa::Format::Csr => 0xc00 + (imm & 1) * 0x80 + (imm >> 1 & 1),
            ember_isa::Format::Fixed => 0,
            _ => imm,
        };
        // x8 and x9 point to data: make them frequent.
        let base = if rs1 % 2 == 0 { 8 + (rs1 >> 1 & 1) } else { rs1 };
        ember_isa::Instruction { op, rd, rs1: base, rs2, imm: fit as u32 }.encode().unwrap_or(0x13)
    });
    prop_oneof![30 => instruction, 1 => any::<u32>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn random_programs_replay(body in prop::collection::vec(word(), 1..120), gas_limit in 0u64..20_000,
                              numbers in prop::collection::vec(prop_oneof![Just(63u32), Just(64), Just(0x2000)], 4)) {
        let mut code = Vec::new();
        code.extend(li(8, DATA + 64));
        code.extend(li(9, CONSTANTS + 64));
        for (n, word) in body.iter().enumerate() {
            // An ecall now and then whose arguments mostly make sense.
            if n % 30 == 7 {
                code.extend(call(numbers[n / 30], &[n as u32 % 3, DATA + n as u32, DATA + 9, n as u32]));
            }
            code.push(*word);
        }
        let config = RunConfig { gas_limit, ..config() };
        let run = record(&code, config);
        prop_assert_eq!(replay(&run), Ok(()));
    }
}

/// A write to the journal moves 1 MiB at most, and replays as what it moved.
#[test]
fn a_write_that_is_cut_replays() {
    let config = || RunConfig { memory_limit: 0x40_0000, ..config() };
    for len in [1u32 << 20, (1 << 20) + 1, 0x30_0000] {
        let code = [call(ecall::WRITE, &[ecall::FD_JOURNAL, 0x5000, len]), call(ecall::EXIT, &[0])].concat();
        let run = record(&code, config());
        assert_eq!(run.ending.exit.reason, ExitReason::Halt(0));
        assert_eq!(run.ending.journal.len(), 1 << 20);
        assert_eq!(replay(&run), Ok(()), "{len:#x}");
    }
}
