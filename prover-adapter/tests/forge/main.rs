//! Forges every cell of every table, and sees that nobody would believe it.
//!
//! The full set, which writes `docs/soundness/FORGING.md`:
//!
//! ```text
//! cargo test -p ember-prover-adapter --test forge -- --ignored --nocapture
//! ```
mod campaign;
#[path = "../common/mod.rs"]
mod common;
mod decoder;
mod harmless;
mod mutate;

use std::time::Instant;

use campaign::Campaign;
use common::checker::{Checker, check_all};
use common::rng::Rng;
use common::{Case, programs};
use ember_prover_adapter::{Prover, SegmentLimits, Witness};
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use ember_verifier::{Proof, Segment, Verifier, VerifyError};
use mutate::{Fields, Share};
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;

/// Assembles a program.
type Program = fn() -> Vec<u32>;

/// Runs, each with its segments, at the addresses whose turn it is.
fn runs(prover: &Prover, turn: u64) -> Vec<(&'static str, Vec<Case>)> {
    let programs: [(&str, Program, usize); 5] = [
        ("arithmetic", programs::arithmetic, usize::MAX),
        ("memory", programs::memory, usize::MAX),
        ("segments", programs::segments, 60),
        ("accelerators", programs::accelerators, usize::MAX),
        ("stale", programs::stale, usize::MAX),
    ];
    let place = |n: usize| programs::BASES[(n + turn as usize) % programs::BASES.len()];
    let programs = programs.into_iter().enumerate();
    programs
        .map(|(n, (name, code, instructions))| {
            let limits = SegmentLimits { instructions, ..Default::default() };
            let run = programs::with_base(place(n), || programs::record(&code()));
            (name, Case::segments(prover.verifier(), &run, limits).unwrap())
        })
        .collect()
}

fn cases(prover: &Prover, turn: u64) -> Vec<(&'static str, Case)> {
    let runs = runs(prover, turn).into_iter();
    runs.flat_map(|(name, cases)| cases.into_iter().map(move |case| (name, case))).collect()
}

/// The checker accepts what is honest.
#[test]
fn honest_tables_are_accepted() {
    let prover = Prover::new();
    let h = prover.verifier().hasher();
    for (name, case) in (0..4).flat_map(|turn| cases(&prover, turn)) {
        assert_eq!(check_all(&case.segment.tables, &case.publics(h), h), Ok(()), "{name}");
    }
}

/// Rows of every kind, every column, every way.
#[test]
fn no_forged_cell_is_accepted() {
    let prover = Prover::new();
    let mut campaign = Campaign::default();
    for (name, case) in cases(&prover, 0) {
        campaign.run(name, &Checker::new(&case, prover.verifier().hasher()), false, 1);
    }
    campaign.conclude();
}

/// Forgeries that the checker judges, proven: the verifier judges the same.
fn prove_forgeries(prover: &Prover, per_table: usize, seed: u64) -> usize {
    let verifier = prover.verifier();
    let mut rejected = 0;
    for (name, run) in &runs(prover, seed)[..4] {
        for n in 0..run.len() {
            let honest: Vec<Segment> =
                run.iter().map(|case| case.segment.clone().prove(verifier, &case.head).unwrap()).collect();
            let preamble = &run[n].head.preamble;
            let mut proof = Proof { preamble: preamble.clone(), segments: honest };
            let mut verify = |tables: Vec<(Table, RowMajorMatrix<Val>)>| {
                let segment = Witness { tables, ..run[n].segment.clone() };
                proof.segments[n] = segment.prove(verifier, &run[n].head).unwrap();
                verifier.verify(&run[n].head.statement, &proof)
            };
            rejected += forge_segment(name, &run[n], n, per_table, seed, verifier, &mut verify);
        }
    }
    rejected
}

type Tables = Vec<(Table, RowMajorMatrix<Val>)>;

fn forge_segment(
    name: &str,
    case: &Case,
    n: usize,
    per_table: usize,
    seed: u64,
    verifier: &Verifier,
    verify: &mut dyn FnMut(Tables) -> Result<(), VerifyError>,
) -> usize {
    let mut rejected = 0;
    let checker = Checker::new(case, verifier.hasher());
    let mut harmless = Vec::new();
    for (t, (table, matrix)) in checker.tables.iter().enumerate() {
        // Tables of the whole run are forged there.
        if n > 0 && !matches!(table, Table::Memory | Table::MemoryNode | Table::Csr | Table::Cpu) {
            continue;
        }
        let uses = Fields::of(*table).uses();
        let mut rng = Rng(seed ^ (t as u64) << 40);
        let mut picked = Vec::new();
        for (n, row) in mutate::rows(&checker, t, false).into_iter().enumerate() {
            // A few of a wide table, whose forgeries would fill the memory.
            let of = table.columns().div_ceil(1 << 9);
            let share = Share { from: n % of, of };
            let mut forgeries = Vec::new();
            mutate::forgeries(&checker, t, row, share, &mut rng.clone_with(row), |cells| {
                forgeries.push(cells)
            });
            let cells = forgeries.swap_remove(rng.below(forgeries.len()));
            picked.push((row, cells));
            harmless.extend(
                forgeries
                    .into_iter()
                    .find(|cells| checker.balances(t, &[(row, cells.clone())]))
                    .map(|cells| (t, row, cells)),
            );
        }
        let width = matrix.width();
        for _ in 0..per_table.min(picked.len()) {
            let (row, cells) = picked.swap_remove(rng.below(picked.len()));
            let believed = checker.judge(t, &[(row, cells.clone())], &uses).is_ok();
            let mut forged = case.segment.tables.clone();
            forged[t].1.values[row * width..(row + 1) * width].copy_from_slice(&cells);
            let verified = verify(forged).is_ok();
            assert!(!verified || believed, "{name}: {} row {row} is accepted", table.name());
            rejected += usize::from(!verified);
        }
    }
    // And everything that is harmless, at once.
    let mut free = case.segment.tables.clone();
    for (t, row, cells) in harmless {
        let width = cells.len();
        free[t].1.values[row * width..(row + 1) * width].copy_from_slice(&cells);
    }
    verify(free).expect("harmless changes are harmless");
    rejected
}

#[test]
fn forged_proofs_do_not_verify() {
    let time = Instant::now();
    let rejected = prove_forgeries(&Prover::new(), 1, 7);
    println!("{rejected} forged proofs rejected in {:?}", time.elapsed());
}

/// Every row of every table but the longest, and many proofs. Writes the report.
#[test]
#[ignore = "minutes"]
fn full_set() {
    let prover = Prover::new();
    let mut campaign = Campaign::default();
    for seed in 0..4 {
        for (name, case) in &cases(&prover, seed) {
            campaign.run(name, &Checker::new(case, prover.verifier().hasher()), true, seed);
        }
    }
    campaign.conclude();
    let proofs: usize = (1..=4).map(|seed| prove_forgeries(&prover, 3, seed)).sum();
    let report = format!(
        "{}\n{}\nOf these forgeries {proofs} were also proven and given to the verifier, which rejected every one, and accepted\nproofs with all harmless changes at once.\n",
        include_str!("FORGING.head.md"),
        campaign.report()
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/soundness/FORGING.md");
    std::fs::write(path, report).unwrap();
    println!("{path}");
}
