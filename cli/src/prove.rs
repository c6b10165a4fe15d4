//! `ember prove`.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use ember_prover_adapter::{Execution, Prover};
use ember_trace::{Limits, ReadError, RecordError};
use ember_verifier::{MAX_INSTRUCTIONS, ProofFile};
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::args::{NewFile, RunOptions, open};
use crate::guest::{Guest, Symbols};
use crate::host::CommandLine;
use crate::progress::Stages;
use crate::report::Report;
use crate::statement;

/// The exit status is 0 when a proof was written, however the program ended.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Program
    #[arg(required_unless_present = "trace")]
    elf: Option<PathBuf>,
    /// Prove the run of a stored trace, with the parameters and inputs that it was made with
    #[arg(
        long,
        value_name = "TRACE",
        conflicts_with_all = ["elf", "input", "private", "gas_table", "gas_limit", "memory_limit"]
    )]
    trace: Option<PathBuf>,
    /// Where the proof goes
    #[arg(short, long, value_name = "PROOF")]
    output: PathBuf,
    /// Report the sizes of the proof's tables too
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    options: RunOptions,
}

/// Most of a run that one proof can hold.
const LIMITS: Limits = Limits::steps(MAX_INSTRUCTIONS as usize);

pub fn run(args: &Args) -> Result<Outcome> {
    let mut stages = Stages::new();
    let (execution, symbols) = match (&args.trace, &args.elf) {
        (Some(trace), _) => (read(trace, &mut stages)?, Symbols::default()),
        (None, Some(elf)) => record(elf, &args.options, &mut stages)?,
        (None, None) => bail!("which program?"),
    };
    // Before the proof is made, so that a bad path costs no proof.
    let output = NewFile::create(&args.output)?;
    args.options.output.create_journal()?.write(&execution.ending.journal)?;

    let prover = Prover::new();
    let (statement, proof) = prover
        .prove(&execution, &mut |stage| stages.begin(stage.name(), false))
        .context("cannot prove this run")?;
    stages.begin("writing", false);
    let file = ProofFile { statement, proof };
    let bytes = file.to_bytes();
    output.write(&bytes)?;
    let times = stages.finish();

    let mut report = Report::default();
    statement::describe(&mut report, &file.statement, Some((&execution.program(), &symbols)));
    report.row(
        "proof",
        format!("{}, {} bytes", args.output.display(), bytes.len()),
        json!({ "file": args.output.display().to_string(), "bytes": bytes.len() }),
    );
    let (text, tables) = statement::tables(&file.proof);
    report.field("tables", tables);
    if args.verbose {
        report.note("tables", text);
    }
    describe_times(&mut report, &times, file.statement.instructions);
    report.print(args.options.output.json)?;
    Ok(Outcome::Success)
}

/// Reads a trace.
fn read(trace: &Path, stages: &mut Stages) -> Result<Execution> {
    stages.begin("reading the trace", false);
    let file = BufReader::new(open(trace)?);
    let execution = Execution::read_from(file, LIMITS).map_err(|e| match e {
        ReadError::Limit(limit) => explain(limit),
        other => other.into(),
    });
    execution.with_context(|| trace.display().to_string())
}

/// Runs a program and records what it does.
fn record(elf: &Path, options: &RunOptions, stages: &mut Stages) -> Result<(Execution, Symbols)> {
    let guest = Guest::load(elf)?;
    let config = options.parameters.config()?;
    let mut host = CommandLine::new(options.private.as_deref(), options.output.json)?;
    // The program may write to the terminal itself.
    stages.begin("running", true);
    let execution = Execution::record(&guest.program, config, &mut host, LIMITS);
    host.finish()?;
    let execution = execution.map_err(explain).with_context(|| elf.display().to_string())?;
    Ok((execution, guest.symbols))
}

/// Says of a run that is too long what can be done.
fn explain(error: RecordError) -> anyhow::Error {
    match error {
        RecordError::Layout(e) => e.into(),
        RecordError::Steps(_) | RecordError::IoWords(_) => {
            anyhow!("{error}, the most that one proof can hold; --gas-limit ends a run early")
        }
    }
}

fn describe_times(report: &mut Report, times: &[(&'static str, Duration)], instructions: u64) {
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    let total = total.as_secs_f64();
    let mut text: Vec<String> =
        times.iter().map(|(name, time)| format!("{:.2} s {name}", time.as_secs_f64())).collect();
    text.push(format!("{total:.2} s in all"));
    let mut seconds: Map<String, Value> =
        times.iter().map(|(name, time)| (name.replace(' ', "_"), time.as_secs_f64().into())).collect();
    seconds.insert("total".to_owned(), total.into());
    let rate = (instructions as f64 / total.max(1e-9)).round() as u64;
    report
        .note("time", text.join(", "))
        .field("seconds", seconds)
        .note("speed", format!("{rate} instructions a second"))
        .field("instructions per second", rate);
}
