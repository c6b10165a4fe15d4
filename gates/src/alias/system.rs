//! A table's constraints, and the messages that it relies on, as equations between integers to be.

use std::collections::{BTreeMap, BTreeSet};

use ember_verifier::params::Val;
use p3_air::symbolic::{BaseLeaf, SymbolicExpr, SymbolicExpression};
use p3_field::{Field, PrimeCharacteristicRing};

use super::contract::{Contract, Keeper};
use super::form::{Form, Range, Ranges, lift};
use crate::{Expander, Model, Polynomial, Variable};

/// Where an equation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A constraint.
    Constraint(usize),
    /// A field of a message has the range that its keeper promises.
    Field {
        /// The message.
        message: usize,
        /// The field.
        field: usize,
    },
    /// A range that is given.
    Given(usize),
}

/// One of the factors is zero.
#[derive(Clone, Debug)]
pub struct Equation {
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is that of the next row.
    pub shifted: bool,
    /// The factors.
    pub factors: Vec<Form>,
}

/// On which side of a bus a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Puts a tuple there for others: sends it, or provides it.
    Sends,
    /// Takes one that others send.
    Receives,
    /// Asks for one that others provide: it takes nothing away, and binds nobody else.
    Asks,
}

/// A message, multiplied out.
#[derive(Clone, Debug)]
pub(super) struct Tuple {
    pub(super) side: Side,
    pub(super) provided: bool,
    pub(super) count: Form,
    pub(super) fields: Vec<Form>,
}

/// Monomials of a polynomial, at most.
const MOST: usize = 1 << 16;

/// A table as equations.
pub struct System<'a> {
    /// The table.
    pub model: &'a Model,
    pub(super) contract: &'a Contract,
    /// What is known of each variable before anything is derived.
    pub ranges: Ranges,
    /// The equations.
    pub equations: Vec<Equation>,
    pub(super) tuples: Vec<Tuple>,
}

/// A name without its index.
pub(super) fn base(name: &str) -> &str {
    name.split('[').next().expect("the first part")
}

impl<'a> System<'a> {
    /// Takes a table apart.
    ///
    /// # Panics
    /// If a polynomial has more than 2^16 monomials, or the contract names a column that is not there.
    pub fn new(model: &'a Model, look_ups: &BTreeSet<String>, contract: &'a Contract) -> Self {
        let variables = 2 * model.columns.len() + model.publics + 3;
        let mut ranges = vec![None; variables];
        ranges[variables - 3..].fill(Some(Range::new(0, 1)));
        for public in contract.publics.iter().filter(|public| public.table == model.name) {
            for i in public.from..=public.to {
                ranges[2 * model.columns.len() + i] = Some(public.range);
            }
        }
        let mut this = Self { model, contract, ranges, equations: Vec::new(), tuples: Vec::new() };
        let mut expander = Expander::new(MOST);
        for message in &model.messages {
            let mut of = |e| this.form(&expander.expand(e).expect("a field has few monomials"));
            let (count, fields) = (of(&message.count), message.fields.iter().map(of).collect::<Vec<_>>());
            // A bus negates the multiplicity of what is received.
            let side = match &message.count {
                _ if message.provided => Side::Sends,
                _ if look_ups.contains(&message.bus) => Side::Asks,
                SymbolicExpr::Neg { .. } => Side::Receives,
                SymbolicExpr::Leaf(BaseLeaf::Constant(value)) if lift(*value) < 0 => Side::Receives,
                _ => Side::Sends,
            };
            this.tuples.push(Tuple { side, provided: message.provided, count, fields });
        }
        for (i, constraint) in model.constraints.iter().enumerate() {
            let mut factors = Vec::new();
            multiplied(constraint, &mut |factor| {
                factors.push(expander.expand(factor).expect("a constraint has few monomials"));
            });
            let factors = factors.iter().map(|factor| this.form(factor)).collect();
            let factors = this.rooted(factors);
            this.equations.push(Equation { origin: Origin::Constraint(i), shifted: false, factors });
        }
        this.rely();
        this.give();
        if model.reads_next {
            this.shift();
        }
        this
    }

