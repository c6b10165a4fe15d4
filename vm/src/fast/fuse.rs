//! Emission of ops: straight lines of instructions become slots, and slots are fused into as few ops as the table
//! of handlers allows.

use alloc::vec;
use alloc::vec::Vec;

use ember_isa::{Illegal, Instruction, Op, reg};

use super::compile::{END, Kind, POSITIONS, kind, pair_target};
use super::handlers::{BRANCH_WORDS, JALR_WORDS, JUMP_WORDS, LINK, condition as c, leave};
use super::slot::*;
use super::state::{Handler, SINK, SP, Word};
use super::{table, traced};
use crate::Program;

/// An operand that is known when every entry is.
pub(crate) struct Fixup {
    /// Word offset of the op.
    pub op: u32,
    /// Word whose upper half takes the distance to the target in bytes, if one does.
    pub distance: Option<u32>,
    /// Word that takes the target's charge.
    pub charge: u32,
    /// Address of the target.
    pub target: u32,
}

/// An instruction, or an idiom of several, as a slot.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    pub pc: u32,
    pub kind: u8,
    /// rd, or rs2 of a store; rs1; rs2 or immediate.
    pub bytes: [u8; 4],
    /// What a slot of eight bytes has in its second half.
    pub extra: u32,
    /// Whether the first two source registers may be swapped.
    commutes: bool,
}

impl Slot {
    pub(crate) fn is_store(&self) -> bool {
        matches!(self.kind, SW | SB | SH | SWSP)
    }

    /// Destination register, if the slot has one.
    fn rd(&self) -> Option<u8> {
        (self.kind != NOP && !self.is_store() && self.bytes[0] != SINK).then_some(self.bytes[0])
    }

    /// Uses the stack pointer from its own place where there is a kind for that.
    fn take_sp(&mut self) {
        self.kind = match self.kind {
            ADDI if self.bytes[1] == SP && self.bytes[0] == SP => ADDISP,
            ADDI if self.bytes[1] == SP => LEASP,
            LW if self.bytes[1] == SP => LWSP,
            SW if self.bytes[1] == SP => SWSP,
            kind => kind,
        };
    }

    /// Appends the slot's words to an op's.
    pub(crate) fn write(&self, bytes: [u8; 4], to: &mut Vec<u32>) {
        let [b0, b1, b2, b3] = bytes;
        if size(self.kind) == 8 {
            to.extend([u32::from_le_bytes([b1, b0, 0, 0]), self.extra]);
        } else {
            to.push(u32::from_le_bytes([b1, b0, b2, b3]));
        }
    }
}

/// How a straight line ends.
pub(crate) enum End {
    /// It goes on at the next entry.
    Falls,
    Branch {
        pc: u32,
        condition: Spec,
        rs1: u8,
        rs2: u8,
        target: u32,
    },
    Jump {
        pc: u32,
        target: u32,
        /// Whether it is no instruction, but the end of a block that an address cuts.
        cut: bool,
    },
    Call {
        pc: u32,
        rd: u8,
        link: u32,
        target: u32,
    },
    Indirect {
        pc: u32,
        rd: u8,
        rs1: u8,
        imm: u32,
    },
    Leave {
        pc: u32,
    },
}

pub(crate) struct Emitter<'p> {
    program: &'p Program,
    traced: bool,
    pub words: Vec<Word>,
    pub slots: Vec<(u32, u32)>,
    pub fixups: Vec<Fixup>,
}

type Fetched = Result<Instruction, Illegal>;

const fn offset(reg: u8) -> u8 {
    4 * reg
}

const fn destination(rd: u8) -> u8 {
    if rd == 0 { SINK } else { offset(rd) }
}

impl<'p> Emitter<'p> {
    pub(crate) fn new(program: &'p Program, traced: bool) -> Self {
        Self { program, traced, words: Vec::new(), slots: Vec::new(), fixups: Vec::new() }
    }

