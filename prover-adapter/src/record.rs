//! One pass over an execution: which rows each table gets.

use std::collections::BTreeMap;

use ember_isa::{Family, GasTable, Instruction, Op, csr, ecall, reg};
use ember_memory::Layout;
use ember_trace::Execution;
use ember_vm::Program;
use ember_vm::semantics::{load_value, store_word};

use crate::ProveError;
use crate::memory_model::MemoryModel;

/// Operands and result of a delegated operation of registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alu {
    pub(crate) op: Op,
    pub(crate) a: u32,
    pub(crate) s: u32,
    pub(crate) w: u32,
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

/// Rows of every table, as the execution asks for them.
pub(crate) struct Record<'a> {
    pub(crate) execution: &'a Execution,
    pub(crate) program: Program,
    pub(crate) layout: &'a Layout,
    pub(crate) notes: Vec<Note>,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) last: Snapshot,
    /// How often each instruction is executed, by address.
    pub(crate) uses: BTreeMap<u32, u32>,
    pub(crate) bitwise: Vec<Alu>,
    pub(crate) shift: Vec<Alu>,
    pub(crate) mul: Vec<Alu>,
    pub(crate) div: Vec<Alu>,
    pub(crate) part: Vec<Part>,
    pub(crate) csr: Vec<Csr>,
    pub(crate) io: Vec<IoCall>,
    pub(crate) touch: Vec<Touch>,
    pub(crate) memory: MemoryModel<'a>,
}

/// Low and high byte of an ecall's cost, in the processor's two accumulators.
fn ecall_gas(table: &GasTable, number: u32, [fd, _, len, _]: [u32; 4]) -> [u32; 2] {
    let (cost, good) = match number {
        ecall::READ => (table.read, fd == ecall::FD_INPUT),
        _ => (table.write, matches!(fd, ecall::FD_STDOUT | ecall::FD_STDERR | ecall::FD_JOURNAL)),
    };
    let words = if good { len.div_ceil(4) } else { 0 };
    let acc = |shift: u32| {
        let byte = |cost: u16| u32::from(cost) >> shift & 0xff;
        byte(cost.base) + byte(cost.per_word) * words
    };
    [acc(0), acc(8)]
}

/// Time differences fit 16 bits.
const STALE: u32 = 1 << 16;

impl<'a> Record<'a> {
    pub(crate) fn new(execution: &'a Execution, layout: &'a Layout) -> Result<Self, ProveError> {
        let program = execution.program();
        let steps = &execution.steps;
        let mut regs = [0; reg::COUNT];
        regs[reg::SP as usize] = layout.heap_end;
        regs[reg::A0 as usize] = layout.input_start;
        regs[reg::A1 as usize] = layout.input_len;
        let start = Snapshot { regs, gas: [0, 0] };
        let mut record = Record {
            execution,
            program,
            layout,
            notes: vec![Note::default(); steps.len()],
            snapshots: Vec::with_capacity(steps.len() / CHUNK + 1),
            last: start,
            uses: BTreeMap::new(),
            bitwise: Vec::new(),
            shift: Vec::new(),
            mul: Vec::new(),
            div: Vec::new(),
            part: Vec::new(),
            csr: Vec::new(),
            io: Vec::new(),
            touch: Vec::new(),
            memory: MemoryModel::new(&execution.image, layout, &execution.config.input),
        };
        record.walk()?;
        Ok(record)
    }

