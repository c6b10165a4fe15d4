//! `ember profile`.

mod calls;

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use ember_vm::Machine;
use serde_json::json;

use crate::Outcome;
use crate::args::{RunOptions, create};
use crate::guest::Guest;
use crate::host::CommandLine;
use crate::report::{Report, to_stdout};

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
    /// Most functions that the table shows
    #[arg(long, value_name = "N", default_value_t = 30)]
    top: usize,
    #[command(flatten)]
    options: RunOptions,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let guest = Guest::load(&args.elf)?;
    let options = &args.options;
    let config = options.parameters.config()?;
    let mut host = CommandLine::new(options.private.as_deref(), true)?;
    let journal = options.output.create_journal()?;
    let folded = args.folded.as_deref().map(create).transpose()?;
    let mut machine = Machine::new(&guest.program, config).with_context(|| args.elf.display().to_string())?;
    let mut profiler = Profiler::new(&guest, &machine);
    let exit = machine.run_traced(&mut host, &mut profiler);
    host.finish()?;
    journal.write(machine.journal())?;
    let calls = profiler.finish(machine.gas_used());

    if let Some(mut file) = folded {
        let path = args.folded.as_deref().unwrap_or(&args.elf).display();
        file.write_all(calls.folded().as_bytes()).with_context(|| format!("cannot write {path}"))?;
    }
    if options.output.json {
        let functions = calls.functions();
        let functions: Vec<_> = functions
            .iter()
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
