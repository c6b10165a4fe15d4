//! Lies about which tables there are, and how high.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ember_isa::{Op, ecall};
use ember_prover_adapter::{Proof, Statement};
use ember_verifier::VerifyError;
use ember_verifier::air::Table;
use ember_verifier::params::{MIN_LOG_HEIGHT, Val};
use p3_field::PrimeCharacteristicRing;
use p3_matrix::Matrix;

use crate::common::programs::{accelerators, call, i, li, place, record};
use crate::{Forgery, verifier};

fn honest() -> Forgery {
    let code = [
        li(8, place().data),
        vec![i(Op::Lbu, 9, 8, 0, 1), i(Op::Div, 9, 8, 9, 0), i(Op::Sll, 9, 8, 9, 0), i(Op::Xor, 9, 8, 9, 0)],
        vec![i(Op::Csrrs, 9, 0, 0, 0xc00), i(Op::Sw, 0, 2, 9, -4)],
        call(ecall::WRITE, &[ecall::FD_JOURNAL, place().data, 3]),
        accelerators(),
    ];
    let honest = Forgery::of(&record(&code.concat()));
    assert_eq!(honest.0.segment.tables.len(), Table::ALL.len() - 3, "all but Touch, Memory, MemoryNode");
    honest
}

/// Proves it if the prover can, and sees it rejected.
fn rejected(lie: Forgery) {
    let Ok(Ok((statement, proof))) = catch_unwind(AssertUnwindSafe(|| lie.0.prove(verifier()))) else {
        return;
    };
    assert!(verifier().verify(&statement, &proof).is_err());
}

#[test]
fn tables_are_not_left_out() {
    let honest = honest();
    for t in 0..honest.0.segment.tables.len() {
        let mut lie = honest.copy();
        lie.0.segment.tables.remove(t);
        rejected(lie);
    }
}

#[test]
fn tables_are_not_doubled_or_reordered() {
    let honest = honest();
    for t in 0..honest.0.segment.tables.len() {
        let mut lie = honest.copy();
        let table = lie.0.segment.tables[t].clone();
        lie.0.segment.tables.insert(t, table);
        rejected(lie);
        let mut lie = honest.copy();
        let other = (t + 1) % lie.0.segment.tables.len();
        lie.0.segment.tables.swap(t, other);
        rejected(lie);
    }
}

/// Half a table is missing, or zeros follow it.
#[test]
fn tables_are_not_cut() {
    let honest = honest();
    for t in 0..honest.0.segment.tables.len() {
        let matrix = &honest.0.segment.tables[t].1;
        let (width, height) = (matrix.width(), matrix.height());
        if height > 1 {
            let mut lie = honest.copy();
            lie.0.segment.tables[t].1.values.truncate(width * height / 2);
            rejected(lie);
        }
        let mut lie = honest.copy();
        lie.0.segment.tables[t].1.values = Val::zero_vec(width);
        rejected(lie);
    }
    // Height 1 << 23 would take gigabytes to prove: the verifier refuses the number alone.
    let (statement, proof) = honest.proven();
    for (t, table) in
        Table::ALL.iter().filter(|t| proof.segments[0].tables >> (**t as u32) & 1 == 1).enumerate()
    {
        let mut lie = proof_copy(&proof);
        lie.segments[0].stark.degree_bits[t] = table.max_log_height() + 1;
        assert_eq!(verifier().verify(&statement, &lie), Err(VerifyError::Tables));
    }
}

/// Of a segment without instructions, whose only table the prover pads: lower, it proves less than 100 bits.
#[test]
fn all_tables_are_not_low() {
    let honest = Forgery::of(&record(&[0]));
    assert_eq!(honest.height(Table::Cpu), 1 << MIN_LOG_HEIGHT);
    let (statement, proof) = honest.copy().proven();
    verifier().verify(&statement, &proof).unwrap();
    assert!(verifier().security_of(&proof.segments[0]).unwrap().bits() >= 100.0);
    for log_height in 0..MIN_LOG_HEIGHT {
        let mut lie = honest.copy();
        lie.0.segment.tables[0].1.values.truncate(Table::Cpu.columns() << log_height);
        // A witness as good as the honest one.
        let (statement, proof) = lie.0.prove(verifier()).unwrap();
        assert_eq!(verifier().verify(&statement, &proof), Err(VerifyError::Tables));
        assert!(verifier().security_of(&proof.segments[0]).is_err());
    }
}

/// A proof's security is computed from heights that nobody has checked.
#[test]
fn security_is_that_of_heights_that_are_accepted() {
    let (_, mut proof) = honest().proven();
    let bits = |proof: &Proof| verifier().security_of(&proof.segments[0]).map(|security| security.bits());
    let small = bits(&proof).unwrap();
    assert!(small > verifier().security().bits());
    proof.segments[0].stark.degree_bits[0] = 21;
    assert!((100.0..small).contains(&bits(&proof).unwrap()));
    for log_rows in [22, 63, 64, usize::MAX] {
        proof.segments[0].stark.degree_bits[0] = log_rows;
        assert_eq!(bits(&proof), Err(VerifyError::Tables));
    }
    proof.segments[0].stark.degree_bits.clear();
    assert_eq!(bits(&proof), Err(VerifyError::Tables));
    proof.segments[0].tables = u32::MAX;
    assert_eq!(bits(&proof), Err(VerifyError::Tables));
}

fn proof_copy(proof: &Proof) -> Proof {
    postcard::from_bytes(&postcard::to_allocvec(proof).unwrap()).unwrap()
}

fn refuse(statement: &Statement, proof: &Proof) {
    assert!(verifier().verify(statement, proof).is_err());
}

#[test]
fn masks_and_heights_are_the_proofs() {
    let (statement, proof) = honest().proven();
    verifier().verify(&statement, &proof).unwrap();
    for bit in 0..32 {
        let mut lie = proof_copy(&proof);
        lie.segments[0].tables ^= 1 << bit;
        refuse(&statement, &lie);
    }
    for t in 0..proof.segments[0].stark.degree_bits.len() {
        let bits = proof.segments[0].stark.degree_bits[t];
        for other in [bits + 1, bits.wrapping_sub(1), 0, 63, 64, usize::MAX] {
            if other != bits {
                let mut lie = proof_copy(&proof);
                lie.segments[0].stark.degree_bits[t] = other;
                refuse(&statement, &lie);
            }
        }
        let mut lie = proof_copy(&proof);
        lie.segments[0].stark.degree_bits.remove(t);
        refuse(&statement, &lie);
        let mut lie = proof_copy(&proof);
        lie.segments[0].stark.lookup_terminals.swap_remove(t);
        refuse(&statement, &lie);
        let mut lie = proof_copy(&proof);
        lie.segments[0].stark.lookup_terminals[t] = None;
        refuse(&statement, &lie);
        let mut lie = proof_copy(&proof);
        lie.segments[0].stark.opened_values.instances.remove(t);
        refuse(&statement, &lie);
    }
    let mut lie = proof_copy(&proof);
    lie.segments[0].stark.degree_bits.clear();
    refuse(&statement, &lie);
    let mut lie = proof_copy(&proof);
    lie.segments[0].stark.commitments.permutation = None;
    refuse(&statement, &lie);
}
