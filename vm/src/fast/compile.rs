//! Translation of a program to a stream of ops.
//!
//! A *block* is a straight line of instructions that ends with a transfer of control, before an instruction that
//! leaves the run of handlers, or where the address says so ([`CUT`]). Whoever enters a block pays for all of it,
//! from the entry to the end, at once. An *entry* is an instruction that a transfer may reach: ops are fused
//! within a block, never across an entry.
//!
//! | op | words after the handler |
//! |---|---|
//! | sequence | slots |
//! | branch | slots; rs1, 0, rs2, 0, distance to the target in bytes; charge if taken; charge if not |
//! | jump | slots; rd, 0, 0, 0, distance; return address; charge |
//! | indirect jump | slots; rd, rs1, immediate, 0; return address |
//! | leave | pc |
//!
//! Slots are four or eight bytes each, see [`super::slot`], filled up to a multiple of eight.

use alloc::vec;
use alloc::vec::Vec;

use ember_isa::{GasTable, Illegal, Instruction, Op, reg};

use super::fuse;
use super::slot::MOST;
use super::state::{Target, Word};
use crate::Program;
use crate::program::Code;

/// A block ends after an instruction whose number in the address space is one below a multiple of this, so that no
/// block, and no charge, is large.
pub(crate) const CUT: u32 = 1024;

/// Positions in an op: slots, and the transfer of control at its end.
pub(crate) const POSITIONS: u32 = 8;
/// Position of the transfer at the end of an op.
pub(crate) const END: u32 = MOST as u32;

/// A program for one gas table, as handlers execute it.
pub(crate) struct Stream {
    pub words: Vec<Word>,
    /// For each instruction of each code segment.
    pub targets: Vec<Vec<Target>>,
    /// Address of each slot's first instruction, and of each op's end, by ascending position: word offset of the op
    /// times [`POSITIONS`], plus the slot's number in the op or [`END`]. The last one is past the end.
    pub slots: Vec<(u32, u32)>,
    pub table: GasTable,
    pub code_start: u32,
    pub code_words: u32,
}

/// Charge of instructions that cost `gas` and number `count`, as it is subtracted from the fuel.
///
/// The fuel's upper half is what is left of the slice, from which gas and count are both taken; the lower half
/// counts instructions up. So one subtraction, whose borrow says that the slice does not suffice, meters both, and
/// gas is the difference. A slice is at most 2^31, so that the count does not overflow.
pub(crate) fn charge(gas: u64, count: u64) -> u64 {
    ((gas + count) << 32) - count
}

/// What an instruction is to a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Goes on with the next instruction.
    Plain,
    /// Transfers control.
    Transfer,
    /// Not charged and not executed by handlers.
    Leave,
}

type Fetched = Result<Instruction, Illegal>;

/// A known target of the branch or jump at `pc`.
fn target(program: &Program, i: &Instruction, pc: u32) -> Option<u32> {
    let target = pc.wrapping_add(i.imm);
    (target.is_multiple_of(4) && program.fetch(target).is_some()).then_some(target)
}

pub(crate) fn kind(program: &Program, fetched: Fetched, pc: u32) -> Kind {
    let Ok(i) = fetched else { return Kind::Leave };
    match i.op {
        // Handlers keep the stack pointer in a register of their own, which links do not reach.
        Op::Jal | Op::Jalr if i.rd == reg::SP => Kind::Leave,
        Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu | Op::Jal => {
            // The instruction after a branch must be there too.
            let next = i.op == Op::Jal || program.fetch(pc.wrapping_add(4)).is_some();
            if target(program, &i, pc).is_some() && next { Kind::Transfer } else { Kind::Leave }
        }
        Op::Jalr => Kind::Transfer,
        Op::Ecall | Op::Ebreak | Op::Csrrs | Op::Csrrc | Op::Csrrsi | Op::Csrrci => Kind::Leave,
        _ => Kind::Plain,
    }
}

