//! One pass over a run: where its segments end, and which rows each table gets.

use std::collections::{BTreeMap, VecDeque};

use ember_isa::{Accelerator, Family, GasTable, Instruction, Op, csr, ecall, reg};
use ember_verifier::{Boundary, MAX_INSTRUCTIONS, State};
use ember_vm::Step;
use ember_vm::semantics::{compute, load_value, store_word};

use crate::ProveError;
use crate::accel;
use crate::heights;
use crate::memory_model::MemoryModel;
use crate::memory_tree::{MemoryTree, Node};
use crate::run::{Run, Steps};

/// Operands and result of a delegated operation of registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alu {
    pub(crate) op: Op,
    pub(crate) a: u32,
    pub(crate) s: u32,
    pub(crate) w: u32,
}

impl Alu {
    /// The operation with its result, which a step leaves out where the destination is x0.
    fn computed(self) -> Self {
        Self { w: compute(self.op, self.a, self.s), ..self }
    }
}

/// A division's operands and results without their signs.
pub(crate) struct Magnitudes {
    pub(crate) dividend: u32,
    pub(crate) divisor: u32,
    pub(crate) quotient: u32,
    pub(crate) rest: u32,
    /// Whether dividend and divisor count as negative.
    pub(crate) negative: [bool; 2],
}

impl Magnitudes {
    /// Of a division; quotient and rest are zero where the divisor is.
    pub(crate) fn of(alu: &Alu) -> Self {
        let signed = matches!(alu.op, Op::Div | Op::Rem);
        let negative = [alu.a, alu.s].map(|v| signed && (v as i32) < 0);
        let magnitude = |v: u32, negative| if negative { v.wrapping_neg() } else { v };
        let (dividend, divisor) = (magnitude(alu.a, negative[0]), magnitude(alu.s, negative[1]));
        let quotient = dividend.checked_div(divisor).unwrap_or(0);
        let rest = dividend.checked_rem(divisor).unwrap_or(0);
        Self { dividend, divisor, quotient, rest, negative }
    }
}

/// A load or store of a part of a word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) alu: Alu,
    pub(crate) offset: u32,
    pub(crate) m: u32,
    pub(crate) n: u32,
}

/// A read of a counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Csr {
    pub(crate) number: u32,
    pub(crate) w: u32,
    pub(crate) gas: [u32; 2],
    pub(crate) clk: u32,
}

/// A word that an ecall passes over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IoWord {
    pub(crate) address: u32,
    pub(crate) old: u32,
    pub(crate) new: u32,
    pub(crate) prev: u32,
    pub(crate) writable: bool,
}

/// A `read` or `write`.
#[derive(Clone, Debug)]
pub(crate) struct IoCall {
    pub(crate) number: u32,
    pub(crate) clk: u32,
    pub(crate) fd: u32,
    pub(crate) ptr: u32,
    pub(crate) len: u32,
    pub(crate) result: u32,
    pub(crate) inc: [u32; 2],
    pub(crate) words: Vec<IoWord>,
}

/// A refresh of a stale word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touch {
    pub(crate) address: u32,
    pub(crate) before: u32,
    pub(crate) after: u32,
    pub(crate) word: u32,
    pub(crate) writable: bool,
}

/// What the processor's row cannot take from the step: time of the previous access, and whether the word may be
/// written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Note {
    pub(crate) prev: u32,
    pub(crate) writable: bool,
}

/// State of the processor before a chunk of steps, so that chunks are filled in parallel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Snapshot {
    pub(crate) regs: [u32; reg::COUNT],
    pub(crate) gas: [u32; 2],
}

/// Steps of a chunk.
pub(crate) const CHUNK: usize = 1 << 13;

/// Where a segment ends at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentLimits {
    /// Most instructions: at least 1, at most [`MAX_INSTRUCTIONS`].
    pub instructions: usize,
    /// Words passed over by ecalls after which no other instruction belongs to the segment.
    pub words: usize,
    /// Compressions of Merkle paths, and permutations that the program asks for, after which no other instruction
    /// belongs to the segment.
    pub hashes: usize,
    /// Cells of accelerators' tables after which no other instruction belongs to the segment.
    pub cells: usize,
}

