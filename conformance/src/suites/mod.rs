//! Where tests come from.

pub mod directory;
pub mod own;
pub mod riscv_tests;
