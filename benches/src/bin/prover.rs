//! Proves a few programs and writes `benches/PROVER.md`: speed, memory, proof size, verification time, cells and
//! lookups an instruction, by table.
//!
//! Each program is proven in a process of its own, so that peak memory is its own.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ember_benches::{bytes, file, record};
use ember_prover_adapter::{Execution, Prover, Witness};
use ember_verifier::air::Table;

/// Proofs of each program; medians are reported.
const RUNS: usize = 3;

/// The programs: name, and the run.
type Case = (&'static str, fn() -> Execution);
const CASES: &[Case] = &[
    ("call of 1,000 instructions", || record("fibonacci", &195u32.to_le_bytes())),
    ("fib, 50 thousand", || record("fibonacci", &9_996u32.to_le_bytes())),
    ("SHA-256 of 1 KiB", || record("sha256", &bytes(1024))),
    ("SHA-256 of 16 KiB", || record("sha256", &bytes(16 << 10))),
    ("fib, 4 million", || record("fibonacci", &830_000u32.to_le_bytes())),
];

fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort();
    values[values.len() / 2]
}

/// CPU time of this process so far.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// Peak resident memory of this process in MiB.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

/// Proves one case and prints its row of the table, then its row of cells by table.
fn measure(name: &str, execution: &Execution) -> Result<()> {
    let prover = Prover::new();
    let sizes = Witness::of(prover.verifier(), execution)?.sizes();
    let n = execution.steps.len();
    let (mut wall, mut cpu, mut verify, mut size) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        let (start, cpu_start) = (Instant::now(), cpu_time());
        let (statement, proof) = prover.prove(execution, &mut |_| {})?;
        wall.push(start.elapsed());
        if let (Some(a), Some(b)) = (cpu_start, cpu_time()) {
            cpu.push(b - a);
        }
        size = postcard::to_allocvec(&proof)?.len();
        let start = Instant::now();
        prover.verifier().verify(&statement, &proof)?;
        verify.push(start.elapsed());
    }
    let (wall, verify) = (median(wall).as_secs_f64(), median(verify));
    let cpu = if cpu.is_empty() { f64::NAN } else { median(cpu).as_secs_f64() };
    println!(
        "| {name} | {n} | {wall:.2} | {cpu:.2} | {:.0} | {:.0} | {} | {} | {:.0} |",
        n as f64 / wall,
        n as f64 / cpu,
        peak_mib().map_or("?".into(), |m| m.to_string()),
        size / 1024,
        verify.as_secs_f64() * 1e3,
    );
    let lookups = prover.verifier().lookups();
    let interactions = |t: Table| lookups[t as usize].iter().map(|l| l.elements.len()).sum::<usize>();
    let (mut cells, mut messages) = (0, 0);
    let mut tables = String::new();
    for s in &sizes {
        cells += s.rows * s.columns;
        messages += s.rows * interactions(s.table);
        write!(tables, "{} 2^{}, ", s.table.name(), s.rows.ilog2())?;
    }
    let each = |total: usize| total as f64 / n.max(1) as f64;
    println!(
        "CELLS| {name} | {:.0} | {:.1} | {} |",
        each(cells),
        each(messages),
        tables.trim_end_matches(", ")
    );
    Ok(())
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    if let Some(name) = args.next() {
        let (name, run) = CASES.iter().find(|(n, _)| *n == name).context("no such case")?;
        return measure(name, &run());
    }
    let (mut rows, mut cells) = (String::new(), String::new());
    for (name, _) in CASES {
        eprintln!("{name}");
        let output = Command::new(std::env::current_exe()?).arg(name).output()?;
        anyhow::ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        for line in String::from_utf8(output.stdout)?.lines() {
            match line.strip_prefix("CELLS") {
                Some(line) => writeln!(cells, "{line}")?,
                None => writeln!(rows, "{line}")?,
            }
        }
    }
    let security = Prover::new().verifier().security();
    let (term, regime) = security.bound();
    let report = format!(
        "# Proving\n\nWritten by `cargo run --release -p ember-benches --bin prover`: medians of {RUNS} proofs of one\n\
         segment each, on {} cores, each program in a process of its own. {:.1} bits proven for the largest run\n\
         ({regime}; bounded by {term}), more for smaller ones.\n\n\
         | program | instructions | wall s | CPU s | instructions/s | per CPU s | peak MiB | proof KiB | verify ms |\n\
         |---|---|---|---|---|---|---|---|---|\n{rows}\n\
         Committed main cells and bus messages an instruction, padding included, and the height of each table:\n\n\
         | program | cells | messages | tables |\n|---|---|---|---|\n{cells}",
        std::thread::available_parallelism()?,
        security.bits(),
    );
    print!("{report}");
    std::fs::write(file("benches/PROVER.md"), report)?;
    Ok(())
}
