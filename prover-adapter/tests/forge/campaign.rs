//! A run over all forgeries of all tables, and its report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use ember_verifier::air::Table;
use p3_matrix::Matrix;

use crate::common::checker::{Checker, Rejection};
use crate::common::rng::Rng;
use crate::harmless::{HARMLESS, Row, UNORDERED, excuses};
use crate::mutate::{self, Fields, Share};

/// What became of a table's forgeries.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub rows: usize,
    pub tried: usize,
    pub by_constraint: usize,
    pub by_bus: usize,
    pub harmless: usize,
    pub swaps: usize,
    pub harmless_swaps: usize,
}

#[derive(Default)]
pub struct Campaign {
    pub counts: BTreeMap<Table, Counts>,
    /// How often each column of each entry of [`HARMLESS`] was needed.
    pub used: BTreeMap<(usize, &'static str), usize>,
    pub swapped: BTreeSet<Table>,
    /// Forgeries that would be proven and that no entry excuses.
    pub holes: Vec<String>,
}

impl Campaign {
    /// Forges every table of a witness: the rows that stand for all others, or all rows.
    pub fn run(&mut self, name: &str, checker: &Checker, all_rows: bool, seed: u64) {
        for t in 0..checker.tables.len() {
            let rng = Rng(seed ^ (t as u64) << 50);
            for (n, row) in mutate::rows(checker, t, all_rows).into_iter().enumerate() {
                let share = Share::of_row(checker.tables[t].0, n);
                self.cells(name, checker, t, row, share, &mut rng.clone_with(row));
                self.swap(name, checker, t, row, &mut rng.clone_with(row));
            }
        }
    }

    fn cells(&mut self, name: &str, checker: &Checker, t: usize, row: usize, share: Share, rng: &mut Rng) {
        let (table, matrix) = &checker.tables[t];
        let fields = Fields::of(*table);
        let uses = fields.uses();
        let honest = checker.row(t, row);
        let counts = self.counts.entry(*table).or_default();
        counts.rows += 1;
        mutate::forgeries(checker, t, row, share, rng, |cells| {
            counts.tried += 1;
            let edit = [(row, cells)];
            match checker.judge(t, &edit, &uses) {
                Err(Rejection::Constraint(..)) => counts.by_constraint += 1,
                Err(Rejection::Bus(_)) => counts.by_bus += 1,
                Ok(()) => {
                    let forged = &edit[0].1;
                    let (first, last) = (row == 0, row + 1 == matrix.height());
                    let row_view = Row { fields: &fields, cells: honest, forged, first, last };
                    if let Some(entries) = excuses(*table, &row_view) {
                        counts.harmless += 1;
                        entries.into_iter().for_each(|e| *self.used.entry(e).or_default() += 1);
                    } else {
                        let changed: Vec<&str> = (0..honest.len())
                            .filter(|&c| honest[c] != forged[c])
                            .map(|c| &fields.names[c][..])
                            .collect();
                        self.holes.push(format!("{name}: {} row {row}: {changed:?}", table.name()));
                    }
                }
            }
        });
    }

    /// Two rows change places.
    fn swap(&mut self, name: &str, checker: &Checker, t: usize, row: usize, rng: &mut Rng) {
        let (table, matrix) = &checker.tables[t];
        let fields = Fields::of(*table);
        let counts = self.counts.entry(*table).or_default();
        for other in [(row + 1) % matrix.height(), rng.below(matrix.height())] {
            let (a, b) = (checker.row(t, row).to_vec(), checker.row(t, other).to_vec());
            // Multiplicities may be shared out among equal entries.
            let uses = fields.uses();
            if (0..a.len()).all(|c| a[c] == b[c] || uses.contains(&c)) {
                continue;
            }
            counts.swaps += 1;
            if checker.judge(t, &[(row, b), (other, a)], &[]).is_ok() {
                counts.harmless_swaps += 1;
                self.swapped.insert(*table);
                if !UNORDERED.contains(table) {
                    self.holes.push(format!("{name}: {} rows {row} and {other} swapped", table.name()));
                }
            }
        }
    }

    /// Panics on a forgery that is accepted, on a table or an entry of [`HARMLESS`] without any.
    pub fn conclude(&self) {
        assert!(self.holes.is_empty(), "accepted forgeries: {:#?}", self.holes);
        for table in Table::ALL {
            assert!(self.counts.contains_key(table), "no witness has rows of {}", table.name());
        }
        for (i, entry) in HARMLESS.iter().enumerate() {
            for column in entry.columns {
                let needed = self.used.contains_key(&(i, *column));
                assert!(needed, "{} {column} is not free: {}", entry.table.name(), entry.why);
            }
        }
        for table in UNORDERED {
            assert!(self.swapped.contains(&table), "rows of {} cannot be swapped", table.name());
        }
    }

    /// The report's tables, in Markdown.
    pub fn report(&self) -> String {
        let mut out = String::from(
            "| table | rows | forgeries | rejected by a constraint | by a bus | harmless | row swaps | harmless \
             |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        let mut total = Counts::default();
        let mut line = |name: &str, c: &Counts| {
            writeln!(
                out,
                "| {name} | {} | {} | {} | {} | {} | {} | {} |",
                c.rows, c.tried, c.by_constraint, c.by_bus, c.harmless, c.swaps, c.harmless_swaps
            )
            .unwrap();
        };
        for (table, c) in &self.counts {
            line(table.name(), c);
            total.rows += c.rows;
            total.tried += c.tried;
            total.by_constraint += c.by_constraint;
            total.by_bus += c.by_bus;
            total.harmless += c.harmless;
            total.swaps += c.swaps;
            total.harmless_swaps += c.harmless_swaps;
        }
        line("all", &total);
        out.push_str("\nCells that a prover may choose:\n\n| table | columns | accepted | why it proves nothing false |\n|---|---|--:|---|\n");
        for (i, entry) in HARMLESS.iter().enumerate() {
            let columns: Vec<String> = entry.columns.iter().map(|c| format!("`{c}`")).collect();
            let accepted: usize = entry.columns.iter().filter_map(|c| self.used.get(&(i, *c))).sum();
            writeln!(out, "| {} | {} | {accepted} | {} |", entry.table.name(), columns.join(", "), entry.why)
                .unwrap();
        }
        out
    }
}
