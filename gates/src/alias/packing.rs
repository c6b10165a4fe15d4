//! Fields that pack several columns into one number.

use std::collections::BTreeSet;

use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::engine::{Engine, State, state};
use super::form::{Form, P, Ranges, lift};
use super::system::Side;
use super::{Finding, Report};

/// Columns in one field, at least, for it to be a packing.
const LEAST: usize = 2;

impl Engine<'_> {
    /// Judges the fields that are sums of several columns where their message is sent: the number must determine each
    /// column, and be one integer modulo p.
    pub(super) fn packings(&self, report: &mut Report) {
        for (message, tuple) in self.system.tuples.iter().enumerate() {
            if tuple.side == Side::Receives || is_range(&self.system.model.messages[message].bus) {
                continue;
            }
            // Where the message is sent; of a provided entry, where its multiplicity is any.
            let cases = if tuple.provided {
                vec![self.live(&tuple.count)]
            } else {
                self.assume(&self.base, std::slice::from_ref(&tuple.count)).unwrap_or_default()
            };
            for form in &tuple.fields {
                let columns = form.variables().into_iter().filter(|&v| v < self.system.model.columns.len());
                if columns.count() < LEAST {
                    continue;
                }
                if cases.iter().all(|case| self.determines(form, case)) {
                    report.packed += 1;
                } else {
                    let bus = &self.system.model.messages[message].bus;
                    let columns = format!("packed {bus}: {}", self.system.names(form));
                    let why = "does not determine its columns".to_owned();
                    report.findings.push(Finding { table: self.system.model.name.clone(), columns, why });
                }
            }
        }
    }

    /// What is known where a provided entry's multiplicity is not zero: flags without which it is.
    fn live(&self, count: &Form) -> Ranges {
        let mut ranges = self.base.clone();
        for v in 0..self.system.model.columns.len() {
            let is_flag = ranges[v] == Some(super::Range::new(0, 1));
            let off = is_flag.then(|| self.with(&ranges, v, 0, true).ok()).flatten();
            if off.is_some_and(|off| state(count, &off) == State::Zero) {
                if let Ok(on) = self.with(&ranges, v, 1, true) {
                    ranges = on;
                }
                break;
            }
        }
        ranges
    }

    /// Whether a sum's value modulo p determines each of its columns: sorted by weight, each is heavier than all that are
    /// lighter can weigh together. Columns of which one at most is not zero count as one that has its weights.
    fn determines(&self, form: &Form, case: &Ranges) -> bool {
        let reduced = form.reduced(case);
        let (_, rest) = reduced.split();
        if rest.0.iter().any(|(monomial, _)| monomial.len() > 1) {
            return false;
        }
        let Some(range) = rest.interval(case, Val::ONE) else { return rest.0.len() < LEAST };
        let mut weights: Vec<(i128, usize)> =
            rest.0.iter().map(|(m, value)| (lift(*value).abs(), m[0])).collect();
        weights.sort_unstable();
        let (mut below, mut done, mut groups) = (0, BTreeSet::new(), Vec::<Vec<(i128, usize)>>::new());
        for &(weight, v) in &weights {
            if done.insert(v) {
                let others = weights.iter().filter(|&&(_, u)| u != v && !done.contains(&u));
                let mut group = vec![(weight, v)];
                group.extend(others.filter(|&&(_, u)| self.exclude(v, u, case)).copied());
                done.extend(group.iter().map(|&(_, u)| u));
                groups.push(group);
            }
        }
        for group in groups {
            let steps: Vec<i128> = match &group[..] {
                [(weight, _)] => vec![*weight],
                many => {
                    let mut all: Vec<i128> = many.iter().map(|&(weight, _)| weight).collect();
                    all.insert(0, 0);
                    all.windows(2).map(|pair| pair[1] - pair[0]).collect()
                }
            };
            if steps.iter().any(|&step| step <= below) {
                return false;
            }
            below += match &group[..] {
                [(weight, v)] => weight * case[*v].map_or(P, |range| range.width()),
                many => many.iter().map(|&(weight, _)| weight).max().expect("two at least"),
            };
        }
        below < P && range.width() < P
    }

    /// Whether two flags are never both 1.
    fn exclude(&self, a: usize, b: usize, case: &Ranges) -> bool {
        let flag = |v: usize| case[v].is_some_and(|range| range.low >= 0 && range.high <= 1);
        flag(a)
            && flag(b)
            && self.with(case, a, 1, true).is_ok_and(|on| on[b].is_some_and(|range| range.high == 0))
    }
}

/// What is looked up to have a range is no packing.
fn is_range(bus: &str) -> bool {
    matches!(bus, "range16" | "range8" | "byte_and")
}
