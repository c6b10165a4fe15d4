//! The metered RV32EM interpreter.
//!
//! ```
//! use ember_vm::{Machine, NoHost, Program, RunConfig};
//! # use ember_memory::{Image, Part, Perm};
//! # let code = [0x0070_0513u32, 0x05d0_0293, 0x0000_0073].map(u32::to_le_bytes).concat();
//! # let part = Part { address: 0x1000, data: &code, mem_len: 12, perm: Perm::EXECUTE };
//! # let image = Image::from_parts(0x1000, &[part])?;
//! let program = Program::new(image); // or Program::load(elf_bytes)?
//! let mut machine = Machine::new(&program, RunConfig::default())?;
//! let exit = machine.run(&mut NoHost);
//! println!("{exit}, {} gas, {} instructions", machine.gas_used(), machine.instructions());
//! # assert_eq!(exit.reason, ember_isa::ExitReason::Halt(7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Source: SPEC sections 1 to 5.
#![cfg_attr(not(test), no_std)]
#![deny(missing_docs)]

extern crate alloc;

/// `right`, in every build that anybody uses. With the feature `mutants` and one of the named bugs active, what
/// belongs to that bug.
#[cfg(not(feature = "mutants"))]
macro_rules! seeded {
    ($right:expr $(, $mutant:ident => $wrong:expr)* $(,)?) => {
        $right
    };
}
/// Nothing, in every build that anybody uses. With the feature `mutants` and the bug active, what belongs to it.
#[cfg(not(feature = "mutants"))]
macro_rules! bug {
    ($mutant:ident => $wrong:expr) => {};
}
#[cfg(feature = "mutants")]
macro_rules! bug {
    ($mutant:ident => $wrong:expr) => {
        if crate::mutants::active() == Some(crate::mutants::Mutant::$mutant) {
            $wrong
        }
    };
}
#[cfg(feature = "mutants")]
macro_rules! seeded {
    ($right:expr $(, $mutant:ident => $wrong:expr)* $(,)?) => {
        match crate::mutants::active() {
            $(Some(crate::mutants::Mutant::$mutant) => $wrong,)*
            _ => $right,
        }
    };
}

mod config;
mod ecall;
mod fast;
mod host;
mod machine;
#[cfg(feature = "mutants")]
pub mod mutants;
mod pool;
mod program;
pub mod semantics;
mod tracer;

pub use config::RunConfig;
pub use ember_isa::ecall::{MAX_HOST_CALL_LEN, MAX_JOURNAL_LEN, abort};
pub use ember_memory::Transcript;
pub use host::{Host, HostReply, NoHost, PrivateInput};
pub use machine::{Machine, Status};
pub use pool::MachinePool;
pub use program::Program;
pub use tracer::{NoTrace, Step, Tracer};
