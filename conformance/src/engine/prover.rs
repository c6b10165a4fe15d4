//! The prover and the verifier: what the observation says is what the verified statement says.

use ember_prover_adapter::{ProveError, Prover};
use ember_verifier::{ProofFile, Statement};

use super::trace::Recorded;
use super::{Engine, EngineError, Job, Observation};

/// [`ember_prover_adapter`] and [`ember_verifier`]: record, prove, write the proof, read it, verify.
#[derive(Default)]
pub struct ProveAndVerify(Prover);

impl Engine for ProveAndVerify {
    fn name(&self) -> &'static str {
        "prover and verifier"
    }

    fn run(&self, job: &Job<'_>) -> Result<Observation, EngineError> {
        let recorded = Recorded::new(job)?;
        let run = &recorded.execution;
        let (statement, proof) = self.0.prove(run, &mut |_| {}).map_err(|e| match e {
            ProveError::HostCall(_) | ProveError::TooHigh(..) => EngineError::Unsupported(e.to_string()),
            e => EngineError::Rejected(e.to_string()),
        })?;
        let file = ProofFile { statement, proof }.to_bytes();
        let rejected = |e: &dyn std::fmt::Display| EngineError::Rejected(e.to_string());
        let ProofFile { statement, proof } = ProofFile::from_bytes(&file).map_err(|e| rejected(&e))?;
        self.0.verifier().verify(&statement, &proof).map_err(|e| rejected(&e))?;

        // The statement is about this run and no other.
        let h = self.0.verifier().hasher();
        let config = &run.config;
        let about = [
            ("program", statement.image_id == job.program.image().id(h)),
            ("public input", statement.input_digest == Statement::digest_of_input(h, &config.input)),
            ("gas table", statement.gas_table == config.gas_table),
            ("gas limit", statement.gas_limit == config.gas_limit),
            ("memory limit", statement.memory_limit == config.memory_limit),
        ];
        if let Some((what, _)) = about.iter().find(|(_, same)| !same) {
            return Err(EngineError::Rejected(format!("the statement names another {what}")));
        }
        Ok(Observation {
            ending: recorded.ending(statement.exit),
            gas: statement.gas_used,
            instructions: statement.instructions,
            registers: None,
            memory: None,
            journal: statement.journal,
            console: None,
            transcript: statement.transcript.0,
            private_bytes: statement.private_bytes,
        })
    }
}
