//! `docs/soundness/MUTANTS.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use ember_gates::Model;
use ember_gates::repair::{Circuit, Omission};
use ember_verifier::air::Table;

use crate::mutants::Outcome;
use crate::redundant::REDUNDANT;

pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/soundness/MUTANTS.md");

/// What is known of a table.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Row {
    /// Constraints, messages and fields: those killed, and all.
    pub counts: [(usize, usize); 3],
    pub redundant: usize,
    /// What survives without a reason.
    pub open: Vec<String>,
}

fn kind(omission: &Omission) -> usize {
    match omission {
        Omission::Constraint(_) => 0,
        Omission::Message(_) => 1,
        Omission::Field(..) => 2,
    }
}

impl Row {
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut row = Self::default();
        for o in outcomes {
            let (killed, all) = &mut row.counts[kind(&o.omission)];
            *all += 1;
            match (&o.killed, o.redundant) {
                (Some(_), _) => *killed += 1,
                (None, Some(_)) => row.redundant += 1,
                (None, None) => row.open.push(o.what.clone()),
            }
        }
        row
    }
}

/// How many parts of each kind a table has.
fn parts(table: Table) -> [usize; 3] {
    let mut counts = [0; 3];
    let omissions = Circuit::of(&Model::of(table)).omissions();
    omissions.iter().for_each(|omission| counts[kind(omission)] += 1);
    counts
}

fn list() -> String {
    let mut out =
        String::from("| table | part | why nothing false is accepted without it |\n|---|---|---|\n");
    let mut reasons: Vec<(Table, &str, Vec<&str>)> = Vec::new();
    for entry in REDUNDANT {
        match reasons.last_mut() {
            Some((table, why, parts)) if *table == entry.table && *why == entry.why => parts.push(entry.what),
            _ => reasons.push((entry.table, entry.why, vec![entry.what])),
        }
    }
    for (table, why, parts) in reasons {
        let parts: Vec<String> =
            parts.iter().map(|what| format!("`{}`", what.trim_end_matches([' ', ':']))).collect();
        writeln!(out, "| {} | {} | {why} |", table.name(), parts.join(", ")).unwrap();
    }
    out
}

/// The report.
pub fn text(rows: &BTreeMap<Table, Row>) -> String {
    let mut out = String::from(include_str!("MUTANTS.head.md"));
    let mut open = String::new();
    let mut sum = Row::default();
    let mut line = |name: &str, row: &Row| {
        let counts = row.counts.map(|(killed, all)| format!("{killed}/{all}"));
        writeln!(out, "| {name} | {} | {} | {} |", counts.join(" | "), row.redundant, row.open.len())
            .unwrap();
    };
    for (table, row) in rows {
        line(table.name(), row);
        for (sum, (killed, all)) in sum.counts.iter_mut().zip(row.counts) {
            sum.0 += killed;
            sum.1 += all;
        }
        sum.redundant += row.redundant;
        sum.open.extend(row.open.iter().cloned());
        row.open.iter().for_each(|what| writeln!(open, "- {}: {what}", table.name()).unwrap());
    }
    line("all", &sum);
    let missing = Table::ALL.iter().filter(|t| !rows.contains_key(t)).map(|t| t.name());
    let missing: Vec<&str> = missing.collect();
    if !missing.is_empty() {
        writeln!(out, "\nNot measured: {}.", missing.join(", ")).unwrap();
    }
    write!(out, "\n## Redundant\n\n`*` stands for anything, `?` for one character.\n\n{}", list()).unwrap();
    let none = "None.\n".to_owned();
    write!(out, "\n## Open\n\n{}", if open.is_empty() { none } else { open }).unwrap();
    out
}

/// What the file says of each table.
pub fn read() -> BTreeMap<Table, Row> {
    let text = std::fs::read_to_string(PATH).unwrap_or_default();
    let mut rows: BTreeMap<Table, Row> = BTreeMap::new();
    let named = |name: &str| Table::ALL.iter().copied().find(|t| t.name() == name);
    for line in text.lines() {
        if let Some((name, what)) = line.strip_prefix("- ").and_then(|l| l.split_once(": ")) {
            if let Some(row) = named(name).and_then(|t| rows.get_mut(&t)) {
                row.open.push(what.into());
            }
            continue;
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (Some(table), 8) = (cells.get(1).and_then(|name| named(name)), cells.len()) else { continue };
        let pair = |cell: &str| {
            let (killed, all) = cell.split_once('/').expect("a count");
            (killed.parse().expect("a number"), all.parse().expect("a number"))
        };
        let counts = [2, 3, 4].map(|i| pair(cells[i]));
        rows.insert(table, Row { counts, redundant: cells[5].parse().expect("a number"), open: Vec::new() });
    }
    rows
}

/// The file is of these circuits and of this list.
pub fn check() {
    let rows = read();
    for &table in Table::ALL {
        let Some(row) = rows.get(&table) else { continue };
        assert_eq!(
            row.counts.map(|(_, all)| all),
            parts(table),
            "{} has other parts: run `every_mutant`",
            table.name()
        );
    }
    assert_eq!(std::fs::read_to_string(PATH).expect("the report"), text(&rows), "run `every_mutant`");
}
