//! Small programs that together use every operation and every table.

use std::cell::Cell;

use ember_isa::{Accelerator, EcallCost, Format, GasTable, Instruction, Op, csr, ecall, reg};
use ember_memory::{Image, Part, Perm};
use ember_prover_adapter::Execution;
use ember_trace::Limits;
use ember_vm::{PrivateInput, Program, RunConfig};

/// Where programs have their code: at the bottom, below 64 MiB and below the last 64 MiB, which longer programs cross, and
/// near the top. These are the addresses whose sums come near a multiple of 2^32 or of the field's order.
pub const BASES: [u32; 4] = [0x1000, 0x03ff_f000, 0xfbff_f000, 0xfff8_0000];

pub const MEMORY_LIMIT: u32 = 0x6000;

thread_local! {
    static BASE: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Where a program and its memory are.
#[derive(Clone, Copy)]
pub struct Place {
    pub code: u32,
    pub constants: u32,
    /// Two pages of data: the heap starts after them.
    pub data: u32,
    pub heap: u32,
    pub heap_end: u32,
    pub input: u32,
}

/// Where this thread's programs are. Unless [`with_base`] says it, that depends on the name of the test, so that tests
/// share the places out; `BASE`, a number from 0 to 3, puts them all in one of [`BASES`].
pub fn place() -> Place {
    let by_name = || match std::env::var("BASE") {
        Ok(n) => BASES[n.parse::<usize>().expect("a number from 0 to 3")],
        Err(_) => {
            let thread = std::thread::current();
            let sum =
                thread.name().unwrap_or("").bytes().fold(0u32, |n, b| n.wrapping_mul(31) + u32::from(b));
            BASES[(sum % 4) as usize]
        }
    };
    let code = BASE.get().unwrap_or_else(by_name);
    let (constants, data, heap) = (code + 0x7000, code + 0x9000, code + 0xb000);
    let heap_end = heap + MEMORY_LIMIT - 0x2000;
    Place { code, constants, data, heap, heap_end, input: heap_end + 0x1000 }
}

/// Has this thread's programs there, while `run` runs.
pub fn with_base<T>(base: u32, run: impl FnOnce() -> T) -> T {
    let before = BASE.replace(Some(base));
    let out = run();
    BASE.set(before);
    out
}

pub fn i(op: Op, rd: u8, rs1: u8, rs2: u8, imm: i32) -> u32 {
    Instruction { op, rd, rs1, rs2, imm: imm as u32 }.encode().expect("an instruction")
}

/// `rd = value`.
pub fn li(rd: u8, value: u32) -> Vec<u32> {
    let low = ((value << 20) as i32) >> 20;
    let high = value.wrapping_sub(low as u32) as i32;
    if high == 0 {
        return vec![i(Op::Addi, rd, 0, 0, low)];
    }
    vec![i(Op::Lui, rd, 0, 0, high), i(Op::Addi, rd, rd, 0, low)]
}

/// An ecall with these arguments from a0 on.
pub fn call(number: u32, args: &[u32]) -> Vec<u32> {
    let mut code: Vec<u32> =
        args.iter().enumerate().flat_map(|(n, &value)| li(reg::A0 + n as u8, value)).collect();
    code.extend(li(reg::T0, number));
    code.push(i(Op::Ecall, 0, 0, 0, 0));
    code
}

pub fn image(code: &[u32]) -> Image {
    let bytes: Vec<u8> = code.iter().flat_map(|w| w.to_le_bytes()).collect();
    let data: Vec<u8> = (0..0x1004u32).map(|n| (n * n / 7 + n) as u8 | 0x80).collect();
    let part = |address, data, mem_len, perm| Part { address, data, mem_len, perm };
    let parts = [
        part(place().code, &bytes[..], bytes.len() as u32, Perm::EXECUTE),
        part(place().constants, b"\xf0constants of the program", 0x100, Perm::READ),
        part(place().data, &data[..], 0x2000, Perm::READ_WRITE),
    ];
    Image::from_parts(place().code, &parts).expect("an image")
}

/// Prices of which no two agree, some above a byte.
pub fn gas_table() -> GasTable {
    GasTable {
        arith: 0x102,
        logic: 3,
        shift: 5,
        compare: 7,
        branch: 11,
        jump: 13,
        load: 17,
        store: 0x313,
        mul: 23,
        div: 29,
        csr: 31,
        fence: 0,
        system: 37,
        exit: 41,
        read: EcallCost { base: 0x12b, per_word: 0x10f },
        write: EcallCost { base: 47, per_word: 53 },
        host_call: EcallCost { base: 59, per_word: 61 },
        sha256: 0x143,
        poseidon2: 0x261,
        extension_dot: EcallCost { base: 0x125, per_word: 0x107 },
        keccak: 0x317,
        mul_mod: 0x1a9,
        context: 0x2b3,
    }
}

pub fn config() -> RunConfig {
    RunConfig {
        gas_table: gas_table(),
        gas_limit: 1 << 40,
        memory_limit: MEMORY_LIMIT,
        input: b"the public input of the program".to_vec(),
    }
}

pub const PRIVATE: &[u8] = b"private input, thirty-six bytes long";

pub fn record_with(code: &[u32], config: RunConfig) -> Execution {
    let program = Program::new(image(code));
    Execution::record(&program, config, &mut PrivateInput(PRIVATE), Limits::steps(1 << 20))
        .expect("a short run")
}

pub fn record(code: &[u32]) -> Execution {
    record_with(code, config())
}

pub fn exit(code: u32) -> Vec<u32> {
    call(ecall::EXIT, &[code])
}

/// Every operation of registers on operands of all kinds, and the counters.
pub fn arithmetic() -> Vec<u32> {
    let mut code = Vec::new();
    let operands =
        [(77, 5), (0x8000_0000, 0xffff_ffff), (0xffff_fff9, 0), (0xdead_beef, 0x0001_2345), (9, 0xffff_fffd)];
    for (n, (a, b)) in operands.into_iter().enumerate() {
        code.extend(li(8, a));
        code.extend(li(9, b));
        for &op in Op::ALL {
            let imm = [-1, 0, 2047, -2048, 3][n];
            match op.info().format {
                Format::R => code.push(i(op, 12, 8, 9, 0)),
                Format::I if op.info().family as u8 <= 6 => code.push(i(op, 13, 8, 0, imm)),
                Format::Shamt => code.push(i(op, 14, 8, 0, [0, 1, 16, 17, 31][n])),
                // Taken or not, the next instruction follows; targets of no use but in bounds.
                Format::B => {
                    code.push(i(op, 0, 8, 9, 8));
                    code.push(i(Op::Sub, 15, 9, 8, 0));
                }
                _ => {}
            }
        }
    }
    for &(number, _) in &csr::ALL {
        for op in [Op::Csrrs, Op::Csrrc, Op::Csrrsi, Op::Csrrci] {
            code.push(i(op, 12, 0, 0, number as i32));
        }
    }
    // Results to x0, equal operands, fences, jumps.
    code.push(i(Op::Mul, 0, 8, 9, 0));
    code.push(i(Op::Addi, 0, 8, 0, 1));
    code.push(i(Op::Beq, 0, 8, 8, 8));
    code.push(i(Op::Ebreak, 0, 0, 0, 0));
    // A branch that is not taken may have a misaligned target.
    code.push(i(Op::Bne, 0, 8, 8, 6));
    code.push(i(Op::Fence, 0, 0, 0, 0));
    code.push(i(Op::FenceI, 0, 0, 0, 0));
    code.push(i(Op::Lui, 4, 0, 0, 0x1234_5000));
    code.push(i(Op::Jal, 1, 0, 0, 8));
    code.push(i(Op::Ebreak, 0, 0, 0, 0));
    code.push(i(Op::Auipc, 1, 0, 0, 0));
    code.push(i(Op::Jalr, 1, 1, 0, 9));
    code.extend(exit(7));
    code
}

/// Every operation of two registers, every branch, and the parts of a word, on many random operands.
pub fn operands(seed: u64) -> Vec<u32> {
    let mut state = seed;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 32) as u32
    };
    let mut code = Vec::new();
    for n in 0..20 {
        for (register, shift) in [(8, n), (9, n / 2)] {
            // Of any size, of either sign.
            let value = random() >> (random() % 32).min(shift);
            code.extend(li(register, if random() % 3 == 0 { value.wrapping_neg() } else { value }));
        }
        code.extend(li(10, place().data + 16 * n));
        for &op in Op::ALL {
            match op.info().format {
                Format::R => code.push(i(op, 12, 8, 9, 0)),
                Format::I if op.info().family as u8 <= 6 => code.push(i(op, 13, 8, 0, random() as i32 >> 20)),
                Format::Shamt => code.push(i(op, 14, 8, 0, (random() % 32) as i32)),
                Format::B => {
                    code.push(i(op, 0, 8, 9, 8));
                    code.push(i(Op::Auipc, 15, 0, 0, (random() & 0xffff_f000) as i32));
                }
                _ => {}
            }
        }
        code.push(i(Op::Sw, 0, 10, 8, 0));
        for (op, align) in [(Op::Lb, 1), (Op::Lbu, 1), (Op::Lh, 2), (Op::Lhu, 2), (Op::Sb, 1), (Op::Sh, 2)] {
            let offset = (random() % 8 / align * align) as i32;
            let store = matches!(op, Op::Sb | Op::Sh);
            code.push(if store { i(op, 0, 10, 9, offset) } else { i(op, 12, 10, 0, offset) });
        }
        code.push(i(Op::Jal, 1, 0, 0, 8));
        code.push(random() | 3);
        for number in [csr::CYCLE, csr::INSTRET, csr::CYCLEH, csr::INSTRETH] {
            code.push(i(Op::Csrrs, 12, 0, 0, number as i32));
        }
    }
    code.extend(exit(0));
    code
}

