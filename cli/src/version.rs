//! What `ember --version` says.

use std::sync::LazyLock;

use ember_prover_adapter::Vectors;

use crate::processor::LEVEL;

/// Version, commit, formats, and what the command was compiled for.
pub static LONG: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{}\ncommit {}\nproof format {}, trace format {}\ncompiled for {LEVEL}, proves with {}",
        env!("CARGO_PKG_VERSION"),
        env!("EMBER_COMMIT"),
        ember_verifier::VERSION,
        ember_trace::VERSION,
        Vectors::built_for().name(),
    )
});
