//! Ranges of variables: by look-ups and roots, by equations that define them, and by counting over rows.

use std::collections::BTreeMap;

use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::engine::{Engine, Fact, State, solved, state};
use super::form::{Form, P, Range, Ranges};
use super::system::Origin;

/// Cases into which one question is split, at most.
pub(super) const MOST_CASES: usize = 1 << 9;

/// Cases into which a definition is split because it would be wider than the field, at most.
const MOST_DEFINING: usize = 64;

/// The cases in which no guard of a list is zero.
type Cases = BTreeMap<Vec<Form>, Option<Vec<Ranges>>>;

impl Engine<'_> {
    /// Derives what can be derived.
    pub(super) fn derive(&mut self) {
        // When an equation was last looked at, for either kind of definition: before anything was learned.
        let mut tried = [true, false].map(|_| vec![0; self.system.equations.len()]);
        loop {
            let before = self.facts.len();
            while self.define(true, &mut tried[0]) {}
            self.count();
            self.follow();
            if self.define(false, &mut tried[1]) || self.facts.len() > before {
                continue;
            }
            break;
        }
    }

    /// Facts by equations that define a variable: those of look-ups, roots and what is given alone, or all.
    fn define(&mut self, simple: bool, tried: &mut [usize]) -> bool {
        let mut facts = Vec::new();
        let mut cases = Cases::new();
        let mut counts: Vec<Form> = Vec::new();
        for tuple in &self.system.tuples {
            let constant = tuple.count.variables().is_empty();
            if !constant && !counts.contains(&tuple.count) {
                counts.push(tuple.count.clone());
            }
        }
        for (i, equation) in self.system.equations.iter().enumerate() {
            let open = |v: &usize| *v < self.named() && self.base[*v].is_none() && !self.torn.contains(v);
            let all = &self.variables_of[i];
            let learned = all.iter().map(|&v| self.learned[v]).max().unwrap_or(0);
            let nothing = |v: &&usize| self.base[**v].is_none() && !self.facts_about.contains_key(*v);
            let tried = std::mem::replace(&mut tried[i], self.round);
            if tried > learned || all.iter().filter(nothing).count() > 1 {
                continue;
            }
            for v in all.iter().copied().filter(open) {
                let (of, guards): (Vec<Form>, Vec<Form>) =
                    equation.factors.iter().cloned().partition(|factor| factor.variables().contains(&v));
                let fresh = of.iter().all(|f| f.variables().last().is_some_and(|&v| v >= self.named()));
                if fresh != simple || of.iter().any(|factor| factor.alone(v).is_none()) {
                    continue;
                }
                for extra in std::iter::once(None).chain(counts.iter().filter(|_| !simple).map(Some)) {
                    let guards: Vec<Form> = guards.iter().chain(extra).cloned().collect();
                    let same = |fact: &&Fact| fact.source == Some(i) && fact.variable == v;
                    if self.facts.iter().filter(same).any(|fact| fact.guards == guards) {
                        continue;
                    }
                    if let Some(range) = self.definition(i, &of, v, &guards, &mut cases) {
                        facts.push(Fact { guards, variable: v, range, source: Some(i) });
                        if extra.is_none() {
                            break;
                        }
                    }
                }
            }
        }
        let found = !facts.is_empty();
        if found {
            self.learn(facts);
        }
        found
    }

    /// The range of a variable where no guard is zero, if one of the polynomials being zero defines it there.
    fn definition(
        &self,
        equation: usize,
        of: &[Form],
        v: usize,
        guards: &[Form],
        cases: &mut Cases,
    ) -> Option<Range> {
        let lacks =
            |ranges: &Ranges, u: &usize| *u != v && ranges[*u].is_none() && !self.facts_about.contains_key(u);
        if of.iter().any(|factor| factor.variables().iter().any(|u| lacks(&self.base, u))) {
            return None;
        }
        let mut hull: Option<Range> = None;
        if !cases.contains_key(guards) {
            cases.insert(guards.to_vec(), self.assume(&self.base, guards));
        }
        for case in cases[guards].as_ref()? {
            if case[v].is_some() {
                return None;
            }
            for factor in of {
                let rest = solved(&factor.reduced(case), v)?;
                let range = self.hull(&rest, case, equation)?;
                hull = Some(hull.map_or(range, |hull| hull.hull(range)));
            }
        }
        hull.filter(|hull| hull.width() < P)
    }

    /// The interval of a polynomial, by cases if it would be wider than the field.
    fn hull(&self, form: &Form, ranges: &Ranges, of: usize) -> Option<Range> {
        let (mut hull, mut seen) = (None::<Range>, 0);
        let mut cases = vec![ranges.clone()];
        while let Some(case) = cases.pop() {
            let reduced = form.reduced(&case);
            let mut range = reduced.interval(&case, Val::ONE);
            if range.is_none_or(|range| range.width() >= P) {
                let simpler = self.simpler(&reduced, &case, Some(of), true);
                range = simpler.map_or(range, |simpler| simpler.interval(&case, Val::ONE));
            }
            let range = range?;
            seen += 1;
            if range.width() >= P && seen < MOST_DEFINING {
                let v = self.small(&reduced, &case).or_else(|| self.helper(&reduced, &case))?;
                let all = case[v].expect("it is small");
                cases.extend((all.low..=all.high).filter_map(|value| self.with(&case, v, value, false).ok()));
            } else {
                hull = Some(hull.map_or(range, |hull| hull.hull(range)));
            }
        }
        hull
    }

    /// The cases in which no guard is zero, as far as they are decided by variables of few values; none if they are
    /// too many.
    pub(super) fn assume(&self, ranges: &Ranges, guards: &[Form]) -> Option<Vec<Ranges>> {
        let (mut open, mut done) = (vec![ranges.clone()], Vec::new());
        'cases: while let Some(case) = open.pop() {
            if open.len() + done.len() > MOST_CASES {
                return None;
            }
            let mut split = None;
            for guard in guards {
                match state(guard, &case) {
                    State::Zero => continue 'cases,
                    State::NotZero => {}
                    State::Open => {
                        let reduced = guard.reduced(&case);
                        split = split.or(self.small(&reduced, &case));
                    }
                }
            }
            match split {
                Some(v) => {
                    let all = case[v].expect("it is small");
                    open.extend(
                        (all.low..=all.high).filter_map(|value| self.with(&case, v, value, false).ok()),
                    );
                }
                None => done.push(case),
            }
        }
        Some(done)
    }

    /// Columns that are counted up or down from row to row, from a first value: what a row adds, as often as there are
    /// rows; between first and last value if it only ever adds.
    fn count(&mut self) {
        let columns = self.system.model.columns.len();
        let rows = 1i128 << self.system.model.max_log_height;
        let mut facts = Vec::new();
        for v in 0..columns {
            if self.base[v].is_some() || self.torn.contains(&v) {
                continue;
            }
            let Some(first) = self.boundary(v, self.system.is_first()) else { continue };
            let Some(step) = self.step(v, v + columns) else { continue };
            let mut range =
                Range::new(first.low + rows * step.low.min(0), first.high + rows * step.high.max(0));
            if range.width() >= P {
                continue;
            }
            if let Some(last) = self.boundary(v, self.system.is_last()).filter(|_| step.low >= 0) {
                range = Range::new(first.low, last.high.min(range.high));
            }
            facts.push((v, range));
            facts.push((v + columns, range));
        }
        if !facts.is_empty() {
            let fact = |(variable, range)| Fact { guards: Vec::new(), variable, range, source: None };
            self.learn(facts.into_iter().map(fact).collect());
        }
    }

    /// A column that every row defines on the next one has that range on every row but the first.
    fn follow(&mut self) {
        let columns = self.system.model.columns.len();
        let (transition, first) = (self.system.is_transition(), self.system.is_first());
        let not_first = Form(vec![(Vec::new(), Val::ONE), (vec![first], Val::NEG_ONE)]);
        let always = [Form::variable(transition)];
        let of_next = |fact: &&Fact| fact.guards == always && (columns..2 * columns).contains(&fact.variable);
        let own = |fact: &Fact| Fact {
            guards: vec![not_first.clone()],
            variable: fact.variable - columns,
            range: fact.range,
            source: None,
        };
        let facts = self.facts.iter().filter(of_next).map(own);
        let new = |fact: &Fact| {
            let of = self.facts_about.get(&fact.variable).into_iter().flatten();
            !self.torn.contains(&fact.variable)
                && !of.into_iter().any(|&i| self.facts[i].guards == fact.guards)
        };
        let facts: Vec<Fact> = facts.filter(new).collect();
        if !facts.is_empty() {
            self.learn(facts);
        }
    }

    /// The value of a column on the first or on the last row, if an equation is about it and nothing else.
    fn boundary(&self, v: usize, selector: usize) -> Option<Range> {
        self.constraints().find_map(|factors| {
            let at = factors.iter().position(|factor| *factor == Form::variable(selector))?;
            let [factor] = &factors.iter().enumerate().filter(|(i, _)| *i != at).collect::<Vec<_>>()[..]
            else {
                return None;
            };
            let rest = solved(factor.1, v)?;
            rest.interval(&self.base, Val::ONE)
        })
    }

    /// What is added to a column on every row but the last.
    fn step(&self, here: usize, next: usize) -> Option<Range> {
        let transition = self.system.is_transition();
        self.constraints().find_map(|factors| {
            let at = factors.iter().position(|factor| *factor == Form::variable(transition))?;
            let [factor] = &factors.iter().enumerate().filter(|(i, _)| *i != at).collect::<Vec<_>>()[..]
            else {
                return None;
            };
            let rest = solved(factor.1, next)?;
            (rest.alone(here) == Some(Val::ONE)).then_some(())?;
            let step = rest.minus(&Form::variable(here), Val::ONE);
            let case = self.with(&self.base, transition, 1, true).ok()?;
            step.reduced(&case).interval(&case, Val::ONE)
        })
    }

    fn constraints(&self) -> impl Iterator<Item = &Vec<Form>> {
        let own = |e: &&super::system::Equation| matches!(e.origin, Origin::Constraint(_)) && !e.shifted;
        self.system.equations.iter().filter(own).map(|equation| &equation.factors)
    }
}