    /// Emits a straight line from the entry at `pc`, whose instructions' charges to the end of the block are given.
    pub(crate) fn line(&mut self, code: &[Fetched], pc: u32, charges: &[u64], ends_block: bool) {
        let (slots, end) = self.slots(code, pc, ends_block);
        if self.traced {
            traced::emit(self, &slots, &end, pc, charges);
        } else {
            self.fuse(&slots, &end);
        }
    }

    /// An op that leaves the run of handlers at `pc`.
    pub(crate) fn leave(&mut self, pc: u32) {
        self.begin(leave, &[], Some(pc));
        self.data(pc.into());
    }

    /// Begins an op whose slots, and whose end, have these addresses; returns its offset.
    pub(crate) fn begin(&mut self, handler: Handler, slots: &[u32], end: Option<u32>) -> u32 {
        let op = self.words.len() as u32;
        self.slots.extend(slots.iter().enumerate().map(|(j, &pc)| (POSITIONS * op + j as u32, pc)));
        self.slots.extend(end.map(|pc| (POSITIONS * op + END, pc)));
        self.words.push(Word { handler });
        op
    }

    pub(crate) fn data(&mut self, data: u64) {
        self.words.push(Word { data });
    }

    /// Whether the register's value is lost before anything can see it: overwritten before it is read, and before
    /// any instruction that may end the line or fault.
    fn dies(&self, reg: u8, code: &[Fetched]) -> bool {
        for fetched in code {
            let Ok(i) = fetched else { return false };
            let format = i.op.info().format;
            let simple = !matches!(
                i.op,
                Op::Lb | Op::Lh | Op::Lw | Op::Lbu | Op::Lhu | Op::Sb | Op::Sh | Op::Sw | Op::Jalr | Op::Jal
            ) && kind(self.program, *fetched, 0) == Kind::Plain;
            if !simple || (format.has_rs1() && i.rs1 == reg) || (format.has_rs2() && i.rs2 == reg) {
                return false;
            }
            if format.has_rd() && i.rd == reg {
                return true;
            }
        }
        false
    }

    /// `srl t, x, n; sll u, y, 32 - n; or d, t, u` in any order, one of t and u being d and the other dead: the
    /// slot of `d = x >> n | y << (32 - n)`, a rotation where x is y.
    fn rotation(&self, code: &[Fetched], pc: u32) -> Option<Slot> {
        let [Ok(i), Ok(j), Ok(k)] = code.get(..3)? else { return None };
        let (right, left) = match (i.op, j.op) {
            (Op::Srli, Op::Slli) => (i, j),
            (Op::Slli, Op::Srli) => (j, i),
            _ => return None,
        };
        let fits = right.imm != 0
            && right.imm + left.imm == 32
            && matches!(k.op, Op::Or | Op::Xor | Op::Add)
            && i.rd != 0
            && j.rd != 0
            && k.rd != 0
            && k.rd != reg::SP
            && i.rd != j.rd
            && j.rs1 != i.rd
            && ((k.rs1, k.rs2) == (i.rd, j.rd) || (k.rs1, k.rs2) == (j.rd, i.rd));
        let temporary = if k.rd == i.rd { j.rd } else { i.rd };
        let dead =
            (k.rd == i.rd || k.rd == j.rd || self.dies(j.rd, &code[3..])) && self.dies(temporary, &code[3..]);
        (fits && dead).then(|| Slot {
            pc,
            kind: ROT,
            bytes: [offset(k.rd), offset(right.rs1), offset(left.rs1), right.imm as u8],
            extra: 0,
            commutes: false,
        })
    }

