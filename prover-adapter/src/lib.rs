//! From execution traces to Plonky3 STARK proofs.
//!
//! [`prove`] takes a recorded [`Execution`] and gives the [`Statement`] that it bears out and a [`Proof`] of it. A
//! [`Session`] does the same segment by segment, in bounded memory, for a run of any length whose steps come from a
//! machine ([`Live`]) or a trace file ([`Stored`]). Nothing is set up per program: one verifier knows all.
//!
//! ```text
//! Steps --walk--> Record: rows of each table --tables--> Witness: matrices --stark--> Segment
//! ```
//!
//! # Compile for your processor
//!
//! The field arithmetic of Plonky3 is vectorised when it is compiled, for the instructions that the compiler may use. By
//! default these are the oldest processors', and proofs take about seven times as long. Set `-Ctarget-cpu` for the whole
//! build, in your own workspace: what this repository's `.cargo/config.toml` says does not reach you.
//!
//! ```toml
//! # .cargo/config.toml
//! [build]
//! rustflags = ["-Ctarget-cpu=native"]   # or x86-64-v3, x86-64-v4: what all of your processors have
//! ```
//!
//! A build that does not use what the processor has says so once, as a warning of `tracing`; [`Vectors`] lets a program
//! ask. A build for more than the processor has ends at the first such instruction with SIGILL.
#![deny(unsafe_code)]
#![deny(missing_docs)]

mod accel;
mod allocator;
mod ending;
mod estimate;
mod heights;
mod memory_model;
mod memory_tree;
mod prove;
mod ranges;
mod record;
mod run;
mod stark;
mod tables;
mod vectors;

pub use allocator::keep_freed_memory;
pub use ember_trace::Execution;
pub use ember_verifier::{Proof, Statement};
pub use estimate::segment_bytes;
pub use prove::{ProveError, Prover, Session, Stage, TableSize, Witness, prove, witnesses};
pub use record::SegmentLimits;
pub use run::{Live, Recorded, Run, Steps, Stored};
pub use vectors::Vectors;
