//! The instruction set of Ember: RV32E + M + Zicntr + Zifencei, on 16 registers.
//!
//! One table ([`op`]) lists every operation with its encoding, operand format, gas class and circuit family.
//! Decoder, encoder, disassembler, gas table, interpreters and circuits read it; nothing else lists
//! instructions. Source: *The RISC-V Instruction Set Manual, Volume I* (rv32, rv32e, m-st-ext, zicsr, zicntr,
//! zifencei).
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(test)]
extern crate std;

mod accel;
mod exit;
mod gas;
mod instruction;
pub mod op;
pub mod reg;

pub use accel::{Accelerator, Operand};
pub use exit::{Exit, ExitReason};
pub use gas::{Class, EcallCost, GasTable, GasTableError};
pub use instruction::{EncodeError, Illegal, Instruction, decode};
pub use op::{Family, Format, Op};

/// Ecall numbers (register t0), SPEC section 4.
pub mod ecall {
    /// `read(fd, ptr, len) -> n`: bytes from the host (private input) into memory; none at its end, else at most
    /// [`io_len`] of the length.
    pub const READ: u32 = 63;
    /// `write(fd, ptr, len) -> n`: bytes to the console (fd 1, 2) or the journal (fd 3), [`io_len`] of the length.
    pub const WRITE: u32 = 64;
    /// `exit(code)`: ends the run.
    pub const EXIT: u32 = 93;
    /// First number of the embedding's own calls.
    pub const HOST_CALL_FIRST: u32 = 0x2000;
    /// Last number of the embedding's own calls.
    pub const HOST_CALL_LAST: u32 = 0x2fff;

    /// File descriptor of the private input.
    pub const FD_INPUT: u32 = 0;
    /// File descriptor of the console's output.
    pub const FD_STDOUT: u32 = 1;
    /// File descriptor of the console's error output.
    pub const FD_STDERR: u32 = 2;
    /// File descriptor of the journal, the public output.
    pub const FD_JOURNAL: u32 = 3;
    /// What `read` and `write` return for any other file descriptor: `-EBADF`.
    pub const EBADF: u32 = -9i32 as u32;

    /// Most bytes that one `read` or `write` moves.
    pub const MAX_IO_LEN: u32 = 1 << 20;

    /// The length that counts, for all that a `read` or `write` does, checks and costs: the first [`MAX_IO_LEN`] bytes
    /// of what it was given, so that no call is too long to be proven.
    pub const fn io_len(len: u32) -> u32 {
        if len < MAX_IO_LEN { len } else { MAX_IO_LEN }
    }

    /// Most bytes of a journal. A write beyond it ends the run with `HostAbort(abort::JOURNAL_FULL)`.
    pub const MAX_JOURNAL_LEN: u32 = 1 << 20;
    /// Most bytes of a host call's input, and of its output buffer.
    pub const MAX_HOST_CALL_LEN: u32 = 1 << 20;

    /// Codes of [`crate::ExitReason::HostAbort`] that the machine itself uses; the rest belong to embeddings.
    pub mod abort {
        /// A host call with an input or output buffer above [`super::MAX_HOST_CALL_LEN`] (`E2BIG`).
        pub const TOO_LONG: u32 = 7;
        /// A write that would take the journal above [`super::MAX_JOURNAL_LEN`] (`EFBIG`).
        pub const JOURNAL_FULL: u32 = 27;
        /// A host call that the embedding does not have (`ENOSYS`).
        pub const NO_SUCH_CALL: u32 = 38;
    }

    /// Whether `number` belongs to the embedding.
    pub const fn is_host_call(number: u32) -> bool {
        number >= HOST_CALL_FIRST && number <= HOST_CALL_LAST
    }
}

/// Numbers of the counters that a CSR read may name (Zicntr).
pub mod csr {
    /// Low half of the gas counter.
    pub const CYCLE: u32 = 0xc00;
    /// Reads the same as `cycle`.
    pub const TIME: u32 = 0xc01;
    /// Low half of the count of retired instructions.
    pub const INSTRET: u32 = 0xc02;
    /// High half of `cycle`.
    pub const CYCLEH: u32 = 0xc80;
    /// High half of `time`.
    pub const TIMEH: u32 = 0xc81;
    /// High half of `instret`.
    pub const INSTRETH: u32 = 0xc82;

    /// Every counter and its name, in ascending order.
    pub const ALL: [(u32, &str); 6] = [
        (CYCLE, "cycle"),
        (TIME, "time"),
        (INSTRET, "instret"),
        (CYCLEH, "cycleh"),
        (TIMEH, "timeh"),
        (INSTRETH, "instreth"),
    ];

    /// The counter's name, or `None` for any other number.
    pub fn name(number: u32) -> Option<&'static str> {
        ALL.iter().find(|(n, _)| *n == number).map(|(_, name)| *name)
    }
}