    fn walk(&mut self) -> Result<(), ProveError> {
        let execution = self.execution;
        let table = &execution.config.gas_table;
        let mut uses: Vec<(u32, Vec<u32>)> = execution
            .image
            .segments()
            .iter()
            .filter(|s| s.perm == ember_memory::Perm::EXECUTE)
            .map(|s| (s.start(), vec![0; s.data.len() / 4]))
            .collect();
        let mut io = execution.io.iter();
        let mut state = self.last;
        for (i, step) in execution.steps.iter().enumerate() {
            if i % CHUNK == 0 {
                self.snapshots.push(state);
            }
            let clk = i as u32 + 1;
            let inconsistent = ProveError::Inconsistent(i);
            let Some(Ok(instruction)) = self.program.fetch(step.pc) else { return Err(inconsistent) };
            let (start, counts) = uses
                .iter_mut()
                .rfind(|(start, _)| *start <= step.pc)
                .expect("the instruction was fetched from one of these");
            counts[((step.pc - *start) / 4) as usize] += 1;

            let Instruction { op, rd, rs1, rs2, imm } = instruction;
            let info = op.info();
            let (a, b) = (state.regs[rs1 as usize], state.regs[rs2 as usize]);
            let s = if info.format.has_rs2() { b } else { imm };
            let alu = Alu { op, a, s, w: step.rd };
            match info.family {
                Family::Bitwise => self.bitwise.push(self.result_of(alu)),
                Family::Shift => self.shift.push(self.result_of(alu)),
                Family::Mul => self.mul.push(self.result_of(alu)),
                Family::Div => {
                    let alu = self.result_of(alu);
                    self.div.push(alu);
                    let Magnitudes { divisor, quotient, .. } = Magnitudes::of(&alu);
                    if divisor != 0 {
                        for op in [Op::Mul, Op::Mulhu] {
                            self.mul.push(self.result_of(Alu { op, a: divisor, s: quotient, w: 0 }));
                        }
                    }
                }
                Family::LoadWord | Family::StoreWord | Family::LoadPart | Family::StorePart => {
                    let address = a.wrapping_add(imm);
                    let store = matches!(info.family, Family::StoreWord | Family::StorePart);
                    let new = |old| if store { store_word(op, old, address, b) } else { old };
                    let (old, note) = self.access(address, clk, new).ok_or(inconsistent)?;
                    self.notes[i] = note;
                    if matches!(info.family, Family::LoadPart | Family::StorePart) {
                        let (s, w) = if store { (b, 0) } else { (0, load_value(op, old, address)) };
                        self.part.push(Part {
                            alu: Alu { op, a, s, w },
                            offset: address & 3,
                            m: old,
                            n: new(old),
                        });
                    }
                }
                Family::Csr => {
                    self.csr.push(Csr { number: imm, w: self.csr_value(imm, &state, i), gas: state.gas, clk })
                }
                Family::Ecall => {
                    let r = |n: u8| state.regs[n as usize];
                    let (number, args) = (r(reg::T0), [r(reg::A0), r(reg::A1), r(reg::A2), r(reg::A3)]);
                    let call = self
                        .ecall(number, args, clk, step.rd, &mut io)
                        .map_err(|e| e.unwrap_or(inconsistent))?;
                    state.gas = [state.gas[0] + call.inc[0], state.gas[1] + call.inc[1]];
                    state.regs[reg::A0 as usize] = step.rd;
                    self.io.push(call);
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
        }
        self.last = state;
        for (start, counts) in uses {
            let used = counts.into_iter().enumerate().filter(|(_, n)| *n > 0);
            self.uses.extend(used.map(|(word, n)| (start + 4 * word as u32, n)));
        }
        Ok(())
    }

    /// The operation with its result, which the step leaves out where the destination is x0.
    fn result_of(&self, alu: Alu) -> Alu {
        Alu { w: ember_vm::semantics::compute(alu.op, alu.a, alu.s), ..alu }
    }

    fn csr_value(&self, number: u32, state: &Snapshot, retired: usize) -> u32 {
        let gas = u64::from(state.gas[0]) + (u64::from(state.gas[1]) << 8);
        match number {
            csr::CYCLE | csr::TIME => gas as u32,
            csr::CYCLEH | csr::TIMEH => (gas >> 32) as u32,
            csr::INSTRET => retired as u32,
            _ => 0,
        }
    }

    /// Accesses a word, refreshing it first if its last access is too long ago.
    fn access(&mut self, address: u32, clk: u32, new: impl FnOnce(u32) -> u32) -> Option<(u32, Note)> {
        let access = self.memory.access(address, clk, new)?;
        let mut prev = access.prev;
        if clk - prev > STALE {
            self.touch.push(Touch {
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

    /// The rows of an ecall that returns. `Err(None)` when the trace is inconsistent.
    fn ecall(
        &mut self,
        number: u32,
        args: [u32; 4],
        clk: u32,
        result: u32,
        io: &mut std::slice::Iter<'_, (u32, u32)>,
    ) -> Result<IoCall, Option<ProveError>> {
        let [fd, ptr, len, _] = args;
        let good = match number {
            ecall::READ => fd == ecall::FD_INPUT,
            ecall::WRITE => matches!(fd, ecall::FD_STDOUT | ecall::FD_STDERR | ecall::FD_JOURNAL),
            n if ecall::is_host_call(n) => return Err(Some(ProveError::HostCall(n))),
            _ => return Err(None),
        };
        let mut words = Vec::new();
        if good && len > 0 {
            let last = ptr.checked_add(len - 1).ok_or(None)?;
            for word in ptr / 4..=last / 4 {
                let &(old, new) = io.next().ok_or(None)?;
                let (found, Note { prev, writable }) = self.access(word * 4, clk, |_| new).ok_or(None)?;
                if found != old {
                    return Err(None);
                }
                words.push(IoWord { address: word, old, new, prev, writable });
            }
        }
        let inc = ecall_gas(&self.execution.config.gas_table, number, args);
        Ok(IoCall { number, clk, fd, ptr, len, result, inc, words })
    }
}
