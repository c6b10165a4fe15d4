//! The proof system's parameters, and the security that they prove.

use alloc::vec::Vec;

use ember_memory::extension::Extension;
use ember_memory::{Digest, Permutation, permutation};
use p3_batch_stark::num_batched_openings;
use p3_challenger::{CanObserve, DuplexChallenger};
use p3_commit::ExtensionMmcs;
use p3_dft::Radix2DFTSmallBatch;
use p3_field::Field;
use p3_field::PrimeCharacteristicRing;
use p3_fri::FriParameters;
use p3_koala_bear::KoalaBear;
use p3_lookup::Lookups;
use p3_merkle_tree::MerkleTreeMmcs;
use p3_security::grinding::GrindingSites;
use p3_security::logup::{self, LogUpAir};
use p3_security::report::{Regime, SecurityReport, SecurityTerm};
use p3_security::shape::{InstanceShape, StarkAirParams};
use p3_security::stark::proven_security_report;
use p3_symmetric::{PaddingFreeSponge, TruncatedPermutation};
use p3_uni_stark::{OpeningShape, StarkConfig};

use crate::air::Table;
use crate::pcs::Pcs;

/// The base field: 31 bits.
pub type Val = KoalaBear;
/// The field of challenges: degree 5, 155 bits.
pub type Challenge = Extension;
type Hash = PaddingFreeSponge<Permutation, 16, 8, 8>;
type Compress = TruncatedPermutation<Permutation, 2, 8, 16>;
/// Merkle trees over matrices of the base field.
pub type ValMmcs = MerkleTreeMmcs<<Val as Field>::Packing, <Val as Field>::Packing, Hash, Compress, 2, 8>;
/// Merkle trees over matrices of challenges.
pub type ChallengeMmcs = ExtensionMmcs<Val, Challenge, ValMmcs>;
/// The transcript's sponge.
pub type Challenger = DuplexChallenger<Val, Permutation, 16, 8>;
/// Discrete Fourier transforms.
pub type Dft = Radix2DFTSmallBatch<Val>;
/// The configuration of the STARK.
pub type Config = StarkConfig<Pcs, Challenge, Challenger>;

/// log2 of the blow-up.
pub const LOG_BLOWUP: usize = 1;
/// FRI queries.
pub const QUERIES: usize = 175;
/// Bits of proof of work before the queries.
pub const QUERY_POW_BITS: usize = 16;
/// log2 of the most values folded at once.
const LOG_ARITY: usize = 3;
/// Layers of commitment trees that are sent whole.
pub const CAP_HEIGHT: usize = 1;
/// Trees over matrices of several heights take the lower ones in on the way up, and what is lower than the layer that is sent
/// is never taken in: it would be in no commitment. The lowest matrix is a table of one row, extended.
const _: () = assert!(CAP_HEIGHT <= LOG_BLOWUP);
/// Largest constraint degree of any table.
pub const MAX_DEGREE: usize = 3;
/// Domain tag of the transcript: protocol name and version.
const TRANSCRIPT_TAG: [u32; 2] = [0x45_4d_42_52, 2];

fn fri<M>(mmcs: M) -> FriParameters<M> {
    FriParameters {
        log_blowup: LOG_BLOWUP,
        log_final_poly_len: 0,
        max_log_arity: LOG_ARITY,
        num_queries: QUERIES,
        batch_proof_of_work_bits: 0,
        commit_proof_of_work_bits: 0,
        query_proof_of_work_bits: QUERY_POW_BITS,
        mmcs,
    }
}

/// The trees that commitments are made of.
pub fn mmcs() -> ValMmcs {
    let perm = permutation();
    ValMmcs::new(Hash::new(perm.clone()), Compress::new(perm), CAP_HEIGHT)
}

/// The parameters of FRI.
pub fn fri_parameters() -> FriParameters<ChallengeMmcs> {
    fri(ChallengeMmcs::new(mmcs()))
}

/// The configuration of one proof: its transcript starts with the protocol's tag, the tables present, and a digest
/// of the statement.
pub fn config(tables: u32, statement: &Digest) -> Config {
    let pcs = Pcs::new(mmcs(), fri_parameters());
    let mut challenger = Challenger::new(permutation());
    for word in TRANSCRIPT_TAG.into_iter().chain([tables]) {
        challenger.observe(Val::from_u32(word));
    }
    challenger.observe_slice(&statement.0);
    Config::new(pcs, challenger)
}

/// The proven security of a proof system with these tables, at the largest heights that the verifier accepts.
#[derive(Clone, Debug)]
pub struct Security {
    report: SecurityReport,
}

/// Collision resistance of the commitments' hash, in bits: eight elements of 31 bits.
const HASH_BITS: usize = 123;

impl Security {
    /// The security when no table has more than `2^log_rows` rows. `lookups` are those of each table.
    ///
    /// All tables count as if each had that many rows, and every term but the hash's follows `p3-security`: the
    /// round-by-round soundness of FRI up to the Johnson radius or within unique decoding, the batching of
    /// openings, DEEP-ALI, the composition of constraints, and the LogUp fingerprint.
    pub fn of<'a>(log_rows: usize, lookups: impl Fn(Table) -> &'a Lookups<Val>) -> Self {
        let dimension = 5;
        let (mut openings, mut constraints, mut interactions, mut width) = (0, 0, 0, 1);
        for &table in Table::ALL {
            let lookups = lookups(table);
            let columns = table.columns();
            let reads_next = table.reads_next_row();
            openings += num_batched_openings(
                columns,
                reads_next,
                0,
                false,
                MAX_DEGREE - 1,
                lookups.len(),
                dimension,
                OpeningShape::TwoAdic,
            );
            constraints += table.constraint_count() + lookups.len() + 3;
            for lookup in lookups.iter() {
                interactions += lookup.elements.len();
                width = lookup.elements.iter().map(Vec::len).fold(width, usize::max);
            }
        }
        let air = StarkAirParams {
            num_constraints: constraints,
            max_constraint_degree: MAX_DEGREE,
            num_quotient_chunks: MAX_DEGREE - 1,
            max_combo: 2,
        };
        let shape = InstanceShape {
            log_trace_length: log_rows,
            modulus_bits: 31 * dimension - 1,
            collision_resistance: HASH_BITS,
            num_batched_functions: openings,
        };
        let fri = fri(());
        let grinding: GrindingSites = fri.grinding_sites();
        let lookup_air = LogUpAir { num_interactions: interactions, max_message_width: width };
        let extras: Vec<SecurityTerm> =
            logup::security_term(&lookup_air, &shape, &grinding).into_iter().collect();
        Self { report: proven_security_report(&fri.security_regime(), &air, &shape, &extras, &grinding) }
    }

    /// Proven bits: the better of the two regimes, each a valid bound.
    pub fn bits(&self) -> f64 {
        self.report.security_bits()
    }

    /// The term that bounds the security, and the regime in which it does.
    pub fn bound(&self) -> (&'static str, &'static str) {
        let (regime, term) = self.report.binding();
        let regime = match regime {
            Regime::UniqueDecoding => "unique decoding",
            _ => "list decoding up to the Johnson radius",
        };
        (term.label, regime)
    }

    /// Every term of the better regime: name and bits.
    pub fn terms(&self) -> Vec<(&'static str, f64)> {
        let better = match &self.report.ldr {
            Some(ldr) if ldr.security_bits() > self.report.udr.security_bits() => ldr,
            _ => &self.report.udr,
        };
        better.terms().iter().map(|t| (t.label, t.bits.bits())).collect()
    }
}
