//! `ember doctor`.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::Outcome;
use crate::build::{CTools, HasMissing, RustTools, in_path};
use crate::report::Report;

/// Says which compilers for the machine are here, what is missing, and the command that installs it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Report as one JSON object on stdout
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<Outcome> {
    let mut report = Report::default();
    let rust = rust(&mut report);
    let c = c(&mut report);
    if !(rust && c) {
        report.note("", "programs in Rust need the first, programs in C the second").print_out(args.json)?;
        return Ok(Outcome::Otherwise);
    }
    report.print_out(args.json)?;
    Ok(Outcome::Success)
}

/// Reports on Rust, and returns whether it can be used.
fn rust(report: &mut Report) -> bool {
    let here = env::current_dir().unwrap_or_default();
    let all = RustTools::all(&here);
    for tools in &all {
        let missing = tools.missing();
        let state = if missing.is_empty() { "can be used".to_owned() } else { missing.join(", ") };
        report.note("rust", format!("{} in {}: {state}", tools.version, tools.sysroot.display()));
    }
    let usable = all.iter().find(|tools| tools.missing().is_empty());
    report.field("rust", usable.map(|tools| tools.sysroot.display().to_string()));
    if usable.is_none() {
        if all.is_empty() {
            report.note("rust", "not installed");
        }
        report.value("install rust", install_rust());
    }
    usable.is_some()
}

/// Reports on C, and returns whether it can be used.
fn c(report: &mut Report) -> bool {
    let tools = CTools::find(None);
    match &tools {
        Ok(tools) => {
            report.note("c", format!("{} in {}: can be used", tools.version, tools.compiler.display()));
            match &tools.libc {
                Some((headers, _)) => report.note("c library", format!("picolibc in {}", headers.display())),
                None => report
                    .note("c library", "none: programs without printf, malloc and the like can be built"),
            };
        }
        Err(error) => {
            report.note("c", format!("{error:#}"));
        }
    }
    let is_whole = tools.as_ref().is_ok_and(|tools| tools.libc.is_some());
    report.field("c", tools.as_ref().ok().map(|tools| tools.compiler.display().to_string()));
    if !is_whole {
        let packages = "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf";
        report
            .value("install c", if has_apt() { apt(packages) } else { format!("your system's {packages}") });
    }
    is_whole
}

/// The one command that installs Rust, or what it lacks.
fn install_rust() -> String {
    if in_path("rustup").is_some() {
        return "rustup toolchain install stable --profile minimal --component rust-src".to_owned();
    }
    let has_package =
        || Command::new("apt-cache").args(["show", "rustc-web"]).output().is_ok_and(|o| o.status.success());
    if has_apt() && has_package() {
        return apt("rustc-web cargo-web rust-web-src lld-22");
    }
    "curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- --profile minimal --component rust-src"
        .to_owned()
}

fn has_apt() -> bool {
    in_path("apt-get").is_some()
}

fn apt(packages: &str) -> String {
    let sudo = if in_path(Path::new("sudo")).is_some() { "sudo " } else { "" };
    format!("{sudo}apt-get install -y {packages}")
}
