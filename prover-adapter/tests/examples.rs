//! Every example program is proven and verified, with the right ending.

use ember_isa::{ExitReason, GasTable};
use ember_prover_adapter::{Execution, Prover};
use ember_trace::Limits;
use ember_verifier::Statement;
use ember_vm::{NoHost, PrivateInput, Program, RunConfig};

fn example(name: &str) -> Program {
    let path = format!("{}/../examples/elf/{name}.elf", env!("CARGO_MANIFEST_DIR"));
    Program::load(&std::fs::read(path).unwrap()).unwrap()
}

/// Runs, proves and verifies; compares the statement with the run.
fn prove(prover: &Prover, program: &Program, config: RunConfig, private: &[u8]) -> Statement {
    let execution =
        Execution::record(program, config.clone(), &mut PrivateInput(private), Limits::steps(1 << 23))
            .unwrap();
    let (statement, proof) = prover.prove(&execution, &mut |_| {}).unwrap();
    prover.verifier().verify(&statement, &proof).unwrap();
    let h = prover.verifier().hasher();
    let ending = &execution.ending;
    assert_eq!(statement.image_id, program.image().id(h));
    assert_eq!(statement.input_digest, Statement::digest_of_input(h, &config.input));
    assert_eq!((statement.exit, statement.gas_used), (ending.exit, ending.gas_used));
    assert_eq!((statement.instructions, &statement.journal), (ending.instructions, &ending.journal));
    statement
}

#[test]
fn every_ending_is_proven() {
    use ExitReason::*;
    let expected = [
        ("exit-7", Halt(7)),
        ("panic", Halt(101)),
        ("breakpoint", Breakpoint),
        ("unknown-ecall", UnknownEcall(4242)),
        ("host-abort", HostAbort(38)),
        ("out-of-gas", OutOfGas),
        ("fault-illegal", IllegalInstruction),
        ("fault-misaligned-jump", InstructionAddressMisaligned(0x1006e)),
        ("fault-fetch", InstructionAccessFault),
        ("fault-load-misaligned", LoadAddressMisaligned(0x52019)),
        ("fault-load", LoadAccessFault(0x100a4)),
        ("fault-store-misaligned", StoreAddressMisaligned(0x52019)),
        ("fault-store", StoreAccessFault(0x11008)),
    ];
    let prover = Prover::new();
    for (name, reason) in expected {
        let config = RunConfig { gas_limit: 5000, ..Default::default() };
        let statement = prove(&prover, &example(name), config, b"");
        assert_eq!(statement.exit.reason, reason, "{name}");
        assert_eq!(statement.journal, b"before", "{name}");
    }
}

/// Name, public input, private input, start of the journal.
type Run<'a> = (&'a str, &'a [u8], &'a [u8], &'a [u8]);

