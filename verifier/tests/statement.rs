//! The fixed layout of a statement's digest: `docs/statement.md`.

use std::collections::BTreeSet;

use ember_isa::{Exit, ExitReason, GasTable};
use ember_memory::digest::Hasher;
use ember_memory::{Digest, Transcript};
use ember_verifier::{STATEMENT_FIELDS, Statement, gas_table_digest};

fn digest(first: u32) -> Digest {
    Digest::from_u32s(core::array::from_fn(|i| first + i as u32)).unwrap()
}

fn example() -> Statement {
    Statement {
        image_id: digest(0x1000_0000),
        input_digest: digest(0x2000_0000),
        gas_table: GasTable::default(),
        gas_limit: 0x1111_2222_3333_4444,
        memory_limit: 0x0010_2000,
        journal: b"a journal of 31 bytes, 2 blocks".to_vec(),
        transcript: Transcript(digest(0x3000_0000)),
        gas_used: 0x0555_0666_0777_0888,
        instructions: 0x0999_0aaa_0bbb_0ccc,
        private_bytes: 0x0ddd_0eee_0fff_0123,
        exit: Exit { reason: ExitReason::StoreAccessFault(0xdead_beef), pc: 0x0001_2344 },
    }
}

/// The elements whose chain is the digest.
fn elements(statement: &Statement) -> Vec<u32> {
    statement.blocks(&Hasher::default()).into_iter().flat_map(Digest::to_u32s).collect()
}

/// Places of the field with this name.
fn places(name: &str) -> std::ops::Range<usize> {
    let at = STATEMENT_FIELDS.iter().position(|(field, _)| *field == name).expect("a field");
    let start = STATEMENT_FIELDS[..at].iter().map(|(_, len)| len).sum();
    start..start + STATEMENT_FIELDS[at].1
}

#[test]
fn an_example_is_pinned() {
    let h = Hasher::default();
    let statement = example();
    let (journal, gas_table) = (h.chain(&statement.journal), gas_table_digest(&h, &statement.gas_table));
    let mut expected = vec![1, 1, 0, 0, 0, 0, 0, 0x53_5441];
    for word in [0x1000_0000, 0x2000_0000] {
        expected.extend(digest(word).to_u32s());
    }
    expected.extend(gas_table.to_u32s());
    expected.extend([0x4444, 0x3333, 0x2222, 0x1111, 0x0888, 0x0777, 0x0666, 0x0555]);
    expected.extend([0x0ccc, 0x0bbb, 0x0aaa, 0x0999, 0x0123, 0x0fff, 0x0eee, 0x0ddd]);
    expected.extend([0x2000, 0x10, 0, 0, 0, 0, 31, 0]);
    expected.extend(journal.to_u32s());
    expected.extend(digest(0x3000_0000).to_u32s());
    expected.extend([0, 0, 0x2344, 1, 9, 0xbeef, 0xdead, 0]);
    expected.extend([0; 16]);
    assert_eq!(elements(&statement), expected);
    assert_eq!(gas_table.to_string(), "4b20bbc23fa0764d496c577e4094a26430b553683076882e36d7bc294c05b181");
    assert_eq!(
        statement.digest(&h).to_string(),
        "073f8b6514969c540108acd200e243356a2a14d93294ab027e06d8d007267d5a"
    );

    // What a circuit does: one compression a block, from the first on.
    let blocks: Vec<Digest> =
        expected.chunks(8).map(|b| Digest::from_u32s(b.try_into().unwrap()).unwrap()).collect();
    let chain = blocks[1..].iter().fold(blocks[0], |s, block| h.compress(&s, block));
    assert_eq!(statement.digest(&h), chain);
}

/// Fields of which a statement has no choice yet.
const CONSTANT: [&str; 9] = [
    "version",
    "kind",
    "zero",
    "domain",
    "memory limit of machines",
    "children",
    "unused",
    "root of recursion",
    "assumptions",
];

