//! Openings are accepted and refused as by p3's own verifier, for the same reason.

use std::fmt::Debug;

use ember_verifier::params::{
    BATCH_POW_BITS, Challenge, ChallengeMmcs, Challenger, Dft, LOG_BLOWUP, Val, ValMmcs, fri_parameters, mmcs,
};
use ember_verifier::pcs::{Claims, Coset, OpeningProof, Pcs};
use p3_challenger::CanObserve;
use p3_commit::{CommitmentOpening, MatrixOpening, OpeningRequest, PointOpening};
use p3_field::coset::TwoAdicMultiplicativeCoset;
use p3_field::{BasedVectorSpace, Field, PrimeCharacteristicRing, TwoAdicField};
use p3_fri::{FriParameters, TwoAdicFriPcs};
use p3_matrix::dense::RowMajorMatrix;

/// The oracle.
type Theirs = TwoAdicFriPcs<Val, Dft, ValMmcs, ChallengeMmcs>;

/// Numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n
    }

    fn val(&mut self) -> Val {
        Val::from_u32(self.next() as u32)
    }

    fn challenge(&mut self) -> Challenge {
        Challenge::from_basis_coefficients_fn(|_| self.val())
    }
}

fn challenger() -> Challenger {
    let mut challenger = Challenger::new(ember_memory::permutation());
    challenger.observe(Val::from_u32(7));
    challenger
}

fn coset(log_size: usize) -> Coset {
    TwoAdicMultiplicativeCoset::new(Val::ONE, log_size).unwrap()
}

/// A matrix: log2 of its rows, its columns, and at how many points it is opened.
type Shape = (usize, usize, usize);

/// What a verifier gets.
#[derive(Clone)]
struct Case {
    fri: FriParameters<ChallengeMmcs>,
    claims: Vec<Claims>,
    proof: OpeningProof,
}

impl Case {
    /// Commits to random matrices and opens them: those of one height at one point or two, as circuits are.
    fn new(fri: &FriParameters<ChallengeMmcs>, commitments: &[&[Shape]], numbers: &mut Numbers) -> Self {
        use p3_commit::Pcs as _;
        let theirs = Theirs::new(Dft::default(), mmcs(), fri.clone());
        let zeta = numbers.challenge();
        let points = |log_rows: usize, points: usize| {
            [zeta, zeta * Val::two_adic_generator(log_rows)][..points].to_vec()
        };
        let committed: Vec<_> = commitments
            .iter()
            .map(|shapes| {
                let matrices = shapes.iter().map(|&(log_rows, columns, _)| {
                    let values = (0..columns << log_rows).map(|_| numbers.val()).collect();
                    (coset(log_rows), RowMajorMatrix::new(values, columns))
                });
                let matrices: Vec<_> = matrices.collect();
                p3_commit::Pcs::<Challenge, Challenger>::commit(&theirs, matrices).unwrap()
            })
            .collect();
        let requests = committed
            .iter()
            .zip(commitments)
            .map(|((_, prover_data), shapes)| OpeningRequest {
                prover_data,
                points: shapes.iter().map(|&(log_rows, _, n)| points(log_rows, n)).collect(),
            })
            .collect();
        let (values, proof) = theirs.open(requests, &mut challenger()).unwrap();
        let claims = committed
            .iter()
            .zip(commitments)
            .zip(values)
            .map(|(((commitment, _), shapes), values)| {
                let matrices = shapes.iter().zip(values).map(|(&(log_rows, _, n), values)| MatrixOpening {
                    domain: coset(log_rows),
                    points: points(log_rows, n)
                        .into_iter()
                        .zip(values)
                        .map(|(point, values)| PointOpening { point, values })
                        .collect(),
                });
                CommitmentOpening { commitment: commitment.clone(), matrices: matrices.collect() }
            })
            .collect();
        Self { fri: fri.clone(), claims, proof }
    }

    /// What both verifiers say, which is the same.
    #[track_caller]
    fn verdict(&self) -> Result<(), String> {
        fn text<T, E: Debug>(result: Result<T, E>) -> Result<T, String> {
            result.map_err(|e| format!("{e:?}"))
        }
        let ours = Pcs::new(mmcs(), self.fri.clone());
        let theirs = Theirs::new(Dft::default(), mmcs(), self.fri.clone());
        let ours = p3_commit::Pcs::verify(&ours, self.claims.clone(), &self.proof, &mut challenger());
        let theirs = p3_commit::Pcs::verify(&theirs, self.claims.clone(), &self.proof, &mut challenger());
        let (ours, theirs) = (text(ours), text(theirs));
        assert_eq!(ours, theirs);
        ours
    }

