//! The prover.

use ember_isa::ExitReason;
use ember_memory::digest::Hasher;
use ember_memory::{Layout, LayoutError, Transcript, tree};
use ember_trace::{Ending, Execution, ReadError, ReplayError};
use ember_verifier::air::Table;
use ember_verifier::ending::{self, Ended};
use ember_verifier::params::{self, Val};
use ember_verifier::{
    Boundary, Head, Openings, Preamble, Proof, Publics, Segment, State, Statement, Verifier,
};
use ember_vm::ConfigError;
use p3_matrix::Matrix as _;
use p3_matrix::dense::RowMajorMatrix;
use thiserror::Error;
use tracing::info_span;

use crate::ending::AskedPages;
use crate::record::{Record, SegmentLimits, Walk};
use crate::run::{Recorded, Run, Steps};
use crate::vectors::Vectors;
use crate::{stark, tables};

/// The execution cannot be proven.
#[derive(Debug, Error)]
pub enum ProveError {
    /// The program cannot run under these parameters.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The trace breaks the machine's rules: no prover could prove it.
    #[error("the trace is not one of a run: {0}")]
    Replay(#[from] ReplayError),
    /// The trace file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The trace does not fit its own program at a step.
    #[error("the trace is inconsistent at step {0}")]
    Inconsistent(u64),
    /// A table has more rows than the verifier accepts.
    #[error("table {table} needs 2^{log_height} rows, more than the verifier accepts", table = .0.name(), log_height = .1)]
    TooHigh(Table, usize),
    /// A host call returned; proofs cover runs whose only host call aborts them.
    #[error("host call {0:#x} returned: returning host calls cannot be proven")]
    HostCall(u32),
    /// The proof system failed.
    #[error("the proof system failed: {0}")]
    Stark(String),
}

/// What the prover is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Checking the trace.
    Replay,
    /// Filling the tables.
    Tables,
    /// Committing, and answering the verifier's challenges.
    Stark,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Stage; 3] = [Self::Replay, Self::Tables, Self::Stark];

    /// A word for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replay => "checking the trace",
            Self::Tables => "filling the tables",
            Self::Stark => "proving",
        }
    }
}

/// Size of a table in a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// The table.
    pub table: Table,
    /// Number of rows, padding included.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
}

/// Everything that the proof of a segment is made from: the tables' matrices and what stands beside them.
///
/// Public so that tests can forge it; [`Session::next_witness`] makes honest ones.
#[derive(Clone)]
pub struct Witness {
    /// The state in which the segment begins.
    pub start: State,
    /// How it ends.
    pub end: Boundary,
    /// The tables present, in order, and their matrices.
    pub tables: Vec<(Table, RowMajorMatrix<Val>)>,
}

impl Witness {
    /// Sizes of the tables.
    pub fn sizes(&self) -> Vec<TableSize> {
        self.tables
            .iter()
            .map(|(table, m)| TableSize { table: *table, rows: m.height(), columns: m.width() })
            .collect()
    }

    /// Public values of the tables, of a segment of the run that `head` tells of.
    ///
    /// # Errors
    /// [`LayoutError`] when image, memory limit and input do not fit together.
    pub fn publics(&self, h: &Hasher, head: &Head) -> Result<Vec<Vec<Val>>, LayoutError> {
        let Self { start, end, tables } = self;
        let Head { statement, preamble } = head;
        let layout = Layout::new(&preamble.header, statement.memory_limit, preamble.input_len as usize)?;
        let from = (start.journal_len as usize).min(statement.journal.len());
        let to = from.saturating_add(end.journal_len as usize).min(statement.journal.len());
        let publics = Publics {
            header: &preamble.header,
            layout: &layout,
            context: &statement.context(),
            image_root: &preamble.image_root,
            input_root: &preamble.input_root,
            zero_page: &tree::zero_page_root(h),
            start,
            end,
            journal: &h.chain(&statement.journal[from..to]),
        };
        Ok(tables.iter().map(|(table, _)| publics.of(*table)).collect())
    }

