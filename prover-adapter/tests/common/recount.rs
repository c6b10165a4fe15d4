//! Adapts what a prover adapts for free to forged tables: multiplicities and range tables.

use std::collections::HashMap;

use ember_verifier::air::{Range16Cols, Table};
use ember_verifier::params::Val;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;

use super::Case;
use super::checker::evaluate_row;
use super::eval::{BUSES, PERMUTATIONS, RANGE16};

fn column(table: Table, name: &str) -> usize {
    table.column_names().iter().position(|n| n == name).expect("a column")
}

/// The table of 16-bit integers with these multiplicities.
fn range16(counts: &HashMap<Vec<Val>, u32>) -> RowMajorMatrix<Val> {
    let mut counted: Vec<(u32, u32)> = counts
        .iter()
        .map(|(tuple, count)| (tuple[0].as_canonical_u32(), *count))
        .filter(|(value, _)| *value < 1 << 16)
        .chain([(0, 0), (0xffff, 0)])
        .collect();
    counted.sort();
    let mut rows: Vec<(u32, u32)> = Vec::new();
    for (value, count) in counted {
        while rows.last().is_some_and(|(at, _)| value - at > 255) {
            rows.push((rows[rows.len() - 1].0 + 255, 0));
        }
        rows.push((value, count));
    }
    rows.resize(rows.len().next_power_of_two(), (0xffff, 0));
    let width = Range16Cols::<()>::WIDTH;
    let mut cells = Val::zero_vec(rows.len() * width);
    for (i, row) in cells.chunks_exact_mut(width).enumerate() {
        let (value, uses) = rows[i];
        let step = rows.get(i + 1).map_or(0, |(next, _)| next - value);
        Range16Cols {
            value: Val::from_u32(value),
            uses: Val::from_u32(uses),
            step: core::array::from_fn(|bit| Val::from_u32(step >> bit & 1)),
        }
        .write(row);
    }
    RowMajorMatrix::new(cells, width)
}

/// Counts every look-up anew.
pub fn recount(case: &mut Case, publics: &[Vec<Val>]) {
    let witness = &mut case.segment;
    let mut asked: Vec<HashMap<Vec<Val>, u32>> = vec![HashMap::new(); BUSES.len()];
    let tables = &witness.tables;
    for t in 0..tables.len() {
        for row in 0..tables[t].1.height() {
            for m in evaluate_row(tables, publics, t, row).messages {
                if m.bus >= PERMUTATIONS && !m.provided && m.count != Val::ZERO {
                    *asked[m.bus].entry(m.tuple).or_default() += 1;
                }
            }
        }
    }
    for t in 0..witness.tables.len() {
        let table = witness.tables[t].0;
        if table == Table::Range16 {
            witness.tables[t].1 = range16(&asked[RANGE16]);
            continue;
        }
        let uses: Vec<usize> = match table {
            Table::Code => (0..4).map(|i| column(table, &format!("uses[{i}]"))).collect(),
            Table::Poseidon2 => (0..2).map(|i| column(table, &format!("uses[{i}]"))).collect(),
            Table::Rom | Table::Range8 | Table::ByteAnd => vec![column(table, "uses")],
            _ => continue,
        };
        let width = witness.tables[t].1.width();
        for row in 0..witness.tables[t].1.height() {
            let entries = evaluate_row(&witness.tables, publics, t, row).messages;
            for (m, &column) in entries.into_iter().filter(|m| m.provided).zip(&uses) {
                let count = asked[m.bus].remove(&m.tuple).unwrap_or(0);
                witness.tables[t].1.values[row * width + column] = Val::from_u32(count);
            }
        }
    }
}

/// [`recount`] with the case's own public values.
pub fn recount_honestly(case: &mut Case, h: &ember_memory::digest::Hasher) {
    let publics = case.publics(h);
    recount(case, &publics);
}
