//! Lies about what the statement says of the run itself.

use ember_isa::{Family, Op, ecall};
use ember_memory::Digest;
use ember_prover_adapter::SegmentLimits;
use ember_verifier::VerifyError;
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use crate::common::programs::{call, exit, i, li, place, record};
use crate::common::{Case, prove};
use crate::{By, Forgery, verifier};

/// A word of what `context` writes goes to a register.
fn honest() -> Forgery {
    let code = [
        call(ecall::CONTEXT, &[place().heap, 5, 7]),
        li(8, place().heap),
        vec![i(Op::Lw, 9, 8, 0, 4)],
        exit(0),
    ];
    let honest = Forgery::of(&record(&code.concat()));
    let id = honest.0.head.statement.image_id.to_u32s();
    assert_eq!(honest.0.segment.end.regs[8], id[1]);
    honest.copy().verifies();
    honest
}

/// The access to the word at `address`.
fn access(lie: &Forgery, address: u32) -> usize {
    lie.rows(Table::Operand, "address", address / 4)[0]
}

/// Says that a word in zeroed memory was another at the end, where the program does not load it.
fn leave(lie: &mut Forgery, address: u32, low: Val) {
    let row = lie.rows(Table::Heap, "index", (address - place().heap) / 16)[0];
    lie.set(Table::Heap, row, &format!("last[{}]", address % 16 / 2), low);
}

#[test]
fn words_are_those_of_the_statement() {
    // Another word, in every table that has it.
    let honest = honest();
    for word in [0, 7, 8, 16, 24, 25, 26, 28, 32, 63] {
        let address = place().heap + 4 * word;
        let mut lie = honest.copy();
        let row = access(&lie, address);
        let low = lie.get(Table::Operand, row, "new[0]") + Val::ONE;
        lie.set(Table::Operand, row, "new[0]", low);
        leave(&mut lie, address, low);
        lie.fails(By::Bus("operand"));
    }
    // The one that is loaded, with the register.
    let mut lie = honest.copy();
    let row = access(&lie, place().heap + 4);
    let low = lie.get(Table::Operand, row, "new[0]") + Val::ONE;
    lie.set(Table::Operand, row, "new[0]", low);
    leave(&mut lie, place().heap + 4, low);
    let load = lie.family(Family::LoadWord);
    for column in ["m[0]", "n[0]", "w[0]"] {
        lie.set(Table::Cpu, load, column, low);
    }
    let other = lie.0.segment.end.regs[8] + 1;
    lie.set_register(load + 1, 9, other);
    lie.fails(By::Bus("operand"));
}

#[test]
fn words_are_in_order_and_whole() {
    let honest = honest();
    // Two words change places.
    let mut lie = honest.copy();
    let (a, b) = (access(&lie, place().heap), access(&lie, place().heap + 32));
    for limb in 0..2 {
        let column = format!("new[{limb}]");
        let (x, y) = (lie.get(Table::Operand, a, &column), lie.get(Table::Operand, b, &column));
        lie.set(Table::Operand, a, &column, y);
        lie.set(Table::Operand, b, &column, x);
    }
    lie.copy().fails(By::Bus("mem"));
    for (address, from) in [(place().heap, a), (place().heap + 32, b)] {
        let row = lie.rows(Table::Heap, "index", (address - place().heap) / 16)[0];
        for limb in 0..2 {
            let value = lie.get(Table::Operand, from, &format!("new[{limb}]"));
            lie.set(Table::Heap, row, &format!("last[{}]", address % 16 / 2 + limb), value);
        }
    }
    lie.fails(By::Bus("operand"));
    // A word stays as it was: by the access, and without it.
    let mut lie = honest.copy();
    let row = access(&lie, place().heap + 12);
    for limb in 0..2 {
        lie.set(Table::Operand, row, &format!("new[{limb}]"), Val::ZERO);
        let last = lie.rows(Table::Heap, "index", 0)[0];
        lie.set(Table::Heap, last, &format!("last[{}]", 6 + limb), Val::ZERO);
    }
    lie.copy().fails(By::Bus("operand"));
    let zero = vec![Val::ZERO; Table::Operand.columns()];
    lie.set_row(Table::Operand, row, &zero);
    let last = lie.rows(Table::Heap, "index", 0)[0];
    lie.set(Table::Heap, last, "time[3]", Val::ZERO);
    lie.fails(By::Bus("operand"));
}