    fn index(&self, variable: Variable) -> usize {
        let columns = self.model.columns.len();
        let selectors = 2 * columns + self.model.publics;
        match variable {
            Variable::Here(i) => i,
            Variable::Next(i) => columns + i,
            Variable::Public(i) => 2 * columns + i,
            Variable::IsFirst => selectors,
            Variable::IsLast => selectors + 1,
            Variable::IsTransition => selectors + 2,
        }
    }

    pub(super) fn is_transition(&self) -> usize {
        self.index(Variable::IsTransition)
    }

    pub(super) fn is_first(&self) -> usize {
        self.index(Variable::IsFirst)
    }

    pub(super) fn is_last(&self) -> usize {
        self.index(Variable::IsLast)
    }

    fn form(&self, polynomial: &Polynomial) -> Form {
        let index = |monomial: &[Variable]| {
            let mut indices: Vec<usize> = monomial.iter().map(|&v| self.index(v)).collect();
            indices.sort_unstable();
            indices
        };
        let mut terms: Vec<_> = polynomial.0.iter().map(|(m, &value)| (index(m), value)).collect();
        terms.sort();
        Form(terms)
    }

    /// A variable that stands for an integer in a range.
    fn fresh(&mut self, range: Range) -> Form {
        self.ranges.push(Some(range));
        Form::variable(self.ranges.len() - 1)
    }

    /// Factors that are the same but for a constant become one, which is a root.
    fn rooted(&mut self, factors: Vec<Form>) -> Vec<Form> {
        let mut groups: Vec<(Form, Vec<Val>)> = Vec::new();
        for factor in factors {
            let (constant, rest) = factor.split();
            let same = groups.iter_mut().find_map(|(first, roots)| {
                let ratio = first.0.first()?.1 * rest.0.first()?.1.inverse();
                (*first == rest.scaled(ratio)).then_some((roots, ratio))
            });
            match same {
                Some((roots, ratio)) => roots.push(-constant * ratio),
                None => groups.push((rest, vec![-constant])),
            }
        }
        let mut out = Vec::new();
        for (rest, roots) in groups {
            let hull = |unit: Val| {
                let lifted = roots.iter().map(|&root| lift((root - roots[0]) * unit));
                lifted.map(|root| Range::new(root, root)).reduce(Range::hull).expect("one root at least")
            };
            // Counted from the first, in units of their differences, roots are small.
            let units = roots.iter().flat_map(|a| roots.iter().map(|b| *a - *b));
            let units = units.filter(|unit| *unit != Val::ZERO).map(|unit| unit.inverse());
            let unit = units.chain([Val::ONE]).min_by_key(|&unit| (hull(unit).width(), -hull(unit).low));
            let unit = unit.expect("one at least");
            let from_first = rest.minus(&Form(vec![(Vec::new(), roots[0])]), Val::ONE).scaled(unit);
            out.push(match hull(unit).width() {
                0 => from_first,
                _ => from_first.minus(&self.fresh(hull(unit)), Val::ONE),
            });
        }
        out
    }

    /// Fields that others promise to keep within a range.
    fn rely(&mut self) {
        for promise in self.contract.promises {
            for i in 0..self.tuples.len() {
                let tuple = &self.tuples[i];
                let relies = match promise.keeper {
                    Keeper::Provider => tuple.side == Side::Asks,
                    Keeper::Sender => tuple.side == Side::Receives,
                    Keeper::Receiver => tuple.side == Side::Sends,
                };
                if self.model.messages[i].bus != promise.bus
                    || !relies
                    || !applies(tuple, promise.only, false)
                {
                    continue;
                }
                let (count, field) = (tuple.count.clone(), tuple.fields[promise.field].clone());
                let value = self.fresh(promise.range);
                let factors = vec![count, field.minus(&value, Val::ONE)];
                let origin = Origin::Field { message: i, field: promise.field };
                self.equations.push(Equation { origin, shifted: false, factors });
            }
        }
    }

    fn give(&mut self) {
        for (i, given) in self.contract.given.iter().enumerate() {
            if given.table != self.model.name {
                continue;
            }
            let flags: Vec<Form> =
                given.when.iter().flat_map(|flag| self.columns(flag)).map(Form::variable).collect();
            let flag = flags.iter().fold(Form::default(), |sum, flag| sum.minus(flag, Val::NEG_ONE));
            for column in self.columns(given.column) {
                let value = self.fresh(given.range);
                let mut factors = vec![Form::variable(column).minus(&value, Val::ONE)];
                if !given.when.is_empty() {
                    factors.push(flag.clone());
                }
                self.equations.push(Equation { origin: Origin::Given(i), shifted: false, factors });
            }
        }
    }

