//! How a table is shown to be deterministic: what is given, what must follow, and which cases there are.

use std::io;

use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::query::Goal;
use super::search::{Limits, Search, Verdict, holds, stays};
use super::solver::Solver;
use super::sum::{Domain, centered};
use super::system::{Place, Port, Question, System, Window};
use crate::Model;

/// A case: a name, and cells with their values.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name.
    pub name: String,
    /// The cells.
    pub fixed: Vec<(Port, Val)>,
    /// What else is given in this case.
    pub given: Vec<Port>,
    /// What other tables see to in this case.
    pub known: Vec<(Port, Domain)>,
    /// Whether the row does nothing: it is shown that it sends, receives, asks and provides nothing.
    pub idle: bool,
}

/// What is given, what must follow, and which cases there are.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The rows.
    pub window: Window,
    /// The message that makes a row one that counts.
    pub anchor: Option<(&'static str, usize)>,
    /// What both copies agree in, besides public values.
    pub given: Vec<Port>,
    /// What is known of what is given, beyond what a bus promises.
    pub known: Vec<(Port, Domain)>,
    /// Cells that follow in a row that counts, whatever its case: shown once, then given in each case that is not idle.
    pub common: Vec<Port>,
    /// Cells that must follow, besides messages.
    pub state: Vec<Port>,
    /// Whether messages of the row, and of the next one, must follow.
    pub messages: [bool; 2],
    /// Sums of cells, each modulo p in a domain.
    pub claims: Vec<Claim>,
    /// Sums that are zero over the integers, for cells that are given.
    pub equations: Vec<Equation>,
    /// The cases; without any, the whole is one.
    pub cases: Vec<Case>,
    /// Whether the cases are some of all: it is not shown that there are no others.
    pub partial: bool,
    /// Domains of public values, by their number; the others are any field elements.
    pub publics: Vec<(usize, Domain)>,
}

/// That a sum is zero over the integers.
#[derive(Clone, Debug)]
pub struct Equation {
    /// What it says.
    pub name: &'static str,
    /// Cells with their factors.
    pub sum: Vec<(Port, i64)>,
    /// A constant term.
    pub constant: i64,
}

/// That a sum is, modulo p, in a domain.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What it says.
    pub name: &'static str,
    /// Cells or public values with their factors.
    pub sum: Vec<(Port, i64)>,
    /// A constant term.
    pub constant: i64,
    /// The domain.
    pub inside: Domain,
}

/// A cell of the row.
pub fn cell(name: &str) -> Port {
    Port { next: false, place: Place::Column(name.to_owned()) }
}

/// A cell of the next row.
pub fn next(name: &str) -> Port {
    Port { next: true, ..cell(name) }
}

/// Fields of the row's `nth` message on a bus.
pub fn fields(bus: &'static str, nth: usize, fields: impl IntoIterator<Item = usize>) -> Vec<Port> {
    fields.into_iter().map(|field| Port { next: false, place: Place::Field(bus, nth, field) }).collect()
}

/// A case with these values of cells.
pub fn case(fixed: &[(&str, u32)]) -> Case {
    let name: Vec<String> = fixed.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let fixed = fixed.iter().map(|&(name, value)| (cell(name), Val::from_u32(value))).collect();
    Case { name: name.join(", "), fixed, given: Vec::new(), known: Vec::new(), idle: false }
}

impl Plan {
    /// A plan for a row and its messages, of which the first that has something given makes it count.
    pub fn row(given: Vec<Port>) -> Self {
        let anchor = given.iter().find_map(|port| match port.place {
            Place::Field(bus, nth, _) => Some((bus, nth)),
            Place::Column(_) | Place::Public(_) => None,
        });
        Self {
            window: Window::Row,
            anchor,
            given,
            known: Vec::new(),
            common: Vec::new(),
            state: Vec::new(),
            messages: [true, false],
            claims: Vec::new(),
            equations: Vec::new(),
            cases: Vec::new(),
            partial: false,
            publics: Vec::new(),
        }
    }

    /// With a case for each column of a group of flags of which one is set, and one for none.
    pub fn one_hot(mut self, model: &Model, group: &str, flag: Option<&str>) -> Self {
        let prefix = format!("{group}[");
        let columns: Vec<&String> = model.columns.iter().filter(|name| name.starts_with(&prefix)).collect();
        for chosen in (0..columns.len()).map(Some).chain([None]) {
            let mut fixed: Vec<(Port, Val)> = columns
                .iter()
                .enumerate()
                .map(|(i, name)| (cell(name), Val::from_bool(chosen == Some(i))))
                .collect();
            fixed.extend(flag.map(|flag| (cell(flag), Val::from_bool(chosen.is_some()))));
            let name = chosen.map_or("none".to_owned(), |i| columns[i].clone());
            self.cases.push(Case {
                name,
                fixed,
                given: Vec::new(),
                known: Vec::new(),
                idle: chosen.is_none(),
            });
        }
        self
    }

    /// With a case for each of these values of a cell where a flag is set, and one where it is not.
    pub fn values(mut self, flag: &str, column: &str, values: impl IntoIterator<Item = u32>) -> Self {
        for value in values {
            let fixed = vec![(cell(flag), Val::ONE), (cell(column), Val::from_u32(value))];
            let name = format!("{column} = {value}");
            self.cases.push(Case { name, fixed, given: Vec::new(), known: Vec::new(), idle: false });
        }
        let fixed = vec![(cell(flag), Val::ZERO)];
        self.cases.push(Case {
            name: "none".to_owned(),
            fixed,
            given: Vec::new(),
            known: Vec::new(),
            idle: true,
        });
        self
    }

