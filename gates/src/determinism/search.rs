//! What of a system is determined by what is given: which questions to ask, in which order.
//!
//! Every step asks the solver whether two copies that satisfy some of the constraints, and agree in what is already known to
//! be determined, can differ in some variables. The search chooses constraints and variables; that it chooses badly costs
//! time, and makes nothing true.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::time::{Duration, Instant};

use super::query::{Goal, Query, Text, Theory, parse};
use super::solver::{Answer, Limit, Solver};
use super::sum::{Domain, P, Sum};
use super::system::{Constraint, Function, System};

/// Two copies that differ: names of the system's variables with both values.
pub type Difference = Vec<(String, i64, i64)>;

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is so, the solver says.
    Shown,
    /// It is not: here are two copies.
    Hole(Difference),
    /// Not shown, and why.
    Open(String),
}

/// The solver's units of work for questions about single constraints, about a variable's constraints, and about everything
/// that is left. What it finds within them does not depend on how busy the machine is.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Single constraints.
    pub one: u64,
    /// The constraints of a variable, and what they enclose.
    pub few: u64,
    /// All.
    pub all: u64,
    /// Time for a system.
    pub time: Duration,
}

impl Limits {
    /// Those of the gate: ten minutes for all.
    pub const GATE: Self =
        Self { one: 4_000_000, few: 60_000_000, all: 1_000_000_000, time: Duration::from_secs(600) };
}

/// A system, and what of it is known to be determined.
pub struct Search<'a> {
    system: &'a System,
    solver: &'a mut Solver,
    limits: Limits,
    determined: Vec<bool>,
    variables: Vec<Vec<usize>>,
    tried: HashSet<(Vec<usize>, Vec<usize>)>,
    deadline: Instant,
    /// Assignments of which every copy is known to have one.
    pub lemma: Vec<Vec<(usize, i64)>>,
}

impl<'a> Search<'a> {
    /// Begins with what is given.
    pub fn new(system: &'a System, solver: &'a mut Solver, limits: Limits) -> Self {
        let fixed = |v: usize| system.domains[v].count() == 1;
        let determined = (0..system.names.len()).map(|v| system.given[v] || fixed(v)).collect();
        let variables = system.constraints.iter().map(|Constraint(factors)| {
            let all: BTreeSet<usize> = factors.iter().flat_map(Sum::variables).collect();
            all.into_iter().collect()
        });
        let deadline = Instant::now() + limits.time;
        let variables = variables.collect();
        Self {
            system,
            solver,
            limits,
            determined,
            variables,
            tried: HashSet::new(),
            deadline,
            lemma: Vec::new(),
        }
    }

    /// Variables not known to be determined.
    fn open(&self, constraint: usize) -> Vec<usize> {
        self.variables[constraint].iter().copied().filter(|&v| !self.determined[v]).collect()
    }

    fn query(
        &self,
        constraints: &[usize],
        functions: Vec<&'a Function>,
        goal: Vec<usize>,
        exact: bool,
    ) -> Text {
        let query = Query {
            system: self.system,
            determined: &self.determined,
            constraints: constraints.iter().map(|&i| &self.system.constraints[i]).collect(),
            functions,
            goal: Goal::Differ(goal),
            lemma: &self.lemma,
            theory: Theory::Bits,
            exact,
        };
        query.text()
    }

    fn limit(&self, work: u64) -> Limit {
        let left = self.deadline.saturating_duration_since(Instant::now());
        Limit { work, time: left.max(Duration::from_millis(1)) }
    }

    fn learn(&mut self, variables: &[usize]) {
        for &v in variables {
            self.determined[v] = true;
        }
    }

    /// Asks of each of these constraints whether it determines its open variables.
    fn each(&mut self, constraints: &[usize]) -> io::Result<bool> {
        let (mut texts, mut goals) = (Vec::new(), Vec::new());
        for &i in constraints {
            let open = self.open(i);
            if self.tried.insert((vec![i], open.clone())) {
                let inside = self.functions_within(&self.variables[i]);
                texts.push(self.query(&[i], inside, open.clone(), false).smt);
                goals.push(open);
            }
        }
        let limit = self.limit(self.limits.one);
        let refuted = self.solver.refutes(&texts, limit)?;
        for (goal, _) in goals.iter().zip(&refuted).filter(|(_, refuted)| **refuted) {
            self.learn(goal);
        }
        Ok(refuted.contains(&true))
    }

