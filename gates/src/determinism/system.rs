//! A question about a table as constraints over variables with domains.

use std::collections::BTreeMap;

use ember_verifier::params::Val;
use p3_air::symbolic::{SymbolicExpr, SymbolicExpression};
use p3_field::{Field, PrimeCharacteristicRing};

use super::sum::{Domain, P, Sum, bounds, centered};
use crate::{Message, Model, Polynomial, Variable};

/// Monomials of the largest polynomial that is multiplied out.
const MOST: usize = 60_000;

/// Which rows a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// A row, whatever its place.
    Row,
    /// A row and what binds the next one to it.
    Step,
    /// A row and the next one, with what it says of itself.
    Rows,
    /// The first row.
    First,
    /// The last row.
    Last,
}

impl Window {
    const fn has_next(self) -> bool {
        matches!(self, Self::Step | Self::Rows)
    }
}

/// A cell, or a field of a message, of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Whether of the next row.
    pub next: bool,
    /// What of it.
    pub place: Place,
}

/// What of a row a [`Port`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A column, by name.
    Column(String),
    /// A public value.
    Public(usize),
    /// A field of a message: the bus, which of the row's messages on it, and which field.
    Field(&'static str, usize, usize),
}

/// What is asked of a table.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The table.
    pub model: &'a Model,
    /// The rows.
    pub window: Window,
    /// What both copies agree in.
    pub given: Vec<Port>,
    /// What is known of given fields, beyond the bus's promise, and of cells.
    pub known: Vec<(Port, Domain)>,
    /// In what else than the fields of messages they must agree.
    pub state: Vec<Port>,
    /// Whether they must agree in the messages of the row, and of the next.
    pub messages: [bool; 2],
    /// Messages that the row is known to send, receive or ask for: the bus, and which of its messages.
    pub certain: Vec<(&'static str, usize)>,
    /// Cells with a fixed value.
    pub fixed: Vec<(Port, Val)>,
    /// Domains of public values, by their number; the others are any field elements.
    pub publics: Vec<(usize, Domain)>,
    /// Sums of cells to get a variable: cells with factors, and a constant.
    pub sums: Vec<(Vec<(Port, i64)>, i64)>,
}

/// A product of sums that is zero: one of them is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint(pub Vec<Sum>);

/// Values that are a function of others.
#[derive(Clone, Debug)]
pub enum Function {
    /// The bitwise and of two bytes.
    And([usize; 3]),
    /// The product of two field elements.
    Product([usize; 3]),
    /// What the bus's table provides for a key: one value.
    Entry(Vec<usize>, Vec<usize>),
}

/// Constraints over variables with domains.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// The variables' names.
    pub names: Vec<String>,
    /// The variables' domains.
    pub domains: Vec<Domain>,
    /// Variables in which both copies agree.
    pub given: Vec<bool>,
    /// The constraints.
    pub constraints: Vec<Constraint>,
    /// The look-ups of functions.
    pub functions: Vec<Function>,
    /// Variables in which they must agree.
    pub found: Vec<usize>,
    /// Multiplicities of messages.
    pub counts: Vec<usize>,
    /// Variables of the sums that the question asks for.
    pub sums: Vec<usize>,
    /// Whether no assignment at all satisfies it: noticed when it was simplified.
    pub void: bool,
}

/// Look-ups of which the rest of a tuple is a function of its first fields, by the page of the table that provides them;
/// and how many fields those are.
const FUNCTIONS: [(&str, usize); 4] = [("prog", 1), ("code", 1), ("hash", 16), ("permutation", 16)];

/// What whoever fills in a field of a message promises of it.
///
/// Words have limbs of 16 bits: `docs/soundness/README.md`, point 5.
fn promised(bus: &str, field: usize) -> Domain {
    match (bus, field) {
        ("aux", 2..12) | ("mem", 2 | 3) | ("operand", 3..7) | ("code", 1 | 2) => Domain::bits(16),
        ("stream", 1) => Domain::bits(8),
        _ => Domain::FIELD,
    }
}

/// A range look-up: multiplicity, value and domain.
type Range = (Sum, Sum, Domain);

struct Builder<'a> {
    question: &'a Question<'a>,
    system: System,
    ranges: Vec<Range>,
}