/// So many instructions before the program ends, at least 2.
pub fn few(instructions: usize) -> Vec<u32> {
    let mut code = vec![
        i(Op::Addi, 8, 0, 0, 77),
        i(Op::Csrrs, 9, 0, 0, csr::INSTRET as i32),
        i(Op::Sw, 0, reg::SP, 9, -4),
        i(Op::Blt, 0, 9, 8, 8),
        i(Op::Ebreak, 0, 0, 0, 0),
        i(Op::Csrrs, 12, 0, 0, csr::CYCLE as i32),
    ];
    // One is jumped over, two end the program.
    code.truncate(if instructions > 6 { 6 } else { instructions - 2 });
    code.extend(exit(0));
    code
}

/// A journal of so many bytes.
pub fn journal(len: u32) -> Vec<u32> {
    [call(ecall::WRITE, &[ecall::FD_JOURNAL, place().data + 5, len]), exit(0)].concat()
}

/// Loads, stores and ecalls, at every offset, over every kind of memory.
pub fn memory() -> Vec<u32> {
    let mut code = vec![i(Op::Addi, 3, reg::A0, 0, 0)];
    for base in [place().data, place().data + 0xff8, place().heap + 0x40, place().heap + 0xffc] {
        code.extend(li(8, base));
        code.extend(li(9, 0xfedc_ba98));
        for offset in 0..4 {
            for (load, store, align) in [(Op::Lb, Op::Sb, 1), (Op::Lbu, Op::Sb, 1), (Op::Lhu, Op::Sh, 2)] {
                if offset % align == 0 {
                    code.push(i(store, 0, 8, 9, offset + 4));
                    code.push(i(load, 12, 8, 0, offset));
                }
            }
        }
        code.push(i(Op::Lh, 12, 8, 0, 2));
        code.push(i(Op::Sw, 0, 8, 9, 8));
        code.push(i(Op::Lw, 0, 8, 0, 8));
    }
    // The end of the heap, constants, input.
    code.push(i(Op::Sw, 0, reg::SP, 9, -4));
    code.extend(li(8, place().constants));
    code.push(i(Op::Lb, 12, 8, 0, 0));
    code.push(i(Op::Lw, 12, 8, 0, 20));
    code.push(i(Op::Lhu, 12, 3, 0, 30));
    code.push(i(Op::Lw, 12, 3, 0, 0));
    code.extend(call(ecall::READ, &[ecall::FD_INPUT, place().data + 1, 13]));
    code.extend(call(ecall::READ, &[ecall::FD_INPUT, place().heap + 0xffe, 3]));
    code.extend(call(ecall::READ, &[ecall::FD_INPUT, place().heap + 0x80, 30]));
    code.extend(call(ecall::READ, &[ecall::FD_INPUT, place().data, 0]));
    code.extend(call(ecall::READ, &[7, place().data, 9]));
    code.extend(call(ecall::READ, &[0x5_0000, place().data, 9]));
    code.extend(call(ecall::WRITE, &[5, place().data, 0x8012_3457]));
    code.extend(call(ecall::WRITE, &[ecall::FD_STDOUT, place().constants + 3, 9]));
    code.extend(call(ecall::WRITE, &[ecall::FD_STDERR, place().input + 1, 2]));
    code.extend(call(ecall::WRITE, &[ecall::FD_JOURNAL, place().data + 3, 10]));
    code.extend(call(ecall::WRITE, &[17, place().constants, 9]));
    code.extend(call(ecall::WRITE, &[0x3_0003, place().constants, 9]));
    code.extend(call(ecall::WRITE, &[ecall::FD_JOURNAL, place().heap + 0xffd, 26]));
    code.extend(exit(0));
    code
}

