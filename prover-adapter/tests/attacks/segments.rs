//! Lies about where one segment ends and the next begins.

use ember_isa::{Op, ecall};
use ember_memory::{Digest, page_of, tree};
use ember_prover_adapter::{Execution, Proof, SegmentLimits, Statement, Witness};
use ember_verifier::air::{HeapCols, MemoryCols, Table};
use ember_verifier::params::Val;
use ember_verifier::{Boundary, VerifyError};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::dense::RowMajorMatrix;

use crate::common::checker::{Rejection, check_all};
use crate::common::programs::{self, call, exit, i, li, place, record};
use crate::common::recount::recount_honestly;
use crate::common::{Case, prove};
use crate::statement::proof_copy;
use crate::{By, Forgery, verifier};

fn limits(instructions: usize) -> SegmentLimits {
    SegmentLimits { instructions, ..Default::default() }
}

fn cut(execution: &Execution, instructions: usize) -> Vec<Case> {
    let cases = Case::segments(verifier(), execution, limits(instructions)).unwrap();
    assert!(cases.len() > 1);
    cases
}

fn verify(cases: Vec<Case>) -> Result<(), VerifyError> {
    let (statement, proof) = prove(cases, verifier()).unwrap();
    verifier().verify(&statement, &proof)
}

/// What stops a lie about segment `n`, which is proven with the others.
#[track_caller]
fn fails(mut cases: Vec<Case>, n: usize, by: By) {
    let h = verifier().hasher();
    recount_honestly(&mut cases[n], h);
    let found = match check_all(&cases[n].segment.tables, &cases[n].publics(h), h) {
        Err(Rejection::Constraint(table, ..)) => By::Constraint(table),
        Err(Rejection::Bus(bus)) => By::Bus(bus),
        Ok(()) => panic!("the forgery is accepted"),
    };
    assert_eq!(found, by);
    match verify(cases) {
        Err(VerifyError::Stark(_)) => {}
        other => panic!("not rejected by the STARK: {other:?}"),
    }
}

fn table(case: &mut Case, table: Table) -> &mut RowMajorMatrix<Val> {
    let tables = &mut case.segment.tables;
    &mut tables.iter_mut().find(|(t, _)| *t == table).unwrap_or_else(|| panic!("no {}", table.name())).1
}

fn honest() -> (Statement, Proof) {
    prove(cut(&record(&programs::segments()), 60), verifier()).unwrap()
}

#[test]
fn a_run_is_the_same_however_it_is_cut() {
    let execution = record(&programs::segments());
    let whole = Case::of(verifier(), &execution).unwrap().head;
    let steps = execution.steps.len();
    for instructions in [1 + steps / 2, steps - 1, 60, 37] {
        let cases = cut(&execution, instructions);
        assert_eq!(cases.len(), steps.div_ceil(instructions));
        assert_eq!(cases[0].head, whole);
        assert_eq!(verify(cases), Ok(()), "{instructions}");
    }
    // Cut by what ecalls pass over, and by what is hashed.
    for limits in [
        SegmentLimits { words: 3, ..Default::default() },
        SegmentLimits { hashes: 100, ..Default::default() },
        SegmentLimits { instructions: 200, words: 5, hashes: 400, cells: 1 },
    ] {
        let cases = Case::segments(verifier(), &execution, limits).unwrap();
        assert!(cases.len() > 1, "{limits:?}");
        assert_eq!(verify(cases), Ok(()), "{limits:?}");
    }
}

