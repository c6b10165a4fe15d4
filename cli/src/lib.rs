//! Parts of the command `ember` that are of use to others.
#![forbid(unsafe_code)]

pub mod gas_table;
pub mod json;