    #[track_caller]
    fn refused(&self, why: &str) {
        let verdict = self.verdict();
        assert!(verdict.as_ref().is_err_and(|e| e.starts_with(why)), "{why}: {verdict:?}");
    }
}

/// Few queries, and no work before openings are combined, at which nearly every edit would end: what is tested is not how
/// hard proofs are to forge.
fn quick() -> FriParameters<ChallengeMmcs> {
    FriParameters {
        num_queries: 6,
        batch_proof_of_work_bits: 0,
        query_proof_of_work_bits: 3,
        ..fri_parameters()
    }
}

const CIRCUITS: &[&[Shape]] = &[
    &[(6, 9, 2), (3, 4, 1), (6, 2, 1), (1, 3, 2), (0, 2, 2)],
    &[(6, 10, 2), (3, 5, 2), (1, 5, 2)],
    &[(6, 5, 1), (6, 5, 1), (3, 5, 1), (4, 1, 1)],
];

#[test]
fn honest_openings_are_accepted() {
    let mut numbers = Numbers(1);
    let shapes: &[&[&[Shape]]] =
        &[CIRCUITS, &[&[(5, 1, 1)]], &[&[(8, 300, 2), (8, 1, 2)]], &[&[(2, 3, 2)], &[(7, 2, 1)]]];
    for shape in shapes {
        for (log_blowup, max_log_arity, log_final_poly_len) in [(1, 3, 0), (1, 1, 0), (2, 2, 0), (1, 3, 1)] {
            let fri = FriParameters { log_blowup, max_log_arity, log_final_poly_len, ..quick() };
            // No polynomial is shorter than the last one.
            if log_final_poly_len > 0
                && shape.iter().flat_map(|s| s.iter()).any(|s| s.0 <= log_final_poly_len)
            {
                continue;
            }
            let case = Case::new(&fri, shape, &mut numbers);
            assert_eq!(case.verdict(), Ok(()));
        }
    }
    // With all queries.
    assert_eq!(Case::new(&fri_parameters(), CIRCUITS, &mut numbers).verdict(), Ok(()));
}

#[test]
fn edited_claims_are_refused() {
    let mut numbers = Numbers(2);
    let honest = Case::new(&quick(), CIRCUITS, &mut numbers);
    let places: Vec<(usize, usize, usize)> = (CIRCUITS.iter().enumerate())
        .flat_map(|(c, shapes)| shapes.iter().enumerate().map(move |(m, shape)| (c, m, shape)))
        .flat_map(|(c, m, shape)| (0..shape.2).map(move |p| (c, m, p)))
        .collect();
    for (c, m, p) in places {
        let edit = |edit: &dyn Fn(&mut PointOpening<Challenge>)| {
            let mut case = honest.clone();
            edit(&mut case.claims[c].matrices[m].points[p]);
            assert!(case.verdict().is_err());
        };
        let columns = honest.claims[c].matrices[m].points[p].values.len();
        for column in 0..columns {
            edit(&|point| point.values[column] += Challenge::ONE);
        }
        // A constant is the same at every point.
        if CIRCUITS[c][m].0 > 0 {
            edit(&|point| point.point += Challenge::ONE);
            edit(&|point| point.point = Val::GENERATOR.into());
        }
        edit(&|point| point.values.clear());
        edit(&|point| point.values.push(Challenge::ONE));
        edit(&|point| {
            point.values.pop();
        });
    }
    for (c, shapes) in CIRCUITS.iter().enumerate() {
        for (m, &(log_rows, _, points)) in shapes.iter().enumerate() {
            let edit = |edit: &dyn Fn(&mut MatrixOpening<Challenge, Coset>)| {
                let mut case = honest.clone();
                edit(&mut case.claims[c].matrices[m]);
                assert!(case.verdict().is_err());
            };
            edit(&|matrix| matrix.points.clear());
            edit(&|matrix| {
                matrix.points.pop();
            });
            edit(&|matrix| matrix.points.push(matrix.points[0].clone()));
            if points > 1 && log_rows > 0 {
                edit(&|matrix| matrix.points.reverse());
            }
            edit(&|matrix| matrix.domain = coset(5));
            edit(&|matrix| matrix.domain = coset(23));
            edit(&|matrix| matrix.domain = coset(24));
        }
        let edit = |edit: &dyn Fn(&mut Vec<Claims>)| {
            let mut case = honest.clone();
            edit(&mut case.claims);
            assert!(case.verdict().is_err());
        };
        edit(&|claims| {
            claims.remove(c);
        });
        edit(&|claims| claims.push(claims[c].clone()));
        edit(&|claims| claims[c].matrices.clear());
        edit(&|claims| claims[c].matrices.swap(0, 1));
        edit(&|claims| {
            claims[c].matrices.pop();
        });
        edit(&|claims| claims[c].commitment = claims[(c + 1) % claims.len()].commitment.clone());
    }
    let mut none = honest.clone();
    none.claims.clear();
    none.refused("NoCommittedMatrices");
    let mut bare = honest;
    bare.claims[0].matrices[0].points.clear();
    assert!(bare.verdict().is_err());
}

