//! A table's cells while they are forged: what is broken, and how to go back.

use std::collections::BTreeSet;

use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::circuit::Circuit;
use super::oracle::{Mend, Oracle, Said};
use super::program::{Input, Position, Program, Scratch};

/// A cell, a public value or a free field, by number.
pub type Place = usize;

/// A table's cells, public values and free fields.
pub struct State<'a> {
    /// The circuit.
    pub circuit: &'a Circuit,
    oracle: &'a dyn Oracle,
    /// Cells row by row, then public values, then a free field for each row.
    values: Vec<Val>,
    /// Number of rows.
    pub height: usize,
    width: usize,
    /// What is broken: row and item.
    pub broken: BTreeSet<(usize, usize)>,
    log: Vec<Undo>,
    scratch: Scratch,
    inputs: Vec<Val>,
}

enum Undo {
    Value(Place, Val),
    Broken(usize, usize),
    Mended(usize, usize),
}

impl<'a> State<'a> {
    /// Honest cells.
    pub fn new(circuit: &'a Circuit, oracle: &'a dyn Oracle, cells: &[Val], publics: &[Val]) -> Self {
        let width = circuit.columns.len();
        let height = cells.len() / width;
        let values = [cells, publics, &vec![Val::ZERO; height][..]].concat();
        assert_eq!(publics.len(), circuit.publics);
        let (log, scratch, inputs) = (Vec::new(), Scratch::default(), Vec::new());
        let mut state =
            Self { circuit, oracle, values, height, width, broken: BTreeSet::new(), log, scratch, inputs };
        if let Some(field) = &circuit.left_out {
            for row in 0..height {
                let place = state.free(row);
                state.values[place] = state.value(row, field);
            }
        }
        state
    }

    /// What is broken on these rows, from scratch.
    pub fn check_rows(&mut self, rows: impl IntoIterator<Item = usize>) {
        for row in rows {
            (0..self.circuit.items()).for_each(|item| self.check(row, item));
        }
    }

    /// Place of a cell.
    pub fn cell(&self, row: usize, column: usize) -> Place {
        row * self.width + column
    }

    /// Row and column of a place, if it is a cell.
    pub fn row_and_column(&self, place: Place) -> Option<(usize, usize)> {
        (place < self.height * self.width).then(|| (place / self.width, place % self.width))
    }

    /// Place of a public value.
    pub fn public(&self, i: usize) -> Place {
        self.height * self.width + i
    }

    /// Place of the free field of a row.
    pub fn free(&self, row: usize) -> Place {
        self.public(self.circuit.publics) + row
    }

    /// A value.
    pub fn get(&self, place: Place) -> Val {
        self.values[place]
    }

    /// The cells of a row.
    pub fn row(&self, row: usize) -> &[Val] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// The public values.
    pub fn publics(&self) -> &[Val] {
        &self.values[self.height * self.width..][..self.circuit.publics]
    }

    /// Where a row stands.
    pub fn position(&self, row: usize) -> Position {
        Position { first: row == 0, last: row + 1 == self.height }
    }

    /// The place that an input has on a row.
    pub fn place(&self, row: usize, input: Input) -> Place {
        match input {
            Input::Here(c) => self.cell(row, c),
            Input::Next(c) => self.cell((row + 1) % self.height, c),
            Input::Public(i) => self.public(i),
            Input::Free => self.free(row),
        }
    }

    /// The values that a program reads on a row.
    pub fn inputs(&self, row: usize, program: &Program) -> Vec<Val> {
        program.inputs.iter().map(|&input| self.values[self.place(row, input)]).collect()
    }

    fn value(&mut self, row: usize, program: &Program) -> Val {
        let mut inputs = core::mem::take(&mut self.inputs);
        inputs.clear();
        inputs.extend(program.inputs.iter().map(|&input| self.values[self.place(row, input)]));
        let value = program.value(&inputs, self.position(row), &mut self.scratch);
        self.inputs = inputs;
        value
    }

    /// What a row says by a message; nothing if it is left out or its multiplicity is zero.
    pub fn said(&mut self, row: usize, message: usize) -> Option<Said> {
        let circuit = self.circuit;
        if circuit.is_omitted(circuit.constraints.len() + message) {
            return None;
        }
        let sends = &circuit.messages[message];
        let count = self.value(row, &sends.count);
        if count == Val::ZERO {
            return None;
        }
        let tuple = sends.fields.iter().map(|field| self.value(row, field)).collect();
        Some(Said {
            bus: circuit.messages[message].bus.clone(),
            count,
            sends: sends.sends,
            provided: sends.provided,
            tuple,
            row,
            message,
        })
    }

