//! How many bits of security a proof has, and by which theorem.
//!
//! The argument is round by round (eprint 2023/1071, 2024/1553): a prover that evaluates the hash T times makes a false proof
//! with a chance of at most T times the largest error of a round, and the errors are those of [`Security::terms`]. Words that
//! the prover commits to may be close to several polynomials, at most [`list_size`] tuples of them; whatever a challenge
//! must not hit is counted for each. Tables of several heights count as words over the domain of the highest: what is
//! committed on a smaller one is a polynomial in a power of x there, of the same bound on the degree.
//!
//! `docs/soundness/README.md` says from where the theorems are known here.

use alloc::vec::Vec;

use libm::{log2, pow, sqrt};
use p3_batch_stark::num_batched_openings;
use p3_field::PrimeField32;
use p3_lookup::Lookups;
use p3_uni_stark::OpeningShape;

use crate::air::Table;
use crate::params::{
    BATCH_POW_BITS, DIMENSION, LOG_ARITY, LOG_BLOWUP, MAX_DEGREE, QUERIES, QUERY_POW_BITS, Val,
};

/// A bound on how many challenges combine words into one that is closer to the code than they are, up to the Johnson radius.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theorem {
    /// eprint 2020/654, Theorem 6.2: of the order of n^2.
    Quadratic,
    /// eprint 2025/2055, Theorem 4.2, as it is printed: the one that counts.
    Linear,
    /// The same with the multiplicity of Theorem 1.5 there, which is half; that of Theorem 4.2 is a misprint, say the
    /// authors of `soundcalc`, who asked.
    LinearCorrected,
    /// eprint 2026/2056, Theorem 5.12, which is about lines, and counted here once for each power of a challenge: `p3-security`
    /// derives that in a comment.
    LinesBeyond,
}

impl Theorem {
    /// All, the one that counts first.
    pub const ALL: [Self; 4] = [Self::Linear, Self::LinearCorrected, Self::LinesBeyond, Self::Quadratic];

    /// Where it is published.
    pub const fn citation(self) -> &'static str {
        match self {
            Self::Quadratic => "eprint 2020/654, Theorem 6.2",
            Self::Linear => "eprint 2025/2055, Theorem 4.2 as printed",
            Self::LinearCorrected => "eprint 2025/2055, Theorem 4.2 with the multiplicity of Theorem 1.5",
            Self::LinesBeyond => "eprint 2026/2056, Theorem 5.12, extended from lines to curves",
        }
    }

    /// log2 of the exceptional challenges of a line, of words over `2^(log_rows + LOG_BLOWUP)` points and polynomials of
    /// `2^log_rows` coefficients, for an agreement above [`agreement`] of `m`. A curve has as many for each degree.
    pub fn exceptions(self, log_rows: usize, m: usize) -> f64 {
        let n = pow(2.0, (log_rows + LOG_BLOWUP) as f64);
        if log_rows == 0 {
            // Constants: two points that agree for a challenge and not for all, of n (n - 1) / 2 pairs.
            return log2(n * (n - 1.0) / 2.0);
        }
        // The degree over n, not the number of coefficients.
        let rate = (pow(2.0, log_rows as f64) - 1.0) / n;
        let radius = 1.0 - agreement(m);
        let linear = |m: f64| {
            (2.0 * pow(m, 5.0) + 3.0 * m * radius * rate) / (3.0 * pow(rate, 1.5)) * n + m / sqrt(rate)
        };
        let m = m as f64;
        log2(match self {
            Self::Quadratic => pow(m + 0.5, 7.0) / (3.0 * pow(rate, 1.5)) * n * n,
            Self::Linear => linear(2.0 * m + 0.5),
            Self::LinearCorrected => linear(m + 0.5),
            Self::LinesBeyond => 8.0 * n * pow(m + 0.5, 3.0) / (3.0 * rate),
        })
    }
}

/// Share of the points at which a word agrees with a polynomial when it counts as close to it: a little above the root of the
/// rate, 1 less the Johnson radius. The greater the multiplicity `m`, the nearer.
pub fn agreement(m: usize) -> f64 {
    sqrt(RATE) * (1.0 + 0.5 / m as f64)
}

/// The most polynomials, or tuples of them, with which words agree so much (Guruswami and Sudan).
pub fn list_size(m: usize) -> f64 {
    (m as f64 + 0.5) / sqrt(RATE)
}

/// Coefficients of a polynomial over points.
const RATE: f64 = 1.0 / (1 << LOG_BLOWUP) as f64;
/// Collision resistance of the commitments' hash, in bits: eight elements of 31 bits.
const HASH_BITS: f64 = 123.0;
/// Points at which a column is opened.
const POINTS: f64 = 2.0;

/// What of the parameters decides the security.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// FRI queries.
    pub queries: usize,
    /// Bits of proof of work before the challenge that combines the openings.
    pub batch_pow_bits: usize,
    /// Bits of proof of work before the queries.
    pub query_pow_bits: usize,
}

/// Those of the protocol.
pub const PARAMETERS: Parameters =
    Parameters { queries: QUERIES, batch_pow_bits: BATCH_POW_BITS, query_pow_bits: QUERY_POW_BITS };