/// Memory of every kind, counters and the journal, again and again: to be cut into segments.
pub fn segments() -> Vec<u32> {
    let mut code = Vec::new();
    for round in 0..4 {
        for base in [
            place().data + 0x10 * round,
            place().heap + 0x1000 * (round % 3) + 0x20 * round,
            place().heap + 0x40,
        ] {
            code.extend(li(8, base));
            code.push(i(Op::Lw, 12, 8, 0, 4));
            code.push(i(Op::Addi, 12, 12, 0, 3));
            code.push(i(Op::Sw, 0, 8, 12, 4));
            code.push(i(Op::Sb, 0, 8, 12, 9));
            code.push(i(Op::Lbu, 13, 8, 0, 5));
        }
        code.extend(li(8, place().constants));
        code.push(i(Op::Lw, 12, 8, 0, 4));
        for number in [csr::CYCLE, csr::CYCLEH, csr::INSTRET, csr::INSTRETH] {
            code.push(i(Op::Csrrs, 12, 0, 0, number as i32));
        }
        code.extend(call(ecall::WRITE, &[ecall::FD_JOURNAL, place().data + 2, 9 + 2 * round]));
        code.push(i(Op::Mul, 13, 12, 8, 0));
        code.push(i(Op::Div, 13, 8, 12, 0));
    }
    code.extend(exit(3));
    code
}

