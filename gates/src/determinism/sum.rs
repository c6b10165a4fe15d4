//! Sums of products of variables, over the field and over the integers.

use std::collections::BTreeMap;

use ember_verifier::params::Val;
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};

/// The field's order.
pub const P: i128 = Val::ORDER_U32 as i128;

/// A product of variables, ascending.
pub type Term = Vec<usize>;

/// A polynomial over a system's variables: terms with coefficients that are not zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum(pub BTreeMap<Term, Val>);

/// The integers from `low` to `high`, of which a variable is one modulo p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The least.
    pub low: i64,
    /// The greatest.
    pub high: i64,
}

impl Domain {
    /// All canonical field elements.
    pub const FIELD: Self = Self { low: 0, high: Val::ORDER_U32 as i64 - 1 };

    /// Integers below `2^bits`.
    pub const fn bits(bits: u32) -> Self {
        Self { low: 0, high: (1 << bits) - 1 }
    }

    /// How many integers it has.
    pub const fn count(self) -> i64 {
        self.high - self.low + 1
    }

    /// The integers that both have; those of the other, where one is no more than the field.
    pub fn and(self, other: Self) -> Self {
        if self == Self::FIELD {
            return other;
        }
        if other == Self::FIELD {
            return self;
        }
        Self { low: self.low.max(other.low), high: self.high.min(other.high) }
    }
}

/// The representative between -p/2 and p/2.
pub fn centered(value: Val) -> i128 {
    let n = i128::from(value.as_canonical_u32());
    if n > P / 2 { n - P } else { n }
}

/// A sum over the integers: congruent to zero exactly where the sum that it is made from is.
#[derive(Clone, Debug)]
pub struct Integral {
    /// What the sum is multiplied with.
    pub scale: Val,
    /// Terms with coefficients.
    pub terms: Vec<(Term, i128)>,
    /// Bounds of the value.
    pub low: i128,
    /// The greatest value.
    pub high: i128,
    /// Bound of every partial sum's absolute value.
    pub weight: i128,
}

/// Bounds of a term's value.
pub fn bounds(term: &Term, domains: &[Domain]) -> (i128, i128) {
    term.iter().fold((1, 1), |(low, high), &v| {
        let (a, b) = (i128::from(domains[v].low), i128::from(domains[v].high));
        let all = [low * a, low * b, high * a, high * b];
        (all.into_iter().min().unwrap_or(0), all.into_iter().max().unwrap_or(0))
    })
}

impl Sum {
    /// A variable.
    pub fn of(variable: usize) -> Self {
        Self(BTreeMap::from([(vec![variable], Val::ONE)]))
    }

    /// Adds a term.
    pub fn add(&mut self, term: Term, coefficient: Val) {
        let total = self.0.get(&term).copied().unwrap_or_default() + coefficient;
        if total == Val::ZERO {
            self.0.remove(&term);
        } else {
            self.0.insert(term, total);
        }
    }

    /// `self + factor * other`.
    pub fn plus(mut self, other: &Self, factor: Val) -> Self {
        other.0.iter().for_each(|(term, &c)| self.add(term.clone(), factor * c));
        self
    }

    /// `self * other`.
    pub fn times(&self, other: &Self) -> Self {
        let mut product = Self::default();
        for (a, &x) in &self.0 {
            for (b, &y) in &other.0 {
                let mut term: Term = a.iter().chain(b).copied().collect();
                term.sort_unstable();
                product.add(term, x * y);
            }
        }
        product
    }

    /// Its value, if it has no variables.
    pub fn constant(&self) -> Option<Val> {
        match self.0.len() {
            0 => Some(Val::ZERO),
            1 => self.0.get(&Term::new()).copied(),
            _ => None,
        }
    }

    /// The variable that it is.
    pub fn variable(&self) -> Option<usize> {
        match self.0.iter().next() {
            Some((term, &Val::ONE)) if self.0.len() == 1 && term.len() == 1 => Some(term[0]),
            _ => None,
        }
    }

    /// Its variables.
    pub fn variables(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.keys().flatten().copied()
    }

    /// With variables replaced by values.
    pub fn with(&self, value: &dyn Fn(usize) -> Option<Val>) -> Self {
        let mut sum = Self::default();
        for (term, &c) in &self.0 {
            let mut rest = Term::new();
            let mut coefficient = c;
            for &v in term {
                match value(v) {
                    Some(value) => coefficient *= value,
                    None => rest.push(v),
                }
            }
            if coefficient != Val::ZERO {
                sum.add(rest, coefficient);
            }
        }
        sum
    }

    /// `(variable, a, b)` if the sum is `a * variable + b`.
    pub fn linear(&self) -> Option<(usize, Val, Val)> {
        let b = self.0.get(&Term::new()).copied().unwrap_or_default();
        let mut terms = self.0.iter().filter(|(term, _)| !term.is_empty());
        match (terms.next(), terms.next()) {
            (Some((term, &a)), None) if term.len() == 1 => Some((term[0], a, b)),
            _ => None,
        }
    }

    /// The sum over the integers that is congruent to a multiple of this one, and among those tried varies least.
    pub fn integral(&self, domains: &[Domain]) -> Integral {
        let with = |scale: Val| {
            let (mut low, mut high, mut weight) = (0, 0, 0);
            let terms: Vec<_> = self.0.iter().map(|(term, &c)| (term.clone(), centered(c * scale))).collect();
            for (term, c) in &terms {
                let (a, b) = bounds(term, domains);
                low += (c * a).min(c * b);
                high += (c * a).max(c * b);
                weight += (c * a).abs().max((c * b).abs());
            }
            Integral { scale, terms, low, high, weight }
        };
        let mut scales = vec![Val::ONE];
        scales.extend((1..=24).map(|bits| Val::from_u32(1 << bits)));
        let mut inverses: Vec<Val> = self.0.values().map(|c| c.inverse()).collect();
        inverses.sort();
        inverses.dedup();
        inverses.truncate(24);
        scales.extend(inverses);
        // Smaller first: of two that vary alike, the first is taken.
        let all = scales.into_iter().map(with);
        all.min_by_key(|sum| sum.high - sum.low).expect("at least one")
    }
}
