//! Edited proof files: no panic, none accepted, and never more time or memory than their size allows.
//!
//! A set of any size, which writes `docs/soundness/FUZZING.md`:
//!
//! ```text
//! FUZZ_EDITS=1000000 FUZZ_SEED=1 FUZZ_THREADS=2 \
//!     cargo test --release -p ember-prover-adapter --test fuzz -- --ignored --nocapture many_edits
//! ```
mod campaign;
#[path = "../common/mod.rs"]
mod common;
mod edit;
mod hostile;
mod meter;
mod sweep;
mod tree;

use std::sync::LazyLock;

use common::programs;
use ember_isa::{Op, ecall};
use ember_prover_adapter::{Execution, Prover, SegmentLimits};
use ember_verifier::ProofFile;
use tree::Tree;

static PROVER: LazyLock<Prover> = LazyLock::new(Prover::new);

/// An honest proof file of a run, and its fields.
fn honest(run: &Execution) -> Tree {
    honest_by(&PROVER, run)
}

fn honest_by(prover: &Prover, run: &Execution) -> Tree {
    let (statement, proof) = prover.prove(run, &mut |_| {}).expect("a proof");
    let file = ProofFile { statement, proof };
    PROVER.verifier().verify(&file.statement, &file.proof).expect("an honest proof verifies");
    Tree::of(&file)
}

/// The smallest proof there is: the first instruction is none.
fn least() -> Tree {
    honest(&programs::record(&[0]))
}

/// Few tables, and an ending that needs openings of several pages.
fn small(code: u32) -> Tree {
    honest(&programs::record(&programs::exit(code)))
}

/// A run in several segments, which hand over memory.
fn cut() -> Tree {
    let store = vec![programs::i(Op::Sw, 0, 2, 8, -4), programs::i(Op::Lw, 9, 2, 0, -4)];
    let code = [programs::li(8, 77), store, programs::exit(0)].concat();
    let prover = Prover::with_limits(SegmentLimits { instructions: 2, ..SegmentLimits::default() });
    let tree = honest_by(&prover, &programs::record(&code));
    assert!(tree.frames.len() > 3, "the head, and several segments");
    tree
}

/// Every table of a run in one segment but `Touch`.
fn wide() -> Tree {
    let code = [
        programs::li(8, programs::place().data),
        vec![
            programs::i(Op::Lbu, 9, 8, 0, 1),
            programs::i(Op::Div, 9, 8, 9, 0),
            programs::i(Op::Sll, 9, 8, 9, 0),
            programs::i(Op::Xor, 9, 8, 9, 0),
            programs::i(Op::Csrrs, 9, 0, 0, 0xc00),
            programs::i(Op::Sw, 0, 2, 9, -4),
        ],
        programs::call(ecall::READ, &[ecall::FD_INPUT, programs::place().data + 1, 13]),
        programs::call(ecall::WRITE, &[ecall::FD_JOURNAL, programs::place().data, 3]),
        programs::exit(0),
    ];
    honest(&programs::record(&code.concat()))
}
