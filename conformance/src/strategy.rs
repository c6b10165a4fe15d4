//! Random programs for property tests, which shrink to few and simple instructions.
//!
//! [`program`] mixes everything: computations on corner values, loads and stores to every kind of page, loops,
//! calls, ecalls with good and bad pointers, counters, fences, illegal words, jumps anywhere; gas tables and limits;
//! inputs. Every program ends: each loop has a branch or jump, which costs gas, and gas is limited.
//!
//! ```
//! use ember_conformance::strategy;
//! use proptest::strategy::{Strategy, ValueTree};
//! use proptest::test_runner::TestRunner;
//!
//! let setup = strategy::program().new_tree(&mut TestRunner::deterministic()).unwrap().current();
//! assert!(setup.program().is_ok());
//! ```

use ember_isa::op::TABLE;
use ember_isa::reg::{A0, A1, A2, A3, T0};
use ember_isa::{Accelerator, EcallCost, GasTable, Op, csr, ecall};
use ember_memory::PAGE_SIZE;
use proptest::prelude::*;
use proptest::sample::select;

use crate::asm::Asm;
use crate::host::call;
use crate::setup::{CODE, DATA, HEAP, HEAP_END, INPUT, MEMORY_LIMIT, RODATA, Setup};
use crate::spec::{BRANCH_OPS, CSR_OPS, IMMEDIATE_OPS, LOAD_OPS, REGISTER_OPS, SHIFT_OPS, STORE_OPS, size};

/// A register that the generated code uses for addresses. Other instructions may change it too.
const SCRATCH: u8 = 4;

/// Most gas of a generated run.
pub const MAX_GAS: u64 = 20_000;

/// A piece of a program: one instruction, or a few that belong together.
#[derive(Clone, Debug)]
pub enum Atom {
    /// `rd = value`.
    Li(u8, u32),
    /// An operation with these fields; the format picks those that it uses.
    Op(Op, u8, u8, u8, u32),
    /// A load or store at an address: the register that is loaded or stored.
    Access(Op, u8, u32),
    /// A branch to another atom.
    Branch(Op, u8, u8, usize),
    /// `jal` to another atom.
    Jal(u8, usize),
    /// `jalr` to another atom, with an offset added to its address.
    Jalr(u8, usize, i32),
    /// An ecall: number and a0..a3.
    Ecall(u32, [u32; 4]),
    /// Any word.
    Word(u32),
}

fn reg() -> impl Strategy<Value = u8> {
    0u8..16
}

/// Words at which arithmetic has its corners, and any others.
pub fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        3 => select(vec![0, 1, 2, 3, 31, 32, 33, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000,
            0x8000_0001, 0xffff_0000, 0xffff_fffe, u32::MAX]),
        1 => any::<u32>(),
        1 => (0u32..32).prop_map(|i| 1 << i),
    ]
}

/// Addresses in every kind of page, and at their edges; some lead nowhere.
pub fn address() -> impl Strategy<Value = u32> {
    let near = |base: u32, span: u32| (0..span).prop_map(move |o| base + o);
    prop_oneof![
        4 => near(DATA, 64),
        3 => near(HEAP, 64),
        2 => near(RODATA, 64),
        1 => near(INPUT, 48),
        1 => near(HEAP - 8, 16),
        1 => near(HEAP_END - 8, 16),
        1 => near(CODE - 8, 32),
        1 => near(RODATA + PAGE_SIZE - 8, 16),
        1 => word(),
    ]
}

/// An address that can probably be accessed, aligned; every now and then any other.
fn likely_address(op: Op) -> impl Strategy<Value = u32> {
    let pages = if STORE_OPS.contains(&op) {
        vec![DATA, DATA, HEAP, HEAP_END - 64]
    } else {
        vec![DATA, RODATA, HEAP]
    };
    let likely = (select(pages), 0u32..64).prop_map(move |(page, o)| page + o / size(op) * size(op));
    prop_oneof![30 => likely, 1 => address()]
}

fn immediate(op: Op) -> BoxedStrategy<u32> {
    use ember_isa::Format::*;
    match op.info().format {
        I | S => (-2048i32..2048).prop_map(|i| i as u32).boxed(),
        Shamt => (0u32..32).boxed(),
        U => any::<u32>().prop_map(|i| i & 0xffff_f000).boxed(),
        Csr => select(csr::ALL.map(|(n, _)| n).to_vec()).boxed(),
        B | J => (-8i32..9).prop_map(|i| (2 * i) as u32).boxed(),
        R | Fence | Fixed => Just(0).boxed(),
    }
}

