//! RESULTS.md is what the engines do.

use std::path::Path;

use clap::Parser;
use ember_conformance::command::{ConformanceArgs, command};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: ConformanceArgs,
}

const HINT: &str = "run `ember conformance --mode prove --results conformance/RESULTS.md`";

/// Writes the results up to a mode again, and compares as much of the file.
fn check(mode: &str) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("RESULTS.md");
    let line = ["x", "--quiet", "--mode", mode, "--results", path.to_str().unwrap()];
    let report = command(&Cli::parse_from(line).args).unwrap().unwrap();
    assert!(report.is_success(), "{}", report.summary());
    let now = std::fs::read_to_string(path).unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
    let committed = std::fs::read_to_string(committed).unwrap();
    let whole = now.len() == committed.len() || mode != "prove";
    assert!(committed.starts_with(&now) && whole, "conformance/RESULTS.md is not up to date: {HINT}");
}

#[test]
fn results_without_proofs() {
    check("trace");
}

/// About a minute in a release build.
#[test]
#[ignore = "proves every case: cargo test --release -p ember-conformance --test results -- --ignored"]
fn results_with_proofs() {
    check("prove");
}
