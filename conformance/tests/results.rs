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

/// Writes the results again and compares as much of the file. Proofs take longer: `.ci/run` compares the whole file.
#[test]
fn results_without_proofs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("RESULTS.md");
    let line = ["x", "--quiet", "--mode", "trace", "--results", path.to_str().unwrap()];
    let report = command(&Cli::parse_from(line).args, &mut |_| Ok(())).unwrap().unwrap();
    assert!(report.is_success(), "{}", report.summary());
    let now = std::fs::read_to_string(path).unwrap();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("RESULTS.md");
    let committed = std::fs::read_to_string(committed).unwrap();
    assert!(committed.starts_with(&now), "conformance/RESULTS.md is not up to date: {HINT}");
}
