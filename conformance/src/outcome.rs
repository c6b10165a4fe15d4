//! What became of a test.

use std::fmt;

use ember_isa::{Exit, ExitReason};
use serde::Serialize;

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// It passed, in every engine of the mode.
    Pass,
    /// It ran to its end and reported, or left behind, the wrong thing.
    Fail {
        /// Number of the failing test case, where the program says (riscv-tests do).
        #[serde(skip_serializing_if = "Option::is_none")]
        test: Option<u32>,
        /// What was wrong.
        detail: String,
    },
    /// The program trapped.
    Trap {
        /// The [`ExitReason`]'s name.
        kind: &'static str,
        /// Address of the instruction.
        pc: u32,
        /// The faulting address, the jump's target, the ecall's number or the host's code, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<u32>,
    },
    /// It ran into the step limit.
    Timeout {
        /// The limit.
        steps: u64,
    },
    /// It was not run, or an engine cannot run it.
    Unsupported {
        /// Why.
        reason: String,
    },
    /// Two engines saw different things.
    Disagree {
        /// An engine.
        first: &'static str,
        /// Another engine.
        second: &'static str,
        /// What `first` saw against what `second` saw.
        detail: String,
    },
    /// Replay rejected the trace, the prover could not prove the run, or the verifier rejected the proof.
    Rejected {
        /// The engine that says so.
        engine: &'static str,
        /// What it says.
        detail: String,
    },
}

/// Number of kinds of outcome.
pub const KINDS: usize = 7;
/// Names of the kinds of outcome, in the order of [`Outcome::kind`].
pub const KIND_NAMES: [&str; KINDS] =
    ["pass", "fail", "trap", "timeout", "unsupported", "disagree", "rejected"];

impl Outcome {
    /// The outcome of a program that ended with `exit` where an `exit(0)` would have been right.
    pub fn trap(exit: Exit) -> Self {
        let (kind, value) = trap_parts(exit.reason);
        Self::Trap { kind, pc: exit.pc, value }
    }

    /// A failure without a test number.
    pub fn fail(detail: impl Into<String>) -> Self {
        Self::Fail { test: None, detail: detail.into() }
    }

    /// Index of the outcome's kind in [`KIND_NAMES`].
    pub fn kind(&self) -> usize {
        match self {
            Self::Pass => 0,
            Self::Fail { .. } => 1,
            Self::Trap { .. } => 2,
            Self::Timeout { .. } => 3,
            Self::Unsupported { .. } => 4,
            Self::Disagree { .. } => 5,
            Self::Rejected { .. } => 6,
        }
    }

    /// Name of the outcome's kind.
    pub fn kind_name(&self) -> &'static str {
        KIND_NAMES[self.kind()]
    }
}

/// Name of an ending and the number that it carries: address, ecall number or code.
pub fn trap_parts(reason: ExitReason) -> (&'static str, Option<u32>) {
    use ExitReason::*;
    match reason {
        Halt(code) => ("Halt", Some(code)),
        OutOfGas => ("OutOfGas", None),
        IllegalInstruction => ("IllegalInstruction", None),
        InstructionAddressMisaligned(a) => ("InstructionAddressMisaligned", Some(a)),
        InstructionAccessFault => ("InstructionAccessFault", None),
        LoadAddressMisaligned(a) => ("LoadAddressMisaligned", Some(a)),
        LoadAccessFault(a) => ("LoadAccessFault", Some(a)),
        StoreAddressMisaligned(a) => ("StoreAddressMisaligned", Some(a)),
        StoreAccessFault(a) => ("StoreAccessFault", Some(a)),
        Breakpoint => ("Breakpoint", None),
        UnknownEcall(n) => ("UnknownEcall", Some(n)),
        HostAbort(code) => ("HostAbort", Some(code)),
    }
}

/// One line.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("pass"),
            Self::Fail { test: Some(n), detail } if detail.is_empty() => write!(f, "fail: test {n}"),
            Self::Fail { test: Some(n), detail } => write!(f, "fail: test {n}, {detail}"),
            Self::Fail { test: None, detail } => write!(f, "fail: {detail}"),
            Self::Trap { kind, pc, value: Some(value) } => {
                write!(f, "trap: {kind}({value:#010x}) at pc {pc:#010x}")
            }
            Self::Trap { kind, pc, value: None } => write!(f, "trap: {kind} at pc {pc:#010x}"),
            Self::Timeout { steps } => write!(f, "timeout after {steps} instructions"),
            Self::Unsupported { reason } => write!(f, "unsupported: {reason}"),
            Self::Disagree { first, second, detail } => {
                write!(f, "engines disagree: {first} and {second}: {detail}")
            }
            Self::Rejected { engine, detail } => write!(f, "{engine} rejects: {detail}"),
        }
    }
}
