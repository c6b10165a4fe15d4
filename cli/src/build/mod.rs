//! `ember build`.

mod c;
mod rust;
mod rustc;
mod tools;

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ember_memory::digest::Hasher;

use crate::Outcome;
use crate::guest::Guest;
use crate::report::Report;

pub use c::CTools;
pub use rust::RustTools;
pub use rustc::stand_in;
pub use tools::{HasMissing, in_path};

/// Builds a Rust package with stock cargo, or a program in C or C++ with stock gcc or clang: a folder with a Cargo.toml, a
/// folder with C or C++ files in src, or one such file. Whoever builds the same source with the same compiler gets the
/// same image id, whatever folder it lies in.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Folder of a Rust package or of a program in C or C++, or a C or C++ file
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Folder for the ELF files [default: target/ember in the project's folder, or beside the file]
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Rust: a toolchain of rustup, as `nightly` or `1.95.0` [default: the first that can do it]
    #[arg(long, value_name = "NAME")]
    toolchain: Option<String>,
    /// C, C++: the compiler, as riscv64-unknown-elf-gcc, clang or clang-19 [default: the first of these]
    #[arg(long, value_name = "COMMAND")]
    cc: Option<PathBuf>,
    /// Report as one JSON object on stdout
    #[arg(long)]
    json: bool,
    /// Options for `cargo build`, or for the compiler of C and C++, which links too
    #[arg(last = true)]
    options: Vec<String>,
}

pub fn run(args: &Args) -> Result<Outcome> {
    // Absolute, because the tools run in other folders and their paths are mapped away.
    let path = args.path.canonicalize().with_context(|| format!("cannot read {}", args.path.display()))?;
    let output = match &args.output {
        Some(folder) => env::current_dir()?.join(folder),
        None if path.is_file() => path.parent().unwrap_or(Path::new("/")).to_owned(),
        None => path.join("target/ember"),
    };
    let elfs = if path.join("Cargo.toml").is_file() {
        let tools = RustTools::find(&path, args.toolchain.as_deref())?;
        rust::build(&tools, &path, &output, &args.options)?
    } else if let Some(program) = c::Program::at(&path)? {
        let tools = CTools::find(args.cc.as_deref())?;
        vec![c::build(&tools, &program, &output, &args.options)?]
    } else {
        bail!(
            "{} has neither a Cargo.toml nor C or C++ files in src: `ember new NAME` makes a program",
            path.display()
        );
    };
    if elfs.is_empty() {
        bail!("{} has no program, only a library", path.display());
    }
    let hasher = Hasher::default();
    let mut report = Report::default();
    let mut programs = Vec::new();
    for elf in &elfs {
        let guest = Guest::load(elf)?;
        let id = guest.program.image().id(&hasher).to_string();
        let shown = env::current_dir().ok().and_then(|here| elf.strip_prefix(here).ok()).unwrap_or(elf);
        report.note("program", shown.display().to_string()).note("image id", id.clone());
        programs.push(serde_json::json!({ "elf": elf.to_string_lossy(), "image_id": id }));
    }
    report.field("programs", programs).print(args.json)?;
    Ok(Outcome::Success)
}
