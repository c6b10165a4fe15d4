//! Determinism of every table, and of circuits that have a hole.
//!
//! ```text
//! cargo test -p ember-gates --test determinism                                             # what is fast
//! UPDATE_DETERMINISM=1 cargo test -p ember-gates --test determinism -- --ignored           # all; writes DETERMINISM.md
//! ```

mod holes;
#[path = "../specimens/old_rom.rs"]
mod old_rom;

use std::path::PathBuf;

use ember_gates::determinism::{Limit, Limits, Row, Solver, page, undeclared};
use ember_verifier::air::Table;

/// The solvers; none where they are missing, unless they are required.
fn solver() -> Option<Solver> {
    match Solver::start() {
        Ok(solver) => Some(solver),
        Err(why) => {
            assert!(std::env::var_os("EMBER_REQUIRE_SOLVERS").is_none(), "no z3 or no cvc5: {why}");
            println!("skipped: no z3 or no cvc5: {why}");
            None
        }
    }
}

/// Tables that take the solver more than some seconds.
const SLOW: [Table; 5] = [Table::Cpu, Table::Rom, Table::Shift, Table::Div, Table::Poseidon2];

const HEAD: &str = include_str!("DETERMINISM.head.md");

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/soundness/DETERMINISM.md")
}

/// Checks tables against the page.
fn check(tables: impl Iterator<Item = Table>) -> Option<Vec<Row>> {
    let mut solver = solver()?;
    let committed = std::fs::read_to_string(path()).unwrap_or_default();
    let update = std::env::var_os("UPDATE_DETERMINISM").is_some();
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for table in tables {
        let row = Row::of(table, &mut solver, Limits::GATE).expect("the solver runs");
        println!("{}", row.line());
        for (part, verdict) in &row.open {
            println!("  {part}: {:.1000}", format!("{verdict:?}"));
        }
        if !committed.lines().any(|line| line.starts_with(&row.stable())) && !update {
            wrong.push(table.name());
        }
        rows.push(row);
    }
    assert!(wrong.is_empty(), "DETERMINISM.md says something else of {wrong:?}");
    Some(rows)
}

#[test]
fn every_table_has_a_method() {
    assert_eq!(undeclared(), []);
}

#[test]
#[ignore = "the page is not written yet"]
fn the_page_is_true_of_what_is_fast() {
    check(Table::ALL.iter().copied().filter(|table| !SLOW.contains(table)));
}

/// Minutes.
#[test]
#[ignore = "minutes: with UPDATE_DETERMINISM=1 it writes the page"]
fn the_page_is_true() {
    if let Some(rows) = check(Table::ALL.iter().copied())
        && std::env::var_os("UPDATE_DETERMINISM").is_some()
    {
        std::fs::write(path(), page(HEAD, &rows)).expect("the page can be written");
    }
}

/// A range table's values cannot go around the field: its rows are too few for its steps.
#[test]
fn range_tables_do_not_go_around() {
    let p = u64::from(0x7f00_0001_u32);
    assert!(255u64 << Table::Range16.max_log_height() < p);
    assert!(1u64 << Table::Range8.max_log_height() <= 256);
}

/// Quotient and rest are unique: without loss of generality the one quotient is `more` than the other.
#[test]
fn euclid_divides_in_one_way() {
    let Some(mut solver) = solver() else { return };
    let text = "(set-logic QF_NIA)
        (declare-const quotient Int) (declare-const more Int) (declare-const divisor Int)
        (declare-const rest Int) (declare-const other Int)
        (assert (and (<= 0 quotient) (<= 1 more) (<= 0 rest) (< rest divisor) (<= 0 other) (< other divisor)))
        (assert (= (+ (* (+ quotient more) divisor) rest) (+ (* quotient divisor) other)))\n";
    let limit = Limit { work: Limits::GATE.few, time: Limits::GATE.time };
    assert!(solver.refuted(text, limit).expect("the solver runs"));
    // With a rest that may be the divisor there are two.
    let wrong = text.replace("(< other divisor)", "(<= other divisor)");
    assert!(!solver.refuted(&wrong, limit).expect("the solver runs"));
}