impl Builder<'_> {
    fn fresh(&mut self, name: String, domain: Domain) -> usize {
        self.system.names.push(name);
        self.system.domains.push(domain);
        self.system.given.push(false);
        self.system.names.len() - 1
    }

    /// The sum over variables, `shift` rows down; nothing if it depends on what the window does not say.
    fn sum(&self, expression: &SymbolicExpression<Val>, shift: bool) -> Option<Sum> {
        let width = self.question.model.columns.len();
        let polynomial = Polynomial::of(expression, MOST).unwrap_or_else(|_| {
            panic!("{}: a polynomial has more than {MOST} monomials", self.question.model.name)
        });
        let mut sum = Sum::default();
        'monomials: for (monomial, &c) in &polynomial.0 {
            let mut term = Vec::new();
            for &variable in monomial {
                let selector = match variable {
                    Variable::Here(i) => Err(if shift { width + i } else { i }),
                    Variable::Next(_) if shift || !self.question.window.has_next() => return None,
                    Variable::Next(i) => Err(width + i),
                    Variable::Public(i) => Err(2 * width + i),
                    _ if shift => Ok(None),
                    Variable::IsFirst => Ok((self.question.window == Window::First).then_some(true)),
                    Variable::IsLast => Ok(match self.question.window {
                        Window::Last => Some(true),
                        Window::Step | Window::Rows => Some(false),
                        Window::Row | Window::First => None,
                    }),
                    Variable::IsTransition => Ok(match self.question.window {
                        Window::Last => Some(false),
                        Window::Step | Window::Rows => Some(true),
                        Window::Row | Window::First => None,
                    }),
                };
                match selector {
                    Err(variable) => term.push(variable),
                    Ok(Some(true)) => (),
                    Ok(Some(false)) => continue 'monomials,
                    Ok(None) => return None,
                }
            }
            term.sort_unstable();
            sum.add(term, c);
        }
        Some(sum)
    }

    fn constraint(&self, expression: &SymbolicExpression<Val>, shift: bool) -> Option<Constraint> {
        let mut factors = Vec::new();
        let mut open = vec![expression];
        while let Some(e) = open.pop() {
            match e {
                SymbolicExpr::Mul { x, y, .. } => open.extend([&**x, &**y]),
                SymbolicExpr::Neg { x, .. } => open.push(x),
                _ => factors.push(self.sum(e, shift)?),
            }
        }
        Some(Constraint(factors))
    }

    fn zero(&mut self, factors: Vec<Sum>) {
        self.system.constraints.push(Constraint(factors));
    }

    /// A variable that is the value of `sum` where `count` is not zero.
    fn named(&mut self, name: String, sum: &Sum, count: &Sum, domain: Domain) -> usize {
        let fixed = count.constant().is_some_and(|count| count != Val::ZERO);
        if let (true, Some(variable)) = (fixed, sum.variable()) {
            self.system.domains[variable] = self.system.domains[variable].and(domain);
            return variable;
        }
        let variable = self.fresh(name, domain);
        let difference = sum.clone().plus(&Sum::of(variable), Val::NEG_ONE);
        self.zero(if fixed { vec![difference] } else { vec![count.clone(), difference] });
        variable
    }

    fn message(&mut self, message: &Message, nth: usize, shift: bool) {
        let whole = |e: &SymbolicExpression<Val>| self.sum(e, shift).expect("messages have no selectors");
        let known = |v: usize| {
            let Domain { low, high } = self.system.domains[v];
            (low == high).then(|| Val::from_i64(low))
        };
        let count = whole(&message.count).with(&known);
        let fields: Vec<Sum> = message.fields.iter().map(|field| whole(field).with(&known)).collect();
        let count = if !shift && self.question.certain.iter().any(|&(b, n)| b == message.bus && n == nth) {
            // Once, as the whole argument has it: multiplicities are booleans, with a sign.
            self.zero([Val::ONE, Val::NEG_ONE].map(|sign| count.clone().plus(&one(), sign)).to_vec());
            one()
        } else {
            count
        };
        let bus = message.bus.as_str();
        let at = |i: usize| format!("{bus}{nth}.{i}{}", if shift { "'" } else { "" });
        if message.provided {
            let wanted = self.question.messages[usize::from(shift)];
            let variable = self.named(format!("{bus}{nth}.uses"), &count, &one(), Domain::FIELD);
            self.system.counts.push(variable);
            self.fields(message, nth, shift, &fields, &one(), wanted);
            return;
        }
        match bus {
            "range16" => self.ranges.push((count, fields[0].clone(), Domain::bits(16))),
            "range8" => self.ranges.push((count, fields[0].clone(), Domain::bits(8))),
            "byte_and" => {
                let all: Vec<usize> = fields
                    .iter()
                    .enumerate()
                    .map(|(i, field)| self.named(at(i), field, &count, Domain::bits(8)))
                    .collect();
                self.system.functions.push(Function::And([all[0], all[1], all[2]]));
            }
            _ => {
                let lookup = FUNCTIONS.iter().find(|(name, _)| *name == bus);
                let wanted = lookup.is_none() && self.question.messages[usize::from(shift)];
                let variable = self.named(format!("{bus}{nth}.count"), &count, &one(), Domain::FIELD);
                self.system.counts.push(variable);
                if wanted {
                    self.system.found.push(variable);
                }
                self.fields(message, nth, shift, &fields, &count, wanted);
                if let (Some(&(_, keys)), Some(constant)) = (lookup, count.constant())
                    && constant != Val::ZERO
                {
                    let all: Vec<usize> = fields
                        .iter()
                        .enumerate()
                        .map(|(i, field)| self.named(at(i), field, &count, Domain::FIELD))
                        .collect();
                    let (keys, values) = all.split_at(keys);
                    self.system.functions.push(Function::Entry(keys.to_vec(), values.to_vec()));
                    if bus == "hash" {
                        // Nobody finds two preimages.
                        self.system.functions.push(Function::Entry(values.to_vec(), keys.to_vec()));
                    }
                }
            }
        }
    }

    /// Given fields get a variable in which both agree, the others one in which they must.
    fn fields(
        &mut self,
        message: &Message,
        nth: usize,
        shift: bool,
        fields: &[Sum],
        count: &Sum,
        wanted: bool,
    ) {
        for (i, field) in fields.iter().enumerate() {
            let bus = message.bus.as_str();
            let is = |port: &Port| {
                port.next == shift
                    && matches!(port.place, Place::Field(b, n, f) if b == bus && n == nth && f == i)
            };
            let name = format!("{bus}{nth}.{i}{}", if shift { "'" } else { "" });
            if self.question.given.iter().any(is) {
                let known = self.question.known.iter().find(|(port, _)| is(port));
                let domain = known.map_or_else(|| promised(bus, i), |(_, domain)| *domain);
                let variable = self.named(name, field, count, domain);
                self.system.given[variable] = true;
            } else if wanted {
                let fixed = count.constant().is_some_and(|count| count != Val::ZERO);
                let value = if fixed { field.clone() } else { field.times(count) };
                let variable = self.named(name, &value, &one(), Domain::FIELD);
                self.system.found.push(variable);
            }
        }
    }

    fn column(&self, port: &Port) -> Option<usize> {
        let width = self.question.model.columns.len();
        match &port.place {
            Place::Column(name) => Some(self.question.model.column(name) + if port.next { width } else { 0 }),
            Place::Public(i) => Some(2 * width + i),
            Place::Field(..) => None,
        }
    }

    /// Domains and constants that single constraints and look-ups say, until they say no more.
    fn simplify(&mut self) {
        loop {
            let before = (self.system.domains.clone(), self.system.constraints.len(), self.ranges.len());
            let domains = &self.system.domains;
            let known = |v: usize| {
                let Domain { low, high } = domains[v];
                (low == high).then(|| Val::from_i64(low))
            };
            let mut constraints = Vec::new();
            for Constraint(factors) in &self.system.constraints {
                let factors: Vec<Sum> = factors
                    .iter()
                    .map(|factor| factor.with(&known))
                    .filter(|factor| factor.constant().is_none_or(|c| c == Val::ZERO))
                    .collect();
                if !factors.iter().any(|factor| factor.0.is_empty()) {
                    constraints.push(Constraint(factors));
                }
            }
            let ranges: Vec<Range> = self
                .ranges
                .drain(..)
                .map(|(count, value, domain)| (count.with(&known), value.with(&known), domain))
                .collect();
            let system = &mut self.system;
            system.void |= system.domains.iter().any(|domain| domain.low > domain.high);
            system.void |= constraints.iter().any(|Constraint(factors)| factors.is_empty());
            system.constraints =
                constraints.into_iter().filter(|c| !system_domain(&mut system.domains, c)).collect();
            for constraint in &self.system.constraints {
                bounded(&mut self.system.domains, constraint);
            }
            for (count, value, domain) in ranges {
                match count.constant() {
                    Some(Val::ZERO) => (),
                    Some(_) if narrowed(&mut self.system.domains, &value, domain) => (),
                    _ => self.ranges.push((count, value, domain)),
                }
            }
            if self.system.void
                || before == (self.system.domains.clone(), self.system.constraints.len(), self.ranges.len())
            {
                break;
            }
        }
    }

    /// Gives variables to range look-ups of more than a variable.
    fn name_ranges(&mut self) {
        for (i, (count, value, domain)) in std::mem::take(&mut self.ranges).into_iter().enumerate() {
            self.named(format!("range.{i}"), &value, &count, domain);
        }
        self.simplify();
    }
}

