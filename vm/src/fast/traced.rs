//! The handlers of the traced stream: one instruction each, which writes a record.
//!
//! The fuel's lower half counts the instructions up to the end of the block, so an instruction's record lies that
//! count less its distance from the end, a constant of the op, from the start of the buffer.
//!
//! | op | words after the handler |
//! |---|---|
//! | slot | slot, filled up; pc, instructions to the end of the block |
//! | branch | rs1, rs2, 0, 0, distance; pc, 1; charge if taken; charge if not |
//! | jump | rd, 0, 0, 0, distance; pc, 1; charge |
//! | indirect jump | rd, rs1, immediate; pc, 1 |

use alloc::vec::Vec;

use super::cold;
use super::cold::count;
use super::compile::END;
use super::fuse::{Emitter, End, Fixup, Slot};
use super::handlers::{condition as c, distance, pay, pay_target};
use super::slot::*;
use super::state::{Context, Handler, SINK, Word, handler, next};
use crate::Step;

/// Writes the record of the instruction whose pc, and distance from the block's end, are at `at`.
///
/// # Safety
/// The record lies within the buffer: the slice has no more instructions than the buffer has room for.
#[inline(always)]
unsafe fn record(cx: *mut Context, fuel: u64, at: *const Word, rd: u32, mem: u32) {
    // SAFETY: the caller's.
    unsafe {
        let operands = (*at).data;
        let n = (fuel as u32).wrapping_sub((operands >> 32) as u32);
        (*cx).steps.add(n as usize).write(Step { pc: operands as u32, rd, mem });
    }
}

handler! {
    /// One slot; with `X0`, one whose destination is x0.
    fn step<const K: Spec, const X0: bool>(ip, cx, mem, fuel, sp, words) {
        // SAFETY: the op has one slot of kind `K` and these operands.
        unsafe {
            let Some((value, before)) = run_traced::<K>(ip.add(1).cast(), cx, mem, words) else {
                return cold::slow::<0>(ip, cx, mem, fuel, sp, words);
            };
            record(cx, fuel, ip.add(2), if X0 { 0 } else { value }, before);
            next!(ip.add(3), cx, mem, fuel, sp, words)
        }
    }
}

handler! {
    fn branch<const C: Spec>(ip, cx, mem, fuel, sp, words) {
        // SAFETY: the op has these operands, and its target is an op of the stream.
        unsafe {
            let s = ip.cast::<u8>().add(8);
            let (a, b) = (get(cx, *s), get(cx, *s.add(1)));
            record(cx, fuel, ip.add(2), 0, 0);
            let taken = match C {
                c::EQ => a == b,
                c::NE => a != b,
                c::LT => (a as i32) < b as i32,
                c::GE => (a as i32) >= b as i32,
                c::LTU => a < b,
                _ => a >= b,
            };
            let (left, short) = pay(fuel, (*ip.add(if taken { 3 } else { 4 })).data);
            let ip = if taken { ip.byte_offset(distance(ip.add(1))) } else { ip.add(5) };
            if short {
                return cold::out_of_fuel(ip, cx, mem, fuel, sp, words);
            }
            next!(ip, cx, mem, left, sp, words)
        }
    }
}

handler! {
    /// A jump to a known place.
    fn jump<const X0: bool>(ip, cx, mem, fuel, sp, words) {
        // SAFETY: the op has these operands, and its target is an op of the stream.
        unsafe {
            let link = if X0 { 0 } else { ((*ip.add(2)).data as u32).wrapping_add(4) };
            set(cx, *ip.add(1).cast::<u8>(), link);
            record(cx, fuel, ip.add(2), link, 0);
            let (left, short) = pay(fuel, (*ip.add(3)).data);
            let ip = ip.byte_offset(distance(ip.add(1)));
            if short {
                return cold::out_of_fuel(ip, cx, mem, fuel, sp, words);
            }
            next!(ip, cx, mem, left, sp, words)
        }
    }
}

handler! {
    /// The end of a block that an address cuts: no instruction.
    fn cut<>(ip, cx, mem, fuel, sp, words) {
        // SAFETY: as for `jump`.
        unsafe {
            let (left, short) = pay(fuel, (*ip.add(3)).data);
            let ip = ip.byte_offset(distance(ip.add(1)));
            if short {
                return cold::out_of_fuel(ip, cx, mem, fuel, sp, words);
            }
            next!(ip, cx, mem, left, sp, words)
        }
    }
}

