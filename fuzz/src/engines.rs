//! The reference interpreter against the fast engine, in one go and in slices, and against trace replay.

use std::num::NonZeroU64;

use arbitrary::Unstructured;
use ember_conformance::asm::Asm;
use ember_conformance::engine::{Engine, EngineError, Job, Mode, Observation, Sliced, engines};
use ember_conformance::setup::{CODE, MEMORY_LIMIT, Setup};
use ember_conformance::strategy::MOVES;
use ember_isa::op::TABLE;
use ember_isa::{EcallCost, GasTable};
use ember_memory::PAGE_SIZE;

/// Most instructions of a run.
const STEPS: u64 = 1 << 12;

/// Makes a program, its inputs and its parameters from the bytes, and runs it in every engine. All see the same.
///
/// # Panics
/// If two engines differ.
pub fn check(data: &[u8]) {
    let Ok(Input { setup, slice, replay }) = input(Unstructured::new(data)) else { return };
    let program = setup.program().expect("the parts make an image");
    let job = Job {
        program: &program,
        config: &setup.config,
        private: &setup.private,
        host_calls: true,
        steps: STEPS,
        tohost: None,
    };
    // Recording and replay take most of the time, and are asked in every second case.
    let mut engines = engines(if replay { Mode::Trace } else { Mode::Run });
    engines.push(Box::new(Sliced(slice)));
    let runs: Vec<Result<Observation, EngineError>> = engines.iter().map(|e| e.run(&job)).collect();
    for (engine, run) in engines.iter().zip(&runs) {
        same(engine.as_ref(), &runs[0], run);
    }
}

fn same(
    engine: &dyn Engine,
    first: &Result<Observation, EngineError>,
    run: &Result<Observation, EngineError>,
) {
    match (first, run) {
        (Ok(first), Ok(run)) => assert_eq!(first.difference(run), None, "{}", engine.name()),
        // A run that is stopped where its next instructions are free has no trace.
        (Ok(_), Err(EngineError::Unsupported(_))) => {}
        (first, run) => assert_eq!(first.as_ref().err(), run.as_ref().err(), "{}", engine.name()),
    }
}

/// What an input stands for.
struct Input {
    setup: Setup,
    /// Instructions between two stops.
    slice: NonZeroU64,
    /// Whether the run is recorded and replayed, too.
    replay: bool,
}

fn input(mut u: Unstructured<'_>) -> arbitrary::Result<Input> {
    let (shape, limit, slice): (u8, u16, u8) = (u.arbitrary()?, u.arbitrary()?, u.arbitrary()?);
    let mut table = match shape & 3 {
        0 => GasTable::default(),
        1 => GasTable::UNIT,
        _ => any_table(&mut u)?,
    };
    // Whatever may be repeated costs something, so that every run ends.
    (table.branch, table.jump) = (table.branch.max(1), table.jump.max(1));
    let input: [u8; 5] = u.arbitrary()?;
    let private: [u8; 11] = u.arbitrary()?;
    let mut a = Asm::new(CODE + MOVES[usize::from(shape >> 5 & 3)]);
    for bytes in u.take_rest().chunks_exact(4).take(1000) {
        a.word(word(u32::from_le_bytes(bytes.try_into().expect("four bytes"))));
    }
    let limit = if shape & 4 == 0 { u64::from(limit) } else { u64::MAX };
    let mut setup = Setup::new(&a).gas(table, limit).input(&input).private(&private);
    setup.config.memory_limit = if shape & 8 == 0 { MEMORY_LIMIT } else { PAGE_SIZE };
    Ok(Input { setup, slice: NonZeroU64::MIN.saturating_add(u64::from(slice)), replay: shape & 16 != 0 })
}

fn any_table(u: &mut Unstructured<'_>) -> arbitrary::Result<GasTable> {
    let p: [u16; 13] = u.arbitrary()?;
    let e: [u16; 14] = u.arbitrary()?;
    let ecall = |base, per_word| EcallCost { base, per_word };
    Ok(GasTable {
        arith: p[0],
        logic: p[1],
        shift: p[2],
        compare: p[3],
        branch: p[4].max(1),
        jump: p[5].max(1),
        load: p[6],
        store: p[7],
        mul: p[8],
        div: p[9],
        csr: p[10],
        fence: p[11],
        system: p[12],
        exit: e[0],
        read: ecall(e[1], e[2]),
        write: ecall(e[3], e[4]),
        host_call: ecall(e[5], e[6]),
        sha256: e[7],
        poseidon2: e[8],
        extension_dot: ecall(e[9], e[10]),
        keccak: e[11],
        mul_mod: e[12],
        context: e[13],
    })
}

/// Most words are illegal. So a word that is no 32-bit instruction by its lowest bits stands for an operation of the
/// table, with the word's fields.
fn word(w: u32) -> u32 {
    if w & 3 == 3 {
        return w;
    }
    let info = &TABLE[(w & 0x7f) as usize % TABLE.len()];
    info.value | w & !info.mask
}