/// What of a table decides the security.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Values that are opened.
    pub openings: usize,
    /// Constraints, those of lookups too.
    pub constraints: usize,
    /// Messages of a row.
    pub messages: usize,
    /// Elements of the longest message.
    pub width: usize,
}

impl Counts {
    /// Those of a table with its lookups.
    pub fn of(table: Table, lookups: &Lookups<Val>) -> Self {
        let width = lookups.iter().flat_map(|lookup| &lookup.elements).map(Vec::len).max();
        Self {
            openings: num_batched_openings(
                table.columns(),
                table.reads_next_row(),
                0,
                false,
                MAX_DEGREE - 1,
                lookups.len(),
                DIMENSION,
                OpeningShape::TwoAdic,
            ),
            // The running sum has three: on the first row, from row to row, and on the last.
            constraints: table.constraint_count() + lookups.len() + 3,
            messages: lookups.iter().map(|lookup| lookup.elements.len()).sum(),
            width: width.unwrap_or(0),
        }
    }
}

/// A source of error, and the security that it leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// What may go wrong.
    pub name: &'static str,
    /// -log2 of its probability.
    pub bits: f64,
    /// Where the bound is from.
    pub source: &'static str,
}

/// The proven security of a proof.
#[derive(Clone, Debug)]
pub struct Security {
    theorem: Theorem,
    terms: Vec<Term>,
}

impl Security {
    /// The security of a proof whose tables have these heights (log2 of the rows) by a theorem, at the multiplicity that shows
    /// most.
    pub fn of(tables: &[(usize, Counts)], parameters: &Parameters, theorem: Theorem) -> Self {
        // The greater the multiplicity, the more the queries show and the less all else does: the first maximum is the only one.
        let mut best = Vec::new();
        for m in 3.. {
            match terms(tables, parameters, theorem, m) {
                Some(terms) if best.is_empty() || least(&terms) > least(&best) => best = terms,
                _ => break,
            }
        }
        Self { theorem, terms: best }
    }

    /// Proven bits: the least term's. Zero where the highest table is so low that the theorems say nothing.
    pub fn bits(&self) -> f64 {
        if self.terms.is_empty() { 0.0 } else { least(&self.terms) }
    }

    /// The theorem that it rests on.
    pub fn theorem(&self) -> Theorem {
        self.theorem
    }

    /// The term that bounds it.
    pub fn bound(&self) -> Option<&Term> {
        self.terms.iter().min_by(|a, b| a.bits.total_cmp(&b.bits))
    }

    /// Every term.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }
}

fn least(terms: &[Term]) -> f64 {
    terms.iter().map(|term| term.bits).fold(f64::INFINITY, f64::min)
}

/// The terms at a multiplicity; `None` where columns opened at two points may not be of low degree.
fn terms(
    tables: &[(usize, Counts)],
    parameters: &Parameters,
    theorem: Theorem,
    m: usize,
) -> Option<Vec<Term>> {
    let log_rows = tables.iter().map(|(height, _)| *height).max()?;
    let rows = pow(2.0, log_rows as f64);
    if agreement(m) <= sqrt(RATE * (rows + POINTS) / rows) {
        return None;
    }
    let sum = |count: fn(&Counts) -> usize| tables.iter().map(|(_, c)| count(c)).sum::<usize>() as f64;
    let messages: f64 = tables.iter().map(|(height, c)| c.messages as f64 * pow(2.0, *height as f64)).sum();
    let width = tables.iter().map(|(_, c)| c.width).max()? as f64;
    let list = log2(list_size(m));
    // log2 of the order of the field of challenges.
    let field = DIMENSION as f64 * log2(f64::from(Val::ORDER_U32));
    // A layer below the highest is a sum of at most as many words as the arity, and of one that begins there.
    let folds = (0..log_rows).map(|layer| {
        let arity = (log_rows - layer).min(LOG_ARITY);
        arity as f64 + theorem.exceptions(layer, m)
    });
    let fold = folds.fold(0.0, f64::max);
    let batch = theorem.exceptions(log_rows, m) + log2(sum(|c| c.openings) - 1.0);
    let degree = (MAX_DEGREE as f64) * (rows + POINTS - 1.0) + rows - 1.0;
    let term = |name, bits, source| Term { name, bits, source };
    Some(alloc::vec![
        term(
            "queries",
            parameters.query_pow_bits as f64 - parameters.queries as f64 * log2(agreement(m)),
            "eprint 2024/1553, Theorem 2",
        ),
        term("combination of openings", field - batch + parameters.batch_pow_bits as f64, theorem.citation()),
        term("folding", field - fold, theorem.citation()),
        term("out-of-domain point", field - 2.0 * list - log2(degree), "eprint 2024/1553, Theorem 2"),
        term("lookups", field - list - log2(messages * (width + 2.0)), "eprint 2022/1530"),
        term(
            "combination of constraints",
            field - list - log2(sum(|c| c.constraints)),
            "eprint 2024/1553, Theorem 2",
        ),
        term("collisions", HASH_BITS, "eight elements of 31 bits"),
    ])
}
