//! Expressions as flat programs over field elements: what a search evaluates millions of times.

use std::collections::HashMap;
use std::sync::Arc;

use ember_verifier::params::Val;
use p3_air::symbolic::{BaseEntry, BaseLeaf, SymbolicExpr, SymbolicExpression};
use p3_field::{Field, PrimeCharacteristicRing};

/// What a program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Input {
    /// A cell of the row.
    Here(usize),
    /// A cell of the next row; of the first after the last.
    Next(usize),
    /// A public value.
    Public(usize),
    /// What stands in place of a field that is left out, on each row.
    Free,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Whether it is the first row.
    pub first: bool,
    /// Whether it is the last row.
    pub last: bool,
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Constant(Val),
    Input(usize),
    IsFirst,
    IsLast,
    IsTransition,
    Add(usize, usize),
    Sub(usize, usize),
    Neg(usize),
    Mul(usize, usize),
}

/// An expression, evaluated from first to last operation.
#[derive(Clone, Debug)]
pub struct Program {
    ops: Vec<Op>,
    /// What it reads, each once.
    pub inputs: Vec<Input>,
    /// Degree in each input.
    pub degrees: Vec<u8>,
    /// Whether the expression is a multiple of this input plus something without it.
    pub apart: Vec<bool>,
}

/// Room for evaluations, to be used again and again.
#[derive(Clone, Default)]
pub struct Scratch {
    values: Vec<Val>,
    slopes: Vec<Val>,
}

impl Program {
    /// The program of an expression.
    ///
    /// # Panics
    /// On preprocessed or periodic columns: no table has any.
    pub fn of(expression: &SymbolicExpression<Val>) -> Self {
        let mut program =
            Self { ops: Vec::new(), inputs: Vec::new(), degrees: Vec::new(), apart: Vec::new() };
        program.push(expression, &mut HashMap::new(), &mut HashMap::new());
        program.analyse();
        program
    }

    /// What stands in place of a field that is left out: anything.
    pub fn free() -> Self {
        Self { ops: vec![Op::Input(0)], inputs: vec![Input::Free], degrees: vec![1], apart: vec![true] }
    }

    fn push(
        &mut self,
        expression: &SymbolicExpression<Val>,
        seen: &mut HashMap<*const SymbolicExpression<Val>, usize>,
        inputs: &mut HashMap<Input, usize>,
    ) -> usize {
        let mut shared = |program: &mut Self, e: &Arc<SymbolicExpression<Val>>| {
            let key = Arc::as_ptr(e);
            if let Some(&at) = seen.get(&key) {
                return at;
            }
            let at = program.push(e, seen, inputs);
            seen.insert(key, at);
            at
        };
        let op = match expression {
            SymbolicExpr::Leaf(leaf) => match leaf {
                BaseLeaf::Constant(value) => Op::Constant(*value),
                BaseLeaf::IsFirstRow => Op::IsFirst,
                BaseLeaf::IsLastRow => Op::IsLast,
                BaseLeaf::IsTransition => Op::IsTransition,
                BaseLeaf::Variable(v) => {
                    let input = match v.entry {
                        BaseEntry::Main { offset: 0 } => Input::Here(v.index),
                        BaseEntry::Main { offset: 1 } => Input::Next(v.index),
                        BaseEntry::Public => Input::Public(v.index),
                        other => panic!("no table has columns of the kind {other:?}"),
                    };
                    let at = *inputs.entry(input).or_insert_with(|| {
                        self.inputs.push(input);
                        self.inputs.len() - 1
                    });
                    Op::Input(at)
                }
            },
            SymbolicExpr::Add { x, y, .. } => Op::Add(shared(self, x), shared(self, y)),
            SymbolicExpr::Sub { x, y, .. } => Op::Sub(shared(self, x), shared(self, y)),
            SymbolicExpr::Neg { x, .. } => Op::Neg(shared(self, x)),
            SymbolicExpr::Mul { x, y, .. } => Op::Mul(shared(self, x), shared(self, y)),
        };
        self.ops.push(op);
        self.ops.len() - 1
    }

