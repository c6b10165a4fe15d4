//! Who knows what is true.

use ember_verifier::params::Val;

use super::state::State;

/// A message that a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Name of the bus.
    pub bus: String,
    /// Signed multiplicity, not zero: 1 sends or asks, -1 receives.
    pub count: Val,
    /// Whether the message is one that sends or asks: its multiplicity is 1 on honest rows, or else -1.
    pub sends: bool,
    /// Whether it is an entry that others look up.
    pub provided: bool,
    /// The tuple.
    pub tuple: Vec<Val>,
    /// The row.
    pub row: usize,
    /// Number of the message among the circuit's.
    pub message: usize,
}

/// Fields of a message with other values.
pub type Mend = Vec<(usize, Val)>;

/// What the forged rows prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing false.
    True,
    /// Something false.
    False(String),
}

/// A native account of what a table is for.
///
/// A table is judged by itself: all others are honest and do what a prover could have them do. So a message that honest
/// tables may answer stands, and what the table then says must follow.
pub trait Oracle {
    /// Ways to mend a message that no honest table would answer; nothing if one might, or if the message is a claim, for
    /// [`Self::judge`].
    fn refused(&self, said: &Said) -> Option<Vec<Mend>>;

    /// Whether what the table says is true, when every constraint holds and no message is refused.
    fn judge(&self, state: &mut State<'_>) -> Verdict;
}
