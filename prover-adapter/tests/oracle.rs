//! Honest rows say what the oracle says: what a table's solver shows to be the only result is the right one.
//!
//! Programs run every operation of registers, loads, stores, branches and jumps on operands at the edges and at random. Every
//! row of their witnesses satisfies the constraints, and what it says is compared with `isa`'s decoder and `vm`'s
//! semantics: decoded instructions, results of delegated operations, and the processor's next state.

mod common;

use std::collections::HashMap;

use ember_isa::{Family, Format, Instruction, Op, csr, decode, reg};
use ember_verifier::Verifier;
use ember_verifier::air::{CpuCols, Table, fetched, sub_code};
use ember_verifier::params::Val;
use ember_vm::semantics::{branch_taken, compute, load_value, store_word};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::Matrix;

use common::Case;
use common::checker::{check_all, evaluate_row};
use common::eval::{BUSES, Message};
use common::programs::{DATA, exit, i, li, record};
use common::rng::Rng;

const EDGES: [u32; 14] = [
    0,
    1,
    2,
    31,
    32,
    0x7fff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_0000,
    0xffff_fffe,
    0xffff_ffff,
];

/// The value of two limbs.
fn word(limbs: &[Val]) -> u32 {
    let [low, high] = [limbs[0], limbs[1]].map(|limb| limb.as_canonical_u32());
    assert!(low < 1 << 16 && high < 1 << 16, "limbs {low:#x} {high:#x}");
    low | high << 16
}

/// Operations on two operands, branches taken and not, and loads and stores of everything at every offset.
fn program(a: u32, b: u32, rng: &mut Rng) -> Vec<u32> {
    let mut code = [li(8, a), li(9, b), li(10, DATA + 64)].concat();
    code.push(i(Op::Sw, 0, 10, 8, 0));
    for &op in Op::ALL {
        let imm = (rng.next() as i32) << 20 >> 20;
        let info = op.info();
        match info.format {
            Format::R => code.push(i(op, 12, 8, 9, 0)),
            Format::I if info.family as u8 <= Family::Sltu as u8 => code.push(i(op, 13, 8, 0, imm)),
            Format::Shamt => code.push(i(op, 14, 8, 0, imm & 31)),
            Format::U => code.push(i(op, 15, 0, 0, (rng.next() as i32) & !0xfff)),
            // Over the next instruction, if it is taken.
            Format::B => code.extend([i(op, 0, 8, 9, 8), i(Op::Addi, 11, 11, 0, 1)]),
            Format::S => {
                let size = ember_vm::semantics::access_size(op) as i32;
                code.extend((0..4).step_by(size as usize).map(|offset| i(op, 0, 10, 9, offset)));
            }
            _ => {}
        }
        if matches!(op, Op::Lb | Op::Lbu | Op::Lh | Op::Lhu | Op::Lw) {
            let size = ember_vm::semantics::access_size(op) as i32;
            code.extend((0..4).step_by(size as usize).map(|offset| i(op, 12, 10, 0, offset)));
        }
    }
    code.push(i(Op::Jal, 1, 0, 0, 8));
    code.push(i(Op::Addi, 11, 11, 0, 1));
    code.extend(csr::ALL.iter().map(|&(number, _)| i(Op::Csrrs, 12, 0, 0, number as i32)));
    code
}

/// The operation of a sub-operation; immediate forms have that of the register form.
fn op_of(sub: u32) -> Op {
    let mut found = Op::ALL.iter().filter(|&&op| sub_code(op) == sub && sub != 0);
    *found.next().unwrap_or_else(|| panic!("no operation has {sub}"))
}

/// A delegated operation's tuple; whether it is one that the oracle knows.
fn check_delegated(table: Table, tuple: &[Val]) {
    let (sub, off) = (tuple[0].as_canonical_u32(), tuple[1].as_canonical_u32());
    let [a, s, w, m, n] = [2, 4, 6, 8, 10].map(|at| word(&tuple[at..]));
    let op = op_of(sub);
    match table {
        Table::Part if matches!(op, Op::Sb | Op::Sh) => {
            assert_eq!((n, w), (store_word(op, m, off, s), 0), "{op:?} of {s:#x} into {m:#x} at {off}");
        }
        Table::Part => {
            assert_eq!((w, n), (load_value(op, m, off), m), "{op:?} from {m:#x} at {off}");
        }
        _ => assert_eq!(w, compute(op, a, s), "{op:?} of {a:#x} and {s:#x}"),
    }
}

/// A decoded instruction's tuple, of a code word.
fn check_decoded(prog: &[Val], code: &[Val]) -> (u32, Instruction) {
    let pc = code[0].as_canonical_u32() * 4;
    let instruction = decode(word(&code[1..])).expect("a legal word");
    let f = fetched(&instruction, pc);
    let limbs = |n: u32| [n & 0xffff, n >> 16];
    let [[i0, i1], [e0, e1]] = [limbs(f.imm), f.extra];
    let expected = [pc / 4, f.packed, f.sub, i0, i1, e0, e1].map(Val::from_u32);
    assert_eq!(prog, expected, "{instruction:?} at {pc:#x}");
    (pc, instruction)
}

