//! Proves a few programs and writes `benches/PROVER.md`: speed, memory, proof size, verification time, cells and
//! lookups an instruction, by table.
//!
//! Each program is proven in a process of its own, so that peak memory is its own: run once for its ending, once more
//! segment by segment, as `ember prove` does. With `--long` a run of 100 million instructions is proven too, once.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ember_benches::{bytes, config, cpu_time, example, file};
use ember_prover_adapter::{Live, Run, SegmentLimits, Session, TableSize};
use ember_trace::Ending;
use ember_verifier::Verifier;
use ember_verifier::air::Table;
use ember_vm::{Machine, NoHost};

/// Proofs of each program; medians are reported.
const RUNS: usize = 3;

/// A program to be proven.
struct Case {
    name: &'static str,
    /// Example and its public input.
    elf: &'static str,
    input: fn() -> Vec<u8>,
    /// How often it is proven.
    runs: usize,
}

const fn case(name: &'static str, elf: &'static str, input: fn() -> Vec<u8>) -> Case {
    Case { name, elf, input, runs: RUNS }
}

const CASES: &[Case] = &[
    case("call of 1,000 instructions", "fibonacci", || 195u32.to_le_bytes().to_vec()),
    case("fib, 50 thousand", "fibonacci", || 9_996u32.to_le_bytes().to_vec()),
    case("token, 48 transfers", "token", || transfers(48)),
    case("SHA-256 of 16 KiB", "sha256", || bytes(16 << 10)),
    case("SHA-256 of 256 KiB", "sha256", || bytes(256 << 10)),
    case("SHA-256 of 16 KiB, accelerated", "sha256-accel", || bytes(16 << 10)),
    case("SHA-256 of 256 KiB, accelerated", "sha256-accel", || bytes(256 << 10)),
    case("fib, 5 million", "fibonacci", || 1_000_000u32.to_le_bytes().to_vec()),
];

/// Calls of the token program: one account pays another.
fn transfers(n: u32) -> Vec<u8> {
    let calls = (1..=n).map(|amount| format!("transfer alice bob {amount}\n"));
    calls.fold("mint alice 1000000\n".to_owned(), |all, call| all + &call).into_bytes()
}

/// Only with `--long`.
const LONG: Case =
    Case { runs: 1, ..case("fib, 100 million", "fibonacci", || 20_000_000u32.to_le_bytes().to_vec()) };

fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
    values[values.len() / 2]
}

/// Peak resident memory of this process in MiB.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

/// One proof.
struct Proven {
    wall: f64,
    cpu: f64,
    verify: f64,
    bytes: usize,
    instructions: u64,
    /// Tables of every segment, and instructions of the first one.
    segments: Vec<Vec<TableSize>>,
    first: u32,
}

fn prove(case: &Case) -> Result<Proven> {
    let verifier = Verifier::new();
    let program = example(case.elf)?;
    let config = config(&(case.input)());
    let (start, cpu) = (Instant::now(), cpu_time().context("no CPU time here")?);
    let mut machine = Machine::new(&program, config.clone())?;
    let exit = machine.run(&mut NoHost);
    let ending = Ending::new(&machine, exit);
    drop(machine);
    let run = Run::new(&verifier, &program, &config)?;
    let steps = Live::new(&program, config.clone(), NoHost)?;
    let mut session = Session::new(&run, &ending, steps, SegmentLimits::default())?;
    let head = session.head().clone();
    let mut chain = verifier.begin(&head.statement, &head.preamble)?;
    let (mut segments, mut bytes, mut verify) = (Vec::new(), head.to_bytes().len(), Duration::ZERO);
    let mut first = None;
    while let Some(witness) = session.next_witness()? {
        segments.push(witness.sizes());
        first.get_or_insert(witness.end.instructions);
        let segment = witness.prove(&verifier, &head)?;
        bytes += segment.to_bytes().len();
        let start = Instant::now();
        chain.segment(&segment)?;
        verify += start.elapsed();
    }
    let finish = Instant::now();
    chain.finish()?;
    let total = start.elapsed();
    verify += finish.elapsed();
    let cpu = cpu_time().context("no CPU time here")? - cpu;
    Ok(Proven {
        wall: (total - verify).as_secs_f64(),
        cpu: cpu.as_secs_f64(),
        verify: verify.as_secs_f64(),
        bytes,
        instructions: ending.instructions,
        segments,
        first: first.context("no segment")?,
    })
}

