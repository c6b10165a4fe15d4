//! The ember command: runs, traces and shows programs of the Ember machine, proves what they did, and verifies proofs.

mod allocator;
mod args;
mod build;
mod demo;
mod disasm;
mod doctor;
mod estimate;
mod events;
mod files;
mod gas_profile;
mod gdb;
mod guest;
mod host;
mod inspect;
mod new;
mod output;
mod processor;
mod profile;
mod progress;
mod proof_file;
mod prove;
mod report;
mod run;
mod statement;
mod text;
mod trace;
mod verify;
mod version;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::files::Files;

/// Runs RV32EM programs in the Ember machine, and proves what they did.
#[derive(Parser)]
#[command(name = "ember", version, long_version = version::LONG.as_str(), propagate_version = true, after_help = EXIT_STATUS)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str = "\
Exit status: 0 success; 1 a guest of `run` did not halt with 0, traces differ, or a conformance test had an unexpected outcome; 2 bad usage or a bad file; \
3 a proof is not valid, or a trace is not that of a run";

#[derive(Subcommand)]
enum Command {
    /// Make a new program, in Rust or C
    New(new::Args),
    /// Build a program with stock compilers
    Build(build::Args),
    /// Say which compilers are here, what is missing, and how to install it
    Doctor(doctor::Args),
    /// Run a program
    Run(run::Args),
    /// Show where a run's gas goes, by function
    Profile(gas_profile::Args),
    /// Write the trace of a run to a file, or compare or check traces
    Trace(trace::Args),
    /// Prove what a program did
    Prove(prove::Args),
    /// Check that a proof is valid, and of what is expected
    Verify(verify::Args),
    /// Show what is in a file: a program, a trace, a statement or a proof
    Inspect(inspect::Args),
    /// Disassemble a program
    Disasm(disasm::Args),
    /// Run, prove and verify an example
    Demo(demo::Args),
    /// Run conformance suites, in every engine
    Conformance(ember_conformance::ConformanceArgs),
}

/// How a command that could do its work went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Outcome {
    /// As asked.
    Success = 0,
    /// The guest of `run` ended otherwise than with exit code 0; the traces of `trace diff` differ; a conformance
    /// test had an unexpected outcome.
    Otherwise = 1,
    /// Not valid.
    Invalid = 3,
}

/// Exit status for bad usage, also clap's, and bad files.
const BAD_USAGE: u8 = 2;

fn main() -> ExitCode {
    // Before anything could use an instruction that is not there.
    processor::check().unwrap_or_else(run)
}

#[inline(never)]
fn run() -> ExitCode {
    let done = build::stand_in().unwrap_or_else(|| {
        let Some(cli) = parse()? else { return Ok(ExitCode::SUCCESS) };
        Ok(ExitCode::from(dispatch(cli.command)? as u8))
    });
    match done {
        Ok(code) => code,
        Err(error) => {
            report::complain(&error);
            ExitCode::from(BAD_USAGE)
        }
    }
}

/// The command that was given; `None` where help or the version was asked for, and shown.
fn parse() -> anyhow::Result<Option<Cli>> {
    let error = match Cli::try_parse() {
        Ok(cli) => return Ok(Some(cli)),
        Err(error) => error,
    };
    if error.use_stderr() {
        // It quotes what it does not understand, which may be names of files.
        let plain = error.to_string();
        if plain.lines().all(|line| line.chars().all(text::is_plain)) {
            error.exit();
        }
        for line in plain.lines() {
            eprintln!("{}", text::shown(line, text::MAX_LINE));
        }
        std::process::exit(error.exit_code());
    }
    match error.print().and_then(|()| std::io::stdout().flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::new(e).context("cannot write to stdout"))
        }
        _ => Ok(None),
    }
}

fn dispatch(command: Command) -> anyhow::Result<Outcome> {
    match command {
        Command::New(args) => new::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Profile(args) => gas_profile::run(&args),
        Command::Trace(args) => trace::run(&args),
        Command::Prove(args) => prove::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Disasm(args) => disasm::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Conformance(args) => conformance(&args),
    }
}

fn conformance(args: &ember_conformance::ConformanceArgs) -> anyhow::Result<Outcome> {
    let files = args.paths.iter().fold(Files::default(), |files, path| files.read("a test", Some(path)));
    files
        .read("the manifest", args.manifest.as_deref())
        .write("--json", args.json.as_deref())
        .write("--junit", args.junit.as_deref())
        .write("--markdown", args.markdown.as_deref())
        .write("--results", args.results.as_deref())
        .check()?;
    let mut print =
        |line: &str| report::to_stdout(|out| writeln!(out, "{}", text::shown(line, text::MAX_LINE)));
    Ok(match ember_conformance::command(args, &mut print)? {
        Some(report) if !report.is_success() => Outcome::Otherwise,
        _ => Outcome::Success,
    })
}
