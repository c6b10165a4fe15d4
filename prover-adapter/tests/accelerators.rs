//! Accelerators: runs that use them, proven and verified, in one segment and in several.
#[path = "common/mod.rs"]
mod common;

use common::checker::check_all;
use common::{Case, programs};
use ember_prover_adapter::{Prover, SegmentLimits};

#[test]
fn a_run_of_all_accelerators_is_proven() {
    let execution = programs::record(&programs::accelerators());
    for instructions in [usize::MAX, 20] {
        let limits = SegmentLimits { instructions, ..Default::default() };
        let prover = Prover::with_limits(limits);
        let h = prover.verifier().hasher();
        let cases = Case::segments(prover.verifier(), &execution, limits).unwrap();
        assert_eq!(cases.len() > 1, instructions == 20);
        for case in &cases {
            assert_eq!(check_all(&case.segment.tables, &case.publics(h), h), Ok(()));
        }
        let (statement, proof) = prover.prove(&execution, &mut |_| {}).unwrap();
        assert_eq!(proof.segments.len(), cases.len());
        prover.verifier().verify(&statement, &proof).unwrap();
    }
}

#[test]
fn a_segment_ends_before_its_tables_are_too_high() {
    let execution = programs::record(&programs::accelerators());
    let segments = |limits| {
        let prover = Prover::with_limits(limits);
        Case::segments(prover.verifier(), &execution, limits).unwrap().len()
    };
    let whole = SegmentLimits::default();
    assert_eq!(segments(whole), 1);
    // A call fills a segment: there is one for each, and one for what comes after the last.
    let calls = 19;
    assert_eq!(segments(SegmentLimits { cells: 1, ..whole }), calls + 1);
}
