//! What follows, over the integers, from the ranges of variables.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ember_verifier::params::Val;
use p3_field::{Field, PrimeCharacteristicRing};

use super::form::{Form, P, Range, Ranges, lift};
use super::system::System;

/// A variable is in a range where no guard is zero.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) guards: Vec<Form>,
    pub(super) variable: usize,
    pub(super) range: Range,
    /// The equation that defines the variable.
    pub(super) source: Option<usize>,
}

/// What is known of a polynomial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Zero,
    NotZero,
    Open,
}

/// There are no such rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contradiction;

/// Monomials of what may be a flag, at most.
const MOST_OF_FLAG: usize = 64;

/// How often an equation is used to narrow ranges in one case.
const MOST_USES: u32 = 12;

/// A system with what was derived from it.
pub(super) struct Engine<'a> {
    pub(super) system: &'a System<'a>,
    pub(super) facts: Vec<Fact>,
    /// Variables whose ranges would overlap modulo p.
    pub(super) torn: BTreeSet<usize>,
    /// Equations by variable.
    equations_of: BTreeMap<usize, Vec<usize>>,
    /// Variables by equation.
    pub(super) variables_of: Vec<BTreeSet<usize>>,
    /// How often something was learned, and when that was about a variable.
    pub(super) round: usize,
    pub(super) learned: Vec<usize>,
    /// Whether an equation has a factor of many monomials.
    is_long: Vec<bool>,
    /// Facts by variable of a guard.
    facts_of: BTreeMap<usize, Vec<usize>>,
    /// Facts by the variable that they are about.
    pub(super) facts_about: BTreeMap<usize, Vec<usize>>,
    /// What is known on every row.
    pub(super) base: Ranges,
    /// Members of sums of booleans that are boolean or another column: to decide one decides many.
    hot: BTreeSet<usize>,
}

pub(super) fn state(form: &Form, ranges: &Ranges) -> State {
    let reduced = form.reduced(ranges);
    if reduced.0.is_empty() {
        return State::Zero;
    }
    // Flags and sums of them are decided by their own interval; what is larger never is.
    if reduced.0.len() > MOST_OF_FLAG {
        return State::Open;
    }
    match reduced.best(ranges) {
        Some((_, range)) if range.largest() < P && (range.low > 0 || range.high < 0) => State::NotZero,
        _ => State::Open,
    }
}

