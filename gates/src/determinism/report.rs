//! The page of verdicts.

use std::fmt::Write;
use std::io;
use std::time::Duration;

use ember_verifier::air::Table;

use super::search::{Limits, Verdict};
use super::solver::Solver;
use super::tables::{Method, method};
use crate::Model;

/// What came of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The table's name.
    pub table: &'static str,
    /// What is given, and what follows.
    pub says: &'static str,
    /// `solver`, `argument` or `**not shown**`.
    pub verdict: &'static str,
    /// Parts that the solver was asked to show, and how many it did.
    pub parts: [usize; 2],
    /// Those that it did not show, and what it said.
    pub open: Vec<(String, Verdict)>,
    /// Questions to it.
    pub questions: usize,
    /// Its time.
    pub time: Duration,
}

impl Row {
    /// Shows a table to be deterministic, or not.
    ///
    /// # Errors
    /// If a solver ends.
    ///
    /// # Panics
    /// If the table has no method.
    pub fn of(table: Table, solver: &mut Solver, limits: Limits) -> io::Result<Self> {
        let model = Model::of(table);
        let Method { says, plans } =
            method(table.name(), &model).unwrap_or_else(|| panic!("nobody has thought of {}", table.name()));
        let (questions, time) = (solver.questions, solver.time);
        let mut row = Self {
            table: table.name(),
            says,
            verdict: "argument",
            parts: [0; 2],
            open: Vec::new(),
            questions: 0,
            time: Duration::ZERO,
        };
        for (name, plan) in &plans {
            for (part, verdict) in plan.check(&model, solver, limits)? {
                row.parts[0] += 1;
                if verdict == Verdict::Shown {
                    row.parts[1] += 1;
                } else {
                    row.open.push((format!("{name}, {part}"), verdict));
                }
            }
        }
        if !plans.is_empty() {
            row.verdict = if row.open.is_empty() { "solver" } else { "**not shown**" };
        }
        row.questions = solver.questions - questions;
        row.time = solver.time - time;
        Ok(row)
    }

    /// The line of the page, without questions and time.
    pub fn stable(&self) -> String {
        let [asked, shown] = self.parts;
        let parts = if asked == 0 { String::new() } else { format!("{shown} of {asked}") };
        format!("| {} | {} | {} | {parts} |", self.table, self.says, self.verdict)
    }

    /// The line of the page.
    pub fn line(&self) -> String {
        match self.parts[0] {
            0 => format!("{} | |", self.stable()),
            _ => format!("{} {} | {:.0} s |", self.stable(), self.questions, self.time.as_secs_f64().ceil()),
        }
    }
}

/// The page of these rows, after its head.
pub fn page(head: &str, rows: &[Row]) -> String {
    let mut page = head.to_owned();
    page +=
        "\n| table | given → follows | shown by | parts | questions | time |\n|---|---|---|--:|--:|--:|\n";
    for row in rows {
        page += &row.line();
        page.push('\n');
    }
    let open: Vec<&Row> = rows.iter().filter(|row| !row.open.is_empty()).collect();
    if !open.is_empty() {
        page += "\nNot shown, within ten minutes each:\n\n";
    }
    for row in open {
        for (part, verdict) in &row.open {
            let why = match verdict {
                Verdict::Hole(_) => "the solver finds two copies",
                _ => "the solver finds no answer",
            };
            let _ = writeln!(page, "- {}, {part}: {why}", row.table);
        }
    }
    page
}
