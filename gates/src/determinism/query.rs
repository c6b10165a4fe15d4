//! Questions to the solver, in SMT-LIB.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::sum::{Domain, Integral, P, Sum, Term, bounds};
use super::system::{Constraint, Function, System};

/// The theory that a question is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theory {
    /// Bit-vectors wide enough for every value.
    Bits,
    /// Integers.
    Integers,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Goal {
    /// Two copies that agree in what is determined and differ in one of these variables.
    Differ(Vec<usize>),
    /// One copy that has none of these assignments.
    NoneOf(Vec<Vec<(usize, i64)>>),
    /// One copy in which this sum, over the integers, with a constant, is not zero.
    NotZero(Vec<(usize, i64)>, i64),
    /// One copy in which the variable is outside of the domain.
    Outside(usize, Domain),
}

/// Parts of a system, what is known of it, and what is asked.
pub struct Query<'a> {
    /// The system.
    pub system: &'a System,
    /// Variables in which the copies are known to agree.
    pub determined: &'a [bool],
    /// The constraints that count.
    pub constraints: Vec<&'a Constraint>,
    /// The functions that count.
    pub functions: Vec<&'a Function>,
    /// What is asked.
    pub goal: Goal,
    /// Assignments of which every copy is known to have one; nothing is known if there are none.
    pub lemma: &'a [Vec<(usize, i64)>],
    /// How.
    pub theory: Theory,
    /// Whether products of what is determined are more than some number: without it, what the solver refutes is refuted,
    /// and what it finds may be nothing.
    pub exact: bool,
}

/// A query as text.
pub struct Text {
    /// Declarations and assertions.
    pub smt: String,
    /// Names of the solver's variables with those of the system's, the copy, and the least value.
    pub names: Vec<(String, usize, usize, i64)>,
}

struct Writer<'a> {
    query: &'a Query<'a>,
    declared: BTreeSet<(usize, usize)>,
    products: BTreeMap<Term, String>,
    residues: Vec<(BTreeMap<Term, Val>, String)>,
    text: Text,
    multiples: usize,
}

impl Query<'_> {
    fn is_shared(&self, variable: usize) -> bool {
        self.determined[variable]
    }

    /// The query as text.
    pub fn text(&self) -> Text {
        // Without it the solver does not choose what is made for the theory.
        let logic = match self.theory {
            Theory::Bits => "(set-logic QF_BV)\n",
            Theory::Integers => "(set-logic QF_NIA)\n",
        };
        let text = Text { smt: logic.to_owned(), names: Vec::new() };
        let mut w = Writer {
            query: self,
            declared: BTreeSet::new(),
            products: BTreeMap::new(),
            residues: Vec::new(),
            text,
            multiples: 0,
        };
        let copies = if matches!(self.goal, Goal::Differ(_)) { 2 } else { 1 };
        match (&self.constraints[..], &self.functions[..]) {
            // The determined parts cancel.
            ([Constraint(factors)], []) if copies == 2 && factors.len() == 1 && self.lemma.is_empty() => {
                w.difference(&factors[0]);
            }
            _ => {
                for constraint in &self.constraints {
                    for copy in 0..copies {
                        w.constraint(constraint, copy);
                    }
                }
            }
        }
        for function in &self.functions {
            if let Function::Product(all) = function {
                for copy in 0..copies {
                    w.times(*all, copy);
                }
            }
            if let Function::And(all) = function
                && self.theory == Theory::Bits
            {
                for copy in 0..copies {
                    let [x, y, z] = all.map(|v| w.value(v, copy, 8));
                    let _ = writeln!(w.text.smt, "(assert (= {z} (bvand {x} {y})))");
                }
            }
        }
        if !self.lemma.is_empty() {
            for copy in 0..copies {
                let lemma = w.one_of(self.lemma, copy);
                let _ = writeln!(w.text.smt, "(assert {lemma})");
            }
        }
        w.goal();
        w.text
    }
}

fn bits_of(n: i128) -> u32 {
    128 - n.leading_zeros()
}

