//! What handlers do when the common case does not hold.

use ember_isa::{Instruction, Op, reg};
use ember_memory::AddressSpace;

use super::compile::{Stream, is_cut};
use super::state::{Context, Leave, Word, handler, next};
use crate::semantics::{access_size, branch_taken, compute, load_value, store_word};
use crate::{Program, Step};

/// What cold paths need beside the context.
pub(crate) struct Cold {
    pub space: *mut AddressSpace,
    pub program: *const Program,
    pub stream: *const Stream,
}

handler! {
    /// Ends the run of handlers before the block at `ip`, which the slice does not pay for.
    #[cold]
    fn out_of_fuel<>(ip, cx, _mem, fuel, _sp, _words) {
        // SAFETY: `cold` outlives the run of handlers; `ip` is an op of the stream.
        unsafe {
            let stream = &*(*(*cx).cold).stream;
            (*cx).pc = stream.slot_pc(ip.offset_from((*cx).stream) as u32, 0);
            (*cx).leave = Leave::Fuel;
            (*cx).fuel = fuel;
        }
        core::ptr::null()
    }
}

handler! {
    /// Executes the op's instructions from slot `J` on, which the handler could not: loads and stores outside the
    /// window, indirect jumps to where no entry is, and whatever faults.
    #[cold]
    fn slow<const J: u32>(ip, cx, mem, fuel, _sp, words) {
        let mut fuel = fuel;
        // SAFETY: `ip` is an op of the stream, `cx` is valid, and so is the op that comes back.
        unsafe {
            let ip = finish_op(ip, J, cx, &mut fuel);
            if ip.is_null() {
                (*cx).fuel = fuel;
                return ip;
            }
            next!(ip, cx, mem, fuel, (*cx).regs[reg::SP as usize], words)
        }
    }
}

/// Executes the rest of an op and returns the next one, or leaves.
///
/// # Safety
/// `ip` is an op of the context's stream, whose `j`th slot begins an instruction.
#[inline(never)]
unsafe fn finish_op(ip: *const Word, j: u32, cx: *mut Context, fuel: &mut u64) -> *const Word {
    // SAFETY: the driver set these pointers for the time of this run of handlers. The address space is not
    // borrowed elsewhere, and its window is only reached through raw pointers meanwhile.
    let (cx, program, stream, space) = unsafe {
        let cold = &*(*cx).cold;
        (&mut *cx, &*cold.program, &*cold.stream, &mut *cold.space)
    };
    // SAFETY: both point into the stream.
    let offset = unsafe { ip.offset_from(cx.stream) } as u32;
    let mut pc = stream.slot_pc(offset, j);
    let (next_offset, stop) = stream.op_after(offset);
    loop {
        let next = match execute(pc, cx, program, space) {
            Some(next) => next,
            // The reference step will charge this instruction again, and say how it ends.
            None => {
                *fuel = fuel.wrapping_add(stream.charge_from(program, pc));
                return leave(cx, Leave::Step, pc);
            }
        };
        if let Some(step) = next.step {
            let rem = count(stream.charge_from(program, pc));
            // SAFETY: the slice has no more instructions than there is room for records, and the count in `fuel`
            // includes this one and the rest of its block.
            unsafe { cx.steps.add((*fuel as u32 - rem) as usize).write(step) };
        }
        if next.transfer || is_cut(pc) {
            let entry = stream.entry(program, next.pc);
            return match entry.and_then(|e| Some((e, fuel.checked_sub(e.charge)?))) {
                Some((entry, left)) => {
                    *fuel = left;
                    // SAFETY: entries are ops of the stream.
                    unsafe { cx.stream.byte_add(entry.offset) }
                }
                None => leave(cx, Leave::Fuel, next.pc),
            };
        }
        pc = next.pc;
        if pc == stop {
            // SAFETY: the next op is in the stream.
            return unsafe { cx.stream.add(next_offset as usize) };
        }
    }
}

fn leave(cx: &mut Context, why: Leave, pc: u32) -> *const Word {
    cx.leave = why;
    cx.pc = pc;
    core::ptr::null()
}

/// Instructions in a charge.
pub(crate) fn count(charge: u64) -> u32 {
    (charge as u32).wrapping_neg()
}

struct Next {
    pc: u32,
    transfer: bool,
    step: Option<Step>,
}

/// Executes one charged instruction, or returns `None` without effect if it faults.
fn execute(pc: u32, cx: &mut Context, program: &Program, space: &mut AddressSpace) -> Option<Next> {
    let Instruction { op, rd, rs1, rs2, imm } = program.fetch(pc)?.ok()?;
    let (a, b) = (cx.regs[rs1 as usize], cx.regs[rs2 as usize]);
    let link = pc.wrapping_add(4);
    let aligned = |target: u32| target.is_multiple_of(4).then_some(target);
    let mut next = Next { pc: link, transfer: false, step: None };
    let mut mem = 0;
    let result = match op {
        Op::Lui => imm,
        Op::Auipc => pc.wrapping_add(imm),
        Op::Jal | Op::Jalr => {
            let target = if op == Op::Jal { pc.wrapping_add(imm) } else { a.wrapping_add(imm) & !1 };
            next.pc = aligned(target)?;
            next.transfer = true;
            link
        }
        Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => {
            if branch_taken(op, a, b) {
                next.pc = aligned(pc.wrapping_add(imm))?;
            }
            next.transfer = true;
            0
        }
        Op::Lb | Op::Lh | Op::Lw | Op::Lbu | Op::Lhu => {
            let address = a.wrapping_add(imm);
            aligned(address.wrapping_mul(4 / access_size(op)))?;
            mem = space.load(address & !3).map(u32::from_le_bytes)?;
            load_value(op, mem, address)
        }
        Op::Sb | Op::Sh | Op::Sw => {
            let address = a.wrapping_add(imm);
            aligned(address.wrapping_mul(4 / access_size(op)))?;
            mem = space.load(address & !3).map(u32::from_le_bytes)?;
            space.store(address & !3, store_word(op, mem, address, b).to_le_bytes())?;
            0
        }
        Op::Fence | Op::FenceI => 0,
        Op::Ecall | Op::Ebreak | Op::Csrrs | Op::Csrrc | Op::Csrrsi | Op::Csrrci => return None,
        _ => compute(op, a, if op.info().format.has_rs2() { b } else { imm }),
    };
    if rd != 0 {
        cx.regs[rd as usize] = result;
    }
    if !cx.steps.is_null() {
        next.step = Some(Step { pc, rd: if rd == 0 { 0 } else { result }, mem });
    }
    Some(next)
}
