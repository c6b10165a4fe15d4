//! `ember disasm`.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use ember_isa::{Format, Instruction, decode};
use ember_memory::{Image, Perm, Segment};

use crate::Outcome;
use crate::guest::{Guest, Symbols};
use crate::report::to_stdout;

/// Symbols, addresses, words and instructions of all code. Runs of zero words are shown as dots.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Program
    elf: PathBuf,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let guest = Guest::load(&args.elf)?;
    let image = guest.program.image();
    to_stdout(|out| {
        let code = image.segments().iter().filter(|s| s.perm == Perm::EXECUTE);
        code.into_iter().try_for_each(|segment| disassemble(out, image, segment, &guest.symbols))
    })?;
    Ok(Outcome::Success)
}

fn disassemble(out: &mut dyn Write, image: &Image, segment: &Segment, symbols: &Symbols) -> io::Result<()> {
    writeln!(out, "code {:#010x} .. {:#010x}", segment.start(), segment.end())?;
    let mut zeros = 0;
    for (address, word) in (segment.start()..).step_by(4).zip(segment.data.chunks_exact(4)) {
        let word = u32::from_le_bytes(word.try_into().expect("four bytes"));
        let (labels, more) = symbols.labels(address);
        for (n, label) in labels.enumerate() {
            if n == 0 {
                writeln!(out)?;
            }
            writeln!(out, "{address:08x} <{label}>:")?;
            zeros = 0;
        }
        if more > 0 {
            writeln!(out, "{address:08x} and {more} more")?;
        }
        zeros = if word == 0 { zeros + 1 } else { 0 };
        match (zeros, decode(word)) {
            (2, _) => writeln!(out, "      ...")?,
            (3.., _) => {}
            (_, Ok(instruction)) => {
                write!(out, "{address:8x}: {word:08x}  {instruction}")?;
                if let Some(target) = target(instruction, address) {
                    write!(out, "  # {target:x}")?;
                    if let Some(name) = symbols.name(image, target) {
                        write!(out, " <{name}>")?;
                    }
                }
                writeln!(out)?;
            }
            (_, Err(_)) => writeln!(out, "{address:8x}: {word:08x}  .word {word:#x}")?,
        }
    }
    Ok(())
}

/// Where a branch or a direct jump goes.
fn target(instruction: Instruction, pc: u32) -> Option<u32> {
    matches!(instruction.op.info().format, Format::B | Format::J).then(|| pc.wrapping_add(instruction.imm))
}
