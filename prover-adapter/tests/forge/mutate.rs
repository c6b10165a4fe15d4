//! Enumerates forgeries of a table: which rows, and how their cells change.

use std::collections::{BTreeMap, HashSet};

use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;
use p3_matrix::Matrix;

use crate::common::checker::Checker;
use crate::common::rng::Rng;

/// The columns of a table as fields: name, first column, length.
pub struct Fields {
    pub names: Vec<String>,
    pub fields: Vec<(String, usize, usize)>,
}

impl Fields {
    pub fn of(table: Table) -> Self {
        let names = table.column_names();
        let mut fields: Vec<(String, usize, usize)> = Vec::new();
        for (column, name) in names.iter().enumerate() {
            let field = name.split('[').next().expect("a name").to_string();
            match fields.last_mut() {
                Some((last, _, len)) if *last == field => *len += 1,
                _ => fields.push((field, column, 1)),
            }
        }
        Self { names, fields }
    }

    /// First column of a field.
    pub fn at(&self, field: &str) -> usize {
        self.fields.iter().find(|(name, ..)| name == field).unwrap_or_else(|| panic!("no column {field}")).1
    }

    /// The field of a column.
    pub fn field_of(&self, column: usize) -> &str {
        &self
            .fields
            .iter()
            .find(|(_, first, len)| (*first..first + len).contains(&column))
            .expect("a field")
            .0
    }

    /// Multiplicity columns, which a prover adapts to the rest.
    pub fn uses(&self) -> Vec<usize> {
        (0..self.names.len()).filter(|&column| self.field_of(column) == "uses").collect()
    }
}

/// Columns that say what a row is for; rows that agree in them are alike.
const KINDS: [&str; 25] = [
    "op",
    "family",
    "kind",
    "real",
    "start",
    "page",
    "is_input",
    "writable",
    "instret",
    "high",
    "by_zero",
    "access",
    "off",
    "open_left",
    "first",
    "load",
    "round",
    "out",
    "rank",
    "same",
    "last",
    "base",
    "call",
    "zero",
    "top",
];

/// Rows to forge: all of them, or the first, the last, one in the middle, one that is there twice, and of each kind
/// the first and the last.
pub fn rows(checker: &Checker, t: usize, all: bool) -> Vec<usize> {
    let (table, matrix) = &checker.tables[t];
    let height = matrix.height();
    if all && height <= 1 << 12 {
        return (0..height).collect();
    }
    let fields = Fields::of(*table);
    let columns: Vec<usize> =
        (0..fields.names.len()).filter(|&c| KINDS.contains(&fields.field_of(c))).collect();
    let mut kinds: BTreeMap<Vec<Val>, (usize, usize)> = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut twin = None;
    for row in 0..height {
        let cells = checker.row(t, row);
        if !seen.insert(cells) {
            twin.get_or_insert(row);
        }
        let kind = columns.iter().map(|&c| cells[c]).collect();
        kinds.entry(kind).or_insert((row, row)).1 = row;
    }
    let mut rows = vec![0, height / 2, height - 1];
    rows.extend(kinds.values().flat_map(|(first, last)| [*first, *last]));
    rows.extend(twin);
    rows.sort();
    rows.dedup();
    rows
}

/// Which columns of a row are forged: every `of`th, from this one on.
#[derive(Clone, Copy)]
pub struct Share {
    pub from: usize,
    pub of: usize,
}

impl Share {
    /// The share of the `n`th row of a table that stands for others: of wide tables, rows share the columns out.
    pub fn of_row(table: Table, n: usize) -> Self {
        let of = if table.columns() > 1 << 10 { 4 } else { 1 };
        Self { from: n % of, of }
    }
}

/// Cells of a field with which a cell changes places, those next to it, at most.
const NEIGHBOURS: usize = 32;

/// Every forgery of one row's share, given to `try_it` as the new cells.
pub fn forgeries(
    checker: &Checker,
    t: usize,
    row: usize,
    share: Share,
    rng: &mut Rng,
    mut try_it: impl FnMut(Vec<Val>),
) {
    let (table, matrix) = &checker.tables[t];
    let honest = checker.row(t, row).to_vec();
    let mut with = |changes: &[(usize, Val)]| {
        let mut cells = honest.clone();
        changes.iter().for_each(|&(column, value)| cells[column] = value);
        if cells != honest {
            try_it(cells);
        }
    };
    let other = checker.row(t, rng.below(matrix.height()));
    let shift = Val::from_u32(1 << 16);
    for column in (share.from..honest.len()).step_by(share.of) {
        let cell = honest[column];
        let ways = [
            cell + Val::ONE,
            cell - Val::ONE,
            Val::ZERO,
            Val::ONE,
            Val::TWO,
            -Val::ONE,
            rng.val(),
            other[column],
            cell + shift,
            cell - shift,
        ];
        let mut tried = Vec::new();
        for value in ways {
            if !tried.contains(&value) {
                with(&[(column, value)]);
                tried.push(value);
            }
        }
    }
    for (_, first, len) in Fields::of(*table).fields {
        // Of the longest fields, whose cells are alike, the neighbours alone.
        let near = if len > 1 << 7 { NEIGHBOURS / 8 } else { NEIGHBOURS };
        for column in (first..first + len).filter(|column| column % share.of == share.from) {
            // Limbs that stand for the same word, or would if nothing checked them; and the same in the field.
            for next in column + 1..(first + len).min(column + 1 + near) {
                let (low, high) = (honest[column], honest[next]);
                if next == column + 1 {
                    with(&[(column, low + shift), (next, high - Val::ONE)]);
                    with(&[(column, low - shift), (next, high + Val::ONE)]);
                }
                // A one-hot flag that moves, bits that swap.
                if low != high {
                    with(&[(column, high), (next, low)]);
                }
            }
        }
    }
    // The row as another one is, as zeros, or with another field.
    let everything = |cells: &[Val]| cells.iter().copied().enumerate().collect::<Vec<_>>();
    with(&everything(other));
    for _ in 0..4 {
        with(&everything(checker.row(t, rng.below(matrix.height()))));
    }
    with(&everything(&vec![Val::ZERO; honest.len()]));
    for (_, first, len) in Fields::of(*table).fields {
        with(&(first..first + len).map(|c| (c, other[c])).collect::<Vec<_>>());
    }
}
