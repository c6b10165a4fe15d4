//! Random programs through every engine: all must see the same.

use ember_conformance::engine::{Engine, EngineError, Job, Mode, Observation, Sliced, engines};
use ember_conformance::runner::attempt;
use ember_conformance::setup::Setup;
use ember_conformance::strategy;
use std::num::NonZeroU64;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn job<'a>(setup: &'a Setup, program: &'a ember_vm::Program) -> Job<'a> {
    Job {
        program,
        config: &setup.config,
        private: &setup.private,
        host_calls: true,
        steps: 1 << 20,
        tohost: None,
    }
}

fn agree(engines: &[Box<dyn Engine>], setup: &Setup) -> Result<(), TestCaseError> {
    let program = setup.program().expect("the strategies make images");
    let job = job(setup, &program);
    let runs: Vec<Result<Observation, EngineError>> =
        engines.iter().map(|e| attempt(e.as_ref(), &job)).collect();
    for (engine, run) in engines.iter().zip(&runs) {
        match (&runs[0], run) {
            (Ok(first), Ok(seen)) => {
                let difference = first.difference(seen);
                prop_assert!(difference.is_none(), "{}: {}", engine.name(), difference.unwrap());
            }
            // Such as a host call that returns, in a proof.
            (Ok(_), Err(EngineError::Unsupported(_))) => {}
            (first, other) => {
                prop_assert_eq!(first.as_ref().err(), other.as_ref().err(), "{}", engine.name())
            }
        }
    }
    Ok(())
}

fn traced_and_sliced(slice: u64) -> Vec<Box<dyn Engine>> {
    let mut engines = engines(Mode::Trace);
    engines.push(Box::new(Sliced(NonZeroU64::new(slice).expect("not zero"))));
    engines
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn tame_programs(setup in strategy::tame_program(), slice in 1u64..=64) {
        agree(&traced_and_sliced(slice), &setup)?;
    }

    #[test]
    fn wild_programs(setup in strategy::wild_program(), slice in 1u64..=64) {
        agree(&traced_and_sliced(slice), &setup)?;
    }

    #[test]
    fn noise(setup in strategy::noise(), slice in 1u64..=64) {
        agree(&traced_and_sliced(slice), &setup)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: config().cases / 100, ..config() })]

    #[test]
    fn proofs(setup in strategy::program()) {
        agree(&PROVING, &setup)?;
    }
}

static PROVING: LazyLock<Vec<Box<dyn Engine>>> = LazyLock::new(|| engines(Mode::Prove));

/// `PROPTEST_CASES` programs, or enough for every commit, and a hundredth of them for proofs. What fails once is
/// kept, and tried first ever after.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2000);
    let kept = FileFailurePersistence::Direct("tests/differential.regressions");
    ProptestConfig { cases, failure_persistence: Some(Box::new(kept)), ..ProptestConfig::default() }
}

/// The strategies reach what they are for: every kind of ending, and runs that are not trivially short.
#[test]
fn strategies_reach_every_ending() {
    use ember_conformance::outcome::trap_parts;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    use std::collections::BTreeMap;

    let mut runner = TestRunner::deterministic();
    let mut endings = BTreeMap::new();
    let mut long = 0;
    for _ in 0..4000 {
        let setup = strategy::program().new_tree(&mut runner).unwrap().current();
        let program = setup.program().unwrap();
        if let Ok(seen) = ember_conformance::engine::Reference.run(&job(&setup, &program)) {
            let ember_conformance::engine::Ending::Exit(exit) = seen.ending else { panic!("no end") };
            *endings.entry(trap_parts(exit.reason).0).or_insert(0) += 1;
            long += u32::from(seen.instructions > 60);
        }
    }
    println!("{endings:?}, {long} of more than 60 instructions");
    assert_eq!(endings.len(), 12, "{endings:?}");
    assert!(endings.values().all(|&n| n >= 5) && long > 200, "{endings:?}, {long} long");
}
