//! Edits without number.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ember_verifier::ProofFile;

use crate::common::rng::Rng;
use crate::edit::{Corpus, Edit};
use crate::meter::{Cost, metered};
use crate::{PROVER, cut, least, small, wide};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Refused as a file.
    Malformed,
    /// Read, and refused by the verifier.
    Refused,
    /// Accepted.
    Accepted,
}

/// Reads a file and verifies what it holds.
pub fn judge(bytes: &[u8]) -> (Fate, Cost) {
    metered(|| match ProofFile::from_bytes(bytes) {
        Err(_) => Fate::Malformed,
        Ok(file) => match PROVER.verifier().verify(&file.statement, &file.proof) {
            Err(_) => Fate::Refused,
            Ok(()) => Fate::Accepted,
        },
    })
}

/// Counts of one way to edit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    pub malformed: usize,
    pub refused: usize,
    pub accepted: usize,
    pub panicked: usize,
    pub time: Duration,
    pub most: Cost,
    /// Most memory for each byte of the file.
    pub bytes_per_byte: f64,
}

impl Count {
    pub fn tried(&self) -> usize {
        self.malformed + self.refused + self.accepted + self.panicked
    }

    fn add(&mut self, fate: Fate, cost: Cost, len: usize) {
        match fate {
            Fate::Malformed => self.malformed += 1,
            Fate::Refused => self.refused += 1,
            Fate::Accepted => self.accepted += 1,
        }
        self.time += cost.time;
        self.most.time = self.most.time.max(cost.time);
        self.most.bytes = self.most.bytes.max(cost.bytes);
        self.bytes_per_byte = self.bytes_per_byte.max(cost.bytes as f64 / len.max(1 << 16) as f64);
    }

    fn merge(&mut self, other: &Self) {
        self.malformed += other.malformed;
        self.refused += other.refused;
        self.accepted += other.accepted;
        self.panicked += other.panicked;
        self.time += other.time;
        self.most.time = self.most.time.max(other.most.time);
        self.most.bytes = self.most.bytes.max(other.most.bytes);
        self.bytes_per_byte = self.bytes_per_byte.max(other.bytes_per_byte);
    }
}

type Counts = [Count; Edit::ALL.len()];

/// The files that are edited: each for about as long, thus small ones often. And one that is only spliced from.
pub fn corpus() -> Corpus {
    Corpus { trees: vec![least(), small(0), wide(), cut(), small(1)] }
}

/// Judges an edit, and keeps the file if it is believed or does harm.
fn try_one(corpus: &Corpus, edit: Edit, rng: &mut Rng, count: &mut Count) {
    let base = match rng.below(128) {
        0 => 3,
        1 => 2,
        2..6 => 1,
        _ => 0,
    };
    let Some(edited) = corpus.edit(edit, base, rng) else { return };
    let bytes = &edited.bytes;
    if corpus.trees.iter().any(|tree| tree.bytes == *bytes) {
        return;
    }
    let keep = |what: &str| {
        let name = format!("ember-fuzz-{what}-{:016x}.proof", rng.0);
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).expect("the file can be written");
        println!("{what}: {edit:?} of file {}, {}: {}", edited.base, edited.field, path.display());
    };
    match catch_unwind(AssertUnwindSafe(|| judge(bytes))) {
        Err(_) => {
            keep("panicked");
            count.panicked += 1;
        }
        Ok((fate, cost)) => {
            if fate == Fate::Accepted {
                keep("accepted");
            }
            count.add(fate, cost, bytes.len());
        }
    }
}

fn run(corpus: &Corpus, edits: usize, seed: u64, threads: usize) -> Counts {
    let done = AtomicUsize::new(0);
    let worker = |thread: usize| {
        let mut counts = Counts::default();
        let mut rng = Rng(seed).clone_with(thread);
        while done.fetch_add(1, Ordering::Relaxed) < edits {
            let edit = rng.below(Edit::ALL.len());
            try_one(corpus, Edit::ALL[edit], &mut rng, &mut counts[edit]);
        }
        counts
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || worker(thread))).collect();
        let mut sum = Counts::default();
        for worker in workers {
            for (sum, count) in sum.iter_mut().zip(&worker.join().expect("no edit fails")) {
                sum.merge(count);
            }
        }
        sum
    })
}

/// A number from the environment.
fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|e| panic!("{name}: {e}")))
}

/// A sample, of every way.
#[test]
fn edited_files_are_refused() {
    let counts = run(&corpus(), 3_000, 11, 2);
    for (edit, count) in Edit::ALL.iter().zip(&counts) {
        assert!(count.tried() > 40, "{edit:?}: {count:?}");
        assert_eq!((count.accepted, count.panicked), (0, 0), "{edit:?}: {count:?}");
    }
    // Most fields are of the right shape after an edit, and reach the verifier.
    assert!(counts.iter().map(|c| c.refused).sum::<usize>() > 1_000);
}

/// As many as one likes. Writes the report, every 50,000 edits and at the end.
#[test]
#[ignore = "as long as one likes"]
fn many_edits() {
    let edits = number("FUZZ_EDITS", 1_000_000) as usize;
    let (seed, threads) = (number("FUZZ_SEED", 1), number("FUZZ_THREADS", 2) as usize);
    let corpus = corpus();
    let start = Instant::now();
    let mut counts = Counts::default();
    let mut done = 0;
    while done < edits {
        let round = (edits - done).min(50_000);
        let more = run(&corpus, round, seed ^ (done as u64) << 24, threads);
        counts.iter_mut().zip(&more).for_each(|(sum, count)| sum.merge(count));
        done += round;
        println!("{done} edits, {:.0} s", start.elapsed().as_secs_f64());
        let how = format!("Seed {seed}, {threads} threads, {} seconds.", start.elapsed().as_secs());
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/soundness/FUZZING.md");
        std::fs::write(path, report(&corpus, &counts, &how)).expect("the report can be written");
    }
    assert!(counts.iter().all(|c| c.accepted + c.panicked == 0));
}

fn report(corpus: &Corpus, counts: &Counts, how: &str) -> String {
    let paths: BTreeSet<&String> = corpus.trees.iter().flat_map(|t| &t.paths).collect();
    let files = corpus.trees.iter().map(|tree| {
        let cost = judge(&tree.bytes).1;
        let mib = cost.bytes as f64 / f64::from(1 << 20);
        format!("| {} | {} | {:.1} | {mib:.1} |\n", tree.bytes.len(), tree.nodes.len(), ms(cost.time))
    });
    let mut sum = Count::default();
    let mut table = String::new();
    for (edit, count) in Edit::ALL.iter().zip(counts) {
        table += &row(edit.what(), count);
        sum.merge(count);
    }
    table += &row("**all**", &sum);
    format!(
        "{}\n{how} {} names of fields.\n\n\
         | honest file, bytes | fields | verified in ms | most memory, MiB |\n|--:|--:|--:|--:|\n{}\n\
         | edit | tried | malformed | refused | accepted | panics | ms, mean | ms, most | most memory, MiB \
         | of the file's size |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n{table}",
        include_str!("FUZZING.head.md"),
        paths.len(),
        files.collect::<String>(),
    )
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn row(name: &str, c: &Count) -> String {
    let mean = ms(c.time) / c.tried().max(1) as f64;
    format!(
        "| {name} | {} | {} | {} | {} | {} | {mean:.1} | {:.0} | {:.1} | {:.1} |\n",
        c.tried(),
        c.malformed,
        c.refused,
        c.accepted,
        c.panicked,
        ms(c.most.time),
        c.most.bytes as f64 / f64::from(1 << 20),
        c.bytes_per_byte
    )
}