/// A point at which the claimed values are and a query meet: the quotient has no value.
#[test]
fn a_query_never_divides_by_zero() {
    let mut numbers = Numbers(3);
    // One row, two points of the extended domain, and queries enough to meet both.
    let fri = FriParameters { num_queries: 40, ..quick() };
    let honest = Case::new(&fri, &[&[(1, 2, 1), (0, 1, 1)]], &mut numbers);
    let mut met = 0;
    for log_height in [1, 2] {
        for x in Val::two_adic_generator(log_height).shifted_powers(Val::GENERATOR).take(1 << log_height) {
            for matrix in 0..2 {
                let mut case = honest.clone();
                case.claims[0].matrices[matrix].points[0].point = x.into();
                met += usize::from(
                    case.verdict().is_err_and(|e| e.starts_with("OpeningPointMatchesQueryPoint")),
                );
            }
        }
    }
    // The proof of work stands before the queries, so some cases end there.
    assert!(met > 0);
    let easy = FriParameters { query_proof_of_work_bits: 0, ..fri };
    let mut case = Case::new(&easy, &[&[(1, 2, 1), (0, 1, 1)]], &mut numbers);
    case.claims[0].matrices[0].points[0].point = Val::GENERATOR.into();
    case.refused("OpeningPointMatchesQueryPoint");
}

#[test]
fn edited_proofs_are_refused() {
    let mut numbers = Numbers(4);
    let mut reasons = std::collections::BTreeMap::<String, usize>::new();
    for (log_blowup, max_log_arity) in [(1, 3), (1, 2), (2, 1)] {
        let fri = FriParameters { log_blowup, max_log_arity, ..quick() };
        let honest = Case::new(&fri, CIRCUITS, &mut numbers);
        let mut refuse = |case: &Case| {
            let reason = case.verdict().expect_err("an edited proof");
            let name = reason.split([' ', '(']).next().unwrap_or_default();
            *reasons.entry(name.to_owned()).or_default() += 1;
        };
        let bytes = postcard::to_allocvec(&honest.proof).unwrap();
        for _ in 0..1500 {
            let mut edited = bytes.clone();
            let at = numbers.below(bytes.len());
            edited[at] ^= 1 << numbers.below(8);
            // What does not decode, or to the same, is no other proof.
            let Ok((proof, rest)) = postcard::take_from_bytes::<OpeningProof>(&edited) else { continue };
            if !rest.is_empty() || postcard::to_allocvec(&proof).unwrap() == bytes {
                continue;
            }
            refuse(&Case { proof, ..honest.clone() });
        }
        let edit = |edit: &dyn Fn(&mut OpeningProof)| {
            let mut case = honest.clone();
            edit(&mut case.proof);
            case
        };
        let edits: &[&dyn Fn(&mut OpeningProof)] = &[
            &|p| p.batch_pow_witness = Val::ONE,
            &|p| p.query_pow_witness += Val::ONE,
            &|p| p.commit_pow_witnesses[0] = Val::ONE,
            &|p| {
                p.commit_pow_witnesses.pop();
            },
            &|p| p.commit_pow_witnesses.push(Val::ZERO),
            &|p| {
                p.commit_phase_commits.pop();
            },
            &|p| p.commit_phase_commits.push(p.commit_phase_commits[0].clone()),
            &|p| p.commit_phase_commits.swap(0, 1),
            &|p| {
                p.commit_phase_openings.pop();
            },
            &|p| p.commit_phase_openings.push(p.commit_phase_openings[0].clone()),
            &|p| p.commit_phase_openings.swap(0, 1),
            &|p| {
                p.commit_phase_openings[0].sibling_values.pop();
            },
            &|p| p.commit_phase_openings[0].sibling_values.swap(0, 1),
            &|p| {
                p.commit_phase_openings[1].sibling_values[2].pop();
            },
            &|p| p.commit_phase_openings[1].sibling_values[2].push(Challenge::ONE),
            &|p| p.commit_phase_openings[1].sibling_values[2][0] += Challenge::ONE,
            &|p| p.final_poly[0] += Challenge::ONE,
            &|p| p.final_poly.push(Challenge::ZERO),
            &|p| p.final_poly.clear(),
            &|p| {
                p.input_openings.pop();
            },
            &|p| p.input_openings.push(p.input_openings[0].clone()),
            &|p| p.input_openings.swap(0, 1),
            &|p| {
                p.input_openings[0].opened_values.pop();
            },
            &|p| p.input_openings[0].opened_values.swap(0, 1),
            &|p| {
                p.input_openings[1].opened_values[3].pop();
            },
            &|p| p.input_openings[1].opened_values[3].push(vec![Val::ONE]),
            &|p| {
                p.input_openings[1].opened_values[3][0].pop();
            },
            &|p| p.input_openings[1].opened_values[3][0].push(Val::ONE),
            &|p| p.input_openings[1].opened_values[3][0][0] += Val::ONE,
            // The rows of one height are hashed as one: a column that moves from one matrix to the next.
            &|p| {
                let rows = &mut p.input_openings[0].opened_values[3];
                let moved = rows[0].pop().expect("a column");
                rows[2].insert(0, moved);
            },
        ];
        for change in edits {
            refuse(&edit(change));
        }
    }
    println!("{reasons:?}");
    for reason in [
        "InputError",
        "CommitPhaseMmcsError",
        "FinalPolyMismatch",
        "InvalidPowWitness",
        "NonCanonicalPowWitness",
    ] {
        assert!(reasons.contains_key(reason), "{reason} in {reasons:?}");
    }
}