impl Builder<'_> {
    /// Gives variables to products of two variables of which one may be any field element and is not given: whoever
    /// multiplies them out has a hard question, and mostly nobody needs to know more than that zero times it is zero.
    fn name_products(&mut self) {
        let mut named: BTreeMap<[usize; 2], usize> = BTreeMap::new();
        let boolean = |domain: Domain| domain.low >= 0 && domain.high <= 1;
        let mut constraints = std::mem::take(&mut self.system.constraints);
        for sum in constraints.iter_mut().flat_map(|Constraint(factors)| factors) {
            let heavy: Vec<(Vec<usize>, [usize; 2])> = sum
                .0
                .keys()
                .filter_map(|term| {
                    let all: Vec<usize> =
                        term.iter().copied().filter(|&v| !boolean(self.system.domains[v])).collect();
                    let any = |v: usize| self.system.domains[v] == Domain::FIELD;
                    let open = all.iter().any(|&v| any(v) && !self.system.given[v]);
                    <[usize; 2]>::try_from(all).ok().filter(|_| open).map(|all| (term.clone(), all))
                })
                .collect();
            for (term, pair) in heavy {
                let product = *named.entry(pair).or_insert_with(|| {
                    let [x, y] = pair.map(|v| self.system.names[v].clone());
                    self.system.names.push(format!("{x} * {y}"));
                    self.system.domains.push(Domain::FIELD);
                    self.system.given.push(false);
                    let product = self.system.names.len() - 1;
                    self.system.functions.push(Function::Product([pair[0], pair[1], product]));
                    product
                });
                let Some(coefficient) = sum.0.remove(&term) else { continue };
                let mut rest = term;
                for v in pair {
                    let at = rest.iter().position(|&w| w == v).expect("the pair is of the term");
                    rest.remove(at);
                }
                rest.push(product);
                rest.sort_unstable();
                sum.add(rest, coefficient);
            }
        }
        self.system.constraints = constraints;
    }
}

