//! Statements, circuits and the verifier of Ember proofs.
//!
//! [`verify`] takes a [`Statement`] and a [`Proof`] and says whether the proof proves the statement. It allocates,
//! needs no `std`, does not execute programs, and answers malformed proofs with a [`VerifyError`].
//!
//! A proof has two parts. The STARK ([`air`]) proves that the program, from its pristine state, retired
//! `instructions` instructions and was then in a *final state* of pc, gas and registers, having written the journal.
//! From the final state the verifier itself decides how the run ends ([`ending`]): it decodes the instruction at pc,
//! which a Merkle path opens, and checks that it cannot retire, for the reason that the statement names. A run has
//! exactly one ending because this decision is a function.
//!
//! Source: SPEC section 6; `docs/soundness`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

// Constraints read limbs and lanes by number, several arrays at once.
#[allow(clippy::needless_range_loop)]
pub mod air;
pub mod ending;
mod openings;
pub mod params;
mod proof;
mod publics;
mod statement;
mod verify;

pub use openings::{CodeOpening, Openings, PageOpening};
pub use proof::{FinalState, MAX_PROOF_BYTES, Proof, ProofFile, ProofFileError};
pub use publics::Publics;
pub use statement::Statement;
pub use verify::{MAX_INSTRUCTIONS, Verifier, VerifyError, verify};
