//! `rrs-lib`, an interpreter by other hands, as an oracle: random programs, one instruction at a time.
//!
//! Its scope is RV32IM without counters and ecalls, with 32 registers, and it is lax where words are reserved. So:
//! what Ember retires, rrs must retire with the same effect (but for ecalls and counters, whose effect it is told);
//! where Ember faults in memory or at a reserved word, rrs must fault too, or be known to be lax there.

use ember_conformance::host::TestHost;
use ember_conformance::setup::Setup;
use ember_conformance::strategy;
use ember_isa::op::Format;
use ember_isa::{ExitReason, Op, decode};
use ember_memory::AddressSpace;
use ember_vm::{Machine, NoTrace, Status};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rrs_lib::instruction_executor::{InstructionException, InstructionExecutor};
use rrs_lib::process_instruction::process_instruction;
use rrs_lib::{HartState, MemAccessSize, Memory};

/// A copy of the run's data memory. Code is in none of it: the test fetches for rrs.
struct Data(AddressSpace);

impl Memory for Data {
    fn read_mem(&mut self, address: u32, size: MemAccessSize) -> Option<u32> {
        match size {
            MemAccessSize::Byte => self.0.load(address).map(|[b]: [u8; 1]| b.into()),
            MemAccessSize::HalfWord => self.0.load(address).map(|b| u16::from_le_bytes(b).into()),
            MemAccessSize::Word => self.0.load(address).map(u32::from_le_bytes),
        }
    }

    fn write_mem(&mut self, address: u32, size: MemAccessSize, value: u32) -> bool {
        let bytes = value.to_le_bytes();
        match size {
            MemAccessSize::Byte => self.0.store(address, [bytes[0]]),
            MemAccessSize::HalfWord => self.0.store(address, [bytes[0], bytes[1]]),
            MemAccessSize::Word => self.0.store(address, bytes),
        }
        .is_some()
    }
}

/// Executes one word in rrs.
fn step(hart: &mut HartState, mem: &mut Data, word: u32) -> Result<(), InstructionException> {
    let mut executor = InstructionExecutor { hart_state: hart, mem };
    match process_instruction(&mut executor, word) {
        None => Err(InstructionException::IllegalInstruction(hart.pc, word)),
        Some(Err(e)) => Err(e),
        Some(Ok(jumped)) => {
            if !jumped {
                hart.pc = hart.pc.wrapping_add(4);
            }
            Ok(())
        }
    }
}

/// Words that rrs executes and Ember, by the manual, does not.
fn is_lax(word: u32) -> bool {
    let (opcode, funct3) = (word & 0x7f, word >> 12 & 7);
    let high = |shift: u32| word >> shift & 31 > 15;
    match opcode {
        // x16..x31, which RV32I has.
        0x17 | 0x37 | 0x6f if high(7) => true,
        0x03 | 0x13 | 0x67 if high(7) || high(15) => true,
        0x23 | 0x63 if high(15) || high(20) => true,
        0x33 if high(7) || high(15) || high(20) => true,
        // funct7 of slli, and funct3 of jalr and of fences, are not looked at.
        0x13 => funct3 == 1,
        0x67 | 0x0f => funct3 != 0,
        _ => false,
    }
}

fn follow(setup: &Setup) -> Result<(), TestCaseError> {
    let program = setup.program().expect("the strategies make images");
    let Ok(mut machine) = Machine::new(&program, setup.config.clone()) else { return Ok(()) };
    let mut host = TestHost::new(&setup.private);
    let mut hart = HartState::new();
    let mut data = Data(machine.memory().clone());
    loop {
        let regs = machine.registers();
        hart.registers[..16].copy_from_slice(regs);
        hart.pc = machine.pc();
        let word = program.image().code_word(machine.pc());
        let status = machine.run_steps(1, &mut host, &mut NoTrace);
        let Some(word) = word else { return Ok(()) };
        let decoded = decode(word);
        let beyond = decoded.is_ok_and(|i| {
            matches!(i.op, Op::Ecall | Op::Ebreak | Op::FenceI) || i.op.info().format == Format::Csr
        });
        if status == Status::Paused {
            continue;
        }
        if beyond {
            if let Status::Exited(_) = status {
                return Ok(());
            }
            data = Data(machine.memory().clone());
            continue;
        }
        let exit = match status {
            Status::Exited(exit) => exit.reason,
            _ => {
                let result = step(&mut hart, &mut data, word);
                prop_assert_eq!(result, Ok(()), "{:?}", decoded);
                prop_assert_eq!(hart.pc, machine.pc(), "pc after {:?}", decoded);
                let mut registers = hart.registers;
                registers[0] = 0;
                prop_assert_eq!(&registers[..16], &machine.registers()[..], "{:?}", decoded);
                continue;
            }
        };
        // Without gas the instruction has no effect, and rrs is not asked.
        let result = if exit == ExitReason::OutOfGas { Ok(()) } else { step(&mut hart, &mut data, word) };
        match exit {
            ExitReason::OutOfGas => {}
            ExitReason::IllegalInstruction => {
                let both = result == Err(InstructionException::IllegalInstruction(machine.pc(), word));
                prop_assert!(both || is_lax(word), "rrs executes {word:#010x}: {result:?}");
            }
            // rrs has compressed targets in mind: it jumps.
            ExitReason::InstructionAddressMisaligned(target) => {
                prop_assert_eq!(result, Ok(()));
                prop_assert_eq!(hart.pc, target);
            }
            ExitReason::LoadAddressMisaligned(a) | ExitReason::StoreAddressMisaligned(a) => {
                prop_assert_eq!(result, Err(InstructionException::AlignmentFault(a)));
            }
            ExitReason::LoadAccessFault(a) => {
                prop_assert_eq!(result, Err(InstructionException::LoadAccessFault(a)));
            }
            ExitReason::StoreAccessFault(a) => {
                prop_assert_eq!(result, Err(InstructionException::StoreAccessFault(a)));
            }
            other => prop_assert!(false, "{} at {:?}", other, decoded),
        }
        // What rrs stored along the way is what Ember stored.
        let memories = machine.memory().writable().zip(data.0.writable());
        for ((start, ember), (_, rrs)) in memories {
            prop_assert!(ember == rrs, "memory from {start:#010x} on differs");
        }
        return Ok(());
    }
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2000);
    let kept = FileFailurePersistence::Direct("tests/rrs.regressions");
    ProptestConfig { cases, failure_persistence: Some(Box::new(kept)), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn tame_programs(setup in strategy::tame_program()) {
        follow(&setup)?;
    }

    #[test]
    fn wild_programs(setup in strategy::wild_program()) {
        follow(&setup)?;
    }

    #[test]
    fn noise(setup in strategy::noise()) {
        follow(&setup)?;
    }
}