    /// With a case for a flag that is set, and one for a flag that is not.
    pub fn flag(mut self, flag: &str) -> Self {
        for set in [true, false] {
            let fixed = vec![(cell(flag), Val::from_bool(set))];
            let name = if set { flag.to_owned() } else { "none".to_owned() };
            self.cases.push(Case { name, fixed, given: Vec::new(), known: Vec::new(), idle: !set });
        }
        self
    }

    fn whole(&self) -> Case {
        Case {
            name: "whole".to_owned(),
            fixed: Vec::new(),
            given: Vec::new(),
            known: Vec::new(),
            idle: false,
        }
    }

    fn question<'a>(&self, model: &'a Model, case: &Case) -> Question<'a> {
        let common = if case.idle || case.fixed.is_empty() { &[] } else { &self.common[..] };
        Question {
            model,
            window: self.window,
            given: self.given.iter().chain(&case.given).chain(common).cloned().collect(),
            known: self.known.iter().chain(&case.known).cloned().collect(),
            state: self.state.clone(),
            messages: self.messages,
            certain: Vec::new(),
            fixed: case.fixed.clone(),
            publics: self.publics.clone(),
            sums: self.claims.iter().map(|claim| (claim.sum.clone(), claim.constant)).collect(),
        }
    }

    /// Shows it, or not: a verdict for each part.
    ///
    /// # Errors
    /// If the solver ends.
    pub fn check(
        &self,
        model: &Model,
        solver: &mut Solver,
        limits: Limits,
    ) -> io::Result<Vec<(String, Verdict)>> {
        let mut all = if self.cases.is_empty() || self.partial {
            Vec::new()
        } else {
            self.check_cases(model, solver, limits)?
        };
        all.extend(self.check_only(model, solver, limits)?);
        Ok(all)
    }

    /// Shows, or not, that each of the cases is deterministic; not that there are no others.
    ///
    /// # Errors
    /// If the solver ends.
    pub fn check_only(
        &self,
        model: &Model,
        solver: &mut Solver,
        limits: Limits,
    ) -> io::Result<Vec<(String, Verdict)>> {
        let mut all = Vec::new();
        let whole = [self.whole()];
        for case in if self.cases.is_empty() { &whole[..] } else { &self.cases } {
            let system = System::of(&self.question(model, case));
            if case.idle {
                let zero = Domain { low: 0, high: 0 };
                let mut verdict = Verdict::Shown;
                for &count in &system.counts {
                    if verdict == Verdict::Shown {
                        verdict = stays(&system, solver, count, zero, limits)?;
                    }
                }
                all.push((format!("{}: no messages", case.name), verdict));
            }
            if case.idle && self.state.is_empty() {
                continue;
            }
            let verdict = Search::new(&system, solver, limits).run(&system.found)?;
            all.push((case.name.clone(), verdict));
            for (claim, &variable) in self.claims.iter().zip(&system.sums) {
                let verdict = stays(&system, solver, variable, claim.inside, limits)?;
                all.push((format!("{}: {}", case.name, claim.name), verdict));
            }
            for equation in &self.equations {
                let terms = equation.sum.iter().map(|(port, factor)| (self.column(model, port), *factor));
                let goal = Goal::NotZero(terms.collect(), equation.constant);
                let verdict = holds(&system, solver, goal, limits)?;
                all.push((format!("{}: {}", case.name, equation.name), verdict));
            }
        }
        Ok(all)
    }

    /// Looks for two copies of a case that differ: for who expects them.
    ///
    /// # Errors
    /// If a solver ends.
    ///
    /// # Panics
    /// If there is no such case.
    pub fn differ(&self, model: &Model, case: &str, solver: &mut Solver, limits: Limits) -> io::Result<Verdict> {
        let case = self.cases.iter().find(|known| known.name == case).expect("a case of the plan");
        let system = System::of(&self.question(model, case));
        Search::new(&system, solver, limits).differ(&system.found)
    }

    fn column(&self, model: &Model, port: &Port) -> usize {
        match &port.place {
            Place::Column(name) => model.column(name) + if port.next { model.columns.len() } else { 0 },
            Place::Public(_) | Place::Field(..) => panic!("{port:?} is no cell"),
        }
    }

    /// Every row is of one of the cases, and both copies of a row that counts are of the same.
    fn check_cases(
        &self,
        model: &Model,
        solver: &mut Solver,
        limits: Limits,
    ) -> io::Result<Vec<(String, Verdict)>> {
        let everything = self.whole();
        let mut question = self.question(model, &everything);
        question.messages = [false; 2];
        question.state = self.cases[0].fixed.iter().map(|(port, _)| port.clone()).collect();
        question.state.extend(self.common.iter().cloned());
        let system = System::of(&question);
        let column = |port: &Port| self.column(model, port);
        let cases = self.cases.iter().map(|case| {
            case.fixed.iter().map(|(port, value)| (column(port), centered(*value) as i64)).collect()
        });
        let cases: Vec<Vec<(usize, i64)>> = cases.collect();
        let every = holds(&system, solver, Goal::NoneOf(cases.clone()), limits)?;
        question.certain = self.anchor.into_iter().collect();
        let system = System::of(&question);
        let mut search = Search::new(&system, solver, limits);
        if every == Verdict::Shown {
            search.lemma = cases;
        }
        let named: Vec<usize> = question.state.iter().map(column).collect();
        let same = if search.within(&named, &named)? { Verdict::Shown } else { search.run(&named)? };
        Ok(vec![
            ("a row is of one of the cases".to_owned(), every),
            ("both copies are of one case".to_owned(), same),
        ])
    }
}