    /// Proves the witness, honest or not, of a segment of the run that `head` tells of.
    ///
    /// # Errors
    /// [`ProveError::Config`] or [`ProveError::Stark`].
    pub fn prove(self, verifier: &Verifier, head: &Head) -> Result<Segment, ProveError> {
        let h = verifier.hasher();
        let values = self.publics(h, head).map_err(ConfigError::Layout)?;
        let Self { start, end, tables } = self;
        let present: Vec<Table> = tables.iter().map(|(table, _)| *table).collect();
        let mask = present.iter().fold(0, |mask, &t| mask | 1 << t as u32);
        let lookups = &verifier.common(&present).lookups;
        let config = params::config(mask, &head.statement.digest(h), &start, &end);
        let stark = stark::prove(&config, tables, &values, lookups).map_err(ProveError::Stark)?;
        Ok(Segment { end, tables: mask, stark })
    }
}

/// A run that is being proven, segment by segment.
///
/// ```text
/// while let Some(witness) = session.next_witness()? {
///     let segment = witness.prove(verifier, session.head())?;
/// }
/// ```
pub struct Session<'a, S> {
    head: Head,
    walk: Walk<'a, S>,
    ending: &'a Ending,
    /// Gas used before the instruction that ended the run.
    gas: u64,
}

impl<'a, S: Steps> Session<'a, S> {
    /// Begins to prove a run that ended so; its steps come from `source`.
    ///
    /// # Errors
    /// [`ProveError::Inconsistent`] when the ending does not follow from the final state.
    pub fn new(
        run: &'a Run<'a>,
        ending: &'a Ending,
        source: S,
        limits: SegmentLimits,
    ) -> Result<Self, ProveError> {
        Vectors::warn_once();
        let (h, image, config) = (run.hasher, run.program.image(), run.config);
        let Ending { exit, registers, .. } = *ending;
        let inconsistent = || ProveError::Inconsistent(ending.instructions);
        // The instruction that ended the run was charged, unless it was not fetched or could not be paid.
        let charged = !matches!(exit.reason, ExitReason::OutOfGas | ExitReason::InstructionAccessFault);
        let word = image.code_word(exit.pc).filter(|_| charged);
        let cost = word.map_or(0, |word| ending::cost(&config.gas_table, word, &registers));
        let ended = Ended {
            pc: exit.pc,
            regs: registers,
            gas: ending.gas_used.checked_sub(cost).ok_or_else(inconsistent)?,
            gas_table: &config.gas_table,
            gas_limit: config.gas_limit,
            journal_len: ending.journal.len(),
            abort_code: match exit.reason {
                ExitReason::HostAbort(code) => code,
                _ => 0,
            },
        };
        let mut pages = AskedPages { image, layout: &run.layout, asked: Vec::new() };
        let decided = ending::decide(h, &ended, &mut pages).map_err(|_| inconsistent())?;
        if decided.reason != exit.reason || decided.gas_used != ending.gas_used {
            return Err(inconsistent());
        }
        let preamble = Preamble {
            header: *image.header(),
            image_root: run.image.root(),
            input_len: config.input.len() as u32,
            input_root: run.input_root(),
            openings: Openings::of(h, image, exit.pc, &pages.asked),
        };
        let statement = Statement {
            image_id: preamble.header.image_id(h, &preamble.image_root),
            input_digest: tree::input_digest(h, &preamble.input_root, preamble.input_len),
            gas_table: config.gas_table,
            gas_limit: config.gas_limit,
            memory_limit: config.memory_limit,
            journal: ending.journal.clone(),
            transcript: Transcript(ending.transcript),
            gas_used: ending.gas_used,
            instructions: ending.instructions,
            private_bytes: ending.private_bytes,
            exit,
        };
        let walk = Walk::new(run, limits, source, exit.pc, ending.instructions);
        Ok(Self { head: Head { statement, preamble }, walk, ending, gas: ended.gas })
    }

