//! Searches over a whole table, and over a table without each of its parts.

use super::circuit::{Circuit, Omission};
use super::oracle::Oracle;
use super::program::Input;
use super::rng::Rng;
use super::search::{Found, Limits, Search};
use super::solve::Move;
use super::state::State;

/// Honest cells of a table, and who judges them.
pub struct Honest<'a> {
    /// Cells, row by row.
    pub cells: &'a [ember_verifier::params::Val],
    /// Public values.
    pub publics: &'a [ember_verifier::params::Val],
    /// Public values that a prover states.
    pub open_publics: &'a [usize],
    /// Rows to forge.
    pub rows: &'a [usize],
    /// Who knows what is true.
    pub oracle: &'a dyn Oracle,
}

/// Forges each column of each row, every `share`th of them, and gives what is found and how many states were looked at.
pub fn forge(
    circuit: &Circuit,
    honest: &Honest<'_>,
    limits: Limits,
    rng: &mut Rng,
    share: usize,
) -> (Vec<Found>, usize) {
    let mut state = State::new(circuit, honest.oracle, honest.cells, honest.publics);
    let mut search = Search::new(&mut state, honest.open_publics, limits, rng.clone());
    rng.next();
    let mut found = Vec::new();
    let mut n = rng.below(share);
    for &row in honest.rows {
        for column in 0..circuit.columns.len() {
            for first in search.first_changes(row, column) {
                n += 1;
                if n.is_multiple_of(share) {
                    found.extend(search.from(&first));
                }
            }
        }
    }
    (found, search.nodes)
}

/// Searches a table without one of its parts for something false, where that part is and around it.
pub fn hunt(
    circuit: &Circuit,
    all: &[Honest<'_>],
    limits: Limits,
    rng: &mut Rng,
    rounds: usize,
) -> Option<Found> {
    for round in 0..rounds {
        for honest in all {
            let mut state = State::new(circuit, honest.oracle, honest.cells, honest.publics);
            let mut search = Search::new(&mut state, honest.open_publics, limits, rng.clone());
            rng.next();
            let mut rows = honest.rows.to_vec();
            // Those that stand for others, and any.
            let height = search.state.height;
            rows.extend((0..rows.len().min(8 << round)).map(|_| search.rng.below(height)));
            search.rng.shuffle(&mut rows);
            rows.truncate(24 << round.min(3));
            for &row in &rows {
                let mut firsts: Vec<Move> = Vec::new();
                let around = search.around(row);
                for &place in &around {
                    match search.state.row_and_column(place) {
                        Some((row, column)) => firsts.extend(search.first_changes(row, column)),
                        None => firsts.extend(search.first_values(place)),
                    }
                }
                if let Some(Omission::Field(..)) = circuit.omitted {
                    // Two rows exchange what they say.
                    let places = [row, search.rng.below(height)].map(|row| search.state.free(row));
                    let values = places.map(|place| search.state.get(place));
                    firsts.push(vec![(places[0], values[1]), (places[1], values[0])]);
                }
                if round > 0 {
                    for &place in &around {
                        if let Some((row, column)) = search.state.row_and_column(place) {
                            firsts.extend(search.suiting_changes(row, column));
                        }
                    }
                    for _ in 0..circuit.columns.len().min(48) {
                        let column = search.rng.below(circuit.columns.len());
                        firsts.extend(search.first_changes(row, column));
                    }
                    firsts.extend((0..16).map(|_| search.some_changes(row)));
                }
                search.rng.shuffle(&mut firsts);
                firsts.truncate(32 << round.min(3));
                // Values of which one in thousands will do, of a row that is looked at for that.
                if round > 1 && row == rows[0] {
                    for _ in 0..2000 {
                        for &place in &around {
                            if let Some((row, column)) = search.state.row_and_column(place) {
                                firsts.extend(search.suiting_changes(row, column).into_iter().take(1));
                            }
                        }
                        if firsts.len() > 4000 {
                            break;
                        }
                    }
                }
                for first in firsts {
                    let found = search.from(&first);
                    if found.is_some() {
                        return found;
                    }
                }
            }
        }
    }
    None
}

impl Circuit {
    /// What an omission is, by the names of what it reads.
    pub fn describe(&self, omission: Omission) -> String {
        let field = |c: usize| {
            let name = &self.columns[c];
            name.split('[').next().expect("a name").to_owned()
        };
        let list = |programs: &[&super::program::Program]| {
            let mut inputs: Vec<Input> = programs.iter().flat_map(|p| p.inputs.iter().copied()).collect();
            inputs.sort();
            inputs.dedup();
            let exact = inputs.len() <= 4;
            let mut names: Vec<String> = inputs
                .iter()
                .map(|input| match *input {
                    Input::Here(c) if exact => self.columns[c].clone(),
                    Input::Here(c) => field(c),
                    Input::Next(c) if exact => format!("next {}", self.columns[c]),
                    Input::Next(c) => format!("next {}", field(c)),
                    Input::Public(i) => format!("public {i}"),
                    Input::Free => "anything".into(),
                })
                .collect();
            names.dedup();
            names.join(", ")
        };
        match omission {
            Omission::Constraint(k) => format!("constraint {k}: {}", list(&[&self.constraints[k]])),
            Omission::Message(m) => {
                let message = &self.messages[m];
                let fields: Vec<_> = message.fields.iter().collect();
                format!("message {m}, {}: {}", message.bus, list(&fields))
            }
            Omission::Field(m, f) => {
                let message = &self.messages[m];
                let name = field_name(&message.bus, f);
                format!("message {m}, {} {name}: {}", message.bus, list(&[&message.fields[f]]))
            }
        }
    }
}

/// The name of a bus's field.
fn field_name(bus: &str, field: usize) -> String {
    let names: &[&str] = match bus {
        "mem" => &["address", "time", "low", "high", "permission"],
        "aux" => &["sub", "off", "a0", "a1", "s0", "s1", "w0", "w1", "m0", "m1", "n0", "n1", "gas0", "gas1"],
        "prog" => &["pc", "packed", "sub", "imm0", "imm1", "extra0", "extra1"],
        "code" => &["address", "low", "high"],
        "node" => &["space", "level", "index"],
        "update" => &["inner", "level", "index"],
        "operand" | "element" => &["time", "address", "rank"],
        "stream" => &["position", "byte"],
        "byte_and" => &["x", "y", "and"],
        _ => &[],
    };
    names.get(field).map_or_else(|| format!("field {field}"), |name| (*name).to_owned())
}
