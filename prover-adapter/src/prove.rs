//! The prover.

use ember_isa::ExitReason;
use ember_isa::reg;
use ember_memory::{Digest, Layout, LayoutError, Transcript, tree};
use ember_trace::{Execution, ReplayError};
use ember_verifier::air::Table;
use ember_verifier::ending::{Ended, decide};
use ember_verifier::params::{self, Val};
use ember_verifier::{FinalState, MAX_INSTRUCTIONS, Openings, Proof, Publics, Statement, Verifier};
use p3_matrix::Matrix as _;
use p3_matrix::dense::RowMajorMatrix;
use thiserror::Error;
use tracing::info_span;

use crate::ending::AskedPages;
use crate::record::Record;
use crate::{stark, tables};

/// The execution cannot be proven.
#[derive(Debug, Error)]
pub enum ProveError {
    /// Image, memory limit and input do not fit together.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The trace breaks the machine's rules: no prover could prove it.
    #[error("the trace is not one of a run: {0}")]
    Replay(#[from] ReplayError),
    /// The trace does not fit its own program at a step.
    #[error("the trace is inconsistent at step {0}")]
    Inconsistent(usize),
    /// More instructions than one proof can hold.
    #[error("{0} instructions, more than the {MAX_INSTRUCTIONS} of one proof")]
    TooLong(usize),
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

/// Everything that a proof is made from: the tables' matrices and what stands beside them.
///
/// Public so that tests can forge it; [`Witness::of`] makes honest ones.
pub struct Witness {
    /// What is to be proven.
    pub statement: Statement,
    /// The tables present, in order, and their matrices.
    pub tables: Vec<(Table, RowMajorMatrix<Val>)>,
    /// The image's header.
    pub header: ember_memory::Header,
    /// Root of the image.
    pub image_root: Digest,
    /// Length of the public input.
    pub input_len: u32,
    /// Root of the public input.
    pub input_root: Digest,
    /// The state in which the run ended.
    pub last: FinalState,
    /// Openings for the decision on the ending.
    pub openings: Openings,
}

impl Witness {
    /// The honest witness of an execution.
    ///
    /// # Errors
    /// [`ProveError`].
    pub fn of(verifier: &Verifier, execution: &Execution) -> Result<Self, ProveError> {
        let h = verifier.hasher();
        let Execution { image, config, ending, .. } = execution;
        if execution.steps.len() as u64 > MAX_INSTRUCTIONS {
            return Err(ProveError::TooLong(execution.steps.len()));
        }
        let layout = Layout::new(image.header(), config.memory_limit, config.input.len())?;
        let record = Record::new(execution, &layout)?;
        let tables = tables::build(h, &record);
        for (table, matrix) in &tables {
            let log_height = matrix.height().ilog2() as usize;
            if log_height > table.max_log_height() {
                return Err(ProveError::TooHigh(*table, log_height));
            }
        }

        let image_root = image.root(h);
        let input_root = tree::input_root(h, &config.input);
        let input_len = config.input.len() as u32;
        let mut regs = [0; reg::COUNT - 1];
        regs.copy_from_slice(&record.last.regs[1..]);
        let last = FinalState { gas: record.last.gas, regs };
        let mut pages = AskedPages { image, layout: &layout, asked: Vec::new() };
        let ended = Ended {
            pc: ending.exit.pc,
            regs: record.last.regs,
            gas: u64::from(last.gas[0]) + (u64::from(last.gas[1]) << 8),
            gas_table: &config.gas_table,
            gas_limit: config.gas_limit,
            journal_len: ending.journal.len(),
            abort_code: match ending.exit.reason {
                ExitReason::HostAbort(code) => code,
                _ => 0,
            },
        };
        let decided =
            decide(h, &ended, &mut pages).map_err(|_| ProveError::Inconsistent(execution.steps.len()))?;
        if decided.reason != ending.exit.reason || decided.gas_used != ending.gas_used {
            return Err(ProveError::Inconsistent(execution.steps.len()));
        }
        let openings = Openings::of(h, image, ending.exit.pc, &pages.asked);
        let statement = Statement {
            image_id: image.header().image_id(h, &image_root),
            input_digest: tree::input_digest(h, &input_root, input_len),
            gas_table: config.gas_table,
            gas_limit: config.gas_limit,
            memory_limit: config.memory_limit,
            journal: ending.journal.clone(),
            transcript: Transcript(ending.transcript),
            gas_used: ending.gas_used,
            instructions: ending.instructions,
            exit: ending.exit,
        };
        Ok(Self {
            statement,
            tables,
            header: *image.header(),
            image_root,
            input_len,
            input_root,
            last,
            openings,
        })
    }

    /// Sizes of the tables.
    pub fn sizes(&self) -> Vec<TableSize> {
        self.tables
            .iter()
            .map(|(table, m)| TableSize { table: *table, rows: m.height(), columns: m.width() })
            .collect()
    }

    /// Proves the witness, honest or not.
    ///
    /// # Errors
    /// [`ProveError::Layout`] or [`ProveError::Stark`].
    pub fn prove(self, verifier: &Verifier) -> Result<(Statement, Proof), ProveError> {
        let h = verifier.hasher();
        let Self { statement, tables, header, image_root, input_len, input_root, last, openings } = self;
        let layout = Layout::new(&header, statement.memory_limit, input_len as usize)?;
        let journal = h.chain(&statement.journal);
        let publics = Publics {
            header: &header,
            layout: &layout,
            gas_table: &statement.gas_table,
            image_root: &image_root,
            input_root: &input_root,
            journal: &journal,
            journal_len: statement.journal.len(),
            instructions: statement.instructions,
            pc: statement.exit.pc,
            last: &last,
        };
        let present: Vec<Table> = tables.iter().map(|(table, _)| *table).collect();
        let mask = present.iter().fold(0, |mask, &t| mask | 1 << t as u32);
        let values: Vec<Vec<Val>> = present.iter().map(|&table| publics.of(table)).collect();
        let lookups = &verifier.common(&present).lookups;
        let config = params::config(mask, &statement.digest(h));
        let stark = stark::prove(&config, tables, &values, lookups).map_err(ProveError::Stark)?;
        let proof = Proof { header, image_root, input_len, input_root, last, openings, tables: mask, stark };
        Ok((statement, proof))
    }
}

/// A prover: holds the [`Verifier`] whose proofs it makes. One for all programs.
#[derive(Default)]
pub struct Prover {
    verifier: Verifier,
}

impl Prover {
    /// A prover.
    pub fn new() -> Self {
        Self::default()
    }

    /// The verifier of this prover's proofs.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Proves an execution, and tells `progress` of each stage as it begins.
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
        let witness = info_span!("tables").in_scope(|| Witness::of(&self.verifier, execution))?;
        progress(Stage::Stark);
        info_span!("stark").in_scope(|| witness.prove(&self.verifier))
    }
}

/// Proves an execution with a new [`Prover`].
///
/// # Errors
/// [`ProveError`].
pub fn prove(
    execution: &Execution,
    progress: &mut dyn FnMut(Stage),
) -> Result<(Statement, Proof), ProveError> {
    Prover::new().prove(execution, progress)
}