    fn slots(&self, code: &[Fetched], start: u32, ends_block: bool) -> (Vec<Slot>, End) {
        let mut slots = Vec::with_capacity(code.len());
        let mut copies = Copies::new();
        let mut n = 0;
        while n < code.len() {
            let pc = start + 4 * n as u32;
            let last = n + 1 == code.len();
            let i = match (kind(self.program, code[n], pc), code[n]) {
                (Kind::Plain, Ok(i)) => i,
                (Kind::Transfer, Ok(i)) => {
                    let mut end = transfer(&i, pc);
                    if let End::Branch { rs1, rs2, .. } = &mut end
                        && !self.traced
                    {
                        (*rs1, *rs2) = (copies.original(*rs1), copies.original(*rs2));
                    }
                    return (slots, end);
                }
                _ => return (slots, End::Leave { pc }),
            };
            if let Some((target, jump)) = pair_target(self.program, &i, pc).filter(|_| !last && !self.traced)
            {
                let link = pc.wrapping_add(8);
                if jump.rd != i.rd {
                    let value = pc.wrapping_add(i.imm);
                    slots.push(Slot {
                        pc,
                        kind: LI,
                        bytes: [offset(i.rd), 0, 0, 0],
                        extra: value,
                        commutes: false,
                    });
                }
                let pc = if jump.rd == i.rd { pc } else { pc + 4 };
                let end = match jump.rd {
                    0 => End::Jump { pc, target, cut: false },
                    rd => End::Call { pc, rd: offset(rd), link, target },
                };
                return (slots, end);
            }
            if let Some(mut slot) = self.rotation(&code[n..], pc).filter(|_| !self.traced) {
                copies.apply(&mut slot);
                // The temporaries are not written, but a cold path may do so.
                for i in code[n..n + 2].iter().flatten() {
                    copies.forget(offset(i.rd));
                }
                slots.push(slot);
                n += 3;
                continue;
            }
            if let Some(slot) = constant(&code[n..], pc).filter(|_| !self.traced) {
                copies.apply(&mut { slot });
                slots.push(slot);
                n += 2;
                continue;
            }
            let mut slot = plain(&i, pc, self.program.writable_start);
            if !self.traced {
                copies.apply(&mut slot);
                slot.take_sp();
            }
            // What has no effect needs no slot, but an entry needs an op of its own.
            if slot.kind != NOP || n == 0 || self.traced {
                slots.push(slot);
            }
            if slot.rd() == Some(SP) && slot.kind != ADDISP && !self.traced {
                let next = pc.wrapping_add(4);
                slots.push(Slot {
                    pc: next,
                    kind: RELOAD,
                    bytes: [SINK, 0, 0, 0],
                    extra: 0,
                    commutes: false,
                });
            }
            n += 1;
        }
        let next = start.wrapping_add(4 * code.len() as u32);
        let end = match (ends_block, self.program.locate(next)) {
            (false, _) => End::Falls,
            (true, Some(_)) => End::Jump { pc: next, target: next, cut: true },
            (true, None) => End::Leave { pc: next },
        };
        (slots, end)
    }

    fn fuse(&mut self, slots: &[Slot], end: &End) {
        // Fewest ops for the slots from each one on, up to where the end's own slots begin.
        let n = slots.len();
        let mut own = 0;
        let mut best: Option<Vec<(u32, u8)>> = None;
        for with_end in 0..=MOST.min(n) {
            if !end_takes(&slots[n - with_end..], end) {
                continue;
            }
            let plan = plan(&slots[..n - with_end]);
            if best.as_ref().is_none_or(|b| plan[0].0 < b[0].0) {
                best = Some(plan);
                own = with_end;
            }
        }
        let plan = best.expect("every end stands alone");
        let mut at = 0;
        while at < n - own {
            let len = plan[at].1 as usize;
            let group = Group::new(&slots[at..at + len]);
            let handler = table::sequence(group.specs).expect("planned");
            self.begin(handler, group.pcs(), None);
            self.group(&group);
            at += len;
        }
        self.end(&slots[n - own..], end);
    }

    /// The words of a group's slots.
    fn group(&mut self, group: &Group) {
        for pair in group.words.chunks_exact(2) {
            self.words.push(Word { slots: [pair[0], pair[1]] });
        }
        debug_assert_eq!(group.words.len(), 2 * slot_words(group.specs));
    }

