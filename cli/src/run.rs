//! `ember run`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use ember_vm::Machine;

use crate::Outcome;
use crate::args::RunOptions;
use crate::guest::Guest;
use crate::host::CommandLine;
use crate::report::{ClassCounter, Report};

/// The program's own output goes to stdout and stderr as it comes, Ember's report to stderr at the end.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Program
    elf: PathBuf,
    #[command(flatten)]
    options: RunOptions,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let guest = Guest::load(&args.elf)?;
    let options = &args.options;
    let config = options.parameters.config()?;
    let gas_limit = config.gas_limit;
    let mut host = CommandLine::new(options.private.as_deref(), options.output.json)?;
    let journal = options.output.create_journal()?;
    let mut machine = Machine::new(&guest.program, config).with_context(|| args.elf.display().to_string())?;
    let mut counter = ClassCounter::new(&guest.program);
    let exit = machine.run_traced(&mut host, &mut counter);
    host.finish()?;
    journal.write(machine.journal())?;

    let mut report = Report::default();
    report
        .exit(exit, Some((&guest.program, &guest.symbols)))
        .row("gas", format!("{} of {gas_limit}", machine.gas_used()), machine.gas_used())
        .value("instructions", machine.instructions())
        .classes(&counter.counts)
        .journal(machine.journal());
    report.print(options.output.json)?;
    Ok(if exit.reason.is_success() { Outcome::Success } else { Outcome::Otherwise })
}