fn operation(ops: impl Into<Vec<Op>>) -> impl Strategy<Value = Atom> {
    select(ops.into()).prop_flat_map(|op| {
        (reg(), reg(), reg(), immediate(op))
            .prop_map(move |(rd, rs1, rs2, imm)| Atom::Op(op, rd, rs1, rs2, imm))
    })
}

fn host_ecall() -> impl Strategy<Value = Atom> {
    let number = prop_oneof![
        6 => select(vec![ecall::READ, ecall::WRITE]),
        5 => select(vec![call::REVERSE, call::FILL, call::OVERFLOW, call::PAUSE, call::EMPTY]),
        2 => select(Accelerator::ALL.iter().map(|a| a.number()).collect::<Vec<_>>()),
        1 => select(vec![call::ABORT, call::ABORT, 0x2ffe, ecall::EXIT, 94, 0x1000, 0x3000]),
    ];
    let len = || prop_oneof![12 => 0u32..40, 1 => select(vec![PAGE_SIZE, 1 << 21, u32::MAX])];
    let pointer = || prop_oneof![6 => likely_address(Op::Sb), 1 => address()];
    (number, 0u32..6, pointer(), len(), pointer(), len()).prop_map(|(n, fd, p, len, q, out_len)| {
        let args = match n {
            // Mostly the descriptors that exist: 0 for read, 1, 2, 3 for write.
            ecall::READ => [if fd == 5 { 1 } else { 0 }, p, len, out_len],
            ecall::WRITE => [if fd > 3 { 3 } else { fd }, p, len, out_len],
            // Operands apart or overlapping.
            n if Accelerator::from_number(n).is_some() => {
                [p & !3, q & !3, (p & !3).wrapping_add(4 * (len % 40)), 0]
            }
            _ => [p, len, q, out_len],
        };
        Atom::Ecall(n, args)
    })
}

/// A word that is a legal instruction with a few bits changed.
fn nearly_legal() -> impl Strategy<Value = u32> {
    (0..TABLE.len(), any::<u32>(), any::<u32>()).prop_map(|(row, rest, flips)| {
        let legal = TABLE[row].value | rest & !TABLE[row].mask;
        if flips & 1 == 0 { legal } else { legal ^ 1 << (flips >> 27) }
    })
}

fn access() -> impl Strategy<Value = Atom> {
    select([&LOAD_OPS[..], &STORE_OPS[..]].concat())
        .prop_flat_map(|op| (reg(), likely_address(op)).prop_map(move |(r, a)| Atom::Access(op, r, a)))
}

/// Pieces of a program that mostly go on to the next.
fn tame() -> impl Strategy<Value = Atom> {
    let targets = || any::<prop::sample::Index>().prop_map(|i| i.index(64));
    prop_oneof![
        6 => (reg(), word()).prop_map(|(rd, value)| Atom::Li(rd, value)),
        8 => operation(REGISTER_OPS),
        4 => operation(IMMEDIATE_OPS),
        2 => operation(SHIFT_OPS),
        1 => operation([Op::Lui, Op::Auipc]),
        2 => operation(CSR_OPS),
        1 => operation([Op::Fence, Op::FenceI]),
        10 => access(),
        4 => (select(BRANCH_OPS.to_vec()), reg(), reg(), targets()).prop_map(|(op, a, b, t)| Atom::Branch(op, a, b, t)),
        1 => (reg(), targets()).prop_map(|(rd, t)| Atom::Jal(rd, t)),
        1 => (reg(), targets(), 0i32..2).prop_map(|(rd, t, o)| Atom::Jalr(rd, t, o)),
        2 => host_ecall(),
    ]
}

