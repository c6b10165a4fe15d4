//! Determinism: two copies of a table's row that agree in what is given agree in what follows.
//!
//! A table's constraints, and the look-ups in force, become a [`System`] of products of sums that are zero modulo p, over
//! variables with integer domains. The solver is asked for two assignments that agree in the given variables and differ
//! in one that must follow. Equations modulo p become equations over the integers with a multiple of p, bounded by what
//! the sum can be; products that are zero become alternatives, since p is prime.

mod plan;
mod query;
mod report;
mod search;
mod solver;
mod sum;
mod system;
mod tables;

pub use plan::{Case, Claim, Equation, Plan, cell, fields, next};
pub use query::{Goal, Query, Text, Theory};
pub use report::{Row, page};
pub use search::{Difference, Limits, Search, Verdict};
pub use solver::{Answer, CVC5, Limit, Solver, Z3};
pub use sum::{Domain, Integral, P, Sum, Term, centered};
pub use system::{Constraint, Function, Place, Port, Question, System, Window};
pub use tables::{Method, method, undeclared};
