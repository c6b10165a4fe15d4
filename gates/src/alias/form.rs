//! Polynomials modulo p, and what they are over the integers.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use ember_verifier::params::Val;
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};

/// The field's order.
pub const P: i128 = Val::ORDER_U32 as i128;

/// An interval of integers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Least.
    pub low: i128,
    /// Largest.
    pub high: i128,
}

impl Range {
    /// From `low` to `high`.
    pub const fn new(low: i128, high: i128) -> Self {
        Self { low, high }
    }

    pub(super) fn width(self) -> i128 {
        self.high - self.low
    }

    pub(super) fn hull(self, other: Self) -> Self {
        Self::new(self.low.min(other.low), self.high.max(other.high))
    }

    pub(super) fn contains(self, other: Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    /// Largest absolute value.
    pub(super) fn largest(self) -> i128 {
        self.low.abs().max(self.high.abs())
    }

    fn plus(self, other: Self) -> Self {
        Self::new(self.low.saturating_add(other.low), self.high.saturating_add(other.high))
    }

    fn times(self, other: Self) -> Self {
        let ends = [self.low, self.high].map(|a| [other.low, other.high].map(|b| a.saturating_mul(b)));
        let all = ends.as_flattened();
        Self::new(*all.iter().min().expect("four"), *all.iter().max().expect("four"))
    }
}

/// The ranges of variables; none for those that stand for field elements.
pub type Ranges = Vec<Option<Range>>;

/// A polynomial modulo p: monomials, as ascending variables, with their coefficients.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form(pub Vec<(Vec<usize>, Val)>);

/// The representative of a coefficient that is closest to zero.
pub fn lift(value: Val) -> i128 {
    let value = i128::from(value.as_canonical_u32());
    if value > P / 2 { value - P } else { value }
}

fn field(value: i128) -> Val {
    Val::from_u32(value.rem_euclid(P) as u32)
}

/// Vertices times monomials that are evaluated for an exact interval, at most.
const MOST_VERTICES: usize = 1 << 11;

impl Form {
    fn collect(terms: impl IntoIterator<Item = (Vec<usize>, Val)>) -> Self {
        let mut sum: BTreeMap<Vec<usize>, Val> = BTreeMap::new();
        for (monomial, value) in terms {
            *sum.entry(monomial).or_default() += value;
        }
        Self(sum.into_iter().filter(|(_, value)| *value != Val::ZERO).collect())
    }

    /// A variable.
    pub fn variable(variable: usize) -> Self {
        Self(vec![(vec![variable], Val::ONE)])
    }

    /// This less `factor` times another.
    pub fn minus(&self, other: &Self, factor: Val) -> Self {
        let other = other.0.iter().map(|(monomial, value)| (monomial.clone(), -*value * factor));
        Self::collect(self.0.iter().cloned().chain(other))
    }

    /// This times a number.
    pub fn scaled(&self, factor: Val) -> Self {
        Self(self.0.iter().map(|(monomial, value)| (monomial.clone(), *value * factor)).collect())
    }

    /// Its variables.
    pub fn variables(&self) -> BTreeSet<usize> {
        self.0.iter().flat_map(|(monomial, _)| monomial).copied().collect()
    }

    /// The constant term, and all others.
    pub fn split(&self) -> (Val, Self) {
        let rest = self.0.iter().filter(|(monomial, _)| !monomial.is_empty()).cloned().collect();
        let constant = self.0.iter().find(|(monomial, _)| monomial.is_empty()).map_or(Val::ZERO, |t| t.1);
        (constant, Self(rest))
    }

