//! A finished run in memory.

use ember_isa::{Exit, reg};
use ember_memory::{Digest, Image};
use ember_vm::{ConfigError, Host, Machine, Program, RunConfig, Status, Step, Tracer};
use thiserror::Error;

/// One event of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// An ecall passes over an aligned word of its pointer range: see [`Tracer::io_word`].
    Io {
        /// The word's value before the ecall.
        old: u32,
        /// The word's value after it.
        new: u32,
    },
    /// An instruction retired.
    Step(Step),
}

/// How a run ended, and its final state.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ending {
    /// Why and where.
    pub exit: Exit,
    /// Gas used.
    pub gas_used: u64,
    /// Instructions retired.
    pub instructions: u64,
    /// The registers, x0 first.
    pub registers: [u32; reg::COUNT],
    /// The public output.
    #[serde(with = "serde_bytes")]
    pub journal: Vec<u8>,
    /// Digest of the host transcript.
    pub transcript: Digest,
    /// Bytes of private input that the program read.
    pub private_bytes: u64,
}

impl Ending {
    /// The state of a machine that ended with `exit`.
    pub fn new(machine: &Machine<'_>, exit: Exit) -> Self {
        Self {
            exit,
            gas_used: machine.gas_used(),
            instructions: machine.instructions(),
            registers: *machine.registers(),
            journal: machine.journal().to_vec(),
            transcript: machine.transcript().0,
            private_bytes: machine.private_bytes(),
        }
    }
}

/// A finished run: program, parameters, every step, and the ending. All that a prover needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The program.
    pub image: Image,
    /// The run's parameters, the public input among them.
    pub config: RunConfig,
    /// The retired instructions, in order.
    pub steps: Vec<Step>,
    /// The words that ecalls passed over, in order: value before and after. How many belong to an ecall follows
    /// from its arguments.
    pub io: Vec<(u32, u32)>,
    /// The ending.
    pub ending: Ending,
}

/// Most that an [`Execution`] may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most steps, 12 bytes each.
    pub steps: usize,
    /// Most words passed over by ecalls, 8 bytes each.
    pub io_words: usize,
}

impl Limits {
    /// At most `n` steps, and as many words passed over by ecalls.
    pub const fn steps(n: usize) -> Self {
        Self { steps: n, io_words: n }
    }
}

/// The run cannot be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The program cannot run under these parameters.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// More steps than [`Limits::steps`].
    #[error("the run has more than {0} instructions")]
    Steps(usize),
    /// More words passed over by ecalls than [`Limits::io_words`].
    #[error("the run's ecalls move more than {0} words")]
    IoWords(usize),
}

/// Collects steps and words in memory, up to its limits.
#[derive(Clone, Debug)]
pub struct Recorder {
    limits: Limits,
    steps: Vec<Step>,
    io: Vec<(u32, u32)>,
    error: Option<RecordError>,
}

impl Recorder {
    /// An empty recording.
    pub fn new(limits: Limits) -> Self {
        Self { limits, steps: Vec::new(), io: Vec::new(), error: None }
    }

    /// Whether a limit has been passed. What comes after is not recorded.
    pub fn error(&self) -> Option<RecordError> {
        self.error
    }

    /// The recording of a run of `image` under `config` that ended so.
    ///
    /// # Errors
    /// [`RecordError`] if a limit has been passed.
    pub fn finish(self, image: Image, config: RunConfig, ending: Ending) -> Result<Execution, RecordError> {
        let Self { steps, io, error, .. } = self;
        error.map_or(Ok(Execution { image, config, steps, io, ending }), Err)
    }
}

impl Tracer for Recorder {
    #[inline]
    fn step(&mut self, step: Step) {
        if self.steps.len() < self.limits.steps {
            self.steps.push(step);
        } else {
            self.error.get_or_insert(RecordError::Steps(self.limits.steps));
        }
    }

    #[inline]
    fn keep(&mut self) -> Option<(&mut Vec<Step>, usize)> {
        let room = self.limits.steps - self.steps.len();
        Some((&mut self.steps, room))
    }

    #[inline]
    fn io_word(&mut self, old: u32, new: u32) {
        if self.io.len() < self.limits.io_words {
            self.io.push((old, new));
        } else {
            self.error.get_or_insert(RecordError::IoWords(self.limits.io_words));
        }
    }
}

/// Steps between two looks at a recorder's error.
const SLICE: u64 = 1 << 16;

impl Execution {
    /// Runs `program` to its end and records it. A host that pauses is asked again at once.
    ///
    /// # Errors
    /// [`RecordError`], soon after a limit is passed.
    pub fn record(
        program: &Program,
        config: RunConfig,
        host: &mut impl Host,
        limits: Limits,
    ) -> Result<Self, RecordError> {
        let mut machine = Machine::new(program, config.clone())?;
        let mut recorder = Recorder::new(limits);
        loop {
            let status = machine.run_steps(SLICE, host, &mut recorder);
            if let Some(error) = recorder.error {
                return Err(error);
            }
            if let Status::Exited(exit) = status {
                return recorder.finish(program.image().clone(), config, Ending::new(&machine, exit));
            }
        }
    }

    /// The program, decoded.
    pub fn program(&self) -> Program {
        Program::new(self.image.clone())
    }
}
