//! Decides whether tables, honest or forged, are what a prover could prove.
//!
//! Tables are accepted when every constraint holds on every row, permutation buses balance, and everything that is
//! looked up is provided. A clever prover adapts multiplicities for free, and has all integers below 2^16 and 2^8,
//! all pairs of bytes and all compressions provided; so the checker asks that a look-up *can* be provided, not that it
//! is counted.

use std::collections::{HashMap, HashSet};

use ember_memory::digest::{Digest, Hasher};
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::Matrix;
use p3_matrix::dense::RowMajorMatrix;

use super::Case;
use super::eval::{
    BUSES, BYTE_AND, Evaluated, HASH, Message, PERMUTATION, PERMUTATIONS, RANGE8, RANGE16, evaluate,
};

/// Why a forgery fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// A constraint of a table, by number, does not hold on a row.
    Constraint(Table, usize, usize),
    /// A bus does not balance, or a look-up finds nothing.
    Bus(&'static str),
}

/// The honest tables that forgeries start from.
pub struct Checker {
    pub tables: Vec<(Table, RowMajorMatrix<Val>)>,
    pub publics: Vec<Vec<Val>>,
    hasher: Hasher,
    /// What look-up tables provide, and by how many entries.
    provided: HashMap<(usize, Vec<Val>), u32>,
}

fn matrix_row(matrix: &RowMajorMatrix<Val>, row: usize) -> &[Val] {
    let width = matrix.width();
    &matrix.values[row * width..(row + 1) * width]
}

pub fn evaluate_row(
    tables: &[(Table, RowMajorMatrix<Val>)],
    publics: &[Vec<Val>],
    t: usize,
    row: usize,
) -> Evaluated {
    let (table, matrix) = &tables[t];
    let height = matrix.height();
    let next = if table.reads_next_row() { matrix_row(matrix, (row + 1) % height) } else { &[] };
    evaluate(*table, &publics[t], matrix_row(matrix, row), next, (row == 0, row + 1 == height))
}

/// Whether the compression's parent is that of its children.
fn compresses(h: &Hasher, tuple: &[Val]) -> bool {
    let digest = |from: usize| Digest(core::array::from_fn(|i| tuple[from + i]));
    h.compress(&digest(0), &digest(8)) == digest(16)
}

/// Whether the state after is that before, permuted.
fn permutes(h: &Hasher, tuple: &[Val]) -> bool {
    let mut state: [Val; 16] = core::array::from_fn(|i| tuple[i]);
    h.permute(&mut state);
    state[..] == tuple[16..]
}

/// Whether it is two bytes and their bitwise and.
fn is_byte_and(tuple: &[Val]) -> bool {
    let [x, y, and] = [0, 1, 2].map(|i| tuple[i].as_canonical_u32());
    x < 1 << 8 && y < 1 << 8 && and == x & y
}

/// Whether a prover finds or makes an entry for this look-up, among `entries` where they are another table's.
fn can_provide(h: &Hasher, message: &Message, entries: impl Fn(&(usize, Vec<Val>)) -> bool) -> bool {
    match message.bus {
        RANGE16 => message.tuple[0].as_canonical_u32() < 1 << 16,
        RANGE8 => message.tuple[0].as_canonical_u32() < 1 << 8,
        BYTE_AND => is_byte_and(&message.tuple),
        HASH => compresses(h, &message.tuple),
        PERMUTATION => permutes(h, &message.tuple),
        bus => entries(&(bus, message.tuple.clone())),
    }
}

/// Checks whole tables, however forged.
pub fn check_all(
    tables: &[(Table, RowMajorMatrix<Val>)],
    publics: &[Vec<Val>],
    h: &Hasher,
) -> Result<(), Rejection> {
    let mut balance: HashMap<(usize, Vec<Val>), Val> = HashMap::new();
    let mut provided: HashSet<(usize, Vec<Val>)> = HashSet::new();
    let mut asked: Vec<Message> = Vec::new();
    for (t, (table, matrix)) in tables.iter().enumerate() {
        for row in 0..matrix.height() {
            let evaluated = evaluate_row(tables, publics, t, row);
            if let Some(number) = evaluated.broken {
                return Err(Rejection::Constraint(*table, row, number));
            }
            for message in evaluated.messages {
                if message.count == Val::ZERO {
                    continue;
                }
                match message {
                    m if m.provided => drop(provided.insert((m.bus, m.tuple))),
                    m if m.bus < PERMUTATIONS => *balance.entry((m.bus, m.tuple)).or_default() += m.count,
                    m => asked.push(m),
                }
            }
        }
    }
    let unbalanced = balance.iter().filter(|(_, count)| **count != Val::ZERO).map(|((bus, _), _)| *bus);
    if let Some(bus) = unbalanced.min() {
        return Err(Rejection::Bus(BUSES[bus]));
    }
    // Range tables are complete only if they are there and reach their ends, which their constraints see to.
    match asked.iter().find(|m| !can_provide(h, m, |entry| provided.contains(entry))) {
        Some(m) => Err(Rejection::Bus(BUSES[m.bus])),
        None => Ok(()),
    }
}

