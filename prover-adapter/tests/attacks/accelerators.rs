//! Lies about accelerators.

use ember_isa::Accelerator;
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::{PrimeCharacteristicRing, PrimeField32};

use crate::common::programs::{accelerators, call, exit, place, record};
use crate::{By, Forgery};

fn honest() -> Forgery {
    Forgery::of(&record(&accelerators()))
}

fn val(n: u32) -> Val {
    Val::from_u32(n)
}

#[test]
fn results_are_right() {
    // A bit of the first word written, together with the access that writes it and the word's last value.
    let mut lie = honest();
    let row = lie.rows(Table::Sha256, "out", 1)[0];
    let bit = lie.get(Table::Sha256, row, "a0[3]");
    lie.set(Table::Sha256, row, "a0[3]", Val::ONE - bit);
    lie.fails(By::Constraint(Table::Sha256));

    // A compression of another block than the one in memory.
    let mut lie = honest();
    let row = lie.rows(Table::Sha256, "load", 1)[0];
    let block = lie.get(Table::Sha256, row, "clk");
    let access = lie
        .rows(Table::Operand, "rank", 0)
        .into_iter()
        .find(|&access| lie.get(Table::Operand, access, "clk") == block)
        .unwrap();
    let word = lie.get(Table::Operand, access, "old[0]") + Val::ONE;
    lie.set(Table::Operand, access, "old[0]", word);
    lie.set(Table::Operand, access, "new[0]", word);
    lie.copy().fails(By::Bus("mem"));
}

#[test]
fn a_call_is_whole() {
    // One row less.
    let mut lie = honest();
    let last = *lie.rows(Table::Sha256, "real", 1).last().unwrap();
    let zero = vec![Val::ZERO; Table::Sha256.columns()];
    lie.set_row(Table::Sha256, last, &zero);
    lie.fails(By::Constraint(Table::Sha256));

    // No rows at all: the ecall finds no partner.
    let mut lie = honest();
    lie.0.segment.tables.retain(|(table, _)| *table != Table::Sha256);
    let t = lie.0.segment.tables.iter().position(|(table, _)| *table == Table::Operand).unwrap();
    lie.0.segment.tables.remove(t);
    assert!(matches!(lie.stopped_by(), By::Bus("mem" | "aux")));
}

#[test]
fn nothing_is_written_where_it_may_not() {
    // The block's place, which is read alone, changes with the call.
    let mut lie = honest();
    let row = lie.rows(Table::Operand, "rank", 0)[0];
    lie.add(Table::Operand, row, "new[0]", 1);
    lie.fails(By::Constraint(Table::Operand));

    // A state in constants.
    let mut lie = honest();
    let row = lie.rows(Table::Operand, "rank", 2)[0];
    lie.set(Table::Operand, row, "writable", Val::ZERO);
    lie.fails(By::Constraint(Table::Operand));
}

#[test]
fn an_access_does_not_follow_itself() {
    // It receives what it sends: any word could be there.
    for (rank, by) in [(0, By::Constraint(Table::Operand)), (2, By::Constraint(Table::Operand))] {
        let mut lie = honest();
        let row = lie.rows(Table::Operand, "rank", rank)[0];
        let clk = lie.get(Table::Operand, row, "clk");
        for (column, value) in
            [("prev", clk), ("same", Val::ONE), ("before", val(rank + 1)), ("after", val(rank + 1))]
        {
            lie.set(Table::Operand, row, column, value);
        }
        lie.copy().fails(by);
        // With no mark at all, or none but the one.
        lie.set(Table::Operand, row, "before", Val::ZERO);
        lie.set(Table::Operand, row, "after", Val::ZERO);
        lie.copy().fails(by);
        lie.set(Table::Operand, row, "same", Val::ZERO);
        lie.fails(By::Bus("mem"));
    }
}

#[test]
fn overlapping_operands_are_read_before_one_is_written() {
    let shared = |lie: &Forgery| lie.rows(Table::Operand, "same", 1)[0];
    let honest = honest();
    let row = shared(&honest);
    let first = honest.rows(Table::Operand, "after", 1)[0];
    assert_eq!(honest.get(Table::Operand, row, "address"), honest.get(Table::Operand, first, "address"));
    // The write first.
    let mut lie = honest.copy();
    let prev = lie.get(Table::Operand, first, "prev");
    let clk = lie.get(Table::Operand, row, "clk");
    for (row, column, value) in [
        (row, "prev", prev),
        (row, "same", Val::ZERO),
        (row, "before", Val::ZERO),
        (row, "after", val(3)),
        (first, "prev", clk),
        (first, "same", Val::ONE),
        (first, "before", val(3)),
        (first, "after", Val::ZERO),
    ] {
        lie.set(Table::Operand, row, column, value);
    }
    lie.fails(By::Constraint(Table::Operand));
}

