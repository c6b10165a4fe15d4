//! Edited proof files: never a panic, never accepted.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ember_verifier::ProofFile;

use crate::common::programs::{exit, record};
use crate::common::rng::Rng;
use crate::{Forgery, verifier};

/// What became of edited files.
#[derive(Debug, Default)]
struct Outcome {
    malformed: usize,
    rejected: usize,
    /// Other bytes for the same statement and proof.
    same: Vec<String>,
}

impl Outcome {
    fn try_it(&mut self, honest: &[u8], bytes: &[u8], edit: &str) {
        if bytes == honest {
            return;
        }
        let verified = catch_unwind(AssertUnwindSafe(|| {
            let file = ProofFile::from_bytes(bytes).ok()?;
            let same = file.to_bytes() == honest;
            Some((same, verifier().verify(&file.statement, &file.proof).is_ok()))
        }));
        match verified.unwrap_or_else(|_| panic!("panicked: {edit}")) {
            None => self.malformed += 1,
            Some((true, _)) => self.same.push(edit.into()),
            Some((false, false)) => self.rejected += 1,
            Some((false, true)) => panic!("accepted: {edit}"),
        }
    }
}

fn honest() -> Vec<u8> {
    let (statement, proof) = Forgery::of(&record(&exit(0))).proven();
    ProofFile { statement, proof }.to_bytes()
}

fn edit_bytes(count: usize, seed: u64) -> Outcome {
    let honest = honest();
    let mut rng = Rng(seed);
    let mut outcome = Outcome::default();
    for n in 0..count {
        let mut bytes = honest.clone();
        // The beginning has most of what is not a hash.
        let end = [bytes.len(), 1 << 12, 1 << 15][n % 3].min(bytes.len());
        let at = rng.below(end);
        match n % 8 {
            0 => bytes[at] = 0,
            1 => bytes[at] = 0xff,
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, rng.next() as u8),
            _ => bytes[at] ^= 1 << rng.below(8),
        }
        outcome.try_it(&honest, &bytes, &format!("edit {n} at {at}"));
    }
    for n in 0..count / 8 {
        let at = rng.below(honest.len());
        outcome.try_it(&honest, &honest[..at], &format!("truncated to {at}"));
        let bytes = [&honest[..], &[n as u8]].concat();
        outcome.try_it(&honest, &bytes, "a byte more");
    }
    outcome
}

#[test]
fn edited_proofs_are_refused() {
    let outcome = edit_bytes(400, 3);
    println!("{outcome:?}");
    assert_eq!(outcome.same, Vec::<String>::new());
    assert!(outcome.rejected > 50 && outcome.malformed > 50);
}

/// `cargo test -p ember-prover-adapter --test attacks -- --ignored`
#[test]
#[ignore = "minutes"]
fn many_edited_proofs_are_refused() {
    let outcome = edit_bytes(20_000, 4);
    println!("{} malformed, {} rejected", outcome.malformed, outcome.rejected);
    assert_eq!(outcome.same, Vec::<String>::new());
}

/// Numbers of a file are as short as can be.
#[test]
fn numbers_have_one_encoding() {
    let honest = honest();
    let mut outcome = Outcome::default();
    for at in (10..honest.len().min(1 << 10)).filter(|&at| honest[at] < 0x80) {
        let mut bytes = honest.clone();
        bytes[at] |= 0x80;
        bytes.insert(at + 1, 0);
        outcome.try_it(&honest, &bytes, &format!("overlong at {at}"));
    }
    assert_eq!(outcome.same, Vec::<String>::new());
    assert!(outcome.malformed > 50);
}
