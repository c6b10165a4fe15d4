//! From execution traces to Plonky3 STARK proofs.
//!
//! [`prove`] takes a recorded [`Execution`] and gives the [`Statement`] that it bears out and a [`Proof`] of it.
//! Nothing is set up per program: one verifier knows all.
//!
//! ```text
//! Execution --record--> rows of each table --tables--> matrices --stark--> Proof
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod ending;
mod memory_model;
mod memory_tree;
mod prove;
mod ranges;
mod record;
mod run;
mod stark;
mod tables;

pub use ember_trace::Execution;
pub use ember_verifier::{Proof, Statement};
pub use prove::{ProveError, Prover, Session, Stage, TableSize, Witness, prove, witnesses};
pub use record::SegmentLimits;
pub use run::{Recorded, Run, Steps};
