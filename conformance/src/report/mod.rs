//! Reports: counts, and the forms in which a report is written.

mod junit;
mod markdown;

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::engine::Mode;
use crate::outcome::{KIND_NAMES, KINDS};
use crate::runner::TestResult;

/// What became of all tests.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// How much was done with each test.
    pub mode: Mode,
    /// Names of the engines, the reference first.
    pub engines: Vec<&'static str>,
    /// The results, in the tests' order.
    pub results: Vec<TestResult>,
    /// Patterns of manifest entries that named no test.
    pub unused: Vec<String>,
    /// Time from start to end.
    pub seconds: f64,
}

/// Counts of one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By kind of outcome, in the order of [`KIND_NAMES`].
    pub kinds: [usize; KINDS],
    /// Tests whose outcome was not the expected one.
    pub unexpected: usize,
}

impl Counts {
    fn add(&mut self, result: &TestResult) {
        self.kinds[result.outcome.kind()] += 1;
        self.unexpected += usize::from(!result.expected);
    }

    /// Number of tests.
    pub fn total(&self) -> usize {
        self.kinds.iter().sum()
    }
}

impl Report {
    /// Counts of all tests.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.results.iter().for_each(|r| counts.add(r));
        counts
    }

    /// Counts by suite and extension, in order of first appearance.
    pub fn rows(&self) -> Vec<((&str, &str), Counts)> {
        let mut index = BTreeMap::new();
        let mut rows: Vec<((&str, &str), Counts)> = Vec::new();
        for r in &self.results {
            let key = (r.suite.as_str(), r.extension.as_str());
            let i = *index.entry(key).or_insert_with(|| {
                rows.push((key, Counts::default()));
                rows.len() - 1
            });
            rows[i].1.add(r);
        }
        rows
    }

    /// The results that were not expected.
    pub fn unexpected(&self) -> impl Iterator<Item = &TestResult> {
        self.results.iter().filter(|r| !r.expected)
    }

    /// Whether every outcome was the expected one.
    pub fn is_success(&self) -> bool {
        self.unexpected().next().is_none()
    }

    /// JSON: the report as it is, and the counts.
    ///
    /// # Panics
    /// Never: every field has a JSON form.
    pub fn json(&self) -> String {
        let counts = self.counts();
        let kinds: BTreeMap<_, _> = KIND_NAMES.into_iter().zip(counts.kinds).collect();
        let value = serde_json::json!({
            "counts": kinds,
            "unexpected": counts.unexpected,
            "report": self,
        });
        serde_json::to_string_pretty(&value).expect("plain data") + "\n"
    }

    /// The summary for a terminal: a line a row, then whatever was not expected.
    pub fn summary(&self) -> String {
        let mut out = String::new();
        let rows = self.rows();
        let width = rows.iter().map(|((s, e), _)| s.len() + e.len() + 1).max().unwrap_or(0);
        for ((suite, extension), counts) in &rows {
            let name = format!("{suite}/{extension}");
            let _ = writeln!(out, "{name:width$}  {}", describe(counts));
        }
        for r in self.unexpected() {
            let _ = write!(out, "UNEXPECTED {}/{}: {}", r.suite, r.name, r.outcome);
            let _ = match &r.reason {
                Some(reason) => writeln!(out, " (expected otherwise: {reason})"),
                None => writeln!(out),
            };
        }
        for pattern in &self.unused {
            let _ = writeln!(out, "warning: the manifest's entry {pattern} names no test");
        }
        let counts = self.counts();
        let verdict = if self.is_success() { "as expected" } else { "NOT AS EXPECTED" };
        let engines = self.engines.join(", ");
        let _ = write!(out, "{verdict}: {} tests, {} in ", counts.total(), describe(&counts));
        let _ = writeln!(out, "{:.1} s, engines: {engines}", self.seconds);
        out
    }
}

fn describe(counts: &Counts) -> String {
    let mut parts: Vec<String> = KIND_NAMES
        .iter()
        .zip(counts.kinds)
        .filter(|&(name, n)| n > 0 || *name == "pass")
        .map(|(name, n)| format!("{n} {name}"))
        .collect();
    if counts.unexpected > 0 {
        parts.push(format!("{} unexpected", counts.unexpected));
    }
    parts.join(", ")
}
