//! The mutation check: every seeded bug of the interpreter must fail a test of the built-in suites.
//!
//! `EMBER_SEEDED_BUGS=1 cargo test -p ember-conformance --test mutants -- --nocapture` prints the shares, and compares
//! the report with MUTANTS.md. With `EMBER_WRITE_MUTANTS=1` it writes that file.
#![cfg(mutants)]

use std::fmt::Write;
use std::path::Path;

use ember_conformance::engine::{Engine, Mode, Reference};
use ember_conformance::outcome::Outcome;
use ember_conformance::runner::{Runner, Test};
use ember_conformance::suites::{own, riscv_tests};
use ember_vm::mutants::{ALL, Mutant, with};
use rayon::prelude::*;

/// Most instructions of a test. Nothing right needs as many; a bug may make a loop endless.
const STEPS: u64 = 200_000;

/// The first test that ends in another way than it should.
fn killer(mutant: Mutant, tests: &[Test]) -> Option<String> {
    let engines: [Box<dyn Engine>; 1] = [Box::new(Reference)];
    let manifest = riscv_tests::manifest();
    let runner = Runner { engines: &engines, mode: Mode::Run, manifest: &manifest, steps: STEPS };
    with(mutant, || tests.iter().find(|t| !runner.run(t).expected).map(|t| t.name.clone()))
}

#[test]
fn every_seeded_bug_is_found() {
    // Bugs may make the machine panic; the runner counts that as found, and the text would only be noise.
    std::panic::set_hook(Box::new(|_| {}));
    let own: Vec<Test> = own::cases().into_iter().map(Test::from).collect();
    let riscv = riscv_tests::tests(&riscv_tests::locate().unwrap()).unwrap();
    let found: Vec<(Option<String>, Option<String>)> =
        ALL.par_iter().map(|(mutant, _)| (killer(*mutant, &own), killer(*mutant, &riscv))).collect();
    let _ = std::panic::take_hook();
    for ((mutant, _), (own, riscv)) in ALL.iter().zip(&found) {
        let by = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
        println!("{:28} {}, {}", format!("{mutant:?}"), by(own), by(riscv));
    }
    let (report, shares) = report(&found);
    print!("{shares}");
    assert!(ALL.len() >= 60);
    let missed: Vec<Mutant> =
        ALL.iter().zip(&found).filter(|(_, k)| k.0.is_none()).map(|((m, _), _)| *m).collect();
    assert!(missed.is_empty(), "the own suite does not find {missed:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("MUTANTS.md");
    if std::env::var_os("EMBER_WRITE_MUTANTS").is_some() {
        std::fs::write(&path, &report).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == report, "conformance/MUTANTS.md is not up to date: set EMBER_WRITE_MUTANTS=1");
}

/// For each bug the tests of the own suite and of riscv-tests that find it.
type Found = [(Option<String>, Option<String>)];

/// The text of MUTANTS.md, and the lines with the shares.
fn report(found: &Found) -> (String, String) {
    let count = |f: fn(&(Option<String>, Option<String>)) -> bool| {
        let n = found.iter().filter(|k| f(k)).count();
        format!("{n} of {} ({:.0}%)", ALL.len(), 100.0 * n as f64 / ALL.len() as f64)
    };
    let shares = format!(
        "- found by a suite: {}\n- found by the own suite: {}\n- found by riscv-tests alone: {}\n",
        count(|k| k.0.is_some() || k.1.is_some()),
        count(|k| k.0.is_some()),
        count(|k| k.1.is_some())
    );
    let mut text = format!(
        "# Seeded bugs\n\n\
         Bugs put into the reference interpreter, one at a time, and the suites that then fail. Written and checked by\n\
         `EMBER_SEEDED_BUGS=1 cargo test -p ember-conformance --test mutants`.\n\n{shares}\n\
         | bug | what it does | own suite | riscv-tests |\n|---|---|---|---|\n"
    );
    for ((mutant, what), (own, riscv)) in ALL.iter().zip(found) {
        let by = |killer: &Option<String>| if killer.is_some() { "found" } else { "" };
        let _ = writeln!(text, "| `{mutant:?}` | {what} | {} | {} |", by(own), by(riscv));
    }
    (text, shares)
}

/// Without a bug the same tests pass, with this feature too.
#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let engines = ember_conformance::engine::engines(Mode::Run);
    let manifest = riscv_tests::manifest();
    let runner = Runner { engines: &engines, mode: Mode::Run, manifest: &manifest, steps: STEPS };
    for case in own::cases() {
        let result = runner.run(&Test::from(case));
        assert_eq!(result.outcome, Outcome::Pass, "{}", result.name);
    }
}
