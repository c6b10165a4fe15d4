//! The STARK prover.
//!
//! Makes the proofs that `p3_batch_stark::verify_batch` checks, over the same transcript as its own `prove_batch`,
//! from which the order of the steps is taken (`p3-batch-stark` 0.8.0, `p3-lookup` 0.8.0 and `p3-fri` 0.8.0,
//! copyright the Plonky3 authors, MIT or Apache-2.0). What differs is how the work is done:
//!
//! - lookups are evaluated by the circuits' own code on packed rows ([`folder`]), not by walking expressions;
//! - the argument's columns ([`lookups`]), quotients ([`quotient`]) and the polynomial that FRI folds ([`opening`])
//!   are computed in one pass over memory each, sixteen rows at a time with AVX-512, on rows in the bit-reversed
//!   order in which they are committed;
//! - traces are dropped once committed and looked up.
//!
//! Nothing here is trusted: a proof is what the verifier says it is.

mod folder;
mod key;
mod lookups;
mod opening;
mod quotient;
mod rows;

use std::sync::OnceLock;

use ember_verifier::air::Table;
use ember_verifier::params::{self, Challenge, Config, Dft, Val};
use p3_batch_stark::proof::OpenedValuesWithLookups;
use p3_batch_stark::{
    BatchCommitments, BatchOpenedValues, BatchProof, BatchProverTranscript, BatchShape, Commitment,
    OpenedValues, StarkGenericConfig,
};
use p3_commit::Mmcs;
use p3_dft::TwoAdicSubgroupDft;
use p3_field::extension::QuinticTrinomialExtensionField;
use p3_field::{ExtensionField, Field, TwoAdicField};
use p3_lookup::logup::LogUpGadget;
use p3_lookup::{LookupTerminal, Lookups, check_multiplicity_height_bound};
use p3_matrix::Matrix as _;
use p3_matrix::bitrev::BitReversibleMatrix;
use p3_matrix::dense::RowMajorMatrix;
use rayon::prelude::*;
use tracing::info_span;

pub(crate) use key::TableKey;

/// A matrix of the base field.
type Matrix = RowMajorMatrix<Val>;
/// As many elements as a vector register holds.
type PackedVal = <Val as Field>::Packing;
/// As many challenges.
type PackedChallenge = <QuinticTrinomialExtensionField<Val> as ExtensionField<Val>>::ExtensionPacking;
/// Coordinates of a challenge.
pub(crate) const DIMENSION: usize = 5;
/// Packed rows that a task computes before it inverts their denominators together.
const PACKS: usize = 32;

/// Twiddle factors, kept between proofs.
fn dft() -> &'static Dft {
    static DFT: OnceLock<Dft> = OnceLock::new();
    DFT.get_or_init(Dft::default)
}

/// Evaluations on the coset of the commitment, rows in bit-reversed order, from those on `Val::GENERATOR / shift`
/// times the subgroup.
fn low_degree_extension(matrix: Matrix, shift: Val) -> Matrix {
    dft().coset_lde_batch(matrix, params::LOG_BLOWUP, shift).bit_reverse_rows().to_row_major_matrix()
}

