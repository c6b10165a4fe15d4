//! What a proof costs, from the sizes of its tables.

use std::collections::BTreeSet;

use ember_verifier::params::{self, CAP_HEIGHT, LOG_BLOWUP, QUERIES};
use p3_fri::fold_schedule;

use crate::prove::TableSize;
use crate::stark::{DIMENSION, TableKey};

/// Bytes of a field element in a proof.
const ELEMENT_BYTES: f64 = 4.0;
/// Elements of a digest.
const DIGEST: f64 = 8.0;

impl TableSize {
    /// Columns that a proof commits to: the table's own, those of its look-ups, and those of its quotients.
    pub fn committed_columns(&self) -> usize {
        let key = TableKey::of(self.table);
        self.columns + DIMENSION * (key.columns.len() + 1) + DIMENSION * (1 << key.log_chunks)
    }

    /// Committed cells. A proof's time is nearly proportional to those of all its tables.
    pub fn cells(&self) -> u64 {
        self.rows as u64 * self.committed_columns() as u64
    }
}

/// About how many bytes a segment takes in a proof file whose proof has these tables: openings of rows and the hashes
/// that Merkle trees share between queries, on average over the queries.
pub fn segment_bytes(tables: &[TableSize]) -> u64 {
    let queries = QUERIES as f64;
    // Nodes of a level that queries reach.
    let reached = |log_nodes: usize| {
        let nodes = (log_nodes as f64).exp2();
        nodes * (1.0 - (1.0 - 1.0 / nodes).powf(queries))
    };
    // Siblings that complete the reached nodes of each level, up to the layer that is sent whole.
    let siblings = |log_leaves: usize| -> f64 {
        (CAP_HEIGHT + 1..=log_leaves).map(|log| 2.0 * reached(log - 1) - reached(log)).sum()
    };
    let cap = DIGEST * (CAP_HEIGHT as f64).exp2();
    let tree = |log_leaves: usize| DIGEST * siblings(log_leaves) + cap;

    let heights: BTreeSet<usize> = tables.iter().map(|t| t.rows.ilog2() as usize + LOG_BLOWUP).collect();
    let heights: Vec<usize> = heights.into_iter().rev().collect();
    let Some(&highest) = heights.first() else { return 0 };
    let columns: usize = tables.iter().map(TableSize::committed_columns).sum();
    // Three commitments: tables, look-ups, quotients. Columns are opened at a point, many at the next one too.
    let mut elements = queries * columns as f64 + 3.0 * tree(highest);
    elements += (DIMENSION * 2 * columns) as f64;
    let fri = params::fri_parameters();
    let last = fri.log_blowup + fri.log_final_poly_len;
    let mut log_height = highest;
    for log_arity in fold_schedule(&heights, last, fri.max_log_arity) {
        log_height -= log_arity;
        elements += queries * (DIMENSION * ((1 << log_arity) - 1)) as f64 + tree(log_height);
    }
    (ELEMENT_BYTES * elements) as u64
}

#[cfg(test)]
mod tests {
    use ember_trace::{Execution, Limits};
    use ember_vm::{NoHost, Program, RunConfig};

    use super::segment_bytes;
    use crate::{Prover, witnesses};

    #[test]
    fn a_segment_is_about_as_large_as_predicted() {
        let prover = Prover::new();
        for (name, input) in [("hello", &b"x"[..]), ("fibonacci", &[0, 4, 0, 0]), ("sha256", &[7; 1000])] {
            let path = format!("{}/../examples/elf/{name}.elf", env!("CARGO_MANIFEST_DIR"));
            let program = Program::load(&std::fs::read(path).unwrap()).unwrap();
            let config = RunConfig { input: input.to_vec(), ..Default::default() };
            let run = Execution::record(&program, config, &mut NoHost, Limits::steps(1 << 20)).unwrap();
            let verifier = prover.verifier();
            let (head, segments) = witnesses(verifier, &run, Default::default()).unwrap();
            let [witness] = <[_; 1]>::try_from(segments).ok().unwrap();
            let predicted = segment_bytes(&witness.sizes()) as f64;
            let actual = witness.prove(verifier, &head).unwrap().to_bytes().len() as f64;
            assert!((0.97..1.03).contains(&(predicted / actual)), "{name}: {predicted} for {actual}");
        }
    }
}
