//! Where two traces part.

use std::fmt;
use std::io::Read;

use ember_isa::reg;
use ember_vm::Step;

use crate::state::{self, Registers};
use crate::{Ending, ReadError, Reader, Record};

/// A parameter of a run that a trace's header names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// The program.
    Image,
    /// The public input.
    Input,
    /// The gas table.
    GasTable,
    /// The gas limit.
    GasLimit,
    /// The memory limit.
    MemoryLimit,
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "image",
            Self::Input => "public input",
            Self::GasTable => "gas table",
            Self::GasLimit => "gas limit",
            Self::MemoryLimit => "memory limit",
        })
    }
}

/// One of two traces where they part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The trace goes on with this step.
    Step {
        /// The step.
        step: Step,
        /// The instruction, disassembled; the word's absence or illegality in words.
        instruction: String,
        /// Words that the instruction, an ecall, passed over, up to the first that differs.
        io: Vec<(u32, u32)>,
        /// The registers after the step.
        registers: [u32; reg::COUNT],
    },
    /// The trace ends here.
    End(Box<Ending>),
}

/// The first difference of two traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Index of the step, the number of steps before it, which are equal.
    pub step: u64,
    /// The first trace there.
    pub a: At,
    /// The second trace there.
    pub b: At,
}

impl Difference {
    /// The registers that differ after the step, or at the end: number and both values.
    pub fn registers(&self) -> Vec<(u8, u32, u32)> {
        let file = |at: &At| match at {
            At::Step { registers, .. } => *registers,
            At::End(ending) => ending.registers,
        };
        let (a, b) = (file(&self.a), file(&self.b));
        (0..reg::COUNT).filter(|&r| a[r] != b[r]).map(|r| (r as u8, a[r], b[r])).collect()
    }
}

/// How two traces compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Parameters in which the runs differ.
    pub parameters: Vec<Parameter>,
    /// The first difference of steps or endings.
    pub difference: Option<Difference>,
    /// Equal steps before it.
    pub equal_steps: u64,
}

impl Comparison {
    /// Whether the traces are equal.
    pub fn is_equal(&self) -> bool {
        self.parameters.is_empty() && self.difference.is_none()
    }
}

/// One trace on its way.
struct Side<'r, R: Read> {
    reader: &'r mut Reader<R>,
    registers: Registers,
}

/// What a side comes to next, and how many of the ecall's words are known to be equal.
enum Event {
    Io(u32, u32),
    Step(Step),
    End,
}

impl<'r, R: Read> Side<'r, R> {
    fn new(reader: &'r mut Reader<R>) -> Result<Self, ReadError> {
        let registers = state::initial(reader.program(), reader.config())?;
        Ok(Self { reader, registers })
    }

    fn next(&mut self) -> Result<Event, ReadError> {
        Ok(match self.reader.next_record()? {
            Some(Record::Io { old, new }) => Event::Io(old, new),
            Some(Record::Step(step)) => Event::Step(step),
            None => Event::End,
        })
    }

    fn apply(&mut self, step: Step) {
        if let Some(i) = state::instruction(self.reader.program(), step.pc) {
            self.registers.apply(i, step);
        }
    }

    /// The point that starts with `event`.
    fn at(&mut self, mut event: Event) -> Result<At, ReadError> {
        let mut io = Vec::new();
        loop {
            match event {
                Event::Io(old, new) => {
                    if io.len() < MAX_SHOWN_WORDS {
                        io.push((old, new));
                    }
                    event = self.next()?;
                }
                Event::Step(step) => {
                    self.apply(step);
                    let instruction = match self.reader.program().fetch(step.pc) {
                        Some(Ok(i)) => i.to_string(),
                        Some(Err(illegal)) => illegal.to_string(),
                        None => "no code here".to_owned(),
                    };
                    return Ok(At::Step { step, instruction, io, registers: self.registers.0 });
                }
                Event::End => {
                    let ending = self.reader.ending().cloned();
                    // A reader that failed before has no ending either.
                    let ending = ending.ok_or(ReadError::Malformed { frame: 0, what: "read before" })?;
                    return Ok(At::End(Box::new(ending)));
                }
            }
        }
    }
}

/// Most words of an ecall that [`At`] keeps.
const MAX_SHOWN_WORDS: usize = 16;

/// Compares two traces from where the readers are, their start: parameters, steps and ending.
///
/// Holds what the readers hold and no more.
///
/// # Errors
/// [`ReadError`] of either file, when it comes to a bad place before the traces part.
pub fn diff<A: Read, B: Read>(a: &mut Reader<A>, b: &mut Reader<B>) -> Result<Comparison, ReadError> {
    let (ca, cb) = (a.config(), b.config());
    let checks = [
        (Parameter::Image, a.program().image() == b.program().image()),
        (Parameter::Input, ca.input == cb.input),
        (Parameter::GasTable, ca.gas_table == cb.gas_table),
        (Parameter::GasLimit, ca.gas_limit == cb.gas_limit),
        (Parameter::MemoryLimit, ca.memory_limit == cb.memory_limit),
    ];
    let parameters = checks.into_iter().filter(|(_, equal)| !equal).map(|(p, _)| p).collect();
    let (mut a, mut b) = (Side::new(a)?, Side::new(b)?);
    let mut equal_steps = 0;
    let difference = loop {
        match (a.next()?, b.next()?) {
            (Event::Step(x), Event::Step(y)) if x == y => {
                a.apply(x);
                b.apply(y);
                equal_steps += 1;
            }
            (Event::Io(old, new), Event::Io(o, n)) if (old, new) == (o, n) => {}
            (Event::End, Event::End) if a.reader.ending() == b.reader.ending() => break None,
            (x, y) => break Some(Difference { step: equal_steps, a: a.at(x)?, b: b.at(y)? }),
        }
    };
    Ok(Comparison { parameters, difference, equal_steps })
}