handler! {
    /// An indirect jump.
    fn jalr<const X0: bool>(ip, cx, mem, fuel, sp, words) {
        // SAFETY: as for the untraced handler.
        unsafe {
            let s = ip.add(1).cast::<u8>();
            let imm = i16::from_le(s.add(2).cast::<i16>().read()) as u32;
            let target = get(cx, *s.add(1)).wrapping_add(imm) & !1;
            let at = target.wrapping_sub((*cx).code_start).rotate_right(2);
            if at >= (*cx).code_words {
                return cold::slow::<END>(ip, cx, mem, fuel, sp, words);
            }
            let to = (*cx).targets.add(at as usize);
            let (left, short) = pay_target(fuel, &*to);
            if short {
                return cold::slow::<END>(ip, cx, mem, fuel, sp, words);
            }
            let link = if X0 { 0 } else { ((*ip.add(2)).data as u32).wrapping_add(4) };
            set(cx, *s, link);
            record(cx, fuel, ip.add(2), link, 0);
            next!((*cx).stream.byte_add((*to).offset), cx, mem, left, sp, words)
        }
    }
}

macro_rules! all {
    ($kind:expr, $x0:expr; $($k:ident)*) => {
        match $kind {
            $($k if $x0 => step::<{ $k as Spec }, true>,)*
            $($k => step::<{ $k as Spec }, false>,)*
            _ => step::<NONE, false>,
        }
    };
}

fn handler_of(kind: u8, x0: bool) -> Handler {
    all!(kind, x0; ADD SUB XOR OR AND SLL SRL SRA SLT SLTU MUL ADDI XORI ORI ANDI SLLI SRLI SRAI SLTI SLTIU LI LW LBU
        LHU LB LH SW SB SH MULHU MULH MULHSU DIV DIVU REM REMU)
}

/// Emits a straight line that begins at `start`, one op an instruction.
pub(crate) fn emit(emitter: &mut Emitter<'_>, slots: &[Slot], end: &End, start: u32, charges: &[u64]) {
    let pair = |a: u32, b: u32| u64::from(a) | u64::from(b) << 32;
    for slot in slots {
        let rem = count(charges[(slot.pc.wrapping_sub(start) / 4) as usize]);
        emitter.begin(handler_of(slot.kind, !slot.is_store() && slot.bytes[0] == SINK), &[slot.pc], None);
        let mut words = Vec::with_capacity(2);
        slot.write(slot.bytes, &mut words);
        words.resize(2, 0);
        emitter.words.push(Word { slots: [words[0], words[1]] });
        emitter.data(pair(slot.pc, rem));
    }
    match *end {
        End::Falls => {}
        End::Leave { pc } => emitter.leave(pc),
        End::Branch { pc, condition, rs1, rs2, target } => {
            let handler = match condition {
                c::EQ => branch::<{ c::EQ }>,
                c::NE => branch::<{ c::NE }>,
                c::LT => branch::<{ c::LT }>,
                c::GE => branch::<{ c::GE }>,
                c::LTU => branch::<{ c::LTU }>,
                _ => branch::<{ c::GEU }>,
            };
            let op = emitter.begin(handler, &[], Some(pc));
            emitter.data(u64::from(rs1) | u64::from(rs2) << 8);
            emitter.data(pair(pc, 1));
            emitter.data(0);
            emitter.data(0);
            let next = pc.wrapping_add(4);
            emitter.fixups.push(Fixup { op, distance: Some(op + 1), charge: op + 3, target });
            emitter.fixups.push(Fixup { op, distance: None, charge: op + 4, target: next });
        }
        End::Jump { pc, target, .. } | End::Call { pc, target, .. } => {
            let rd = if let End::Call { rd, .. } = *end { rd } else { SINK };
            let handler = match *end {
                End::Jump { cut: true, .. } => cut,
                End::Jump { .. } => jump::<true>,
                _ => jump::<false>,
            };
            let op = emitter.begin(handler, &[], Some(pc));
            emitter.data(rd.into());
            emitter.data(pair(pc, 1));
            emitter.data(0);
            emitter.fixups.push(Fixup { op, distance: Some(op + 1), charge: op + 3, target });
        }
        End::Indirect { pc, rd, rs1, imm } => {
            let imm = (imm as u16).to_le_bytes();
            let handler = if rd == SINK { jalr::<true> } else { jalr::<false> };
            emitter.begin(handler, &[], Some(pc));
            emitter.words.push(Word { slots: [u32::from_le_bytes([rd, rs1, imm[0], imm[1]]), 0] });
            emitter.data(pair(pc, 1));
        }
    }
}
