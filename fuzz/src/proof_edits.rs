//! Proof files that were honest once: an input is a list of edits to a real proof.
//!
//! Fuzzers that change a file of a megabyte blindly spend their time in query openings. Here the inputs are small, and
//! each edit has a place that is spread evenly, or lies in the first bytes, where statement, header and shapes are.

use std::sync::LazyLock;

use arbitrary::Unstructured;
use ember_conformance::asm::Asm;
use ember_conformance::setup::{CODE, Setup};
use ember_isa::{Op, ecall, reg};
use ember_prover_adapter::{Execution, Prover};
use ember_trace::Limits;
use ember_verifier::ProofFile;
use ember_vm::NoHost;

use crate::proof::accepts;

/// The file of a real proof: a few instructions, a load, a product, a journal.
///
/// # Panics
/// If the run cannot be proven.
pub fn honest() -> &'static [u8] {
    static HONEST: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut a = Asm::new(CODE);
        a.li2(reg::A1, ember_conformance::setup::DATA).i(Op::Lw, reg::A2, reg::A1, 4);
        a.r(Op::Mul, reg::A2, reg::A2, reg::A2).s(Op::Sw, reg::A2, reg::A1, 0);
        a.li(reg::A0, ecall::FD_JOURNAL).li(reg::A2, 4).ecall(ecall::WRITE).exit_ok();
        let setup = Setup::new(&a).input(b"public");
        let program = setup.program().expect("an image");
        let run =
            Execution::record(&program, setup.config, &mut NoHost, Limits::steps(1 << 10)).expect("a run");
        let (statement, proof) = Prover::new().prove(&run, &mut |_| {}).expect("a proof");
        ProofFile { statement, proof }.to_bytes()
    });
    &HONEST
}

/// Applies the edits to the honest file. Whatever is not that file is rejected.
///
/// # Panics
/// If reader or verifier are wrong.
pub fn check(data: &[u8]) {
    let honest = honest();
    let mut file = honest.to_vec();
    let mut edits = Unstructured::new(data);
    while !edits.is_empty() && edit(&mut file, &mut edits).is_ok() {}
    assert_eq!(accepts(&file), file == honest, "a forged proof is accepted, or an honest one rejected");
}

fn edit(file: &mut Vec<u8>, edits: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let (kind, place): (u8, u32) = (edits.arbitrary()?, edits.arbitrary()?);
    let span = if kind & 8 == 0 { file.len().min(2048) } else { file.len() };
    if span == 0 {
        return Ok(());
    }
    let at = place as usize % span;
    match kind & 7 {
        0 => file[at] ^= 1 << (kind >> 5),
        1 => file[at] = edits.arbitrary()?,
        2 => file[at] = file[at].wrapping_add(1),
        3 => file.insert(at, edits.arbitrary()?),
        4 => drop(file.remove(at)),
        5 => file.truncate(at),
        6 => {
            // A piece, put over another place.
            let (from, len): (u32, u8) = (edits.arbitrary()?, edits.arbitrary()?);
            let from = from as usize % span;
            let len = usize::from(len).min(file.len() - from.max(at));
            file.copy_within(from..from + len, at);
        }
        _ => file[at] = 0,
    }
    Ok(())
}
