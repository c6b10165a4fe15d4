//! Runs a table's circuit on packed rows: its constraints, and its messages with their denominators.

use ember_verifier::params::{Challenge, Val};
use p3_air::{AirBuilder, RowWindow};
use p3_field::{Algebra, BasedVectorSpace, PrimeCharacteristicRing};
use p3_lookup::{Count, InteractionBuilder};

use super::{DIMENSION, PackedChallenge, PackedVal, TableKey};

/// How a message becomes a denominator: `alpha - sum beta^(k-1-i) fields[i]`.
pub(super) struct Message {
    alpha: Challenge,
    /// Coordinates of the powers of beta, in the order of the fields.
    powers: [Vec<Val>; DIMENSION],
}

/// The messages of a table under its columns' pairs of challenges.
pub(super) fn messages(key: &TableKey, challenges: &[Challenge]) -> Vec<Message> {
    key.messages
        .iter()
        .map(|&(column, width)| {
            let (alpha, beta) = (challenges[2 * column], challenges[2 * column + 1]);
            let mut powers: Vec<Challenge> = beta.powers().take(width).collect();
            powers.reverse();
            let coordinate = |d: usize| powers.iter().map(|p| p.as_basis_coefficients_slice()[d]).collect();
            Message { alpha, powers: core::array::from_fn(coordinate) }
        })
        .collect()
}

/// What a run of the circuit leaves.
#[derive(Default)]
pub(super) struct Found {
    /// Constraints, in order.
    pub(super) constraints: Vec<PackedVal>,
    /// Denominators of the messages, in order.
    pub(super) denominators: Vec<PackedChallenge>,
    /// Their multiplicities.
    pub(super) counts: Vec<PackedVal>,
    fields: Vec<PackedVal>,
}

/// The builder that runs a circuit; with or without its constraints.
pub(super) struct Folder<'a, const CONSTRAINTS: bool> {
    pub(super) current: &'a [PackedVal],
    pub(super) next: &'a [PackedVal],
    pub(super) publics: &'a [Val],
    /// Selectors of the first row, the last row, and transitions.
    pub(super) selectors: [PackedVal; 3],
    pub(super) messages: core::slice::Iter<'a, Message>,
    pub(super) none: RowWindow<'a, PackedVal>,
    pub(super) found: &'a mut Found,
}

impl<'a, const CONSTRAINTS: bool> AirBuilder for Folder<'a, CONSTRAINTS> {
    type F = Val;
    type Expr = PackedVal;
    type Var = PackedVal;
    type PreprocessedWindow = RowWindow<'a, PackedVal>;
    type MainWindow = RowWindow<'a, PackedVal>;
    type PublicVar = Val;
    type PeriodicVar = PackedVal;

    fn main(&self) -> Self::MainWindow {
        RowWindow::from_two_rows(self.current, self.next)
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        &self.none
    }

    #[inline]
    fn is_first_row(&self) -> PackedVal {
        self.selectors[0]
    }

    #[inline]
    fn is_last_row(&self) -> PackedVal {
        self.selectors[1]
    }

    #[inline]
    fn is_transition(&self) -> PackedVal {
        self.selectors[2]
    }

    #[inline]
    fn assert_zero<I: Into<PackedVal>>(&mut self, x: I) {
        if CONSTRAINTS {
            self.found.constraints.push(x.into());
        }
    }

    fn public_values(&self) -> &[Val] {
        self.publics
    }
}

impl<const CONSTRAINTS: bool> InteractionBuilder for Folder<'_, CONSTRAINTS> {
    #[inline]
    fn push_interaction<E: Into<PackedVal>>(
        &mut self,
        _bus: &str,
        fields: impl IntoIterator<Item = E>,
        count: impl Into<Count<PackedVal>>,
    ) {
        let Message { alpha, powers } = self.messages.next().expect("the key knows every message");
        let found = &mut *self.found;
        found.fields.clear();
        found.fields.extend(fields.into_iter().map(Into::into));
        let alpha: &[Val] = alpha.as_basis_coefficients_slice();
        let denominator = PackedChallenge::from_basis_coefficients_fn(|d| {
            // The only field of a short tuple has weight one.
            if powers[0].len() == 1 {
                let own = if d == 0 { found.fields[0] } else { PackedVal::ZERO };
                return PackedVal::from(alpha[d]) - own;
            }
            PackedVal::from(alpha[d]) - PackedVal::batched_linear_combination(&found.fields, &powers[d])
        });
        found.denominators.push(denominator);
        found.counts.push(count.into().into_parts().0);
    }

    fn push_local_interaction(
        &mut self,
        _tuples: impl IntoIterator<Item = (Vec<PackedVal>, Count<PackedVal>)>,
    ) {
        unreachable!("no table has lookups within itself");
    }
}
