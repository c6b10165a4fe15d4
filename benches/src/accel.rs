//! Programs that do nothing but call an accelerator.

use ember_isa::{Accelerator, Instruction, Op, ecall, reg};
use ember_memory::{Image, Part, Perm};
use ember_prover_adapter::Execution;
use ember_trace::Limits;
use ember_vm::{NoHost, Program, RunConfig};

const CODE: u32 = 0x1000;
const DATA: u32 = 0x10000;

/// A run of a loop with `n` calls, recorded: three instructions each. Every operand has a page.
///
/// # Panics
/// If there are more than a million calls, or none.
pub fn calls(accelerator: Accelerator, n: u32) -> Execution {
    let mut code: Vec<u32> = Vec::new();
    let mut push = |op, rd, rs1, rs2, imm: i32| {
        let i = Instruction { op, rd, rs1, rs2, imm: imm as u32 };
        code.push(i.encode().expect("an instruction"));
    };
    let mut li = |rd, value: u32| {
        let low = ((value << 20) as i32) >> 20;
        push(Op::Lui, rd, 0, 0, value.wrapping_sub(low as u32) as i32);
        push(Op::Addi, rd, rd, 0, low);
    };
    for i in 1..3 {
        li(reg::A0 + i, DATA + 0x1000 * u32::from(i));
    }
    li(reg::T0, accelerator.number());
    li(8, n);
    li(9, DATA);
    push(Op::Addi, reg::A0, 9, 0, 0);
    push(Op::Ecall, 0, 0, 0, 0);
    push(Op::Addi, 8, 8, 0, -1);
    push(Op::Bne, 0, 8, 0, -12);
    push(Op::Addi, reg::T0, 0, 0, ecall::EXIT as i32);
    push(Op::Ecall, 0, 0, 0, 0);
    let code: Vec<u8> = code.into_iter().flat_map(u32::to_le_bytes).collect();
    let data: Vec<u8> = crate::bytes(0x3000);
    let parts = [
        Part { address: CODE, data: &code, mem_len: code.len() as u32, perm: Perm::EXECUTE },
        Part { address: DATA, data: &data, mem_len: data.len() as u32, perm: Perm::READ_WRITE },
    ];
    let program = Program::new(Image::from_parts(CODE, &parts).expect("an image"));
    Execution::record(&program, RunConfig::default(), &mut NoHost, Limits::steps(1 << 22))
        .expect("a short run")
}
