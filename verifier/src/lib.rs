//! Statements, circuits and the verifier of Ember proofs.
//!
//! [`verify`] takes a [`Statement`] and a [`Proof`] and says whether the proof proves the statement. It allocates,
//! needs no `std`, does not execute programs, and answers malformed proofs with a [`VerifyError`].
//!
//! A run is proven in one segment or in several. The STARK of a segment ([`air`]) proves that the program, from the
//! [`State`] that the segment before left, or its pristine state, retired some instructions and was then in another
//! state of pc, gas, registers and memory, having appended to the journal. From the last state the verifier itself
//! decides how the run ends ([`ending`]): it decodes the instruction at pc, which a Merkle path opens, and checks that
//! it cannot retire, for the reason that the statement names. A run has exactly one ending because this decision is a
//! function.
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
pub mod pcs;
mod proof;
mod publics;
pub mod security;
mod statement;
mod verify;

pub use openings::{CodeOpening, Openings, PageOpening};
pub use proof::{
    Boundary, Head, MAX_HEAD_BYTES, MAX_SEGMENT_BYTES, PREFIX_LEN, Preamble, Proof, ProofFile,
    ProofFileError, Segment, State, VERSION,
};
pub use publics::Publics;
pub use statement::{STATEMENT_BLOCKS, STATEMENT_FIELDS, Statement, gas_table_digest};
pub use verify::{Chain, MAX_INSTRUCTIONS, Verifier, VerifyError, verify};
