//! The interpreters: the reference, and the fast engine.

use std::num::NonZeroU64;

use ember_vm::{Machine, NoTrace, Status};

use super::{Ending, Engine, EngineError, FinalMemory, Job, Observation};
use crate::host::TestHost;

/// Instructions between two looks at `tohost`.
const SLICE: u64 = 4096;

/// The reference interpreter: one instruction at a time.
pub struct Reference;

/// The fast engine.
pub struct Fast;

/// The fast engine, stopped and continued whenever it has run this many instructions.
pub struct Sliced(pub NonZeroU64);

impl Engine for Reference {
    fn name(&self) -> &'static str {
        "reference"
    }

    fn run(&self, job: &Job<'_>) -> Result<Observation, EngineError> {
        Which::Reference.run(job)
    }
}

impl Engine for Fast {
    fn name(&self) -> &'static str {
        "fast"
    }

    fn run(&self, job: &Job<'_>) -> Result<Observation, EngineError> {
        Which::Fast(u64::MAX).run(job)
    }
}

impl Engine for Sliced {
    fn name(&self) -> &'static str {
        "fast in slices"
    }

    fn run(&self, job: &Job<'_>) -> Result<Observation, EngineError> {
        Which::Fast(self.0.get()).run(job)
    }
}

#[derive(Clone, Copy)]
enum Which {
    Reference,
    /// With the most instructions between two stops.
    Fast(u64),
}

impl Which {
    fn run(self, job: &Job<'_>) -> Result<Observation, EngineError> {
        let (mut machine, mut host) = start(job)?;
        let Some(tohost) = job.tohost else {
            let ending = self.advance(&mut machine, &mut host, job.steps);
            return Ok(observe(&machine, host, ending));
        };
        // Whole slices first. The one in which the word changed is run again, one instruction at a time: the
        // observation is that of the very store.
        let mut steps = 0;
        while steps < job.steps {
            let slice = SLICE.min(job.steps - steps);
            let ending = self.advance(&mut machine, &mut host, slice);
            if word(&machine, tohost) != 0 {
                break;
            }
            if let Ending::Exit(_) = ending {
                return Ok(observe(&machine, host, ending));
            }
            steps += slice;
        }
        (machine, host) = start(job)?;
        let mut ending = self.advance(&mut machine, &mut host, steps);
        while matches!(ending, Ending::StepLimit { .. }) && steps < job.steps {
            ending = self.advance(&mut machine, &mut host, 1);
            steps += 1;
            let value = word(&machine, tohost);
            if value != 0 && matches!(ending, Ending::StepLimit { .. }) {
                ending = Ending::ToHost { value, pc: machine.pc() };
            }
        }
        Ok(observe(&machine, host, ending))
    }

    /// Runs for at most `steps` instructions; a host that pauses is asked again at once.
    fn advance(self, machine: &mut Machine<'_>, host: &mut TestHost<'_>, steps: u64) -> Ending {
        let mut left = steps;
        loop {
            let before = machine.instructions();
            let status = match self {
                Self::Reference => machine.run_steps_reference(left, host, &mut NoTrace),
                Self::Fast(slice) => machine.run_steps(slice.min(left), host, &mut NoTrace),
            };
            // The steps before a pause count; the pause itself does not.
            left -= machine.instructions() - before;
            match status {
                Status::Exited(exit) => return Ending::Exit(exit),
                Status::Running if left == 0 => return Ending::StepLimit { pc: machine.pc() },
                Status::Running | Status::Paused => {}
            }
        }
    }
}

fn start<'a>(job: &Job<'a>) -> Result<(Machine<'a>, TestHost<'a>), EngineError> {
    let machine = Machine::new(job.program, job.config.clone()).map_err(EngineError::Start)?;
    Ok((machine, job.host()))
}

fn word(machine: &Machine<'_>, address: u32) -> u32 {
    machine.memory().load(address).map_or(0, u32::from_le_bytes)
}

fn observe(machine: &Machine<'_>, host: TestHost<'_>, ending: Ending) -> Observation {
    Observation {
        ending,
        gas: machine.gas_used(),
        instructions: machine.instructions(),
        registers: Some(*machine.registers()),
        memory: Some(FinalMemory::of(machine.memory())),
        journal: machine.journal().to_vec(),
        console: Some(host.console),
        transcript: machine.transcript().0,
        private_bytes: machine.private_bytes(),
    }
}