pub(crate) fn is_cut(pc: u32) -> bool {
    (pc >> 2) % CUT == CUT - 1
}

/// The known target of the pair `auipc rd; jalr _, rd` at `pc`.
pub(crate) fn pair_target(program: &Program, first: &Instruction, pc: u32) -> Option<(u32, Instruction)> {
    if first.op != Op::Auipc || first.rd == 0 || first.rd == reg::SP || is_cut(pc) {
        return None;
    }
    let second = program.fetch(pc.wrapping_add(4))?.ok()?;
    if second.op != Op::Jalr || second.rs1 != first.rd || second.rd == reg::SP {
        return None;
    }
    let target = pc.wrapping_add(first.imm).wrapping_add(second.imm) & !1;
    (target.is_multiple_of(4) && program.fetch(target).is_some()).then_some((target, second))
}

/// Which instructions a transfer may reach, by segment.
fn find_entries(program: &Program) -> Vec<Vec<bool>> {
    let mut marks: Vec<Vec<bool>> = program.code.iter().map(|c| vec![false; c.words.len()]).collect();
    let mut mark = |address: u32| {
        if let Some((segment, i)) = program.locate(address)
            && address.is_multiple_of(4)
        {
            marks[segment][i] = true;
        }
    };
    mark(program.image().entry());
    for code in &program.code {
        for (n, fetched) in code.words.iter().enumerate() {
            let Ok(i) = fetched else { continue };
            let pc = code.start + 4 * n as u32;
            let next = pc.wrapping_add(4);
            match kind(program, *fetched, pc) {
                Kind::Transfer => {
                    let known = match i.op {
                        Op::Jalr => None,
                        _ => target(program, i, pc),
                    };
                    known.into_iter().for_each(&mut mark);
                    // After a branch, and where a call returns to.
                    if i.op != Op::Jal && i.op != Op::Jalr || i.rd != 0 {
                        mark(next);
                    }
                }
                Kind::Leave => mark(next),
                Kind::Plain if is_cut(pc) => mark(next),
                Kind::Plain => {
                    if let Some((to, _)) = pair_target(program, i, pc) {
                        mark(to);
                    }
                    // The address of a function, put together for an indirect call.
                    if let (Op::Lui | Op::Auipc, Some(Ok(j))) = (i.op, code.words.get(n + 1))
                        && (j.op, j.rs1) == (Op::Addi, i.rd)
                    {
                        let high = if i.op == Op::Lui { i.imm } else { pc.wrapping_add(i.imm) };
                        mark(high.wrapping_add(j.imm));
                    }
                }
            }
        }
    }
    // Tables of functions and of jump targets. A word that looks like one and is not does no harm.
    for segment in program.image().segments().iter().filter(|s| s.perm != ember_memory::Perm::EXECUTE) {
        for word in segment.data.chunks_exact(4) {
            let address = u32::from_le_bytes(word.try_into().expect("four bytes"));
            if address != 0 {
                mark(address);
            }
        }
    }
    marks
}

impl Stream {
    /// Translates a program. With `traced`, every op is one instruction and writes a record.
    pub(crate) fn new(program: &Program, table: &GasTable, traced: bool) -> Self {
        let marks = find_entries(program);
        let mut stream = Self {
            words: Vec::new(),
            targets: Vec::with_capacity(program.code.len()),
            slots: Vec::new(),
            table: *table,
            code_start: program.code.first().map_or(0, |c| c.start),
            code_words: program.code.first().map_or(0, |c| c.words.len() as u32),
        };
        let mut emitter = fuse::Emitter::new(program, traced);
        for (code, marks) in program.code.iter().zip(&marks) {
            stream.segment(program, code, marks, &mut emitter);
        }
        stream.words = emitter.words;
        stream.slots = emitter.slots;
        stream.slots.push((stream.words.len() as u32 * POSITIONS, 0));
        for fixup in emitter.fixups {
            let entry = stream.entry(program, fixup.target).expect("targets are entries");
            let words = &mut stream.words;
            if let Some(at) = fixup.distance {
                let distance = entry.offset as i64 - i64::from(fixup.op) * 8;
                // SAFETY: the word holds operands, so data.
                let low = unsafe { words[at as usize].data } & 0xffff_ffff;
                words[at as usize].data = low | u64::from(distance as i32 as u32) << 32;
            }
            words[fixup.charge as usize].data = entry.charge;
        }
        stream
    }

