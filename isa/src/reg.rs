//! The sixteen registers of RV32E and their ABI names (riscv-elf-psabi, ILP32E).

/// Number of registers, x0 included.
pub const COUNT: usize = 16;

/// Hard-wired zero.
pub const ZERO: u8 = 0;
/// Return address.
pub const RA: u8 = 1;
/// Stack pointer.
pub const SP: u8 = 2;
/// Ecall number.
pub const T0: u8 = 5;
/// First argument and result.
pub const A0: u8 = 10;
/// Second argument.
pub const A1: u8 = 11;
/// Third argument.
pub const A2: u8 = 12;
/// Fourth argument.
pub const A3: u8 = 13;

/// ABI names, by register number.
pub const NAMES: [&str; COUNT] =
    ["zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5"];
