//! Attacks by hand: one for each classic hole of a zkVM, and for each rule of the machine.
//!
//! Each attack starts from an honest witness, or from a run of an interpreter that lies, forges what the lie needs,
//! adapts what a prover adapts for free, and says what stops it. Then it is proven and must not verify.
mod accelerators;
mod arithmetic;
#[path = "../common/mod.rs"]
mod common;
mod context;
mod empty_input;
mod ending;
mod execution;
mod faults;
mod io;
mod memory;
mod mulmod;
mod segments;
mod shape;
mod statement;
mod targets;

use std::sync::LazyLock;

use common::Case;
use common::checker::{Rejection, check_all};
use common::recount::recount_honestly;
use ember_prover_adapter::{Execution, Proof, Prover, Statement};
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use ember_verifier::{Verifier, VerifyError};
use p3_field::PrimeCharacteristicRing;
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;

static PROVER: LazyLock<Prover> = LazyLock::new(Prover::new);

fn verifier() -> &'static Verifier {
    PROVER.verifier()
}

/// What stops an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Constraint(Table),
    Bus(&'static str),
}

/// A witness to be forged.
#[derive(Clone)]
struct Forgery(Case);

impl Forgery {
    fn of(execution: &Execution) -> Self {
        Self(Case::of(verifier(), execution).expect("a witness"))
    }

    fn copy(&self) -> Self {
        self.clone()
    }

    fn index(&self, table: Table) -> usize {
        self.0
            .segment
            .tables
            .iter()
            .position(|(t, _)| *t == table)
            .unwrap_or_else(|| panic!("no {}", table.name()))
    }

    fn matrix(&mut self, table: Table) -> &mut RowMajorMatrix<Val> {
        let t = self.index(table);
        &mut self.0.segment.tables[t].1
    }

    fn height(&self, table: Table) -> usize {
        self.0.segment.tables[self.index(table)].1.height()
    }

    fn get(&self, table: Table, row: usize, name: &str) -> Val {
        self.row(table, row)[column(table, name)]
    }

    fn set(&mut self, table: Table, row: usize, name: &str, value: Val) {
        let width = table.columns();
        self.matrix(table).values[row * width + column(table, name)] = value;
    }

    fn add(&mut self, table: Table, row: usize, name: &str, value: i32) {
        let value = self.get(table, row, name) + Val::from_i32(value);
        self.set(table, row, name, value);
    }

    fn row(&self, table: Table, row: usize) -> &[Val] {
        let width = table.columns();
        &self.0.segment.tables[self.index(table)].1.values[row * width..(row + 1) * width]
    }

    fn set_row(&mut self, table: Table, row: usize, cells: &[Val]) {
        let width = table.columns();
        self.matrix(table).values[row * width..(row + 1) * width].copy_from_slice(cells);
    }

    /// Puts a row in place of the first that is not real, with as much padding as it takes.
    fn push(&mut self, table: Table, cells: &[Val]) -> usize {
        let height = self.height(table);
        let row = self.rows(table, "real", 0).first().copied();
        if row.is_none() {
            let matrix = self.matrix(table);
            let len = matrix.values.len();
            matrix.values.resize(2 * len, Val::ZERO);
        }
        let row = row.unwrap_or(height);
        self.set_row(table, row, cells);
        row
    }

    /// Rows in which a column has a value.
    fn rows(&self, table: Table, name: &str, value: u32) -> Vec<usize> {
        let value = Val::from_u32(value);
        (0..self.height(table)).filter(|&row| self.get(table, row, name) == value).collect()
    }

    /// The processor's row of an instruction, by its number.
    fn family(&self, family: ember_isa::Family) -> usize {
        self.rows(Table::Cpu, &format!("family[{}]", family as usize), 1)[0]
    }

    /// Pretends that a register has another value, from a row of the processor to the end.
    fn set_register(&mut self, from: usize, register: u8, value: u32) {
        let i = usize::from(register) - 1;
        for row in from..self.height(Table::Cpu) {
            for (limb, value) in [value & 0xffff, value >> 16].into_iter().enumerate() {
                self.set(Table::Cpu, row, &format!("regs[{}]", 2 * i + limb), Val::from_u32(value));
            }
        }
        self.0.segment.end.regs[i] = value;
    }

    /// Adapts what is free, proves, and hands to the verifier.
    fn proven(mut self) -> (Statement, Proof) {
        self.0.agree();
        recount_honestly(&mut self.0, verifier().hasher());
        self.0.prove(verifier()).expect("the prover proves anything")
    }

    /// The attack fails, and for this reason.
    #[track_caller]
    fn fails(self, by: By) {
        assert_eq!(self.stopped_by(), by);
    }

    /// What the checker finds.
    fn found(&mut self) -> Option<By> {
        let h = verifier().hasher();
        self.0.agree();
        recount_honestly(&mut self.0, h);
        match check_all(&self.0.segment.tables, &self.0.publics(h), h) {
            Err(Rejection::Constraint(table, ..)) => Some(By::Constraint(table)),
            Err(Rejection::Bus(bus)) => Some(By::Bus(bus)),
            Ok(()) => None,
        }
    }

    /// What the attack fails for.
    #[track_caller]
    fn stopped_by(mut self) -> By {
        let found = self.found().expect("the forgery is accepted");
        let (statement, proof) = self.proven();
        match verifier().verify(&statement, &proof) {
            Err(VerifyError::Stark(_)) => found,
            other => panic!("not rejected by the STARK: {other:?}"),
        }
    }

    /// The verifier itself sees through the attack, whose STARK is right.
    #[track_caller]
    fn seen_through(mut self) -> VerifyError {
        let h = verifier().hasher();
        self.0.agree();
        assert_eq!(check_all(&self.0.segment.tables, &self.0.publics(h), h), Ok(()));
        let (statement, proof) = self.proven();
        verifier().verify(&statement, &proof).expect_err("accepted")
    }

    /// What is no attack verifies.
    #[track_caller]
    fn verifies(self) {
        let (statement, proof) = self.proven();
        verifier().verify(&statement, &proof).expect("an honest proof");
    }
}

fn column(table: Table, name: &str) -> usize {
    table.column_names().iter().position(|n| n == name).unwrap_or_else(|| panic!("no column {name}"))
}
