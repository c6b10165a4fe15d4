//! What a call of each accelerator costs to prove, against the same in plain instructions: writes
//! `benches/ACCELERATORS.md`.
//!
//! `examples/rust/src/bin/accelerators.rs` does each as often as it is told. A call's cost is the CPU time that proving
//! many takes longer than proving none, divided by how many they are.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ember_benches::{cpu_time, file, record};
use ember_isa::{Accelerator, GasTable};
use ember_prover_adapter::Prover;

/// An accelerator, as the example program and the table name it; and how many calls are proven, of the accelerator and in
/// plain instructions.
const CASES: &[(&str, &str, Accelerator, [u32; 2])] = &[
    ("sha256", "SHA-256 compression", Accelerator::Sha256, [1800, 120]),
    ("keccak", "Keccak-f[1600]", Accelerator::Keccak, [600, 60]),
    ("poseidon2", "Poseidon2 permutation", Accelerator::Poseidon2Montgomery, [16_000, 60]),
    (
        "extension_dot",
        "64 products in the field of degree 5",
        Accelerator::ExtensionDot { terms: 64 },
        [500, 16],
    ),
    (
        "extension_dot_base",
        "64 of them with the base field",
        Accelerator::ExtensionDotBase { terms: 64 },
        [1000, 80],
    ),
    ("mul_mod", "256-bit modular multiplication", Accelerator::MulMod, [8000, 300]),
];

/// A proven run.
struct Proven {
    instructions: f64,
    cpu: Duration,
    journal: Vec<u8>,
}

fn prove(what: &str, how: &str, times: u32) -> Result<Proven> {
    let execution = record("accelerators", format!("{what} {how} {times}").as_bytes());
    let prover = Prover::new();
    let start = cpu_time().context("no CPU time here")?;
    let (statement, proof) = prover.prove(&execution, &mut |_| {})?;
    let cpu = cpu_time().context("no CPU time here")? - start;
    prover.verifier().verify(&statement, &proof)?;
    Ok(Proven { instructions: statement.instructions as f64, cpu, journal: statement.journal })
}

/// Instructions and CPU milliseconds of a call, and the state after `times`.
fn cost(what: &str, how: &str, times: u32) -> Result<(f64, f64)> {
    let none = prove(what, how, 0)?;
    let many = prove(what, how, times)?;
    let per_call = |many: f64, none: f64| (many - none) / f64::from(times);
    Ok((
        per_call(many.instructions, none.instructions),
        per_call(many.cpu.as_secs_f64(), none.cpu.as_secs_f64()) * 1e3,
    ))
}

fn main() -> Result<()> {
    let mut rows = String::new();
    for &(what, name, accelerator, [accelerated, plain]) in CASES {
        eprintln!("{name}");
        let [one, other] = ["accel", "plain"].map(|how| prove(what, how, 3).map(|proven| proven.journal));
        ensure!(one? == other?, "{what} is not the same in plain instructions");
        let (instructions, ms) = cost(what, "accel", accelerated)?;
        let (plain_instructions, plain_ms) = cost(what, "plain", plain)?;
        writeln!(
            rows,
            "| {name} | {plain_instructions:.0} | {plain_ms:.2} | {instructions:.0} | {ms:.3} | {:.0} | {} |",
            plain_ms / ms,
            GasTable::default().ecall(accelerator.number(), [0; 4]),
        )?;
    }
    let report = format!(
        "# Accelerators\n\n\
         Written by `cargo run --release -p ember-benches --bin accelerators`, on {} cores: what proving one more call takes,\n\
         in plain instructions (the crates `sha2`, `tiny-keccak`, `p3-koala-bear`, `p3-field`, and `crypto-bigint`, which\n\
         multiplies in Montgomery form) and by the accelerator. CPU time of one proof of many calls, less that of one of\n\
         none; the instructions are those of the loop around the calls too. Gas is the default table's.\n\n\
         | | plain: instructions | CPU ms | accelerator: instructions | CPU ms | times less | gas |\n\
         |---|--:|--:|--:|--:|--:|--:|\n\
         {rows}",
        std::thread::available_parallelism()?,
    );
    print!("{report}");
    std::fs::write(file("benches/ACCELERATORS.md"), report)?;
    Ok(())
}
