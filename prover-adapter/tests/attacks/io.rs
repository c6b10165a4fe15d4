//! Lies about what was read and written.

use ember_isa::ecall;
use ember_verifier::VerifyError;
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::{PrimeCharacteristicRing, PrimeField32};

use crate::common::programs::{call, exit, place, record};
use crate::{By, Forgery};

fn journal() -> Forgery {
    let write = |ptr, len| call(ecall::WRITE, &[ecall::FD_JOURNAL, ptr, len]);
    Forgery::of(&record(&[write(place().data + 1, 6), write(place().constants + 2, 20), exit(0)].concat()))
}

/// Says that the journal was another, with blocks and chain to match.
fn say(lie: &mut Forgery, journal: &[u8]) {
    let h = crate::verifier().hasher();
    let mut chain = ember_memory::Digest::ZERO;
    for row in 0..lie.height(Table::Journal) {
        let block = journal.chunks(16).nth(row).unwrap_or(&[]);
        let before = chain;
        if !block.is_empty() {
            chain = h.compress(&chain, &ember_memory::digest::block(block));
        }
        lie.set(Table::Journal, row, "block", Val::from_usize(row.min(journal.len().div_ceil(16))));
        lie.set(Table::Journal, row, "real", Val::from_bool(!block.is_empty()));
        for i in 0..16 {
            lie.set(Table::Journal, row, &format!("present[{i}]"), Val::from_bool(i < block.len()));
            let byte = Val::from_u8(*block.get(i).unwrap_or(&0));
            lie.set(Table::Journal, row, &format!("bytes[{i}]"), byte);
        }
        for i in 0..8 {
            lie.set(Table::Journal, row, &format!("before[{i}]"), before.0[i]);
            lie.set(Table::Journal, row, &format!("after[{i}]"), chain.0[i]);
        }
    }
    lie.0.head.statement.journal = journal.to_vec();
}

#[test]
fn the_journal_is_what_was_written() {
    let honest = journal();
    let truth = honest.0.head.statement.journal.clone();
    let mut other = honest.copy();
    other.0.head.statement.journal[0] ^= 1;
    other.fails(By::Constraint(Table::Journal));
    let forged = |f: &dyn Fn(&mut Vec<u8>)| {
        let mut lie = honest.copy();
        let mut bytes = truth.clone();
        f(&mut bytes);
        say(&mut lie, &bytes);
        lie
    };
    // Of the same length.
    forged(&|b| b[3] ^= 0x10).fails(By::Bus("stream"));
    forged(&|b| b.reverse()).fails(By::Bus("stream"));
    forged(&|b| b.swap(5, 6)).fails(By::Bus("stream"));
    // Shorter, longer, empty.
    for lie in [forged(&|b| b.truncate(25)), forged(&|b| b.push(0)), forged(&|b| b.clear())] {
        lie.fails(By::Constraint(Table::Io));
    }
    // Without the tables that bind it.
    let mut lie = honest.copy();
    lie.0.segment.tables.retain(|(t, _)| *t != Table::Journal);
    let (statement, proof) = lie.proven();
    assert_eq!(crate::verifier().verify(&statement, &proof), Err(VerifyError::Tables));
    let mut lie = honest.copy();
    lie.0.segment.tables.retain(|(t, _)| !matches!(t, Table::Journal | Table::Io));
    lie.0.head.statement.journal.clear();
    lie.fails(By::Bus("mem"));
}

#[test]
fn calls_to_the_journal_stay_in_order_and_in_the_journal() {
    // The second call's rows first.
    let honest = journal();
    let mut lie = honest.copy();
    let starts = lie.rows(Table::Io, "start", 1);
    let end = lie.rows(Table::Io, "real", 1).len();
    let order: Vec<usize> = (starts[1]..end).chain(0..starts[1]).collect();
    let mut position = 0;
    for (to, from) in order.into_iter().enumerate() {
        let row = honest.row(Table::Io, from).to_vec();
        lie.set_row(Table::Io, to, &row);
        lie.set(Table::Io, to, "journal", Val::from_u32(position));
        position += (0..4)
            .filter(|i| row[crate::column(Table::Io, &format!("lane[{i}]"))] == Val::ONE)
            .count() as u32;
    }
    let (head, tail) = honest.0.head.statement.journal.split_at(6);
    say(&mut lie, &[tail, head].concat());
    lie.copy().fails(By::Constraint(Table::Io));
    // With a gap in time that says so.
    let second = end - starts[1];
    let gap = lie.get(Table::Io, second, "clk") - lie.get(Table::Io, 0, "clk") - Val::ONE;
    lie.set(Table::Io, second, "clk_gap[0]", gap);
    lie.set(Table::Io, second, "clk_gap[1]", Val::ZERO);
    lie.fails(By::Bus("range16"));

    // A write to the console is none to the journal, and the reverse.
    for (from, to) in [(2, 1), (1, 2)] {
        let fd = if from == 2 { ecall::FD_JOURNAL } else { ecall::FD_STDOUT };
        let mut lie = Forgery::of(&record(&[call(ecall::WRITE, &[fd, place().data, 4]), exit(0)].concat()));
        lie.set(Table::Io, 0, &format!("kind[{from}]"), Val::ZERO);
        lie.set(Table::Io, 0, &format!("kind[{to}]"), Val::ONE);
        lie.fails(By::Constraint(Table::Io));
    }
}