/// Proves one case and prints its row of the table, then its row of cells by table.
fn measure(case: &Case) -> Result<()> {
    let proofs = (0..case.runs).map(|_| prove(case)).collect::<Result<Vec<_>>>()?;
    let of = |value: fn(&Proven) -> f64| median(proofs.iter().map(value).collect());
    let (wall, cpu, verify) = (of(|p| p.wall), of(|p| p.cpu), of(|p| p.verify));
    let Proven { bytes, instructions, segments, first, .. } = &proofs[0];
    let (name, n) = (case.name, *instructions as f64);
    println!(
        "| {name} | {instructions} | {} | {wall:.2} | {cpu:.2} | {:.0} | {:.0} | {} | {} | {:.0} |",
        segments.len(),
        n / wall,
        n / cpu,
        peak_mib().map_or("?".into(), |m| m.to_string()),
        bytes / 1024,
        verify * 1e3,
    );
    let verifier = Verifier::new();
    let interactions = |t: Table| verifier.lookups(t).iter().map(|l| l.elements.len()).sum::<usize>();
    let (mut cells, mut messages) = (0, 0);
    for s in segments.iter().flatten() {
        cells += s.rows * s.columns;
        messages += s.rows * interactions(s.table);
    }
    let mut tables = String::new();
    for s in &segments[0] {
        let each = s.rows as f64 / f64::from(*first);
        let (cells, messages) = (each * s.columns as f64, each * interactions(s.table) as f64);
        write!(tables, "{} 2^{} {cells:.1} {messages:.1}, ", s.table.name(), s.rows.ilog2())?;
    }
    println!(
        "CELLS| {name} | {:.0} | {:.1} | {} |",
        cells as f64 / n,
        messages as f64 / n,
        tables.trim_end_matches(", ")
    );
    Ok(())
}

fn main() -> Result<()> {
    ember_prover_adapter::keep_freed_memory();
    let mut args = std::env::args().skip(1).peekable();
    let is_long = args.next_if(|arg| arg == "--long").is_some();
    if let Some(name) = args.next() {
        let mut all = CASES.iter().chain([&LONG]);
        return measure(all.find(|case| case.name == name).context("no such case")?);
    }
    let (mut rows, mut cells) = (String::new(), String::new());
    for case in CASES.iter().chain([&LONG].into_iter().filter(|_| is_long)) {
        eprintln!("{}", case.name);
        let output = Command::new(std::env::current_exe()?).arg(case.name).output()?;
        anyhow::ensure!(
            output.status.success(),
            "{}: {}",
            case.name,
            String::from_utf8_lossy(&output.stderr)
        );
        for line in String::from_utf8(output.stdout)?.lines() {
            match line.strip_prefix("CELLS") {
                Some(line) => writeln!(cells, "{line}")?,
                None => writeln!(rows, "{line}")?,
            }
        }
    }
    let security = Verifier::new().security();
    let bound = security.bound().map_or("nothing", |term| term.name);
    let theorem = security.theorem().citation();
    let report = format!(
        "# Proving

Written by `cargo run --release -p ember-benches --bin prover -- --long`: medians of {RUNS} proofs (of the longest run, one),
on {} cores, each program in a process of its own. A proof is made as `ember prove` makes it: the program runs twice, and is
proven segment by segment. {:.1} bits proven for the largest segment ({theorem}; bounded by the {bound}), more for
smaller ones. Verification is of all segments.

| program | instructions | segments | wall s | CPU s | instructions/s | per CPU s | peak MiB | proof KiB | verify ms |
|---|---|---|---|---|---|---|---|---|---|
{rows}
Committed main cells and bus messages an instruction, padding included, in all and by table in the first segment: its
height, cells and messages.

| program | cells | messages | tables |
|---|---|---|---|
{cells}",
        std::thread::available_parallelism()?,
        (security.bits() * 10.0).floor() / 10.0,
    );
    print!("{report}");
    std::fs::write(file("benches/PROVER.md"), report)?;
    Ok(())
}
