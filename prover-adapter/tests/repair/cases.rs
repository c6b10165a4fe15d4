//! Case tables to begin with, and how far to search in each.

use std::collections::{BTreeMap, HashMap};

use ember_gates::repair::{Circuit, Limits};
use ember_prover_adapter::{Execution, SegmentLimits, witnesses};
use ember_verifier::Verifier;
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::PrimeField32;

use crate::oracle::{World, states};
use crate::{programs, specimen};

/// An honest table.
pub struct Case {
    /// Of which run.
    pub name: &'static str,
    pub world: World,
    pub cells: Vec<Val>,
    pub publics: Vec<Val>,
}

/// How a table is searched.
#[derive(Clone)]
pub struct Plan {
    pub limits: Limits,
    /// Public values that a prover states.
    pub publics: Vec<usize>,
}

impl Plan {
    pub fn of(table: Table) -> Self {
        let publics = match table {
            Table::Cpu => states(),
            Table::Journal => (0..8).collect(),
            Table::Io => vec![8, 9],
            // What was before the segment: any numbers.
            Table::Csr => (0..8).collect(),
            _ => Vec::new(),
        };
        let propagate = matches!(table, Table::Poseidon2 | Table::Sha256 | Table::Keccak);
        let limits = if propagate {
            Limits { depth: 0, branch: 1, nodes: 2_000, propagate }
        } else {
            Limits { depth: 10, branch: 3, nodes: 60, propagate }
        };
        Self { limits, publics }
    }
}

fn of_run(
    verifier: &Verifier,
    name: &'static str,
    run: &Execution,
    instructions: usize,
    keep: impl Fn(usize, Table) -> bool,
    out: &mut Vec<Case>,
) {
    let limits = SegmentLimits { instructions, ..Default::default() };
    let (head, segments) = witnesses(verifier, run, limits).expect("honest witnesses");
    let mut code = HashMap::new();
    for segment in run.image.segments() {
        for address in (segment.start()..=segment.end().wrapping_sub(1)).step_by(4) {
            if let Some(word) = run.image.code_word(address) {
                code.insert(address, word);
            }
        }
    }
    let h = verifier.hasher();
    for (n, segment) in segments.into_iter().enumerate() {
        let publics = segment.publics(h, &head).expect("a layout");
        let before = match segment.tables.iter().position(|(table, _)| *table == Table::Csr) {
            Some(csr) => [0, 4].map(|from| {
                let limbs = publics[csr][from..from + 4].iter().rev();
                limbs.fold(0, |sum, limb| sum << 16 | u64::from(limb.as_canonical_u32()))
            }),
            None => [0, 0],
        };
        for ((table, matrix), publics) in segment.tables.into_iter().zip(publics) {
            if !keep(n, table) {
                continue;
            }
            let world = World { table, code: code.clone(), before, hasher: h.clone() };
            out.push(Case { name, world, cells: matrix.values, publics });
        }
    }
}

/// Every table of runs that together fill them all.
pub fn all(verifier: &Verifier) -> Vec<Case> {
    let mut out = Vec::new();
    let mut run =
        |name, base: usize, code: fn() -> Vec<u32>, instructions, keep: &dyn Fn(usize, Table) -> bool| {
            let run = || programs::record(&code());
            let execution = programs::with_base(programs::BASES[base], run);
            of_run(verifier, name, &execution, instructions, keep, &mut out);
        };
    let whole = usize::MAX;
    let calls = [
        Table::Permute,
        Table::Dot,
        Table::Sha256,
        Table::Keccak,
        Table::MulMod,
        Table::Context,
        Table::Operand,
        Table::Element,
    ];
    let operations = [
        Table::Rom,
        Table::Cpu,
        Table::Bitwise,
        Table::Shift,
        Table::Part,
        Table::Mul,
        Table::Div,
        Table::Csr,
    ];
    let segmented =
        [Table::Data, Table::Memory, Table::MemoryNode, Table::Csr, Table::Cpu, Table::Journal, Table::Io];
    let boundaries = [Table::Code, Table::Data, Table::Heap, Table::Merkle];
    run("arithmetic", 0, programs::arithmetic, whole, &|_, _| true);
    run("memory", 0, programs::memory, whole, &|_, _| true);
    run("memory at the top", 3, programs::memory, whole, &|_, t| boundaries.contains(&t));
    run("operands 1", 1, || programs::operands(1), whole, &|_, t| operations.contains(&t));
    run("operands 2", 2, || programs::operands(2), whole, &|_, t| operations.contains(&t));
    run("journal 1", 3, || programs::journal(1), whole, &|_, t| matches!(t, Table::Journal | Table::Io));
    run("journal 23", 3, || programs::journal(23), whole, &|_, t| matches!(t, Table::Journal | Table::Io));
    run("segments", 0, programs::segments, 60, &|n, t| n < 3 && segmented.contains(&t));
    run("accelerators", 1, programs::accelerators, whole, &|_, t| calls.contains(&t));
    // Tables without padding but in the last row, so that what a row changes is soon at the end.
    run("seven", 1, || programs::few(7), whole, &|_, t| t == Table::Cpu);
    run("three", 2, || programs::few(3), whole, &|_, t| t == Table::Cpu);
    run("stale", 0, programs::stale, whole, &|_, t| t == Table::Touch);
    out
}

/// The decoder's tables as those of the specimen.
pub fn specimens(verifier: &Verifier) -> Vec<Case> {
    let mut roms = all(verifier);
    roms.retain(|case| case.world.table == Table::Rom);
    for case in &mut roms {
        let width = Table::Rom.columns();
        case.cells = case.cells.chunks_exact(width).flat_map(specimen::row).collect();
    }
    roms
}

/// Columns that say what a row is for.
const KINDS: [&str; 30] = [
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
    "fresh",
    "inner",
    "roots",
    "montgomery",
    "cut",
];

/// Rows that stand for all: the first and the last of each kind, and of the table.
pub fn rows(circuit: &Circuit, case: &Case) -> Vec<usize> {
    let width = circuit.columns.len();
    let kind = |c: &usize| KINDS.contains(&circuit.columns[*c].split('[').next().expect("a name"));
    let columns: Vec<usize> = (0..width).filter(kind).collect();
    let mut kinds: BTreeMap<Vec<Val>, (usize, usize)> = BTreeMap::new();
    let height = case.cells.len() / width;
    for (row, cells) in case.cells.chunks_exact(width).enumerate() {
        kinds.entry(columns.iter().map(|&c| cells[c]).collect()).or_insert((row, row)).1 = row;
    }
    let mut rows = vec![0, height - 1];
    rows.extend(kinds.values().flat_map(|(first, last)| [*first, *last]));
    rows.sort();
    rows.dedup();
    rows
}