#[test]
fn every_field_has_its_place() {
    type Edit = (&'static str, fn(&mut Statement));
    let edits: [Edit; 20] = [
        ("image id", |s| s.image_id = digest(7)),
        ("input digest", |s| s.input_digest = digest(7)),
        ("gas table", |s| s.gas_table.mul += 1),
        ("gas limit", |s| s.gas_limit ^= 1),
        ("gas limit", |s| s.gas_limit ^= 1 << 63),
        ("gas used", |s| s.gas_used ^= 1 << 16),
        ("gas used", |s| s.gas_used ^= 1 << 63),
        ("instructions", |s| s.instructions ^= 1 << 32),
        ("instructions", |s| s.instructions ^= 1 << 63),
        ("private bytes", |s| s.private_bytes ^= 1),
        ("private bytes", |s| s.private_bytes ^= 1 << 63),
        ("memory limit", |s| s.memory_limit ^= 1 << 31),
        ("journal", |s| s.journal[30] ^= 1),
        ("host transcript", |s| s.transcript = Transcript(digest(7))),
        ("pc", |s| s.exit.pc ^= 4),
        ("pc", |s| s.exit.pc ^= 1 << 31),
        ("reason", |s| s.exit.reason = ExitReason::LoadAccessFault(0xdead_beef)),
        ("argument of the reason", |s| s.exit.reason = ExitReason::StoreAccessFault(0xdead_beee)),
        ("argument of the reason", |s| s.exit.reason = ExitReason::StoreAccessFault(0x5ead_beef)),
        // The last block of the journal is padded with zeros: its chain is the same, its length is not.
        ("length of the journal", |s| s.journal.push(0)),
    ];
    let h = Hasher::default();
    let honest = example();
    let before = elements(&honest);
    let mut seen = BTreeSet::from(CONSTANT);
    for (name, edit) in edits {
        let mut other = honest.clone();
        edit(&mut other);
        let after = elements(&other);
        let changed: Vec<usize> = (0..before.len()).filter(|&i| before[i] != after[i]).collect();
        assert!(
            !changed.is_empty() && changed.iter().all(|i| places(name).contains(i)),
            "{name}: {changed:?}"
        );
        assert_ne!(honest.digest(&h), other.digest(&h), "{name}");
        seen.insert(name);
    }
    assert_eq!(seen, STATEMENT_FIELDS.iter().map(|(name, _)| *name).collect());
}

/// Elements of whose positions nothing else has use yet are bound as well: the digest is of all of them.
#[test]
fn every_element_counts() {
    let h = Hasher::default();
    let before = example().blocks(&h);
    let chain = |blocks: &[Digest]| blocks[1..].iter().fold(blocks[0], |s, block| h.compress(&s, block));
    for (block, digest) in before.iter().enumerate() {
        for element in 0..8 {
            let mut words = digest.to_u32s();
            words[element] ^= 1;
            let mut after = before;
            after[block] = Digest::from_u32s(words).unwrap();
            assert_ne!(chain(&before), chain(&after), "{block}, {element}");
        }
    }
}

#[test]
fn every_price_counts() {
    let h = Hasher::default();
    // A byte a price: the fields' order is that of the layout.
    let count = GasTable::UNIT.named_prices().len() as u8;
    let bytes: Vec<u8> = (1..=count).collect();
    let table = |bytes: &[u8]| postcard::from_bytes::<GasTable>(bytes).unwrap();
    assert_eq!(postcard::to_allocvec(&table(&bytes)).unwrap(), bytes);
    let prices: Vec<u16> = bytes.iter().map(|&b| b.into()).collect();
    assert_eq!(table(&bytes).prices()[..prices.len()], prices);
    assert!(table(&bytes).prices()[prices.len()..].iter().all(|&price| price == 0));
    let mut seen = BTreeSet::from([gas_table_digest(&h, &table(&bytes)).to_string()]);
    for n in 0..bytes.len() {
        let mut other = bytes.clone();
        other[n] = 0;
        seen.insert(gas_table_digest(&h, &table(&other)).to_string());
    }
    assert_eq!(seen.len(), bytes.len() + 1);
}

/// The tables in `docs/statement.md` are those of the code.
#[test]
fn the_page_is_right() {
    let page = include_str!("../../docs/statement.md");
    let mut at = 0;
    for (name, len) in STATEMENT_FIELDS {
        let row = format!("| {at} | {len} | {name} |");
        assert!(page.contains(&row), "no row `{row}`");
        at += len;
    }
    assert_eq!(at, 96);
    for (n, (name, _)) in GasTable::default().named_prices().into_iter().enumerate() {
        let row = format!("| {n} | `{name}` |");
        assert!(page.contains(&row), "no row `{row}`");
    }
    for (reason, name) in REASONS {
        let row = format!("| {} | `{name}` |", reason.number());
        assert!(page.contains(&row), "no row `{row}`");
        assert!(format!("{reason:?}").starts_with(name));
    }
}

/// Every reason, in the order of its number.
const REASONS: [(ExitReason, &str); 12] = [
    (ExitReason::Halt(0), "Halt"),
    (ExitReason::OutOfGas, "OutOfGas"),
    (ExitReason::IllegalInstruction, "IllegalInstruction"),
    (ExitReason::InstructionAddressMisaligned(0), "InstructionAddressMisaligned"),
    (ExitReason::InstructionAccessFault, "InstructionAccessFault"),
    (ExitReason::LoadAddressMisaligned(0), "LoadAddressMisaligned"),
    (ExitReason::LoadAccessFault(0), "LoadAccessFault"),
    (ExitReason::StoreAddressMisaligned(0), "StoreAddressMisaligned"),
    (ExitReason::StoreAccessFault(0), "StoreAccessFault"),
    (ExitReason::Breakpoint, "Breakpoint"),
    (ExitReason::UnknownEcall(0), "UnknownEcall"),
    (ExitReason::HostAbort(0), "HostAbort"),
];

#[test]
fn reasons_are_numbered() {
    let numbers: Vec<u32> = REASONS.iter().map(|(reason, _)| reason.number()).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<u32>>());
    assert_eq!(ExitReason::Halt(7).argument(), 7);
    assert_eq!(ExitReason::OutOfGas.argument(), 0);
}
