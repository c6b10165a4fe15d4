//! Expressions multiplied out.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use ember_verifier::params::Val;
use p3_air::symbolic::{BaseEntry, BaseLeaf, SymbolicExpr, SymbolicExpression};
use p3_field::PrimeCharacteristicRing;

/// What a polynomial's value depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// A cell of the row.
    Here(usize),
    /// A cell of the next row; of the first after the last.
    Next(usize),
    /// A public value.
    Public(usize),
    /// One on the first row, else zero.
    IsFirst,
    /// One on the last row, else zero.
    IsLast,
    /// Zero on the last row, else one.
    IsTransition,
}

/// A product of variables, in ascending order, as often as their powers.
pub type Monomial = Vec<Variable>;

/// A sum of monomials with their coefficients, none of which is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Polynomial(pub BTreeMap<Monomial, Val>);

/// The polynomial has more monomials than asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl Polynomial {
    fn constant(value: Val) -> Self {
        let mut sum = Self::default();
        sum.add(&Monomial::new(), value);
        sum
    }

    fn variable(variable: Variable) -> Self {
        Self(BTreeMap::from([(vec![variable], Val::ONE)]))
    }

    fn add(&mut self, monomial: &Monomial, coefficient: Val) {
        let entry = self.0.entry(monomial.clone()).or_default();
        *entry += coefficient;
        if *entry == Val::ZERO {
            self.0.remove(monomial);
        }
    }

    fn plus(mut self, other: &Self, factor: Val) -> Self {
        other.0.iter().for_each(|(monomial, &coefficient)| self.add(monomial, factor * coefficient));
        self
    }

    fn times(&self, other: &Self, most: usize) -> Result<Self, TooLarge> {
        let mut product = Self::default();
        for (a, &x) in &self.0 {
            for (b, &y) in &other.0 {
                let mut monomial: Monomial = a.iter().chain(b).copied().collect();
                monomial.sort();
                product.add(&monomial, x * y);
            }
            if product.0.len() > most {
                return Err(TooLarge);
            }
        }
        Ok(product)
    }

    /// Multiplies an expression out. What an expression shares is multiplied out once.
    ///
    /// # Errors
    /// [`TooLarge`] when a part of it has more than `most` monomials.
    ///
    /// # Panics
    /// On preprocessed or periodic columns: no table has any.
    pub fn of(expression: &SymbolicExpression<Val>, most: usize) -> Result<Self, TooLarge> {
        Expansion { most, shared: HashMap::new() }.of(expression)
    }
}

/// Sub-expressions by where they are, multiplied out.
struct Expansion {
    most: usize,
    shared: HashMap<*const SymbolicExpression<Val>, Rc<Polynomial>>,
}

impl Expansion {
    fn part(&mut self, expression: &Arc<SymbolicExpression<Val>>) -> Result<Rc<Polynomial>, TooLarge> {
        let key = Arc::as_ptr(expression);
        if let Some(known) = self.shared.get(&key) {
            return Ok(known.clone());
        }
        let part = Rc::new(self.of(expression)?);
        self.shared.insert(key, part.clone());
        Ok(part)
    }

    fn of(&mut self, expression: &SymbolicExpression<Val>) -> Result<Polynomial, TooLarge> {
        let sum = match expression {
            SymbolicExpr::Leaf(leaf) => match leaf {
                BaseLeaf::Constant(value) => Polynomial::constant(*value),
                BaseLeaf::IsFirstRow => Polynomial::variable(Variable::IsFirst),
                BaseLeaf::IsLastRow => Polynomial::variable(Variable::IsLast),
                BaseLeaf::IsTransition => Polynomial::variable(Variable::IsTransition),
                BaseLeaf::Variable(v) => Polynomial::variable(match v.entry {
                    BaseEntry::Main { offset: 0 } => Variable::Here(v.index),
                    BaseEntry::Main { offset: 1 } => Variable::Next(v.index),
                    BaseEntry::Public => Variable::Public(v.index),
                    other => panic!("no table has columns of the kind {other:?}"),
                }),
            },
            SymbolicExpr::Add { x, y, .. } => (*self.part(x)?).clone().plus(&*self.part(y)?, Val::ONE),
            SymbolicExpr::Sub { x, y, .. } => (*self.part(x)?).clone().plus(&*self.part(y)?, Val::NEG_ONE),
            SymbolicExpr::Neg { x, .. } => Polynomial::default().plus(&*self.part(x)?, Val::NEG_ONE),
            SymbolicExpr::Mul { x, y, .. } => self.part(x)?.times(&*self.part(y)?, self.most)?,
        };
        if sum.0.len() > self.most { Err(TooLarge) } else { Ok(sum) }
    }
}