    fn segment(&mut self, program: &Program, code: &Code, marks: &[bool], emitter: &mut fuse::Emitter<'_>) {
        let mut targets = vec![Target::NONE; code.words.len()];
        // What it costs to run from each instruction to the end of its block.
        let mut charges = vec![0; code.words.len() + 1];
        let (mut gas, mut count) = (0, 0);
        for (n, fetched) in code.words.iter().enumerate().rev() {
            let pc = code.start + 4 * n as u32;
            let kind = kind(program, *fetched, pc);
            if kind != Kind::Plain || is_cut(pc) {
                (gas, count) = (0, 0);
            }
            if let (Ok(i), Kind::Plain | Kind::Transfer) = (fetched, kind) {
                gas += u64::from(self.table.class(i.op.info().class));
                count += 1;
            }
            charges[n] = charge(gas, count);
        }
        // Instructions that nothing reaches are left out.
        let mut reached = false;
        let mut n = 0;
        while n < code.words.len() {
            reached |= marks[n];
            if !reached {
                n += 1;
                continue;
            }
            let pc = code.start + 4 * n as u32;
            if marks[n] {
                let offset = emitter.words.len() * size_of::<Word>();
                targets[n] = Target { offset, charge: charges[n] };
            }
            // The straight line up to the next entry or the end of the block.
            let mut end = n;
            let mut ends_block = false;
            while !ends_block && end < code.words.len() && (end == n || !marks[end]) {
                let pc = code.start + 4 * end as u32;
                ends_block = kind(program, code.words[end], pc) != Kind::Plain || is_cut(pc);
                end += 1;
            }
            emitter.line(&code.words[n..end], pc, &charges[n..=end], ends_block);
            reached = !ends_block;
            n = end;
        }
        if reached {
            emitter.leave(code.start + 4 * code.words.len() as u32);
        }
        self.targets.push(targets);
    }

    /// The entry at `pc`, if there is one.
    pub(crate) fn entry(&self, program: &Program, pc: u32) -> Option<Target> {
        let (segment, i) = program.locate(pc).filter(|_| pc.is_multiple_of(4))?;
        Some(self.targets[segment][i]).filter(|target| target.charge != u64::MAX)
    }

    /// Address of the instruction that begins with slot `j` of the op at `offset`.
    pub(crate) fn slot_pc(&self, offset: u32, j: u32) -> u32 {
        let i = self.slots.partition_point(|&(key, _)| key < POSITIONS * offset + j);
        self.slots[i].1
    }

    /// Offset and address of the op after the one at `offset`.
    pub(crate) fn op_after(&self, offset: u32) -> (u32, u32) {
        let i = self.slots.partition_point(|&(key, _)| key < POSITIONS * (offset + 1));
        (self.slots[i].0 / POSITIONS, self.slots[i].1)
    }

    /// Charge from the instruction at `pc`, which handlers execute, to the end of its block.
    pub(crate) fn charge_from(&self, program: &Program, pc: u32) -> u64 {
        let (mut gas, mut count, mut at) = (0, 0, pc);
        while let Some(Ok(i)) = program.fetch(at) {
            let kind = kind(program, Ok(i), at);
            if kind == Kind::Leave {
                break;
            }
            gas += u64::from(self.table.class(i.op.info().class));
            count += 1;
            if kind == Kind::Transfer || is_cut(at) {
                break;
            }
            at = at.wrapping_add(4);
        }
        charge(gas, count)
    }
}