impl Default for SegmentLimits {
    /// About a million instructions, which fill a table of 2^20 rows.
    fn default() -> Self {
        Self { instructions: (1 << 20) - 1, words: 1 << 18, hashes: 1 << 19, cells: 1 << 26 }
    }
}

/// Bytes that proving a segment takes for each row of the processor, measured: `docs/prover.md`.
const BYTES_PER_ROW: u64 = 2688;

impl SegmentLimits {
    /// The longest segments that take no more than about this many bytes to prove, beside what the program's memory
    /// takes: of 2^12 to 2^20 rows, for longer ones are not faster.
    pub fn for_memory(bytes: u64) -> Self {
        let log_rows = (bytes / BYTES_PER_ROW).max(1).ilog2().clamp(12, 20);
        let scale = 20 - log_rows;
        Self {
            instructions: (1 << log_rows) - 1,
            words: 1 << (18 - scale),
            hashes: 1 << (19 - scale),
            cells: 1 << (26 - scale),
        }
    }
}

/// Rows of every table, as a segment of a run asks for them.
pub(crate) struct Record<'a> {
    pub(crate) run: &'a Run<'a>,
    pub(crate) memory: &'a MemoryModel<'a>,
    pub(crate) steps: Vec<Step>,
    pub(crate) notes: Vec<Note>,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) last: Snapshot,
    /// The state in which the segment begins, and how it ends.
    pub(crate) start: State,
    pub(crate) end: Boundary,
    /// How often each instruction is executed, by address.
    pub(crate) uses: BTreeMap<u32, u32>,
    pub(crate) rows: Rows,
    /// Nodes of the tree of memory that the segment changes or reads; none in a run of one segment.
    pub(crate) nodes: Vec<Node>,
    /// Whether the run ends here.
    pub(crate) is_last: bool,
}

/// What a segment asks of the tables beside the processor's.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) bitwise: Vec<Alu>,
    pub(crate) shift: Vec<Alu>,
    pub(crate) mul: Vec<Alu>,
    pub(crate) div: Vec<Alu>,
    pub(crate) part: Vec<Part>,
    pub(crate) csr: Vec<Csr>,
    pub(crate) io: Vec<IoCall>,
    pub(crate) accel: accel::Calls,
    pub(crate) touch: Vec<Touch>,
    /// Bytes appended to the journal.
    pub(crate) journal: Vec<u8>,
    /// Bytes of private input read.
    private_bytes: u32,
    /// Words passed over by ecalls.
    words: usize,
}

impl Rows {
    /// Words passed over by ecalls.
    pub(crate) fn words(&self) -> usize {
        self.words
    }
}

/// Low and high byte of the cost of an ecall that the prover knows, in the processor's two accumulators.
pub(crate) fn ecall_gas(table: &GasTable, number: u32, args: [u32; 4]) -> [u32; 2] {
    let (price, words) = table.ecall_price(number, args);
    let acc = |shift: u32| {
        let byte = |cost: u16| u32::from(cost) >> shift & 0xff;
        byte(price.base) + byte(price.per_word) * words as u32
    };
    [acc(0), acc(8)]
}

/// Time differences fit 16 bits.
const STALE: u32 = 1 << 16;

/// A run on its way to its end, segment by segment.
pub(crate) struct Walk<'a, S> {
    run: &'a Run<'a>,
    limits: SegmentLimits,
    source: S,
    /// Steps that the source has given and no segment has taken yet, and words passed over by ecalls.
    pending: VecDeque<Step>,
    words: VecDeque<(u32, u32)>,
    /// Words that the segment has taken, while it may be the whole run.
    taken: Vec<(u32, u32)>,
    /// How often the segment executes each word of code: first address and counts of each run of execute pages.
    uses: Vec<(u32, Vec<u32>)>,
    pub(crate) rows: Rows,
    memory: MemoryModel<'a>,
    tree: MemoryTree,
    state: State,
    /// Where the run ends, and after how many instructions.
    last_pc: u32,
    instructions: u64,
    /// Whether the run may be proven in one segment, without a tree of its memory.
    may_be_whole: bool,
    /// How many instructions the next segment has, where that is decided already.
    exact: Option<usize>,
    is_finished: bool,
}

