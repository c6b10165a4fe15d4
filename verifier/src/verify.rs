//! The verifier.

use alloc::vec::Vec;

use ember_isa::ecall::MAX_JOURNAL_LEN;
use ember_isa::{ExitReason, GasTableError, reg};
use ember_memory::digest::Hasher;
use ember_memory::{Digest, Layout, LayoutError, tree};
use once_cell::race::OnceBox;
use p3_batch_stark::{CommonData, verify_batch};
use p3_field::PrimeField32;
use p3_lookup::Lookups;
use thiserror::Error;

use crate::air::{self, Table};
use crate::ending::{self, Ended, EndingError};
use crate::openings::OpenedPages;
use crate::params::{self, MIN_LOG_HEIGHT, Val};
use crate::security::{Counts, PARAMETERS, Security, Theorem};
use crate::{Boundary, Preamble, Proof, Publics, Segment, State, Statement};

/// Most instructions that one segment can retire: the processor needs a row more.
pub const MAX_INSTRUCTIONS: u64 = (1 << Table::Cpu.max_log_height()) - 1;

/// Most bytes of private input that one segment can read: four a row of `Io`. Below the field's order, so that no
/// number stands for another.
const MAX_PRIVATE_BYTES: u32 = 4 << Table::Io.max_log_height();

/// The proof does not prove the statement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// The proof's header and root are not those of the statement's image.
    #[error("the proof is about another program")]
    Image,
    /// The proof's input is not the statement's.
    #[error("the proof is about another public input")]
    Input,
    /// The gas table is no valid one.
    #[error(transparent)]
    GasTable(#[from] GasTableError),
    /// Image, memory limit and input do not fit together.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A number is out of its range.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// The proof's tables are not a set that the verifier knows, a table is too high, or all are too low.
    #[error("the proof's tables are malformed")]
    Tables,
    /// There is no segment, or a segment that is the whole run beside others.
    #[error("the proof's segments are not those of one run")]
    Segments,
    /// The gas used before the last instruction is above the limit.
    #[error("the run passed its gas limit")]
    Gas,
    /// How the run ended cannot be decided.
    #[error(transparent)]
    Ending(#[from] EndingError),
    /// The run ended otherwise than the statement says.
    #[error("the run ended otherwise: {0}")]
    OtherEnding(&'static str),
    /// The proof has openings that nothing needs.
    #[error("the proof has superfluous Merkle openings")]
    Superfluous,
    /// The STARK does not verify.
    #[error("the STARK does not verify: {0}")]
    Stark(alloc::string::String),
}

/// A verifier: the circuits' lookups, worked out once, each table's when a proof first has it. One for all programs.
#[derive(Default)]
pub struct Verifier {
    hasher: Hasher,
    lookups: [OnceBox<Lookups<Val>>; Table::ALL.len()],
    counts: [OnceBox<Counts>; Table::ALL.len()],
}

impl Verifier {
    /// A verifier that knows no table's lookups yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The lookups of a table.
    pub fn lookups(&self, table: Table) -> &Lookups<Val> {
        self.lookups[table as usize].get_or_init(|| air::lookups(table).into())
    }

    /// The hash of all identities.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// What of a table decides the security.
    pub fn counts(&self, table: Table) -> Counts {
        *self.counts[table as usize].get_or_init(|| Counts::of(table, self.lookups(table)).into())
    }

    /// The security that any proof has which the verifier accepts: that of one that has all tables, at their highest.
    pub fn security(&self) -> Security {
        let tables: Vec<_> = Table::ALL.iter().map(|&t| (t.max_log_height(), self.counts(t))).collect();
        Security::of(&tables, &PARAMETERS, Theorem::Linear)
    }

    /// The security of the proof of a segment, from its tables and their heights; whether it is valid, this does not look at.
    /// That of a proof of several segments is the least of theirs.
    ///
    /// # Errors
    /// [`VerifyError::Tables`] when the verifier would not look at such a proof.
    pub fn security_of(&self, segment: &Segment) -> Result<Security, VerifyError> {
        let tables = tables(segment)?;
        let heights = &segment.stark.degree_bits;
        let tables: Vec<_> = heights.iter().zip(tables).map(|(&h, t)| (h, self.counts(t))).collect();
        Ok(Security::of(&tables, &PARAMETERS, Theorem::Linear))
    }

    /// What prover and verifier share for a proof with these tables.
    pub fn common(&self, tables: &[Table]) -> CommonData<params::Config> {
        CommonData::new(None, tables.iter().map(|&t| self.lookups(t).clone()).collect())
    }

    /// Begins to check a proof of `statement`, segment by segment.
    ///
    /// # Errors
    /// [`VerifyError`] when statement and preamble do not fit together.
    pub fn begin<'a>(
        &'a self,
        statement: &'a Statement,
        preamble: &'a Preamble,
    ) -> Result<Chain<'a>, VerifyError> {
        let h = &self.hasher;
        let Preamble { header, image_root, input_len, input_root, .. } = preamble;
        if !header.is_well_formed() {
            return Err(VerifyError::Range("the image's header"));
        }
        if header.image_id(h, image_root) != statement.image_id {
            return Err(VerifyError::Image);
        }
        if tree::input_digest(h, input_root, *input_len) != statement.input_digest {
            return Err(VerifyError::Input);
        }
        statement.gas_table.check()?;
        let layout = Layout::new(header, statement.memory_limit, *input_len as usize)?;
        if statement.journal.len() > MAX_JOURNAL_LEN as usize {
            return Err(VerifyError::Range("the journal's length"));
        }
        if !statement.exit.pc.is_multiple_of(4) {
            return Err(VerifyError::Range("the final pc"));
        }
        Ok(Chain {
            verifier: self,
            statement,
            preamble,
            layout,
            digest: statement.digest(h),
            zero_page: tree::zero_page_root(h),
            state: State::pristine(header, image_root, &layout),
            segments: 0,
            is_whole: false,
        })
    }

    /// Checks that `proof` proves `statement`.
    ///
    /// # Errors
    /// [`VerifyError`] says what is wrong first.
    pub fn verify(&self, statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
        let mut chain = self.begin(statement, &proof.preamble)?;
        for segment in &proof.segments {
            chain.segment(segment)?;
        }
        chain.finish()
    }
}

