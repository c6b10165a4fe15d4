//! The built-in suites, in every interpreter, stopped at every instruction too, and in trace replay.

use std::num::NonZeroU64;

use ember_conformance::engine::{Mode, Sliced, engines};
use ember_conformance::manifest::Manifest;
use ember_conformance::runner::{Runner, Test};
use ember_conformance::suites::{own, riscv_tests};

fn run(tests: Vec<Test>, manifest: &Manifest) {
    let mut engines = engines(Mode::Trace);
    engines.push(Box::new(Sliced(NonZeroU64::MIN)));
    let runner = Runner { engines: &engines, mode: Mode::Trace, manifest, steps: 1 << 22 };
    let unexpected: Vec<String> = runner
        .run_all(&tests, |_| {})
        .into_iter()
        .filter(|r| !r.expected)
        .map(|r| format!("{}: {}", r.name, r.outcome))
        .collect();
    assert!(unexpected.is_empty(), "{} of {}:\n{}", unexpected.len(), tests.len(), unexpected.join("\n"));
}

#[test]
fn own_suite() {
    run(own::cases().into_iter().map(Test::from).collect(), &Manifest::default());
}

#[test]
fn riscv_tests_suite() {
    let tests = riscv_tests::tests(&riscv_tests::locate().unwrap()).unwrap();
    assert_eq!(tests.len(), 47);
    run(tests, &riscv_tests::manifest());
}