    /// Everything that a row says.
    pub fn all_said(&mut self, row: usize) -> Vec<Said> {
        (0..self.circuit.messages.len()).filter_map(|m| self.said(row, m)).collect()
    }

    /// Ways to mend a message that nobody would answer; nothing if somebody would.
    pub fn refused(&mut self, row: usize, message: usize) -> Option<Vec<Mend>> {
        let said = self.said(row, message)?;
        if said.provided { None } else { self.oracle.refused(&said) }
    }

    fn holds(&mut self, row: usize, item: usize) -> bool {
        let circuit = self.circuit;
        if circuit.is_omitted(item) {
            return true;
        }
        match item.checked_sub(circuit.constraints.len()) {
            None => self.value(row, &circuit.constraints[item]) == Val::ZERO,
            Some(message) => self.refused(row, message).is_none(),
        }
    }

    fn check(&mut self, row: usize, item: usize) {
        if self.holds(row, item) {
            if self.broken.remove(&(row, item)) {
                self.log.push(Undo::Mended(row, item));
            }
        } else if self.broken.insert((row, item)) {
            self.log.push(Undo::Broken(row, item));
        }
    }

    /// A mark to go back to.
    pub fn mark(&self) -> usize {
        self.log.len()
    }

    /// Goes back to a mark.
    pub fn undo(&mut self, mark: usize) {
        while self.log.len() > mark {
            match self.log.pop().expect("above the mark") {
                Undo::Value(place, value) => self.values[place] = value,
                Undo::Broken(row, item) => drop(self.broken.remove(&(row, item))),
                Undo::Mended(row, item) => drop(self.broken.insert((row, item))),
            }
        }
    }

    /// Changes values and sees what that breaks and mends.
    pub fn set(&mut self, changes: &[(Place, Val)]) {
        let mut touched = Vec::new();
        for &(place, value) in changes {
            if self.values[place] == value {
                continue;
            }
            self.log.push(Undo::Value(place, self.values[place]));
            self.values[place] = value;
            let circuit = self.circuit;
            if let Some((row, column)) = self.row_and_column(place) {
                touched.extend(circuit.readers[0][column].iter().map(|&item| (row, item)));
                let before = (row + self.height - 1) % self.height;
                touched.extend(circuit.readers[1][column].iter().map(|&item| (before, item)));
            } else if place < self.free(0) {
                // A public value is read by the first or the last row, or by all of a table that is forged as a whole.
                let items = &circuit.public_readers[place - self.public(0)];
                let rows: Vec<usize> =
                    if self.height <= 512 { (0..self.height).collect() } else { vec![0, self.height - 1] };
                touched.extend(rows.iter().flat_map(|&row| items.iter().map(move |&item| (row, item))));
            } else if let Some(super::circuit::Omission::Field(message, _)) = circuit.omitted {
                touched.push((place - self.free(0), circuit.constraints.len() + message));
            }
        }
        touched.sort();
        touched.dedup();
        touched.into_iter().for_each(|(row, item)| self.check(row, item));
    }

    /// Counts a row as changed.
    pub fn touch(&mut self, row: usize) {
        let place = self.cell(row, 0);
        self.log.push(Undo::Value(place, self.values[place]));
    }

    /// Places that were changed, whether to another value or not.
    pub fn changed(&self) -> Vec<Place> {
        let mut places: Vec<Place> = self
            .log
            .iter()
            .filter_map(|undo| match undo {
                Undo::Value(place, _) => Some(*place),
                _ => None,
            })
            .collect();
        places.sort();
        places.dedup();
        places
    }

    /// The name of a place.
    pub fn name(&self, place: Place) -> String {
        match self.row_and_column(place) {
            Some((row, column)) => format!("{}@{row}", self.circuit.columns[column]),
            None if place < self.free(0) => format!("public {}", place - self.public(0)),
            None => "free field".into(),
        }
    }

    /// What the oracle says.
    pub fn verdict(&mut self) -> super::oracle::Verdict {
        let oracle = self.oracle;
        oracle.judge(self)
    }
}
