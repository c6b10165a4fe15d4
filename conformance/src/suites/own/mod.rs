//! The project's own suite: what riscv-tests do not ask.
//!
//! Every case is data: a program, its inputs and parameters, and all that the run must come to. Expected values
//! come from the manual by way of [`crate::spec`] or are written out; none comes from an engine.

mod accelerators;
mod alu;
mod context;
mod csr;
mod ecalls;
mod execute_only;
mod gas;
mod hints;
mod host_calls;
mod immediates;
mod jumps;
mod loads_stores;
mod registers;
mod reserved;
mod start;

use ember_isa::reg::{A0, A1, A2};
use ember_isa::{ExitReason, Op, ecall};

use crate::asm::Asm;
use crate::case::{Case, Expect};
use crate::manifest::Manifest;
use crate::setup::{CODE, DATA, Setup};

/// Every case of the suite.
pub fn cases() -> Vec<Case> {
    [
        start::cases(),
        alu::cases(),
        immediates::cases(),
        hints::cases(),
        jumps::cases(),
        loads_stores::cases(),
        execute_only::cases(),
        registers::cases(),
        reserved::cases(),
        csr::cases(),
        gas::cases(),
        ecalls::cases(),
        host_calls::cases(),
        accelerators::cases(),
        context::cases(),
    ]
    .concat()
}

/// The cases that are expected not to pass in every mode.
///
/// # Panics
/// Never: the text is part of this crate and a test parses it.
pub fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../../own.toml")).expect("the crate's own manifest")
}

/// A second temporary register.
const T1: u8 = 6;
/// Saved registers.
const S0: u8 = 8;
const S1: u8 = 9;
/// More argument registers.
const A3: u8 = 13;
const A4: u8 = 14;

/// Values at which arithmetic has its corners.
const CORNERS: [u32; 17] = [
    0,
    1,
    2,
    3,
    5,
    7,
    31,
    32,
    0x7fff,
    0x8000,
    0x1234_5678,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_8000,
    -5i32 as u32,
    u32::MAX,
];

/// The word `ebreak`.
const EBREAK: u32 = 0x0010_0073;

fn asm() -> Asm {
    Asm::new(CODE)
}

/// A case that runs `a` with a price of 1 for everything.
fn case(group: &'static str, name: impl Into<String>, a: &Asm, reason: ExitReason, pc: u32) -> Case {
    Case::new(group, name, Setup::new(a).unit_gas(), Expect::new(reason, pc))
}

/// A case whose code is straight-line and ends in its last word, with the reason given: every word but the last
/// retires, and every word is charged 1.
fn straight(group: &'static str, name: impl Into<String>, a: &Asm, reason: ExitReason) -> Case {
    let n = a.count();
    case(group, name, a, reason, CODE + 4 * (n as u32 - 1)).cost(n, n - 1)
}

/// Ends straight-line code with `exit(0)` and makes a case of it.
fn passes(group: &'static str, name: impl Into<String>, a: &mut Asm) -> Case {
    a.exit_ok();
    straight(group, name, a, ExitReason::Halt(0))
}

/// Adds `write(journal, DATA, 4 * words)` and `exit(0)`.
fn write_results(a: &mut Asm, words: usize) {
    a.li(A0, ecall::FD_JOURNAL).li2(A1, DATA).li2(A2, 4 * words as u32).ecall(ecall::WRITE).exit_ok();
}

/// A case that computes `results` one after the other: `each` adds the code that leaves the `i`-th in A2. Straight
/// line, results in the journal.
fn computes(
    group: &'static str,
    name: impl Into<String>,
    results: &[u32],
    mut each: impl FnMut(&mut Asm, usize),
) -> Case {
    let mut a = asm();
    a.li(S1, DATA);
    for i in 0..results.len() {
        each(&mut a, i);
        a.s(Op::Sw, A2, S1, 0).i(Op::Addi, S1, S1, 4);
    }
    write_results(&mut a, results.len());
    straight(group, name, &a, ExitReason::Halt(0)).journal_words(results)
}

/// A pseudo-random sequence, the same in every build (xorshift32).
fn random(seed: u32) -> impl Iterator<Item = u32> {
    let mut x = seed.wrapping_mul(0x9e37_79b9) | 1;
    std::iter::repeat_with(move || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        x
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_every_program_is_an_image() {
        let mut seen = BTreeSet::new();
        for c in cases() {
            assert!(seen.insert((c.group, c.name.clone())), "{}/{} is there twice", c.group, c.name);
            c.setup.program().unwrap_or_else(|e| panic!("{}/{}: {e}", c.group, c.name));
        }
        let names: Vec<String> = seen.iter().map(|(group, name)| format!("{group}/{name}")).collect();
        for e in manifest().expect {
            assert!(names.iter().any(|n| crate::manifest::matches(&e.test, n)), "{} names no case", e.test);
        }
    }
}