impl Writer<'_> {
    /// The solver's variable: the distance from the least value of the domain.
    fn symbol(&mut self, variable: usize, copy: usize) -> String {
        let copy = if self.query.is_shared(variable) { 0 } else { copy + 1 };
        let name = format!("x{variable}_{copy}");
        if self.declared.insert((variable, copy)) {
            let Domain { low, high } = self.query.system.domains[variable];
            let most = i128::from(high) - i128::from(low);
            let smt = &mut self.text.smt;
            let _ = match self.query.theory {
                Theory::Bits => {
                    let width = bits_of(most).max(1);
                    let _ = writeln!(smt, "(declare-const {name} (_ BitVec {width}))");
                    if most + 1 != 1 << width {
                        let _ = writeln!(smt, "(assert (bvule {name} (_ bv{most} {width})))");
                    }
                    Ok(())
                }
                Theory::Integers => {
                    writeln!(
                        smt,
                        "(declare-const {name} Int)\n(assert (and (<= 0 {name}) (<= {name} {most})))"
                    )
                }
            };
            self.text.names.push((name.clone(), variable, copy, low));
        }
        name
    }

    fn constant(&self, n: i128, width: u32) -> String {
        match self.query.theory {
            Theory::Bits => format!("(_ bv{} {width})", n.rem_euclid(1 << width)),
            Theory::Integers if n < 0 => format!("(- {})", -n),
            Theory::Integers => n.to_string(),
        }
    }

    fn is_boolean(&self, variable: usize) -> bool {
        self.query.system.domains[variable] == Domain { low: 0, high: 1 }
    }

    /// The value of a variable as a vector of `width` bits, or an integer.
    fn value(&mut self, variable: usize, copy: usize, width: u32) -> String {
        let Domain { low, high } = self.query.system.domains[variable];
        let symbol = self.symbol(variable, copy);
        let wide = match self.query.theory {
            Theory::Integers => symbol,
            Theory::Bits => {
                let own = bits_of(i128::from(high) - i128::from(low)).max(1);
                assert!(own <= width, "a value of {own} bits in {width}");
                if own == width { symbol } else { format!("((_ zero_extend {}) {symbol})", width - own) }
            }
        };
        if low == 0 {
            return wide;
        }
        let low = self.constant(low.into(), width);
        match self.query.theory {
            Theory::Bits => format!("(bvadd {wide} {low})"),
            Theory::Integers => format!("(+ {wide} {low})"),
        }
    }

    fn term(&mut self, term: &Term, coefficient: i128, copy: usize, width: u32) -> String {
        let (flags, others): (Vec<usize>, Vec<usize>) = term.iter().partition(|&&v| self.is_boolean(v));
        let (times, add_one) = match self.query.theory {
            Theory::Bits => ("bvmul", "#b1"),
            Theory::Integers => ("*", "1"),
        };
        let mut product = self.constant(coefficient, width);
        if !self.query.exact && others.len() > 1 && others.iter().all(|&v| self.query.is_shared(v)) {
            let value = self.product(&others, width);
            product = format!("({times} {product} {value})");
        } else {
            for variable in others {
                let value = self.value(variable, copy, width);
                product = format!("({times} {product} {value})");
            }
        }
        for flag in flags {
            let symbol = self.symbol(flag, copy);
            let zero = self.constant(0, width);
            product = format!("(ite (= {symbol} {add_one}) {product} {zero})");
        }
        product
    }

    /// That a variable is the product of two others, or, not exactly, that it is zero where one of these is.
    fn times(&mut self, [x, y, product]: [usize; 3], copy: usize) {
        if self.query.exact {
            let sum =
                Sum(BTreeMap::from([(vec![x.min(y), x.max(y)], Val::ONE), (vec![product], Val::NEG_ONE)]));
            let is_zero = self.is_zero(&sum, copy);
            let _ = writeln!(self.text.smt, "(assert {is_zero})");
            return;
        }
        let zero = self.is_zero(&Sum::of(product), copy);
        for factor in [x, y] {
            let factor = self.is_zero(&Sum::of(factor), copy);
            let _ = writeln!(self.text.smt, "(assert (or (not {factor}) {zero}))");
        }
    }

    /// A product of what both copies share, as a number between its bounds.
    fn product(&mut self, term: &Term, width: u32) -> String {
        let (low, high) = bounds(term, &self.query.system.domains);
        let own = bits_of(high - low).max(1);
        let next = self.products.len();
        let known = self.products.get(term).cloned();
        let name = known.unwrap_or_else(|| {
            let name = format!("t{next}");
            let smt = &mut self.text.smt;
            let _ = match self.query.theory {
                Theory::Bits => writeln!(
                    smt,
                    "(declare-const {name} (_ BitVec {own}))\n(assert (bvule {name} (_ bv{} {own})))",
                    high - low
                ),
                Theory::Integers => writeln!(
                    smt,
                    "(declare-const {name} Int)\n(assert (and (<= 0 {name}) (<= {name} {})))",
                    high - low
                ),
            };
            self.products.insert(term.clone(), name.clone());
            name
        });
        let low = self.constant(low, width);
        match self.query.theory {
            Theory::Bits => format!("(bvadd ((_ zero_extend {}) {name}) {low})", width - own),
            Theory::Integers => format!("(+ {name} {low})"),
        }
    }

    fn total(&self, terms: Vec<String>, width: u32) -> String {
        match (terms.len(), self.query.theory) {
            (0, _) => self.constant(0, width),
            (1, _) => terms.into_iter().next().expect("one"),
            (_, Theory::Bits) => format!("(bvadd {})", terms.join(" ")),
            (_, Theory::Integers) => format!("(+ {})", terms.join(" ")),
        }
    }

    /// That an integer between bounds is a multiple of p.
    fn multiple(&mut self, terms: Vec<String>, (low, high): (i128, i128), width: u32) -> String {
        let total = self.total(terms, width);
        let (first, last) = (-(-low).div_euclid(P), high.div_euclid(P));
        if first > last {
            return "false".to_owned();
        }
        if last - first < 4 {
            let all: Vec<String> =
                (first..=last).map(|k| format!("(= {total} {})", self.constant(k * P, width))).collect();
            return if all.len() == 1 { all.concat() } else { format!("(or {})", all.join(" ")) };
        }
        let name = format!("k{}", self.multiples);
        self.multiples += 1;
        let (most, p) = (last - first, self.constant(P, width));
        let offset = self.constant(first, width);
        let smt = &mut self.text.smt;
        match self.query.theory {
            Theory::Bits => {
                let own = bits_of(most);
                let _ = writeln!(
                    smt,
                    "(declare-const {name} (_ BitVec {own}))\n(assert (bvule {name} (_ bv{most} {own})))"
                );
                let k = format!("(bvadd ((_ zero_extend {}) {name}) {offset})", width - own);
                format!("(= {total} (bvmul {p} {k}))")
            }
            Theory::Integers => {
                let _ = writeln!(
                    smt,
                    "(declare-const {name} Int)\n(assert (and (<= 0 {name}) (<= {name} {most})))"
                );
                format!("(= {total} (* {p} (+ {name} {offset})))")
            }
        }
    }

    fn width(weight: i128) -> u32 {
        bits_of(weight + P) + 2
    }

    fn is_zero(&mut self, sum: &Sum, copy: usize) -> String {
        let domains = &self.query.system.domains;
        let Integral { terms, low, high, weight, .. } = sum.integral(domains);
        if !self.query.exact && high - low >= P {
            return self.is_zero_beside(sum, copy);
        }
        let width = Self::width(weight).max(self.widest(sum));
        let terms = terms.iter().map(|(term, c)| self.term(term, *c, copy, width)).collect();
        self.multiple(terms, (low, high), width)
    }

    /// The same, with what both copies share as one residue.
    fn is_zero_beside(&mut self, sum: &Sum, copy: usize) -> String {
        let is_shared = |term: &Term| !term.is_empty() && term.iter().all(|&v| self.query.is_shared(v));
        let (shared, own): (BTreeMap<Term, Val>, BTreeMap<Term, Val>) =
            sum.0.iter().map(|(term, &c)| (term.clone(), c)).partition(|(term, _)| is_shared(term));
        let Integral { scale, terms, low, mut high, weight } =
            Sum(own.clone()).integral(&self.query.system.domains);
        let width = Self::width(weight + P).max(self.widest(&Sum(own)));
        let mut all: Vec<String> = terms.iter().map(|(term, c)| self.term(term, *c, copy, width)).collect();
        if !shared.is_empty() {
            let shared: BTreeMap<Term, Val> = shared.into_iter().map(|(term, c)| (term, c * scale)).collect();
            let next = self.residues.len();
            let known =
                self.residues.iter().find(|(known, _)| *known == shared).map(|(_, name)| name.clone());
            let name = known.unwrap_or_else(|| {
                let (name, smt) = (format!("r{next}"), &mut self.text.smt);
                let _ = match self.query.theory {
                    Theory::Bits => writeln!(
                        smt,
                        "(declare-const {name} (_ BitVec 31))\n(assert (bvult {name} (_ bv{P} 31)))"
                    ),
                    Theory::Integers => {
                        writeln!(
                            smt,
                            "(declare-const {name} Int)\n(assert (and (<= 0 {name}) (< {name} {P})))"
                        )
                    }
                };
                self.residues.push((shared, name.clone()));
                name
            });
            all.push(match self.query.theory {
                Theory::Bits => format!("((_ zero_extend {}) {name})", width - 31),
                Theory::Integers => name,
            });
            high += P - 1;
        }
        self.multiple(all, (low, high), width)
    }

    /// Bits of the largest variable.
    fn widest(&self, sum: &Sum) -> u32 {
        let domain = |v: usize| self.query.system.domains[v];
        sum.variables()
            .map(|v| bits_of(i128::from(domain(v).high) - i128::from(domain(v).low)))
            .max()
            .unwrap_or(0)
    }

    fn constraint(&mut self, Constraint(factors): &Constraint, copy: usize) {
        let all: Vec<String> = factors.iter().map(|factor| self.is_zero(factor, copy)).collect();
        let _ = match &all[..] {
            [one] => writeln!(self.text.smt, "(assert {one})"),
            _ => writeln!(self.text.smt, "(assert (or {}))", all.join(" ")),
        };
    }

    /// That the copies' values of a sum are congruent, without what they share.
    fn difference(&mut self, sum: &Sum) {
        let own = sum.0.iter().filter(|(term, _)| !term.iter().all(|&v| self.query.is_shared(v)));
        let own = Sum(own.map(|(term, &c)| (term.clone(), c)).collect::<BTreeMap<_, _>>());
        let Integral { terms, low, high, weight, .. } = own.integral(&self.query.system.domains);
        let width = Self::width(2 * weight).max(self.widest(&own));
        let mut all = Vec::new();
        for copy in 0..2 {
            let sign = if copy == 0 { 1 } else { -1 };
            all.extend(terms.iter().map(|(term, c)| self.term(term, sign * c, copy, width)));
        }
        let is_zero = self.multiple(all, (low - high, high - low), width);
        let _ = writeln!(self.text.smt, "(assert {is_zero})");
    }

    /// That a copy has one of these assignments.
    fn one_of(&mut self, cases: &[Vec<(usize, i64)>], copy: usize) -> String {
        let mut any = Vec::new();
        for case in cases {
            let mut all = Vec::new();
            for &(variable, value) in case {
                let Domain { low, high } = self.query.system.domains[variable];
                if value < low || value > high {
                    all.push("false".to_owned());
                    continue;
                }
                let symbol = self.symbol(variable, copy);
                let width = bits_of(i128::from(high) - i128::from(low)).max(1);
                all.push(format!(
                    "(= {symbol} {})",
                    self.constant(i128::from(value) - i128::from(low), width)
                ));
            }
            any.push(format!("(and true {})", all.join(" ")));
        }
        format!("(or false {})", any.join(" "))
    }

    fn goal(&mut self) {
        let goal = self.query.goal.clone();
        let asserted = match goal {
            Goal::Differ(variables) => {
                let differ: Vec<String> = variables
                    .into_iter()
                    .filter(|&v| !self.query.is_shared(v))
                    .map(|v| format!("(distinct {} {})", self.symbol(v, 0), self.symbol(v, 1)))
                    .collect();
                format!("(or false {})", differ.join(" "))
            }
            Goal::NoneOf(cases) => {
                format!("(not {})", self.one_of(&cases, 0))
            }
            Goal::NotZero(sum, constant) => {
                let weight = sum.iter().map(|&(v, factor)| {
                    let Domain { low, high } = self.query.system.domains[v];
                    i128::from(factor.abs()) * i128::from(low.abs().max(high.abs()))
                });
                let width = Self::width(weight.sum::<i128>() + i128::from(constant.abs()));
                let mut terms: Vec<String> =
                    sum.iter().map(|&(v, factor)| self.term(&vec![v], factor.into(), 0, width)).collect();
                terms.push(self.constant(constant.into(), width));
                let total = self.total(terms, width);
                format!("(not (= {total} {}))", self.constant(0, width))
            }
            Goal::Outside(variable, inside) => {
                let Domain { low, high } = self.query.system.domains[variable];
                let symbol = self.symbol(variable, 0);
                let width = bits_of(i128::from(high) - i128::from(low)).max(1);
                let (least, most) = (inside.low.max(low) - low, inside.high.min(high) - low);
                if least > most {
                    return;
                }
                let (least, most) = (self.constant(least.into(), width), self.constant(most.into(), width));
                match self.query.theory {
                    Theory::Bits => format!("(not (and (bvule {least} {symbol}) (bvule {symbol} {most})))"),
                    Theory::Integers => format!("(not (and (<= {least} {symbol}) (<= {symbol} {most})))"),
                }
            }
        };
        let _ = writeln!(self.text.smt, "(assert {asserted})");
    }
}

/// A value as the solver prints it, of a variable whose least value is `low`.
pub fn parse(value: &str, low: i64) -> Option<i64> {
    let value = value.trim();
    let number = if let Some(hex) = value.strip_prefix("#x") {
        i64::from_str_radix(hex, 16).ok()?
    } else if let Some(binary) = value.strip_prefix("#b") {
        i64::from_str_radix(binary, 2).ok()?
    } else {
        value.parse().ok()?
    };
    Some(number + low)
}
