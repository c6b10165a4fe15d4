//! `ember demo`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;

use crate::output::OutputFile;
use crate::text::{MAX_LINE, shown};
use crate::{Cli, Outcome, dispatch};

/// Runs, proves and verifies a program, command by command. Each is shown as it could be given by itself.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Program [default: an example that hashes its input, which is written into the folder ember-demo, with an input]
    elf: Option<PathBuf>,
    /// Public input
    #[arg(long, value_name = "FILE", requires = "elf")]
    input: Option<PathBuf>,
    /// Where the proof goes
    #[arg(short, long, value_name = "PROOF", default_value = "demo.proof")]
    output: PathBuf,
}

/// What is proven if nothing is named: file by file.
const EXAMPLE: [(&str, &[u8]); 2] = [
    ("sha256.elf", include_bytes!("../../examples/elf/sha256.elf")),
    ("input.txt", include_bytes!("../../examples/data/input.txt")),
];
/// Where the example goes.
const FOLDER: &str = "ember-demo";

pub fn run(args: &Args) -> Result<Outcome> {
    let (elf, input) = match &args.elf {
        Some(elf) => (elf.clone(), args.input.clone()),
        None => {
            let [elf, input] = EXAMPLE.map(|(name, _)| Path::new(FOLDER).join(name));
            write_example()?;
            (elf, Some(input))
        }
    };
    let input: Vec<OsString> = input.map_or_else(Vec::new, |path| vec!["--input".into(), path.into()]);
    let (elf, proof) = (elf.as_os_str(), args.output.as_os_str());
    // The program's own ending is no failure of the demonstration.
    step(&["run".as_ref(), elf], &input)?;
    step(&["prove".as_ref(), elf, "-v".as_ref(), "-o".as_ref(), proof], &input)?;
    step(&["verify".as_ref(), proof, "--elf".as_ref(), elf], &input)
}

/// Writes the example's files, and nothing over a file of somebody else.
fn write_example() -> Result<()> {
    fs::create_dir_all(FOLDER).with_context(|| format!("cannot create the folder {FOLDER}"))?;
    for (name, bytes) in EXAMPLE {
        let path = Path::new(FOLDER).join(name);
        match fs::read(&path) {
            Ok(found) if found == bytes => {}
            Ok(_) => bail!("{} is there already, and is not the example", path.display()),
            Err(_) => OutputFile::create(&path)?.write_whole(bytes)?,
        }
    }
    Ok(())
}

/// Shows a command and does it.
fn step(words: &[&std::ffi::OsStr], input: &[OsString]) -> Result<Outcome> {
    let words = [&["ember".as_ref()], words].concat();
    let words: Vec<OsString> = words.into_iter().map(OsString::from).chain(input.iter().cloned()).collect();
    let command: Vec<String> = words.iter().map(|w| w.to_string_lossy().into_owned()).collect();
    eprintln!("\n$ {}", shown(&command.join(" "), MAX_LINE));
    dispatch(Cli::try_parse_from(words)?.command)
}
