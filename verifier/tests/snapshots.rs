//! The circuits are what they were: columns, degrees, interactions, and every constraint.
//!
//! After a change that is meant: `UPDATE_SNAPSHOTS=1 cargo test -p ember-verifier --test snapshots`, and a look at
//! the difference.

use std::collections::BTreeMap;
use std::fmt::Write;

use ember_memory::digest::{Digest, Domain, Hasher};
use ember_verifier::Verifier;
use ember_verifier::air::Table;
use ember_verifier::params::{Challenge, MAX_DEGREE, Val};
use p3_air::symbolic::AirLayout;
use p3_air::{Air, AirBuilder, RowWindow};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_lookup::{Count, InteractionBuilder, InteractionSymbolicBuilder, LogUpGadget};

/// Evaluates a table at a random point, and takes down the values of all constraints and interactions.
struct AtPoint {
    rows: [Vec<Val>; 2],
    publics: Vec<Val>,
    selectors: [Val; 3],
    values: Vec<Val>,
}

/// The rows are leaked: a builder's window outlives the call that asks for it.
impl AirBuilder for AtPoint {
    type F = Val;
    type Expr = Val;
    type Var = Val;
    type PreprocessedWindow = RowWindow<'static, Val>;
    type MainWindow = RowWindow<'static, Val>;
    type PublicVar = Val;
    type PeriodicVar = Val;

    fn main(&self) -> Self::MainWindow {
        let [row, next] = self.rows.clone().map(|row| &*row.leak());
        RowWindow::from_two_rows(row, next)
    }

    fn preprocessed(&self) -> &Self::PreprocessedWindow {
        unreachable!("no table has preprocessed columns")
    }

    fn is_first_row(&self) -> Val {
        self.selectors[0]
    }

    fn is_last_row(&self) -> Val {
        self.selectors[1]
    }

    fn is_transition(&self) -> Val {
        self.selectors[2]
    }

    fn assert_zero<I: Into<Val>>(&mut self, x: I) {
        self.values.push(x.into());
    }

    fn public_values(&self) -> &[Val] {
        &self.publics
    }
}

impl InteractionBuilder for AtPoint {
    fn push_interaction<E: Into<Val>>(
        &mut self,
        bus: &str,
        fields: impl IntoIterator<Item = E>,
        count: impl Into<Count<Val>>,
    ) {
        let (count, weight) = count.into().into_parts();
        self.values.extend(bus.bytes().map(Val::from_u8));
        self.values.extend([count, Val::from_u32(weight)]);
        self.values.extend(fields.into_iter().map(Into::into));
    }

    fn push_local_interaction(&mut self, _: impl IntoIterator<Item = (Vec<Val>, Count<Val>)>) {
        unreachable!("no table has local look-ups");
    }
}

/// Field elements from a hash, one block after the other.
struct Random<'a>(&'a Hasher, Digest);

impl Random<'_> {
    fn take(&mut self, n: usize) -> Vec<Val> {
        let mut all = Vec::new();
        while all.len() < n {
            self.1 = self.0.compress_with(&self.1, [0; 7], Domain::Statement);
            all.extend(self.1.0);
        }
        all.truncate(n);
        all
    }
}

/// A digest of all constraints and interactions as polynomials: of their values at five points that the digest of
/// the table's name decides. Two lists of polynomials of degree 3 that differ agree at such points with a chance of
/// less than 2^-140.
fn digest(h: &Hasher, table: Table) -> Digest {
    let mut random = Random(h, h.chain(table.name().as_bytes()));
    let mut end = Digest::ZERO;
    for _ in 0..5 {
        let next = if table.reads_next_row() { table.columns() } else { 0 };
        let mut point = AtPoint {
            rows: [random.take(table.columns()), random.take(next)],
            publics: random.take(table.publics()),
            selectors: random.take(3).try_into().unwrap(),
            values: Vec::new(),
        };
        table.eval(&mut point);
        for block in point.values.chunks(8) {
            let mut padded = Digest::ZERO;
            padded.0[..block.len()].copy_from_slice(block);
            end = h.compress(&end, &padded);
        }
    }
    end
}