    fn end(&mut self, own: &[Slot], end: &End) {
        if let End::Falls = end {
            return;
        }
        let (handler, group, regs) = end_handler(own, end).expect("planned");
        match *end {
            End::Branch { pc, target, .. } => {
                let op = self.begin(handler, group.pcs(), Some(pc));
                self.group(&group);
                let at = self.words.len() as u32;
                self.words.push(Word { slots: [u32::from_le_bytes([regs[0], 0, regs[1], 0]), 0] });
                self.data(0);
                self.data(0);
                debug_assert_eq!(self.words.len(), at as usize + BRANCH_WORDS);
                self.fixups.push(Fixup { op, distance: Some(at), charge: at + 1, target });
                let next = pc.wrapping_add(4);
                self.fixups.push(Fixup { op, distance: None, charge: at + 2, target: next });
            }
            End::Jump { pc, target, .. } | End::Call { pc, target, .. } => {
                let (rd, link) = match *end {
                    End::Call { rd, link, .. } => (rd, link),
                    _ => (SINK, 0),
                };
                let op = self.begin(handler, group.pcs(), Some(pc));
                self.group(&group);
                let at = self.words.len() as u32;
                self.data(rd.into());
                self.data(link.into());
                self.data(0);
                debug_assert_eq!(self.words.len(), at as usize + JUMP_WORDS);
                self.fixups.push(Fixup { op, distance: Some(at), charge: at + 2, target });
            }
            End::Indirect { pc, rd, rs1, imm } => {
                self.begin(handler, group.pcs(), Some(pc));
                self.group(&group);
                let at = self.words.len();
                let imm = (imm as u16).to_le_bytes();
                self.data(u32::from_le_bytes([rd, rs1, imm[0], imm[1]]).into());
                self.data(pc.wrapping_add(4).into());
                debug_assert_eq!(self.words.len(), at + JALR_WORDS);
            }
            End::Leave { pc } => self.leave(pc),
            End::Falls => {}
        }
    }
}

/// Slots as they stand in one op.
struct Group {
    specs: [Spec; MOST],
    words: Vec<u32>,
    addresses: [u32; MOST],
    len: usize,
    /// By register number, which slot has the register's value: its number plus one, or zero.
    held: [u16; 17],
}

impl Group {
    fn new(slots: &[Slot]) -> Self {
        let len = slots.len();
        let mut group =
            Self { specs: [NONE; MOST], words: Vec::new(), addresses: [0; MOST], len, held: [0; 17] };
        for (n, slot) in slots.iter().enumerate() {
            let mut bytes = slot.bytes;
            let held = |bytes: &[u8; 4], i: usize| group.held[bytes[i] as usize / 4];
            // Where only one operand is at hand, it stands first.
            if slot.commutes && held(&bytes, 1) == 0 && held(&bytes, 2) != 0 {
                bytes.swap(1, 2);
            }
            let (first, second) = match slot.kind {
                LI | NOP | LWSP | ADDISP | LEASP | RELOAD => (0, 0),
                SW | SB | SH | SWSP => (if slot.kind == SWSP { 0 } else { held(&bytes, 1) }, held(&bytes, 0)),
                ADD..=MUL | ROT | MULHU | MULH..=REMU => (held(&bytes, 1), held(&bytes, 2)),
                _ => (held(&bytes, 1), 0),
            };
            group.specs[n] = Spec::from(slot.kind) | first << 6 | second << 10;
            group.addresses[n] = slot.pc;
            slot.write(bytes, &mut group.words);
            if let Some(rd) = slot.rd() {
                // Whoever read the register since then took it from the result.
                if let Some(before) = (group.held[rd as usize / 4] as usize).checked_sub(1)
                    && rd != SP
                {
                    group.specs[before] |= LOST;
                }
                group.held[rd as usize / 4] = n as u16 + 1;
            }
        }
        if !group.words.len().is_multiple_of(2) || group.words.is_empty() {
            group.words.resize(group.words.len().next_multiple_of(2).max(2), 0);
        }
        group
    }

