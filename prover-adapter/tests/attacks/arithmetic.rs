//! Lies about arithmetic that are consistent in themselves: other quotients and rests of the same identity, other
//! signs, one row that answers for two.

use ember_isa::{Family, Op};
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::{Field, PrimeCharacteristicRing};

use crate::common::programs::{exit, i, li, record};
use crate::{By, Forgery};

fn of(op: Op, a: u32, s: u32) -> Forgery {
    Forgery::of(&record(&[li(8, a), li(9, s), vec![i(op, 12, 8, 9, 0)], exit(0)].concat()))
}

fn limbs(lie: &mut Forgery, table: Table, row: usize, name: &str, value: u32) {
    lie.set(table, row, &format!("{name}[0]"), Val::from_u32(value & 0xffff));
    lie.set(table, row, &format!("{name}[1]"), Val::from_u32(value >> 16));
}

/// The processor, and the table that answers it, say that the result is another.
fn result(lie: &mut Forgery, table: Table, value: u32) {
    let family = if table == Table::Div { Family::Div } else { Family::Mul };
    let row = lie.family(family);
    limbs(lie, Table::Cpu, row, "w", value);
    limbs(lie, table, 0, "w", value);
    lie.set_register(row + 1, 12, value);
}

/// 100 = 13 * 7 + 9: the rest is no less than the divisor.
#[test]
fn the_rest_is_less_than_the_divisor() {
    for (op, value) in [(Op::Divu, 13), (Op::Div, 13), (Op::Remu, 9), (Op::Rem, 9)] {
        let mut lie = of(op, 100, 7);
        result(&mut lie, Table::Div, value);
        limbs(&mut lie, Table::Div, 0, "quotient", 13);
        limbs(&mut lie, Table::Div, 0, "rest", 9);
        limbs(&mut lie, Table::Div, 0, "product", 91);
        limbs(&mut lie, Table::Div, 0, "magnitude", value);
        // The products that the division asks for, of a division that has them.
        let other = of(op, 91, 7);
        for row in 0..2 {
            let honest = other.row(Table::Mul, row).to_vec();
            lie.set_row(Table::Mul, row, &honest);
        }
        lie.copy().fails(By::Constraint(Table::Div));
        // A margin below zero, modulo the field's order, and modulo 2^32.
        lie.set(Table::Div, 0, "margin[0]", Val::from_i32(-3));
        lie.copy().fails(By::Bus("range16"));
        limbs(&mut lie, Table::Div, 0, "margin", -3i32 as u32);
        lie.fails(By::Constraint(Table::Div));
    }
}

/// 7 = 0x9249_2493 * 7 + 2, modulo 2^32: the high half of the product is 4.
#[test]
fn the_product_does_not_overflow() {
    let quotient: u32 = 0x9249_2493;
    assert_eq!(u64::from(quotient) * 7, (4 << 32) + 5);
    let mut lie = of(Op::Divu, 7, 7);
    result(&mut lie, Table::Div, quotient);
    for (name, value) in
        [("quotient", quotient), ("magnitude", quotient), ("rest", 2), ("product", 5), ("margin", 4)]
    {
        limbs(&mut lie, Table::Div, 0, name, value);
    }
    for (row, op) in [(0, Op::Mul), (1, Op::Mulhu)] {
        let honest = of(op, 7, quotient).row(Table::Mul, 0).to_vec();
        lie.set_row(Table::Mul, row, &honest);
    }
    lie.copy().fails(By::Bus("aux"));
    // A high half that is said to be zero.
    limbs(&mut lie, Table::Mul, 1, "w", 0);
    lie.fails(By::Constraint(Table::Mul));
}

#[test]
fn division_by_zero_is_by_zero_alone() {
    // A zero divisor said to be regular, and one that is not said to be zero.
    let mut lie = of(Op::Divu, 100, 0);
    lie.set(Table::Div, 0, "by_zero", Val::ZERO);
    lie.copy().fails(By::Constraint(Table::Div));
    lie.set(Table::Div, 0, "regular", Val::ONE);
    lie.fails(By::Constraint(Table::Div));
    let mut lie = of(Op::Divu, 100, 7);
    result(&mut lie, Table::Div, u32::MAX);
    lie.set(Table::Div, 0, "by_zero", Val::ONE);
    lie.set(Table::Div, 0, "regular", Val::ZERO);
    lie.fails(By::Constraint(Table::Div));
}

#[test]
fn a_high_product_is_all_of_it() {
    let (a, s) = (0xffff_fffe, 0xffff_fffd);
    // One more, in the result, then in the product, then with a carry that makes up for it.
    let high = ((u64::from(a) * u64::from(s)) >> 32) as u32;
    let mut lie = of(Op::Mulhu, a, s);
    result(&mut lie, Table::Mul, high + 1);
    lie.copy().fails(By::Constraint(Table::Mul));
    lie.add(Table::Mul, 0, "product[4]", 1);
    lie.copy().fails(By::Constraint(Table::Mul));
    let carry = lie.get(Table::Mul, 0, "carry[4]") - Val::from_u32(256).inverse();
    lie.set(Table::Mul, 0, "carry[4]", carry);
    let by = lie.stopped_by();
    assert!(matches!(by, By::Constraint(Table::Mul) | By::Bus("range16")), "{by:?}");
    // The same number with a byte above 255.
    let mut lie = of(Op::Mulhu, a, s);
    lie.add(Table::Mul, 0, "product[4]", 256);
    lie.add(Table::Mul, 0, "carry[4]", -1);
    lie.add(Table::Mul, 0, "product[5]", -1);
    let by = lie.stopped_by();
    assert!(matches!(by, By::Constraint(Table::Mul) | By::Bus("range8")), "{by:?}");
}

#[test]
fn signs_are_those_of_the_operands() {
    // mulh of -2 and 3, as if -2 were 2^32 - 2.
    let mut lie = of(Op::Mulh, -2i32 as u32, 3);
    result(&mut lie, Table::Mul, 2);
    lie.set(Table::Mul, 0, "negative[0]", Val::ZERO);
    lie.set(Table::Mul, 0, "borrow[0]", Val::ZERO);
    lie.set(Table::Mul, 0, "borrow[1]", Val::ZERO);
    lie.copy().fails(By::Constraint(Table::Mul));
    lie.set(Table::Mul, 0, "sign[0]", Val::ZERO);
    lie.fails(By::Bus("range16"));
}

/// One row that is two, and one that takes itself back.
#[test]
fn a_row_answers_once() {
    let twice = |op: Op| {
        let code = [li(8, 5), li(9, 3), vec![i(op, 12, 8, 9, 0), i(op, 12, 8, 9, 0)], exit(0)].concat();
        Forgery::of(&record(&code))
    };
    for (op, table) in [(Op::Xor, Table::Bitwise), (Op::Sll, Table::Shift), (Op::Mulhu, Table::Mul)] {
        let honest = twice(op);
        let flag = (0..8)
            .map(|n| format!("op[{n}]"))
            .find(|name| honest.get(table, 0, name) == Val::ONE)
            .expect("an operation");
        for (count, other) in [(Val::TWO, Val::ZERO), (-Val::ONE, Val::from_u32(3))] {
            let mut lie = honest.copy();
            lie.set(table, 0, &flag, count);
            lie.set(table, 1, &flag, other);
            lie.fails(By::Constraint(table));
        }
    }
}
