//! Verifies an Ember proof inside the Ember machine.
//!
//! The private input is a proof file; the journal gets the statement that it proves, in postcard. So a proof of this
//! program's run says: *there is a proof of this statement*. Exit code 1 if there is none.
#![cfg_attr(target_os = "none", no_std, no_main)]

use ember_guest::{entry, io};
use ember_verifier::{ProofFile, ProofFileError, VerifyError, verify};

entry!(main);

/// Why nothing is journalled.
#[derive(Debug)]
#[allow(dead_code)] // Printed.
enum Refused {
    File(ProofFileError),
    Proof(VerifyError),
    Journal(io::Error),
}

fn main() -> Result<(), Refused> {
    let ProofFile { statement, proof } =
        ProofFile::from_bytes(&io::read_private_to_end()).map_err(Refused::File)?;
    verify(&statement, &proof).map_err(Refused::Proof)?;
    io::commit(&statement).map_err(Refused::Journal)
}