    fn analyse(&mut self) {
        // For each input, degree of each operation in it, and whether the rest of a product has no input at all.
        let constant: Vec<bool> = {
            let mut constant = vec![true; self.ops.len()];
            for (i, op) in self.ops.iter().enumerate() {
                constant[i] = match *op {
                    Op::Input(_) | Op::IsFirst | Op::IsLast | Op::IsTransition => false,
                    Op::Constant(_) => true,
                    Op::Add(x, y) | Op::Sub(x, y) | Op::Mul(x, y) => constant[x] && constant[y],
                    Op::Neg(x) => constant[x],
                };
            }
            constant
        };
        let mut degree = vec![0u8; self.ops.len()];
        let mut apart = vec![true; self.ops.len()];
        for input in 0..self.inputs.len() {
            for (i, op) in self.ops.iter().enumerate() {
                (degree[i], apart[i]) = match *op {
                    Op::Input(at) => (u8::from(at == input), true),
                    Op::Constant(_) | Op::IsFirst | Op::IsLast | Op::IsTransition => (0, true),
                    Op::Add(x, y) | Op::Sub(x, y) => (degree[x].max(degree[y]), apart[x] && apart[y]),
                    Op::Neg(x) => (degree[x], apart[x]),
                    Op::Mul(x, y) => {
                        let alone = |this: usize, other: usize| degree[this] == 0 || constant[other];
                        (degree[x] + degree[y], alone(x, y) && alone(y, x) && apart[x] && apart[y])
                    }
                };
            }
            let last = self.ops.len() - 1;
            self.degrees.push(degree[last]);
            self.apart.push(apart[last] && degree[last] == 1);
        }
    }

    /// The expression's value.
    pub fn value(&self, inputs: &[Val], at: Position, scratch: &mut Scratch) -> Val {
        let values = &mut scratch.values;
        values.clear();
        for op in &self.ops {
            let value = match *op {
                Op::Constant(value) => value,
                Op::Input(i) => inputs[i],
                Op::IsFirst => Val::from_bool(at.first),
                Op::IsLast => Val::from_bool(at.last),
                Op::IsTransition => Val::from_bool(!at.last),
                Op::Add(x, y) => values[x] + values[y],
                Op::Sub(x, y) => values[x] - values[y],
                Op::Neg(x) => -values[x],
                Op::Mul(x, y) => values[x] * values[y],
            };
            values.push(value);
        }
        values[values.len() - 1]
    }

    /// The expression's value and its slope in every input.
    pub fn slopes(&self, inputs: &[Val], at: Position, scratch: &mut Scratch) -> (Val, Vec<Val>) {
        let value = self.value(inputs, at, scratch);
        let Scratch { values, slopes } = scratch;
        slopes.clear();
        slopes.resize(self.ops.len(), Val::ZERO);
        slopes[self.ops.len() - 1] = Val::ONE;
        let mut out = vec![Val::ZERO; self.inputs.len()];
        for (i, op) in self.ops.iter().enumerate().rev() {
            let slope = slopes[i];
            if slope == Val::ZERO {
                continue;
            }
            match *op {
                Op::Input(at) => out[at] += slope,
                Op::Add(x, y) => {
                    slopes[x] += slope;
                    slopes[y] += slope;
                }
                Op::Sub(x, y) => {
                    slopes[x] += slope;
                    slopes[y] -= slope;
                }
                Op::Neg(x) => slopes[x] -= slope,
                Op::Mul(x, y) => {
                    slopes[x] += slope * values[y];
                    slopes[y] += slope * values[x];
                }
                Op::Constant(_) | Op::IsFirst | Op::IsLast | Op::IsTransition => {}
            }
        }
        (value, out)
    }
}

