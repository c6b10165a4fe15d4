//! The search: change something, mend what breaks, ask the oracle.

use std::collections::HashMap;
use std::fmt;

use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::circuit::Omission;
use super::oracle::Verdict;
use super::rng::Rng;
use super::solve::{Move, ways};
use super::state::{Place, State};

/// How far a search goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Changes after the first.
    pub depth: usize,
    /// Ways that are tried for each broken item.
    pub branch: usize,
    /// States that are looked at for each first change.
    pub nodes: usize,
    /// Whether every broken item is mended by its best way, however many there are: for tables in which a change has long
    /// consequences.
    pub propagate: bool,
}

/// A forgery that is accepted and proves something false.
#[derive(Clone, Debug)]
pub struct Found {
    /// What is false.
    pub why: String,
    /// Names of what changed, with the values before and after.
    pub changes: Vec<(String, Val, Val)>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, by", self.why)?;
        self.changes.iter().try_for_each(|(name, old, new)| write!(f, " {name}: {old} -> {new};"))
    }
}

/// Ways that are weighed at each step.
const WEIGHED: usize = 24;

/// A search over a table's cells.
pub struct Search<'s, 'a> {
    /// The table.
    pub state: &'s mut State<'a>,
    /// Public values that a forger may choose.
    pub open_publics: &'s [usize],
    /// Its limits.
    pub limits: Limits,
    /// Randomness.
    pub rng: Rng,
    /// States that were looked at, over all searches.
    pub nodes: usize,
    left: usize,
    locked: HashMap<Place, usize>,
}

impl<'s, 'a> Search<'s, 'a> {
    /// A search.
    pub fn new(state: &'s mut State<'a>, open_publics: &'s [usize], limits: Limits, rng: Rng) -> Self {
        assert!(state.broken.is_empty(), "not honest: {:?}", state.broken);
        Self { state, open_publics, limits, rng, nodes: 0, left: 0, locked: HashMap::new() }
    }

    /// Searches from a change. The state is honest again afterwards.
    pub fn from(&mut self, first: &Move) -> Option<Found> {
        let mark = self.state.mark();
        self.left = self.limits.nodes;
        self.locked = first.iter().map(|&(place, _)| (place, 9)).collect();
        self.state.set(first);
        let why = if self.limits.propagate { self.propagate() } else { self.descend(self.limits.depth) };
        let found = why.map(|why| {
            let places = self.state.changed();
            let new: Vec<Val> = places.iter().map(|&p| self.state.get(p)).collect();
            self.state.undo(mark);
            let changes = places.iter().zip(new).filter(|&(&p, v)| self.state.get(p) != v);
            Found {
                why,
                changes: changes.map(|(&p, v)| (self.state.name(p), self.state.get(p), v)).collect(),
            }
        });
        self.state.undo(mark);
        found
    }

    /// Whether a place may not change now.
    fn is_locked(&self, place: Place) -> bool {
        let most = if self.limits.propagate { 3 } else { 1 };
        if self.locked.get(&place).is_some_and(|&times| times >= most) {
            return true;
        }
        let (publics, free) = (self.state.public(0), self.state.free(0));
        (publics..free).contains(&place) && !self.open_publics.contains(&(place - publics))
    }

    fn judge(&mut self) -> Option<String> {
        match self.state.verdict() {
            Verdict::False(why) => Some(why),
            Verdict::True => None,
        }
    }

