//! The table per extension, as markdown.

use std::fmt::Write;

use super::{Counts, Report};
use crate::outcome::{KIND_NAMES, Outcome};

impl Report {
    /// A table of counts per suite and extension, then every test that did not pass, with the reason where that
    /// was expected. The same for the same outcomes: no times, no engine names.
    pub fn markdown(&self) -> String {
        let mut out = String::from("| suite | extension | tests |");
        KIND_NAMES.iter().for_each(|name| {
            let _ = write!(out, " {name} |");
        });
        out.push_str(" unexpected |\n|---|---|---:|");
        out.push_str(&"---:|".repeat(KIND_NAMES.len() + 1));
        out.push('\n');
        for ((suite, extension), counts) in self.rows() {
            row(&mut out, suite, extension, &counts);
        }
        row(&mut out, "**all**", "", &self.counts());
        let others = || self.results.iter().filter(|r| r.outcome != Outcome::Pass);
        if others().next().is_some() {
            out.push_str("\n| test | outcome | expected | reason |\n|---|---|---|---|\n");
        }
        for r in others() {
            let expected = if r.expected { "yes" } else { "**no**" };
            let reason = cell(r.reason.as_deref().unwrap_or(""));
            let outcome = cell(&r.outcome.to_string());
            let _ = writeln!(out, "| {}/{} | {outcome} | {expected} | {reason} |", r.suite, cell(&r.name));
        }
        out
    }
}

fn row(out: &mut String, suite: &str, extension: &str, counts: &Counts) {
    let _ = write!(out, "| {} | {} | {} |", cell(suite), cell(extension), counts.total());
    for n in counts.kinds.into_iter().chain([counts.unexpected]) {
        let _ = write!(out, " {n} |");
    }
    out.push('\n');
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