/// Takes the bounds of a sum without a variable that may be any field element into that variable's domain.
fn bounded(domains: &mut [Domain], Constraint(factors): &Constraint) {
    let [sum] = &factors[..] else { return };
    let mut free = sum.0.iter().filter(|(term, _)| term.iter().any(|&v| domains[v] == Domain::FIELD));
    let (Some((term, &c)), None) = (free.next(), free.next()) else { return };
    let &[variable] = &term[..] else { return };
    let rest = Sum(sum.0.iter().filter(|(other, _)| *other != term).map(|(t, &c)| (t.clone(), c)).collect());
    let (mut low, mut high) = (0, 0);
    for (term, &other) in &rest.0 {
        let factor = centered(-other * c.inverse());
        let (a, b) = bounds(term, domains);
        low += (factor * a).min(factor * b);
        high += (factor * a).max(factor * b);
    }
    if high - low < P / 2 {
        domains[variable] = Domain { low: low as i64, high: high as i64 };
    }
}

fn one() -> Sum {
    Sum(BTreeMap::from([(Vec::new(), Val::ONE)]))
}

/// Takes a constraint on one variable into its domain; whether the domain says all that it says.
fn system_domain(domains: &mut [Domain], Constraint(factors): &Constraint) -> bool {
    let linear: Option<Vec<(usize, Val, Val)>> = factors.iter().map(Sum::linear).collect();
    let Some(linear) = linear else { return false };
    let Some(&(variable, ..)) = linear.first() else { return false };
    if linear.iter().any(|&(v, ..)| v != variable) {
        return false;
    }
    let domain = domains[variable];
    let mut roots: Vec<i64> = linear.iter().map(|&(_, a, b)| centered(-b * a.inverse()) as i64).collect();
    if domain == Domain::FIELD {
        // A domain of its own, of whichever representatives.
        roots.sort_unstable();
        roots.dedup();
        let (low, high) = (roots[0], roots[roots.len() - 1]);
        if high - low + 1 != roots.len() as i64 {
            return false;
        }
        domains[variable] = Domain { low, high };
        return true;
    }
    let mut roots: Vec<i64> = roots
        .into_iter()
        .flat_map(|root| [root, root + P as i64, root - P as i64])
        .filter(|root| (domain.low..=domain.high).contains(root))
        .collect();
    roots.sort_unstable();
    roots.dedup();
    let (Some(&low), Some(&high)) = (roots.first(), roots.last()) else {
        domains[variable] = Domain { low: 1, high: 0 };
        return true;
    };
    domains[variable] = Domain { low, high };
    high - low + 1 == roots.len() as i64
}

