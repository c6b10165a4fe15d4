//! Repair search: cells are forged, what breaks is mended by other cells, and a native oracle says whether what a table then
//! says is true.
mod cases;
mod mutants;
mod oracle;
#[allow(dead_code)]
#[path = "../common/programs.rs"]
mod programs;
mod redundant;
mod report;
mod specimen;

use std::time::Instant;

use ember_gates::Model;
use ember_gates::repair::{Circuit, Found, Honest, Rng, State, Verdict, forge};
use ember_verifier::Verifier;
use ember_verifier::air::Table;

use cases::{Case, Plan};

/// Every so many parts are left out in a sample.
const SAMPLE: usize = 41;
/// How often the search for something false goes over a table, each time longer.
const ROUNDS: usize = 4;

/// Honest tables are honest, and what they say is true.
#[test]
fn the_oracle_believes_honest_tables() {
    let mut seen = std::collections::BTreeSet::new();
    for case in cases::all(&Verifier::new()) {
        let circuit = Circuit::of(&Model::of(case.world.table));
        let mut state = State::new(&circuit, &case.world, &case.cells, &case.publics);
        state.check_rows(0..state.height);
        assert!(state.broken.is_empty(), "{} {}: {:?}", case.name, circuit.name, state.broken.first());
        (0..state.height).for_each(|row| state.touch(row));
        assert_eq!(state.verdict(), Verdict::True, "{} {}", case.name, circuit.name);
        seen.insert(case.world.table);
    }
    assert!(Table::ALL.iter().all(|t| seen.contains(t)), "a table is never judged");
}

fn search(circuit: &Circuit, case: &Case, share: usize, seed: u64) -> (Vec<Found>, usize) {
    let plan = Plan::of(case.world.table);
    let rows = cases::rows(circuit, case);
    let honest = Honest {
        cells: &case.cells,
        publics: &case.publics,
        open_publics: &plan.publics,
        rows: &rows,
        oracle: &case.world,
    };
    forge(circuit, &honest, plan.limits, &mut Rng(seed), share)
}

/// The hole of format version 2 is found where it is put back.
#[test]
fn the_old_hole_is_found() {
    let circuit = Circuit::of(&specimen::model());
    let mut found = Vec::new();
    for case in cases::specimens(&Verifier::new()) {
        let mut state = State::new(&circuit, &case.world, &case.cells, &case.publics);
        state.check_rows(0..state.height);
        assert!(state.broken.is_empty(), "an honest table of the specimen");
        found.extend(search(&circuit, &case, 4, 1).0);
    }
    let wrap = |f: &&Found| f.changes.iter().any(|(name, ..)| name.starts_with("wrap"));
    let hole = found.iter().find(wrap).expect("the hole is found");
    println!("{} found, for example {hole:?}", found.len());
}

fn search_all(only: Option<&str>, share: usize) {
    let mut holes = Vec::new();
    for case in cases::all(&Verifier::new()) {
        if only.is_some_and(|name| case.world.table.name() != name) {
            continue;
        }
        let circuit = Circuit::of(&Model::of(case.world.table));
        let time = Instant::now();
        // Changes there have long consequences.
        let share = if share > 1 && Plan::of(case.world.table).limits.propagate { 40 * share } else { share };
        let (found, nodes) = search(&circuit, &case, share, 1);
        println!(
            "{} {}: {nodes} states, {} holes, {:?}",
            case.name,
            circuit.name,
            found.len(),
            time.elapsed()
        );
        holes.extend(found.into_iter().map(|f| format!("{}: {f:?}", circuit.name)));
    }
    assert!(holes.is_empty(), "{} holes: {:#?}", holes.len(), &holes[..holes.len().min(20)]);
}

/// Nothing false is found.
#[test]
fn no_hole_is_found() {
    search_all(None, 101);
}

/// The same, of every cell. `TABLE` names one table.
#[test]
#[ignore = "an hour"]
fn no_hole_is_found_anywhere() {
    search_all(std::env::var("TABLE").ok().as_deref(), 1);
}

/// A sample of all parts: each is killed, or listed.
#[test]
fn sampled_mutants_are_killed() {
    let cases = cases::all(&Verifier::new());
    for (table, row) in report::read() {
        let outcomes = mutants::table(table, &cases, SAMPLE, ROUNDS, &row.open);
        let survives = |o: &&mutants::Outcome| o.killed.is_none() && o.redundant.is_none();
        let new: Vec<&String> = outcomes.iter().filter(survives).map(|o| &o.what).collect();
        assert!(new.is_empty(), "{}: not killed: {new:#?}", table.name());
    }
}

/// The report is of these circuits.
#[test]
fn the_report_is_of_today() {
    report::check();
}

/// Every part of every table: `TABLE` names some. `ROUNDS` is how long to search; what few rounds kill, more kill too.
#[test]
#[ignore = "an hour"]
fn every_mutant() {
    let cases = cases::all(&Verifier::new());
    let only = std::env::var("TABLE").ok();
    let rounds = std::env::var("ROUNDS").map_or(ROUNDS, |r| r.parse().expect("a number"));
    let mut needed = vec![false; redundant::REDUNDANT.len()];
    for &table in Table::ALL {
        if only.as_ref().is_some_and(|names| !names.split(',').any(|n| n == table.name())) {
            continue;
        }
        let time = Instant::now();
        let outcomes = mutants::table(table, &cases, 1, rounds, &[]);
        let survivors = outcomes.iter().filter(|o| o.killed.is_none());
        survivors.filter_map(|o| o.redundant).for_each(|i| needed[i] = true);
        let row = report::Row::of(&outcomes);
        println!("{}: {:?}, {} redundant, {:?}", table.name(), row.counts, row.redundant, time.elapsed());
        let mut rows = report::read();
        rows.insert(table, row);
        std::fs::write(report::PATH, report::text(&rows)).expect("the report is written");
        for (i, entry) in redundant::REDUNDANT.iter().enumerate().filter(|(_, entry)| entry.table == table) {
            assert!(needed[i], "{} {} is killed", table.name(), entry.what);
        }
    }
}
