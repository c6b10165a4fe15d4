//! prover-adapter
