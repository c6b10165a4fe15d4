//! Measures the interpreter beside others on the same C sources, and writes `benches/INTERPRETER.md`.
//!
//! CPU time, medians of interleaved runs, everything in one process. The first argument is the number of rounds;
//! workloads may follow, and then the result is only printed.

mod clock;
mod engines;

use std::fmt::Write as _;

use clock::{mean, median};
use ember_benches::{HELD_OUT, WORKLOADS, file, workload};
use engines::{ENGINES, Engine, run_pooled, run_traced, run_unmetered};

/// Starts in one measurement.
const STARTS: usize = 2000;

/// One workload: medians of every engine, of a run without metering and of a traced run.
struct Row {
    name: &'static str,
    seconds: Vec<f64>,
    unmetered: f64,
    traced: f64,
    instructions: u64,
}

fn measure(name: &'static str, rounds: usize) -> Row {
    let mut seconds = vec![Vec::new(); ENGINES.len()];
    let (mut unmetered, mut traced, mut instructions) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        let mut wanted = None;
        for (engine, seconds) in ENGINES.iter().zip(&mut seconds) {
            let run = (engine.run)(name);
            instructions = instructions.max(run.instructions);
            let wanted = *wanted.get_or_insert(run.checksum);
            assert_eq!(run.checksum, wanted & engine.checksum, "{}: {name}", engine.name);
            seconds.push(run.seconds);
        }
        unmetered.push(run_unmetered(name).seconds);
        traced.push(run_traced(name).seconds);
    }
    Row {
        name,
        seconds: seconds.into_iter().map(median).collect(),
        unmetered: median(unmetered),
        traced: median(traced),
        instructions,
    }
}

/// Microseconds to load and run the tiny program, and to run it when it is loaded.
fn start(engine: &Engine, rounds: usize) -> (f64, Option<f64>) {
    let bytes = workload("tiny", engine.extension);
    let micros = |seconds: f64| seconds * 1e6 / STARTS as f64;
    let loaded = median((0..rounds).map(|_| micros((engine.load_and_run)(&bytes, STARTS))).collect());
    let cached = engine.run_cached.map(|f| median((0..rounds).map(|_| micros(f(&bytes, STARTS))).collect()));
    (loaded, cached)
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|l| l.starts_with("model name")).and_then(|l| l.split(": ").nth(1));
    line.unwrap_or("unknown processor").to_string()
}

/// Ember beside the other engines, then beside itself.
fn table(out: &mut String, rows: &[Row]) -> std::fmt::Result {
    let names: Vec<&str> = ENGINES.iter().map(|e| e.name).collect();
    writeln!(out, "| workload | {} | Ember, million instructions a second |", names.join(" | "))?;
    writeln!(out, "|---|{}---|", "---|".repeat(ENGINES.len()))?;
    for row in rows {
        write!(out, "| {} | {:.3}", row.name, row.seconds[0])?;
        for seconds in &row.seconds[1..] {
            write!(out, " | {seconds:.3} ({:.2})", seconds / row.seconds[0])?;
        }
        writeln!(out, " | {:.0} |", row.instructions as f64 / row.seconds[0] / 1e6)?;
    }
    write!(out, "| **geometric mean** | 1")?;
    for i in 1..ENGINES.len() {
        write!(out, " | **{:.2}**", mean(rows.iter().map(|r| r.seconds[i] / r.seconds[0])))?;
    }
    let speed = mean(rows.iter().map(|r| r.instructions as f64 / r.seconds[0] / 1e6));
    writeln!(out, " | {speed:.0} |\n")?;

    let names: Vec<&str> = rows.iter().map(|r| r.name).collect();
    writeln!(out, "| Ember | {} | geometric mean |", names.join(" | "))?;
    writeln!(out, "|---|{}---|", "---|".repeat(rows.len()))?;
    for (title, other) in [
        ("metered, times as long as compiled without", (|r| r.seconds[0] / r.unmetered) as fn(&Row) -> f64),
        ("traced, share of the untraced speed", |r| r.seconds[0] / r.traced),
        ("traced, million instructions a second", |r| r.instructions as f64 / r.traced / 1e6),
    ] {
        let digits = if title.contains("million") { 0 } else { 2 };
        write!(out, "| {title}")?;
        for row in rows {
            write!(out, " | {:.digits$}", other(row))?;
        }
        writeln!(out, " | {:.digits$} |", mean(rows.iter().map(other)))?;
    }

    Ok(())
}

fn report(rows: &[Row], rounds: usize) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    writeln!(out, "# The interpreter beside others\n")?;
    writeln!(
        out,
        "Written by `cargo run --release -p ember-benches --features peers --bin interpreter`: {}, CPU seconds, \
         medians of {rounds} interleaved runs in one process. The same C sources (`benches/workloads`) for every \
         machine, clang 19 `-O2 -fno-unroll-loops`: rv32em, wasm32, rv64imc and rv64emac without bit manipulation. \
         In brackets how many times as long as Ember. The machine was shared with other work.\n",
        processor(),
    )?;
    table(&mut out, &rows[..WORKLOADS.len()])?;
    writeln!(
        out,
        "\nThe same for programs held out, whose profiles chose nothing \
         in it. (The engine's superinstructions come from other programs than any of this page: \
         `vm/src/fast/sequences.rs`.) `keccak` works on 64-bit words, which the other machines have and rv32em has \
         not.\n"
    )?;
    table(&mut out, &rows[WORKLOADS.len()..])?;
    writeln!(
        out,
        "\nA block is charged at its entry, by a subtraction and a branch that is hardly ever taken. Where metering \
         costs more than the noise, a block is a handful of instructions: the loop of `fib` has five."
    )?;
    writeln!(out, "\n| start of a tiny program, microseconds | load and run | run, already loaded |")?;
    writeln!(out, "|---|---|---|")?;
    for engine in ENGINES {
        let (loaded, cached) = start(engine, rounds);
        let cached = cached.map_or("".into(), |c| format!("{c:.2}"));
        writeln!(out, "| {} | {loaded:.2} | {cached} |", engine.name)?;
    }
    let elf = workload("tiny", "ember.elf");
    let pooled = median((0..rounds).map(|_| run_pooled(&elf, STARTS) * 1e6 / STARTS as f64).collect());
    writeln!(out, "| Ember, machine from a pool | | {pooled:.2} |")?;
    Ok(out)
}

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let rounds = args.next().map_or(Ok(7), |n| n.parse())?;
    let only: Vec<String> = args.collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|o| o == name);
    let rows: Vec<Row> = WORKLOADS
        .iter()
        .chain(HELD_OUT)
        .filter(|name| wanted(name))
        .map(|name| measure(name, rounds))
        .collect();
    if !only.is_empty() {
        let mut out = String::new();
        table(&mut out, &rows)?;
        print!("{out}");
        return Ok(());
    }
    let text = report(&rows, rounds)?;
    print!("{text}");
    std::fs::write(file("benches/INTERPRETER.md"), text)?;
    Ok(())
}
