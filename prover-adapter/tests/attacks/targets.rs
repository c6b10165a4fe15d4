//! Lies about where branches and jumps go, by numbers that are equal modulo p.
//!
//! Word addresses are below 2^30 = p - 2^30 + 2^24 - 1, so a target that is 2^30 too low is, modulo p, the word address
//! [`ALIAS`] above the true one, for true targets below `2^30 - ALIAS` words, and the other way round.

use ember_isa::{Exit, ExitReason, Family, GasTable, Op};
use ember_memory::{Image, Part, Perm, page_of};
use ember_prover_adapter::Execution;
use ember_trace::Limits;
use ember_verifier::Openings;
use ember_verifier::air::{Table, word_limbs};
use ember_verifier::params::Val;
use ember_vm::{NoHost, PrivateInput, Program, RunConfig};
use p3_field::{PrimeCharacteristicRing, PrimeField32};

use crate::common::liar::{self, Lies, NO_LIES};
use crate::common::programs::{call, config, exit, i, image, place};
use crate::{By, Forgery, verifier};

/// Words between an address and its alias: p - 2^30.
const ALIAS: u32 = Val::ORDER_U32 - (1 << 30);

fn alias(pc: u32) -> u32 {
    let word = pc / 4;
    let other = if word < (1 << 30) - ALIAS { word + ALIAS } else { word.wrapping_sub(ALIAS) };
    assert!(other < 1 << 30, "{pc:#x} has no alias");
    4 * other
}

/// The decoder's row says that the jump or branch goes to `pc`.
fn misdirect(lie: &mut Forgery, row: usize, pc: u32) {
    lie.set(Table::Rom, row, "extra[0]", Val::from_u32(pc / 4));
    for (i, limb) in word_limbs(pc).into_iter().enumerate() {
        lie.set(Table::Rom, row, &format!("target[{i}]"), Val::from_u32(limb));
    }
}

/// The row that decodes the instruction at `pc`.
fn decoded(lie: &Forgery, pc: u32) -> usize {
    let limbs = word_limbs(pc).map(Val::from_u32);
    let rows = lie.rows(Table::Rom, "real", 1);
    let is_it = |&row: &usize| ["pc_low", "pc_high"].map(|name| lie.get(Table::Rom, row, name)) == limbs;
    rows.into_iter().find(is_it).expect("the instruction is decoded")
}

/// Instructions cost one, so that gas counts steps.
fn unit_prices() -> GasTable {
    let [arith, logic, shift, compare, branch, jump, load, store, mul, div, csr, fence, system] = [1; 13];
    GasTable {
        arith,
        logic,
        shift,
        compare,
        branch,
        jump,
        load,
        store,
        mul,
        div,
        csr,
        fence,
        system,
        ..GasTable::default()
    }
}

/// Runs a program to the `nth` step that is a taken jump or branch from the same address as the last such, and stops it
/// there for lack of gas.
fn stopped_after_jump(program: &Program, input: &[u8], private: &[u8], nth: usize) -> (Execution, usize) {
    let config = RunConfig { gas_table: unit_prices(), input: input.to_vec(), ..RunConfig::default() };
    let run = |config| {
        Execution::record(program, config, &mut PrivateInput(private), Limits::steps(1 << 20)).unwrap()
    };
    let whole = run(config.clone());
    let family = |n: usize| program.fetch(whole.steps[n].pc).unwrap().unwrap().op.info().family;
    let taken = |n: usize| {
        let jumps = [Family::Jal, Family::BranchEq, Family::BranchLt, Family::BranchLtu];
        jumps.contains(&family(n)) && whole.steps[n + 1].pc != whole.steps[n].pc + 4
    };
    let mut times = std::collections::HashMap::<u32, usize>::new();
    let last = whole.steps.len() - 1;
    let at = (0..last).find(|&n| {
        taken(n)
            && {
                let times = times.entry(whole.steps[n].pc).or_default();
                *times += 1;
                *times == nth
            }
            && family(n + 1) != Family::Ecall
    });
    let at = at.unwrap_or_else(|| panic!("no jump is taken {nth} times"));
    assert!((0..=at).all(|n| family(n) != Family::Ecall), "calls have other prices");
    let stopped = run(RunConfig { gas_limit: at as u64 + 1, ..config });
    assert_eq!(stopped.ending.exit.reason, ExitReason::OutOfGas);
    assert_eq!(stopped.steps.len(), at + 1);
    (stopped, at)
}

