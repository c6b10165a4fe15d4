//! How a run ends.

use core::fmt;

/// Why a run ended: SPEC section 5. The same type in interpreter, trace, statement and command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ExitReason {
    /// `exit(code)`.
    Halt(u32),
    /// The next instruction's cost would have passed the gas limit; it had no effect.
    OutOfGas,
    /// The word at pc is no instruction of this machine.
    IllegalInstruction,
    /// A taken branch or a jump to the given address, which is not a multiple of 4.
    InstructionAddressMisaligned(u32),
    /// pc lies on no execute page.
    InstructionAccessFault,
    /// A load from the given address, which is not a multiple of the access size.
    LoadAddressMisaligned(u32),
    /// A load, or the source of an ecall, touched the given address, which cannot be read.
    LoadAccessFault(u32),
    /// A store to the given address, which is not a multiple of the access size.
    StoreAddressMisaligned(u32),
    /// A store, or the destination of an ecall, touched the given address, which cannot be written.
    StoreAccessFault(u32),
    /// `ebreak`.
    Breakpoint,
    /// An ecall with this number, which the machine does not have.
    UnknownEcall(u32),
    /// The embedding ended the run during a host call, with this code.
    HostAbort(u32),
}

impl ExitReason {
    /// Its number, from 1 on: what a statement's digest has.
    pub const fn number(self) -> u32 {
        match self {
            Self::Halt(_) => 1,
            Self::OutOfGas => 2,
            Self::IllegalInstruction => 3,
            Self::InstructionAddressMisaligned(_) => 4,
            Self::InstructionAccessFault => 5,
            Self::LoadAddressMisaligned(_) => 6,
            Self::LoadAccessFault(_) => 7,
            Self::StoreAddressMisaligned(_) => 8,
            Self::StoreAccessFault(_) => 9,
            Self::Breakpoint => 10,
            Self::UnknownEcall(_) => 11,
            Self::HostAbort(_) => 12,
        }
    }

    /// Exit code, address, ecall's number or host's code; zero where there is none.
    pub const fn argument(self) -> u32 {
        match self {
            Self::Halt(n)
            | Self::InstructionAddressMisaligned(n)
            | Self::LoadAddressMisaligned(n)
            | Self::LoadAccessFault(n)
            | Self::StoreAddressMisaligned(n)
            | Self::StoreAccessFault(n)
            | Self::UnknownEcall(n)
            | Self::HostAbort(n) => n,
            Self::OutOfGas | Self::IllegalInstruction | Self::InstructionAccessFault | Self::Breakpoint => 0,
        }
    }

    /// Whether the guest ended by itself and reported success.
    pub fn is_success(self) -> bool {
        self == Self::Halt(0)
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Halt(code) => write!(f, "halt with exit code {}", code as i32),
            Self::OutOfGas => write!(f, "out of gas"),
            Self::IllegalInstruction => write!(f, "illegal instruction"),
            Self::InstructionAddressMisaligned(a) => {
                write!(f, "instruction address misaligned: target {a:#010x}")
            }
            Self::InstructionAccessFault => write!(f, "instruction access fault"),
            Self::LoadAddressMisaligned(a) => write!(f, "load address misaligned: {a:#010x}"),
            Self::LoadAccessFault(a) => write!(f, "load access fault: {a:#010x}"),
            Self::StoreAddressMisaligned(a) => write!(f, "store address misaligned: {a:#010x}"),
            Self::StoreAccessFault(a) => write!(f, "store access fault: {a:#010x}"),
            Self::Breakpoint => write!(f, "breakpoint"),
            Self::UnknownEcall(n) => write!(f, "unknown ecall {n:#x}"),
            Self::HostAbort(code) => write!(f, "host abort with code {code}"),
        }
    }
}

/// How and where a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Exit {
    /// Why.
    pub reason: ExitReason,
    /// Address of the instruction that ended the run, which did not retire.
    pub pc: u32,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at pc {:#010x}", self.reason, self.pc)
    }
}
