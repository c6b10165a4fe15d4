//! The parameters reach the promised security, by the theorems that are named, and the pages say what is computed.

use ember_verifier::Verifier;
use ember_verifier::air::Table;
use ember_verifier::params::{DIMENSION, LOG_BLOWUP, MAX_DEGREE, MIN_LOG_HEIGHT, fri_parameters};
use ember_verifier::security::{Counts, PARAMETERS, Parameters, Security, Theorem};
use p3_security::logup::{self, LogUpAir};
use p3_security::report::SecurityTerm;
use p3_security::shape::{InstanceShape, StarkAirParams};
use p3_security::stark::proven_security_report;

const LARGEST: usize = Table::Cpu.max_log_height();

/// All tables, as if each had that many rows.
fn all_at(verifier: &Verifier, log_rows: usize) -> Vec<(usize, Counts)> {
    Table::ALL.iter().map(|&table| (log_rows, verifier.counts(table))).collect()
}

fn bits(verifier: &Verifier, log_rows: usize, batch_pow_bits: usize, theorem: Theorem) -> f64 {
    let parameters = Parameters { batch_pow_bits, ..PARAMETERS };
    Security::of(&all_at(verifier, log_rows), &parameters, theorem).bits()
}

/// Rounded down.
fn tenths(bits: f64) -> String {
    format!("{:.1}", (bits * 10.0).floor() / 10.0)
}

#[test]
fn a_hundred_bits_are_proven_at_every_height_that_is_accepted() {
    let verifier = Verifier::new();
    assert!(verifier.security().bits() >= 100.0);
    for log_rows in 0..=LARGEST {
        let security = Security::of(&all_at(&verifier, log_rows), &PARAMETERS, Theorem::Linear);
        assert_eq!(security.bits() >= 100.0, log_rows >= MIN_LOG_HEIGHT, "{log_rows}: {security:?}");
        assert!(security.bits() >= verifier.security().bits() || log_rows < MIN_LOG_HEIGHT, "{log_rows}");
    }
    assert!(Table::ALL.iter().all(|table| table.max_log_height() <= LARGEST));
}

#[test]
fn fewer_and_lower_tables_prove_no_less() {
    let verifier = Verifier::new();
    let of = |tables: &[(usize, Counts)]| Security::of(tables, &PARAMETERS, Theorem::Linear).bits();
    for log_rows in [MIN_LOG_HEIGHT, 12, LARGEST] {
        let all = all_at(&verifier, log_rows);
        for i in 0..all.len() {
            let mut fewer = all.clone();
            fewer.remove(i);
            assert!(of(&fewer) >= of(&all));
            let mut lower = all.clone();
            lower[i].0 = 0;
            assert!(of(&lower) >= of(&all));
        }
    }
}

/// Computed by hand, in decimal arithmetic of 50 digits.
#[test]
fn exceptions_are_those_of_the_theorems() {
    for (log_rows, m, theorem, expected) in [
        (21, 36, Theorem::Linear, 53.814584),
        (21, 36, Theorem::LinearCorrected, 48.864161),
        (21, 36, Theorem::LinesBeyond, 39.984512),
        (21, 36, Theorem::Quadratic, 80.243810),
        (10, 10, Theorem::Linear, 33.704913),
        (10, 10, Theorem::LinearCorrected, 28.878762),
        (10, 10, Theorem::LinesBeyond, 23.593399),
        (10, 10, Theorem::Quadratic, 45.663374),
        (1, 3, Theorem::Linear, 17.917365),
        (1, 3, Theorem::LinearCorrected, 13.453344),
        (1, 3, Theorem::LinesBeyond, 10.837102),
        (1, 3, Theorem::Quadratic, 18.066522),
        // One pair of two points.
        (0, 3, Theorem::Linear, 0.0),
    ] {
        let computed = theorem.exceptions(log_rows, m);
        assert!((computed - expected).abs() < 1e-6, "{theorem:?} 2^{log_rows} {m}: {computed}");
    }
}

