//! `ember demo`.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Parser;

use crate::{Cli, Outcome, dispatch};

/// Runs, proves and verifies a program, command by command. Each is shown as it could be given by itself.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Program [default: examples/elf/sha256.elf, with the input examples/data/input.txt]
    elf: Option<PathBuf>,
    /// Public input
    #[arg(long, value_name = "FILE", requires = "elf")]
    input: Option<PathBuf>,
    /// Where the proof goes
    #[arg(short, long, value_name = "PROOF", default_value = "demo.proof")]
    output: PathBuf,
}

/// What is proven if nothing is named.
const ELF: &str = "examples/elf/sha256.elf";
const INPUT: &str = "examples/data/input.txt";

pub fn run(args: &Args) -> Result<Outcome> {
    let (elf, input) = match &args.elf {
        Some(elf) => (elf.as_path(), args.input.as_deref()),
        None => (Path::new(ELF), Some(Path::new(INPUT))),
    };
    if args.elf.is_none() && !elf.exists() {
        bail!("no {ELF} here: run this in the repository's folder, or name an ELF file");
    }
    let input: Vec<OsString> =
        input.map_or_else(Vec::new, |path| vec!["--input".into(), path.as_os_str().to_owned()]);
    let (elf, proof) = (elf.as_os_str(), args.output.as_os_str());
    // The program's own ending is no failure of the demonstration.
    step(&["run".as_ref(), elf], &input)?;
    step(&["prove".as_ref(), elf, "-v".as_ref(), "-o".as_ref(), proof], &input)?;
    step(&["verify".as_ref(), proof, "--elf".as_ref(), elf], &input)
}

/// Shows a command and does it.
fn step(words: &[&std::ffi::OsStr], input: &[OsString]) -> Result<Outcome> {
    let words = [&["ember".as_ref()], words].concat();
    let words: Vec<OsString> = words.into_iter().map(OsString::from).chain(input.iter().cloned()).collect();
    let shown: Vec<String> = words.iter().map(|w| w.to_string_lossy().into_owned()).collect();
    let _ = writeln!(std::io::stderr(), "\n$ {}", shown.join(" "));
    dispatch(Cli::try_parse_from(words)?.command)
}
