//! `ember trace`.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ember_isa::reg;
use ember_trace::{At, Comparison, Difference, Ending, Reader, ReplayFileError, Writer, diff, replay_file};
use ember_vm::{Machine, Status};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{RunOptions, open};
use crate::guest::Guest;
use crate::host::CommandLine;
use crate::output::OutputFile;
use crate::report::{Report, complain};

/// The exit status is 0 when the trace was written, however the program ended.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Program
    #[arg(required = true)]
    elf: Option<PathBuf>,
    /// Where the trace goes
    #[arg(short, long, value_name = "TRACE", required = true)]
    output: Option<PathBuf>,
    #[command(flatten)]
    options: RunOptions,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Name the first step at which two traces differ; exit status 1 if they do
    Diff {
        /// One trace
        a: PathBuf,
        /// The other trace
        b: PathBuf,
        /// Report as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Check that a trace is that of a run, step by step; exit status 3 if it is not
    Check {
        /// The trace
        trace: PathBuf,
        /// Report as one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub fn run(args: &Args) -> Result<Outcome> {
    match (&args.command, &args.elf, &args.output) {
        (Some(Command::Diff { a, b, json }), ..) => compare(a, b, *json),
        (Some(Command::Check { trace, json }), ..) => check(trace, *json),
        (None, Some(elf), Some(output)) => record(elf, output, &args.options),
        (None, ..) => bail!("which program, and where should the trace go?"),
    }
}

/// Instructions between two looks at the writer's error.
const SLICE: u64 = 1 << 20;

fn record(elf: &Path, output: &Path, options: &RunOptions) -> Result<Outcome> {
    options.files(elf)?.write("--output", Some(output)).check()?;
    let guest = Guest::load(elf)?;
    let config = options.parameters.config()?;
    let mut host = CommandLine::new(&options.private, options.output.json)?;
    let journal = options.output.create_journal()?;
    let mut machine =
        Machine::new(&guest.program, config.clone()).with_context(|| elf.display().to_string())?;
    let cannot_write = || format!("cannot write {}", output.display());
    let file = OutputFile::create(output)?;
    let mut writer = Writer::new(file, guest.program.image(), &config).with_context(cannot_write)?;
    let exit = loop {
        let status = machine.run_steps(SLICE, &mut host, &mut writer);
        if let Status::Exited(exit) = status {
            break exit;
        }
        if let Some(error) = writer.error() {
            bail!("{}: {error}", cannot_write());
        }
    };
    let ending = Ending::new(&machine, exit);
    let (file, bytes) = writer.finish(&ending).with_context(cannot_write)?;
    file.finish()?;
    host.finish()?;
    journal.map_or(Ok(()), |file| file.write_whole(&ending.journal))?;

    let mut report = Report::default();
    report
        .exit(exit, Some((&guest.program, &guest.symbols)))
        .row("gas", format!("{} of {}", ending.gas_used, config.gas_limit), ending.gas_used)
        .value("instructions", ending.instructions)
        .journal(&ending.journal)
        .row(
            "trace",
            format!("{}, {bytes} bytes", output.display()),
            json!({ "file": output.display().to_string(), "bytes": bytes }),
        );
    report.print(options.output.json)?;
    Ok(Outcome::Success)
}

/// Opens a trace.
pub fn reader(path: &Path) -> Result<Reader<BufReader<std::fs::File>>> {
    Reader::new(BufReader::new(open(path)?)).with_context(|| path.display().to_string())
}

fn check(path: &Path, as_json: bool) -> Result<Outcome> {
    let reader = reader(path)?;
    let mut report = Report::default();
    match replay_file(reader) {
        Ok(ending) => {
            report.value("valid", true).exit(ending.exit, None).value("instructions", ending.instructions);
            report.print_out(as_json)?;
            Ok(Outcome::Success)
        }
        Err(ReplayFileError::Replay(e)) => {
            if as_json {
                report.value("valid", false).value("step", e.step).value("pc", e.pc);
                report.value("fault", e.fault.to_string()).print_out(true)?;
            } else {
                complain(
                    &anyhow::Error::new(e).context(format!("{}: not a run of this machine", path.display())),
                );
            }
            Ok(Outcome::Invalid)
        }
        Err(ReplayFileError::Read(e)) => Err(e).with_context(|| path.display().to_string()),
    }
}

fn compare(a: &Path, b: &Path, as_json: bool) -> Result<Outcome> {
    let (mut ra, mut rb) = (reader(a)?, reader(b)?);
    let files = || format!("{}, {}", a.display(), b.display());
    let comparison = diff(&mut ra, &mut rb).with_context(files)?;
    let Comparison { parameters, difference, equal_steps } = &comparison;
    let names: Vec<String> = parameters.iter().map(ToString::to_string).collect();

    let mut report = Report::default();
    report.value("equal", comparison.is_equal());
    if names.is_empty() {
        report.row("parameters", "the same", Value::Array(Vec::new()));
    } else {
        report.row("parameters", format!("another {}", names.join(", another ")), names);
    }
    report.value("equal steps", *equal_steps);
    if let Some(difference) = difference {
        describe(&mut report, difference);
    }
    report.print_out(as_json)?;
    Ok(if comparison.is_equal() { Outcome::Success } else { Outcome::Otherwise })
}

fn describe(report: &mut Report, difference: &Difference) {
    report.value("first difference", difference.step);
    for (name, at) in [("a", &difference.a), ("b", &difference.b)] {
        let (lines, value) = side(at);
        report.notes(name, lines).field(name, value);
    }
    let registers = difference.registers();
    let name = |r: u8| reg::NAMES[r as usize];
    let mut lines: Vec<String> =
        registers.iter().map(|&(r, a, b)| format!("{}: {a:#010x} in a, {b:#010x} in b", name(r))).collect();
    let value = registers.iter().map(|&(r, a, b)| json!({ "register": name(r), "a": a, "b": b })).collect();
    if lines.is_empty() {
        lines.push("no difference after it".to_owned());
    }
    report.notes("registers", lines).field("registers", Value::Array(value));
}

/// Most words that an ecall passed over that the text shows.
const MAX_WORDS: usize = 8;

fn side(at: &At) -> (Vec<String>, Value) {
    match at {
        At::Step { step, instruction, io, .. } => {
            let mut text = format!("pc {:#010x}: {instruction}", step.pc);
            if step.mem != 0 {
                text += &format!("; memory word {:#010x}", step.mem);
            }
            let mut lines = vec![text];
            // The last of them is the first that differs.
            let shown = &io[io.len().saturating_sub(MAX_WORDS)..];
            lines.extend(
                shown.iter().map(|(old, new)| format!("word passed over: {old:#010x} -> {new:#010x}")),
            );
            let io: Vec<Value> = io.iter().map(|(old, new)| json!({ "old": old, "new": new })).collect();
            let value = json!({ "pc": step.pc, "instruction": instruction, "rd": step.rd, "mem": step.mem, "io": io });
            (lines, value)
        }
        At::End(ending) => {
            let text = format!(
                "ends: {}, {} gas, journal of {} bytes",
                ending.exit,
                ending.gas_used,
                ending.journal.len()
            );
            let value = json!({
                "exit": ending.exit,
                "gas_used": ending.gas_used,
                "journal": crate::report::hex(&ending.journal),
                "transcript": ending.transcript,
                "private_bytes": ending.private_bytes,
            });
            (vec![text], value)
        }
    }
}
