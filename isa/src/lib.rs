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
mod context;
pub mod ecall;
mod exit;
mod gas;
mod instruction;
pub mod op;
pub mod reg;

pub use accel::{Accelerator, Operand};
pub use context::Context;
pub use exit::{Exit, ExitReason};
pub use gas::{Class, EcallCost, GasTable, GasTableError};
pub use instruction::{EncodeError, Illegal, Instruction, decode};
pub use op::{Family, Format, Op};

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
