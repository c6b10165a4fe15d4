//! Circuits with a hole: each must be found.

use ember_gates::Model;
use ember_gates::determinism::{Difference, Limits, Method, Solver, Verdict, method};

use crate::old_rom::OldRom;
use crate::solver;

const LIMITS: Limits = Limits::GATE;

/// The two copies that the solver finds in a case of a table.
fn hole(solver: &mut Solver, model: &Model, case: &str) -> Difference {
    let Some(Method::Solver(plans)) = method(&model.name, model) else { panic!("no plan for {}", model.name) };
    let (_, mut plan) = plans.into_iter().next().expect("a plan");
    plan.cases.retain(|known| known.name == case);
    let all = plan.check_only(model, solver, LIMITS).expect("the solver runs");
    for (part, verdict) in all {
        match verdict {
            Verdict::Hole(difference) => return difference,
            other => println!("{} {part}: {other:?}", model.name),
        }
    }
    panic!("{} {case}: no hole found", model.name)
}

/// Both values of a variable.
fn both(difference: &Difference, name: &str) -> (i64, i64) {
    let found = difference.iter().find(|(known, ..)| known == name);
    let &(_, x, y) = found.unwrap_or_else(|| panic!("{name} is not in {difference:?}"));
    (x, y)
}

/// A branch and a `jal` of the old decoder have two targets, 2^30 apart modulo p, and the wraps say which.
#[test]
fn the_old_decoder_has_two_targets() {
    let Some(mut solver) = solver() else { return };
    let model = Model::of_air("Rom", OldRom::columns(), false, &OldRom);
    for op in [ember_isa::Op::Beq, ember_isa::Op::Jal] {
        let found = hole(&mut solver, &model, &format!("op[{}]", op as usize));
        let (extra, wrap) = (both(&found, "extra[0]"), both(&found, "wrap"));
        let pc = both(&found, "pc_low").0 + (both(&found, "pc_high").0 << 14);
        println!("{op:?} at {:#x}: targets {:#x} and {:#x}, wraps {wrap:?}", 4 * pc, 4 * extra.0, 4 * extra.1);
        assert_ne!(extra.0, extra.1);
        assert_ne!(wrap.0, wrap.1);
        let p = i64::from(0x7f00_0001);
        let apart = (extra.0 - extra.1 - (wrap.0 - wrap.1) * (1 << 30)).rem_euclid(p);
        assert_eq!(apart, 0);
    }
}