fn describe(verifier: &Verifier, table: Table) -> String {
    let layout = AirLayout::from_air::<Val>(&table);
    let mut builder = InteractionSymbolicBuilder::<Val, Challenge>::new(layout);
    table.eval(&mut builder);
    let mut out = String::new();
    let mut line = |text: String| writeln!(out, "{text}").unwrap();

    line(format!("table {}: at most 2^{} rows", table.name(), table.max_log_height()));
    line(format!("public values: {}", table.publics()));
    line(format!("reads the next row: {}", table.reads_next_row()));
    let mut degrees: BTreeMap<usize, usize> = BTreeMap::new();
    for constraint in builder.base_constraints() {
        *degrees.entry(constraint.degree_multiple()).or_default() += 1;
    }
    assert!(degrees.keys().all(|&degree| degree <= MAX_DEGREE), "{}: {degrees:?}", table.name());
    line(format!("constraints: {}", degrees.values().sum::<usize>()));
    for (degree, count) in degrees {
        line(format!("  of degree {degree}: {count}"));
    }

    let mut buses: BTreeMap<String, usize> = BTreeMap::new();
    for i in builder.global_interactions() {
        let fields = i.fields.iter().map(|f| f.degree_multiple()).max().unwrap_or(0);
        let key = format!(
            "{}, width {}, weight {}, degrees {} and {}",
            i.bus_name,
            i.fields.len(),
            i.count_weight,
            i.count.degree_multiple(),
            fields
        );
        *buses.entry(key).or_default() += 1;
    }
    line(format!("interactions: {}", buses.values().sum::<usize>()));
    for (bus, count) in buses {
        line(format!("  {bus}: {count}"));
    }
    let lookups = verifier.lookups(table);
    let gadget = LogUpGadget::new();
    let degree = |lookup| gadget.constraint_degree_with_transition(lookup, 0);
    let degree = lookups.iter().map(degree).max().unwrap_or(0);
    assert!(degree <= MAX_DEGREE, "{}", table.name());
    line(format!("look-up columns: {}, degree {degree}", lookups.len()));
    line(format!("columns: {}", table.columns()));
    for (column, name) in table.column_names().iter().enumerate() {
        line(format!("  {column} {name}"));
    }
    line(format!("digest: {}", digest(verifier.hasher(), table)));
    out
}

#[test]
fn the_circuits_are_pinned() {
    let verifier = Verifier::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots");
    for &table in Table::ALL {
        let path = format!("{folder}/{}.txt", table.name().to_lowercase());
        let now = describe(&verifier, table);
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, now).unwrap();
            continue;
        }
        let pinned = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(pinned == now, "{} differs from {path}; it is now\n{now}", table.name());
    }
}

/// A shorter tuple is a longer one that starts with zeros, so a bus has tuples of one width.
#[test]
fn a_bus_has_one_width() {
    let mut widths: BTreeMap<String, usize> = BTreeMap::new();
    for table in Table::ALL {
        let mut builder =
            InteractionSymbolicBuilder::<Val, Challenge>::new(AirLayout::from_air::<Val>(table));
        table.eval(&mut builder);
        for i in builder.global_interactions() {
            let width = *widths.entry(i.bus_name.clone()).or_insert(i.fields.len());
            assert_eq!(i.fields.len(), width, "{} in {}", i.bus_name, table.name());
        }
    }
    assert_eq!(widths.len(), 14);
}

/// What each of the gas accumulators can gain in a segment is less than the field's order, so neither wraps: a byte for each
/// row of the processor, and a byte for each word or term that is paid for, which has a row of its own.
#[test]
fn gas_does_not_wrap() {
    let paid_by_row = [Table::Cpu, Table::Io, Table::Dot];
    let most: u64 = paid_by_row.iter().map(|table| 255u64 << table.max_log_height()).sum();
    assert!(most < u64::from(Val::ORDER_U32));
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/soundness/cpu.md");
    let page = std::fs::read_to_string(page).unwrap();
    let digits = most.to_string();
    let thousands: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
    let sum = format!("255 (2^21 + 2^21 + 2^21) = {} < p", thousands.join(","));
    assert!(page.contains(&sum), "docs/soundness/cpu.md must have: {sum}");
}

/// What is looked up on a bus, over all tables at their highest, is less than the field's order: no multiplicity
/// wraps.
#[test]
fn multiplicities_do_not_wrap() {
    let mut asked: BTreeMap<String, u64> = BTreeMap::new();
    for table in Table::ALL {
        let mut builder =
            InteractionSymbolicBuilder::<Val, Challenge>::new(AirLayout::from_air::<Val>(table));
        table.eval(&mut builder);
        for i in builder.global_interactions() {
            *asked.entry(i.bus_name.clone()).or_default() +=
                u64::from(i.count_weight) << table.max_log_height();
        }
    }
    for (bus, asked) in asked {
        assert!(asked < u64::from(Val::ORDER_U32), "{bus}: {asked}");
    }
}