#[test]
fn every_program_is_proven() {
    let prover = Prover::new();
    let data =
        |name| std::fs::read(format!("{}/../examples/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let sorted: Vec<u8> = (0..100u32).rev().flat_map(|n| (n * 7919).to_le_bytes()).collect();
    let (order, token) = (data("order.json"), data("token.txt"));
    let (puzzle, solution) = (data("sudoku.txt"), data("sudoku-solution.txt"));
    let cells: Vec<u8> = puzzle.iter().copied().filter(|b| *b != b'\n').collect();
    let runs: [Run<'_>; 14] = [
        ("hello", b"prover\n", b"", b"Hello, prover!\n"),
        ("sha256", b"abc", b"", &[0xba, 0x78, 0x16, 0xbf]),
        ("sha256-accel", b"abc", b"", &[0xba, 0x78, 0x16, 0xbf]),
        ("accelerators", b"sha256 accel 2", b"", b""),
        ("accelerators", b"extension_dot_base accel 2", b"", b""),
        // The square of an element of the field of secp256k1.
        ("accelerators", b"mul_mod accel 2", b"", &[0x49, 0xfc, 0x54, 0xb8, 0x29, 0x02, 0xd5, 0x38]),
        ("keccak", b"abc", b"", &[0x4e, 0x03, 0x65, 0x7a, 0xea, 0x45, 0xa9, 0x4f]),
        ("fibonacci", &[20, 0, 0, 0], b"", &6765u32.to_le_bytes()),
        ("quicksort", b"", &sorted, &0u32.to_le_bytes()),
        ("json", &order, b"", &14266u64.to_le_bytes()),
        ("token", &token, b"", b"alice 585\nbob 50\ncarol 295\ndave 120\n"),
        ("sudoku", &puzzle, &solution, &cells),
        ("prime-sieve", &100u32.to_le_bytes(), b"", &25u32.to_le_bytes()),
        ("cycles", b"", b"", b""),
    ];
    for (name, input, private, journal) in runs {
        let config = RunConfig { input: input.to_vec(), ..Default::default() };
        let statement = prove(&prover, &example(name), config, private);
        assert_eq!(statement.exit.reason, ExitReason::Halt(0), "{name}");
        assert!(statement.journal.starts_with(journal), "{name}: {:?}", statement.journal);
    }
}

#[test]
fn what_a_program_refuses_is_proven_too() {
    let data =
        |name| std::fs::read(format!("{}/../examples/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let prover = Prover::new();
    let mut wrong = data("sudoku-solution.txt");
    wrong.swap(0, 1);
    let input = data("sudoku.txt");
    for (name, input, private) in [
        ("sudoku", &input[..], &wrong[..]),
        ("token", b"mint a 1\ntransfer a b 2\n", b""),
        ("json", b"{}", b""),
    ] {
        let config = RunConfig { input: input.to_vec(), ..Default::default() };
        let statement = prove(&prover, &example(name), config, private);
        assert_eq!(
            (statement.exit.reason, &statement.journal[..]),
            (ExitReason::Halt(1), &b""[..]),
            "{name}"
        );
    }
}

#[test]
fn a_signature_is_checked() {
    let data =
        |name| std::fs::read(format!("{}/../examples/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (input, signature) = (data("ed25519.bin"), data("ed25519.sig"));
    let program = example("ed25519");
    let run = |input: &[u8], signature: &[u8]| {
        let config = RunConfig { input: input.to_vec(), ..Default::default() };
        let mut machine = ember_vm::Machine::new(&program, config).unwrap();
        let exit = machine.run(&mut PrivateInput(signature));
        (exit.reason, machine.journal().to_vec())
    };
    assert_eq!(run(&input, &signature), (ExitReason::Halt(0), input.clone()));
    let mut forged = signature.clone();
    forged[40] ^= 1;
    let other = [&input[..], b"!"].concat();
    for (input, signature) in [(&input, &forged), (&other, &signature)] {
        assert_eq!(run(input, signature), (ExitReason::Halt(1), Vec::new()));
    }
    assert_eq!(run(&input, &signature[..63]), (ExitReason::Halt(1), Vec::new()));

    // The longest of all: several segments.
    let config = RunConfig { input: input.clone(), ..Default::default() };
    let statement = prove(&Prover::new(), &program, config, &signature);
    assert_eq!((statement.exit.reason, statement.journal), (ExitReason::Halt(0), input));
}

#[test]
fn a_wasm_module_is_run() {
    let path = format!("{}/../examples/elf/functions.wasm", env!("CARGO_MANIFEST_DIR"));
    let module = std::fs::read(path).unwrap();
    let program = example("wasm");
    let config = |call: &str, module: &[u8]| {
        let input = [call.as_bytes(), b"\n", module].concat();
        RunConfig { input, ..Default::default() }
    };
    let run = |call, module: &[u8]| {
        let mut machine = ember_vm::Machine::new(&program, config(call, module)).unwrap();
        let exit = machine.run(&mut NoHost);
        (exit.reason, machine.journal().to_vec())
    };
    let answers: [(&str, &[u8]); 5] = [
        ("fibonacci 90", &2_880_067_194_370_816_120u64.to_le_bytes()),
        ("primes_below 1000", &168u32.to_le_bytes()),
        ("divide -7 2", &((-3i64 as u64) << 32 | u64::from(-1i32 as u32)).to_le_bytes()),
        ("divide 4294967289 2", &((-3i64 as u64) << 32 | u64::from(-1i32 as u32)).to_le_bytes()),
        ("compound 1000 10 2", &1210f64.to_le_bytes()),
    ];
    for (call, answer) in answers {
        assert_eq!(run(call, &module), (ExitReason::Halt(0), answer.to_vec()), "{call}");
    }
    for call in ["", "subtract 1 2", "fibonacci", "fibonacci 1 2", "fibonacci x", "memory"] {
        assert_eq!(run(call, &module), (ExitReason::Halt(1), Vec::new()), "{call}");
    }
    // Imports nobody provides: `(import "a" "b" (func))`.
    let imports = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x07\x01\x01a\x01b\0\0";
    let mut malformed = module.clone();
    malformed[9] ^= 0xff;
    for module in [&module[..500], &malformed, b"", b"\0asm", imports] {
        assert_eq!(run("fibonacci 1", module), (ExitReason::Halt(2), Vec::new()));
    }
    let trapping = ["divide 1 0", "divide -2147483648 -1", "primes_below 16385"];
    for call in trapping {
        assert_eq!(run(call, &module), (ExitReason::Halt(3), Vec::new()), "{call}");
    }

    let prover = Prover::new();
    for (call, module, code, journal) in [
        ("primes_below 100", &module[..], 0, &25u32.to_le_bytes()[..]),
        (trapping[0], &module, 3, b""),
        ("primes_below 100", &malformed, 2, b""),
    ] {
        let statement = prove(&prover, &program, config(call, module), b"");
        assert_eq!((statement.exit.reason, &statement.journal[..]), (ExitReason::Halt(code), journal));
    }
}

#[test]
fn gas_prices_never_change_a_programs_identity() {
    let prover = Prover::new();
    let program = example("cycles");
    let with = |gas_table| prove(&prover, &program, RunConfig { gas_table, ..Default::default() }, b"");
    let (one, other) = (with(GasTable::UNIT), with(GasTable::default()));
    assert_eq!(one.image_id, other.image_id);
    assert_ne!(one.gas_used, other.gas_used);
    // The program journals its own counters: gas, then instructions.
    assert_ne!(one.journal, other.journal);
    assert_eq!(one.instructions, other.instructions);
    let free = GasTable { arith: 0, load: 0, store: 0, branch: 0xffff, ..GasTable::UNIT };
    assert_eq!(with(free).image_id, one.image_id);
}

#[test]
fn a_run_without_instructions_is_proven() {
    let prover = Prover::new();
    let config = RunConfig { gas_limit: 0, ..Default::default() };
    let statement = prove(&prover, &example("exit-7"), config, b"");
    assert_eq!((statement.exit.reason, statement.instructions), (ExitReason::OutOfGas, 0));
    assert_eq!(statement.gas_used, 0);
}

#[test]
fn a_returning_host_call_is_refused() {
    struct Answers;
    impl ember_vm::Host for Answers {
        fn host_call(&mut self, _: u32, _: &[u8], _: u32) -> ember_vm::HostReply {
            ember_vm::HostReply::Return(b"yes".to_vec())
        }
    }
    let program = example("host-abort");
    let record = |host: &mut Answers| {
        Execution::record(&program, RunConfig::default(), host, Limits::steps(1 << 23)).unwrap()
    };
    let error = Prover::new().prove(&record(&mut Answers), &mut |_| {}).err().unwrap();
    assert!(matches!(error, ember_prover_adapter::ProveError::HostCall(_)), "{error}");
}

#[test]
fn a_forged_trace_is_refused() {
    let program = example("fibonacci");
    let honest =
        Execution::record(&program, RunConfig::default(), &mut NoHost, Limits::steps(1 << 23)).unwrap();
    let mut forged = honest.clone();
    let at = forged.steps.len() / 2;
    forged.steps[at].rd ^= 1;
    assert!(Prover::new().prove(&forged, &mut |_| {}).is_err());
    let mut forged = honest;
    forged.ending.exit.reason = ExitReason::Halt(1);
    assert!(Prover::new().prove(&forged, &mut |_| {}).is_err());
}
