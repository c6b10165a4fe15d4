//! What the tests of soundness share: programs, an evaluator of the circuits, and a checker of forged tables.
#![allow(dead_code)]

pub mod checker;
pub mod eval;
pub mod liar;
pub mod programs;
pub mod recount;
pub mod rng;

use ember_memory::{Layout, digest::Hasher};
use ember_prover_adapter::{Execution, Proof, ProveError, SegmentLimits, Statement, Witness, witnesses};
use ember_verifier::{Head, State, Verifier};

/// A segment of a run, to be forged.
#[derive(Clone)]
pub struct Case {
    pub head: Head,
    pub segment: Witness,
}

impl Case {
    /// A run of one segment.
    pub fn of(verifier: &Verifier, execution: &Execution) -> Result<Self, ProveError> {
        let mut cases = Self::segments(verifier, execution, SegmentLimits::default())?;
        assert_eq!(cases.len(), 1);
        Ok(cases.remove(0))
    }

    /// Every segment of a run.
    pub fn segments(
        verifier: &Verifier,
        execution: &Execution,
        limits: SegmentLimits,
    ) -> Result<Vec<Self>, ProveError> {
        let (head, segments) = witnesses(verifier, execution, limits)?;
        Ok(segments.into_iter().map(|segment| Self { head: head.clone(), segment }).collect())
    }

    /// Makes the only segment begin and end as the statement says.
    pub fn agree(&mut self) {
        let Head { statement, preamble } = &self.head;
        if let Ok(layout) = Layout::new(&preamble.header, statement.memory_limit, preamble.input_len as usize)
        {
            self.segment.start = State::pristine(&preamble.header, &preamble.image_root, &layout);
        }
        let end = &mut self.segment.end;
        end.pc = statement.exit.pc;
        end.instructions = statement.instructions as u32;
        end.journal_len = statement.journal.len() as u32;
        end.private_bytes = statement.private_bytes as u32;
    }

    /// Proves the only segment.
    pub fn prove(self, verifier: &Verifier) -> Result<(Statement, Proof), ProveError> {
        prove(vec![self], verifier)
    }

    /// The public values of the tables.
    pub fn publics(&self, h: &Hasher) -> Vec<Vec<ember_verifier::params::Val>> {
        self.segment.publics(h, &self.head).unwrap()
    }
}

/// Proves the segments of a run.
pub fn prove(cases: Vec<Case>, verifier: &Verifier) -> Result<(Statement, Proof), ProveError> {
    let Head { statement, preamble } = cases[0].head.clone();
    let segments =
        cases.into_iter().map(|case| case.segment.prove(verifier, &case.head)).collect::<Result<_, _>>()?;
    Ok((statement, Proof { preamble, segments }))
}