/// What two audits found without proof of work before the combination of openings, and with ten bits of it.
#[test]
fn levels_are_those_that_auditors_computed() {
    let verifier = Verifier::new();
    let at = |batch_pow_bits, theorem| bits(&verifier, LARGEST, batch_pow_bits, theorem);
    assert!((96.6..97.0).contains(&at(0, Theorem::LinearCorrected)));
    assert!((79.0..80.0).contains(&at(0, Theorem::Quadratic)));
    assert!((100.2..100.7).contains(&at(0, Theorem::LinesBeyond)));
    assert!((100.4..101.0).contains(&at(10, Theorem::LinearCorrected)));
    // By what is printed that is not enough.
    assert!(at(12, Theorem::Linear) < 100.0);
    let low: Vec<String> =
        (1..=6).map(|log_rows| tenths(bits(&verifier, log_rows, 0, Theorem::LinesBeyond))).collect();
    assert_eq!(low, ["0.0", "0.0", "73.7", "88.1", "95.7", "99.5"]);
}

/// `p3-security` rests on the same theorem, uses a smaller field (154 bits), counts neither the candidates of a lookup nor
/// the square of their number, and folds as if the highest layer were folded into itself: each of its terms is near ours.
#[test]
fn terms_agree_with_p3_security() {
    let verifier = Verifier::new();
    let fri = fri_parameters();
    for log_rows in [MIN_LOG_HEIGHT, 12, 16, 20, LARGEST] {
        let tables = all_at(&verifier, log_rows);
        let sum = |count: fn(&Counts) -> usize| tables.iter().map(|(_, c)| count(c)).sum::<usize>();
        let air = StarkAirParams {
            num_constraints: sum(|c| c.constraints),
            max_constraint_degree: MAX_DEGREE,
            num_quotient_chunks: MAX_DEGREE - 1,
            max_combo: 2,
        };
        let shape = InstanceShape {
            log_trace_length: log_rows,
            modulus_bits: 31 * DIMENSION - 1,
            collision_resistance: 123,
            num_batched_functions: sum(|c| c.openings),
        };
        let messages = LogUpAir {
            num_interactions: sum(|c| c.messages),
            max_message_width: tables.iter().map(|(_, c)| c.width).max().unwrap(),
        };
        let grinding = fri.grinding_sites();
        let extras: Vec<SecurityTerm> =
            logup::security_term(&messages, &shape, &grinding).into_iter().collect();
        let theirs = proven_security_report(&fri.security_regime(), &air, &shape, &extras, &grinding);
        let ours = Security::of(&tables, &PARAMETERS, Theorem::LinesBeyond);
        let difference = ours.bits() - theirs.security_bits();
        assert!((-0.1..3.0).contains(&difference), "2^{log_rows}: {ours:?} {theirs:?}");
    }
    assert_eq!(LOG_BLOWUP, 1);
}

/// The tables of `docs/soundness/README.md`.
#[test]
fn the_pages_say_what_is_computed() {
    let verifier = Verifier::new();
    let heights = [MIN_LOG_HEIGHT, 16, 20, LARGEST];
    let columns: String = heights.iter().map(|height| format!(" 2^{height} rows |")).collect();
    let row = |name: &str, values: &[f64], last: &str| {
        let values: String = values.iter().map(|&bits| format!(" {} |", tenths(bits))).collect();
        format!("| {name} |{values} {last} |\n")
    };
    let at = heights.map(|height| Security::of(&all_at(&verifier, height), &PARAMETERS, Theorem::Linear));
    let mut terms = format!("| term |{columns} by |\n|---|--:|--:|--:|--:|---|\n");
    for (i, term) in at[0].terms().iter().enumerate() {
        terms += &row(term.name, &at.each_ref().map(|security| security.terms()[i].bits), term.source);
    }
    terms += &row("**least**", &at.each_ref().map(Security::bits), "");
    let mut theorems =
        format!("| bits proven by |{columns} 2^{LARGEST}, no work |\n|---|--:|--:|--:|--:|--:|\n");
    for theorem in Theorem::ALL {
        let values = heights.map(|height| bits(&verifier, height, PARAMETERS.batch_pow_bits, theorem));
        theorems += &row(theorem.citation(), &values, &tenths(bits(&verifier, LARGEST, 0, theorem)));
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let page = std::fs::read_to_string(format!("{folder}/docs/soundness/README.md")).unwrap();
    for table in [terms, theorems] {
        assert!(page.contains(&table), "docs/soundness/README.md must have\n{table}");
    }
    let Parameters { queries, batch_pow_bits, query_pow_bits } = PARAMETERS;
    let parameters = format!(
        "{queries} queries, {query_pow_bits} bits of proof of work before them, {batch_pow_bits} before"
    );
    assert!(page.contains(&parameters), "docs/soundness/README.md must have: {parameters}");
}
