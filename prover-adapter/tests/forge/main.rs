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
use common::checker::{Checker, check_all, publics_of};
use common::rng::Rng;
use common::{copy, programs};
use ember_prover_adapter::{Prover, Witness};
use mutate::Fields;

fn witnesses(prover: &Prover) -> Vec<(&'static str, Witness)> {
    let of = |code: Vec<u32>| Witness::of(prover.verifier(), &programs::record(&code)).unwrap();
    vec![
        ("arithmetic", of(programs::arithmetic())),
        ("memory", of(programs::memory())),
        ("stale", of(programs::stale())),
    ]
}

/// The checker accepts what is honest.
#[test]
fn honest_tables_are_accepted() {
    let prover = Prover::new();
    let h = prover.verifier().hasher();
    for (name, witness) in witnesses(&prover) {
        assert_eq!(check_all(&witness.tables, &publics_of(&witness, h), h), Ok(()), "{name}");
    }
}

/// Rows of every kind, every column, every way.
#[test]
fn no_forged_cell_is_accepted() {
    let prover = Prover::new();
    let mut campaign = Campaign::default();
    for (name, witness) in witnesses(&prover) {
        campaign.run(name, &Checker::new(&witness, prover.verifier().hasher()), false, 1);
    }
    campaign.conclude();
}

/// Forgeries that the checker judges, proven: the verifier judges the same.
fn prove_forgeries(prover: &Prover, per_table: usize, seed: u64) -> usize {
    let verifier = prover.verifier();
    let mut rejected = 0;
    for (name, witness) in &witnesses(prover)[..2] {
        let checker = Checker::new(witness, verifier.hasher());
        let mut harmless = Vec::new();
        for (t, (table, matrix)) in checker.tables.iter().enumerate() {
            let uses = Fields::of(*table).uses();
            let mut rng = Rng(seed ^ (t as u64) << 40);
            let mut picked = Vec::new();
            for row in mutate::rows(&checker, t, false) {
                let mut forgeries = Vec::new();
                mutate::forgeries(&checker, t, row, &mut rng.clone_with(row), |cells| forgeries.push(cells));
                let cells = forgeries.swap_remove(rng.below(forgeries.len()));
                picked.push((row, cells));
                harmless.extend(
                    forgeries
                        .into_iter()
                        .find(|cells| checker.balances(t, &[(row, cells.clone())]))
                        .map(|cells| (t, row, cells)),
                );
            }
            let width = matrix.values.len() / p3_matrix::Matrix::height(matrix);
            for _ in 0..per_table.min(picked.len()) {
                let (row, cells) = picked.swap_remove(rng.below(picked.len()));
                let believed = checker.judge(t, &[(row, cells.clone())], &uses).is_ok();
                let mut forged = copy(witness);
                forged.tables[t].1.values[row * width..(row + 1) * width].copy_from_slice(&cells);
                let (statement, proof) = forged.prove(verifier).unwrap();
                let verified = verifier.verify(&statement, &proof).is_ok();
                assert!(!verified || believed, "{name}: {} row {row} is accepted", table.name());
                rejected += usize::from(!verified);
            }
        }
        // And everything that is harmless, at once.
        let mut free = copy(witness);
        for (t, row, cells) in harmless {
            let width = cells.len();
            free.tables[t].1.values[row * width..(row + 1) * width].copy_from_slice(&cells);
        }
        let (statement, proof) = free.prove(verifier).unwrap();
        verifier.verify(&statement, &proof).expect("harmless changes are harmless");
    }
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
    let witnesses = witnesses(&prover);
    for seed in 1..=3 {
        for (name, witness) in &witnesses {
            campaign.run(name, &Checker::new(witness, prover.verifier().hasher()), true, seed);
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
