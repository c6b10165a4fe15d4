//! Proof files: the deserialiser, and the verifier on whatever it lets through.

use std::sync::LazyLock;

use ember_verifier::{ProofFile, Verifier};

static VERIFIER: LazyLock<Verifier> = LazyLock::new(Verifier::new);

/// Reads the bytes as a proof file. A file that is read has no other form, and is verified: no input of this target
/// holds a whole proof, so none is accepted.
///
/// # Panics
/// If reader or verifier are wrong.
pub fn check(data: &[u8]) {
    assert!(!accepts(data), "a forged proof is accepted");
}

/// Whether the bytes are a proof file whose proof the verifier accepts.
///
/// # Panics
/// If reader or verifier do, or if the file could have been written differently.
pub(crate) fn accepts(data: &[u8]) -> bool {
    let Ok(file) = ProofFile::from_bytes(data) else { return false };
    assert!(file.to_bytes() == data, "two files for one proof");
    VERIFIER.verify(&file.statement, &file.proof).is_ok()
}
