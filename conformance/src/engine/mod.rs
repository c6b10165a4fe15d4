//! What runs programs: interpreters, trace replay, the prover.
//!
//! An [`Engine`] takes a [`Job`] and gives an [`Observation`]. Everything else in this crate is indifferent to
//! which engine it was. A new engine is one implementation here and one line in [`engines`].

mod interpreter;
mod observation;
mod prover;
mod trace;

use std::fmt;

use ember_vm::ConfigError;
use ember_vm::{Program, RunConfig};

pub use interpreter::{Fast, Reference, Sliced};
pub(crate) use observation::bytes_differ;
pub use observation::{Ending, FinalMemory, Observation};
pub use prover::ProveAndVerify;
pub use trace::TraceReplay;

use crate::host::TestHost;

/// A run to be made.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The program.
    pub program: &'a Program,
    /// Gas table, limits and public input.
    pub config: &'a RunConfig,
    /// Private input.
    pub private: &'a [u8],
    /// Whether the host answers the calls of [`crate::host::call`].
    pub host_calls: bool,
    /// Most instructions.
    pub steps: u64,
    /// Address of the word `tohost`: the run also ends with the store that makes it nonzero.
    pub tohost: Option<u32>,
}

impl<'a> Job<'a> {
    /// The host of this run, fresh.
    pub fn host(&self) -> TestHost<'a> {
        if self.host_calls { TestHost::new(self.private) } else { TestHost::without_calls(self.private) }
    }
}

/// Why an engine gives no observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// The run cannot start.
    Start(ConfigError),
    /// The engine cannot do such a run at all, and why.
    Unsupported(String),
    /// Replay found the trace wrong, proving failed, or the verifier rejected.
    Rejected(String),
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(e) => write!(f, "the run cannot start: {e}"),
            Self::Unsupported(why) => write!(f, "unsupported: {why}"),
            Self::Rejected(why) => write!(f, "rejected: {why}"),
        }
    }
}

/// Something that runs programs.
pub trait Engine: Send + Sync {
    /// Name, for reports.
    fn name(&self) -> &'static str;

    /// Makes the run.
    ///
    /// # Errors
    /// [`EngineError`].
    fn run(&self, job: &Job<'_>) -> Result<Observation, EngineError>;
}

/// How much is done with each test. Each mode contains the ones before it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Run it in every interpreter and compare.
    Run,
    /// Also record a trace and replay it.
    Trace,
    /// Also prove the run and verify the proof.
    Prove,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Run => "run",
            Self::Trace => "trace",
            Self::Prove => "prove",
        })
    }
}

/// The engines of a mode, the reference interpreter first.
pub fn engines(mode: Mode) -> Vec<Box<dyn Engine>> {
    let mut engines: Vec<Box<dyn Engine>> = vec![Box::new(Reference), Box::new(Fast)];
    if mode >= Mode::Trace {
        engines.push(Box::new(TraceReplay));
    }
    if mode >= Mode::Prove {
        engines.push(Box::new(ProveAndVerify::default()));
    }
    engines
}