    /// The polynomial when variables of one value have it, and squares of booleans are booleans.
    pub fn reduced<'a>(&'a self, ranges: &Ranges) -> Cow<'a, Self> {
        let fixed = |v: &usize| ranges[*v].is_some_and(|range| range.width() == 0);
        let square = |monomial: &[usize]| monomial.windows(2).any(|w| w[0] == w[1]);
        if !self.0.iter().any(|(monomial, _)| monomial.iter().any(fixed) || square(monomial)) {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self::collect(self.0.iter().map(|(monomial, value)| {
            let (mut value, mut rest) = (*value, Vec::with_capacity(monomial.len()));
            for &variable in monomial {
                match ranges[variable] {
                    Some(range) if range.width() == 0 => value *= field(range.low),
                    Some(range) if range == Range::new(0, 1) && rest.last() == Some(&variable) => {}
                    _ => rest.push(variable),
                }
            }
            (rest, value)
        })))
    }

    /// Coefficient of a variable that occurs in a monomial of its own alone.
    pub fn alone(&self, variable: usize) -> Option<Val> {
        let mut found = None;
        for (monomial, value) in &self.0 {
            if monomial.contains(&variable) {
                if monomial.len() > 1 {
                    return None;
                }
                found = Some(*value);
            }
        }
        found
    }

    /// The interval of the polynomial over the integers, its coefficients multiplied with a number and lifted.
    pub fn interval(&self, ranges: &Ranges, scale: Val) -> Option<Range> {
        let naive = self.naive(&self.monomials(ranges)?, scale);
        Some(self.exact(ranges, scale, naive))
    }

    /// A number for the coefficients with which the interval is least, and the interval.
    pub fn best(&self, ranges: &Ranges) -> Option<(Val, Range)> {
        let monomials = self.monomials(ranges)?;
        let plain = self.naive(&monomials, Val::ONE);
        let mut best = (Val::ONE, plain);
        if plain.largest() >= P {
            let coefficients: BTreeSet<Val> = self.0.iter().map(|t| t.1).collect();
            let inverses = coefficients.iter().take(8).map(Val::inverse);
            let powers = (1..31).map(|i| Val::from_u32(1 << i));
            for scale in powers.chain(inverses) {
                let naive = self.naive(&monomials, scale);
                if naive.largest() < best.1.largest() {
                    best = (scale, naive);
                }
            }
        }
        Some((best.0, self.exact(ranges, best.0, best.1)))
    }

    fn monomials(&self, ranges: &Ranges) -> Option<Vec<Range>> {
        let of = |monomial: &[usize]| {
            monomial.iter().try_fold(Range::new(1, 1), |product, &v| Some(product.times(ranges[v]?)))
        };
        self.0.iter().map(|(monomial, _)| of(monomial)).collect()
    }

    fn naive(&self, monomials: &[Range], scale: Val) -> Range {
        self.0.iter().zip(monomials).fold(Range::new(0, 0), |sum, ((_, value), &range)| {
            let factor = lift(*value * scale);
            sum.plus(range.times(Range::new(factor, factor)))
        })
    }

    /// A polynomial that is linear in each variable has its extremes at corners of the box of ranges. Monomials that
    /// share no variables are looked at apart.
    fn exact(&self, ranges: &Ranges, scale: Val, naive: Range) -> Range {
        if self.0.iter().all(|(monomial, _)| monomial.len() < 2) {
            return naive;
        }
        let variables: Vec<usize> = self.variables().into_iter().collect();
        let mut group: Vec<usize> = (0..variables.len()).collect();
        let place = |v: usize| variables.binary_search(&v).expect("a variable");
        for (monomial, _) in &self.0 {
            for pair in monomial.windows(2) {
                let [a, b] = [pair[0], pair[1]].map(|v| root(&mut group, place(v)));
                group[a] = b;
            }
        }
        let mut groups: BTreeMap<Option<usize>, (BTreeSet<usize>, Vec<usize>)> = BTreeMap::new();
        for (i, (monomial, _)) in self.0.iter().enumerate() {
            let of = monomial.first().map(|&v| root(&mut group, place(v)));
            let (variables, terms) = groups.entry(of).or_default();
            variables.extend(monomial);
            terms.push(i);
        }
        let sum = groups.values().fold(Range::new(0, 0), |sum, (variables, terms)| {
            let part = Self(terms.iter().map(|&i| self.0[i].clone()).collect());
            sum.plus(part.corners(ranges, scale, variables))
        });
        Range::new(sum.low.max(naive.low), sum.high.min(naive.high))
    }

    fn corners(&self, ranges: &Ranges, scale: Val, variables: &BTreeSet<usize>) -> Range {
        let multilinear = self.0.iter().all(|(monomial, _)| monomial.windows(2).all(|w| w[0] != w[1]));
        let many = variables.len() > 10 || self.0.len() << variables.len() > MOST_VERTICES;
        if many || !multilinear {
            return self.naive(&self.monomials(ranges).expect("all have ranges"), scale);
        }
        let places: Vec<(usize, Range)> =
            variables.iter().map(|&v| (v, ranges[v].expect("all have ranges"))).collect();
        let place = |v: usize| places.binary_search_by_key(&v, |place| place.0).expect("a variable");
        let terms: Vec<(Vec<usize>, i128)> = self
            .0
            .iter()
            .map(|(monomial, value)| (monomial.iter().map(|&v| place(v)).collect(), lift(*value * scale)))
            .collect();
        let values = (0..1usize << places.len()).map(|corner| {
            let end = |i: usize| if corner >> i & 1 == 1 { places[i].1.high } else { places[i].1.low };
            terms.iter().fold(0i128, |sum, (monomial, value)| {
                sum.saturating_add(monomial.iter().fold(*value, |product, &i| product.saturating_mul(end(i))))
            })
        });
        values.map(|v| Range::new(v, v)).reduce(Range::hull).expect("one corner at least")
    }
}

/// The representative of a place's group.
fn root(group: &mut [usize], mut place: usize) -> usize {
    while group[place] != place {
        group[place] = group[group[place]];
        place = group[place];
    }
    place
}
