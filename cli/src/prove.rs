//! `ember prove`.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use ember_prover_adapter::{
    Live, Run, SegmentLimits, Session, Stage, Steps, Stored, Vectors, keep_freed_memory,
};
use ember_trace::{Ending, Reader, ReplayFileError, replay_file};
use ember_verifier::Verifier;
use ember_vm::{Machine, Program, RunConfig};
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::args::{RunOptions, Threads, long_size, open};
use crate::events::Events;
use crate::files::Files;
use crate::guest::{Guest, Symbols};
use crate::host::{CommandLine, Kept};
use crate::output::{OutputFile, Place};
use crate::profile;
use crate::progress::Stages;
use crate::proof_file::{PartialProof, part_of};
use crate::report::{Report, one_line, say};
use crate::statement;

/// Memory that the prover takes if nobody says otherwise.
const DEFAULT_MEMORY: u64 = 4 << 30;

/// The exit status is 0 when a proof was written, however the program ended.
///
/// A long run is cut into segments that are proven one after another. Until the proof is whole it is PROOF.part; the
/// same command, given again, goes on from the segments that are finished, with another --memory too. With --json the
/// beginning and every segment are an object on a line of its own, and the report is the last line.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Program
    #[arg(required_unless_present = "trace")]
    elf: Option<PathBuf>,
    /// Prove the run of a stored trace, with the parameters and inputs that it was made with
    #[arg(
        long,
        value_name = "TRACE",
        conflicts_with_all =
            ["elf", "public-input", "private-input", "gas_table", "gas_limit", "memory_limit"]
    )]
    trace: Option<PathBuf>,
    /// Where the proof goes
    #[arg(short, long, value_name = "PROOF")]
    output: PathBuf,
    /// Memory that the prover may take, beside the program's own; K, M and G stand for KiB, MiB and GiB. It decides how
    /// long a segment is: with less, a long run has more segments, a larger proof that takes longer to make and to
    /// verify [default: 4G]
    #[arg(long, value_name = "BYTES", value_parser = long_size)]
    memory: Option<u64>,
    #[command(flatten)]
    threads: Threads,
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
    let start = Instant::now();
    keep_freed_memory();
    args.files()?.check()?;
    args.threads.start()?;
    // Before the run, so that a bad path or another command at the same file costs no work.
    let file = PartialProof::claim(&args.output)?;
    let journal = args.options.output.create_journal()?;
    let _profile = args.profile.then(profile::start);
    let stages = Stages::new();
    match (&args.trace, &args.elf) {
        (Some(trace), _) => prove_trace(Job { args, start, file, journal, stages }, trace),
        (None, Some(elf)) => prove_elf(Job { args, start, file, journal, stages }, elf),
        (None, None) => bail!("which program?"),
    }
}

impl Args {
    fn files(&self) -> Result<Files> {
        let files = match (&self.trace, &self.elf) {
            (Some(trace), _) => Files::default()
                .read("the trace", Some(trace))
                .write("--journal", self.options.output.journal.as_deref()),
            (None, elf) => self.options.files(elf.as_deref().unwrap_or(Path::new("")))?,
        };
        let part = match Place::of(&self.output)? {
            Place::File(path) => Some(part_of(&path)),
            Place::Device => None,
        };
        Ok(files.write("--output", Some(&self.output)).write("the unfinished proof", part.as_deref()))
    }
}

/// A proof to be made.
struct Job<'a> {
    args: &'a Args,
    start: Instant,
    file: PartialProof,
    journal: Option<OutputFile>,
    stages: Stages,
}

/// Proves a stored run: once to check it, once to prove it.
fn prove_trace(mut job: Job<'_>, trace: &Path) -> Result<Outcome> {
    let reader = || -> Result<_> { Ok(Reader::new(BufReader::new(open(trace)?))?) };
    let context = || trace.display().to_string();
    job.stages.begin("checking the trace", false);
    let ending = replay_file(reader().with_context(context)?).map_err(|e| match e {
        ReplayFileError::Read(e) => anyhow!(e).context(context()),
        e => anyhow!(e).context("cannot prove this run"),
    })?;
    let reader = reader().with_context(context)?;
    let (program, config) = (Arc::clone(reader.program()), reader.config().clone());
    job.prove(&program, &Symbols::default(), &config, &ending, Stored::new(reader))
}