    fn pcs(&self) -> &[u32] {
        &self.addresses[..self.len]
    }
}

/// Least number of ops, and the first op's slots, for the slots from each one on.
fn plan(slots: &[Slot]) -> Vec<(u32, u8)> {
    let n = slots.len();
    let mut plan = vec![(u32::MAX, 0); n + 1];
    plan[n] = (0, 0);
    for at in (0..n).rev() {
        for len in 1..=MOST.min(n - at) {
            let cost = plan[at + len].0.saturating_add(1);
            if cost < plan[at].0 && table::sequence(Group::new(&slots[at..at + len]).specs).is_some() {
                plan[at] = (cost, len as u8);
            }
        }
    }
    plan
}

/// The handler of an end with its own slots, those slots as they stand in the op, and the branch's registers.
fn end_handler(own: &[Slot], end: &End) -> Option<(Handler, Group, [u8; 2])> {
    let group = Group::new(own);
    let source = |reg: u8| group.held[reg as usize / 4];
    let mut regs = [0; 2];
    let handler = match *end {
        End::Branch { condition, rs1, rs2, .. } => {
            regs = [rs1, rs2];
            if matches!(condition, c::EQ | c::NE) && source(rs1) == 0 {
                regs.swap(0, 1);
            }
            table::conditional(group.specs, condition | source(regs[0]) << 6 | source(regs[1]) << 10)?
        }
        End::Jump { .. } => table::direct(group.specs, 0)?,
        End::Call { .. } => table::direct(group.specs, LINK)?,
        End::Indirect { rd, rs1, .. } => {
            let link = if rd == SINK { 0 } else { LINK };
            table::indirect(group.specs, link | source(rs1) << 6)?
        }
        End::Leave { .. } if own.is_empty() => leave,
        _ => return None,
    };
    Some((handler, group, regs))
}

fn end_takes(own: &[Slot], end: &End) -> bool {
    match end {
        End::Falls => own.is_empty(),
        _ => end_handler(own, end).is_some(),
    }
}

/// Which registers are known to hold the same value as another, by number: a read of the copy may as well read the
/// original, which has been there for longer.
struct Copies([u8; 17]);

impl Copies {
    /// The register changes: nothing is a copy of it any more.
    fn forget(&mut self, rd: u8) {
        for (reg, copy) in self.0.iter_mut().enumerate() {
            if *copy == rd {
                *copy = 4 * reg as u8;
            }
        }
    }

    fn new() -> Self {
        Self(core::array::from_fn(|reg| 4 * reg as u8))
    }

    fn original(&self, reg: u8) -> u8 {
        self.0[reg as usize / 4]
    }

    /// Lets the slot read originals, and notes what it writes.
    fn apply(&mut self, slot: &mut Slot) {
        let original = |reg| self.original(reg);
        match slot.kind {
            LI | NOP => {}
            SW | SB | SH | SWSP => {
                slot.bytes[0] = original(slot.bytes[0]);
                slot.bytes[1] = original(slot.bytes[1]);
            }
            ADD..=MUL | ROT | MULHU | MULH..=REMU => {
                slot.bytes[1] = original(slot.bytes[1]);
                slot.bytes[2] = original(slot.bytes[2]);
            }
            _ => slot.bytes[1] = original(slot.bytes[1]),
        }
        if let Some(rd) = slot.rd() {
            self.forget(rd);
            let is_copy = slot.kind == ADDI && slot.bytes[2..] == [0, 0] && slot.bytes[1] != rd;
            self.0[rd as usize / 4] = if is_copy { slot.bytes[1] } else { rd };
        }
    }
}

