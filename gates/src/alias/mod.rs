//! No aliasing: equations that hold modulo p hold over the integers.
//!
//! p = 2^31 - 2^24 + 1 is not far above what circuits calculate with: `t - 2^30 = t + 2^30 - 2^24 + 1` modulo p. So an
//! argument over the integers needs a bound. This pass takes a [`Model`], derives integer ranges of its columns from
//! its own constraints and from the look-ups that it asks, and bounds every constraint:
//!
//! - A product is zero only if a factor is. Factors that differ by a constant, as of `k (k - 1)`, are one whose roots are
//!   given. Each factor is looked at where the others are not zero: a flag there is 1.
//! - A look-up says that a field is a *value* in a range; that is an equation like others. So `4 x` and `x` below 2^16
//!   give `x < 2^14`, and `x / 4` below 2^16 gives a multiple of 4, because `4 x - value` and `x - 4 value` are below p.
//! - The coefficients are multiplied with a number, so that those like 2^-16 become small, and lifted to integers
//!   closest to zero. The polynomial's interval is that of monomials, exact at the corners of the box of ranges where few
//!   variables hang together, and by cases of booleans where it is not below p.
//! - Equations below p narrow ranges, so that one flag of a one-hot being 1 makes the others zero.
//! - A column that has no range of its own is *defined* by an equation in which it stands alone, if what it equals has
//!   fewer than p values in all cases together, over all its definitions.
//! - A column that counts from row to row has the range of as many steps as there are rows.
//!
//! What comes from other tables is a [`Contract`]: ranges of fields of buses, which the pass shows at one side
//! and relies on at the other.
//!
//! What is not shown is reported, as [`Finding`]; a test compares the findings with a list of arguments.

mod contract;
mod derive;
mod engine;
mod form;
mod judge;
mod packing;
mod system;

use std::collections::BTreeSet;

pub use contract::{Contract, Given, Keeper, Listed, Promise, Public, Scope};
pub use form::{Form, P, Range};
pub use judge::{Fault, Shown};
pub use system::{Equation, Origin, System};

use crate::Model;
use engine::Engine;

/// Something that is not shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The table.
    pub table: String,
    /// Names of the columns of the constraint, without indices, in ascending order; `bus: columns` for a look-up that
    /// the table relies on; `bus[field]: columns` for a field whose range it does not keep; `packed bus: columns` for one
    /// that does not determine its columns; `count bus: columns` for a multiplicity that is not 0 or 1 on every row.
    pub columns: String,
    /// Why.
    pub why: String,
}

/// What was found in a table.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The table's name.
    pub table: String,
    /// Constraints that are below p in absolute value.
    pub bounded: usize,
    /// Constraints that say what a column is.
    pub defining: usize,
    /// Constraints between field elements that hold in any field: copies.
    pub copies: usize,
    /// The largest bound.
    pub largest: i128,
    /// Fields of messages that the table relies on, shown to be integers in their range.
    pub looked_up: usize,
    /// Fields of messages whose range it keeps.
    pub kept: usize,
    /// Fields that pack columns and determine each of them.
    pub packed: usize,
    /// What is not shown.
    pub findings: Vec<Finding>,
}

/// Buses on which entries are provided, to be looked up.
pub fn look_ups(models: &[Model]) -> BTreeSet<String> {
    let messages = models.iter().flat_map(|model| &model.messages);
    messages.filter(|message| message.provided).map(|message| message.bus.clone()).collect()
}

/// Judges a table, given the buses on which entries are looked up.
pub fn check(model: &Model, look_ups: &BTreeSet<String>, contract: &Contract) -> Report {
    let system = System::new(model, look_ups, contract);
    let mut engine = Engine::new(&system);
    engine.learn(Vec::new());
    engine.derive();
    let mut report = Report { table: model.name.clone(), ..Report::default() };
    for (i, equation) in system.equations.iter().enumerate().filter(|(_, e)| !e.shifted) {
        let place = match equation.origin {
            Origin::Constraint(_) => String::new(),
            Origin::Field { message, .. } => format!("{}: ", model.messages[message].bus),
            Origin::Given(_) => continue,
        };
        let of_constraint = place.is_empty();
        match engine.judge(i) {
            Ok(_) if !of_constraint => report.looked_up += 1,
            Ok(Shown::Bounded(largest)) => {
                report.bounded += 1;
                report.largest = report.largest.max(largest);
            }
            Ok(Shown::Defines(_)) => report.defining += 1,
            Ok(Shown::Copies) => report.copies += 1,
            Err(fault) => {
                let all = equation.factors.iter().flat_map(|f| f.0.iter().cloned()).collect();
                let columns = place + &system.names(&Form(all));
                let why = match fault {
                    Fault::NoRange(v) => format!("{} has no range", system.name(v)),
                    Fault::Wide(range) => format!("between {} and {}", range.low, range.high),
                    Fault::Cases => "too many cases".to_owned(),
                };
                report.findings.push(Finding { table: model.name.clone(), columns, why });
            }
        }
    }
    for (message, field, promised) in engine.promised() {
        match engine.keeps(message, field, promised) {
            Ok(()) => report.kept += 1,
            Err(range) => {
                let names = system.names(&system.tuples[message].fields[field]);
                let columns = format!("{}[{field}]: {names}", model.messages[message].bus);
                let why = match range {
                    Some(range) => format!("between {} and {}", range.low, range.high),
                    None => "no range".to_owned(),
                };
                report.findings.push(Finding { table: model.name.clone(), columns, why });
            }
        }
    }
    for (message, of) in model.messages.iter().enumerate() {
        if engine.is_once(message).is_err() {
            let columns = format!("count {}: {}", of.bus, system.names(&system.tuples[message].count));
            let why = "not 0 or 1 on every row".to_owned();
            report.findings.push(Finding { table: model.name.clone(), columns, why });
        }
    }
    engine.packings(&mut report);
    report
}
