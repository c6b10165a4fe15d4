//! Size and speed of trace files: `cargo run --release -p ember-trace --example measure -- ELF [INPUT]`.

use std::fs;
use std::io::{Cursor, Seek};
use std::time::Instant;

use ember_trace::{Ending, Reader, Writer, replay_file};
use ember_vm::{Machine, NoHost, Program, RunConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let elf = fs::read(args.next().ok_or("which ELF?")?)?;
    let input = args.next().map(fs::read).transpose()?.unwrap_or_default();
    let program = Program::load(&elf)?;
    let config = RunConfig { input, ..RunConfig::default() };

    let start = Instant::now();
    let mut machine = Machine::new(&program, config.clone())?;
    let exit = machine.run(&mut NoHost);
    let run = start.elapsed();
    let n = machine.instructions();
    println!("{exit}, {n} instructions, run in {run:.1?}");

    let start = Instant::now();
    let mut machine = Machine::new(&program, config.clone())?;
    let mut writer = Writer::new(Cursor::new(Vec::new()), program.image(), &config)?;
    let exit = machine.run_traced(&mut NoHost, &mut writer);
    let (mut file, bytes) = writer.finish(&Ending::new(&machine, exit))?;
    let mut empty = Vec::new();
    let none = Ending { instructions: 0, ..Ending::new(&machine, exit) };
    let fixed = Writer::new(&mut empty, program.image(), &config)?.finish(&none)?.1;
    println!(
        "trace: {bytes} bytes, {fixed} of them program and parameters; {:.2} bytes an instruction, written in {:.1?}",
        (bytes - fixed) as f64 / n as f64,
        start.elapsed(),
    );

    let start = Instant::now();
    file.rewind()?;
    let steps = Reader::new(&mut file)?.filter(|r| r.is_ok()).count();
    println!("read in {:.1?} ({steps} records)", start.elapsed());

    let start = Instant::now();
    file.rewind()?;
    replay_file(Reader::new(&mut file)?)?;
    println!("replayed in {:.1?}", start.elapsed());
    Ok(())
}
