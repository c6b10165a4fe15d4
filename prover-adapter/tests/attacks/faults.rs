//! Runs that go on where the machine faults.

use ember_isa::{Op, decode};
use ember_memory::{Image, Part, Perm};
use ember_verifier::air::Table;
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use crate::common::liar::{self, NO_LIES};
use crate::common::programs::{config, exit, i, image, li, place, record};
use crate::{By, Forgery};

fn lied(code: &[u32]) -> Forgery {
    Forgery::of(&liar::run(&image(code), &config(), &NO_LIES))
}

/// An image of code, and of another page if it has a permission.
fn image_with(code: &[u32], page: &[u32], perm: Option<Perm>) -> Image {
    let bytes = |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let (code, page) = (bytes(code), bytes(page));
    let part = |address, data, perm| Part { address, data, mem_len: 0x100, perm };
    let mut parts = vec![part(place().code, &code[..], Perm::EXECUTE)];
    parts.extend(perm.map(|perm| part(place().data, &page[..], perm)));
    Image::from_parts(place().code, &parts).expect("an image")
}

/// The witness of a run where the page has a permission, said to be of the image where it has another, or is not
/// there.
#[track_caller]
fn permission_lies(code: &[u32], page: &[u32], has: Perm, others: &[Option<Perm>]) {
    let honest = Forgery::of(&liar::run(&image_with(code, page, Some(has)), &config(), &NO_LIES));
    honest.copy().verifies();
    for &other in others {
        let image = image_with(code, page, other);
        let h = crate::verifier().hasher();
        let mut lie = honest.copy();
        lie.0.head.preamble.header = *image.header();
        lie.0.head.preamble.image_root = image.root(h);
        lie.0.head.statement.image_id = image.header().image_id(h, &lie.0.head.preamble.image_root);
        let by = lie.stopped_by();
        assert!(matches!(by, By::Bus("node") | By::Constraint(Table::Cpu)), "{other:?}: {by:?}");
    }
}

const FIRST: [u32; 4] = [0x9999_9999; 4];

/// Nothing is written, and the address counts all the same.
#[test]
fn a_load_to_x0_faults() {
    let load = |address| [li(8, address), vec![i(Op::Lw, 0, 8, 0, 0)], exit(0)].concat();
    lied(&load(place().code)).fails(By::Bus("node"));
    permission_lies(&load(place().data), &FIRST, Perm::READ, &[None, Some(Perm::EXECUTE)]);
}

#[test]
fn nothing_is_stored_where_nothing_is() {
    let store = [li(8, place().data), vec![i(Op::Sw, 0, 8, 8, 0)], exit(0)].concat();
    permission_lies(&store, &FIRST, Perm::READ_WRITE, &[None, Some(Perm::READ), Some(Perm::EXECUTE)]);
}

/// A page of data that holds instructions.
#[test]
fn data_is_not_code() {
    let jump = [i(Op::Jal, 1, 0, 0, (place().data - place().code) as i32)];
    let others = [None, Some(Perm::READ), Some(Perm::READ_WRITE)];
    permission_lies(&jump, &exit(0), Perm::EXECUTE, &others);
}

#[test]
fn accesses_are_aligned() {
    for (op, low) in
        [(Op::Lw, 1), (Op::Lw, 2), (Op::Lw, 3), (Op::Sw, 1), (Op::Sw, 2), (Op::Lh, 1), (Op::Sh, 3)]
    {
        let code = [li(8, place().data + low), vec![i(op, 9, 8, 9, 0)], exit(0)].concat();
        let by = lied(&code).stopped_by();
        let table = if matches!(op, Op::Lh | Op::Sh) { Table::Part } else { Table::Cpu };
        assert!(matches!(by, By::Constraint(t) if t == table || t == Table::Cpu), "{op:?} {low}: {by:?}");
    }
}

/// A word that is no instruction is decoded as nothing: each bit of legal words is turned, and a register above x15
/// put in.
#[test]
fn illegal_words_have_no_meaning() {
    let mut illegal = 0;
    for word in [
        i(Op::Addi, 8, 9, 0, 5),
        i(Op::Add, 8, 9, 10, 0),
        i(Op::Slli, 8, 9, 0, 3),
        i(Op::Lw, 8, 2, 0, -4),
        i(Op::Sw, 0, 2, 9, -4),
        i(Op::Lui, 8, 0, 0, 0x5000),
        i(Op::Csrrs, 8, 0, 0, 0xc00),
        i(Op::Fence, 0, 0, 0, 0),
    ] {
        let honest = Forgery::of(&record(&[vec![word], exit(0)].concat()));
        let pc = Val::from_u32((place().code >> 2) & 0x3fff);
        let row = honest
            .rows(Table::Rom, "real", 1)
            .into_iter()
            .find(|&r| honest.get(Table::Rom, r, "pc_low") == pc);
        let row = row.expect("the first instruction");
        let bits = |lie: &mut Forgery, word: u32| {
            (0..32)
                .for_each(|n| lie.set(Table::Rom, row, &format!("bits[{n}]"), Val::from_u32(word >> n & 1)));
        };
        let mut lie = honest.copy();
        bits(&mut lie, word);
        assert_eq!(lie.found(), None, "these are the word's bits");
        for other in (0..32).map(|n| word ^ 1 << n).filter(|&w| decode(w).is_err()) {
            let mut lie = honest.copy();
            bits(&mut lie, other);
            assert_eq!(lie.found(), Some(By::Constraint(Table::Rom)), "{other:#010x}");
            illegal += 1;
        }
    }
    assert!(illegal > 60, "{illegal}");
}
