//! Evaluates a table's constraints and interactions on concrete rows.

use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_air::{Air, AirBuilder, RowWindow};
use p3_field::PrimeCharacteristicRing;
use p3_lookup::{Count, InteractionBuilder};

/// The buses: index of a bus in this list. The first seven are permutation checks: what is sent is received. The
/// others are look-ups: what is asked for is provided.
pub const BUSES: [&str; 14] = [
    "mem",
    "aux",
    "node",
    "update",
    "stream",
    "operand",
    "element",
    "prog",
    "code",
    "hash",
    "permutation",
    "range16",
    "range8",
    "byte_and",
];
/// Number of buses that are permutation checks.
pub const PERMUTATIONS: usize = 7;
pub const HASH: usize = 9;
pub const PERMUTATION: usize = 10;
pub const RANGE16: usize = 11;
pub const RANGE8: usize = 12;
pub const BYTE_AND: usize = 13;

/// A tuple on a bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Index into [`BUSES`].
    pub bus: usize,
    /// Signed multiplicity: above zero sends or asks.
    pub count: Val,
    /// Whether the table provides a look-up's entry.
    pub provided: bool,
    pub tuple: Vec<Val>,
}

/// What a row says.
pub struct Evaluated {
    /// First constraint that does not hold.
    pub broken: Option<usize>,
    /// Its messages, those of multiplicity zero included.
    pub messages: Vec<Message>,
}

struct RowBuilder<'a> {
    main: RowWindow<'a, Val>,
    preprocessed: RowWindow<'a, Val>,
    publics: &'a [Val],
    first: bool,
    last: bool,
    constraints: usize,
    out: Evaluated,
}

impl<'a> AirBuilder for RowBuilder<'a> {
    type F = Val;
    type Expr = Val;
    type Var = Val;
    type PreprocessedWindow = RowWindow<'a, Val>;
    type MainWindow = RowWindow<'a, Val>;
    type PublicVar = Val;
    type PeriodicVar = Val;

    fn main(&self) -> Self::MainWindow {
        self.main
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.preprocessed
    }

    fn is_first_row(&self) -> Val {
        Val::from_bool(self.first)
    }

    fn is_last_row(&self) -> Val {
        Val::from_bool(self.last)
    }

    fn is_transition(&self) -> Val {
        Val::from_bool(!self.last)
    }

    fn assert_zero<I: Into<Val>>(&mut self, x: I) {
        if x.into() != Val::ZERO && self.out.broken.is_none() {
            self.out.broken = Some(self.constraints);
        }
        self.constraints += 1;
    }

    fn public_values(&self) -> &[Val] {
        self.publics
    }
}

impl InteractionBuilder for RowBuilder<'_> {
    fn push_interaction<E: Into<Val>>(
        &mut self,
        bus: &str,
        fields: impl IntoIterator<Item = E>,
        count: impl Into<Count<Val>>,
    ) {
        let (count, weight) = count.into().into_parts();
        let bus = BUSES.iter().position(|name| *name == bus).expect("a known bus");
        let provided = weight == 0;
        let tuple = fields.into_iter().map(Into::into).collect();
        self.out.messages.push(Message { bus, count, provided, tuple });
    }

    fn push_local_interaction(&mut self, _: impl IntoIterator<Item = (Vec<Val>, Count<Val>)>) {
        unreachable!("no table has local look-ups");
    }
}

/// Evaluates a row, followed by `next`.
pub fn evaluate(
    table: Table,
    publics: &[Val],
    row: &[Val],
    next: &[Val],
    (first, last): (bool, bool),
) -> Evaluated {
    // A table that says it does not read the next row is not given it.
    let next = if table.reads_next_row() { next } else { &[] };
    let mut builder = RowBuilder {
        main: RowWindow::from_two_rows(row, next),
        preprocessed: RowWindow::from_two_rows(&[], &[]),
        publics,
        first,
        last,
        constraints: 0,
        out: Evaluated { broken: None, messages: Vec::new() },
    };
    table.eval(&mut builder);
    builder.out
}
