//! A table as data.

use ember_verifier::air::Table;
use ember_verifier::params::{Challenge, Val};
use p3_air::Air;
use p3_air::symbolic::{AirLayout, SymbolicExpression};
use p3_lookup::InteractionSymbolicBuilder;

/// What evaluates a circuit's constraints symbolically.
pub type Recorder = InteractionSymbolicBuilder<Val, Challenge>;

/// A tuple that each row of a table puts on a bus.
#[derive(Clone, Debug)]
pub struct Message {
    /// Name of the bus.
    pub bus: String,
    /// The tuple.
    pub fields: Vec<SymbolicExpression<Val>>,
    /// Signed multiplicity: above zero sends or asks, below zero receives or provides.
    pub count: SymbolicExpression<Val>,
    /// Whether the row provides an entry that others look up, as often as the prover likes.
    pub provided: bool,
}

/// A table as data: constraints, each zero on every row, and messages.
#[derive(Clone, Debug)]
pub struct Model {
    /// The table's name.
    pub name: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Number of public values.
    pub publics: usize,
    /// Whether constraints read the next row.
    pub reads_next: bool,
    /// Polynomials that are zero on every row, selectors included.
    pub constraints: Vec<SymbolicExpression<Val>>,
    /// Tuples on buses, in the order in which the circuit names them.
    pub messages: Vec<Message>,
}

impl Model {
    /// The model of a table of the proof system.
    pub fn of(table: Table) -> Self {
        Self::of_air(table.name(), table.column_names(), table.reads_next_row(), &table)
    }

    /// The models of all tables.
    pub fn all() -> Vec<Self> {
        Table::ALL.iter().map(|&table| Self::of(table)).collect()
    }

    /// The model of any circuit.
    pub fn of_air(name: &str, columns: Vec<String>, reads_next: bool, air: &impl Air<Recorder>) -> Self {
        let layout = AirLayout::from_air::<Val>(air);
        let publics = layout.num_public_values;
        let recorder = Recorder::from_air(air, layout);
        let messages = recorder
            .global_interactions()
            .iter()
            .map(|message| Message {
                bus: message.bus_name.clone(),
                fields: message.fields.clone(),
                count: message.count.clone(),
                provided: message.count_weight == 0,
            })
            .collect();
        let constraints = recorder.base_constraints();
        Self { name: name.to_owned(), columns, publics, reads_next, constraints, messages }
    }

    /// Index of a column.
    ///
    /// # Panics
    /// If there is none of this name.
    pub fn column(&self, name: &str) -> usize {
        let found = self.columns.iter().position(|column| column == name);
        found.unwrap_or_else(|| panic!("{} has no column {name}", self.name))
    }
}
