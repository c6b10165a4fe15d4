//! `context`: what the statement says of the run itself. SPEC section 4.

use ember_isa::reg::{A0, A1, A2, T0};
use ember_isa::{Context, EcallCost, ExitReason, GasTable, Op, ecall};
use ember_memory::digest::Hasher;
use ember_memory::tree;

use super::accelerators::bad;
use super::{A3, CODE, Case, DATA, EBREAK, asm, case, passes, straight};
use crate::asm::Asm;
use crate::setup::{HEAP, Setup, pattern};

const GROUP: &str = "context";

pub fn cases() -> Vec<Case> {
    let mut cases = words();
    cases.extend(bad_pointers());
    cases.extend(gas());
    cases.extend(neighbours());
    cases
}

/// `a0 = pointer; t0 = context; ecall`.
fn call(a: &mut Asm, pointer: u32) {
    a.li2(A0, pointer).ecall(ecall::CONTEXT);
}

/// A different number for everything.
const TABLE: GasTable = GasTable {
    arith: 1,
    logic: 2,
    shift: 3,
    compare: 4,
    branch: 5,
    jump: 6,
    load: 7,
    store: 8,
    mul: 9,
    div: 10,
    csr: 11,
    fence: 12,
    system: 13,
    exit: 14,
    read: EcallCost { base: 15, per_word: 16 },
    write: EcallCost { base: 17, per_word: 18 },
    host_call: EcallCost { base: 19, per_word: 20 },
    sha256: 21,
    poseidon2: 22,
    extension_dot: EcallCost { base: 23, per_word: 24 },
    keccak: 25,
    mul_mod: 26,
    context: 0xfedc,
};

/// The words under [`TABLE`], a limit of 0x0123_4567_89ab_cdef and the usual memory limit.
fn expected(setup: &Setup) -> Vec<u32> {
    let h = Hasher::default();
    let id = setup.image().expect("the suite's programs have images").id(&h);
    let input = &setup.config.input;
    let digest = tree::input_digest(&h, &tree::input_root(&h, input), input.len() as u32);
    let mut words = [id.to_u32s(), digest.to_u32s(), [0; 8]].concat();
    words.extend([0x89ab_cdef, 0x0123_4567, 0x0001_0000, 0, 0, 0, 0, 0]);
    words.extend((0..13).map(|i| (2 * i + 1) | (2 * i + 2) << 16));
    words.push(0xfedc);
    words.resize(64, 0);
    words
}

fn with(setup: Setup, input: &[u8]) -> Setup {
    setup.gas(TABLE, 0x0123_4567_89ab_cdef).input(input)
}

fn at(address: u32, words: &[u32]) -> Vec<(u32, u32)> {
    (address..).step_by(4).zip(words.iter().copied()).collect()
}

fn words() -> Vec<Case> {
    let mut cases = Vec::new();
    let long: Vec<u8> = (0..9000u32).map(|i| (i * i) as u8).collect();
    for (name, pointer, input) in [
        ("heap", HEAP + 0x20, &b"public input"[..]),
        ("data", DATA, b""),
        ("across-pages", HEAP - 0x84, &long),
    ] {
        let mut a = asm();
        call(&mut a, pointer);
        a.mv(A3, A0);
        // What was written can go to the journal, and is written again as it was over what the program changes.
        a.li2(A2, pointer).s(Op::Sw, A2, A2, 12);
        call(&mut a, pointer);
        a.li(A0, 3).li2(A1, pointer).li2(A2, 256).ecall(ecall::WRITE);
        let mut c = passes(GROUP, format!("words-{name}"), &mut a).regs(&[(A3, 0)]);
        c.expect.gas = None;
        c.setup = with(c.setup, input);
        let words = expected(&c.setup);
        let around = [pointer - 4, pointer + 256].map(|a| {
            let is_data = (DATA..HEAP).contains(&a);
            (a, if is_data { pattern(a) } else { 0 })
        });
        let around: Vec<(u32, u32)> = around.into_iter().filter(|(a, _)| *a >= DATA).collect();
        cases.push(c.memory(&at(pointer, &words)).memory(&around).journal_words(&words));
    }
    cases
}

fn bad_pointers() -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, pointer, at) in bad(Context::OPERAND) {
        let mut a = asm();
        call(&mut a, pointer);
        let reason = match at {
            None => ExitReason::StoreAddressMisaligned(pointer),
            Some(at) => ExitReason::StoreAccessFault(at),
        };
        let mut c = straight(GROUP, format!("pointer-{what}"), &a, reason).memory(&[(HEAP, 0)]);
        c.setup = c.setup.input(b"public");
        cases.push(c.only_regs(&[(A0, pointer), (T0, ecall::CONTEXT)]));
    }
    cases
}

/// The call is paid before its pointer is looked at.
fn gas() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, pointer, short) in [
        ("paid", HEAP, 0),
        ("unpaid", HEAP, 1),
        ("unpaid-and-misaligned", 1, 1),
        ("unpaid-and-unmapped", 0, 1),
    ] {
        let table = GasTable { context: 1000, ..GasTable::UNIT };
        let mut a = asm();
        call(&mut a, pointer);
        let before = a.count() - 1;
        a.word(EBREAK);
        let at = CODE + 4 * before as u32;
        // The breakpoint after the call cannot be paid.
        let (pc, used, retired) =
            if short == 0 { (at + 4, before + 1000, before + 1) } else { (at, before, before) };
        let mut c = case(GROUP, name, &a, ExitReason::OutOfGas, pc);
        c.setup = c.setup.gas(table, before + 1000 - short);
        cases.push(c.cost(used, retired));
    }
    cases
}

/// Numbers next to it are none of the machine's.
fn neighbours() -> Vec<Case> {
    let numbers = [0x1100, 0x1101, 0x1107, 0x1200, 0x1202, 0x0001_1201, 0x8000_1201];
    let case = |number| {
        let mut a = asm();
        a.li2(A0, HEAP).li2(T0, number).op(Op::Ecall, 0, 0, 0, 0);
        let c = straight(GROUP, format!("unknown-{number:x}"), &a, ExitReason::UnknownEcall(number));
        c.only_regs(&[(A0, HEAP), (T0, number)]).memory(&[(HEAP, 0)])
    };
    numbers.map(case).to_vec()
}