    fn functions_within(&self, variables: &[usize]) -> Vec<&'a Function> {
        let all = self.system.functions.iter();
        all.filter(|function| match function {
            Function::And(all) | Function::Product(all) => {
                all.iter().any(|&v| !self.determined[v] && variables.contains(&v))
            }
            Function::Entry(..) => false,
        })
        .collect()
    }

    /// One pass over functions and constraints whose open variables are digits of a number.
    fn pass(&mut self) -> io::Result<bool> {
        let mut learnt = false;
        let system = self.system;
        for function in &system.functions {
            let (keys, values) = match function {
                Function::And([x, y, z]) | Function::Product([x, y, z]) => (vec![*x, *y], vec![*z]),
                Function::Entry(keys, values) => (keys.clone(), values.clone()),
            };
            if keys.iter().all(|&v| self.determined[v]) && !values.iter().all(|&v| self.determined[v]) {
                self.learn(&values);
                learnt = true;
            }
        }
        let digits: Vec<usize> = (0..system.constraints.len())
            .filter(|&i| match &system.constraints[i].0[..] {
                [sum] => !self.open(i).is_empty() && self.are_digits(sum),
                _ => false,
            })
            .collect();
        Ok(self.each(&digits)? || learnt)
    }

    /// Whether the open part of a sum is a number in mixed radix below p: a guess that the solver confirms.
    fn are_digits(&self, sum: &Sum) -> bool {
        let is_open = |v: &usize| !self.determined[*v];
        let open =
            Sum(sum.0.iter().filter(|(t, _)| t.iter().any(is_open)).map(|(t, &c)| (t.clone(), c)).collect());
        if open.0.keys().any(|term| term.len() != 1) {
            return false;
        }
        let mut digits: Vec<(i128, i128)> = open
            .integral(&self.system.domains)
            .terms
            .iter()
            .map(|(term, c)| (c.abs(), i128::from(self.system.domains[term[0]].count()) - 1))
            .collect();
        digits.sort_unstable();
        let mut below = 0;
        for (weight, most) in digits {
            if weight <= below {
                return false;
            }
            below += weight * most;
        }
        below < P
    }

    /// Whether all of these are determined.
    fn knows(&self, goal: &[usize]) -> bool {
        goal.iter().all(|&v| self.determined[v])
    }

    /// The constraints of a variable, and those about nothing else than these.
    fn around(&self, variable: usize) -> (Vec<usize>, Vec<usize>) {
        let own: Vec<usize> = (0..self.variables.len())
            .filter(|&i| self.variables[i].binary_search(&variable).is_ok())
            .collect();
        let open: BTreeSet<usize> = own.iter().flat_map(|&i| self.open(i)).collect();
        let inside = (0..self.variables.len()).filter(|&i| {
            let all = self.open(i);
            own.contains(&i) || !all.is_empty() && all.iter().all(|v| open.contains(v))
        });
        (inside.collect(), open.into_iter().collect())
    }

    /// Whether `goal` is determined by the constraints about nothing else than these variables; if so, this is learnt.
    ///
    /// # Errors
    /// If the solver ends.
    pub fn within(&mut self, variables: &[usize], goal: &[usize]) -> io::Result<bool> {
        while self.pass()? {}
        let slice: Vec<usize> = (0..self.variables.len())
            .filter(|&i| {
                let open = self.open(i);
                !open.is_empty() && open.iter().all(|v| variables.contains(v))
            })
            .collect();
        let text = self.query(&slice, Vec::new(), goal.to_vec(), false).smt;
        let limit = self.limit(self.limits.few);
        let refuted = self.solver.refuted(&text, limit)?;
        if refuted {
            self.learn(goal);
        }
        Ok(refuted)
    }

    /// Whether `goal` is determined.
    ///
    /// # Errors
    /// If the solver ends.
    pub fn run(&mut self, goal: &[usize]) -> io::Result<Verdict> {
        let mut whole = false;
        loop {
            while !self.knows(goal) && self.pass()? {}
            if self.system.void || self.knows(goal) {
                return Ok(Verdict::Shown);
            }
            self.trace(goal);
            if self.singles()? || self.enclosed()? {
                continue;
            }
            if !whole {
                whole = true;
                let verdict = self.whole(goal, self.limits.few)?;
                if !matches!(verdict, Verdict::Open(_)) {
                    return Ok(verdict);
                }
            }
            if self.few()? {
                continue;
            }
            return self.whole(goal, self.limits.all);
        }
    }

    /// Looks for two copies that differ in `goal`, after what is determined without a search: for who expects them.
    ///
    /// # Errors
    /// If a solver ends.
    pub fn differ(&mut self, goal: &[usize]) -> io::Result<Verdict> {
        while self.pass()? {}
        self.exactly(goal, self.limits.all)
    }

    fn trace(&self, goal: &[usize]) {
        if std::env::var_os("EMBER_GATE_TRACE").is_some() {
            let open: Vec<&str> = (0..self.determined.len())
                .filter(|v| !self.determined[*v] && self.variables.iter().any(|all| all.contains(v)))
                .map(|v| self.system.names[v].as_str())
                .collect();
            eprintln!("missing {:?} of open {}", self.missing(goal), open.join(" "));
        }
    }

    /// Constraints with those about nothing else than their open variables, the shortest first.
    fn enclosed(&mut self) -> io::Result<bool> {
        let mut all: Vec<(Vec<usize>, usize)> =
            (0..self.variables.len()).map(|i| (self.open(i), i)).collect();
        all.retain(|(open, _)| (1..=80).contains(&open.len()));
        all.sort_by_key(|(open, i)| (open.len(), *i));
        for (open, _) in &all {
            let is_inside =
                |other: &&(Vec<usize>, usize)| other.0.iter().all(|v| open.binary_search(v).is_ok());
            let slice: Vec<usize> = all.iter().filter(is_inside).map(|(_, i)| *i).collect();
            let alone = slice.len() == 1 && open.len() <= 8;
            if alone || !self.tried.insert((slice.clone(), open.clone())) {
                continue;
            }
            let functions = self.functions_within(open);
            let mut texts = vec![self.query(&slice, functions.clone(), open.clone(), false).smt];
            if open.len() <= 8 {
                texts.extend(open.iter().map(|&v| self.query(&slice, functions.clone(), vec![v], false).smt));
            }
            let limit = self.limit(self.limits.one);
            let refuted = self.solver.refutes(&texts, limit)?;
            if refuted[0] {
                self.learn(open);
            }
            for (&variable, _) in open.iter().zip(&refuted[1..]).filter(|(_, refuted)| **refuted) {
                self.learn(&[variable]);
            }
            if refuted.contains(&true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Single constraints, those of few open variables first.
    fn singles(&mut self) -> io::Result<bool> {
        for count in 1..=8 {
            let short: Vec<usize> =
                (0..self.variables.len()).filter(|&i| self.open(i).len() == count).collect();
            if self.each(&short)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn few(&mut self) -> io::Result<bool> {
        for variable in 0..self.determined.len() {
            if self.determined[variable] || Instant::now() > self.deadline {
                continue;
            }
            let (constraints, open) = self.around(variable);
            if constraints.is_empty() || !self.tried.insert((vec![variable, usize::MAX], open.clone())) {
                continue;
            }
            let inside = self.functions_within(&open);
            let text = self.query(&constraints, inside, vec![variable], false).smt;
            let limit = self.limit(self.limits.few);
            if self.solver.refuted(&text, limit)? {
                self.learn(&[variable]);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn whole(&mut self, goal: &[usize], limit: u64) -> io::Result<Verdict> {
        let constraints: Vec<usize> = (0..self.variables.len()).collect();
        let functions: Vec<&Function> = self.system.functions.iter().collect();
        let text = self.query(&constraints, functions.clone(), goal.to_vec(), false).smt;
        let some = self.limit(limit);
        if self.solver.refuted(&text, some)? {
            return Ok(Verdict::Shown);
        }
        self.exactly(goal, limit)
    }

    /// What cvc5 says of two copies that differ in `goal`.
    fn exactly(&mut self, goal: &[usize], limit: u64) -> io::Result<Verdict> {
        let constraints: Vec<usize> = (0..self.variables.len()).collect();
        let functions: Vec<&Function> = self.system.functions.iter().collect();
        let text = self.query(&constraints, functions, goal.to_vec(), true);
        let names: Vec<String> = text.names.iter().map(|(name, ..)| name.clone()).collect();
        let left = self.limit(limit).time;
        let answer = self.solver.find(&text.smt, &names, left.min(limit_of(limit)))?;
        let difference = self.difference(&text, &answer);
        let entries = self.system.functions.iter().any(|function| match function {
            Function::Entry(keys, _) => !self.knows(keys),
            Function::And(_) | Function::Product(_) => false,
        });
        Ok(match answer {
            Answer::Unsat => Verdict::Shown,
            Answer::Sat(_) if !entries => Verdict::Hole(difference),
            Answer::Sat(_) => {
                Verdict::Open(format!("two copies, if a look-up may answer anything: {difference:?}"))
            }
            Answer::Unknown(why) => Verdict::Open(why),
        })
    }

    fn difference(&self, text: &Text, answer: &Answer) -> Difference {
        let Answer::Sat(values) = answer else { return Difference::new() };
        let mut found = BTreeMap::<usize, [i64; 2]>::new();
        for ((_, variable, copy, low), value) in text.names.iter().zip(values) {
            let value = parse(value, *low).unwrap_or(i64::MIN);
            let entry = found.entry(*variable).or_insert([value; 2]);
            if *copy > 0 {
                entry[copy - 1] = value;
            }
        }
        found.into_iter().map(|(v, [x, y])| (self.system.names[v].clone(), x, y)).collect()
    }

    /// Names of the variables among these not known to be determined.
    pub fn missing(&self, goal: &[usize]) -> Vec<String> {
        let missing = goal.iter().filter(|&&v| !self.determined[v]);
        missing.map(|&v| self.system.names[v].clone()).collect()
    }
}

/// Time for about so much work.
fn limit_of(work: u64) -> Duration {
    Duration::from_millis(work / 1000).max(Duration::from_secs(60))
}

/// Asks something of one copy.
///
/// # Errors
/// If the solver ends.
pub fn holds(system: &System, solver: &mut Solver, goal: Goal, limits: Limits) -> io::Result<Verdict> {
    if system.void {
        return Ok(Verdict::Shown);
    }
    // First the constraints about nothing but the goal's variables and what these are made of.
    let named: BTreeSet<usize> = match &goal {
        Goal::NoneOf(cases) => cases.iter().flatten().map(|(v, _)| *v).collect(),
        Goal::Outside(v, _) => BTreeSet::from([*v]),
        Goal::NotZero(sum, _) => sum.iter().map(|(v, _)| *v).collect(),
        Goal::Differ(all) => all.iter().copied().collect(),
    };
    let nothing = vec![false; system.names.len()];
    let narrow: Vec<&Constraint> = system
        .constraints
        .iter()
        .filter(|Constraint(factors)| {
            let all: BTreeSet<usize> = factors.iter().flat_map(Sum::variables).collect();
            all.difference(&named).count() <= 1 && all.intersection(&named).count() > 0
        })
        .collect();
    let mut last = Verdict::Open("not asked".to_owned());
    let limit = Limit { work: limits.few, time: limits.time };
    for constraints in [narrow, system.constraints.iter().collect()] {
        let functions = system.functions.iter().collect();
        let goal = goal.clone();
        let query = Query {
            system,
            determined: &nothing,
            constraints,
            functions,
            goal,
            lemma: &[],
            theory: Theory::Bits,
            exact: true,
        };
        let text = query.text();
        let names: Vec<String> = text.names.iter().map(|(name, ..)| name.clone()).collect();
        if solver.refuted(&text.smt, limit)? {
            return Ok(Verdict::Shown);
        }
        last = match solver.find(&text.smt, &names, limit.time.min(limit_of(limits.few)))? {
            Answer::Unsat => return Ok(Verdict::Shown),
            Answer::Unknown(why) => Verdict::Open(why),
            Answer::Sat(values) => Verdict::Hole(
                text.names
                    .iter()
                    .zip(values)
                    .map(|((_, v, _, low), value)| {
                        let value = parse(&value, *low).unwrap_or(i64::MIN);
                        (system.names[*v].clone(), value, value)
                    })
                    .collect(),
            ),
        };
    }
    Ok(last)
}

/// Whether a variable has only values of a domain.
///
/// # Errors
/// If the solver ends.
pub fn stays(
    system: &System,
    solver: &mut Solver,
    variable: usize,
    inside: Domain,
    limits: Limits,
) -> io::Result<Verdict> {
    let domain = system.domains[variable];
    if inside.low <= domain.low && domain.high <= inside.high {
        return Ok(Verdict::Shown);
    }
    holds(system, solver, Goal::Outside(variable, inside), limits)
}
