//! RESULTS.md is what the engines do.

use std::path::Path;

use clap::Parser;
use ember_conformance::command::{ConformanceArgs, command, results};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: ConformanceArgs,
}

/// The file's tables: all that does not name the engines.
fn tables(text: &str) -> Vec<&str> {
    text.lines().filter(|l| l.starts_with('|')).collect()
}

fn check(mode: &str) {
    let args = Cli::parse_from(["x", "--quiet", "--mode", mode]).args;
    let now = results(&command(&args).unwrap().unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
    let committed = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        tables(&committed),
        tables(&now),
        "conformance/RESULTS.md is not up to date: run `ember conformance --mode prove --results conformance/RESULTS.md`"
    );
}

#[test]
fn results_are_up_to_date() {
    check("trace");
}
