//! Whether an equation modulo p is one over the integers.

use std::collections::VecDeque;

use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::contract::Keeper;
use super::derive::MOST_CASES;
use super::engine::{Engine, Fact, State, is_copy, state};
use super::form::{Form, P, Range, Ranges};
use super::system::{Side, applies};

/// How an equation is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// It is below p in absolute value; the largest.
    Bounded(i128),
    /// It says what a column is, of which no two values have one residue; their number.
    Defines(i128),
    /// Two cells are one field element, or a cell is a number: true in any field.
    Copies,
}

/// Why it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A variable has no range.
    NoRange(usize),
    /// The least interval that was found.
    Wide(Range),
    /// Too many cases.
    Cases,
}

/// Variables that are looked at for one to split cases on, at most.
const MOST_HELPERS: usize = 64;

impl Engine<'_> {
    /// Judges an equation.
    pub(super) fn judge(&self, i: usize) -> Result<Shown, Fault> {
        let equation = &self.system.equations[i];
        let mut shown = Shown::Copies;
        for (j, factor) in equation.factors.iter().enumerate() {
            let defines = |fact: &&Fact| fact.source == Some(i) && factor.alone(fact.variable).is_some();
            let defined = self.facts.iter().find(defines);
            let how = match defined {
                Some(fact) => Shown::Defines(fact.range.width() + 1),
                None => {
                    let mut guards = equation.factors.clone();
                    guards.remove(j);
                    self.exact(factor, &guards, i)?
                }
            };
            shown = match (shown, how) {
                (Shown::Bounded(a), Shown::Bounded(b)) => Shown::Bounded(a.max(b)),
                (Shown::Defines(a), Shown::Defines(b)) => Shown::Defines(a.max(b)),
                (Shown::Defines(_), _) | (_, Shown::Copies) => shown,
                _ => how,
            };
        }
        Ok(shown)
    }

    /// Judges a polynomial where no guard is zero.
    fn exact(&self, factor: &Form, guards: &[Form], of: usize) -> Result<Shown, Fault> {
        let mut shown = Shown::Copies;
        let (mut open, mut seen) = (vec![self.base.clone()], 0);
        while let Some(case) = open.pop() {
            seen += 1;
            if seen > MOST_CASES {
                return Err(Fault::Cases);
            }
            let reduced = factor.reduced(&case);
            if is_copy(&reduced) {
                continue;
            }
            let mut best = reduced.best(&case);
            if best.is_none_or(|(_, range)| range.largest() >= P) && self.open(guards, &case).is_none() {
                best = self
                    .simpler(&reduced, &case, Some(of), false)
                    .map_or(best, |simpler| simpler.best(&case));
            }
            let fault = match best {
                Some((_, range)) if range.largest() < P => {
                    let before = if let Shown::Bounded(largest) = shown { largest } else { 0 };
                    shown = Shown::Bounded(range.largest().max(before));
                    continue;
                }
                Some((_, range)) => Fault::Wide(range),
                None => {
                    let mut without = reduced.variables().into_iter().filter(|&v| case[v].is_none());
                    Fault::NoRange(without.next().expect("one has no range"))
                }
            };
            if guards.iter().any(|guard| state(guard, &case) == State::Zero) || self.is_out(&reduced, &case) {
                continue;
            }
            let v = self.next_split(&reduced, guards, &case).or_else(|| self.helper(&reduced, &case));
            let v = v.ok_or(fault)?;
            let all = case[v].expect("it is small");
            open.extend((all.low..=all.high).filter_map(|value| self.with(&case, v, value, true).ok()));
        }
        Ok(shown)
    }

    /// Whether nobody reads the cells here: no message goes out from the row of a table whose rows are each for
    /// themselves, or a column means nothing here.
    fn is_out(&self, form: &Form, case: &Ranges) -> bool {
        let system = self.system;
        if !system.model.reads_next {
            let messages = system.tuples.iter().filter(|tuple| tuple.side != Side::Asks);
            return messages.into_iter().all(|tuple| state(&tuple.count, case) == State::Zero);
        }
        self.scopes(form).any(|flag| state(&Form::variable(flag), case) == State::Zero)
    }

    /// Flags where the columns of a polynomial mean something.
    fn scopes(&self, form: &Form) -> impl Iterator<Item = usize> {
        let (system, variables) = (self.system, form.variables());
        let columns = system.model.columns.len();
        let own = system.contract.scopes.iter().filter(|scope| scope.table == system.model.name);
        let flags = own.flat_map(move |scope| {
            let flag = system.columns(scope.flag)[0];
            let of: Vec<usize> = scope.columns.iter().flat_map(|column| system.columns(column)).collect();
            let here = of.iter().any(|v| variables.contains(v)).then_some(flag);
            let next = of.iter().any(|v| variables.contains(&(v + columns))).then_some(flag + columns);
            here.into_iter().chain(next)
        });
        flags.collect::<Vec<_>>().into_iter()
    }

    /// What to split cases on: a guard; else what decides whether a range holds, or whether anybody reads the cells;
    /// else what the polynomial's own interval depends on.
    fn next_split(&self, form: &Form, guards: &[Form], case: &Ranges) -> Option<usize> {
        if let Some(v) = self.open(guards, case) {
            return Some(v);
        }
        let without: Vec<usize> = form.variables().into_iter().filter(|&v| case[v].is_none()).collect();
        if without.is_empty() {
            return self.small(form, case);
        }
        if let Some(v) = self.scopes(form).find(|&flag| case[flag].is_some_and(|r| r.width() > 0)) {
            return Some(v);
        }
        let facts = without.iter().flat_map(|v| self.facts_about.get(v).map_or(&[][..], |f| f));
        let guards = facts.flat_map(|&i| &self.facts[i].guards);
        let messages = self.system.tuples.iter().filter(|tuple| tuple.side != Side::Asks);
        let counts = messages.map(|tuple| &tuple.count);
        let counts = counts.filter(|_| !self.system.model.reads_next);
        guards.chain(counts).find_map(|form| self.open(std::slice::from_ref(form), case))
    }

    /// A variable that decides whether a polynomial is zero here.
    fn open(&self, forms: &[Form], case: &Ranges) -> Option<usize> {
        let open = forms.iter().filter(|form| state(form, case) == State::Open);
        open.into_iter().find_map(|form| self.small(&form.reduced(case), case))
    }

    /// Whether a field of a message has its range wherever the message is sent; the range that it has if not.
    pub(super) fn keeps(&self, message: usize, field: usize, promised: Range) -> Result<(), Option<Range>> {
        let tuple = &self.system.tuples[message];
        self.within(&tuple.fields[field], std::slice::from_ref(&tuple.count), promised)
    }

    /// Whether a message is sent, received or asked once or not at all on every row; its multiplicity if not.
    pub(super) fn is_once(&self, message: usize) -> Result<(), Option<Range>> {
        let tuple = &self.system.tuples[message];
        let once = if tuple.side == Side::Receives { Range::new(-1, 0) } else { Range::new(0, 1) };
        if tuple.provided { Ok(()) } else { self.within(&tuple.count, &[], once) }
    }

    /// Whether a value is in a range where no guard is zero.
    fn within(&self, form: &Form, guards: &[Form], promised: Range) -> Result<(), Option<Range>> {
        let (mut open, mut seen) = (vec![self.base.clone()], 0);
        while let Some(case) = open.pop() {
            seen += 1;
            let reduced = form.reduced(&case);
            // A field is its value modulo p: any number will do for the coefficients, if it is 1.
            let mut range = reduced.interval(&case, Val::ONE);
            if range.is_none_or(|range| range.width() >= P) {
                let simpler = self.simpler(&reduced, &case, None, true);
                range = simpler.map_or(range, |simpler| simpler.interval(&case, Val::ONE));
            }
            let vacuous = guards.iter().any(|guard| state(guard, &case) == State::Zero);
            if vacuous || range.is_some_and(|range| promised.contains(range)) {
                continue;
            }
            let v = self.next_split(&reduced, guards, &case).or_else(|| self.helper(&reduced, &case));
            let v = v.filter(|_| seen <= MOST_CASES).ok_or(range)?;
            let all = case[v].expect("it is small");
            open.extend((all.low..=all.high).filter_map(|value| self.with(&case, v, value, true).ok()));
        }
        Ok(())
    }

    /// A variable of few values in an equation that defines one of the polynomial's, or one of those in that equation.
    pub(super) fn helper(&self, form: &Form, case: &Ranges) -> Option<usize> {
        let (mut open, mut seen) = (VecDeque::from_iter(form.variables()), form.variables());
        while let Some(v) = open.pop_front().filter(|_| seen.len() < MOST_HELPERS) {
            for &i in self.facts_about.get(&v).into_iter().flatten() {
                let Some(source) = self.facts[i].source else { continue };
                for of in self.system.equations[source].factors.iter().filter(|f| f.variables().contains(&v))
                {
                    let reduced = of.reduced(case);
                    let nonlinear = Form(reduced.0.iter().filter(|(m, _)| m.len() > 1).cloned().collect());
                    let small = self.small(&nonlinear, case).or_else(|| self.small(&reduced, case));
                    if small.is_some() {
                        return small;
                    }
                    open.extend(
                        reduced.variables().into_iter().filter(|&v| v < self.named() && seen.insert(v)),
                    );
                }
            }
        }
        None
    }

    /// Promises that this table has to keep: message, field, range.
    pub(super) fn promised(&self) -> Vec<(usize, usize, Range)> {
        let mut all = Vec::new();
        for promise in self.system.contract.promises {
            for (i, tuple) in self.system.tuples.iter().enumerate() {
                let keeps = match promise.keeper {
                    Keeper::Provider => tuple.provided,
                    Keeper::Sender => tuple.side == Side::Sends,
                    Keeper::Receiver => tuple.side == Side::Receives,
                };
                let bus = self.system.model.messages[i].bus == promise.bus;
                if keeps && bus && applies(tuple, promise.only, true) {
                    all.push((i, promise.field, promise.range));
                }
            }
        }
        all
    }
}