#[test]
fn segments_are_the_runs_and_in_order() {
    let (statement, proof) = honest();
    assert_eq!(verifier().verify(&statement, &proof), Ok(()));
    let refuse = |what: &str, edit: &dyn Fn(&mut Proof)| {
        let mut lie = proof_copy(&proof);
        edit(&mut lie);
        assert!(verifier().verify(&statement, &lie).is_err(), "{what}");
    };
    let count = proof.segments.len();
    assert!(count > 2);
    for n in 0..count {
        refuse("left out", &|p| drop(p.segments.remove(n)));
        refuse("twice", &|p| {
            let again = proof_copy(p).segments.remove(n);
            p.segments.insert(n, again);
        });
        refuse("swapped", &|p| p.segments.swap(n, (n + 1) % count));
        refuse("with another's end", &|p| p.segments[n].end = p.segments[(n + 1) % count].end);
        refuse("with another's proof", &|p| {
            let other = proof_copy(p).segments.remove((n + 1) % count);
            p.segments[n].stark = other.stark;
        });
        type Edit = (&'static str, fn(&mut Boundary));
        let edits: [Edit; 13] = [
            ("pc", |end| end.pc += 4),
            ("odd pc", |end| end.pc += 1),
            ("register", |end| end.regs[7] ^= 1),
            ("gas", |end| end.gas[0] += 1),
            ("gas modulo p", |end| end.gas[1] += 0x7f00_0001),
            ("instructions", |end| end.instructions -= 1),
            ("more instructions", |end| end.instructions = u32::MAX),
            ("journal", |end| end.journal_len = end.journal_len.wrapping_sub(1)),
            ("private bytes", |end| end.private_bytes += 1),
            ("private bytes modulo p", |end| end.private_bytes += 0x7f00_0001),
            ("memory", |end| end.memory = Some(Digest::ZERO)),
            ("other memory", |end| end.memory.as_mut().unwrap().0[7] += Val::ONE),
            ("no memory", |end| end.memory = None),
        ];
        for (what, edit) in edits {
            refuse(what, &|p| edit(&mut p.segments[n].end));
        }
    }
    for n in 0..count {
        refuse("cut short", &|p| p.segments.truncate(n));
    }
    // A byte of the journal moves to the segment before.
    let n = (1..count).find(|&n| proof.segments[n].end.journal_len > 0).unwrap();
    refuse("journal", &|p| {
        p.segments[n].end.journal_len -= 1;
        p.segments[n - 1].end.journal_len += 1;
    });
}

/// Bytes of private input are counted in the segment that reads them; the sum is the statement's.
#[test]
fn private_bytes_are_counted_where_they_are_read() {
    let read = |len| call(ecall::READ, &[ecall::FD_INPUT, place().data + 1, len]);
    let code = [read(9), vec![i(Op::Fence, 0, 0, 0, 0); 8], read(30), exit(0)].concat();
    let cases = cut(&record(&code), 6);
    let counts: Vec<u32> = cases.iter().map(|case| case.segment.end.private_bytes).collect();
    let read: Vec<usize> = (0..cases.len()).filter(|&n| counts[n] > 0).collect();
    assert_eq!(cases[0].head.statement.private_bytes, 36);
    assert_eq!(read.iter().map(|&n| counts[n]).collect::<Vec<_>>(), [9, 27]);
    assert_eq!(verify(cases.clone()), Ok(()));
    // One less, one more, none: in the segment and in the statement.
    for (n, change) in [(read[0], -1), (read[1], 1), (read[1], -27)] {
        let mut cases = cases.clone();
        for case in &mut cases {
            case.head.statement.private_bytes = 36_u64.wrapping_add_signed(change);
        }
        let count = &mut cases[n].segment.end.private_bytes;
        *count = count.wrapping_add_signed(change as i32);
        fails(cases, n, By::Constraint(Table::Io));
    }
    // A byte of one is counted in the other, or where nothing is read.
    let mut lie = cases.clone();
    lie[read[0]].segment.end.private_bytes -= 1;
    lie[read[1]].segment.end.private_bytes += 1;
    fails(lie, read[0], By::Constraint(Table::Io));
    let mut lie = cases.clone();
    let none = counts.iter().position(|&n| n == 0).unwrap();
    lie[none].segment.end.private_bytes = 1;
    lie[read[1]].segment.end.private_bytes -= 1;
    assert_eq!(verify(lie), Err(VerifyError::Tables));
    // In the statement alone; and of what a segment can at most read.
    let mut lie = cases.clone();
    lie.iter_mut().for_each(|case| case.head.statement.private_bytes = 0);
    assert_eq!(verify(lie), Err(VerifyError::OtherEnding("in another state")));
    let mut lie = cases;
    lie.iter_mut().for_each(|case| case.head.statement.private_bytes = 36 + u64::from(Val::ORDER_U32));
    lie[read[0]].segment.end.private_bytes += Val::ORDER_U32;
    assert_eq!(verify(lie), Err(VerifyError::Range("the number of a segment's private bytes")));
}

/// Stores to the data pages and to the heap, and loads it again, a segment each.
fn store_and_load() -> Vec<Case> {
    let code = [
        li(8, place().heap),
        li(9, place().data),
        vec![i(Op::Sw, 0, 8, 8, 0), i(Op::Sw, 0, 9, 8, 0)],
        vec![
            i(Op::Lw, 12, 8, 0, 0),
            i(Op::Lw, 13, 9, 0, 0),
            i(Op::Fence, 0, 0, 0, 0),
            i(Op::Fence, 0, 0, 0, 0),
        ],
        exit(0),
    ];
    let cases = cut(&record(&code.concat()), 6);
    assert_eq!(verify(cases.clone()), Ok(()));
    cases
}

/// Zeroed memory is pristine in the first segment alone, and then it is proven to be so by the tree.
#[test]
fn memory_is_what_the_segment_before_left() {
    // The first word of the heap is zero again.
    let mut cases = store_and_load();
    let width = MemoryCols::<()>::WIDTH;
    let rows = table(&mut cases[1], Table::Memory);
    let row = rows
        .values
        .chunks_exact(width)
        .position(|row| MemoryCols::from_row(row).index == Val::from_u32(place().heap / 16))
        .unwrap();
    let mut leaf = MemoryCols::from_row(&rows.values[row * width..(row + 1) * width]);
    leaf.before[0] += Val::ONE;
    leaf.write(&mut rows.values[row * width..(row + 1) * width]);
    fails(cases, 1, By::Bus("mem"));

    // By the table of zeroed memory: the verifier does not take it.
    let mut cases = store_and_load();
    let heap = RowMajorMatrix::new(Val::zero_vec(HeapCols::<()>::WIDTH), HeapCols::<()>::WIDTH);
    let tables = &mut cases[1].segment.tables;
    let at = tables.iter().position(|(t, _)| *t > Table::Heap).unwrap();
    tables.insert(at, (Table::Heap, heap));
    assert_eq!(verify(cases), Err(VerifyError::Tables));

    // By the image: writable pages are read from there in a whole run alone.
    let mut cases = store_and_load();
    let mut whole =
        Forgery::of(&record(&[li(8, place().data), vec![i(Op::Lw, 9, 8, 0, 0)], exit(0)].concat()));
    let data = whole.matrix(Table::Data).clone();
    let tables = &mut cases[1].segment.tables;
    let at = tables.iter().position(|(t, _)| *t > Table::Data).unwrap();
    tables.insert(at, (Table::Data, data));
    fails(cases, 1, By::Constraint(Table::Data));

    // The tree stays as it was, though memory changes.
    let mut cases = store_and_load();
    cases[0].segment.end.memory = Some(cases[0].segment.start.memory);
    cases[1].segment.start.memory = cases[0].segment.start.memory;
    fails(cases, 0, By::Bus("update"));
    // Without the table that would say so.
    let mut cases = store_and_load();
    cases[0].segment.tables.retain(|(t, _)| *t != Table::MemoryNode);
    assert_eq!(verify(cases), Err(VerifyError::Tables));
    let mut cases = store_and_load();
    cases[0].segment.tables.retain(|(t, _)| *t != Table::MemoryNode);
    cases[0].segment.end.memory = Some(cases[0].segment.start.memory);
    fails(cases, 0, By::Bus("update"));
    // With a table of nodes that does nothing, and any root.
    let mut cases = store_and_load();
    table(&mut cases[0], Table::MemoryNode).values.fill(Val::ZERO);
    fails(cases, 0, By::Constraint(Table::MemoryNode));
}

#[test]
fn a_fresh_page_is_one_that_is_not_there() {
    use ember_verifier::air::MemoryNodeCols;
    let width = MemoryNodeCols::<()>::WIDTH;
    let find = |case: &mut Case, page: u32| {
        let rows = table(case, Table::MemoryNode);
        let is_it = |row: &[Val]| {
            let cols = MemoryNodeCols::from_row(row);
            cols.page == Val::ONE && cols.index == Val::from_u32(page)
        };
        rows.values.chunks_exact(width).position(is_it).unwrap()
    };
    let edit = |case: &mut Case, row: usize, change: &dyn Fn(&mut MemoryNodeCols<Val>)| {
        let cells = &mut table(case, Table::MemoryNode).values[row * width..(row + 1) * width];
        let mut cols = MemoryNodeCols::from_row(cells);
        change(&mut cols);
        cols.write(cells);
    };
    let h = verifier().hasher();
    let zero = tree::zero_page_root(h);
    // A page that the segment before filled.
    let mut cases = store_and_load();
    let row = find(&mut cases[1], page_of(place().heap));
    edit(&mut cases[1], row, &|cols| {
        cols.fresh = Val::ONE;
        cols.before[..8].fill(Val::ZERO);
        cols.before[8..16].copy_from_slice(&zero.0);
        cols.room[2] = Val::from_u32(3);
    });
    fails(cases, 1, By::Bus("update"));
    // A page of the image.
    let mut cases = store_and_load();
    let row = find(&mut cases[0], page_of(place().data));
    edit(&mut cases[0], row, &|cols| {
        cols.fresh = Val::ONE;
        cols.before[..8].fill(Val::ZERO);
        cols.before[8..16].copy_from_slice(&zero.0);
    });
    fails(cases, 0, By::Constraint(Table::MemoryNode));
    // A page beyond the heap: the tables of a run under a higher limit.
    let beyond = programs::place().heap_end;
    let config = ember_vm::RunConfig { memory_limit: programs::MEMORY_LIMIT + 0x1000, ..programs::config() };
    let code = [li(8, beyond), vec![i(Op::Sw, 0, 8, 8, 0)], exit(0)].concat();
    let mut cases = cut(&programs::record_with(&code, config), 3);
    let n =
        cases.iter_mut().position(|case| case.segment.tables.iter().any(|(t, _)| *t == Table::MemoryNode));
    let n = n.unwrap();
    for case in &mut cases {
        case.head.statement.memory_limit = programs::MEMORY_LIMIT;
    }
    fails(cases.clone(), n, By::Constraint(Table::MemoryNode));
    let row = find(&mut cases[n], page_of(beyond));
    edit(&mut cases[n], row, &|cols| cols.room[2] = -Val::ONE);
    fails(cases, n, By::Bus("range16"));
}

#[test]
fn counters_go_on_from_segment_to_segment() {
    let mut cases = cut(&record(&programs::segments()), 60);
    let n =
        (1..cases.len()).find(|&n| cases[n].segment.tables.iter().any(|(t, _)| *t == Table::Csr)).unwrap();
    cases[n].segment.start.gas -= 1;
    let h = verifier().hasher();
    let found = check_all(&cases[n].segment.tables, &cases[n].publics(h), h);
    assert!(matches!(found, Err(Rejection::Constraint(Table::Csr, ..))), "{found:?}");
}

/// A run that ends with a fault in its last segment ends with that fault.
#[test]
fn every_ending_of_a_cut_run_is_provable() {
    for last in [
        exit(9),
        vec![i(Op::Ebreak, 0, 0, 0, 0)],
        vec![0],
        [li(8, 0x10), vec![i(Op::Lw, 9, 8, 0, 0)]].concat(),
        call(0x2000, &[place().data, 4, place().data, 4]),
        call(ecall::WRITE, &[ecall::FD_JOURNAL, 0x10, 4]),
    ] {
        let code = [li(8, place().heap), vec![i(Op::Sw, 0, 8, 8, 0), i(Op::Lw, 9, 8, 0, 0)], last].concat();
        let cases = cut(&record(&code), 2);
        assert_eq!(verify(cases), Ok(()));
    }
}

/// Nothing in a cut run depends on how it is proven: witnesses are a function of the run.
#[test]
fn witnesses_are_reproducible() {
    let execution = record(&programs::segments());
    let all = || -> Vec<Witness> { cut(&execution, 60).into_iter().map(|case| case.segment).collect() };
    for (a, b) in all().into_iter().zip(all()) {
        assert_eq!(a.end, b.end);
        assert!(a.tables == b.tables);
    }
}