#[test]
fn a_call_is_not_skipped() {
    let honest = honest();
    let mut lie = honest.copy();
    lie.0.segment.tables.retain(|(table, _)| *table != Table::Context);
    lie.copy().fails(By::Bus("aux"));
    // With all of its accesses, as if nothing had been written.
    let row = vec![Val::ZERO; Table::Context.columns()];
    let mut lie = honest.copy();
    lie.set_row(Table::Context, 0, &row);
    lie.copy().fails(By::Bus("aux"));
    // Twice.
    let mut lie = honest.copy();
    let row = lie.row(Table::Context, 0).to_vec();
    lie.push(Table::Context, &row);
    lie.fails(By::Bus("aux"));
    // A result of its own.
    let mut lie = honest.copy();
    let ecall = lie.family(Family::Ecall);
    lie.set(Table::Cpu, ecall, "w[0]", Val::ONE);
    lie.set(Table::Cpu, ecall + 1, "regs[18]", Val::ONE);
    assert!(matches!(lie.stopped_by(), By::Bus("aux") | By::Constraint(Table::Cpu)));
    // For less.
    let mut lie = honest;
    for row in ecall + 1..lie.height(Table::Cpu) {
        lie.add(Table::Cpu, row, "gas[0]", -1);
    }
    lie.add(Table::Cpu, ecall, "own[0]", -1);
    lie.0.segment.end.gas[0] -= 1;
    lie.0.head.statement.gas_used -= 1;
    lie.fails(By::Bus("aux"));
}

#[test]
fn words_go_where_the_pointer_says() {
    let honest = honest();
    // By the table alone; by the table's accesses.
    let mut lie = honest.copy();
    lie.add(Table::Context, 0, "at[0]", 4);
    lie.fails(By::Bus("aux"));
    let mut lie = honest.copy();
    for row in lie.rows(Table::Operand, "real", 1) {
        lie.add(Table::Operand, row, "address", 1);
    }
    assert!(matches!(lie.stopped_by(), By::Bus("mem" | "operand")));
    // A pointer that is no multiple of 4 has no word address: said of the table and of the row that asks it.
    let mut lie = honest.copy();
    let ecall = lie.family(Family::Ecall);
    lie.add(Table::Context, 0, "at[0]", 2);
    lie.add(Table::Cpu, ecall, "s[0]", 2);
    assert!(matches!(lie.stopped_by(), By::Bus(_) | By::Constraint(Table::Cpu)));
    // Nor are constants written.
    let mut lie = honest;
    let row = access(&lie, place().heap);
    lie.set(Table::Operand, row, "writable", Val::ZERO);
    lie.fails(By::Constraint(Table::Operand));
}

/// The tables of an honest run under another statement.
#[test]
fn a_statement_has_its_own_words() {
    let honest = honest();
    let mut lie = honest.copy();
    lie.0.head.statement.gas_limit += 1;
    lie.fails(By::Bus("operand"));
    // A price that the run does not pay.
    let mut lie = honest.copy();
    lie.0.head.statement.gas_table.div += 1;
    lie.fails(By::Bus("operand"));
    // Its own price.
    let mut lie = honest.copy();
    lie.0.head.statement.gas_table.context += 1;
    assert!(matches!(lie.stopped_by(), By::Bus("aux" | "operand")));
    // Memory ends elsewhere, and sp starts there.
    let mut lie = honest.copy();
    lie.0.head.statement.memory_limit += 0x1000;
    assert!(matches!(lie.stopped_by(), By::Bus("operand") | By::Constraint(_)));
    let (statement, proof) = honest.proven();
    for (edit, expected) in [
        (
            Box::new(|s: &mut ember_verifier::Statement| s.image_id = Digest::ZERO)
                as Box<dyn Fn(&mut ember_verifier::Statement)>,
            VerifyError::Image,
        ),
        (Box::new(|s| s.input_digest = Digest::ZERO), VerifyError::Input),
    ] {
        let mut lie = statement.clone();
        edit(&mut lie);
        assert_eq!(verifier().verify(&lie, &proof), Err(expected));
    }
}

/// In a later segment it is the same, whatever the run did before.
#[test]
fn it_is_of_the_run_and_not_of_the_segment() {
    let code = [
        call(ecall::CONTEXT, &[place().heap]),
        li(8, place().heap),
        vec![i(Op::Sw, 0, 8, 8, 0), i(Op::Sw, 0, 8, 8, 104)],
        call(ecall::CONTEXT, &[place().data + 0xf80]),
        call(ecall::CONTEXT, &[place().heap]),
        vec![i(Op::Lw, 9, 8, 0, 104)],
        exit(0),
    ];
    let execution = record(&code.concat());
    let limit = execution.config.memory_limit;
    assert_eq!(execution.ending.registers[9], limit);
    for instructions in [3, 5, 8] {
        let limits = SegmentLimits { instructions, ..Default::default() };
        let cases = Case::segments(verifier(), &execution, limits).unwrap();
        assert!(cases.len() > 2);
        let (statement, proof) = prove(cases, verifier()).unwrap();
        assert_eq!(verifier().verify(&statement, &proof), Ok(()));
    }
}
