//! The polynomial commitments, as the verifier sees them: p3's FRI over two-adic cosets, with the work of a query done in
//! fewer multiplications.
//!
//! The protocol, its transcript, its proofs and what is refused are those of [`p3_fri::TwoAdicFriPcs`] (a test compares them
//! on honest and edited proofs). What the opened rows add up to (`queries`) and how a row folds (`folding`) are computed
//! otherwise: see there.

mod folding;
mod fri;
mod queries;

use alloc::vec::Vec;
use core::convert::Infallible;

use p3_commit::{CommitmentOpening, MatrixOpening, Mmcs, OpenedValues, OpeningRequest, UnivariateStarkPcs};
use p3_field::coset::TwoAdicMultiplicativeCoset;
use p3_field::{PrimeCharacteristicRing, TwoAdicField};
use p3_fri::verifier::{FriError, PowPhase};
use p3_fri::{BatchMultiOpening, FriParameters, FriProof, PcsShape, PcsVerifierTranscript};
use p3_matrix::dense::RowMajorMatrix;
use p3_util::log2_strict_usize;
use thiserror::Error;

use crate::params::{Challenge, ChallengeMmcs, Challenger, Val, ValMmcs};

/// Where the tables' columns are interpolated.
pub type Coset = TwoAdicMultiplicativeCoset<Val>;
/// A commitment to matrices.
pub type Commitment = <ValMmcs as Mmcs<Val>>::Commitment;
/// A commitment and what is claimed of its matrices.
pub type Claims = CommitmentOpening<Challenge, Commitment, Coset>;
/// Opened rows of the matrices of one commitment.
pub type Rows = BatchMultiOpening<Val, ValMmcs>;
/// The proof that claims hold.
pub type OpeningProof = FriProof<Challenge, ChallengeMmcs, Val, Vec<Rows>>;
/// Why claims are not proven.
pub type OpeningError = FriError<<ChallengeMmcs as Mmcs<Challenge>>::Error, <ValMmcs as Mmcs<Val>>::Error>;

/// A verifier's commitments do not commit: the prover is another crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a verifier commits to nothing")]
pub struct NotAProver;

/// Verifies openings of commitments.
#[derive(Clone, Debug)]
pub struct Pcs {
    mmcs: ValMmcs,
    fri: FriParameters<ChallengeMmcs>,
}

impl Pcs {
    /// Openings of trees of `mmcs`, by FRI with these parameters: as [`p3_fri::TwoAdicFriPcs::new`].
    pub fn new(mmcs: ValMmcs, fri: FriParameters<ChallengeMmcs>) -> Self {
        Self { mmcs, fri }
    }

    /// log2 of the rows of an opened matrix, extended.
    fn log_height(&self, opening: &MatrixOpening<Challenge, Coset>) -> usize {
        log2_strict_usize(opening.domain.size()) + self.fri.log_blowup
    }
}

impl p3_commit::Pcs<Challenge, Challenger> for Pcs {
    type Domain = Coset;
    type Commitment = Commitment;
    type ProverData = Infallible;
    type Proof = OpeningProof;
    type Error = OpeningError;
    type ProverError = NotAProver;

    fn natural_domain_for_degree(&self, degree: usize) -> Coset {
        let log_size = log2_strict_usize(degree);
        Coset::new(Val::ONE, log_size).expect("the verifier bounds the tables' heights")
    }

    fn commit(
        &self,
        _: impl IntoIterator<Item = (Coset, RowMajorMatrix<Val>)>,
    ) -> Result<(Commitment, Infallible), NotAProver> {
        Err(NotAProver)
    }

    fn open(
        &self,
        _: Vec<OpeningRequest<'_, Infallible, Challenge>>,
        _: &mut Challenger,
    ) -> Result<(OpenedValues<Challenge>, OpeningProof), NotAProver> {
        Err(NotAProver)
    }

    fn verify(
        &self,
        claims: Vec<Claims>,
        proof: &OpeningProof,
        challenger: &mut Challenger,
    ) -> Result<(), OpeningError> {
        // A witness that no proof of work reads is bound to nothing: it is zero.
        let pinned = |phase, bits: usize, witness: &Val| {
            if bits == 0 && *witness != Val::ZERO {
                return Err(FriError::NonCanonicalPowWitness { phase });
            }
            Ok(())
        };
        pinned(PowPhase::Batch, self.fri.batch_proof_of_work_bits, &proof.batch_pow_witness)?;
        for witness in &proof.commit_pow_witnesses {
            pinned(PowPhase::CommitPhase, self.fri.commit_proof_of_work_bits, witness)?;
        }
        pinned(PowPhase::Query, self.fri.query_proof_of_work_bits, &proof.query_pow_witness)?;

        // The transcript binds all claimed values before the challenge that combines them is drawn.
        let shape = PcsShape::from_claims(&self.fri, &claims);
        let mut transcript = PcsVerifierTranscript::<Challenger, Val, Challenge>::new(challenger, shape);
        transcript.claimed_openings(&claims)?;
        let alpha = transcript.batch_phase(Some(proof.batch_pow_witness))?;
        let result = transcript.delegate(|challenger| self.verify_fri(&claims, alpha, proof, challenger));
        transcript.finish();
        result
    }
}

impl UnivariateStarkPcs<Challenge, Challenger> for Pcs {
    type EvaluationsOnDomain<'a> = RowMajorMatrix<Val>;

    const ZK: bool = false;

    fn log_max_trace_height(&self) -> usize {
        Val::TWO_ADICITY
    }

    fn log_min_trace_height(&self) -> usize {
        0
    }

    fn get_quotient_ldes(
        &self,
        _: impl IntoIterator<Item = (Coset, RowMajorMatrix<Val>)>,
        _: usize,
    ) -> Result<Vec<RowMajorMatrix<Val>>, NotAProver> {
        Err(NotAProver)
    }

    fn commit_ldes(&self, _: Vec<RowMajorMatrix<Val>>) -> Result<(Commitment, Infallible), NotAProver> {
        Err(NotAProver)
    }

    fn get_evaluations_on_domain(&self, prover_data: &Infallible, _: usize, _: Coset) -> RowMajorMatrix<Val> {
        match *prover_data {}
    }
}