    /// What is proven, and what the segments share.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The state after the segments so far.
    pub fn state(&self) -> &State {
        self.walk.state()
    }

    /// Passes over a segment that was proven before and ends so, wherever this session would have cut, and says whether the
    /// run has such a segment. Where it has none, the session is of no further use.
    ///
    /// # Errors
    /// [`ProveError`].
    pub fn skip(&mut self, end: &Boundary) -> Result<bool, ProveError> {
        Ok(self.walk.segment_to(end)?.is_some_and(|record| record.end == *end))
    }

    /// The honest witness of the next segment; `None` after the last.
    ///
    /// # Errors
    /// [`ProveError`].
    pub fn next_witness(&mut self) -> Result<Option<Witness>, ProveError> {
        let Some(record) = self.walk.segment()? else { return Ok(None) };
        let Record { start, end, .. } = record;
        let is_last = record.is_last;
        let tables = info_span!("tables").in_scope(|| tables::build(&record));
        for (table, matrix) in &tables {
            let log_height = matrix.height().ilog2() as usize;
            if log_height > table.max_log_height() {
                return Err(ProveError::TooHigh(*table, log_height));
            }
        }
        let state = start.after(&end);
        let ending = self.ending;
        let is_end = state.regs[..] == ending.registers[1..]
            && state.gas == self.gas
            && state.instructions == ending.instructions
            && state.journal_len == ending.journal.len() as u64
            && state.private_bytes == ending.private_bytes;
        if is_last && !is_end {
            return Err(ProveError::Inconsistent(state.instructions));
        }
        Ok(Some(Witness { start, end, tables }))
    }
}

/// The honest witnesses of a recorded run, all in memory.
///
/// # Errors
/// [`ProveError`].
pub fn witnesses(
    verifier: &Verifier,
    execution: &Execution,
    limits: SegmentLimits,
) -> Result<(Head, Vec<Witness>), ProveError> {
    let program = execution.program();
    let run = Run::new(verifier, &program, &execution.config)?;
    let mut session = Session::new(&run, &execution.ending, Recorded::new(execution), limits)?;
    let witnesses = std::iter::from_fn(|| session.next_witness().transpose()).collect::<Result<_, _>>()?;
    Ok((session.head, witnesses))
}

/// A prover: holds the [`Verifier`] whose proofs it makes. One for all programs.
#[derive(Default)]
pub struct Prover {
    verifier: Verifier,
    limits: SegmentLimits,
}

impl Prover {
    /// A prover.
    pub fn new() -> Self {
        Self::default()
    }

    /// A prover that cuts runs so.
    pub fn with_limits(limits: SegmentLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// The verifier of this prover's proofs.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Proves a recorded run, and tells `progress` of each stage as it begins.
    ///
    /// # Errors
    /// [`ProveError`].
    pub fn prove(
        &self,
        execution: &Execution,
        progress: &mut dyn FnMut(Stage),
    ) -> Result<(Statement, Proof), ProveError> {
        progress(Stage::Replay);
        info_span!("replay").in_scope(|| ember_trace::replay(execution))?;
        progress(Stage::Tables);
        let program = execution.program();
        let run = Run::new(&self.verifier, &program, &execution.config)?;
        let mut session = Session::new(&run, &execution.ending, Recorded::new(execution), self.limits)?;
        let mut segments = Vec::new();
        while let Some(witness) = session.next_witness()? {
            progress(Stage::Stark);
            segments.push(info_span!("stark").in_scope(|| witness.prove(&self.verifier, session.head()))?);
            progress(Stage::Tables);
        }
        let Head { statement, preamble } = session.head;
        Ok((statement, Proof { preamble, segments }))
    }
}

/// Proves a recorded run with a new [`Prover`].
///
/// # Errors
/// [`ProveError`].
pub fn prove(
    execution: &Execution,
    progress: &mut dyn FnMut(Stage),
) -> Result<(Statement, Proof), ProveError> {
    Prover::new().prove(execution, progress)
}
