//! The command by itself, without the rest of `ember`: `cargo run -p ember-conformance --example conformance -- ...`.

use std::process::ExitCode;

use clap::Parser;
use ember_conformance::{ConformanceArgs, command};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: ConformanceArgs,
}

fn main() -> ExitCode {
    let mut print = |line: &str| {
        println!("{line}");
        Ok(())
    };
    match command(&Cli::parse().args, &mut print) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(report)) if report.is_success() => ExitCode::SUCCESS,
        Ok(Some(_)) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::from(2)
        }
    }
}
