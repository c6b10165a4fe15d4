//! Trace replay: the run is recorded, goes through the file format, and is replayed without the interpreter.

use ember_isa::{Exit, ExitReason};
use ember_trace::{Execution, Limits, RecordError};
use ember_vm::RunConfig;

use super::{Ending, Engine, EngineError, Job, Observation, Reference};

/// Most words that a run's ecalls may pass over.
const IO_WORDS: usize = 1 << 26;

/// [`ember_trace`]: record, write, read, replay.
pub struct TraceReplay;

impl Engine for TraceReplay {
    fn name(&self) -> &'static str {
        "trace replay"
    }

    fn run(&self, job: &Job<'_>) -> Result<Observation, EngineError> {
        let recorded = Recorded::new(job)?;
        let run = &recorded.execution;
        let mut file = Vec::new();
        run.write_to(&mut file).map_err(|e| EngineError::Rejected(format!("trace file: {e}")))?;
        let limits = Limits { steps: run.steps.len(), io_words: run.io.len() };
        let read = Execution::read_from(&file[..], limits)
            .map_err(|e| EngineError::Rejected(format!("trace file: {e}")))?;
        if read != *run {
            return Err(EngineError::Rejected("the trace file does not hold the trace".to_owned()));
        }
        ember_trace::replay(&read).map_err(|e| EngineError::Rejected(e.to_string()))?;
        Ok(recorded.observation())
    }
}

/// A recorded run, for replay and for the prover.
///
/// A trace ends where the program ends. A job that stops before that, at `tohost` or at the step limit, is
/// recorded with as much gas as it had used there: the trace ends at the same instruction, out of gas.
pub(super) struct Recorded {
    /// The run.
    pub execution: Execution,
    console: Vec<(u32, Vec<u8>)>,
    /// How the job ended, where the trace is out of gas instead.
    stopped: Option<Ending>,
}

impl Recorded {
    pub fn new(job: &Job<'_>) -> Result<Self, EngineError> {
        let seen = Reference.run(job)?;
        let mut config: RunConfig = job.config.clone();
        let stopped = match seen.ending {
            Ending::Exit(_) => None,
            other => {
                config.gas_limit = seen.gas;
                Some(other)
            }
        };
        let mut host = job.host();
        let limits = Limits { steps: seen.instructions as usize, io_words: IO_WORDS };
        let execution = Execution::record(job.program, config, &mut host, limits).map_err(|e| match e {
            RecordError::Config(e) => EngineError::Start(e),
            // A run that was stopped and goes on without gas: its next instructions are free.
            RecordError::Steps(_) if stopped.is_some() => {
                EngineError::Unsupported("the run cannot be stopped where the job stops".to_owned())
            }
            e => EngineError::Rejected(e.to_string()),
        })?;
        Ok(Self { execution, console: host.console, stopped })
    }

    /// The job's ending, where the trace has ended so: out of gas stands for the place where the job stopped, which
    /// must be the same.
    pub fn ending(&self, exit: Exit) -> Ending {
        match self.stopped {
            Some(Ending::ToHost { value, .. }) if exit.reason == ExitReason::OutOfGas => {
                Ending::ToHost { value, pc: exit.pc }
            }
            Some(Ending::StepLimit { .. }) if exit.reason == ExitReason::OutOfGas => {
                Ending::StepLimit { pc: exit.pc }
            }
            _ => Ending::Exit(exit),
        }
    }

    /// What the trace says of the run.
    pub fn observation(self) -> Observation {
        let ending = self.ending(self.execution.ending.exit);
        let end = self.execution.ending;
        Observation {
            ending,
            gas: end.gas_used,
            instructions: end.instructions,
            registers: Some(end.registers),
            memory: None,
            journal: end.journal,
            console: Some(self.console),
            transcript: end.transcript,
            private_bytes: end.private_bytes,
        }
    }
}
