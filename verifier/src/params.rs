//! The proof system's parameters.

use ember_memory::extension::Extension;
use ember_memory::{Digest, Permutation, permutation};
use p3_challenger::{CanObserve, DuplexChallenger};
use p3_commit::ExtensionMmcs;
use p3_dft::Radix2DFTSmallBatch;
use p3_field::Field;
use p3_field::PrimeCharacteristicRing;
use p3_fri::FriParameters;
use p3_koala_bear::KoalaBear;
use p3_merkle_tree::MerkleTreeMmcs;
use p3_symmetric::{PaddingFreeSponge, TruncatedPermutation};
use p3_uni_stark::StarkConfig;

use crate::pcs::Pcs;
use crate::{Boundary, State};

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
/// Bits of proof of work before the challenge that combines the openings.
pub const BATCH_POW_BITS: usize = 16;
/// Coordinates of a challenge.
pub const DIMENSION: usize = 5;
/// log2 of the least rows of the highest table: a lower one's openings at two points are not far enough from any word.
pub const MIN_LOG_HEIGHT: usize = 7;
/// log2 of the most values folded at once.
pub const LOG_ARITY: usize = 3;
/// Layers of commitment trees that are sent whole.
pub const CAP_HEIGHT: usize = 1;
/// Trees over matrices of several heights take the lower ones in on the way up, and what is lower than the layer that is sent
/// is never taken in: it would be in no commitment. The lowest matrix is a table of one row, extended.
const _: () = assert!(CAP_HEIGHT <= LOG_BLOWUP);
/// Largest constraint degree of any table.
pub const MAX_DEGREE: usize = 3;
/// Domain tag of the transcript: protocol name and version.
const TRANSCRIPT_TAG: [u32; 2] = [0x45_4d_42_52, 2];

/// The parameters of FRI.
pub fn fri_parameters() -> FriParameters<ChallengeMmcs> {
    FriParameters {
        log_blowup: LOG_BLOWUP,
        log_final_poly_len: 0,
        max_log_arity: LOG_ARITY,
        num_queries: QUERIES,
        batch_proof_of_work_bits: BATCH_POW_BITS,
        commit_proof_of_work_bits: 0,
        query_proof_of_work_bits: QUERY_POW_BITS,
        mmcs: ChallengeMmcs::new(mmcs()),
    }
}

/// The trees that commitments are made of.
pub fn mmcs() -> ValMmcs {
    let perm = permutation();
    ValMmcs::new(Hash::new(perm.clone()), Compress::new(perm), CAP_HEIGHT)
}

/// The configuration of a segment's proof: its transcript starts with the protocol's tag, the tables present, a digest
/// of the statement, and the states in which the segment begins and ends.
pub fn config(tables: u32, statement: &Digest, start: &State, end: &Boundary) -> Config {
    let pcs = Pcs::new(mmcs(), fri_parameters());
    let mut challenger = Challenger::new(permutation());
    for word in TRANSCRIPT_TAG.into_iter().chain([tables]) {
        challenger.observe(Val::from_u32(word));
    }
    challenger.observe_slice(&statement.0);
    challenger.observe_slice(&start.elements());
    challenger.observe_slice(&end.elements());
    Config::new(pcs, challenger)
}