impl<'a> Engine<'a> {
    pub(super) fn new(system: &'a System<'a>) -> Self {
        let mut equations_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, equation) in system.equations.iter().enumerate() {
            for v in equation.factors.iter().flat_map(Form::variables).collect::<BTreeSet<_>>() {
                equations_of.entry(v).or_default().push(i);
            }
        }
        Self {
            system,
            facts: Vec::new(),
            torn: BTreeSet::new(),
            equations_of,
            variables_of: system
                .equations
                .iter()
                .map(|e| e.factors.iter().flat_map(Form::variables).collect())
                .collect(),
            round: 1,
            learned: vec![0; system.ranges.len()],
            is_long: system
                .equations
                .iter()
                .map(|e| e.factors.iter().any(|f| f.0.len() > MOST_OF_FLAG))
                .collect(),
            facts_of: BTreeMap::new(),
            facts_about: BTreeMap::new(),
            base: system.ranges.clone(),
            hot: BTreeSet::new(),
        }
    }

    fn find_hot(&mut self) {
        let flag = |v: &usize| self.base[*v] == Some(Range::new(0, 1));
        let mut hot = BTreeSet::new();
        for factor in self.system.equations.iter().flat_map(|equation| &equation.factors) {
            let linear = factor.0.iter().all(|(monomial, _)| monomial.len() < 2);
            let variables = factor.variables();
            if !linear || variables.len() < 4 || !variables.iter().all(flag) {
                continue;
            }
            for sign in [Val::ONE, Val::NEG_ONE] {
                let same = factor.0.iter().filter(|(monomial, value)| !monomial.is_empty() && *value == sign);
                if same.clone().count() + 1 == variables.len() {
                    hot.extend(same.map(|(monomial, _)| monomial[0]));
                }
            }
        }
        self.hot = hot;
    }

    /// Adds facts, leaves out those about variables that would have two values of one residue, and starts anew.
    pub(super) fn learn(&mut self, facts: Vec<Fact>) {
        self.round += 1;
        for fact in &facts {
            self.learned[fact.variable] = self.round;
        }
        self.facts.extend(facts);
        let mut hulls: BTreeMap<usize, Range> = BTreeMap::new();
        for fact in &self.facts {
            let hull = hulls.entry(fact.variable).or_insert(fact.range);
            *hull = hull.hull(fact.range);
        }
        self.torn.extend(hulls.iter().filter(|(_, hull)| hull.width() >= P).map(|(v, _)| *v));
        self.facts.retain(|fact| !self.torn.contains(&fact.variable));
        self.facts_of.clear();
        self.facts_about.clear();
        for (i, fact) in self.facts.iter().enumerate() {
            for v in fact.guards.iter().flat_map(Form::variables).collect::<BTreeSet<_>>() {
                self.facts_of.entry(v).or_default().push(i);
            }
            self.facts_about.entry(fact.variable).or_default().push(i);
        }
        let mut ranges = self.system.ranges.clone();
        for fact in self.facts.iter().filter(|fact| fact.guards.is_empty()) {
            let known = ranges[fact.variable];
            ranges[fact.variable] = Some(known.map_or(fact.range, |r| meet(r, fact.range).unwrap_or(r)));
        }
        let all: Vec<usize> = (0..self.system.equations.len()).collect();
        self.settle(&mut ranges, all, (0..self.facts.len()).collect(), true).expect("a table has rows");
        self.base = ranges;
        self.find_hot();
    }

    /// Narrows ranges by equations and facts, and by what they change, until nothing changes.
    pub(super) fn settle(
        &self,
        ranges: &mut Ranges,
        equations: Vec<usize>,
        facts: Vec<usize>,
        long: bool,
    ) -> Result<(), Contradiction> {
        let (mut uses, mut waits) = (BTreeMap::<usize, u32>::new(), BTreeSet::<usize>::new());
        let (mut equations, mut facts) = (VecDeque::from(equations), VecDeque::from(facts));
        // Long ones last: much is known by then, and little of them left.
        let mut later = VecDeque::new();
        let mut changed = Vec::new();
        loop {
            if let Some(i) = facts.pop_front() {
                let fact = &self.facts[i];
                let known = ranges[fact.variable];
                let holds = || fact.guards.iter().all(|guard| state(guard, ranges) == State::NotZero);
                if !known.is_some_and(|known| fact.range.contains(known)) && holds() {
                    let met = known.map_or(Some(fact.range), |known| meet(known, fact.range));
                    ranges[fact.variable] = Some(met.ok_or(Contradiction)?);
                    changed.push(fact.variable);
                }
            } else if let Some(i) = equations.pop_front().or_else(|| later.pop_front()) {
                waits.remove(&i);
                self.use_equation(i, ranges, &mut changed)?;
            } else {
                return Ok(());
            }
            for v in changed.drain(..) {
                facts.extend(self.facts_of.get(&v).into_iter().flatten());
                for &i in self.equations_of.get(&v).into_iter().flatten() {
                    let uses = uses.entry(i).or_default();
                    if *uses < MOST_USES && (long || !self.is_long[i]) && waits.insert(i) {
                        *uses += 1;
                        if self.is_long[i] { &mut later } else { &mut equations }.push_back(i);
                    }
                }
            }
        }
    }

    fn use_equation(
        &self,
        i: usize,
        ranges: &mut Ranges,
        changed: &mut Vec<usize>,
    ) -> Result<(), Contradiction> {
        let mut open = None;
        for factor in &self.system.equations[i].factors {
            match state(factor, ranges) {
                State::Zero => return Ok(()),
                State::NotZero => {}
                State::Open if open.is_some() => return Ok(()),
                State::Open => open = Some(factor),
            }
        }
        match open {
            None => Err(Contradiction),
            Some(factor) => narrow(&factor.reduced(ranges), ranges, changed),
        }
    }

    /// The polynomial less a multiple of another that is zero here, over the integers, if that makes its interval
    /// smaller; `of` is the equation that it is of, which says nothing of itself. A value is the same modulo p whether the
    /// other is zero over the integers or not: `value`.
    pub(super) fn simpler(
        &self,
        form: &Form,
        ranges: &Ranges,
        of: Option<usize>,
        value: bool,
    ) -> Option<Form> {
        if form.0.len() > MOST_OF_FLAG {
            return None;
        }
        let size = |form: &Form| {
            let without = form.variables().iter().filter(|&&v| ranges[v].is_none()).count();
            (without, form.best(ranges).map_or(0, |(_, range)| range.largest()))
        };
        let (mut best, mut found) = (size(form), None::<Form>);
        for _ in 0..3 {
            let now = found.clone().unwrap_or_else(|| form.clone());
            let near: BTreeSet<usize> = now
                .variables()
                .iter()
                .flat_map(|v| self.equations_of.get(v).into_iter().flatten())
                .copied()
                .collect();
            let mut better = None;
            for i in near.into_iter().filter(|&i| Some(i) != of) {
                let Some(zero) = self.zero_here(i, ranges) else { continue };
                let exact = || zero.best(ranges).is_some_and(|(_, range)| range.largest() < P);
                if zero.0.len() > MOST_OF_FLAG || !(value || exact()) {
                    continue;
                }
                let mut tried = BTreeSet::new();
                for v in zero.variables() {
                    let (Some(a), Some(b)) = (now.alone(v), zero.alone(v)) else { continue };
                    let factor = a * b.inverse();
                    if tried.insert(factor) {
                        let less = now.minus(&zero, factor);
                        if size(&less) < best {
                            best = size(&less);
                            better = Some(less);
                        }
                    }
                }
            }
            match better {
                Some(better) => found = Some(better),
                None => break,
            }
        }
        found
    }

    /// The factor of an equation that is zero here, because no other one is.
    fn zero_here(&self, i: usize, ranges: &Ranges) -> Option<Form> {
        let mut open = None;
        for factor in &self.system.equations[i].factors {
            match state(factor, ranges) {
                State::Zero => return None,
                State::NotZero => {}
                State::Open if open.is_some() => return None,
                State::Open => open = Some(factor),
            }
        }
        open.map(|factor| factor.reduced(ranges).into_owned())
    }

    /// Ranges in which a variable has a value; if `long`, by long equations too.
    pub(super) fn with(
        &self,
        ranges: &Ranges,
        v: usize,
        value: i128,
        long: bool,
    ) -> Result<Ranges, Contradiction> {
        let mut ranges = ranges.clone();
        ranges[v] = Some(Range::new(value, value));
        let of = |places: &BTreeMap<usize, Vec<usize>>| places.get(&v).cloned().unwrap_or_default();
        self.settle(&mut ranges, of(&self.equations_of), of(&self.facts_of), long)?;
        Ok(ranges)
    }

    /// A variable of few values to split cases on: one in a form, of a one-hot if there is one, that occurs most often.
    pub(super) fn small(&self, form: &Form, ranges: &Ranges) -> Option<usize> {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for v in form.0.iter().flat_map(|(monomial, _)| monomial) {
            if *v < self.named() && ranges[*v].is_some_and(|r| r.width() > 0 && r.width() <= 2) {
                *counts.entry(*v).or_default() += 1;
            }
        }
        counts.into_iter().rev().max_by_key(|(v, count)| (self.hot.contains(v), *count)).map(|(v, _)| v)
    }

    /// Variables below this have names.
    pub(super) fn named(&self) -> usize {
        2 * self.system.model.columns.len() + self.system.model.publics + 3
    }
}

