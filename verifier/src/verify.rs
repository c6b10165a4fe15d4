//! The verifier.

use alloc::vec::Vec;

use ember_isa::ecall::MAX_JOURNAL_LEN;
use ember_isa::{ExitReason, reg};
use ember_memory::digest::Hasher;
use ember_memory::{Layout, LayoutError, tree};
use p3_batch_stark::{CommonData, verify_batch};
use p3_field::PrimeField32;
use p3_lookup::Lookups;
use thiserror::Error;

use crate::air::{self, Table};
use crate::ending::{self, Ended, EndingError};
use crate::openings::OpenedPages;
use crate::params::{self, Security, Val};
use crate::{Proof, Publics, Statement};

/// Most instructions that one segment can retire: the processor needs a row more.
pub const MAX_INSTRUCTIONS: u64 = (1 << Table::Cpu.max_log_height()) - 1;

/// The proof does not prove the statement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// The proof's header and root are not those of the statement's image.
    #[error("the proof is about another program")]
    Image,
    /// The proof's input is not the statement's.
    #[error("the proof is about another public input")]
    Input,
    /// Image, memory limit and input do not fit together.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A number is out of its range.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// The proof's tables are not a set that the verifier knows, or a table is too high.
    #[error("the proof's tables are malformed")]
    Tables,
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

/// A verifier: the circuits' lookups, worked out once. One for all programs.
pub struct Verifier {
    hasher: Hasher,
    lookups: Vec<Lookups<Val>>,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// Works out the circuits' lookups.
    pub fn new() -> Self {
        let lookups = Table::ALL.iter().map(|&table| air::lookups(table)).collect();
        Self { hasher: Hasher::default(), lookups }
    }

    /// The lookups of every table.
    pub fn lookups(&self) -> &[Lookups<Val>] {
        &self.lookups
    }

    /// The hash of all identities.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// Proven security of the largest run that the verifier accepts.
    pub fn security(&self) -> Security {
        Security::of(Table::Cpu.max_log_height(), &self.lookups)
    }

    /// What prover and verifier share for a proof with these tables.
    pub fn common(&self, tables: &[Table]) -> CommonData<params::Config> {
        CommonData::new(None, tables.iter().map(|&t| self.lookups[t as usize].clone()).collect())
    }

    /// Checks that `proof` proves `statement`.
    ///
    /// # Errors
    /// [`VerifyError`] says what is wrong first.
    pub fn verify(&self, statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
        let h = &self.hasher;
        // Identities.
        if !proof.header.is_well_formed() {
            return Err(VerifyError::Range("the image's header"));
        }
        if proof.header.image_id(h, &proof.image_root) != statement.image_id {
            return Err(VerifyError::Image);
        }
        if tree::input_digest(h, &proof.input_root, proof.input_len) != statement.input_digest {
            return Err(VerifyError::Input);
        }
        let layout = Layout::new(&proof.header, statement.memory_limit, proof.input_len as usize)?;

        // Ranges.
        if statement.instructions > MAX_INSTRUCTIONS {
            return Err(VerifyError::Range("the number of instructions"));
        }
        if statement.journal.len() > MAX_JOURNAL_LEN as usize {
            return Err(VerifyError::Range("the journal's length"));
        }
        if !statement.exit.pc.is_multiple_of(4) {
            return Err(VerifyError::Range("the final pc"));
        }
        if proof.last.gas.iter().any(|&gas| gas >= Val::ORDER_U32) {
            return Err(VerifyError::Range("the final gas"));
        }
        let gas = u64::from(proof.last.gas[0]) + (u64::from(proof.last.gas[1]) << 8);
        if gas > statement.gas_limit {
            return Err(VerifyError::Gas);
        }

        self.verify_stark(statement, proof, &layout)?;

        // The ending.
        let mut regs = [0; reg::COUNT];
        regs[1..].copy_from_slice(&proof.last.regs);
        let ended = Ended {
            pc: statement.exit.pc,
            regs,
            gas,
            gas_table: &statement.gas_table,
            gas_limit: statement.gas_limit,
            journal_len: statement.journal.len(),
            abort_code: match statement.exit.reason {
                ExitReason::HostAbort(code) => code,
                _ => 0,
            },
        };
        let mut pages = OpenedPages {
            hasher: h,
            root: &proof.image_root,
            layout: &layout,
            openings: &proof.openings,
            next: 0,
            code_contents: None,
            code_used: false,
        };
        let ending = ending::decide(h, &ended, &mut pages)?;
        if pages.next != proof.openings.pages.len() || pages.code_used != proof.openings.code.is_some() {
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

    fn verify_stark(&self, statement: &Statement, proof: &Proof, layout: &Layout) -> Result<(), VerifyError> {
        let h = &self.hasher;
        let tables: Vec<Table> =
            Table::ALL.iter().copied().filter(|&t| proof.tables >> (t as u32) & 1 == 1).collect();
        let heights = &proof.stark.degree_bits;
        if proof.tables >> Table::ALL.len() != 0
            || tables.first() != Some(&Table::Cpu)
            || heights.len() != tables.len()
            || tables.iter().zip(heights).any(|(t, &height)| height > t.max_log_height())
        {
            return Err(VerifyError::Tables);
        }
        // Without the tables that bind it, the journal is empty.
        let journal_bound = [Table::Io, Table::Journal].iter().all(|t| tables.contains(t));
        if !statement.journal.is_empty() && !journal_bound {
            return Err(VerifyError::Tables);
        }
        let journal = h.chain(&statement.journal);
        let publics = Publics {
            header: &proof.header,
            layout,
            gas_table: &statement.gas_table,
            image_root: &proof.image_root,
            input_root: &proof.input_root,
            journal: &journal,
            journal_len: statement.journal.len(),
            instructions: statement.instructions,
            pc: statement.exit.pc,
            last: &proof.last,
        };
        let values: Vec<Vec<Val>> = tables.iter().map(|&t| publics.of(t)).collect();
        let config = params::config(proof.tables, &statement.digest(h));
        verify_batch(&config, &tables, &proof.stark, &values, &self.common(&tables))
            .map_err(|e| VerifyError::Stark(alloc::format!("{e:?}").chars().take(160).collect()))
    }
}

/// Checks that `proof` proves `statement`, with a new [`Verifier`].
///
/// # Errors
/// [`VerifyError`] says what is wrong first.
pub fn verify(statement: &Statement, proof: &Proof) -> Result<(), VerifyError> {
    Verifier::new().verify(statement, proof)
}