impl Checker {
    /// A checker of forgeries of an honest witness.
    pub fn new(case: &Case, h: &Hasher) -> Self {
        let tables = case.segment.tables.clone();
        let publics = case.publics(h);
        let mut provided = HashMap::new();
        for (t, (table, matrix)) in tables.iter().enumerate() {
            if !matches!(
                table,
                Table::Rom | Table::Code | Table::Poseidon2 | Table::Range16 | Table::Range8 | Table::ByteAnd
            ) {
                continue;
            }
            for row in 0..matrix.height() {
                for m in evaluate_row(&tables, &publics, t, row).messages {
                    if m.provided && m.count != Val::ZERO {
                        *provided.entry((m.bus, m.tuple)).or_default() += 1;
                    }
                }
            }
        }
        Self { tables, publics, hasher: h.clone(), provided }
    }

    pub fn row(&self, t: usize, row: usize) -> &[Val] {
        matrix_row(&self.tables[t].1, row)
    }

    /// Judges a forgery: new cells for some rows of table `t`. `Ok` when it would be proven.
    ///
    /// Multiplicities of look-up tables are adapted, unless they are what is forged.
    pub fn judge(&self, t: usize, edits: &[(usize, Vec<Val>)], uses: &[usize]) -> Result<(), Rejection> {
        let forged_uses = edits.iter().any(|(row, new)| {
            let old = self.row(t, *row);
            uses.iter().any(|&column| old[column] != new[column])
        });
        let as_is = self.judge_exactly(t, edits, forged_uses);
        if as_is.is_ok() || forged_uses || uses.is_empty() {
            return as_is;
        }
        // Or the prover has nothing use the forged rows.
        let mut unused = edits.to_vec();
        for (_, row) in &mut unused {
            uses.iter().for_each(|&column| row[column] = Val::ZERO);
        }
        self.judge_exactly(t, &unused, false).or(as_is)
    }

    /// Whether the forgery would be proven as it is, no multiplicity adapted.
    pub fn balances(&self, t: usize, edits: &[(usize, Vec<Val>)]) -> bool {
        self.judge_exactly(t, edits, true).is_ok()
    }

    fn judge_exactly(&self, t: usize, edits: &[(usize, Vec<Val>)], exact: bool) -> Result<(), Rejection> {
        let (table, matrix) = &self.tables[t];
        let height = matrix.height();
        let find = |row: usize| match edits.iter().find(|(edited, _)| *edited == row) {
            Some((_, cells)) => &cells[..],
            None => self.row(t, row),
        };
        let now = |row: usize| {
            let next = if table.reads_next_row() { find((row + 1) % height) } else { &[] };
            evaluate(*table, &self.publics[t], find(row), next, (row == 0, row + 1 == height))
        };
        let mut new = Vec::new();
        for (row, _) in edits {
            let evaluated = now(*row);
            if let Some(number) = evaluated.broken {
                return Err(Rejection::Constraint(*table, *row, number));
            }
            new.push(evaluated.messages);
            if table.reads_next_row() {
                let before = (*row + height - 1) % height;
                if let Some(number) = now(before).broken {
                    return Err(Rejection::Constraint(*table, before, number));
                }
            }
        }

        // What the forged rows say, less what the honest ones said.
        let mut change: HashMap<(usize, Vec<Val>), Val> = HashMap::new();
        let mut entries: HashMap<(usize, Vec<Val>), i64> = HashMap::new();
        let mut asked = Vec::new();
        for ((row, _), new) in edits.iter().zip(new) {
            let old = evaluate_row(&self.tables, &self.publics, t, *row).messages;
            for (messages, is_new) in [(old, false), (new, true)] {
                for m in messages.into_iter().filter(|m| m.count != Val::ZERO) {
                    let count = if is_new { m.count } else { -m.count };
                    if m.bus < PERMUTATIONS || exact {
                        *change.entry((m.bus, m.tuple.clone())).or_default() += count;
                    }
                    if m.provided {
                        *entries.entry((m.bus, m.tuple)).or_default() += if is_new { 1 } else { -1 };
                    } else if m.bus >= PERMUTATIONS && is_new {
                        asked.push(m);
                    }
                }
            }
        }
        if let Some(((bus, _), _)) = change.iter().find(|(_, count)| **count != Val::ZERO) {
            return Err(Rejection::Bus(BUSES[*bus]));
        }
        // Entries that are used and that nothing provides any longer.
        for ((bus, tuple), difference) in entries {
            let before = i64::from(*self.provided.get(&(bus, tuple)).unwrap_or(&0));
            if before > 0 && before + difference <= 0 {
                return Err(Rejection::Bus(BUSES[bus]));
            }
        }
        match asked.iter().find(|m| !can_provide(&self.hasher, m, |e| self.provided.contains_key(e))) {
            Some(m) => Err(Rejection::Bus(BUSES[m.bus])),
            None => Ok(()),
        }
    }
}