/// Takes a look-up of `a x + b` into the domain of x; whether that says all that it says.
fn narrowed(domains: &mut [Domain], value: &Sum, domain: Domain) -> bool {
    let Some((variable, a, b)) = value.linear() else { return false };
    let own = domains[variable];
    if value.variable().is_some() && own == Domain::FIELD {
        domains[variable] = domain;
        return true;
    }
    let (a, b) = (centered(a), centered(b));
    let ends = [a * i128::from(own.low) + b, a * i128::from(own.high) + b];
    let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    if a <= 0 || low <= i128::from(domain.high) - P || high >= P {
        return false;
    }
    // The value is an integer of the domain, not only congruent to one.
    let floor = (i128::from(domain.high) - b).div_euclid(a);
    let ceiling = -(b - i128::from(domain.low)).div_euclid(a);
    domains[variable] = own.and(Domain { low: ceiling as i64, high: floor as i64 });
    true
}

impl System {
    /// The system of a question.
    ///
    /// # Panics
    /// If the question names what the table does not have, or a polynomial is too large.
    pub fn of(question: &Question<'_>) -> Self {
        let model = question.model;
        let mut b = Builder { question, system: System::default(), ranges: Vec::new() };
        for mark in ["", "'"] {
            for name in &model.columns {
                b.fresh(format!("{name}{mark}"), Domain::FIELD);
            }
        }
        for i in 0..model.publics {
            let known = question.publics.iter().find(|(public, _)| *public == i);
            let domain = known.map_or(Domain::FIELD, |(_, domain)| *domain);
            let public = b.fresh(format!("public[{i}]"), domain);
            b.system.given[public] = true;
        }
        for (port, value) in &question.fixed {
            let column = b.column(port).expect("only cells are fixed");
            let value = centered(*value) as i64;
            b.system.domains[column] = Domain { low: value, high: value };
        }
        let rows: &[bool] = if question.window == Window::Rows { &[false, true] } else { &[false] };
        for expression in &model.constraints {
            for &shift in rows {
                if let Some(constraint) = b.constraint(expression, shift) {
                    b.system.constraints.push(constraint);
                }
            }
        }
        // Multiplicities that the case fixes are constants before messages are read.
        b.simplify();
        for &shift in rows {
            let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
            for message in &model.messages {
                let nth = seen.entry(&message.bus).or_default();
                b.message(message, *nth, shift);
                *nth += 1;
            }
        }
        for port in &question.given {
            if let Some(column) = b.column(port) {
                b.system.given[column] = true;
            }
        }
        for (port, domain) in &question.known {
            if let Some(column) = b.column(port) {
                b.system.domains[column] = b.system.domains[column].and(*domain);
            }
        }
        for port in &question.state {
            let column = b.column(port).expect("only cells are state");
            b.system.found.push(column);
        }
        for (i, (sum, constant)) in question.sums.iter().enumerate() {
            let mut total = Sum::default();
            total.add(Vec::new(), Val::from_i64(*constant));
            for (port, factor) in sum {
                let column = b.column(port).expect("sums are of cells and public values");
                total.add(vec![column], Val::from_i64(*factor));
            }
            let variable = b.fresh(format!("sum.{i}"), Domain::FIELD);
            b.zero(vec![total.plus(&Sum::of(variable), Val::NEG_ONE)]);
            b.system.sums.push(variable);
        }
        b.simplify();
        b.name_ranges();
        b.name_products();
        b.system
    }
}
