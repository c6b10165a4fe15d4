//! How a run ends: a function of its final state.
//!
//! The STARK proves that the run reached a state; this decides that the state's instruction cannot retire, and why.
//! It follows SPEC sections 1 to 5 and agrees with the reference interpreter's last step.

use ember_isa::ecall::{self, MAX_HOST_CALL_LEN, MAX_JOURNAL_LEN, abort};
use ember_isa::{Accelerator, Class, Context, ExitReason, GasTable, Instruction, Op, decode, reg};
use ember_memory::digest::Hasher;
use ember_memory::{Layout, Perm, Transcript, page_of};
use thiserror::Error;

/// The decision cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EndingError {
    /// The instruction retires: the run has not ended.
    #[error("the instruction at the final pc retires: the run has not ended there")]
    NotEnded,
    /// A Merkle opening that the decision needs is missing.
    #[error("a Merkle opening of the image is missing")]
    MissingOpening,
    /// A Merkle opening is of another page, or does not lead to the image's root.
    #[error("a Merkle opening of the image is wrong")]
    BadOpening,
}

/// What the decision needs to know of the address space.
pub trait Pages {
    /// Where heap and input lie.
    fn layout(&self) -> &Layout;

    /// Permission of a page of the image; empty where the image has none.
    ///
    /// # Errors
    /// [`EndingError`] when an opening is missing or wrong.
    fn image_perm(&mut self, page: u32) -> Result<Perm, EndingError>;

    /// The word of code at `pc`, whose page is executable and was the last that [`Self::image_perm`] was asked for.
    ///
    /// # Errors
    /// [`EndingError`] when an opening is missing or wrong.
    fn code_word(&mut self, pc: u32) -> Result<u32, EndingError>;
}

/// The state in which a run ends, and what it ran under.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// Address of the instruction that ends the run.
    pub pc: u32,
    /// Registers, x0 first.
    pub regs: [u32; reg::COUNT],
    /// Gas used by the instructions before.
    pub gas: u64,
    /// Prices.
    pub gas_table: &'a GasTable,
    /// Gas limit.
    pub gas_limit: u64,
    /// Length of the journal.
    pub journal_len: usize,
    /// Code of the host's abort, which is the embedding's to choose. Zero if the statement names none.
    pub abort_code: u32,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Why.
    pub reason: ExitReason,
    /// Gas used in all.
    pub gas_used: u64,
    /// The host transcript, which started at zero.
    pub transcript: Transcript,
}

/// Permission of the page at `address`, and the end of what is known to have it.
fn perm_at(pages: &mut impl Pages, address: u32) -> Result<(Perm, u64), EndingError> {
    let layout = *pages.layout();
    if (layout.heap_start..layout.heap_end).contains(&address) {
        return Ok((Perm::READ_WRITE, u64::from(layout.heap_end)));
    }
    if (layout.input_start..layout.input_end).contains(&address) {
        return Ok((Perm::READ, u64::from(layout.input_end)));
    }
    let page = page_of(address);
    Ok((pages.image_perm(page)?, u64::from(page + 1) << ember_memory::PAGE_BITS))
}

fn first_without(
    pages: &mut impl Pages,
    start: u32,
    len: u32,
    need: Perm,
) -> Result<Option<u32>, EndingError> {
    let mut at = u64::from(start);
    let end = at + u64::from(len);
    while at < end {
        let address = at as u32;
        let (perm, until) =
            if at > u64::from(u32::MAX) { (Perm::empty(), at) } else { perm_at(pages, address)? };
        if !perm.contains(need) {
            return Ok(Some(address));
        }
        at = until;
    }
    Ok(None)
}

/// What the instruction at the end of a run costs, if it is fetched.
pub fn cost(table: &GasTable, word: u32, regs: &[u32; reg::COUNT]) -> u64 {
    let r = |i: u8| regs[i as usize];
    match decode(word) {
        Err(_) => u64::from(table.class(Class::System)),
        Ok(i) if i.op == Op::Ecall => {
            table.ecall(r(reg::T0), [r(reg::A0), r(reg::A1), r(reg::A2), r(reg::A3)])
        }
        Ok(i) => u64::from(table.class(i.op.info().class)),
    }
}

/// Decides how the run ends.
///
/// # Errors
/// [`EndingError::NotEnded`] when the instruction retires, else whatever `pages` says.
pub fn decide(h: &Hasher, ended: &Ended<'_>, pages: &mut impl Pages) -> Result<Ending, EndingError> {
    let plain = |reason, gas_used| Ending { reason, gas_used, transcript: Transcript::default() };
    let (perm, _) = perm_at(pages, ended.pc)?;
    if perm != Perm::EXECUTE {
        return Ok(plain(ExitReason::InstructionAccessFault, ended.gas));
    }
    let word = pages.code_word(ended.pc)?;
    let cost = cost(ended.gas_table, word, &ended.regs);
    let Some(gas) = ended.gas.checked_add(cost).filter(|&gas| gas <= ended.gas_limit) else {
        return Ok(plain(ExitReason::OutOfGas, ended.gas));
    };
    let Ok(instruction) = decode(word) else {
        return Ok(plain(ExitReason::IllegalInstruction, gas));
    };
    if instruction.op == Op::Ecall {
        return decide_ecall(h, ended, gas, pages);
    }
    fault(&instruction, ended, pages)?.map(|reason| plain(reason, gas)).ok_or(EndingError::NotEnded)
}