fn read() -> Forgery {
    Forgery::of(&record(&[call(ecall::READ, &[ecall::FD_INPUT, place().heap + 1, 6]), exit(0)].concat()))
}

#[test]
fn private_input_goes_where_it_is_read_to() {
    // A byte is left out, with the count of those delivered put right.
    let mut lie = read();
    lie.set(Table::Io, 0, "fresh[2]", Val::ZERO);
    lie.set(Table::Io, 0, "new[2]", Val::ZERO);
    lie.fails(By::Constraint(Table::Io));
    // A byte before the pointer, or beyond the length.
    for (row, byte) in [(0, 0), (1, 3)] {
        let mut lie = read();
        lie.set(Table::Io, row, &format!("new[{byte}]"), Val::TWO);
        lie.copy().fails(By::Constraint(Table::Io));
        lie.set(Table::Io, row, &format!("fresh[{byte}]"), Val::ONE);
        lie.copy().fails(By::Constraint(Table::Io));
        lie.set(Table::Io, row, &format!("lane[{byte}]"), Val::ONE);
        lie.fails(By::Constraint(Table::Io));
    }
    // A byte that is none.
    let mut lie = read();
    let change = Val::from_u32(256) - lie.get(Table::Io, 0, "new[1]");
    lie.set(Table::Io, 0, "new[1]", Val::from_u32(256));
    let last = lie.get(Table::Heap, 0, "last[0]") + change * Val::from_u32(256);
    lie.set(Table::Heap, 0, "last[0]", last);
    lie.fails(By::Bus("range8"));
    // Bytes are not the program's to expect: another byte is another private input.
    let mut other = read();
    other.add(Table::Io, 0, "new[1]", 1);
    other.add(Table::Heap, 0, "last[0]", 256);
    other.verifies();
}

#[test]
fn a_result_is_what_was_delivered() {
    for change in [-1, 1] {
        let mut lie = read();
        let ecall = lie.family(ember_isa::Family::Ecall);
        lie.add(Table::Cpu, ecall, "w[0]", change);
        lie.add(Table::Cpu, ecall + 1, "regs[18]", change);
        lie.add(Table::Io, 0, "w[0]", change);
        lie.copy().fails(By::Constraint(Table::Io));
        lie.add(Table::Io, 0, "due", change);
        lie.fails(By::Constraint(Table::Io));
    }
}

#[test]
fn private_bytes_are_those_that_were_read() {
    let honest = read();
    assert_eq!(honest.0.head.statement.private_bytes, 6);
    honest.copy().verifies();
    let rows = honest.height(Table::Io);
    let say = |bytes: u64| {
        let mut lie = honest.copy();
        lie.0.head.statement.private_bytes = bytes;
        lie
    };
    for bytes in [0, 5, 7, 1 << 22] {
        // The number alone; counted from another start; by another step; with a byte that is not counted.
        say(bytes).fails(By::Constraint(Table::Io));
        let change = bytes as i32 - 6;
        for first in 0..rows {
            let mut lie = say(bytes);
            (first..rows).for_each(|row| lie.add(Table::Io, row, "private", change));
            lie.fails(By::Constraint(Table::Io));
        }
    }
    let mut lie = say(5);
    lie.set(Table::Io, 1, "fresh[2]", Val::ZERO);
    lie.copy().fails(By::Constraint(Table::Io));
    lie.add(Table::Io, 0, "due", -1);
    lie.add(Table::Io, 1, "due", -1);
    lie.fails(By::Constraint(Table::Io));
    // A call that is said to be another: a write to the console, or a read of a bad descriptor.
    for kind in [1, 3] {
        let mut lie = say(0);
        for row in 0..rows {
            if lie.get(Table::Io, row, "real") == Val::ONE {
                lie.set(Table::Io, row, "kind[0]", Val::ZERO);
                lie.set(Table::Io, row, &format!("kind[{kind}]"), Val::ONE);
                (0..4).for_each(|i| lie.set(Table::Io, row, &format!("fresh[{i}]"), Val::ZERO));
            }
            lie.set(Table::Io, row, "private", Val::ZERO);
            lie.set(Table::Io, row, "due", Val::ZERO);
        }
        lie.fails(By::Constraint(Table::Io));
    }
    // What is written, or asked for and not there, is not read.
    let none = |code: &[Vec<u32>]| {
        let honest = Forgery::of(&record(&[&code.concat()[..], &exit(0)].concat()));
        assert_eq!(honest.0.head.statement.private_bytes, 0);
        honest.copy().verifies();
        let mut lie = honest;
        lie.0.head.statement.private_bytes = 4;
        lie
    };
    none(&[call(ecall::WRITE, &[ecall::FD_JOURNAL, place().data, 4])]).fails(By::Constraint(Table::Io));
    none(&[call(ecall::READ, &[7, place().data, 4])]).fails(By::Constraint(Table::Io));
    none(&[call(ecall::READ, &[ecall::FD_INPUT, place().data, 0])]).fails(By::Constraint(Table::Io));
    // A run that asks for nothing has no table that counts.
    assert_eq!(none(&[]).seen_through(), VerifyError::Tables);
    // No number stands for another modulo p.
    let (statement, mut proof) = say(6).proven();
    proof.segments[0].end.private_bytes += Val::ORDER_U32;
    let lie = ember_prover_adapter::Statement { private_bytes: 6 + u64::from(Val::ORDER_U32), ..statement };
    let refused = crate::verifier().verify(&lie, &proof);
    assert_eq!(refused, Err(VerifyError::Range("the number of a segment's private bytes")));
}