/// The tables of a segment's proof, if their set and their heights are some that the verifier accepts.
fn tables(segment: &Segment) -> Result<Vec<Table>, VerifyError> {
    let Segment { tables: mask, stark, .. } = segment;
    let tables: Vec<Table> = Table::ALL.iter().copied().filter(|&t| mask >> (t as u32) & 1 == 1).collect();
    let heights = &stark.degree_bits;
    let is_high = heights.iter().max().is_some_and(|&height| height >= MIN_LOG_HEIGHT);
    if mask >> Table::ALL.len() != 0
        || tables.first() != Some(&Table::Cpu)
        || heights.len() != tables.len()
        || tables.iter().zip(heights).any(|(t, &height)| height > t.max_log_height())
        || !is_high
    {
        return Err(VerifyError::Tables);
    }
    Ok(tables)
}

/// A proof that is being checked: the segments so far hold.
pub struct Chain<'a> {
    verifier: &'a Verifier,
    statement: &'a Statement,
    preamble: &'a Preamble,
    layout: Layout,
    digest: Digest,
    zero_page: Digest,
    state: State,
    segments: u64,
    /// Whether a segment said that it is the whole run.
    is_whole: bool,
}

impl Chain<'_> {
    /// The state after the segments so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Checks the next segment.
    ///
    /// # Errors
    /// [`VerifyError`] says what is wrong first.
    pub fn segment(&mut self, segment: &Segment) -> Result<(), VerifyError> {
        let Boundary { pc, gas, instructions, journal_len, private_bytes, memory, .. } = segment.end;
        // A segment that is the whole run leaves no memory behind.
        if self.is_whole || memory.is_none() && self.segments > 0 {
            return Err(VerifyError::Segments);
        }
        if u64::from(instructions) > MAX_INSTRUCTIONS {
            return Err(VerifyError::Range("the number of a segment's instructions"));
        }
        if !pc.is_multiple_of(4) {
            return Err(VerifyError::Range("a segment's final pc"));
        }
        if gas.iter().any(|&gas| gas >= Val::ORDER_U32) {
            return Err(VerifyError::Range("a segment's gas"));
        }
        if private_bytes > MAX_PRIVATE_BYTES {
            return Err(VerifyError::Range("the number of a segment's private bytes"));
        }
        // The statement's journal is at most 1 MiB, and holds what the segments before appended.
        let rest = self.statement.journal.get(self.state.journal_len as usize..);
        let journal = rest.and_then(|rest| rest.get(..journal_len as usize));
        let journal = journal.ok_or(VerifyError::Range("the length of a segment's journal"))?;
        self.stark(segment, journal)?;
        self.state = self.state.after(&segment.end);
        self.segments += 1;
        self.is_whole = memory.is_none();
        Ok(())
    }

    fn stark(&self, segment: &Segment, journal: &[u8]) -> Result<(), VerifyError> {
        let Segment { end, tables: mask, stark } = segment;
        let tables = tables(segment)?;
        let has = |table| tables.contains(&table);
        // Without the tables that bind it, the journal is empty.
        let journal_bound = journal.is_empty() || has(Table::Io) && has(Table::Journal);
        // Without the table that counts them, no private bytes are read.
        let private_bound = end.private_bytes == 0 || has(Table::Io);
        // Zeroed memory is pristine only in a run of one segment; in one of several, memory is what the segment before
        // left, and without the tables that change it, it stays.
        let memory_bound = match end.memory {
            None => !has(Table::MemoryNode),
            Some(after) => !has(Table::Heap) && (has(Table::MemoryNode) || after == self.state.memory),
        };
        if !journal_bound || !private_bound || !memory_bound {
            return Err(VerifyError::Tables);
        }
        let h = self.verifier.hasher();
        let publics = Publics {
            header: &self.preamble.header,
            layout: &self.layout,
            context: &self.statement.context(),
            image_root: &self.preamble.image_root,
            input_root: &self.preamble.input_root,
            zero_page: &self.zero_page,
            start: &self.state,
            end,
            journal: &h.chain(journal),
        };
        let values: Vec<Vec<Val>> = tables.iter().map(|&t| publics.of(t)).collect();
        let config = params::config(*mask, &self.digest, &self.state, end);
        verify_batch(&config, &tables, stark, &values, &self.verifier.common(&tables))
            .map_err(|e| VerifyError::Stark(alloc::format!("{e:?}").chars().take(160).collect()))
    }

    /// Checks that the segments are the statement's whole run, and that it ended as the statement says.
    ///
    /// # Errors
    /// [`VerifyError`] says what is wrong first.
    pub fn finish(self) -> Result<(), VerifyError> {
        let Self { verifier, statement, preamble, layout, state, segments, .. } = self;
        let h = &verifier.hasher;
        let journal_len = statement.journal.len();
        if segments == 0 {
            return Err(VerifyError::Segments);
        }
        if state.pc != statement.exit.pc
            || state.instructions != statement.instructions
            || state.journal_len != journal_len as u64
            || state.private_bytes != statement.private_bytes
        {
            return Err(VerifyError::OtherEnding("in another state"));
        }
        if state.gas > statement.gas_limit {
            return Err(VerifyError::Gas);
        }
        let mut regs = [0; reg::COUNT];
        regs[1..].copy_from_slice(&state.regs);
        let ended = Ended {
            pc: state.pc,
            regs,
            gas: state.gas,
            gas_table: &statement.gas_table,
            gas_limit: statement.gas_limit,
            journal_len,
            abort_code: match statement.exit.reason {
                ExitReason::HostAbort(code) => code,
                _ => 0,
            },
        };
        let openings = &preamble.openings;
        let mut pages = OpenedPages {
            hasher: h,
            root: &preamble.image_root,
            layout: &layout,
            openings,
            next: 0,
            code_contents: None,
            code_used: false,
        };
        let ending = ending::decide(h, &ended, &mut pages)?;
        if pages.next != openings.pages.len() || pages.code_used != openings.code.is_some() {
            return Err(VerifyError::Superfluous);
        }
        if ending.reason != statement.exit.reason {
            return Err(VerifyError::OtherEnding("for another reason"));
        }
        if ending.gas_used != statement.gas_used {
            return Err(VerifyError::OtherEnding("with other gas"));
        }
        if ending.transcript != statement.transcript {
            return Err(VerifyError::OtherEnding("with another host transcript"));
        }
        Ok(())
    }
}

/// Checks that `proof` proves `statement`, with a new [`Verifier`].
///
/// # Errors
/// [`VerifyError`] says what is wrong first.
pub fn verify(statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
    Verifier::new().verify(statement, proof)
}
