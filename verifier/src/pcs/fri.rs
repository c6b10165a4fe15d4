//! FRI: a function that the opened rows determine at the queried points is close to a polynomial of low degree.
//!
//! Step for step what [`p3_fri::verifier::verify_fri`] does. Source: Ben-Sasson et al., *Fast Reed-Solomon IOPs of
//! Proximity*, ICALP 2018.

use alloc::vec;
use alloc::vec::Vec;

use p3_commit::Mmcs;
use p3_field::{PrimeCharacteristicRing, TwoAdicField};
use p3_fri::verifier::{FriError, fold_query};
use p3_fri::{FriShape, VerifierTranscript, fold_schedule};
use p3_matrix::Dimensions;
use p3_util::reverse_bits_len;

use super::folding::Folding;
use super::{Claims, OpeningError, OpeningProof, Pcs};
use crate::params::{Challenge, Challenger, Val};

impl Pcs {
    /// Checks that the claims, combined by the powers of `alpha`, are of functions close to low degree.
    pub(super) fn verify_fri(
        &self,
        claims: &[Claims],
        alpha: Challenge,
        proof: &OpeningProof,
        challenger: &mut Challenger,
    ) -> Result<(), OpeningError> {
        let fri = &self.fri;
        // Parameters that would check nothing.
        if fri.num_queries == 0 {
            return Err(FriError::ZeroQueries);
        }
        if fri.log_blowup == 0 {
            return Err(FriError::ZeroBlowup);
        }
        if fri.max_log_arity == 0 {
            return Err(FriError::ZeroFoldingArity);
        }

        // The run's shape, from claims and parameters alone: no length of the proof decides anything.
        let matrices = claims.iter().flat_map(|claim| &claim.matrices);
        let mut heights: Vec<usize> = matrices.map(|matrix| self.log_height(matrix)).collect();
        heights.sort_unstable_by(|a, b| b.cmp(a));
        heights.dedup();
        let log_max_height = *heights.first().ok_or(FriError::NoCommittedMatrices)?;
        if log_max_height > Val::TWO_ADICITY {
            return Err(FriError::GlobalMaxHeightTooLarge {
                log_global_max_height: log_max_height,
                two_adicity: Val::TWO_ADICITY,
            });
        }
        let log_final_height = fri.log_blowup + fri.log_final_poly_len;
        let log_arities = fold_schedule(&heights, log_final_height, fri.max_log_arity);
        check_lengths(fri.num_queries, fri.final_poly_len(), &log_arities, proof)?;

        let shape = FriShape::with_schedule(fri, log_arities.clone(), log_max_height);
        let mut transcript = VerifierTranscript::<Challenger, Val, Challenge>::new(challenger, shape);
        let betas = transcript.commit_rounds(&proof.commit_phase_commits, &proof.commit_pow_witnesses)?;
        let queries = transcript.query_phase(&proof.final_poly, Some(proof.query_pow_witness))?;
        transcript.finish();

        self.check_rows(claims, &proof.input_openings, &queries, log_max_height)?;
        let combined = self.combine(claims, &proof.input_openings, &queries, &heights, alpha)?;

        // Every query's chain of folds, from the opened rows to the final polynomial.
        let rounds = log_arities.len();
        let mut groups: Vec<Vec<usize>> = vec![Vec::with_capacity(fri.num_queries); rounds];
        let mut rows: Vec<Vec<Vec<Vec<Challenge>>>> = vec![Vec::with_capacity(fri.num_queries); rounds];
        for (query, (&index, combined)) in queries.iter().zip(combined).enumerate() {
            let mut index = index;
            let folded = fold_query::<_, Val, Challenge, _>(
                &Folding,
                query,
                &mut index,
                &betas,
                &log_arities,
                &proof.commit_phase_openings,
                combined,
                log_max_height,
                log_final_height,
                &mut groups,
                &mut rows,
            )?;
            let x = Val::two_adic_generator(log_max_height)
                .exp_u64(reverse_bits_len(index, log_max_height) as u64);
            let value = proof
                .final_poly
                .iter()
                .rev()
                .fold(Challenge::ZERO, |sum, &coefficient| sum * x + coefficient);
            if value != folded {
                return Err(FriError::FinalPolyMismatch);
            }
        }

        // The rows that the chains went through are those that were committed to.
        let mut log_height = log_max_height;
        let openings = proof.commit_phase_commits.iter().zip(&proof.commit_phase_openings);
        for (((commitment, opening), log_arity), (groups, rows)) in
            openings.zip(log_arities).zip(groups.iter().zip(&rows))
        {
            log_height -= log_arity;
            let dimensions = Dimensions { width: 1 << log_arity, height: 1 << log_height };
            fri.mmcs
                .verify_multi_batch(commitment, &[dimensions], groups, rows, &opening.opening_proof)
                .map_err(FriError::CommitPhaseMmcsError)?;
        }
        Ok(())
    }
}

/// The lengths of the proof that the transcript does not see are those of its shape.
fn check_lengths(
    queries: usize,
    final_poly_len: usize,
    log_arities: &[usize],
    proof: &OpeningProof,
) -> Result<(), OpeningError> {
    if proof.commit_phase_openings.len() != log_arities.len() {
        return Err(FriError::CommitPhaseOpeningsCountMismatch {
            expected: log_arities.len(),
            got: proof.commit_phase_openings.len(),
        });
    }
    for (round, (opening, &log_arity)) in proof.commit_phase_openings.iter().zip(log_arities).enumerate() {
        if opening.sibling_values.len() != queries {
            return Err(FriError::CommitPhaseQueryCountMismatch {
                round,
                expected: queries,
                got: opening.sibling_values.len(),
            });
        }
        let expected = (1 << log_arity) - 1;
        if let Some(siblings) = opening.sibling_values.iter().find(|siblings| siblings.len() != expected) {
            return Err(FriError::SiblingValuesLengthMismatch { round, expected, got: siblings.len() });
        }
    }
    if proof.final_poly.len() != final_poly_len {
        return Err(FriError::FinalPolyLengthMismatch {
            expected: final_poly_len,
            got: proof.final_poly.len(),
        });
    }
    Ok(())
}