impl<'a, S: Steps> Walk<'a, S> {
    /// Begins a run that ends at `last_pc` after this many instructions.
    pub(crate) fn new(
        run: &'a Run<'a>,
        limits: SegmentLimits,
        source: S,
        last_pc: u32,
        instructions: u64,
    ) -> Self {
        let image = run.program.image();
        let most = limits.instructions.clamp(1, MAX_INSTRUCTIONS as usize);
        let code = image.segments().iter().filter(|s| s.perm == ember_memory::Perm::EXECUTE);
        Self {
            run,
            limits: SegmentLimits { instructions: most, ..limits },
            source,
            pending: VecDeque::new(),
            words: VecDeque::new(),
            taken: Vec::new(),
            uses: code.map(|s| (s.start(), vec![0; s.data.len() / 4])).collect(),
            rows: Rows::default(),
            memory: MemoryModel::new(image, &run.layout, &run.config.input),
            tree: MemoryTree::default(),
            state: State::pristine(image.header(), &run.image.root(), &run.layout),
            last_pc,
            instructions,
            may_be_whole: instructions <= most as u64,
            exact: None,
            is_finished: false,
        }
    }

    /// The state after the segments so far.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// The next step, which stays.
    fn peek(&mut self) -> Result<Option<Step>, ProveError> {
        if self.pending.is_empty() {
            let (mut steps, mut words) = (Vec::new(), Vec::new());
            self.source.more(&mut steps, &mut words)?;
            self.pending.extend(steps);
            self.words.extend(words);
        }
        Ok(self.pending.front().copied())
    }

    /// Most instructions of the segment that begins. What is left of a long run is cut once more where it would leave
    /// three eighths of the processor's rows to padding.
    fn most(&self) -> usize {
        let most = self.limits.instructions;
        if let Some(exact) = self.exact {
            return exact;
        }
        let left = self.instructions.saturating_sub(self.state.instructions);
        if self.may_be_whole || left > most as u64 {
            return most;
        }
        // One row shows the state in which the segment ends.
        let (used, rows) = (left + 1, (left + 1).next_power_of_two());
        let is_worth_it = rows >= 1 << 14 && 8 * used < 5 * rows;
        if is_worth_it { (rows / 2 - 1) as usize } else { most }
    }

    /// Whether a segment of at most `most` instructions takes no other.
    fn is_full(&self, instructions: usize, most: usize) -> bool {
        instructions == most
            || self.exact.is_none()
                && (self.rows.words >= self.limits.words
                    || self.memory.hashes(self.may_be_whole) + self.rows.accel.permutations()
                        >= self.limits.hashes
                    || self.rows.accel.cells() >= self.limits.cells
                    || heights::is_full(&self.rows, &self.memory, instructions, self.may_be_whole))
    }