/// The processor's next state, of the instruction and what memory and other tables answer.
fn check_step(row: &CpuCols<Val>, next: &CpuCols<Val>, instruction: &Instruction, messages: &[Message]) {
    let pc = row.pc.as_canonical_u32() * 4;
    let register = |cols: &CpuCols<Val>, n: u8| if n == 0 { 0 } else { word(&cols.regs[2 * (usize::from(n) - 1)..]) };
    let Instruction { op, rd, rs1, rs2, imm } = *instruction;
    let (a, b) = (register(row, rs1), register(row, rs2));
    let format = op.info().format;
    let second = if format == Format::R { b } else { imm };
    let address = a.wrapping_add(imm);
    let accessed = |sent: bool| {
        let is = |m: &&Message| BUSES[m.bus] == "mem" && m.count == if sent { Val::ONE } else { Val::NEG_ONE };
        let message = messages.iter().find(is).expect("an access");
        assert_eq!(message.tuple[0].as_canonical_u32(), address / 4, "{op:?}");
        word(&message.tuple[2..])
    };
    let (mut result, mut target) = (None, pc.wrapping_add(4));
    match op.info().family {
        Family::BranchEq | Family::BranchLt | Family::BranchLtu => {
            if branch_taken(op, a, b) {
                target = pc.wrapping_add(imm);
            }
        }
        Family::Jal => (result, target) = (Some(pc.wrapping_add(4)), pc.wrapping_add(imm)),
        Family::Jalr => (result, target) = (Some(pc.wrapping_add(4)), address & !1),
        Family::LoadWord | Family::LoadPart => {
            let before = accessed(false);
            assert_eq!(before, accessed(true));
            result = Some(load_value(op, before, address));
        }
        Family::StoreWord | Family::StorePart => {
            assert_eq!(accessed(true), store_word(op, accessed(false), address, b));
        }
        Family::Fence | Family::Csr | Family::Ecall => (),
        _ => {
            result = Some(match op {
                Op::Lui => imm,
                Op::Auipc => pc.wrapping_add(imm),
                _ => compute(op, a, second),
            });
        }
    }
    assert_eq!(next.pc.as_canonical_u32(), target / 4, "{op:?} at {pc:#x}");
    let written = match op {
        Op::Ecall => reg::A0,
        _ if format.has_rd() => rd,
        _ => 0,
    };
    for n in 1..16 {
        if n != written {
            assert_eq!(register(next, n), register(row, n), "x{n} after {op:?}");
        } else if let Some(result) = result {
            assert_eq!(register(next, n), result, "{op:?} of {a:#x} and {second:#x}");
        }
    }
}

/// Rows checked of each table.
fn check(code: &[u32], counts: &mut HashMap<Table, usize>) {
    let verifier = Verifier::new();
    let case = Case::of(&verifier, &record(code)).expect("a witness");
    let publics = case.publics(verifier.hasher());
    let tables = &case.segment.tables;
    assert_eq!(check_all(tables, &publics, verifier.hasher()), Ok(()));
    let mut decoded = HashMap::new();
    let mut rows = Vec::new();
    for (t, (table, matrix)) in tables.iter().enumerate() {
        for at in 0..matrix.height() {
            let messages = evaluate_row(tables, &publics, t, at).messages;
            let on = |bus: &str| messages.iter().find(|m| BUSES[m.bus] == bus && m.count != Val::ZERO);
            let counted = match table {
                Table::Rom => match (on("prog"), on("code")) {
                    (Some(prog), Some(code)) => {
                        let (pc, instruction) = check_decoded(&prog.tuple, &code.tuple);
                        decoded.insert(pc, instruction);
                        true
                    }
                    _ => false,
                },
                Table::Bitwise | Table::Shift | Table::Mul | Table::Div | Table::Part => {
                    let received = messages.iter().find(|m| BUSES[m.bus] == "aux" && m.count == Val::NEG_ONE);
                    if let Some(m) = received {
                        check_delegated(*table, &m.tuple);
                    }
                    received.is_some()
                }
                Table::Cpu => {
                    rows.push((at, messages));
                    false
                }
                _ => false,
            };
            *counts.entry(*table).or_default() += usize::from(counted);
        }
    }
    let (_, cpu) = &tables[0];
    let row = |at: usize| CpuCols::from_row(&cpu.values[at * cpu.width()..(at + 1) * cpu.width()]);
    for (at, messages) in rows {
        let here = row(at);
        if here.real == Val::ONE {
            let instruction = &decoded[&(here.pc.as_canonical_u32() * 4)];
            check_step(&here, &row(at + 1), instruction, &messages);
            *counts.entry(Table::Cpu).or_default() += 1;
        }
    }
}

#[test]
fn honest_rows_say_what_the_oracle_says() {
    let mut rng = Rng(2);
    let mut pairs: Vec<(u32, u32)> = EDGES.iter().flat_map(|&a| EDGES.map(|b| (a, b))).collect();
    pairs.extend((0..60).map(|n| (rng.next() as u32, rng.next() as u32 >> (n % 32))));
    let mut counts = HashMap::new();
    for some in pairs.chunks(40) {
        let mut code: Vec<u32> = some.iter().flat_map(|&(a, b)| program(a, b, &mut rng)).collect();
        code.extend(exit(0));
        check(&code, &mut counts);
    }
    println!("{counts:?}");
    for table in [Table::Cpu, Table::Rom, Table::Bitwise, Table::Shift, Table::Mul, Table::Div, Table::Part] {
        assert!(counts[&table] > 500, "{table:?}: {counts:?}");
    }
}
