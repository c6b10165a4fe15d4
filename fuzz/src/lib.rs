//! What is fuzzed: one function a target, from any bytes. Each panics exactly if something is wrong.
//!
//! [`TARGETS`] has them all. `fuzz_targets` makes a libFuzzer program of each, and `src/bin/seeds.rs` writes inputs to
//! start from.
#![forbid(unsafe_code)]

pub mod decoder;
pub mod elf;
pub mod engines;
pub mod gas_table;
pub mod proof;
pub mod proof_edits;
pub mod seeds;
pub mod trace;

/// A fuzz target.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name: that of the libFuzzer program, and of the folder of the corpus.
    pub name: &'static str,
    /// Inputs to start from: name and bytes.
    pub seeds: fn() -> Vec<(String, Vec<u8>)>,
}

/// Every target.
pub const TARGETS: [Target; 7] = [
    Target { name: "decoder", seeds: seeds::decoder },
    Target { name: "elf", seeds: seeds::elf },
    Target { name: "trace", seeds: seeds::trace },
    Target { name: "gas_table", seeds: seeds::gas_table },
    Target { name: "proof", seeds: seeds::proof },
    Target { name: "proof_edits", seeds: seeds::proof_edits },
    Target { name: "engines", seeds: seeds::engines },
];
