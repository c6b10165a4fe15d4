//! Statements and proofs, for people and as JSON.

use anyhow::{Context, Result, anyhow};
use ember_cli::json;
use ember_memory::Transcript;
use ember_verifier::air::Table;
use ember_verifier::params::{BATCH_POW_BITS, QUERIES, QUERY_POW_BITS};
use ember_verifier::security::{Security, Theorem};
use ember_verifier::{Segment, Statement, Verifier, VerifyError};
use ember_vm::Program;
use serde_json::{Value, json};

use crate::args::unhex;
use crate::guest::Symbols;
use crate::report::{Report, gas_table_text, hex, journal_text, private_text};

/// Adds a statement to a report; with the program, also where in it the run ended.
pub fn describe(report: &mut Report, statement: &Statement, program: Option<(&Program, &Symbols)>) {
    report
        .field("statement", to_json(statement))
        .note("image id", statement.image_id.to_string())
        .note("input digest", statement.input_digest.to_string())
        .exit(statement.exit, program)
        .note("gas", format!("{} of {}", statement.gas_used, statement.gas_limit))
        .note("instructions", statement.instructions.to_string())
        .note("journal", journal_text(&statement.journal))
        .note("private input", private_text(statement.private_bytes))
        .note(
            "host calls",
            match statement.transcript {
                transcript if transcript == Transcript::default() => "none".to_owned(),
                Transcript(digest) => format!("transcript {digest}"),
            },
        )
        .note("gas table", gas_table_text(&statement.gas_table))
        .note("memory limit", format!("{} bytes", statement.memory_limit));
}

/// A statement as JSON: its fields, the journal in hexadecimal.
pub fn to_json(statement: &Statement) -> Value {
    let without_journal = Statement { journal: Vec::new(), ..statement.clone() };
    let mut value = serde_json::to_value(without_journal).unwrap_or_default();
    value["journal"] = hex(&statement.journal).into();
    value
}

/// Reads a statement, alone or as the `statement` of what a command printed.
pub fn from_json(text: &[u8]) -> Result<Statement> {
    let mut value = json::parse(text)?;
    if let Some(inner) = value.get_mut("statement") {
        value = inner.take();
    }
    let journal = value.get_mut("journal").context("not a statement: no `journal`")?;
    let bytes = journal.as_str().and_then(unhex).ok_or_else(|| anyhow!("`journal` is not hexadecimal"))?;
    *journal = Value::Array(Vec::new());
    let statement = serde_json::from_value(value).context("not a statement")?;
    Ok(Statement { journal: bytes, ..statement })
}

/// The tables of a segment and their sizes, as lines and as JSON.
pub fn tables(segment: &Segment) -> (Vec<String>, Value) {
    let present = Table::ALL.iter().filter(|&&table| segment.tables >> table as u32 & 1 == 1);
    let sizes = present.zip(&segment.stark.degree_bits);
    let (lines, values): (Vec<String>, Vec<Value>) = sizes
        .map(|(table, log_rows)| {
            let (name, columns) = (table.name(), table.columns());
            let text = format!("{name:<10}  2^{log_rows:<2} rows of {columns} columns");
            (text, json!({ "table": name, "log_rows": log_rows, "columns": columns }))
        })
        .unzip();
    (lines, values.into())
}

/// The segment of a proof that proves least, of those so far.
pub struct Weakest<'a> {
    verifier: &'a Verifier,
    security: Option<Security>,
    /// How many there were.
    pub segments: u64,
}

impl<'a> Weakest<'a> {
    /// None so far.
    pub fn new(verifier: &'a Verifier) -> Self {
        Self { verifier, security: None, segments: 0 }
    }

    /// Looks at a segment.
    pub fn add(&mut self, segment: &Segment) -> Result<(), VerifyError> {
        let security = self.verifier.security_of(segment)?;
        self.segments += 1;
        if self.security.as_ref().is_none_or(|weakest| security.bits() < weakest.bits()) {
            self.security = Some(security);
        }
        Ok(())
    }

    /// Proven bits with one digit after the point, rounded down.
    pub fn bits(&self) -> f64 {
        self.security.as_ref().map_or(0.0, |security| (security.bits() * 10.0).floor() / 10.0)
    }

    /// Adds what the proof would prove, if it is valid.
    pub fn describe(&self, report: &mut Report) {
        let bits = self.bits();
        let theorem = Theorem::Linear.citation();
        let bound = self.security.as_ref().and_then(Security::bound).map(|term| term.name);
        let terms: &[_] = self.security.as_ref().map_or(&[], Security::terms);
        let terms: Vec<Value> = terms
            .iter()
            .map(|term| json!({ "term": term.name, "bits": term.bits, "source": term.source }))
            .collect();
        report
            .row(
                "security",
                format!(
                    "{bits:.1} bits proven if valid, by {theorem}; the bound: {}",
                    bound.unwrap_or("none")
                ),
                json!({ "proven_bits": bits, "theorem": theorem, "bound": bound, "terms": terms }),
            )
            .row(
                "parameters",
                format!("{QUERIES} queries, {BATCH_POW_BITS} and {QUERY_POW_BITS} bits of proof of work"),
                json!({
                    "queries": QUERIES,
                    "batch_pow_bits": BATCH_POW_BITS,
                    "query_pow_bits": QUERY_POW_BITS,
                }),
            );
    }
}
