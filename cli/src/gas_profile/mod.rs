//! `ember profile`.

mod calls;

use std::fmt::Write as _;
use std::io::BufWriter;
use std::path::PathBuf;

use anyhow::{Context, Result};
use ember_vm::Machine;
use serde_json::json;

use crate::Outcome;
use crate::args::RunOptions;
use crate::guest::Guest;
use crate::host::CommandLine;
use crate::output::OutputFile;
use crate::report::{Report, to_stdout};
use crate::text::{MAX_NAME, shown};

use calls::{Calls, Profiler};

/// Runs a program and shows its gas by function: `self` without the functions that it calls, `total` with them. Calls are
/// followed by the calling convention: a jump that links ra is a call, a jump to what ra held is its return.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Program
    elf: PathBuf,
    /// Write call stacks and their gas, for flamegraphs: `main;sort;swap 1234`
    #[arg(long, value_name = "FILE")]
    folded: Option<PathBuf>,
    /// Draw call stacks and their gas as a flamegraph, to look at in a browser
    #[arg(long, value_name = "FILE.svg")]
    flamegraph: Option<PathBuf>,
    /// Most functions that the table shows
    #[arg(long, value_name = "N", default_value_t = 30)]
    top: usize,
    #[command(flatten)]
    options: RunOptions,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let options = &args.options;
    let (folded, flamegraph) = (args.folded.as_deref(), args.flamegraph.as_deref());
    options.files(&args.elf)?.write("--folded", folded).write("--flamegraph", flamegraph).check()?;
    let guest = Guest::load(&args.elf)?;
    let config = options.parameters.config()?;
    let mut host = CommandLine::new(&options.private, true)?;
    let journal = options.output.create_journal()?;
    let folded = folded.map(OutputFile::create).transpose()?;
    let flamegraph = flamegraph.map(OutputFile::create).transpose()?;
    let mut machine = Machine::new(&guest.program, config).with_context(|| args.elf.display().to_string())?;
    let mut profiler = Profiler::new(&guest, &machine);
    let exit = machine.run_traced(&mut host, &mut profiler);
    host.finish()?;
    journal.map_or(Ok(()), |file| file.write_whole(machine.journal()))?;
    let calls = profiler.finish(machine.gas_used());

    if let Some(file) = folded {
        let mut out = BufWriter::new(file);
        calls.write_folded(&mut out).context("cannot write the call stacks")?;
        out.into_inner().map_err(|e| e.into_error()).context("cannot write the call stacks")?.finish()?;
    }
    if let Some(file) = flamegraph {
        let mut out = BufWriter::new(file);
        let title = format!("gas of {}", shown(&args.elf.display().to_string(), MAX_NAME));
        calls.write_flamegraph(&title, &mut out).context("cannot write the flamegraph")?;
        out.into_inner().map_err(|e| e.into_error()).context("cannot write the flamegraph")?.finish()?;
    }
    if options.output.json {
        let functions = calls.functions();
        let functions: Vec<_> = functions
            .into_iter()
            .map(|f| json!({ "name": f.name, "self": f.own, "total": f.total, "calls": f.calls }))
            .collect();
        let mut report = Report::default();
        report.exit(exit, Some((&guest.program, &guest.symbols)));
        report.value("gas", machine.gas_used()).value("instructions", machine.instructions());
        report.field("functions", functions).print(true)?;
    } else {
        let text = table(&calls, machine.gas_used(), args.top);
        to_stdout(|out| out.write_all(text.as_bytes()))?;
        let mut report = Report::default();
        report.exit(exit, Some((&guest.program, &guest.symbols)));
        report.value("gas", machine.gas_used()).value("instructions", machine.instructions()).print(false)?;
    }
    Ok(if exit.reason.is_success() { Outcome::Success } else { Outcome::Otherwise })
}

fn table(calls: &Calls, gas: u64, top: usize) -> String {
    let percent = |n: u64| 100.0 * n as f64 / gas.max(1) as f64;
    let mut text = format!("{:>14} {:>6} {:>14} {:>6} {:>10}  function\n", "self", "", "total", "", "calls");
    for f in calls.functions().iter().take(top) {
        let _ = writeln!(
            text,
            "{:>14} {:>5.1}% {:>14} {:>5.1}% {:>10}  {}",
            f.own,
            percent(f.own),
            f.total,
            percent(f.total),
            f.calls,
            f.name
        );
    }
    text
}
