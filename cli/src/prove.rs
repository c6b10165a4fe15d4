//! `ember prove`.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use ember_prover_adapter::{Live, Run, SegmentLimits, Session, Stage, Steps, Stored, keep_freed_memory};
use ember_trace::{Ending, Reader, ReplayFileError, replay_file};
use ember_verifier::{Segment, Verifier};
use ember_vm::{Machine, Program, RunConfig};
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::args::{RunOptions, long_size, open};
use crate::guest::{Guest, Symbols};
use crate::host::{CommandLine, Kept};
use crate::profile;
use crate::progress::Stages;
use crate::proof_file::PartialProof;
use crate::report::{Report, to_stdout};
use crate::statement;

/// Memory that the prover takes if nobody says otherwise.
const DEFAULT_MEMORY: u64 = 4 << 30;

/// The exit status is 0 when a proof was written, however the program ended.
///
/// A long run is cut into segments that are proven one after another. Until the proof is whole it is PROOF.part; the
/// same command, given again, goes on from the segments that are finished. With --json every segment is an object on a
/// line of its own, and the report is the last line.
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
    /// Memory that the prover may take, beside the program's own: decides how long a segment is; K, M and G stand for
    /// KiB, MiB and GiB [default: 4G]
    #[arg(long, value_name = "BYTES", value_parser = long_size)]
    memory: Option<u64>,
    /// Report the sizes of the proof's tables too
    #[arg(short, long)]
    verbose: bool,
    /// Report where the time went, stage by stage
    #[arg(long)]
    profile: bool,
    #[command(flatten)]
    options: RunOptions,
}

pub fn run(args: &Args) -> Result<Outcome> {
    keep_freed_memory();
    let _profile = args.profile.then(profile::start);
    let mut stages = Stages::new();
    match (&args.trace, &args.elf) {
        (Some(trace), _) => prove_trace(args, trace, &mut stages),
        (None, Some(elf)) => prove_elf(args, elf, &mut stages),
        (None, None) => bail!("which program?"),
    }
}

/// Proves a stored run: once to check it, once to prove it.
fn prove_trace(args: &Args, trace: &Path, stages: &mut Stages) -> Result<Outcome> {
    let reader = || -> Result<_> { Ok(Reader::new(BufReader::new(open(trace)?))?) };
    let context = || trace.display().to_string();
    stages.begin("checking the trace", false);
    let ending = replay_file(reader().with_context(context)?).map_err(|e| match e {
        ReplayFileError::Read(e) => anyhow!(e).context(context()),
        e => anyhow!(e).context("cannot prove this run"),
    })?;
    let reader = reader().with_context(context)?;
    let (program, config) = (Arc::clone(reader.program()), reader.config().clone());
    prove(args, &program, &Symbols::default(), &config, &ending, Stored::new(reader), stages)
}

/// Proves a run of a program: runs it once for its ending, and once more, segment by segment.
fn prove_elf(args: &Args, elf: &Path, stages: &mut Stages) -> Result<Outcome> {
    let options = &args.options;
    let guest = Guest::load(elf)?;
    let config = options.parameters.config()?;
    let context = || elf.display().to_string();
    let mut machine = Machine::new(&guest.program, config.clone()).with_context(context)?;
    let mut host = CommandLine::new(options.private.as_deref(), options.output.json)?;
    // The program may write to the terminal itself.
    stages.begin("running", true);
    let mut kept = Kept::new(&mut host);
    let exit = tracing::info_span!("execute").in_scope(|| machine.run(&mut kept));
    let again = kept.again();
    host.finish()?;
    let ending = Ending::new(&machine, exit);
    drop(machine);
    let steps = Live::new(&guest.program, config.clone(), again?).with_context(context)?;
    prove(args, &guest.program, &guest.symbols, &config, &ending, steps, stages)
}

fn prove(
    args: &Args,
    program: &Program,
    symbols: &Symbols,
    config: &RunConfig,
    ending: &Ending,
    steps: impl Steps,
    stages: &mut Stages,
) -> Result<Outcome> {
    let output = &args.options.output;
    let cannot = "cannot prove this run";
    let verifier = Verifier::new();
    let limits = SegmentLimits::for_memory(args.memory.unwrap_or(DEFAULT_MEMORY));
    let run = Run::new(&verifier, program, config)?;
    let mut session = Session::new(&run, ending, steps, limits).context(cannot)?;
    let head = session.head().clone();
    // Before the proof is made, so that a bad path costs no proof.
    let (mut file, found) = PartialProof::open(&args.output, &head)?;
    output.create_journal()?.write(&ending.journal)?;

    stages.measure(ending.instructions);
    let mut tables: Vec<Value> = Vec::new();
    let mut text = String::new();
    let mut event =
        |n: usize, segment: &Segment, sizes: &mut Vec<Value>, seconds: Option<f64>| -> Result<()> {
            let (table_text, values) = statement::tables(segment);
            if n == 0 {
                text = table_text;
            }
            sizes.push(values.clone());
            if output.json {
                let event = json!({
                    "event": "segment",
                    "segment": n,
                    "instructions": segment.end.instructions,
                    "tables": values,
                    "seconds": seconds,
                });
                to_stdout(|out| writeln!(out, "{event}"))?;
            }
            Ok(())
        };

    // Segments that a run before has finished, if they are those of this run.
    let mut done = 0;
    stages.begin("checking finished segments", false);
    let mut chain = verifier.begin(&head.statement, &head.preamble)?;
    for (n, segment) in found.iter().enumerate() {
        if session.skip().context(cannot)? != Some(segment.end) || chain.segment(segment).is_err() {
            bail!(
                "{}.part is of this run, but was cut otherwise or is damaged: remove it, or give the same --memory",
                args.output.display()
            );
        }
        done += u64::from(segment.end.instructions);
        stages.advance(done);
        event(n, segment, &mut tables, None)?;
    }
    let resumed = found.len();
    drop(found);

    loop {
        let start = Instant::now();
        stages.begin(Stage::Tables.name(), false);
        let Some(witness) = session.next_witness().context(cannot)? else { break };
        stages.begin(Stage::Stark.name(), false);
        let segment = witness.prove(&verifier, &head).context(cannot)?;
        file.add(&segment)?;
        done += u64::from(segment.end.instructions);
        stages.advance(done);
        event(tables.len(), &segment, &mut tables, Some(start.elapsed().as_secs_f64()))?;
    }
    stages.begin("writing", false);
    let bytes = file.finish()?;
    let times = std::mem::replace(stages, Stages::new()).finish();

    let mut report = Report::default();
    statement::describe(&mut report, &head.statement, Some((program, symbols)));
    let count = tables.len();
    report
        .row(
            "proof",
            format!("{}, {bytes} bytes", args.output.display()),
            json!({ "file": args.output.display().to_string(), "bytes": bytes }),
        )
        .row(
            "segments",
            match resumed {
                0 => count.to_string(),
                n => format!("{count}, {n} of them finished before"),
            },
            json!({ "count": count, "resumed": resumed }),
        )
        .field("tables", tables);
    if args.verbose {
        report.note(if count == 1 { "tables" } else { "tables of the first segment" }, text);
    }
    describe_times(&mut report, &times, head.statement.instructions);
    report.print(output.json)?;
    Ok(Outcome::Success)
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
