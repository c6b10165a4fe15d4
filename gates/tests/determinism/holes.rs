//! Circuits with a hole: each must be found.

use ember_gates::determinism::{Difference, Domain, Limits, Method, Port, Solver, Verdict, cell, method};
use ember_gates::{Model, Polynomial, Variable};
use ember_verifier::air::Table;

use crate::old_rom::OldRom;
use crate::solver;

const LIMITS: Limits = Limits::GATE;

/// The two copies that the solver finds in a case of a table.
fn hole(solver: &mut Solver, model: &Model, case: &str, known: &[(Port, Domain)]) -> Difference {
    let Method { plans, .. } = method(&model.name, model).expect("a known table");
    let (_, mut plan) = plans.into_iter().next().expect("a plan");
    plan.known.extend_from_slice(known);
    match plan.differ(model, case, solver, LIMITS).expect("the solvers run") {
        Verdict::Hole(difference) => difference,
        other => panic!("{} {case}: {other:?}", model.name),
    }
}

/// Both values of a variable.
fn both(difference: &Difference, name: &str) -> (i64, i64) {
    let found = difference.iter().find(|(known, ..)| known == name);
    let &(_, x, y) = found.unwrap_or_else(|| panic!("{name} is not in {difference:?}"));
    (x, y)
}

/// A branch and a `jal` of the old decoder have two targets, both of which are addresses.
#[test]
fn the_old_decoder_has_two_targets() {
    let Some(mut solver) = solver() else { return };
    let model = Model::of_air("Rom", OldRom::columns(), false, &OldRom);
    for op in [ember_isa::Op::Beq, ember_isa::Op::Jal] {
        let address = [(cell("extra[0]"), Domain::bits(30))];
        let found = hole(&mut solver, &model, &format!("op[{}]", op as usize), &address);
        let (extra, wrap) = (both(&found, "extra[0]"), both(&found, "wrap"));
        let pc = both(&found, "pc_low").0 + (both(&found, "pc_high").0 << 14);
        println!(
            "{op:?} at {:#x}: targets {:#x} and {:#x}, wraps {wrap:?}",
            4 * pc,
            4 * extra.0,
            4 * extra.1
        );
        assert_eq!((4 * (extra.0 - extra.1)).abs(), 0xfc00_0004);
        assert_ne!(wrap.0, wrap.1);
    }
}

/// Without the check that the upper bits of Mul's carries are booleans, a product has more than one result.
#[test]
fn a_carry_that_may_be_anything_is_found() {
    let Some(mut solver) = solver() else { return };
    let mut model = Model::of(Table::Mul);
    let carry = model.column("carry_high[0]");
    without_constraints(&mut model, |polynomial| is_about_one(polynomial, carry));
    // 7 times 5.
    let operands = ["a[0]", "a[1]", "s[0]", "s[1]", "s[2]", "s[3]"].map(cell).into_iter().zip([7, 0, 5, 0, 0, 0]);
    let operands: Vec<_> = operands.map(|(port, n)| (port, Domain { low: n, high: n })).collect();
    let found = hole(&mut solver, &model, "op[0]", &operands);
    let w = [both(&found, "w[0]"), both(&found, "w[1]")];
    println!("Mul without a carry's check: {w:?}");
    assert!(w.iter().any(|(x, y)| x != y));
}

/// Without the range checks of Div's rest, a division has more than one.
#[test]
fn a_rest_that_may_be_anything_is_found() {
    let Some(mut solver) = solver() else { return };
    let mut model = Model::of(Table::Div);
    let rest = model.column("rest[1]");
    let before = model.messages.len();
    model.messages.retain(|message| {
        let field = Polynomial::of(&message.fields[0], 100).expect("short");
        message.bus != "range16" || !is_about_one(&field, rest)
    });
    assert_eq!(model.messages.len(), before - 1);
    let Method { plans, .. } = method("Div", &model).expect("a known table");
    let (_, plan) = plans.into_iter().find(|(name, _)| *name == "euclid").expect("its plan");
    let mut plan = plan;
    plan.known.retain(|(port, _)| *port != cell("rest[1]"));
    let all = plan.check_only(&model, &mut solver, LIMITS).expect("the solver runs");
    let open: Vec<&String> =
        all.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Hole(_))).map(|(name, _)| name).collect();
    println!("Div without a range check: {all:?}");
    assert!(!open.is_empty());
}

/// Without one of its look-ups, `and` has two results.
#[test]
fn a_byte_that_nobody_looks_up_is_found() {
    let Some(mut solver) = solver() else { return };
    let mut model = Model::of(Table::Bitwise);
    let first = model.messages.iter().position(|message| message.bus == "byte_and").expect("a look-up");
    model.messages.remove(first);
    let found = hole(&mut solver, &model, "op[0]", &[]);
    let w = both(&found, "w[0]");
    println!("Bitwise without a look-up: {w:?}");
    assert_ne!(w.0, w.1);
}

fn is_about_one(polynomial: &Polynomial, column: usize) -> bool {
    let mut all = polynomial.0.keys().flatten();
    polynomial.0.keys().any(|monomial| !monomial.is_empty()) && all.all(|v| *v == Variable::Here(column))
}

/// Leaves out the constraints of which this holds; there must be one.
fn without_constraints(model: &mut Model, is: impl Fn(&Polynomial) -> bool) {
    let before = model.constraints.len();
    model.constraints.retain(|constraint| !Polynomial::of(constraint, 10_000).is_ok_and(|sum| is(&sum)));
    assert_eq!(model.constraints.len(), before - 1);
}