/// The run, which stopped after the jump of step `at`, is said to have jumped to where no code is.
fn astray(stopped: &Execution, at: usize) -> Forgery {
    let mut lie = Forgery::of(stopped);
    let target = stopped.ending.exit.pc;
    let elsewhere = alias(target);
    let from = stopped.steps[at].pc;
    let (honest, jumps) = (decoded(&lie, from), stopped.steps.iter().filter(|step| step.pc == from).count());
    // Where the instruction also goes where it should, a second row decodes it.
    let row = match jumps {
        1 => honest,
        _ => {
            let cells = lie.row(Table::Rom, honest).to_vec();
            lie.push(Table::Rom, &cells)
        }
    };
    misdirect(&mut lie, row, elsewhere);
    lie.set(Table::Cpu, at, "extra[0]", Val::from_u32(elsewhere / 4));
    for row in at + 1..lie.height(Table::Cpu) {
        lie.set(Table::Cpu, row, "pc", Val::from_u32(elsewhere / 4));
    }
    let head = &mut lie.0.head;
    head.statement.exit = Exit { reason: ExitReason::InstructionAccessFault, pc: elsewhere };
    head.statement.gas_limit = 1 << 40;
    let asked = [page_of(elsewhere)];
    head.preamble.openings = Openings::of(verifier().hasher(), &stopped.image, elsewhere, &asked);
    lie
}

#[test]
fn honest_programs_do_not_jump_into_nothing() {
    let example = |name| {
        let path = format!("{}/../examples/elf/{name}.elf", env!("CARGO_MANIFEST_DIR"));
        Program::load(&std::fs::read(path).unwrap()).unwrap()
    };
    let token = std::fs::read(format!("{}/../examples/data/token.txt", env!("CARGO_MANIFEST_DIR"))).unwrap();
    for (name, input, nth) in [
        ("hello", &b"prover\n"[..], 1),
        ("fibonacci", &[0xe8, 3, 0, 0], 1),
        ("fibonacci", &[0xe8, 3, 0, 0], 321),
        ("sha256", b"abc", 1),
        ("token", &token, 1),
    ] {
        let (stopped, at) = stopped_after_jump(&example(name), input, b"", nth);
        astray(&stopped, at).fails(By::Constraint(Table::Rom));
    }
}

/// Every kind of branch and jump, from addresses around all that matter.
#[test]
fn targets_do_not_alias() {
    for at in
        [0x1000, 0x03fe_f000, 0x03ff_f000, 0x0400_0000, 0xfbff_f000, 0xfc00_0000, 0xfc00_1000, 0xfff0_0000]
    {
        for op in [Op::Jal, Op::Beq, Op::Bge, Op::Bgeu] {
            let code = [vec![i(op, 0, 0, 0, 0x10)], vec![i(Op::Fence, 0, 0, 0, 0); 8]].concat();
            let program = Program::new(image_at(&[(at, &code)], at));
            let target = (at + 0x10) / 4;
            if ((1 << 30) - ALIAS..ALIAS).contains(&target) {
                continue;
            }
            let config = RunConfig { gas_table: unit_prices(), gas_limit: 1, ..config() };
            let stopped = Execution::record(&program, config, &mut NoHost, Limits::steps(16)).unwrap();
            assert_eq!((stopped.steps.len(), stopped.ending.exit.pc), (1, at + 0x10));
            astray(&stopped, 0).fails(By::Constraint(Table::Rom));
        }
    }
}

