//! Random programs of every instruction class, with every kind of ending, are proven and verified.

use ember_isa::op::TABLE;
use ember_isa::{Format, GasTable, Instruction, Op, csr, reg};
use ember_memory::{Image, Part, Perm};
use ember_prover_adapter::{Execution, Prover};
use ember_trace::Limits;
use ember_vm::{PrivateInput, Program, RunConfig};
use proptest::prelude::*;

/// Where code and a page of constants are, which is followed by one of data: far from each other, and around the addresses
/// whose sums come near multiples of 2^32 and of the field's order.
const PLACES: [(u32, u32); 5] = [
    (0x0040_0000, 0x8000_0000),
    (0x1000, 0x8000),
    (0x03ff_f000, 0x0400_8000),
    (0xfbff_f000, 0xfc00_8000),
    (0xfff8_0000, 0xfff9_0000),
];

/// A word of a program: mostly legal instructions whose memory accesses mostly hit, sometimes anything.
#[derive(Clone, Debug)]
enum Word {
    Instruction { row: usize, rd: u8, rs1: u8, rs2: u8, imm: u32 },
    Ecall { number: u32, fd: u32, offset: u32, len: u32 },
    Any(u32),
}

fn word() -> impl Strategy<Value = Word> {
    let register = 0u8..16;
    let instruction = (0..TABLE.len(), register.clone(), register.clone(), register, any::<u32>())
        .prop_map(|(row, rd, rs1, rs2, imm)| Word::Instruction { row, rd, rs1, rs2, imm });
    let ecall = (
        prop_oneof![12 => Just(63u32), 24 => Just(64), 1 => Just(93), 1 => Just(0x2001), 1 => Just(7)],
        prop_oneof![6 => 0u32..4, 1 => Just(9), 1 => any::<u32>()],
        0u32..64,
        0u32..40,
    )
        .prop_map(|(number, fd, offset, len)| Word::Ecall { number, fd, offset, len });
    prop_oneof![120 => instruction, 9 => ecall, 1 => any::<u32>().prop_map(Word::Any)]
}

fn push(code: &mut Vec<u32>, op: Op, rd: u8, rs1: u8, rs2: u8, imm: u32) {
    code.push(Instruction { op, rd, rs1, rs2, imm }.encode().unwrap());
}

fn load_constant(code: &mut Vec<u32>, rd: u8, value: u32) {
    push(code, Op::Lui, rd, 0, 0, value.wrapping_add(0x800) & 0xffff_f000);
    push(code, Op::Addi, rd, rd, 0, ((value << 20) as i32 >> 20) as u32);
}

/// Registers that hold addresses of data, constants, input and stack throughout: gp, tp, s1 and sp.
const BASES: [u8; 4] = [3, 4, 9, 2];