/// A word is accessed again after more than 2^16 cycles; then the program jumps around the end of the address
/// space, where nothing is.
pub fn stale() -> Vec<u32> {
    let mut code = li(8, place().data);
    code.extend(li(9, 33_000));
    code.push(i(Op::Lw, 12, 8, 0, 0));
    code.push(i(Op::Sw, 0, reg::SP, 8, -4));
    code.push(i(Op::Addi, 9, 9, 0, -1));
    code.push(i(Op::Bne, 0, 9, 0, -4));
    code.push(i(Op::Lw, 12, 8, 0, 0));
    code.push(i(Op::Lw, 12, reg::SP, 0, -4));
    code.push(i(Op::Sw, 0, 8, 12, 4));
    let pc = place().code as i32 + 4 * code.len() as i32;
    code.push(i(Op::Jal, 1, 0, 0, -0x2000 - (pc - place().code as i32)));
    code
}

/// Every accelerator, on operands in all kinds of memory, apart and overlapping.
pub fn accelerators() -> Vec<u32> {
    let mut code = vec![i(Op::Addi, reg::A3, reg::A0, 0, 0)];
    let sha256 = Accelerator::Sha256.number();
    code.extend(call(sha256, &[place().data, place().constants + 0x40, 0x1234_5678]));
    code.extend(call(sha256, &[place().heap - 0x10, place().heap - 0x20]));
    code.extend(call(sha256, &[place().data, place().input + 0xfc0]));
    code.extend(call(Accelerator::Poseidon2.number(), &[place().data + 0x100, 3, 5]));
    code.extend(call(Accelerator::Poseidon2Montgomery.number(), &[place().heap + 0xff0]));
    code.extend(call(Accelerator::Poseidon2.number(), &[place().heap + 0xff0]));
    let dot = |terms| Accelerator::ExtensionDot { terms }.number();
    let dot_base = |terms| Accelerator::ExtensionDotBase { terms }.number();
    code.extend(call(dot(3), &[place().data + 0x200, place().data + 0x240, place().constants + 0x40]));
    // A square, of an operand with the sum inside.
    code.extend(call(dot(1), &[place().data + 0x200, place().data + 0x200, place().data + 0x200]));
    code.extend(call(dot_base(4), &[place().data + 0x200, place().input + 0xf80, place().data + 0x208]));
    code.extend(call(dot_base(1), &[place().heap + 0xff0, place().data, place().input + 0xffc]));
    code.extend(call(Accelerator::Keccak.number(), &[place().data + 0x20, 7, 9]));
    let mul_mod = Accelerator::MulMod.number();
    code.extend(call(mul_mod, &[place().data + 0x300, place().constants, place().data + 0x320]));
    // A square modulo a small integer; modulo zero; modulo one of the factors.
    code.extend(call(mul_mod, &[place().data + 0x340, place().data + 0x340, place().constants + 0x14]));
    code.extend(call(mul_mod, &[place().data + 0x340, place().data + 0x360, place().constants + 0x40]));
    code.extend(call(mul_mod, &[place().data + 0x360, place().data + 0x380, place().data + 0x370]));
    code.extend(call(mul_mod, &[place().heap + 0xff0, place().input, place().data + 0x10]));
    // In data; across the page that divides data and heap; over what the call before wrote.
    code.extend(call(ecall::CONTEXT, &[place().data + 0x400]));
    code.extend(call(ecall::CONTEXT, &[place().heap - 0x80, 0x1234_5678, 7]));
    code.extend(call(ecall::CONTEXT, &[place().heap - 0x7c]));
    code.extend(exit(0));
    code
}