#[test]
fn a_sum_is_of_all_its_terms() {
    let column = |name: &str, i: usize| format!("{name}[{i}]");
    // A term less: the last row is padding, and the one before ends the call.
    let mut lie = honest();
    let first = lie.rows(Table::Dot, "left", 3)[0];
    lie.set(Table::Dot, first + 1, "last", Val::ONE);
    lie.copy().fails(By::Constraint(Table::Dot));
    // And says that it has fewer.
    lie.set(Table::Dot, first, "left", val(2));
    lie.set(Table::Dot, first + 1, "left", Val::ONE);
    lie.fails(By::Constraint(Table::Dot));

    // Another result, with all that follows from it.
    for (i, by) in [(0, By::Constraint(Table::Dot)), (4, By::Constraint(Table::Dot))] {
        let mut lie = honest();
        let row = lie.rows(Table::Dot, "last", 1)[0];
        lie.add(Table::Dot, row, &column("after", i), 1);
        lie.fails(by);
    }

    // A factor that is not in memory.
    let mut lie = honest();
    let row = lie.rows(Table::Dot, "left", 1)[0];
    lie.add(Table::Dot, row, "b[0]", 1);
    assert!(matches!(lie.stopped_by(), By::Constraint(Table::Dot) | By::Bus("element")));

    // A factor of the base field that has more than one coefficient.
    let mut lie = honest();
    let row = lie.rows(Table::Dot, "base", 1)[0];
    lie.set(Table::Dot, row, "b[1]", Val::ONE);
    lie.fails(By::Constraint(Table::Dot));

    // A sum that begins elsewhere than in memory.
    let mut lie = honest();
    let row = lie.rows(Table::Dot, "first", 1)[0];
    lie.add(Table::Dot, row, "before[2]", 1);
    lie.fails(By::Constraint(Table::Dot));
}

#[test]
fn a_permutation_of_keccak_is_whole_and_right() {
    let row = |lie: &Forgery| lie.rows(Table::Keccak, "call", 1)[0];
    // Another result than the permutation's.
    for column in ["chi[9]", "iota[0]"] {
        let mut lie = honest();
        let row = row(&lie);
        lie.add(Table::Keccak, row, column, 1);
        lie.fails(By::Constraint(Table::Keccak));
    }
    // Of another state than that in memory.
    let mut lie = honest();
    let end = row(&lie);
    for row in end - 23..=end {
        lie.add(Table::Keccak, row, "initial[3]", 1);
    }
    lie.fails(By::Constraint(Table::Keccak));
    // A call that ends a round early.
    let mut lie = honest();
    let end = row(&lie);
    lie.set(Table::Keccak, end, "call", Val::ZERO);
    lie.set(Table::Keccak, end - 1, "call", Val::ONE);
    lie.fails(By::Constraint(Table::Keccak));
    // Parities that are not those of the state, and what follows of them within the row.
    let mut lie = honest();
    let row = row(&lie);
    let parity = lie.get(Table::Keccak, row, "parity[5]");
    lie.set(Table::Keccak, row, "parity[5]", Val::ONE - parity);
    lie.fails(By::Constraint(Table::Keccak));
}

#[test]
fn what_is_written_is_canonical() {
    // The same residue, p more, in the access and where the word is seen last.
    let mut lie = honest();
    let number = |value: Val| value.as_canonical_u32();
    let (row, data, i) = lie
        .rows(Table::Element, "written", 1)
        .into_iter()
        .find_map(|row| {
            let [address, clk] = ["address", "clk"].map(|name| lie.get(Table::Element, row, name));
            let (group, i) = (number(address) / 4, number(address) % 4);
            let data = *lie.rows(Table::Data, "index", group).first()?;
            (lie.get(Table::Data, data, &format!("time[{i}]")) == clk).then_some((row, data, i))
        })
        .expect("a word that is written and not touched again");
    let limb = |limb: u32| number(lie.get(Table::Element, row, &format!("new[{limb}]")));
    let alias = (limb(0) | limb(1) << 16) + Val::ORDER_U32;
    for (n, value) in [alias & 0xffff, alias >> 16].into_iter().enumerate() {
        lie.set(Table::Element, row, &format!("new[{n}]"), val(value));
        lie.set(Table::Data, data, &format!("last[{}]", 2 * i as usize + n), val(value));
    }
    lie.fails(By::Bus("range16"));
}

#[test]
fn a_call_has_at_most_so_many_terms() {
    // The verifier takes a number with more for no accelerator; the table must not take it for one.
    let mut lie = honest();
    let row = lie.rows(Table::Dot, "left", 3)[0];
    lie.set(Table::Dot, row, "left", val(1024));
    assert!(matches!(lie.stopped_by(), By::Constraint(Table::Dot) | By::Bus("range16")));
}

#[test]
fn pointers_are_aligned() {
    // A call that faults, said to have returned: as if the pointer were a multiple of 4.
    let code =
        [call(Accelerator::Sha256.number(), &[place().data, place().constants + 0x40]), exit(0)].concat();
    let mut lie = Forgery::of(&record(&code));
    for row in lie.rows(Table::Sha256, "real", 1) {
        lie.add(Table::Sha256, row, "state[0]", 2);
    }
    let row = lie.family(ember_isa::Family::Ecall);
    lie.add(Table::Cpu, row, "s[0]", 2);
    assert!(matches!(lie.stopped_by(), By::Bus(_) | By::Constraint(Table::Cpu)));
}
