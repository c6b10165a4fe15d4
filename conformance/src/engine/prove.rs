//! The prover: the run is recorded, proven, stored, read again and verified.

use ember_prover_adapter::{ProveError, Prover};
use ember_verifier::{ProofFile, Statement};

use super::trace::Recorded;
use super::{Engine, EngineError, Job, Observation};

/// [`ember_prover_adapter`] and [`ember_verifier`].
#[derive(Default)]
pub struct ProveVerify {
    prover: Prover,
}

impl Engine for ProveVerify {
    fn name(&self) -> &'static str {
        "proof"
    }

    fn run(&self, job: &Job<'_>) -> Result<Observation, EngineError> {
        let recorded = Recorded::new(job)?;
        let rejected = |e: &dyn std::fmt::Display| EngineError::Rejected(e.to_string());
        let (statement, proof) =
            self.prover.prove(&recorded.execution, &mut |_| {}).map_err(|e| match e {
                ProveError::HostCall(_) | ProveError::TooLong(_) | ProveError::TooHigh(..) => {
                    EngineError::Unsupported(e.to_string())
                }
                e => rejected(&e),
            })?;
        let bytes = ProofFile { statement, proof }.to_bytes();
        let file = ProofFile::from_bytes(&bytes).map_err(|e| rejected(&e))?;
        self.prover.verifier().verify(&file.statement, &file.proof).map_err(|e| rejected(&e))?;

        let h = self.prover.verifier().hasher();
        let run = &recorded.execution;
        let expected = Statement {
            image_id: job.program.image().id(h),
            input_digest: Statement::digest_of_input(h, &job.config.input),
            gas_table: job.config.gas_table,
            gas_limit: run.config.gas_limit,
            memory_limit: job.config.memory_limit,
            journal: run.ending.journal.clone(),
            transcript: ember_memory::Transcript(run.ending.transcript),
            gas_used: run.ending.gas_used,
            instructions: run.ending.instructions,
            exit: run.ending.exit,
        };
        if file.statement != expected {
            return Err(EngineError::Rejected("the proven statement is not that of the run".to_owned()));
        }
        Ok(recorded.observation())
    }
}
