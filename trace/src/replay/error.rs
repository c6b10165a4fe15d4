//! What replay finds.

use ember_isa::ExitReason;
use ember_vm::ConfigError;
use thiserror::Error;

use crate::ReadError;

/// What a trace says against the rules.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The program cannot run under these parameters.
    #[error(transparent)]
    Config(ConfigError),
    /// The step is at another address.
    #[error("the step is at {0:#010x}")]
    Pc(u32),
    /// The step has another result.
    #[error("the result is {expected:#x}, the trace has {found:#x}")]
    Result {
        /// By the rules.
        expected: u32,
        /// In the trace.
        found: u32,
    },
    /// The step has another memory word.
    #[error("the memory word is {expected:#x}, the trace has {found:#x}")]
    Memory {
        /// By the rules.
        expected: u32,
        /// In the trace.
        found: u32,
    },
    /// An ecall's result is none that the host could choose.
    #[error("the ecall cannot return {0:#x}")]
    Return(u32),
    /// The words that an ecall passed over are too many or too few.
    #[error("the ecall passes over {expected} words, the trace has another number")]
    WordCount {
        /// By the rules.
        expected: u64,
    },
    /// A word that an ecall passed over was not so before, or cannot be so after.
    #[error("the ecall's word at {address:#010x} cannot go from {old:#x} to {new:#x}")]
    Word {
        /// Address of the word.
        address: u32,
        /// Before, in the trace.
        old: u32,
        /// After, in the trace.
        new: u32,
    },
    /// The trace goes on where the run ends.
    #[error("the run ends here: {0}")]
    Ends(ExitReason),
    /// The trace ends where the run goes on.
    #[error("the run goes on here")]
    GoesOn,
    /// The ending has another value of this name.
    #[error("the ending has another {0}")]
    Ending(&'static str),
}

/// The trace is not that of a run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("step {step} at pc {pc:#010x}: {fault}")]
pub struct ReplayError {
    /// Index of the step, the number of steps before it.
    pub step: u64,
    /// Where the run was, by the rules.
    pub pc: u32,
    /// What is wrong.
    pub fault: Fault,
}

/// An error of [`replay_file`](crate::replay_file).
#[derive(Debug, Error)]
pub enum ReplayFileError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The trace is not that of a run.
    #[error("not a run of this machine: {0}")]
    Replay(#[from] ReplayError),
}
