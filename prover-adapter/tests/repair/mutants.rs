//! Tables without one constraint, look-up or field: something false is accepted, or it is known why not.

use ember_gates::Model;
use ember_gates::repair::{Circuit, Honest, Omission, Rng, State, hunt};
use ember_verifier::air::Table;

use crate::cases::{self, Case, Plan};
use crate::redundant::{REDUNDANT, fits};

/// Buses on which what is sent is received.
const PERMUTATIONS: [&str; 7] = ["mem", "aux", "node", "update", "stream", "operand", "element"];

/// What became of a table without one of its parts.
pub struct Outcome {
    pub omission: Omission,
    pub what: String,
    /// By what it is killed.
    pub killed: Option<String>,
    /// The entry of [`REDUNDANT`] that says why not.
    pub redundant: Option<usize>,
}

/// Whether honest runs are no longer proven: a message that they need is not said.
fn is_missed(circuit: &Circuit, omission: Omission, cases: &[&Case]) -> bool {
    let Omission::Message(m) = omission else { return false };
    let message = &circuit.messages[m];
    let needed = message.provided || PERMUTATIONS.contains(&&message.bus[..]);
    needed
        && cases.iter().any(|case| {
            let mut state = State::new(circuit, &case.world, &case.cells, &case.publics);
            (0..state.height).any(|row| state.said(row, m).is_some())
        })
}

/// Leaves out each part of a table, or every `share`th, but for those that are known.
pub fn table(table: Table, cases: &[Case], share: usize, rounds: usize, known: &[String]) -> Vec<Outcome> {
    let circuit = Circuit::of(&Model::of(table));
    let cases: Vec<&Case> = cases.iter().filter(|case| case.world.table == table).collect();
    let rows: Vec<Vec<usize>> = cases.iter().map(|case| cases::rows(&circuit, case)).collect();
    let plan = Plan::of(table);
    let mut out = Vec::new();
    for (n, omission) in circuit.omissions().into_iter().enumerate() {
        if n % share != table as usize % share {
            continue;
        }
        let what = circuit.describe(omission);
        if known.contains(&what) {
            continue;
        }
        if is_missed(&circuit, omission, &cases) {
            let killed = Some("honest runs are not proven".into());
            out.push(Outcome { omission, what, killed, redundant: None });
            continue;
        }
        let mutant = circuit.without(omission);
        let honest: Vec<Honest<'_>> = cases
            .iter()
            .zip(&rows)
            .map(|(case, rows)| Honest {
                cells: &case.cells,
                publics: &case.publics,
                open_publics: &plan.publics,
                rows,
                oracle: &case.world,
            })
            .collect();
        let mut rng = Rng(n as u64 ^ (table as u64) << 32);
        let redundant =
            REDUNDANT.iter().position(|r| r.table == table && fits(r.what.as_bytes(), what.as_bytes()));
        // What is known to be of no use is looked at no longer than others that are found soon.
        let rounds = if redundant.is_some() { 1 } else { rounds };
        let found = hunt(&mutant, &honest, plan.limits, &mut rng, rounds);
        if let (Some(found), Ok(_)) = (&found, std::env::var("VERBOSE")) {
            println!("    {} without {what}: {found}", table.name());
        }
        let killed = found.map(|found| found.why);
        if killed.is_none() && redundant.is_none() {
            println!("    {} survives: {what}", table.name());
        }
        out.push(Outcome { omission, what, killed, redundant });
    }
    out
}
