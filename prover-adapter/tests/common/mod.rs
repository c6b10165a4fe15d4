//! What the tests of soundness share: programs, an evaluator of the circuits, and a checker of forged tables.
#![allow(dead_code)]

pub mod checker;
pub mod eval;
pub mod liar;
pub mod programs;
pub mod recount;
pub mod rng;

use ember_prover_adapter::Witness;

/// A copy, to be forged.
pub fn copy(w: &Witness) -> Witness {
    Witness {
        statement: w.statement.clone(),
        tables: w.tables.clone(),
        header: w.header,
        image_root: w.image_root,
        input_len: w.input_len,
        input_root: w.input_root,
        last: w.last,
        openings: w.openings.clone(),
    }
}