/// Pieces that mostly end the run.
fn wild() -> impl Strategy<Value = Atom> {
    let targets = any::<prop::sample::Index>().prop_map(|i| i.index(64));
    prop_oneof![
        3 => nearly_legal().prop_map(Atom::Word),
        1 => any::<u32>().prop_map(Atom::Word),
        1 => operation([Op::Jal, Op::Jalr, Op::Ebreak, Op::Ecall]),
        1 => operation(BRANCH_OPS),
        1 => operation(LOAD_OPS),
        1 => operation(STORE_OPS),
        1 => (reg(), targets, -9i32..10).prop_map(|(rd, t, o)| Atom::Jalr(rd, t, o)),
        1 => (reg(), address()).prop_map(|(r, a)| Atom::Access(Op::Lw, r, a)),
    ]
}

/// Gas tables: the usual ones, and any valid prices.
pub fn gas_table() -> impl Strategy<Value = GasTable> {
    let price = || prop_oneof![4 => 0u16..20, 1 => Just(0), 1 => Just(u16::MAX)];
    let prices = prop::array::uniform13(price());
    let ecalls = prop::array::uniform14(price());
    let any = (prices, ecalls).prop_map(|(p, e)| GasTable {
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
        read: EcallCost { base: e[1], per_word: e[2] },
        write: EcallCost { base: e[3], per_word: e[4] },
        host_call: EcallCost { base: e[5], per_word: e[6] },
        sha256: e[7],
        poseidon2: e[8],
        extension_dot: EcallCost { base: e[9], per_word: e[10] },
        keccak: e[11],
        mul_mod: e[12],
        context: e[13],
    });
    prop_oneof![3 => Just(GasTable::default()), 2 => Just(GasTable::UNIT), 3 => any]
}

/// How far programs are moved: code where the suites have it, in the last page before 64 MiB and before the last 64 MiB,
/// and near the top. There sums of addresses come near multiples of 2^32 and of the proof system's field.
pub const MOVES: [u32; 4] =
    [0, (0x0400_0000 - PAGE_SIZE) - CODE, (0xfc00_0000 - PAGE_SIZE) - CODE, 0xfff8_0000 - CODE];

/// An address of the suites' usual layout, moved; others are as they are.
fn moved(address: u32, by: u32) -> u32 {
    if (CODE - PAGE_SIZE..INPUT + PAGE_SIZE).contains(&address) { address + by } else { address }
}

/// The program that atoms make, one after the other, with an `exit(a0)` behind, moved as far as it says.
pub fn assemble(atoms: &[Atom], by: u32) -> Asm {
    let mut a = Asm::new(CODE + by);
    let label = |i: usize| format!("{}", i % (atoms.len() + 1));
    for (i, atom) in atoms.iter().enumerate() {
        a.label(&label(i));
        match *atom {
            Atom::Li(rd, value) => a.li(rd, value),
            Atom::Op(op, rd, rs1, rs2, imm) => a.op(op, rd, rs1, rs2, imm),
            Atom::Access(op, r, address) => {
                let address = moved(address, by);
                // Half of the address is in the offset, so that both count.
                let offset = (address & 0x3ff) as i32 - 512;
                a.li(SCRATCH, address.wrapping_add_signed(-offset));
                a.op(op, r, SCRATCH, r, offset as u32)
            }
            Atom::Branch(op, rs1, rs2, target) => a.branch(op, rs1, rs2, &label(target)),
            Atom::Jal(rd, target) => a.jal(rd, &label(target)),
            Atom::Jalr(rd, target, offset) => a.la(SCRATCH, &label(target)).i(Op::Jalr, rd, SCRATCH, offset),
            Atom::Ecall(number, [a0, a1, a2, a3]) => {
                let [a0, a1, a2, a3] = [a0, a1, a2, a3].map(|arg| moved(arg, by));
                a.li(A0, a0).li(A1, a1).li(A2, a2).li(A3, a3).li(T0, number).op(Op::Ecall, 0, 0, 0, 0)
            }
            Atom::Word(word) => a.word(word),
        };
    }
    a.label(&label(atoms.len())).exit(A0);
    a
}

fn setup(atoms: impl Strategy<Value = Vec<Atom>>) -> impl Strategy<Value = Setup> {
    let limit = prop_oneof![3 => Just(MAX_GAS), 1 => 0..200u64, 1 => 0..MAX_GAS];
    let memory =
        select(vec![MEMORY_LIMIT, MEMORY_LIMIT, MEMORY_LIMIT, MEMORY_LIMIT, PAGE_SIZE, 2 * PAGE_SIZE]);
    let bytes = || prop::collection::vec(any::<u8>(), 0..48);
    (atoms, select(MOVES.to_vec()), gas_table(), limit, memory, bytes(), bytes()).prop_map(
        |(atoms, by, table, limit, memory, input, private)| {
            let mut setup =
                Setup::new(&assemble(&atoms, by)).gas(table, limit).input(&input).private(&private);
            setup.config.memory_limit = memory;
            setup
        },
    )
}