/// Roots of a polynomial of degree three at most, from its values at 0, 1, 2 and 3. All of them but those of an
/// irreducible or mixed cubic.
pub fn roots([y0, y1, y2, y3]: [Val; 4]) -> Vec<Val> {
    // Newton's differences, then powers.
    let (d1, d2, d3) =
        (y1 - y0, y2 - y1.double() + y0, y3 - y2 * Val::from_u32(3) + y1 * Val::from_u32(3) - y0);
    let half = Val::TWO.inverse();
    let sixth = Val::from_u32(6).inverse();
    let a3 = d3 * sixth;
    let a2 = d2 * half - d3 * half;
    let a1 = d1 - d2 * half + d3 * Val::from_u32(3).inverse();
    let cubic = |x: Val| ((a3 * x + a2) * x + a1) * x + y0;
    let quadratic = |a: Val, b: Val, c: Val| -> Vec<Val> {
        if a == Val::ZERO {
            return if b == Val::ZERO { Vec::new() } else { vec![-c / b] };
        }
        let scale = (a.double()).inverse();
        match sqrt(b * b - a * c * Val::from_u32(4)) {
            Some(root) if root == Val::ZERO => vec![-b * scale],
            Some(root) => vec![(root - b) * scale, (-root - b) * scale],
            None => Vec::new(),
        }
    };
    if a3 == Val::ZERO {
        return quadratic(a2, a1, y0);
    }
    // A small root takes the cubic apart; else it is the cube of a sum, or left alone.
    if let Some(root) =
        [-2i32, -1, 0, 1, 2, 3, 4].map(Val::from_i32).into_iter().find(|&x| cubic(x) == Val::ZERO)
    {
        let b = a2 + a3 * root;
        let c = a1 + b * root;
        let mut all = quadratic(a3, b, c);
        all.push(root);
        return all;
    }
    let shift = a2 / (a3 * Val::from_u32(3));
    if a1 == a3 * Val::from_u32(3) * shift * shift {
        let cube = -(y0 - a3 * shift.cube()) / a3;
        return vec![cube_root(cube) - shift];
    }
    Vec::new()
}

/// The only cube root: 3 and p - 1 have no common factor.
fn cube_root(x: Val) -> Val {
    const ORDER: u64 = (1 << 31) - (1 << 24);
    const INVERSE: u64 = {
        let mut k = 1;
        while !(k * ORDER + 1).is_multiple_of(3) {
            k += 1;
        }
        (k * ORDER + 1) / 3
    };
    x.exp_u64(INVERSE)
}

/// A square root, by the method of Tonelli and Shanks: p - 1 is 127 * 2^24.
pub fn sqrt(x: Val) -> Option<Val> {
    if x == Val::ZERO {
        return Some(x);
    }
    const ODD: u64 = 127;
    // 3 generates the multiplicative group.
    let mut c = Val::from_u32(3).exp_u64(ODD);
    let mut root = x.exp_u64(ODD.div_ceil(2));
    let mut t = x.exp_u64(ODD);
    let mut m = 24;
    while t != Val::ONE {
        let mut i = 0;
        let mut power = t;
        while power != Val::ONE {
            power = power.square();
            i += 1;
            if i == m {
                return None;
            }
        }
        let b = c.exp_power_of_2(m - i - 1);
        root *= b;
        c = b.square();
        t *= c;
        m = i;
    }
    Some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_roots() {
        let at = |f: &dyn Fn(Val) -> Val| [0, 1, 2, 3].map(|n| f(Val::from_u32(n)));
        for n in 2..2000u32 {
            let (a, b, c) = (Val::from_u32(n), Val::from_u32(n * n + 7), Val::from_u32(n).inverse());
            let mut found = roots(at(&|x| (x - a) * (x - b)));
            found.sort();
            let mut expected = vec![a, b];
            expected.sort();
            assert_eq!(found, expected);
            assert!(roots(at(&|x| (x - a) * (x - b) * (x - Val::ONE))).contains(&b));
            assert_eq!(roots(at(&|x| (x + c).cube() * b - a)).len(), 1);
            assert_eq!(roots(at(&|x| a * x - b)), vec![b / a]);
        }
    }
}