fn transfer(i: &Instruction, pc: u32) -> End {
    let target = pc.wrapping_add(i.imm);
    let condition = match i.op {
        Op::Jal if i.rd == 0 => return End::Jump { pc, target, cut: false },
        Op::Jal => return End::Call { pc, rd: offset(i.rd), link: pc.wrapping_add(4), target },
        Op::Jalr => return End::Indirect { pc, rd: destination(i.rd), rs1: offset(i.rs1), imm: i.imm },
        Op::Beq => c::EQ,
        Op::Bne => c::NE,
        Op::Blt => c::LT,
        Op::Bge => c::GE,
        Op::Bltu => c::LTU,
        _ => c::GEU,
    };
    End::Branch { pc, condition, rs1: offset(i.rs1), rs2: offset(i.rs2), target }
}

/// `lui d, high; addi d, d, low`, or `auipc`: the slot of `d = high + low`.
fn constant(code: &[Fetched], pc: u32) -> Option<Slot> {
    let [Ok(i), Ok(j)] = code.get(..2)? else { return None };
    let high = match i.op {
        Op::Lui => i.imm,
        Op::Auipc => pc.wrapping_add(i.imm),
        _ => return None,
    };
    let fits = j.op == Op::Addi && i.rd == j.rd && i.rd == j.rs1 && i.rd != 0 && i.rd != reg::SP;
    let bytes = [offset(i.rd), 0, 0, 0];
    fits.then(|| Slot { pc, kind: LI, bytes, extra: high.wrapping_add(j.imm), commutes: false })
}

/// The slot of one instruction that goes on with the next.
///
/// Offsets of loads and stores are from `writable_start`.
fn plain(i: &Instruction, pc: u32, writable_start: u32) -> Slot {
    let kind = match i.op {
        Op::Add => ADD,
        Op::Sub => SUB,
        Op::Xor => XOR,
        Op::Or => OR,
        Op::And => AND,
        Op::Sll => SLL,
        Op::Srl => SRL,
        Op::Sra => SRA,
        Op::Slt => SLT,
        Op::Sltu => SLTU,
        Op::Mul => MUL,
        Op::Mulh => MULH,
        Op::Mulhsu => MULHSU,
        Op::Mulhu => MULHU,
        Op::Div => DIV,
        Op::Divu => DIVU,
        Op::Rem => REM,
        Op::Remu => REMU,
        Op::Addi => ADDI,
        Op::Xori => XORI,
        Op::Ori => ORI,
        Op::Andi => ANDI,
        Op::Slli => SLLI,
        Op::Srli => SRLI,
        Op::Srai => SRAI,
        Op::Slti => SLTI,
        Op::Sltiu => SLTIU,
        Op::Auipc | Op::Lui => LI,
        Op::Lb => LB,
        Op::Lh => LH,
        Op::Lw => LW,
        Op::Lbu => LBU,
        Op::Lhu => LHU,
        Op::Sb => SB,
        Op::Sh => SH,
        Op::Sw => SW,
        _ => NOP,
    };
    let imm = (i.imm as u16).to_le_bytes();
    let (rd, rs1, rs2) = (destination(i.rd), offset(i.rs1), offset(i.rs2));
    let load = matches!(kind, LW..=LH);
    let slot = |kind, bytes, extra| Slot {
        pc,
        kind,
        bytes,
        extra,
        commutes: matches!(kind, ADD | XOR | OR | AND | MUL | MULHU),
    };
    match kind {
        _ if rd == SINK && !load && !matches!(kind, SW | SB | SH | SWSP) => slot(NOP, [0; 4], 0),
        LI if i.op == Op::Lui => slot(kind, [rd, 0, 0, 0], i.imm),
        LI => slot(kind, [rd, 0, 0, 0], pc.wrapping_add(i.imm)),
        SW | SB | SH => slot(kind, [rs2, rs1, 0, 0], i.imm.wrapping_sub(writable_start)),
        _ if load => slot(kind, [rd, rs1, 0, 0], i.imm.wrapping_sub(writable_start)),
        _ if i.op.info().format.has_rs2() => slot(kind, [rd, rs1, rs2, 0], 0),
        _ => slot(kind, [rd, rs1, imm[0], imm[1]], 0),
    }
}