/// Proves tables, each with its public values and its lookups.
///
/// # Errors
/// A message of the proof system.
pub(crate) fn prove(
    config: &Config,
    tables: Vec<(Table, Matrix)>,
    publics: &[Vec<Val>],
    lookups: &[Lookups<Val>],
) -> Result<BatchProof<Config>, String> {
    let mmcs = params::mmcs();
    let (names, traces): (Vec<Table>, Vec<Matrix>) = tables.into_iter().unzip();
    let keys: Vec<&TableKey> = names.iter().map(|&table| TableKey::of(table)).collect();
    let heights: Vec<usize> = traces.iter().map(|m| m.height()).collect();
    let log_heights: Vec<usize> = heights.iter().map(|h| h.ilog2() as usize).collect();
    check_multiplicity_height_bound(lookups, &heights).map_err(|e| format!("{e:?}"))?;

    let shape = BatchShape {
        trace_widths: traces.iter().map(|m| m.width()).collect(),
        public_value_counts: publics.iter().map(Vec::len).collect(),
        preprocessed_widths: vec![0; names.len()],
        has_preprocessed_commitment: false,
        num_lookup_instances: names.len(),
        lookup_pow_bits: config.lookup_proof_of_work_bits(),
        has_randomization_commitment: false,
        ood_pow_bits: config.ood_proof_of_work_bits(),
    };
    let mut challenger = config.initialise_challenger();
    let mut transcript =
        BatchProverTranscript::<_, Val, Challenge, Commitment<Config>>::new(&mut challenger, shape);
    transcript.instance_bindings(&log_heights);

    let (main, main_data) = info_span!("commit main").in_scope(|| {
        let ldes = traces.iter().map(|trace| low_degree_extension(trace.clone(), Val::GENERATOR)).collect();
        mmcs.commit(ldes)
    });
    transcript.main_phase(main.clone(), publics);

    let slices: Vec<&[_]> = lookups.iter().map(|l| &**l).collect();
    let (challenges, lookup_pow_witness) = transcript.lookup_phase(&slices, &LogUpGadget::new());
    let messages: Vec<Vec<folder::Message>> =
        keys.iter().zip(&challenges).map(|(key, challenges)| folder::messages(key, challenges)).collect();
    let (permutation, permutation_data, terminals) = info_span!("lookups").in_scope(|| {
        let (columns, terminals): (Vec<Matrix>, Vec<Challenge>) = keys
            .iter()
            .zip(&traces)
            .zip(publics.iter().zip(&messages))
            .map(|((key, trace), (publics, messages))| lookups::columns(key, trace, publics, messages))
            .unzip();
        drop(traces);
        let ldes = columns.into_iter().map(|m| low_degree_extension(m, Val::GENERATOR)).collect();
        let (commitment, data) = mmcs.commit(ldes);
        (commitment, data, terminals)
    });
    let alpha = transcript.permutation_phase(Some(permutation.clone()), &terminals);

    let points = rows::coset_points(log_heights.iter().max().copied().unwrap_or(0) + 1);
    let (quotients, quotient_data) = info_span!("quotient").in_scope(|| {
        let main = mmcs.get_matrices(&main_data);
        let permutation = mmcs.get_matrices(&permutation_data);
        let ldes = (0..keys.len())
            .into_par_iter()
            .map(|i| {
                let extended =
                    quotient::Extended { main: main[i], permutation: permutation[i], points: &points };
                quotient::chunks(keys[i], &extended, &publics[i], &messages[i], terminals[i], alpha)
            })
            .collect::<Vec<_>>();
        mmcs.commit(ldes.into_iter().flatten().collect())
    });
    transcript.quotient_phase(quotients.clone(), None);
    let (zeta, ood_pow_witness) = transcript.ood_phase();

    let next = |log_height: usize| zeta * Val::two_adic_generator(log_height);
    let both = |log_height: usize| vec![zeta, next(log_height)];
    let asked = vec![
        names
            .iter()
            .zip(&log_heights)
            .map(|(table, &log)| if table.reads_next_row() { both(log) } else { vec![zeta] })
            .collect(),
        keys.iter().flat_map(|key| (0..1 << key.log_chunks).map(|_| vec![zeta])).collect(),
        log_heights.iter().map(|&log| both(log)).collect(),
    ];
    let data = [&main_data, &quotient_data, &permutation_data];
    let (opened, opening_proof) = info_span!("openings")
        .in_scope(|| {
            transcript.delegate(|challenger| opening::open(&mmcs, &points, &data, asked, challenger))
        })
        .inspect_err(|_| transcript.abort())?;
    transcript.finish();

    let [mut opened_main, mut opened_quotients, mut opened_permutation] = opened.map(Vec::into_iter);
    let instances = keys
        .iter()
        .map(|key| {
            let missing = "an opening for each matrix";
            let mut main = opened_main.next().expect(missing).into_iter();
            let mut permutation = opened_permutation.next().expect(missing).into_iter();
            let quotient_chunks = opened_quotients.by_ref().take(1 << key.log_chunks).flatten().collect();
            OpenedValuesWithLookups {
                base_opened_values: OpenedValues {
                    trace_local: main.next().expect(missing),
                    trace_next: main.next(),
                    preprocessed: None,
                    quotient_chunks,
                    random: None,
                },
                permutation_local: permutation.next().expect(missing),
                permutation_next: permutation.next().expect(missing),
            }
        })
        .collect();
    Ok(BatchProof {
        commitments: BatchCommitments {
            main,
            permutation: Some(permutation),
            quotient_chunks: quotients,
            random: None,
        },
        opened_values: BatchOpenedValues { instances },
        opening_proof,
        lookup_terminals: terminals.into_iter().map(|t| Some(LookupTerminal(t))).collect(),
        degree_bits: log_heights,
        lookup_pow_witness,
        ood_pow_witness,
    })
}
