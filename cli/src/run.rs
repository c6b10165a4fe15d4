//! `ember run`.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use ember_isa::{ExitReason, Op, reg};
use ember_trace::Ending;
use ember_vm::{Machine, Step, Tracer};
use serde_json::{Map, Value};

use crate::args::{RunOptions, Threads};
use crate::guest::Guest;
use crate::host::{CommandLine, Kept};
use crate::report::{ClassCounter, Report};
use crate::{Outcome, estimate, gdb};

/// The program's own output goes to stdout and stderr as it comes, Ember's report to stderr at the end.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Program
    elf: PathBuf,
    /// Show each instruction on stderr as it executes
    #[arg(long)]
    trace_exec: bool,
    /// Predict time, size and committed cells of a proof of the run, without making it
    #[arg(long, conflicts_with = "trace_exec")]
    estimate: bool,
    /// Wait for gdb on this port of the local host, and run under it; 0 takes any free port
    #[arg(long, value_name = "PORT", conflicts_with_all = ["trace_exec", "estimate"])]
    gdb: Option<u16>,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    options: RunOptions,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let options = &args.options;
    options.files(&args.elf)?.check()?;
    let guest = Guest::load(&args.elf)?;
    let config = options.parameters.config()?;
    let gas_limit = config.gas_limit;
    let mut host = CommandLine::new(&options.private, options.output.json)?;
    let journal = options.output.create_journal()?;
    let mut machine =
        Machine::new(&guest.program, config.clone()).with_context(|| args.elf.display().to_string())?;
    let mut counter = ClassCounter::new(&guest.program);
    let mut again = None;
    let (exit, counter) = if args.trace_exec {
        let mut printer = Printer {
            guest: &guest,
            counter,
            function: None,
            out: BufWriter::new(io::stderr()),
            error: None,
        };
        let exit = machine.run_traced(&mut host, &mut printer);
        printer.finish()?;
        (exit, printer.counter)
    } else if args.estimate {
        args.threads.start()?;
        let mut kept = Kept::new(&mut host);
        let exit = machine.run_traced(&mut kept, &mut counter);
        again = Some(kept.again()?);
        (exit, counter)
    } else if let Some(port) = args.gdb {
        (gdb::run(&mut machine, &mut host, &mut counter, port)?, counter)
    } else {
        (machine.run_traced(&mut host, &mut counter), counter)
    };
    host.finish()?;
    journal.map_or(Ok(()), |file| file.write_whole(machine.journal()))?;

    let mut report = Report::default();
    report.exit(exit, Some((&guest.program, &guest.symbols)));
    if !matches!(exit.reason, ExitReason::Halt(_)) {
        sources(&mut report, &machine);
    }
    report
        .row("gas", format!("{} of {gas_limit}", machine.gas_used()), machine.gas_used())
        .value("instructions", machine.instructions())
        .classes(&counter.counts)
        .journal(machine.journal())
        .private(machine.private_bytes());
    if let Some(again) = again {
        estimate::describe(&mut report, &guest.program, &config, &Ending::new(&machine, exit), again)?;
    }
    report.print(options.output.json)?;
    Ok(if exit.reason.is_success() { Outcome::Success } else { Outcome::Otherwise })
}

/// The registers that the instruction at pc reads.
fn sources(report: &mut Report, machine: &Machine<'_>) {
    let Some(Ok(instruction)) = machine.program().fetch(machine.pc()) else { return };
    let format = instruction.op.info().format;
    let ecall = [reg::T0, reg::A0, reg::A1, reg::A2, reg::A3];
    let mut registers: Vec<u8> = match instruction.op {
        Op::Ecall => ecall.to_vec(),
        _ => {
            let used = [(format.has_rs1(), instruction.rs1), (format.has_rs2(), instruction.rs2)];
            used.into_iter().filter_map(|(used, register)| used.then_some(register)).collect()
        }
    };
    registers.dedup();
    if registers.is_empty() {
        return;
    }
    let (mut text, mut object) = (String::new(), Map::new());
    for register in registers {
        let (name, value) = (reg::NAMES[register as usize], machine.registers()[register as usize]);
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{name} = {value:#010x}");
        object.insert(name.to_owned(), value.into());
    }
    report.row("registers", text, Value::Object(object));
}

/// Shows instructions as they retire. Output that nobody takes any more is dropped.
struct Printer<'g> {
    guest: &'g Guest,
    counter: ClassCounter<'g>,
    /// Address of the function whose name was shown last.
    function: Option<u32>,
    out: BufWriter<io::Stderr>,
    error: Option<io::Error>,
}

impl<'g> Printer<'g> {
    fn line(&mut self, line: &str) {
        if let Err(e) = writeln!(self.out, "{line}") {
            self.error.get_or_insert(e);
        }
    }

    /// Reports what could not be shown.
    fn finish(&mut self) -> Result<()> {
        let flushed = self.out.flush();
        match self.error.take().map_or(flushed, Err) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e).context("cannot write to stderr"),
            _ => Ok(()),
        }
    }
}

impl Tracer for Printer<'_> {
    fn step(&mut self, step: Step) {
        self.counter.step(step);
        let Guest { program, symbols } = self.guest;
        let Some(Ok(instruction)) = program.fetch(step.pc) else { return };
        let function = symbols.function(program.image(), step.pc).map(|symbol| symbol.address);
        if function.is_some() && function != self.function {
            let name = symbols.name(program.image(), step.pc).unwrap_or_default();
            self.line(&format!("{name}:"));
        }
        self.function = function;
        let mut line = format!("{:8x}:  {:<28}", step.pc, instruction.to_string());
        let format = instruction.op.info().format;
        let written = match instruction.op {
            Op::Ecall => Some(reg::A0),
            _ => (format.has_rd() && instruction.rd != reg::ZERO).then_some(instruction.rd),
        };
        if let Some(register) = written {
            let _ = write!(line, "  {} = {:#x}", reg::NAMES[register as usize], step.rd);
        }
        if matches!(instruction.op.info().class, ember_isa::Class::Load | ember_isa::Class::Store) {
            let _ = write!(line, "  word was {:#010x}", step.mem);
        }
        self.line(line.trim_end());
    }

    fn io_word(&mut self, _: u32, _: u32) {}
}
