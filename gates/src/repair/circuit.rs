//! A table made ready for the search: its constraints and messages as programs, and what depends on which cell.

use std::sync::Arc;

use ember_verifier::params::Val;
use p3_air::symbolic::SymbolicExpr;
use p3_field::{PrimeCharacteristicRing, PrimeField32};

use super::program::{Input, Position, Program, Scratch};
use crate::Model;

/// A message as programs.
#[derive(Clone, Debug)]
pub struct Sends {
    /// Name of the bus.
    pub bus: String,
    /// Whether the row provides an entry that others look up.
    pub provided: bool,
    /// Whether it sends or asks, and does not receive or provide: its multiplicity is not written as a negative one.
    pub sends: bool,
    /// Signed multiplicity.
    pub count: Program,
    /// The tuple.
    pub fields: Vec<Program>,
}

/// What is left out of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Omission {
    /// A constraint, by number.
    Constraint(usize),
    /// A message, by number.
    Message(usize),
    /// A field of a message: the other side may say what it likes there.
    Field(usize, usize),
}

/// A table made ready.
#[derive(Clone, Debug)]
pub struct Circuit {
    /// Its name.
    pub name: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// First column and length of each field of the layout, by column.
    pub fields: Vec<(usize, usize)>,
    /// Number of public values.
    pub publics: usize,
    /// Whether constraints read the next row.
    pub reads_next: bool,
    /// What is zero on every row.
    pub constraints: Arc<Vec<Program>>,
    /// What is said on every row.
    pub messages: Vec<Arc<Sends>>,
    /// What is left out.
    pub omitted: Option<Omission>,
    /// The field that is left out.
    pub(super) left_out: Option<Program>,
    /// Exclusive upper bound of each column by the constraints of that column alone and by look-ups; p where there is
    /// none.
    pub bounds: Vec<u32>,
    /// Numbers of the items that read a column of the row, and of the next row: constraints first, then messages.
    pub(super) readers: Arc<[Vec<Vec<usize>>; 2]>,
    /// Numbers of the items that read a public value.
    pub(super) public_readers: Arc<Vec<Vec<usize>>>,
}

impl Circuit {
    /// The circuit of a model.
    pub fn of(model: &Model) -> Self {
        let name = |i: usize| model.columns[i].split('[').next().expect("a name");
        let fields =
            (0..model.columns.len())
                .map(|i| {
                    let same = |&k: &usize| name(k) == name(i);
                    (0..i + 1).rev().take_while(same).last().map_or((i, 1), |first| {
                        (first, (first..model.columns.len()).take_while(same).count())
                    })
                })
                .collect();
        let messages = model.messages.iter().map(|m| {
            Arc::new(Sends {
                bus: m.bus.clone(),
                provided: m.provided,
                sends: !matches!(m.count, SymbolicExpr::Neg { .. }),
                count: Program::of(&m.count),
                fields: m.fields.iter().map(Program::of).collect(),
            })
        });
        let mut circuit = Self {
            name: model.name.clone(),
            columns: model.columns.clone(),
            fields,
            publics: model.publics,
            reads_next: model.reads_next,
            constraints: Arc::new(model.constraints.iter().map(Program::of).collect()),
            messages: messages.collect(),
            omitted: None,
            left_out: None,
            bounds: Vec::new(),
            readers: Arc::default(),
            public_readers: Arc::default(),
        };
        circuit.find_readers();
        circuit.find_bounds();
        circuit
    }

    /// The circuit without one of its parts.
    pub fn without(&self, omission: Omission) -> Self {
        let mut circuit = self.clone();
        circuit.omitted = Some(omission);
        if let Omission::Field(message, field) = omission {
            let field = &mut Arc::make_mut(&mut circuit.messages[message]).fields[field];
            circuit.left_out = Some(core::mem::replace(field, Program::free()));
        }
        circuit.find_bounds();
        circuit
    }

    /// Everything that can be left out: constraints, messages that ask, and fields.
    pub fn omissions(&self) -> Vec<Omission> {
        let constraints = (0..self.constraints.len()).map(Omission::Constraint);
        let fields = self.messages.iter().enumerate();
        let messages = fields.flat_map(|(m, message)| {
            // A look-up of one field is left out with its field.
            let fields = if message.fields.len() > 1 { message.fields.len() } else { 0 };
            core::iter::once(Omission::Message(m)).chain((0..fields).map(move |f| Omission::Field(m, f)))
        });
        constraints.chain(messages).collect()
    }

    /// Number of items: constraints, then messages.
    pub fn items(&self) -> usize {
        self.constraints.len() + self.messages.len()
    }

    /// Whether an item is left out.
    pub fn is_omitted(&self, item: usize) -> bool {
        match self.omitted {
            Some(Omission::Constraint(k)) => item == k,
            Some(Omission::Message(m)) => item == self.constraints.len() + m,
            _ => false,
        }
    }

    /// The programs of an item.
    pub fn programs(&self, item: usize) -> Vec<&Program> {
        match item.checked_sub(self.constraints.len()) {
            None => vec![&self.constraints[item]],
            Some(m) => self.messages[m].fields.iter().chain([&self.messages[m].count]).collect(),
        }
    }

    fn find_readers(&mut self) {
        let width = self.columns.len();
        let mut readers = [vec![Vec::new(); width], vec![Vec::new(); width]];
        let mut public_readers = vec![Vec::new(); self.publics];
        for item in 0..self.items() {
            let mut inputs: Vec<Input> =
                self.programs(item).iter().flat_map(|p| p.inputs.iter().copied()).collect();
            inputs.sort();
            inputs.dedup();
            for input in inputs {
                match input {
                    Input::Here(c) => readers[0][c].push(item),
                    Input::Next(c) => readers[1][c].push(item),
                    Input::Public(i) => public_readers[i].push(item),
                    Input::Free => {}
                }
            }
        }
        self.readers = Arc::new(readers);
        self.public_readers = Arc::new(public_readers);
    }

    fn find_bounds(&mut self) {
        let width = self.columns.len();
        self.bounds = vec![Val::ORDER_U32; width];
        let mut scratch = Scratch::default();
        for (k, program) in self.constraints.iter().enumerate() {
            let [Input::Here(c)] = program.inputs[..] else { continue };
            if self.is_omitted(k) || program.degrees[0] < 2 {
                continue;
            }
            let at = Position { first: false, last: false };
            let mut is_root = |n: u32| program.value(&[Val::from_u32(n)], at, &mut scratch) == Val::ZERO;
            let roots = (0..4).take_while(|&n| is_root(n)).count();
            if roots == usize::from(program.degrees[0]) {
                self.bounds[c] = self.bounds[c].min(roots as u32);
            }
        }
        for (m, message) in self.messages.iter().enumerate() {
            let bound = match &message.bus[..] {
                "range16" => 1 << 16,
                "range8" | "byte_and" => 1 << 8,
                _ => continue,
            };
            if self.is_omitted(self.constraints.len() + m) || message.provided {
                continue;
            }
            for field in &message.fields {
                // A plain column.
                if let [Input::Here(c)] = field.inputs[..] {
                    let at = Position { first: false, last: false };
                    let plain = [0, 1, 5]
                        .map(Val::from_u32)
                        .iter()
                        .all(|&v| field.value(&[v], at, &mut scratch) == v);
                    if plain {
                        self.bounds[c] = self.bounds[c].min(bound);
                    }
                }
            }
        }
    }
}