/// The fault of an instruction other than `ecall`, if it has one.
fn fault(
    i: &Instruction,
    ended: &Ended<'_>,
    pages: &mut impl Pages,
) -> Result<Option<ExitReason>, EndingError> {
    let (a, b) = (ended.regs[i.rs1 as usize], ended.regs[i.rs2 as usize]);
    let target =
        |target: u32| (!target.is_multiple_of(4)).then_some(ExitReason::InstructionAddressMisaligned(target));
    let size = match i.op {
        Op::Lb | Op::Lbu | Op::Sb => 1,
        Op::Lh | Op::Lhu | Op::Sh => 2,
        _ => 4,
    };
    let address = a.wrapping_add(i.imm);
    let taken = match i.op {
        Op::Beq => a == b,
        Op::Bne => a != b,
        Op::Blt => (a as i32) < b as i32,
        Op::Bge => a as i32 >= b as i32,
        Op::Bltu => a < b,
        Op::Bgeu => a >= b,
        _ => i.op == Op::Jal,
    };
    Ok(match i.op {
        Op::Ebreak => Some(ExitReason::Breakpoint),
        Op::Jalr => target(address & !1),
        _ if taken => target(ended.pc.wrapping_add(i.imm)),
        Op::Lb | Op::Lbu | Op::Lh | Op::Lhu | Op::Lw => {
            if !address.is_multiple_of(size) {
                Some(ExitReason::LoadAddressMisaligned(address))
            } else {
                let (perm, _) = perm_at(pages, address)?;
                (!perm.contains(Perm::READ)).then_some(ExitReason::LoadAccessFault(address))
            }
        }
        Op::Sb | Op::Sh | Op::Sw => {
            if !address.is_multiple_of(size) {
                Some(ExitReason::StoreAddressMisaligned(address))
            } else {
                let (perm, _) = perm_at(pages, address)?;
                (!perm.contains(Perm::WRITE)).then_some(ExitReason::StoreAccessFault(address))
            }
        }
        _ => None,
    })
}

fn decide_ecall(
    h: &Hasher,
    ended: &Ended<'_>,
    gas: u64,
    pages: &mut impl Pages,
) -> Result<Ending, EndingError> {
    let [a0, a1, a2, a3] = [reg::A0, reg::A1, reg::A2, reg::A3].map(|r| ended.regs[r as usize]);
    let number = ended.regs[reg::T0 as usize];
    let mut transcript = Transcript::default();
    let reason = match number {
        ecall::EXIT => Some(ExitReason::Halt(a0)),
        ecall::READ | ecall::WRITE => match ecall::io_len(number, a0, a2) {
            None => None,
            Some(len) if number == ecall::READ => {
                first_without(pages, a1, len, Perm::READ_WRITE)?.map(ExitReason::StoreAccessFault)
            }
            Some(len) => {
                let full = a0 == ecall::FD_JOURNAL
                    && ended.journal_len as u64 + u64::from(len) > u64::from(MAX_JOURNAL_LEN);
                first_without(pages, a1, len, Perm::READ)?
                    .map(ExitReason::LoadAccessFault)
                    .or(full.then_some(ExitReason::HostAbort(abort::JOURNAL_FULL)))
            }
        },
        ecall::CONTEXT => {
            Context::OPERAND.fault(a0, |ptr, len, _| first_without(pages, ptr, len, Perm::READ_WRITE))?
        }
        n if ecall::is_host_call(n) => {
            let bad_input = first_without(pages, a0, a1, Perm::READ)?.map(ExitReason::LoadAccessFault);
            let fault = match bad_input {
                None => first_without(pages, a2, a3, Perm::READ_WRITE)?.map(ExitReason::StoreAccessFault),
                fault => fault,
            };
            Some(fault.unwrap_or_else(|| {
                let too_long = a1 > MAX_HOST_CALL_LEN || a3 > MAX_HOST_CALL_LEN;
                let code = if too_long { abort::TOO_LONG } else { ended.abort_code };
                transcript.absorb_abort(h, n, gas, a1, a3, code);
                ExitReason::HostAbort(code)
            }))
        }
        n => match Accelerator::from_number(n) {
            Some(accelerator) => accelerator.fault([a0, a1, a2, a3], |ptr, len, writes| {
                first_without(pages, ptr, len, if writes { Perm::READ_WRITE } else { Perm::READ })
            })?,
            None => Some(ExitReason::UnknownEcall(n)),
        },
    };
    reason.map(|reason| Ending { reason, gas_used: gas, transcript }).ok_or(EndingError::NotEnded)
}