/// An image with code in several places, the entry point given, and one page of constants.
fn image_at(code: &[(u32, &[u32])], entry: u32) -> Image {
    let bytes: Vec<Vec<u8>> =
        code.iter().map(|(_, code)| code.iter().flat_map(|w| w.to_le_bytes()).collect()).collect();
    let part = |address, data, perm| Part { address, data, mem_len: 0x1000, perm };
    let mut parts: Vec<Part<'_>> = code
        .iter()
        .zip(&bytes)
        .map(|(&(address, _), data)| part(address, &data[..], Perm::EXECUTE))
        .collect();
    parts.push(part(CONSTANTS, b"balance 0\0\0\0balance 1000000", Perm::READ));
    Image::from_parts(entry, &parts).expect("an image")
}

const CONSTANTS: u32 = 0x0080_0000;

/// A program with code at a target and at its alias, which does one thing, said to have done the other.
#[test]
fn control_flow_is_the_programs() {
    let report = |at: u32, len: u32, code: u32| {
        [call(ember_isa::ecall::WRITE, &[ember_isa::ecall::FD_JOURNAL, at, len]), exit(code)].concat()
    };
    let poor = report(CONSTANTS, 9, 1);
    let rich = report(CONSTANTS + 12, 15, 0);
    for (low, high, from) in [(&poor, &rich, 0x1000), (&rich, &poor, alias(0x2000) + 0x1000)] {
        let jump = |to: u32| [i(Op::Jal, 0, 0, 0, to.wrapping_sub(from) as i32)];
        let to = if from == 0x1000 { 0x2000 } else { alias(0x2000) };
        let jump = jump(to);
        let image = image_at(&[(0x2000, low), (alias(0x2000), high), (from, &jump)], from);
        let honest = liar::run(&image, &config(), &NO_LIES);
        assert_eq!(
            (honest.ending.exit.reason, &honest.ending.journal[..]),
            (ExitReason::Halt(1), &b"balance 0"[..])
        );
        Forgery::of(&honest).verifies();

        let elsewhere = alias(to);
        let lies = Lies { jump: &|n, next| if n == 0 { elsewhere } else { next }, ..NO_LIES };
        let lied = liar::run(&image, &config(), &lies);
        assert_eq!(
            (lied.ending.exit.reason, &lied.ending.journal[..]),
            (ExitReason::Halt(0), &b"balance 1000000"[..])
        );
        let mut lie = Forgery::of(&lied);
        lie.copy().fails(By::Constraint(Table::Cpu));
        lie.set(Table::Cpu, 0, "extra[0]", Val::from_u32(elsewhere / 4));
        lie.copy().fails(By::Bus("prog"));
        let row = decoded(&lie, from);
        misdirect(&mut lie, row, elsewhere);
        lie.fails(By::Constraint(Table::Rom));
    }
}

/// Honest jumps around the end of the address space, in each direction.
#[test]
fn jumps_wrap_around_the_address_space() {
    let (low, high) = (0x1000u32, 0xfff8_0000u32);
    let there = [i(Op::Jal, 1, 0, 0, high.wrapping_sub(low) as i32), i(Op::Jal, 1, 0, 0, 4)];
    let there = [&there[..], &exit(3)].concat();
    let back = [i(Op::Jal, 1, 0, 0, (low + 4).wrapping_sub(high) as i32)];
    for (from, jumps) in [(low, 3), (high, 2)] {
        let image = image_at(&[(low, &there), (high, &back)], from);
        let run = Forgery::of(&liar::run(&image, &config(), &NO_LIES));
        assert_eq!(run.rows(Table::Cpu, &format!("family[{}]", Family::Jal as usize), 1).len(), jumps);
        run.verifies();
    }
    // Into nothing, too: the program before the first page, and the one of the last page.
    let run = ember_trace::Execution::record(
        &Program::new(image(&[i(Op::Jal, 1, 0, 0, -0x2000)])),
        config(),
        &mut NoHost,
        Limits::steps(4),
    );
    let run = run.unwrap();
    assert_eq!(
        run.ending.exit,
        Exit { reason: ExitReason::InstructionAccessFault, pc: place().code.wrapping_sub(0x2000) }
    );
    Forgery::of(&run).verifies();
}