fn meet(a: Range, b: Range) -> Option<Range> {
    let both = Range::new(a.low.max(b.low), a.high.min(b.high));
    (both.low <= both.high).then_some(both)
}

/// The polynomial is zero modulo p; if it is so over the integers, each variable that occurs in a monomial of its own
/// alone is what the others leave.
fn narrow(form: &Form, ranges: &mut Ranges, changed: &mut Vec<usize>) -> Result<(), Contradiction> {
    let Some((scale, whole)) = form.best(ranges) else { return Ok(()) };
    if whole.largest() >= P {
        return Ok(());
    }
    if whole.low > 0 || whole.high < 0 {
        return Err(Contradiction);
    }
    for (monomial, value) in &form.0 {
        let [v] = monomial[..] else { continue };
        if form.alone(v).is_none() {
            continue;
        }
        let factor = lift(*value * scale);
        let known = ranges[v].expect("all have ranges");
        let own = if factor > 0 { known } else { Range::new(known.high, known.low) };
        let rest = Range::new(whole.low - factor * own.low, whole.high - factor * own.high);
        let (low, high) = if factor > 0 { (-rest.high, -rest.low) } else { (rest.low, rest.high) };
        let by = factor.abs();
        let bounds = Range::new(-((-low).div_euclid(by)), high.div_euclid(by));
        let met = meet(known, bounds).ok_or(Contradiction)?;
        if met != known {
            ranges[v] = Some(met);
            changed.push(v);
        }
    }
    Ok(())
}

/// The polynomial without a variable that occurs in a monomial of its own alone, such that its zero is what is left.
pub(super) fn solved(form: &Form, v: usize) -> Option<Form> {
    let value = form.alone(v)?;
    let rest = Form(form.0.iter().filter(|(monomial, _)| *monomial != [v]).cloned().collect());
    Some(rest.scaled(-value.inverse()))
}

/// Whether the polynomial says that a variable is another one, or a number: it does so in any field.
pub(super) fn is_copy(form: &Form) -> bool {
    let (constant, rest) = form.split();
    match &rest.0[..] {
        [(a, _)] => a.len() == 1,
        [(a, x), (b, y)] => a.len() == 1 && b.len() == 1 && *x == -*y && constant == Val::ZERO,
        _ => false,
    }
}
