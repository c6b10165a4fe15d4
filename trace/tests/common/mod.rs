//! Small programs for the tests of traces.
#![allow(dead_code)]

use ember_isa::{Accelerator, EcallCost, GasTable, Instruction, Op, ecall, reg};
use ember_memory::{Image, Part, Perm};
use ember_trace::{Execution, Limits};
use ember_vm::{Host, HostReply, Program, RunConfig};

pub const CODE: u32 = 0x1000;
pub const CONSTANTS: u32 = 0x2000;
pub const DATA: u32 = 0x3000;

pub const LIMITS: Limits = Limits::steps(1 << 20);

pub fn i(op: Op, rd: u8, rs1: u8, rs2: u8, imm: i32) -> u32 {
    Instruction { op, rd, rs1, rs2, imm: imm as u32 }.encode().expect("an instruction")
}

/// `rd = value`: two instructions.
pub fn li(rd: u8, value: u32) -> [u32; 2] {
    let low = ((value << 20) as i32) >> 20;
    [i(Op::Lui, rd, 0, 0, value.wrapping_sub(low as u32) as i32), i(Op::Addi, rd, rd, 0, low)]
}

/// An ecall with these arguments a0...
pub fn call(number: u32, args: &[u32]) -> Vec<u32> {
    let mut code: Vec<u32> =
        args.iter().enumerate().flat_map(|(n, &value)| li(reg::A0 + n as u8, value)).collect();
    code.extend(li(reg::T0, number));
    code.push(i(Op::Ecall, 0, 0, 0, 0));
    code
}

pub fn image(code: &[u32]) -> Image {
    let bytes: Vec<u8> = code.iter().flat_map(|w| w.to_le_bytes()).collect();
    let part = |address, data, mem_len, perm| Part { address, data, mem_len, perm };
    let parts = [
        part(CODE, &bytes[..], bytes.len() as u32, Perm::EXECUTE),
        part(CONSTANTS, b"constants", 0x100, Perm::READ),
        part(DATA, b"some data", 0x1800, Perm::READ_WRITE),
    ];
    Image::from_parts(CODE, &parts).expect("an image")
}

/// Private input of consecutive bytes, and host calls that reverse their input; an odd number aborts the run.
pub struct TestHost(pub u8);

impl Host for TestHost {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        let n = buf.len().min(23);
        buf[..n].iter_mut().for_each(|b| {
            self.0 = self.0.wrapping_add(1);
            *b = self.0;
        });
        n
    }

    fn host_call(&mut self, number: u32, input: &[u8], _: u32) -> HostReply {
        if number % 2 == 1 {
            return HostReply::Abort(number);
        }
        HostReply::Return(input.iter().rev().copied().collect())
    }
}

pub fn config() -> RunConfig {
    // Words cost gas, so that the gas limit bounds what is recorded.
    let words = EcallCost { base: 3, per_word: 1 };
    RunConfig {
        gas_table: GasTable { load: 2, read: words, write: words, host_call: words, ..GasTable::UNIT },
        gas_limit: 1 << 32,
        memory_limit: 0x4000,
        input: b"public input".to_vec(),
    }
}

pub fn record(code: &[u32], config: RunConfig) -> Execution {
    Execution::record(&Program::new(image(code)), config, &mut TestHost(0), LIMITS).expect("a short run")
}

/// Something of everything: arithmetic, a loop over memory, both counters, every ecall.
pub fn tour() -> Vec<u32> {
    let mut code = vec![i(Op::Addi, 3, 11, 0, 0)];
    code.extend(li(8, DATA));
    code.extend(li(9, DATA + 40));
    let top = code.len();
    code.push(i(Op::Lw, 12, 8, 0, 0));
    code.push(i(Op::Mul, 12, 12, 9, 0));
    code.push(i(Op::Addi, 12, 12, 0, 77));
    code.push(i(Op::Sh, 0, 8, 12, 2));
    code.push(i(Op::Lbu, 13, 8, 0, 3));
    code.push(i(Op::Addi, 8, 8, 0, 4));
    code.push(i(Op::Bltu, 0, 8, 9, 4 * (top as i32 - code.len() as i32)));
    code.push(i(Op::Csrrs, 14, 0, 0, 0xc00));
    code.push(i(Op::Csrrs, 15, 0, 0, 0xc82));
    code.push(i(Op::Divu, 14, 14, 13, 0));
    code.push(i(Op::Jal, 1, 0, 0, 8));
    code.push(i(Op::Ebreak, 0, 0, 0, 0));
    code.push(i(Op::Auipc, 1, 0, 0, 0));
    code.push(i(Op::Jalr, 1, 1, 0, 8));
    code.extend(call(ecall::READ, &[ecall::FD_INPUT, DATA + 1, 30]));
    code.extend(call(ecall::WRITE, &[ecall::FD_JOURNAL, DATA + 3, 10]));
    code.extend(call(ecall::WRITE, &[ecall::FD_STDOUT, CONSTANTS, 9]));
    code.extend(call(ecall::WRITE, &[17, CONSTANTS, 9]));
    code.extend(call(0x2000, &[DATA, 20, DATA + 0x101, 13]));
    code.extend(call(ecall::WRITE, &[ecall::FD_JOURNAL, DATA + 0x100, 20]));
    // The state inside the block.
    code.extend(call(Accelerator::Sha256.number(), &[DATA + 16, DATA]));
    code.extend(call(ecall::EXIT, &[3]));
    code
}

/// The example programs, where they are.
pub fn example_elfs() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/elf");
    let mut elfs: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("a folder that can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "elf"))
        .map(|path| (path.display().to_string(), std::fs::read(&path).expect("a file that can be read")))
        .collect();
    elfs.sort();
    elfs
}