    /// The next segment, cut where `end` says and not by the limits, whether it is the whole run or one of several;
    /// `None` after the last.
    pub(crate) fn segment_to(&mut self, end: &Boundary) -> Result<Option<Record<'_>>, ProveError> {
        self.exact = Some(end.instructions as usize);
        self.may_be_whole = end.memory.is_none() && self.state.instructions == 0;
        self.segment()
    }

    /// The next segment; `None` after the last.
    pub(crate) fn segment(&mut self) -> Result<Option<Record<'_>>, ProveError> {
        if self.is_finished {
            return Ok(None);
        }
        let start = self.state;
        let mut state = Snapshot { regs: [0; reg::COUNT], gas: [0, 0] };
        state.regs[1..].copy_from_slice(&start.regs);
        let (mut steps, mut notes, mut snapshots) = (Vec::new(), Vec::new(), Vec::new());
        self.memory.begin_segment();
        let most = self.most();
        let pc = loop {
            let Some(step) = self.peek()? else {
                self.is_finished = true;
                break self.last_pc;
            };
            if self.is_full(steps.len(), most) {
                break step.pc;
            }
            if steps.len() % CHUNK == 0 {
                snapshots.push(state);
            }
            notes.push(self.step(step, steps.len(), &mut state)?);
            steps.push(step);
            self.pending.pop_front();
        };
        let rows = std::mem::take(&mut self.rows);
        let mut uses = BTreeMap::new();
        for (start, counts) in &mut self.uses {
            for (word, n) in counts.iter_mut().enumerate().filter(|(_, n)| **n > 0) {
                uses.insert(*start + 4 * word as u32, std::mem::take(n));
            }
        }
        if self.may_be_whole && !self.is_finished {
            // It does not fit after all: begin again, with a tree of memory.
            self.taken.drain(..).rev().for_each(|word| self.words.push_front(word));
            steps.into_iter().rev().for_each(|step| self.pending.push_front(step));
            self.memory =
                MemoryModel::new(self.run.program.image(), &self.run.layout, &self.run.config.input);
            self.may_be_whole = false;
            return self.segment();
        }
        self.exact = None;
        let (nodes, memory) = if self.may_be_whole {
            (Vec::new(), None)
        } else {
            let nodes = self.tree.update(self.run, &self.memory.touched());
            (nodes, Some(self.tree.root(self.run)))
        };
        let mut regs = [0; reg::COUNT - 1];
        regs.copy_from_slice(&state.regs[1..]);
        let end = Boundary {
            pc,
            regs,
            gas: state.gas,
            instructions: steps.len() as u32,
            journal_len: rows.journal.len() as u32,
            private_bytes: rows.private_bytes,
            memory,
        };
        self.state = start.after(&end);
        Ok(Some(Record {
            run: self.run,
            memory: &self.memory,
            steps,
            notes,
            snapshots,
            last: state,
            start,
            end,
            uses,
            rows,
            nodes,
            is_last: self.is_finished,
        }))
    }

    /// Takes a step: the segment's instruction number `index`.
    fn step(&mut self, step: Step, index: usize, state: &mut Snapshot) -> Result<Note, ProveError> {
        let clk = index as u32 + 1;
        let table = &self.run.config.gas_table;
        let inconsistent = || ProveError::Inconsistent(self.state.instructions + index as u64);
        let Some(Ok(instruction)) = self.run.program.fetch(step.pc) else { return Err(inconsistent()) };
        let inconsistent = inconsistent();
        let uses = self.uses.iter_mut().rfind(|(start, _)| *start <= step.pc);
        let (start, counts) = uses.expect("the instruction was fetched from one of these");
        let count = &mut counts[((step.pc - *start) / 4) as usize];
        if *count == 0 {
            self.memory.execute(step.pc);
        }
        *count += 1;

        let mut note = Note::default();
        let Instruction { op, rd, rs1, rs2, imm } = instruction;
        let info = op.info();
        let (a, b) = (state.regs[rs1 as usize], state.regs[rs2 as usize]);
        let s = if info.format.has_rs2() { b } else { imm };
        let alu = Alu { op, a, s, w: step.rd };
        match info.family {
            Family::Bitwise => self.rows.bitwise.push(alu.computed()),
            Family::Shift => self.rows.shift.push(alu.computed()),
            Family::Mul => self.rows.mul.push(alu.computed()),
            Family::Div => {
                let alu = alu.computed();
                self.rows.div.push(alu);
                let Magnitudes { divisor, quotient, .. } = Magnitudes::of(&alu);
                if divisor != 0 {
                    for op in [Op::Mul, Op::Mulhu] {
                        self.rows.mul.push(Alu { op, a: divisor, s: quotient, w: 0 }.computed());
                    }
                }
            }
            Family::LoadWord | Family::StoreWord | Family::LoadPart | Family::StorePart => {
                let address = a.wrapping_add(imm);
                let store = matches!(info.family, Family::StoreWord | Family::StorePart);
                let new = |old| if store { store_word(op, old, address, b) } else { old };
                let old;
                (old, note) = self.access(address, clk, new).ok_or(inconsistent)?;
                if matches!(info.family, Family::LoadPart | Family::StorePart) {
                    let (s, w) = if store { (b, 0) } else { (0, load_value(op, old, address)) };
                    self.rows.part.push(Part {
                        alu: Alu { op, a, s, w },
                        offset: address & 3,
                        m: old,
                        n: new(old),
                    });
                }
            }
            Family::Csr => {
                let csr = Csr { number: imm, w: self.csr_value(imm, state, index), gas: state.gas, clk };
                self.rows.csr.push(csr);
            }
            Family::Ecall => {
                let r = |n: u8| state.regs[n as usize];
                let (number, args) = (r(reg::T0), [r(reg::A0), r(reg::A1), r(reg::A2)]);
                if ecall::is_host_call(number) {
                    return Err(ProveError::HostCall(number));
                }
                let inc = ecall_gas(table, number, [args[0], args[1], args[2], r(reg::A3)]);
                let rows = if number == ecall::CONTEXT {
                    self.context(clk, args)
                } else if let Some(accelerator) = Accelerator::from_number(number) {
                    self.accelerate(accel::Call { accelerator, clk, args })
                } else {
                    self.io(number, args, clk, step.rd, inc)
                };
                rows.ok_or(inconsistent)?;
                state.gas = [state.gas[0] + inc[0], state.gas[1] + inc[1]];
                state.regs[reg::A0 as usize] = step.rd;
            }
            _ => {}
        }
        if info.family != Family::Ecall {
            let cost = u32::from(table.class(info.class));
            state.gas = [state.gas[0] + (cost & 0xff), state.gas[1] + (cost >> 8)];
            if rd != reg::ZERO {
                state.regs[rd as usize] = step.rd;
            }
        }
        Ok(note)
    }

    fn csr_value(&self, number: u32, state: &Snapshot, retired: usize) -> u32 {
        let gas = self.state.gas + u64::from(state.gas[0]) + (u64::from(state.gas[1]) << 8);
        let retired = self.state.instructions + retired as u64;
        match number {
            csr::CYCLE | csr::TIME => gas as u32,
            csr::CYCLEH | csr::TIMEH => (gas >> 32) as u32,
            csr::INSTRET => retired as u32,
            _ => (retired >> 32) as u32,
        }
    }

    /// The next word that an ecall passes over: before and after.
    pub(crate) fn next_word(&mut self) -> Option<(u32, u32)> {
        let word = self.words.pop_front()?;
        if self.may_be_whole {
            self.taken.push(word);
        }
        Some(word)
    }

    /// Accesses a word, refreshing it first if its last access is too long ago.
    pub(crate) fn access(
        &mut self,
        address: u32,
        clk: u32,
        new: impl FnOnce(u32) -> u32,
    ) -> Option<(u32, Note)> {
        let access = self.memory.access(address, clk, new)?;
        let mut prev = access.prev;
        if clk - prev > STALE {
            self.rows.touch.push(Touch {
                address: address / 4,
                before: prev,
                after: clk - 1,
                word: access.old,
                writable: access.writable,
            });
            prev = clk - 1;
        }
        Some((access.old, Note { prev, writable: access.writable }))
    }

    /// The rows of a `read` or `write` that returns. `None` when the trace is inconsistent.
    fn io(&mut self, number: u32, args: [u32; 3], clk: u32, result: u32, inc: [u32; 2]) -> Option<()> {
        let [fd, ptr, len] = args;
        if !matches!(number, ecall::READ | ecall::WRITE) {
            return None;
        }
        let mut words = Vec::new();
        let size = ecall::io_len(number, fd, len).unwrap_or(0);
        if size > 0 {
            let last = ptr.checked_add(size - 1)?;
            let to_journal = number == ecall::WRITE && fd == ecall::FD_JOURNAL;
            for word in ptr / 4..=last / 4 {
                let (old, new) = self.next_word()?;
                let (found, Note { prev, writable }) = self.access(word * 4, clk, |_| new)?;
                if found != old {
                    return None;
                }
                words.push(IoWord { address: word, old, new, prev, writable });
                if to_journal {
                    let bytes = (word * 4..).zip(old.to_le_bytes());
                    let written = bytes.filter(|(at, _)| (ptr..=last).contains(at));
                    self.rows.journal.extend(written.map(|(_, byte)| byte));
                }
            }
        }
        if number == ecall::READ && fd == ecall::FD_INPUT {
            if result > size {
                return None;
            }
            self.rows.private_bytes += result;
        }
        self.rows.words += words.len();
        self.rows.io.push(IoCall { number, clk, fd, ptr, len, result, inc, words });
        Some(())
    }
}