/// Programs that mostly run for a while.
pub fn tame_program() -> impl Strategy<Value = Setup> {
    setup(prop::collection::vec(tame(), 0..48))
}

/// Programs of which every fourth piece may end the run.
pub fn wild_program() -> impl Strategy<Value = Setup> {
    setup(prop::collection::vec(prop_oneof![3 => tame().boxed(), 1 => wild().boxed()], 0..24))
}

/// Any words as code.
pub fn noise() -> impl Strategy<Value = Setup> {
    let word = prop_oneof![3 => nearly_legal(), 1 => any::<u32>()].prop_map(Atom::Word);
    setup(prop::collection::vec(word, 0..16))
}

/// All of these.
pub fn program() -> impl Strategy<Value = Setup> {
    prop_oneof![4 => tame_program(), 2 => wild_program(), 1 => noise()]
}

/// Pieces that do the same on every RV32EM machine: no counters, no ecalls, good addresses, only forward jumps.
fn portable() -> impl Strategy<Value = Atom> {
    let ahead = || 1usize..6;
    let place = |op: Op| {
        let pages = if STORE_OPS.contains(&op) { vec![DATA] } else { vec![DATA, RODATA] };
        (select(pages), 0u32..64).prop_map(move |(page, o)| page + o / size(op) * size(op))
    };
    let access = select([&LOAD_OPS[..], &STORE_OPS[..]].concat())
        .prop_flat_map(move |op| (reg(), place(op)).prop_map(move |(r, a)| Atom::Access(op, r, a)));
    prop_oneof![
        6 => (reg(), word()).prop_map(|(rd, value)| Atom::Li(rd, value)),
        10 => operation(REGISTER_OPS),
        4 => operation(IMMEDIATE_OPS),
        3 => operation(SHIFT_OPS),
        1 => operation([Op::Lui, Op::Auipc, Op::Fence]),
        8 => access,
        4 => (select(BRANCH_OPS.to_vec()), reg(), reg(), ahead()).prop_map(|(op, a, b, t)| Atom::Branch(op, a, b, t)),
        1 => (reg(), ahead()).prop_map(|(rd, t)| Atom::Jal(rd, t)),
        1 => (reg(), ahead(), 0i32..2).prop_map(|(rd, t, o)| Atom::Jalr(rd, t, o)),
    ]
}

/// Programs that do the same on every RV32EM machine with Linux's `write` and `exit`: at the end they write their
/// registers and what they stored to file descriptor 1.
pub fn portable_program() -> impl Strategy<Value = Setup> {
    const SAVED: u32 = DATA + 256;
    prop::collection::vec(portable(), 0..64).prop_map(|mut atoms| {
        let last = atoms.len();
        for (i, atom) in atoms.iter_mut().enumerate() {
            // From a distance to the atom's own index; the end is a target too.
            if let Atom::Branch(.., t) | Atom::Jal(_, t) | Atom::Jalr(_, t, _) = atom {
                *t = (i + *t).min(last);
            }
        }
        // Machines differ in what the registers start with.
        let start = (1..16).map(|r| Atom::Li(r, u32::from(r).wrapping_mul(0x0102_0408)));
        let targets = start.len();
        let shifted = atoms.into_iter().map(|atom| match atom {
            Atom::Branch(op, a, b, t) => Atom::Branch(op, a, b, t + targets),
            Atom::Jal(rd, t) => Atom::Jal(rd, t + targets),
            Atom::Jalr(rd, t, o) => Atom::Jalr(rd, t + targets, o),
            other => other,
        });
        let mut all: Vec<Atom> = start.chain(shifted).collect();
        all.extend((1..16).map(|r| Atom::Access(Op::Sw, r, SAVED + 4 * u32::from(r))));
        all.push(Atom::Ecall(ecall::WRITE, [ecall::FD_STDOUT, DATA, 256 + 64, 0]));
        all.push(Atom::Li(A0, 0));
        Setup::new(&assemble(&all, 0))
    })
}
