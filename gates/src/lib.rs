//! Gates that every circuit passes before it lands.
//!
//! A [`Model`] is a table as data: its constraints and messages as polynomials over named columns. Every gate reads models,
//! so that a new table, column, constraint or message is covered without a new test.
#![deny(unsafe_code)]
#![deny(missing_docs)]

pub mod alias;
pub mod determinism;
mod model;
mod polynomial;
pub mod repair;

pub use model::{Message, Model, Recorder};
pub use polynomial::{Expander, Monomial, Polynomial, TooLarge, Variable};