#[test]
fn ecalls_are_not_skipped_and_not_cheaper() {
    let mut lie = read();
    lie.0.segment.tables.retain(|(t, _)| *t != Table::Io);
    lie.0.head.statement.private_bytes = 0;
    let by = lie.stopped_by();
    assert!(matches!(by, By::Bus("mem" | "aux")), "{by:?}");

    let mut lie = read();
    let ecall = lie.family(ember_isa::Family::Ecall);
    for row in ecall + 1..lie.height(Table::Cpu) {
        lie.add(Table::Cpu, row, "gas[0]", -1);
    }
    lie.add(Table::Cpu, ecall, "own[0]", -1);
    lie.add(Table::Io, 0, "inc[0]", -1);
    lie.0.segment.end.gas[0] -= 1;
    lie.0.head.statement.gas_used -= 1;
    lie.copy().fails(By::Constraint(Table::Io));
    // By a word less.
    lie.add(Table::Io, 0, "size_word", -1);
    lie.fails(By::Constraint(Table::Io));
}

#[test]
fn a_call_is_cut_where_it_is_too_long() {
    for (len, size) in
        [(0x8012_3457, 0x8012_3457), (1 << 20, 1 << 20), ((1 << 20) - 1, 1 << 20), (9, 1 << 20)]
    {
        let code = [call(ecall::READ, &[7, place().data, len]), exit(0)].concat();
        let honest = Forgery::of(&record(&code));
        let mut lie = honest.copy();
        lie.add(Table::Io, 0, "cut", if len < 1 << 20 { 1 } else { -1 });
        if len != 1 << 20 {
            lie.copy().fails(By::Constraint(Table::Io));
        }
        let words = (size & 0xffff_u32).div_ceil(4);
        let pad = 4 * words - (size & 0xffff);
        for (column, value) in [
            ("size[0]", size & 0xffff),
            ("size[1]", size >> 16),
            ("size_word", words),
            ("pad[0]", pad & 1),
            ("pad[1]", pad >> 1),
        ] {
            lie.set(Table::Io, 0, column, Val::from_u32(value));
        }
        lie.fails(By::Bus("range16"));
    }
}

#[test]
fn reads_write_to_writable_memory_alone() {
    // The tables of a read to the heap, said to be of constants: no word there is writable.
    let code = [call(ecall::WRITE, &[ecall::FD_STDOUT, place().constants, 4]), exit(0)].concat();
    let mut lie = Forgery::of(&record(&code));
    lie.set(Table::Io, 0, "writable", Val::ONE);
    lie.copy().fails(By::Bus("mem"));
    lie.set(Table::Data, 0, "writable", Val::ONE);
    lie.fails(By::Bus("node"));
}

#[test]
fn a_file_descriptor_is_good_or_bad() {
    let io = |number, fd| Forgery::of(&record(&[call(number, &[fd, place().data, 4]), exit(0)].concat()));
    let change = |lie: &mut Forgery, from: usize, to: usize| {
        lie.set(Table::Io, 0, &format!("kind[{from}]"), Val::ZERO);
        lie.set(Table::Io, 0, &format!("kind[{to}]"), Val::ONE);
    };
    for (number, fd, from, to) in [
        (ecall::READ, 0, 0, 3),
        (ecall::READ, 9, 3, 0),
        (ecall::WRITE, 1, 1, 4),
        (ecall::WRITE, 3, 2, 4),
        (ecall::WRITE, 4, 4, 2),
        (ecall::WRITE, 0, 4, 1),
        (ecall::WRITE, 0x1_0001, 4, 1),
        (ecall::WRITE, 0x1_0003, 4, 2),
    ] {
        let mut lie = io(number, fd);
        change(&mut lie, from, to);
        lie.fails(By::Constraint(Table::Io));
    }
}