/// Proves a run of a program: runs it once for its ending, and once more, segment by segment.
fn prove_elf(mut job: Job<'_>, elf: &Path) -> Result<Outcome> {
    let options = &job.args.options;
    let guest = Guest::load(elf)?;
    let config = options.parameters.config()?;
    let context = || elf.display().to_string();
    let mut machine = Machine::new(&guest.program, config.clone()).with_context(context)?;
    let mut host = CommandLine::new(&options.private, options.output.json)?;
    // The program may write to the terminal itself.
    job.stages.begin("running", true);
    let mut kept = Kept::new(&mut host);
    let exit = tracing::info_span!("execute").in_scope(|| machine.run(&mut kept));
    let again = kept.again();
    host.finish()?;
    let ending = Ending::new(&machine, exit);
    drop(machine);
    let steps = Live::new(&guest.program, config.clone(), again?).with_context(context)?;
    job.prove(&guest.program, &guest.symbols, &config, &ending, steps)
}

impl Job<'_> {
    fn prove(
        self,
        program: &Program,
        symbols: &Symbols,
        config: &RunConfig,
        ending: &Ending,
        steps: impl Steps,
    ) -> Result<Outcome> {
        let Self { args, start, mut file, journal, mut stages } = self;
        let cannot = "cannot prove this run";
        let verifier = Verifier::new();
        let limits = SegmentLimits::for_memory(args.memory.unwrap_or(DEFAULT_MEMORY));
        let run = Run::new(&verifier, program, config)?;
        let mut session = Session::new(&run, ending, steps, limits).context(cannot)?;
        let head = session.head().clone();
        let found = file.begin(&head)?;
        journal.map_or(Ok(()), |file| file.write_whole(&ending.journal))?;

        stages.measure(ending.instructions);
        let mut events = Events::begin(args.options.output.json, start, ending)?;
        // Segments that a run before has finished: the good ones among them, however they were cut.
        if let Some(mut reader) = found {
            stages.begin("checking finished segments", false);
            let mut chain = verifier.begin(&head.statement, &head.preamble)?;
            let mut good = reader.position();
            while let Ok(Some(segment)) = reader.segment() {
                if chain.segment(&segment).is_err() {
                    break;
                }
                if !session.skip(&segment.end).context(cannot)? {
                    bail!("{} has a segment that this run has not", part_of(&args.output).display());
                }
                good = reader.position();
                events.segment(&segment, None)?;
                stages.advance(events.done);
            }
            let rest = file.length()?.saturating_sub(good);
            if rest > 0 {
                let part = one_line(&part_of(&args.output).display().to_string());
                say(&format!(
                    "{part}: {} segments are good and are kept; {rest} bytes after them are not, and are made again",
                    events.count
                ));
            }
            file.keep(good, events.count)?;
        }
        let resumed = events.count;
        events.begin_proving();

        loop {
            let begun = Instant::now();
            stages.begin(Stage::Tables.name(), false);
            let Some(witness) = session.next_witness().context(cannot)? else { break };
            stages.begin(Stage::Stark.name(), false);
            let segment = witness.prove(&verifier, &head).context(cannot)?;
            file.add(&segment)?;
            events.segment(&segment, Some(begun.elapsed()))?;
            stages.advance(events.done);
        }
        stages.begin("writing", false);
        let bytes = file.finish()?;
        let times = stages.finish();

        let mut report = Report::default();
        statement::describe(&mut report, &head.statement, Some((program, symbols)));
        let count = events.count;
        report
            .row(
                "proof",
                format!("{}, {bytes} bytes", args.output.display()),
                json!({ "file": args.output.display().to_string(), "bytes": bytes }),
            )
            .row(
                "segments",
                match (count, resumed) {
                    (1, 0) => "1".to_owned(),
                    (n, 0) => format!("{n}; with more --memory they are fewer and the proof is smaller"),
                    (n, resumed) => format!("{n}, {resumed} of them finished before"),
                },
                json!({ "count": count, "resumed": resumed }),
            );
        if args.verbose {
            report.notes(if count == 1 { "tables" } else { "tables of the first segment" }, events.tables);
        }
        describe_times(&mut report, &times, head.statement.instructions);
        if let Some(advice) = Vectors::advice() {
            report.note("slow", advice);
        }
        report.print(args.options.output.json)?;
        Ok(Outcome::Success)
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
