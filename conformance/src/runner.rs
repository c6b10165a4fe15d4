//! Runs tests in every engine and judges them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use ember_vm::{Program, RunConfig};
use rayon::prelude::*;
use serde::Serialize;

use crate::case::Case;
use crate::elf_test::ElfTest;
use crate::engine::{Ending, Engine, EngineError, Job, Mode, Observation};
use crate::manifest::{ExpectedKind, Manifest};
use crate::outcome::Outcome;

/// What a test is.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Data of this crate.
    Case(Box<Case>),
    /// A file.
    Elf(Box<ElfTest>),
}

/// One test.
#[derive(Clone, Debug)]
pub struct Test {
    /// The suite: `own`, `riscv-tests`, or a directory's name.
    pub suite: String,
    /// The row of the table in which the test counts.
    pub extension: String,
    /// Name, unique in its suite.
    pub name: String,
    /// What it is.
    pub subject: Subject,
}

impl From<Case> for Test {
    fn from(case: Case) -> Self {
        Self {
            suite: "own".to_owned(),
            extension: case.group.to_owned(),
            name: format!("{}/{}", case.group, case.name),
            subject: Subject::Case(Box::new(case)),
        }
    }
}

/// What became of one test.
#[derive(Clone, Debug, Serialize)]
pub struct TestResult {
    /// [`Test::suite`].
    pub suite: String,
    /// [`Test::extension`].
    pub extension: String,
    /// [`Test::name`].
    pub name: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Whether that is what was expected.
    pub expected: bool,
    /// The manifest's reason, where the manifest names the test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Instructions retired in the reference interpreter, where it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
    /// Gas used there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gas: Option<u64>,
    /// Time that all engines together took.
    pub seconds: f64,
}

/// Runs tests.
pub struct Runner<'a> {
    /// The engines; the first is the one that the others are compared with.
    pub engines: &'a [Box<dyn Engine>],
    /// The mode that the engines are of.
    pub mode: Mode,
    /// Which tests are expected not to pass.
    pub manifest: &'a Manifest,
    /// Most instructions of a test.
    pub steps: u64,
}

impl Runner<'_> {
    /// Runs tests on as many threads as rayon's current pool has, and tells `done` of each as it ends. The
    /// results are in the tests' order.
    pub fn run_all(&self, tests: &[Test], done: impl Fn(&TestResult) + Sync) -> Vec<TestResult> {
        let run = |test| {
            let result = self.run(test);
            done(&result);
            result
        };
        tests.par_iter().with_max_len(1).map(run).collect()
    }

    /// Runs one test.
    pub fn run(&self, test: &Test) -> TestResult {
        let start = Instant::now();
        let entry = self.manifest.entry(&test.name, self.mode);
        let mut seen = None;
        let outcome = match entry {
            Some(e) if e.outcome == ExpectedKind::Unsupported && e.mode.is_none() => {
                Outcome::Unsupported { reason: e.reason.clone() }
            }
            _ => {
                // Whether it is worth asking further engines after the first one.
                let go_on = |o: &Outcome| match entry {
                    Some(e) if e.outcome != ExpectedKind::Unsupported => e.admits(o),
                    _ => *o == Outcome::Pass,
                };
                self.outcome(&test.subject, &mut seen, &go_on)
            }
        };
        let expected = entry.map_or_else(|| outcome == Outcome::Pass, |e| e.admits(&outcome));
        TestResult {
            suite: test.suite.clone(),
            extension: test.extension.clone(),
            name: test.name.clone(),
            outcome,
            expected,
            reason: entry.map(|e| e.reason.clone()),
            instructions: seen.as_ref().map(|o| o.instructions),
            gas: seen.as_ref().map(|o| o.gas),
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    fn outcome(
        &self,
        subject: &Subject,
        seen: &mut Option<Observation>,
        go_on: &dyn Fn(&Outcome) -> bool,
    ) -> Outcome {
        match subject {
            Subject::Case(case) => {
                let program = match case.setup.program() {
                    Ok(program) => program,
                    Err(e) => return Outcome::Unsupported { reason: e.to_string() },
                };
                let job = self.job(&program, &case.setup.config, &case.setup.private, true);
                self.compare(&job, seen, go_on, &|o| match (o.ending, case.expect.unmet(o)) {
                    (_, None) => Outcome::Pass,
                    (Ending::StepLimit { .. }, _) => Outcome::Timeout { steps: o.instructions },
                    (_, Some(detail)) => Outcome::fail(detail),
                })
            }
            Subject::Elf(test) => {
                let loaded = match test.load() {
                    Ok(loaded) => loaded,
                    Err(reason) => return Outcome::Unsupported { reason },
                };
                let job =
                    Job { tohost: loaded.tohost, ..self.job(&loaded.program, &test.config, &[], false) };
                self.compare(&job, seen, go_on, &|o| loaded.judge(o))
            }
        }
    }

    fn job<'b>(
        &self,
        program: &'b Program,
        config: &'b RunConfig,
        private: &'b [u8],
        host_calls: bool,
    ) -> Job<'b> {
        Job { program, config, private, host_calls, steps: self.steps, tohost: None }
    }

    /// Runs a job in the first engine and judges it; if that is as expected, runs it in the others too.
    fn compare(
        &self,
        job: &Job<'_>,
        seen: &mut Option<Observation>,
        go_on: &dyn Fn(&Outcome) -> bool,
        judge: &dyn Fn(&Observation) -> Outcome,
    ) -> Outcome {
        let mut outcome = Outcome::Pass;
        for engine in self.engines {
            let observation = match attempt(engine.as_ref(), job) {
                Ok(observation) => observation,
                Err(EngineError::Rejected(detail)) => {
                    return Outcome::Rejected { engine: engine.name(), detail };
                }
                Err(EngineError::Unsupported(why)) => {
                    return Outcome::Unsupported { reason: format!("{}: {why}", engine.name()) };
                }
                Err(e) => return Outcome::Unsupported { reason: format!("{}: {e}", engine.name()) },
            };
            match seen {
                None => {
                    outcome = judge(&observation);
                    *seen = Some(observation);
                    if !go_on(&outcome) {
                        return outcome;
                    }
                }
                Some(first) => {
                    if let Some(detail) = first.difference(&observation) {
                        let (first, second) = (self.engines[0].name(), engine.name());
                        return Outcome::Disagree { first, second, detail };
                    }
                }
            }
        }
        outcome
    }
}

/// Runs a job; an engine that panics has rejected it.
pub fn attempt(engine: &dyn Engine, job: &Job<'_>) -> Result<Observation, EngineError> {
    catch_unwind(AssertUnwindSafe(|| engine.run(job))).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(EngineError::Rejected(format!("panicked: {text}")))
    })
}
