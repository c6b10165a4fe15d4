#![doc = include_str!("../README.md")]
//!
//! Source: SPEC sections 1 to 5.
#![cfg_attr(not(test), no_std)]
#![deny(missing_docs)]

extern crate alloc;

/// `right`, in every build that anybody uses. With `cfg(mutants)` and one of the named bugs active, what belongs to
/// that bug.
#[cfg(not(mutants))]
macro_rules! seeded {
    ($right:expr $(, $mutant:ident => $wrong:expr)* $(,)?) => {
        $right
    };
}
/// Nothing, in every build that anybody uses. With `cfg(mutants)` and the bug active, what belongs to it.
#[cfg(not(mutants))]
macro_rules! bug {
    ($mutant:ident => $wrong:expr) => {};
}
#[cfg(mutants)]
macro_rules! bug {
    ($mutant:ident => $wrong:expr) => {
        if crate::mutants::active() == Some(crate::mutants::Mutant::$mutant) {
            $wrong
        }
    };
}
#[cfg(mutants)]
macro_rules! seeded {
    ($right:expr $(, $mutant:ident => $wrong:expr)* $(,)?) => {
        match crate::mutants::active() {
            $(Some(crate::mutants::Mutant::$mutant) => $wrong,)*
            _ => $right,
        }
    };
}

pub mod accel;
mod config;
mod ecall;
mod fast;
mod host;
mod machine;
#[cfg(mutants)]
pub mod mutants;
mod pool;
mod program;
pub mod semantics;
mod tracer;

pub use config::{ConfigError, RunConfig};
pub use ember_isa::ecall::{MAX_HOST_CALL_LEN, MAX_IO_LEN, MAX_JOURNAL_LEN, abort};
pub use ember_isa::{Exit, ExitReason, GasTable, GasTableError};
pub use ember_memory::{Image, ImageError, LayoutError, Transcript};
pub use host::{Host, HostReply, NoHost, PrivateInput};
pub use machine::{Machine, Status};
pub use pool::MachinePool;
pub use program::Program;
pub use tracer::{NoTrace, Step, Tracer};
