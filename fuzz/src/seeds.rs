//! Inputs to start from, made by the code of today: a change of a format makes new ones.

use ember_conformance::asm::Asm;
use ember_conformance::elf::{write, write_with_symbols};
use ember_conformance::host::TestHost;
use ember_conformance::setup::{CODE, DATA, OwnedPart, RODATA, Setup};
use ember_conformance::strategy;
use ember_isa::op::TABLE;
use ember_isa::{GasTable, ecall, reg};
use ember_memory::Perm;
use ember_trace::{Execution, Limits};
use ember_verifier::ProofFile;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

type Seeds = Vec<(String, Vec<u8>)>;

/// The programs that proptest's deterministic generator makes first.
fn programs(n: usize) -> Vec<Setup> {
    let mut runner = TestRunner::deterministic();
    let program = strategy::program();
    (0..n).map(|_| program.new_tree(&mut runner).expect("a program").current()).collect()
}

/// Every operation, with its free bits clear.
pub fn decoder() -> Seeds {
    let words = |from: usize| TABLE[from..].iter().take(8).flat_map(|i| i.value.to_le_bytes()).collect();
    (0..TABLE.len()).step_by(8).map(|from| (format!("operations-{from:02}"), words(from))).collect()
}

/// Programs of one to three segments, with and without symbols, one built for RV32I.
pub fn elf() -> Seeds {
    let mut a = Asm::new(CODE);
    a.li(reg::A0, 0).ecall(ecall::EXIT);
    let part = |address, words: &[u32], perm| OwnedPart {
        address,
        data: words.iter().flat_map(|w| w.to_le_bytes()).collect(),
        perm,
    };
    let code = part(CODE, &a.words(), Perm::EXECUTE);
    let foreign = part(0x8000_0000, &[0x0000_0f93, 0x05d0_0893, 0x0000_0073], Perm::EXECUTE | Perm::READ);
    let parts = [code.clone(), part(RODATA, &[1, 2], Perm::READ), part(DATA, &[0; 4], Perm::READ_WRITE)];
    let symbols =
        [("_start", CODE), ("tohost", DATA), ("begin_signature", DATA), ("end_signature", DATA + 8)];
    let mut rv32i = write(0x8000_0000, &[foreign]);
    rv32i[36] = 0;
    [
        ("code", write(CODE, &[code])),
        ("segments", write_with_symbols(CODE, &parts, &symbols)),
        ("rv32i", rv32i),
    ]
    .map(|(name, file)| (name.to_owned(), file))
    .into()
}

/// Traces of random programs.
pub fn trace() -> Seeds {
    let mut seeds = Seeds::new();
    for (i, setup) in programs(40).into_iter().enumerate() {
        let program = setup.program().expect("an image");
        let mut host = TestHost::new(&setup.private);
        let limits = Limits { steps: 200, io_words: 200 };
        let mut file = Vec::new();
        if let Ok(run) = Execution::record(&program, setup.config, &mut host, limits) {
            run.write_to(&mut file).expect("memory can be written");
            seeds.push((format!("run-{i:02}"), file));
        }
    }
    seeds.truncate(8);
    seeds
}

/// The default table in its three forms, and parts of it.
pub fn gas_table() -> Seeds {
    let table = GasTable::default();
    let text = |t: &str| t.as_bytes().to_vec();
    vec![
        ("whole-toml".to_owned(), toml::to_string(&table).expect("TOML").into_bytes()),
        ("whole-json".to_owned(), serde_json::to_vec(&table).expect("JSON")),
        ("whole-postcard".to_owned(), postcard::to_extend(&table, Vec::new()).expect("postcard")),
        ("part-toml".to_owned(), text("mul = 40\n[read]\nper_word = 9\n")),
        ("part-json".to_owned(), text(r#"{"div": 65535, "host_call": {"base": 0}}"#)),
        ("wrong".to_owned(), text("mul = -1\nread = 4\n")),
    ]
}

/// A real proof without its openings, and the start of one.
pub fn proof() -> Seeds {
    let honest = crate::proof_edits::honest();
    let mut file = ProofFile::from_bytes(honest).expect("an honest file");
    let fri = &mut file.proof.segments[0].stark.opening_proof;
    fri.input_openings.clear();
    fri.commit_phase_openings.clear();
    vec![("without-queries".to_owned(), file.to_bytes()), ("start".to_owned(), honest[..1024].to_vec())]
}

/// No edit; and one of each kind.
pub fn proof_edits() -> Seeds {
    let mut seeds = vec![("none".to_owned(), Vec::new())];
    for kind in 0..16u8 {
        let mut edit = vec![kind];
        edit.extend((u32::from(kind) * 97).to_le_bytes());
        edit.extend([1, 2, 3, 0, 40]);
        seeds.push((format!("kind-{kind:02}"), edit));
    }
    seeds
}

/// Random programs.
pub fn engines() -> Seeds {
    let header = |shape: u8| {
        let mut bytes = vec![shape, 0xff, 0x0f, 3];
        bytes.extend([0; 16]);
        bytes
    };
    let program = |(i, setup): (usize, Setup)| {
        let code = setup.parts[0].data.clone();
        (format!("program-{i:02}"), [header(i as u8 & 29), code].concat())
    };
    programs(24).into_iter().enumerate().map(program).collect()
}
