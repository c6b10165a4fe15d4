//! What follows from a run's steps alone: registers, and the words that ecalls pass over.

use ember_isa::{Accelerator, Context, Instruction, Op, Operand, ecall, reg};
use ember_memory::Layout;
use ember_vm::{ConfigError, Program, RunConfig, Step};

use crate::{Execution, Record};

/// The register file along a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers(pub [u32; reg::COUNT]);

impl Registers {
    /// The pristine state: SPEC section 2.
    pub fn initial(layout: &Layout) -> Self {
        let mut regs = [0; reg::COUNT];
        regs[reg::SP as usize] = layout.heap_end;
        regs[reg::A0 as usize] = layout.input_start;
        regs[reg::A1 as usize] = layout.input_len;
        Self(regs)
    }

    pub fn get(&self, r: u8) -> u32 {
        self.0[r as usize]
    }

    /// Notes a step of `instruction`.
    pub fn apply(&mut self, instruction: Instruction, step: Step) {
        if let Some(rd) = destination(instruction) {
            self.0[rd as usize] = step.rd;
        }
    }

    /// Number and arguments a0..a3 of an ecall here.
    pub fn ecall(&self) -> (u32, [u32; 4]) {
        (self.get(reg::T0), [reg::A0, reg::A1, reg::A2, reg::A3].map(|r| self.get(r)))
    }
}

/// The register that a retired instruction writes, if any.
pub fn destination(instruction: Instruction) -> Option<u8> {
    match instruction.op {
        Op::Ecall => Some(reg::A0),
        op => Some(instruction.rd).filter(|&rd| op.info().format.has_rd() && rd != reg::ZERO),
    }
}

/// A pointer range of an ecall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub ptr: u32,
    pub len: u32,
    /// Whether the ecall writes there, else it reads.
    pub writes: bool,
}

impl Range {
    /// Aligned words that the range touches.
    pub fn words(self) -> u64 {
        if self.len == 0 {
            0
        } else {
            (u64::from(self.ptr) + u64::from(self.len) - 1) / 4 - u64::from(self.ptr / 4) + 1
        }
    }
}

/// The pointer ranges of an ecall that retires, in the order in which it passes over them.
pub fn ranges(number: u32, args @ [a0, a1, a2, a3]: [u32; 4]) -> [Range; 3] {
    let none = Range { ptr: 0, len: 0, writes: false };
    let operand = |operand: Operand, ptr| Range { ptr, len: 4 * operand.words, writes: operand.writes };
    match number {
        ecall::READ | ecall::WRITE => match ecall::io_len(number, a0, a2) {
            Some(len) => [Range { ptr: a1, len, writes: number == ecall::READ }, none, none],
            None => [none; 3],
        },
        ecall::CONTEXT => [operand(Context::OPERAND, a0), none, none],
        n if ecall::is_host_call(n) => {
            [Range { ptr: a0, len: a1, writes: false }, Range { ptr: a2, len: a3, writes: true }, none]
        }
        n => {
            let mut ranges = [none; 3];
            if let Some(accelerator) = Accelerator::from_number(n) {
                for ((range, of), ptr) in ranges.iter_mut().zip(accelerator.operands()).zip(args) {
                    *range = operand(of, ptr);
                }
            }
            ranges
        }
    }
}

/// The program's instruction at `pc`, if there is one.
pub fn instruction(program: &Program, pc: u32) -> Option<Instruction> {
    program.fetch(pc).filter(|_| pc.is_multiple_of(4))?.ok()
}

/// The initial registers of a run.
///
/// # Errors
/// [`ConfigError`].
pub fn initial(program: &Program, config: &RunConfig) -> Result<Registers, ConfigError> {
    config.layout(program.image().header()).map(|layout| Registers::initial(&layout))
}

impl Execution {
    /// Steps and words in the order of the run: the words of an ecall stand before its step.
    ///
    /// How many belong to an ecall is worked out from its arguments. In an execution that no machine made, words that
    /// are left over come last.
    ///
    /// # Errors
    /// [`ConfigError`] when the program cannot run under these parameters.
    pub fn records(&self) -> Result<impl Iterator<Item = Record>, ConfigError> {
        let program = self.program();
        let mut registers = initial(&program, &self.config)?;
        let (mut steps, mut io) = (self.steps.iter().copied().peekable(), self.io.iter().copied());
        // Words still to come before the next step; `None` before they are counted.
        let mut due: Option<u64> = None;
        Ok(std::iter::from_fn(move || {
            let Some(&step) = steps.peek() else {
                return io.next().map(|(old, new)| Record::Io { old, new });
            };
            let instruction = instruction(&program, step.pc);
            let words = *due.get_or_insert_with(|| match instruction {
                Some(Instruction { op: Op::Ecall, .. }) => {
                    let (number, args) = registers.ecall();
                    ranges(number, args).into_iter().map(Range::words).sum()
                }
                _ => 0,
            });
            if words > 0
                && let Some((old, new)) = io.next()
            {
                due = Some(words - 1);
                return Some(Record::Io { old, new });
            }
            due = None;
            if let Some(i) = instruction {
                registers.apply(i, step);
            }
            steps.next().map(Record::Step)
        }))
    }
}