/// The work before openings are combined is checked, and is bound to what is claimed.
#[test]
fn openings_are_not_combined_without_work() {
    let fri = fri_parameters();
    assert_eq!(fri.batch_proof_of_work_bits, BATCH_POW_BITS);
    let mut numbers = Numbers(6);
    let honest = Case::new(&fri, CIRCUITS, &mut numbers);
    assert_eq!(honest.verdict(), Ok(()));
    for other in [Val::ZERO, honest.proof.batch_pow_witness + Val::ONE, -Val::ONE] {
        let mut case = honest.clone();
        case.proof.batch_pow_witness = other;
        case.refused("InvalidPowWitness(Batch)");
    }
    let mut case = honest;
    case.claims[0].matrices[0].points[0].values[0] += Challenge::ONE;
    case.refused("InvalidPowWitness(Batch)");
}

#[test]
fn parameters_that_check_nothing_are_refused() {
    let mut numbers = Numbers(5);
    let honest = Case::new(&quick(), CIRCUITS, &mut numbers);
    let with = |fri| Case { fri, ..honest.clone() };
    with(FriParameters { num_queries: 0, ..quick() }).refused("ZeroQueries");
    with(FriParameters { log_blowup: 0, ..quick() }).refused("ZeroBlowup");
    with(FriParameters { max_log_arity: 0, ..quick() }).refused("ZeroFoldingArity");
}

/// Matrices of every height are in the commitment, those of tables of one row too: other rows have another, and are not
/// opened under it.
#[test]
fn low_matrices_are_committed_to() {
    use p3_commit::Mmcs;
    use p3_matrix::Dimensions;
    let column =
        |rows: u32, from: u32| RowMajorMatrix::new((from..from + rows).map(Val::from_u32).collect(), 1);
    let places = [3, 77, 200];
    for log_rows in LOG_BLOWUP..6 {
        let rows = 1 << log_rows;
        let (commitment, data) = mmcs().commit(vec![column(256, 0), column(rows, 0)]);
        let (other, _) = mmcs().commit(vec![column(256, 0), column(rows, 1000)]);
        assert_ne!(commitment, other, "{rows} rows");
        let dimensions = [256, rows as usize].map(|height| Dimensions { width: 1, height });
        let (mut opened, proof) = mmcs().open_multi_batch(&places, &data);
        let verify =
            |opened: &_| mmcs().verify_multi_batch(&commitment, &dimensions, &places, opened, &proof);
        assert!(verify(&opened).is_ok());
        opened[1][1][0] += Val::ONE;
        assert!(verify(&opened).is_err(), "{rows} rows");
    }
}