    /// Equations of a row hold on the next one.
    fn shift(&mut self) {
        let columns = self.model.columns.len();
        let (row, fixed) = (columns, 2 * columns + self.model.publics + 3);
        for i in 0..self.equations.len() {
            let equation = self.equations[i].clone();
            let variables: BTreeSet<usize> = equation.factors.iter().flat_map(Form::variables).collect();
            let of_row = |v: &usize| *v < row || *v >= fixed || (2 * columns..fixed - 3).contains(v);
            if !variables.iter().all(of_row) {
                continue;
            }
            let mut places: BTreeMap<usize, usize> = BTreeMap::new();
            for v in variables {
                let to = if v < row {
                    v + columns
                } else if v < fixed {
                    v
                } else {
                    self.ranges.push(self.ranges[v]);
                    self.ranges.len() - 1
                };
                places.insert(v, to);
            }
            let factors = equation.factors.iter().map(|factor| {
                let mut terms: Vec<_> = factor
                    .0
                    .iter()
                    .map(|(monomial, value)| {
                        let mut moved: Vec<usize> = monomial.iter().map(|v| places[v]).collect();
                        moved.sort_unstable();
                        (moved, *value)
                    })
                    .collect();
                terms.sort();
                Form(terms)
            });
            let factors = factors.collect();
            self.equations.push(Equation { origin: equation.origin, shifted: true, factors });
        }
    }

    /// Columns of this name; without an index all cells of an array. With `next.` in front those of the next row.
    ///
    /// # Panics
    /// If there are none.
    pub(super) fn columns(&self, name: &str) -> Vec<usize> {
        let (name, shift) = match name.strip_prefix("next.") {
            Some(name) => (name, self.model.columns.len()),
            None => (name, 0),
        };
        let is = |column: &str| column == name || base(column) == name;
        let all = self.model.columns.iter().enumerate().filter(|(_, column)| is(column));
        let found: Vec<usize> = all.map(|(i, _)| i + shift).collect();
        assert!(!found.is_empty(), "{} has no column {name}", self.model.name);
        found
    }

    /// Name of a variable.
    pub fn name(&self, variable: usize) -> String {
        let columns = self.model.columns.len();
        match variable {
            v if v < columns => self.model.columns[v].clone(),
            v if v < 2 * columns => format!("next.{}", self.model.columns[v - columns]),
            v if v < 2 * columns + self.model.publics => format!("public[{}]", v - 2 * columns),
            v if v == self.is_first() => "is_first".to_owned(),
            v if v == self.is_last() => "is_last".to_owned(),
            v if v == self.is_transition() => "is_transition".to_owned(),
            _ => "value".to_owned(),
        }
    }

    /// Names of a polynomial's columns, without indices, in ascending order.
    pub fn names(&self, form: &Form) -> String {
        let names: BTreeSet<String> = form
            .variables()
            .iter()
            .map(|&v| base(&self.name(v)).to_owned())
            .filter(|n| n != "value")
            .collect();
        names.into_iter().collect::<Vec<_>>().join(" ")
    }
}

/// Whether a promise is about a tuple; `open` if the field that decides is no constant.
pub(super) fn applies(tuple: &Tuple, only: Option<(usize, i128)>, open: bool) -> bool {
    only.is_none_or(|(field, value)| {
        let (constant, rest) = tuple.fields[field].split();
        if rest.0.is_empty() { lift(constant) == value } else { open }
    })
}

/// Calls `each` with the factors of a product.
fn multiplied<'e>(e: &'e SymbolicExpression<Val>, each: &mut impl FnMut(&'e SymbolicExpression<Val>)) {
    match e {
        SymbolicExpr::Mul { x, y, .. } => {
            multiplied(x, each);
            multiplied(y, each);
        }
        SymbolicExpr::Neg { x, .. } => multiplied(x, each),
        SymbolicExpr::Leaf(BaseLeaf::Constant(value)) if *value != Val::ZERO => {}
        other => each(other),
    }
}
