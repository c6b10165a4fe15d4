//! What a circuit takes for granted of values that come from elsewhere: one list, each entry with its reason.

use super::form::Range;

/// Who sees to it that a field of a tuple has its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// Who provides the tuple that others look up.
    Provider,
    /// Who sends the tuple.
    Sender,
    /// Who receives it: a result.
    Receiver,
}

/// The range of a field of a bus. It is shown at the keeper's side, and relied on at the other.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    /// The bus.
    pub bus: &'static str,
    /// The field.
    pub field: usize,
    /// Only tuples that have this constant in this field.
    pub only: Option<(usize, i128)>,
    /// The range.
    pub range: Range,
    /// Who keeps it.
    pub keeper: Keeper,
    /// What the field is, and why relying on each other goes around in no circle.
    pub why: &'static str,
}

/// The range of a column, on rows where another one is not zero, or on all, that its table alone does not show.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// The table.
    pub table: &'static str,
    /// The column; without an index all cells of an array.
    pub column: &'static str,
    /// Flags, of which one at least is 1 where the range holds; none: it holds on every row.
    pub when: &'static [&'static str],
    /// The range.
    pub range: Range,
    /// Why it holds.
    pub why: &'static str,
}

/// The range of public values that the verifier gives to a table.
#[derive(Clone, Copy, Debug)]
pub struct Public {
    /// The table.
    pub table: &'static str,
    /// First value.
    pub from: usize,
    /// Last value.
    pub to: usize,
    /// The range.
    pub range: Range,
    /// What the values are.
    pub why: &'static str,
}

/// Columns that mean something only where a flag is 1, in a table whose rows depend on their neighbours.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The table.
    pub table: &'static str,
    /// The columns; without an index all cells of an array.
    pub columns: &'static [&'static str],
    /// The flag; with `next.` in front for the cells of the next row.
    pub flag: &'static str,
    /// Why they are nobody's elsewhere.
    pub why: &'static str,
}

/// Constraints, look-ups or fields that are not shown, with the argument that stands in for it.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// The table.
    pub table: &'static str,
    /// What they are: names of the columns, without indices, in ascending order; see [`Finding`](super::Finding).
    pub columns: &'static str,
    /// How many.
    pub count: usize,
    /// The argument.
    pub why: &'static str,
}

/// All that is taken for granted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Contract {
    /// Ranges of fields of buses.
    pub promises: &'static [Promise],
    /// Ranges of columns.
    pub given: &'static [Given],
    /// Ranges of public values.
    pub publics: &'static [Public],
    /// Where columns mean something.
    pub scopes: &'static [Scope],
}