fn assemble(words: &[Word], constants: u32) -> Vec<u32> {
    let mut code = Vec::new();
    load_constant(&mut code, BASES[0], constants + 0x1800);
    load_constant(&mut code, BASES[1], constants + 0x800);
    push(&mut code, Op::Addi, BASES[2], reg::A0, 0, 8);
    push(&mut code, Op::Addi, 2, 2, 0, -64i32 as u32);
    for (i, value) in [0x8000_0000u32, u32::MAX, 1, 0x1234_5678].into_iter().enumerate() {
        load_constant(&mut code, 6 + i as u8 % 3 + 4 * (i as u8 / 3), value);
    }
    for word in words {
        match *word {
            Word::Any(word) => code.push(word),
            Word::Ecall { number, fd, offset, len } => {
                load_constant(&mut code, reg::T0, number);
                load_constant(&mut code, reg::A0, fd);
                push(&mut code, Op::Addi, reg::A1, BASES[0], 0, offset);
                push(&mut code, Op::Addi, reg::A2, 0, 0, len);
                push(&mut code, Op::Addi, reg::A3, 0, 0, 0);
                push(&mut code, Op::Ecall, 0, 0, 0, 0);
            }
            Word::Instruction { row, rd, rs1, rs2, imm } => {
                let op = Op::ALL[row];
                let kept = BASES.contains(&rd);
                let rd = if kept { 0 } else { rd };
                let size = match op {
                    Op::Lw | Op::Sw => 4,
                    Op::Lh | Op::Lhu | Op::Sh => 2,
                    _ => 1,
                };
                let load = matches!(op, Op::Lb | Op::Lbu | Op::Lh | Op::Lhu | Op::Lw);
                let store = matches!(op, Op::Sb | Op::Sh | Op::Sw);
                let (rs1, imm) = match op.info().format {
                    // Now and then an address that is no multiple, or a base that holds anything.
                    _ if (load || store) && imm % 64 != 0 => {
                        let base = if store {
                            [BASES[0], BASES[3]][imm as usize % 2]
                        } else {
                            BASES[imm as usize % 4]
                        };
                        let align = if imm % 61 == 0 { 1 } else { size };
                        (base, (imm >> 8) % 48 / align * align)
                    }
                    Format::I | Format::S => (rs1, ((imm << 20) as i32 >> 20) as u32),
                    Format::Shamt => (rs1, imm & 31),
                    // Forward over a few instructions, rarely into the middle of one.
                    Format::B | Format::J => (rs1, imm % 5 * 4 + 4 + if imm % 97 == 0 { 2 } else { 0 }),
                    Format::U => (rs1, imm & 0xffff_f000),
                    Format::Csr => (rs1, csr::ALL[imm as usize % 6].0),
                    Format::R | Format::Fence | Format::Fixed => (rs1, 0),
                };
                if op == Op::Jalr {
                    // To the next instruction but one, by way of auipc.
                    push(&mut code, Op::Auipc, 5, 0, 0, 0);
                    push(&mut code, Op::Jalr, rd, 5, 0, 8 + u32::from(imm % 3 == 0));
                } else if matches!(op, Op::Ecall | Op::Ebreak) && imm % 64 != 0 {
                    push(&mut code, Op::Fence, 0, 0, 0, 0);
                } else {
                    push(&mut code, op, rd, rs1, rs2, imm);
                }
            }
        }
    }
    for (op, rd, imm) in [(Op::Addi, reg::T0, 93), (Op::Ecall, 0, 0)] {
        push(&mut code, op, rd, 0, 0, imm);
    }
    code
}

fn program(words: &[Word], (at, constants): (u32, u32)) -> Program {
    let code: Vec<u8> = assemble(words, constants).into_iter().flat_map(u32::to_le_bytes).collect();
    let bytes: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let part = |address, data, perm| Part { address, data, mem_len: 4096, perm };
    let parts = [
        Part { address: at, data: &code, mem_len: code.len() as u32, perm: Perm::EXECUTE },
        part(constants, &bytes, Perm::READ),
        part(constants + 0x1000, &bytes, Perm::READ_WRITE),
    ];
    Program::new(Image::from_parts(at, &parts).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn random_programs_are_proven(
        words in prop::collection::vec(word(), 1..120),
        place in prop::sample::select(PLACES.to_vec()),
        input in prop::collection::vec(any::<u8>(), 0..100),
        private in prop::collection::vec(any::<u8>(), 0..60),
        gas_limit in prop_oneof![3 => Just(1u64 << 40), 1 => 0u64..2000],
        costs in any::<[u16; 6]>(),
    ) {
        let mut gas_table = GasTable { arith: costs[0], load: costs[1], csr: costs[2], ..Default::default() };
        gas_table.write.per_word = costs[3];
        gas_table.read.base = costs[4];
        gas_table.div = costs[5];
        let program = program(&words, place);
        let config = RunConfig { gas_table, gas_limit, memory_limit: 0x4000, input };
        // A program that loops for good within its gas is left out.
        let execution =
            Execution::record(&program, config, &mut PrivateInput(&private), Limits::steps(1 << 14));
        prop_assume!(execution.is_ok());
        let execution = execution.unwrap();
        thread_local!(static PROVER: Prover = Prover::new());
        PROVER.with(|prover| {
            let (statement, proof) = prover.prove(&execution, &mut |_| {})
                .map_err(|e| TestCaseError::fail(format!("{e} after {}", execution.ending.exit)))?;
            prover.verifier().verify(&statement, &proof)
                .map_err(|e| TestCaseError::fail(format!("{e} after {}", execution.ending.exit)))?;
            prop_assert_eq!(statement.exit, execution.ending.exit);
            prop_assert_eq!(statement.gas_used, execution.ending.gas_used);
            Ok(())
        })?;
    }
}