    fn descend(&mut self, depth: usize) -> Option<String> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.nodes += 1;
        if self.state.broken.is_empty() {
            return self.judge();
        }
        if depth == 0 || self.state.broken.len() > 4 * depth + 8 {
            return None;
        }
        // The item that leaves the least choice.
        let broken: Vec<(usize, usize)> = self.state.broken.iter().copied().collect();
        let mut best: Option<Vec<Move>> = None;
        for n in 0..3.min(broken.len()) {
            let (row, item) = broken[if n == 0 { 0 } else { self.rng.below(broken.len()) }];
            let moves = self.mends(row, item);
            if moves.is_empty() {
                return None;
            }
            if best.as_ref().is_none_or(|b| moves.len() < b.len()) {
                best = Some(moves);
            }
        }
        for way in self.weigh(best?) {
            let mark = self.state.mark();
            way.iter().for_each(|&(place, _)| *self.locked.entry(place).or_default() += 1);
            self.state.set(&way);
            let found = self.descend(depth - 1);
            if found.is_some() {
                return found;
            }
            self.state.undo(mark);
            for (place, _) in &way {
                let times = self.locked.get_mut(place).expect("locked");
                *times -= 1;
                if *times == 0 {
                    self.locked.remove(place);
                }
            }
        }
        None
    }

    /// The best ways, by what they leave broken.
    fn weigh(&mut self, mut moves: Vec<Move>) -> Vec<Move> {
        moves.truncate(WEIGHED);
        let mut weighed: Vec<(usize, Move)> = moves
            .into_iter()
            .map(|way| {
                let mark = self.state.mark();
                self.state.set(&way);
                let broken = self.state.broken.len();
                self.state.undo(mark);
                (2 * broken + self.rng.below(2), way)
            })
            .collect();
        weighed.sort_by_key(|(weight, _)| *weight);
        weighed.truncate(self.limits.branch);
        weighed.into_iter().map(|(_, way)| way).collect()
    }

    /// Mends everything by the best way, forward.
    fn propagate(&mut self) -> Option<String> {
        let mut failed = 0;
        while let Some(&(row, item)) = self.state.broken.iter().next() {
            if self.left == 0 {
                return None;
            }
            self.left -= 1;
            self.nodes += 1;
            let mut moves = self.mends(row, item);
            if moves.is_empty() {
                failed += 1;
                // Another item may mend this one.
                let others: Vec<(usize, usize)> = self.state.broken.iter().copied().collect();
                if failed > 4 {
                    return None;
                }
                let (row, item) = others[self.rng.below(others.len())];
                moves = self.mends(row, item);
            }
            // What comes last is what follows from the rest.
            let way = moves.into_iter().max_by_key(|way| {
                (way.iter().all(|(p, _)| !self.locked.contains_key(p)), way.iter().map(|(p, _)| *p).max())
            })?;
            way.iter().for_each(|&(place, _)| *self.locked.entry(place).or_default() += 1);
            self.state.set(&way);
        }
        self.judge()
    }

    /// Ways to mend a broken item.
    fn mends(&mut self, row: usize, item: usize) -> Vec<Move> {
        let circuit = self.state.circuit;
        let mut rng = self.rng.clone();
        self.rng.next();
        let moves = {
            let locked = |place: Place| self.is_locked(place);
            match item.checked_sub(circuit.constraints.len()) {
                None => ways(self.state, row, &circuit.constraints[item], Val::ZERO, &locked, &mut rng),
                Some(_) => Vec::new(),
            }
        };
        let Some(message) = item.checked_sub(circuit.constraints.len()) else { return moves };
        let mends = self.state.refused(row, message).unwrap_or_default();
        let locked = |place: Place| self.is_locked(place);
        let mut moves = Vec::new();
        for mend in mends {
            // Each field by one of its ways, none of which may touch another's.
            let mut whole: Move = Vec::new();
            let mut possible = true;
            for (field, value) in mend {
                let program = &circuit.messages[message].fields[field];
                let taken = whole.clone();
                let locked = |place: Place| locked(place) || taken.iter().any(|(p, _)| *p == place);
                let mut found = ways(self.state, row, program, value, &locked, &mut rng);
                if found.is_empty() {
                    possible = false;
                    break;
                }
                let pick = if rng.below(3) > 0 { 0 } else { rng.below(found.len()) };
                whole.extend(found.swap_remove(pick));
            }
            if possible {
                moves.push(whole);
            }
        }
        moves.extend(ways(self.state, row, &circuit.messages[message].count, Val::ZERO, &locked, &mut rng));
        moves
    }

    /// Changes to begin with, of a row's column.
    pub fn first_changes(&mut self, row: usize, column: usize) -> Vec<Move> {
        let circuit = self.state.circuit;
        let place = self.state.cell(row, column);
        let cell = self.state.get(place);
        let other = self.state.cell(self.rng.below(self.state.height), column);
        let shift = |bits: u32| Val::from_u32(1 << bits);
        let mut values = vec![
            cell + Val::ONE,
            cell - Val::ONE,
            Val::ZERO,
            Val::ONE,
            self.state.get(other),
            cell + shift(16),
            cell - shift(16),
            cell + shift(8),
            -Val::ONE,
            Val::TWO,
            self.rng.val(),
            self.rng.number(),
            self.rng.number(),
            Val::from_u32(1 << 24) + self.rng.number(),
        ];
        let mut seen = Vec::new();
        values.retain(|v| {
            let new = *v != cell && !seen.contains(v);
            seen.push(*v);
            new
        });
        let mut moves: Vec<Move> = values.into_iter().map(|v| vec![(place, v)]).collect();
        // A flag that moves, a carry, and small numbers in a few cells of the field.
        let (first, len) = circuit.fields[column];
        if len > 1 {
            let near = first + self.rng.below(len);
            let there = self.state.cell(row, near);
            let value = self.state.get(there);
            if near != column {
                moves.push(vec![(place, value), (there, cell)]);
                moves.push(vec![(place, cell + shift(16)), (there, value - Val::ONE)]);
                moves.push(vec![
                    (place, Val::from_i32(self.rng.below(4) as i32 - 1)),
                    (there, Val::from_i32(self.rng.below(4) as i32 - 1)),
                ]);
            }
        }
        moves
    }

    /// Values of a cell by which another item that reads it holds again, or has a value that suits it.
    pub fn suiting_changes(&mut self, row: usize, column: usize) -> Vec<Move> {
        let circuit = self.state.circuit;
        let place = self.state.cell(row, column);
        let mut moves = Vec::new();
        let mark = self.state.mark();
        let elsewhere = self.rng.val();
        self.state.set(&[(place, elsewhere)]);
        let broken: Vec<(usize, usize)> = self.state.broken.iter().copied().collect();
        for (row, item) in broken {
            let mut rng = self.rng.clone();
            self.rng.next();
            match item.checked_sub(circuit.constraints.len()) {
                None => {
                    let program = &circuit.constraints[item];
                    moves.extend(ways(self.state, row, program, Val::ZERO, &|p| p != place, &mut rng));
                }
                Some(m) => {
                    let small = circuit.messages[m].bus.starts_with("range").then(|| vec![(0, rng.number())]);
                    let mends = self.state.refused(row, m).unwrap_or_default().into_iter().chain(small);
                    for (field, value) in mends.flatten() {
                        let program = &circuit.messages[m].fields[field];
                        moves.extend(ways(self.state, row, program, value, &|p| p != place, &mut rng));
                    }
                }
            }
        }
        self.state.undo(mark);
        let honest = self.state.get(place);
        moves.retain(|way| way[0].1 != honest);
        moves
    }

    /// Changes to begin with, of a public value or a free field.
    pub fn first_values(&mut self, place: Place) -> Vec<Move> {
        let value = self.state.get(place);
        let near = [value + Val::ONE, value - Val::ONE, Val::ZERO, Val::ONE, value + Val::from_u32(1 << 16)];
        let far = [self.rng.val(), self.rng.number(), Val::from_u32(1 << 24) + self.rng.number()];
        near.into_iter().chain(far).filter(|&v| v != value).map(|v| vec![(place, v)]).collect()
    }

    /// A few cells of one field, small: flags that are not one-hot, numbers that are not flags.
    pub fn some_changes(&mut self, row: usize) -> Move {
        let column = self.rng.below(self.state.circuit.columns.len());
        let (first, len) = self.state.circuit.fields[column];
        let count = 1 + self.rng.below(4.min(len));
        (0..count)
            .map(|_| {
                let place = self.state.cell(row, first + self.rng.below(len));
                (place, Val::from_i32(self.rng.below(5) as i32 - 2))
            })
            .collect()
    }

    /// The columns and public values that what is left out reads, on a row: where a search begins.
    pub fn around(&self, row: usize) -> Vec<Place> {
        let circuit = self.state.circuit;
        let programs = match circuit.omitted {
            Some(Omission::Constraint(k)) => vec![&circuit.constraints[k]],
            Some(Omission::Message(m)) => circuit.programs(circuit.constraints.len() + m),
            Some(Omission::Field(..)) => circuit.left_out.iter().collect(),
            None => Vec::new(),
        };
        let mut places: Vec<Place> = programs
            .iter()
            .flat_map(|p| p.inputs.iter().map(|&input| self.state.place(row, input)))
            .collect();
        if let Some(Omission::Field(..)) = circuit.omitted {
            places.push(self.state.free(row));
        }
        places.sort();
        places.dedup();
        places.retain(|&p| !self.is_locked(p));
        places
    }
}
