//! Checking a trace against the machine's rules, without the interpreter's step loop.
//!
//! At every point of a run the rules leave exactly one thing to happen: an instruction retires with a certain effect,
//! an ecall returns what the host chose, or the run ends. `Replay` works it out from registers and memory
//! and compares it with the trace.

mod error;
mod memory;

use std::convert::Infallible;
use std::io::Read;
use std::sync::Arc;

use ember_isa::ecall::{MAX_HOST_CALL_LEN, MAX_JOURNAL_LEN, abort};
use ember_isa::{Accelerator, Class, Context, ExitReason, GasTable, Instruction, Op, Operand, csr, ecall};
use ember_memory::digest::Hasher;
use ember_memory::{Perm, Transcript};
use ember_vm::semantics::{access_size, branch_taken, compute, load_value, store_word};
use ember_vm::{ConfigError, Program, RunConfig, Step};

use crate::state::{Range, Registers, destination, ranges};
use crate::{Ending, Execution, ReadError, Reader, Record};
pub use error::{Fault, ReplayError, ReplayFileError};
use memory::Memory;

/// What the rules let happen next. Gas is the total after it.
enum Next {
    Retire { gas: u64, target: u32, result: u32, mem: u32, store: Option<(u32, u32)> },
    Ecall { gas: u64, number: u32, args: [u32; 4] },
    Exit { gas: u64, reason: ExitReason },
}

/// Checks a trace record by record.
pub struct Replay<'a> {
    program: &'a Program,
    config: &'a RunConfig,
    memory: Memory<'a>,
    registers: Registers,
    pc: u32,
    gas: u64,
    retired: u64,
    journal: Vec<u8>,
    transcript: Transcript,
    private_bytes: u64,
    /// What `context` writes, once it was called.
    context: Option<[u32; Context::WORDS]>,
    hasher: Hasher,
    /// Words told of the ecall that comes next.
    words: Vec<(u32, u32)>,
    /// How many there must be.
    words_due: u64,
}

impl<'a> Replay<'a> {
    /// Starts from the pristine state.
    ///
    /// # Errors
    /// [`ConfigError`] when the program cannot run under these parameters.
    pub fn new(program: &'a Program, config: &'a RunConfig) -> Result<Self, ConfigError> {
        let layout = config.layout(program.image().header())?;
        Ok(Self {
            program,
            config,
            memory: Memory::new(program.image(), layout, &config.input),
            registers: Registers::initial(&layout),
            pc: program.image().entry(),
            gas: 0,
            retired: 0,
            journal: Vec::new(),
            transcript: Transcript::default(),
            private_bytes: 0,
            context: None,
            hasher: Hasher::default(),
            words: Vec::new(),
            words_due: 0,
        })
    }

    /// Checks the next record.
    ///
    /// # Errors
    /// [`ReplayError`]: the trace is not that of a run.
    pub fn record(&mut self, record: Record) -> Result<(), ReplayError> {
        match record {
            Record::Io { old, new } => self.io_word(old, new),
            Record::Step(step) => self.step(step),
        }
        .map_err(|fault| self.error(fault))
    }

    /// Checks the ending, after the last record.
    ///
    /// # Errors
    /// [`ReplayError`]: the trace is not that of a run.
    pub fn finish(self, ending: &Ending) -> Result<(), ReplayError> {
        self.check_ending(ending).map_err(|fault| self.error(fault))
    }

    fn error(&self, fault: Fault) -> ReplayError {
        ReplayError { step: self.retired, pc: self.pc, fault }
    }

    fn charge(&self, cost: u64) -> Result<u64, Next> {
        let gas = u128::from(self.gas) + u128::from(cost);
        if gas > u128::from(self.config.gas_limit) {
            return Err(Next::Exit { gas: self.gas, reason: ExitReason::OutOfGas });
        }
        Ok(gas as u64)
    }

    /// What happens at pc.
    fn next(&self) -> Next {
        self.try_next().unwrap_or_else(|exit| exit)
    }

    fn try_next(&self) -> Result<Next, Next> {
        let table: &GasTable = &self.config.gas_table;
        let (pc, r) = (self.pc, &self.registers);
        let Some(fetched) = self.program.fetch(pc) else {
            return Ok(Next::Exit { gas: self.gas, reason: ExitReason::InstructionAccessFault });
        };
        let Ok(instruction) = fetched else {
            let gas = self.charge(table.class(Class::System).into())?;
            return Ok(Next::Exit { gas, reason: ExitReason::IllegalInstruction });
        };
        let Instruction { op, rs1, rs2, imm, .. } = instruction;
        if op == Op::Ecall {
            let (number, args) = r.ecall();
            let gas = self.charge(table.ecall(number, args))?;
            return Ok(match self.ecall_fault(number, args) {
                Some(reason) => Next::Exit { gas, reason },
                None => Next::Ecall { gas, number, args },
            });
        }
        let gas = self.charge(table.class(op.info().class).into())?;
        let exit = |reason| Next::Exit { gas, reason };
        let (a, b) = (r.get(rs1), r.get(rs2));
        let address = a.wrapping_add(imm);
        let (mut target, mut mem, mut store) = (pc.wrapping_add(4), 0, None);
        let mut result = 0;
        match op.info().class {
            Class::Branch if branch_taken(op, a, b) => target = pc.wrapping_add(imm),
            Class::Branch | Class::Fence => {}
            Class::Jump => {
                result = target;
                target = if op == Op::Jal { pc.wrapping_add(imm) } else { address & !1 };
            }
            Class::Load => {
                if address % access_size(op) != 0 {
                    return Err(exit(ExitReason::LoadAddressMisaligned(address)));
                }
                let word = self.memory.word(address & !3);
                mem = word.ok_or_else(|| exit(ExitReason::LoadAccessFault(address)))?;
                result = load_value(op, mem, address);
            }
            Class::Store => {
                if address % access_size(op) != 0 {
                    return Err(exit(ExitReason::StoreAddressMisaligned(address)));
                }
                let word = self.memory.word(address & !3);
                mem = word
                    .filter(|_| self.memory.perm(address).contains(Perm::WRITE))
                    .ok_or_else(|| exit(ExitReason::StoreAccessFault(address)))?;
                store = Some((address & !3, store_word(op, mem, address, b)));
            }
            Class::Csr => {
                let counter =
                    if matches!(imm, csr::INSTRET | csr::INSTRETH) { self.retired } else { self.gas };
                let high = matches!(imm, csr::CYCLEH | csr::TIMEH | csr::INSTRETH);
                result = if high { (counter >> 32) as u32 } else { counter as u32 };
            }
            Class::System => return Err(exit(ExitReason::Breakpoint)),
            Class::Arith | Class::Logic | Class::Shift | Class::Compare | Class::Mul | Class::Div => {
                result = match op {
                    Op::Lui => imm,
                    Op::Auipc => pc.wrapping_add(imm),
                    _ => compute(op, a, if op.info().format.has_rs2() { b } else { imm }),
                };
            }
        }
        if target % 4 != 0 {
            return Err(exit(ExitReason::InstructionAddressMisaligned(target)));
        }
        if destination(instruction).is_none() {
            result = 0;
        }
        Ok(Next::Retire { gas, target, result, mem, store })
    }

    /// How an ecall, its gas paid, ends the run whatever the host does.
    fn ecall_fault(&self, number: u32, args: [u32; 4]) -> Option<ExitReason> {
        match number {
            ecall::EXIT => return Some(ExitReason::Halt(args[0])),
            ecall::READ | ecall::WRITE => {}
            ecall::CONTEXT => {
                let Ok(fault) =
                    Context::OPERAND.fault(args[0], |ptr, len, writes| self.without(ptr, len, writes));
                return fault;
            }
            n if ecall::is_host_call(n) => {}
            n => match Accelerator::from_number(n) {
                Some(accelerator) => {
                    let Ok(fault) =
                        accelerator.fault(args, |ptr, len, writes| self.without(ptr, len, writes));
                    return fault;
                }
                None => return Some(ExitReason::UnknownEcall(n)),
            },
        }
        for Range { ptr, len, writes } in ranges(number, args) {
            let Ok(bad) = self.without(ptr, len, writes);
            if let Some(bad) = bad {
                return Some(if writes {
                    ExitReason::StoreAccessFault(bad)
                } else {
                    ExitReason::LoadAccessFault(bad)
                });
            }
        }
        let [a0, a1, a2, a3] = args;
        if number == ecall::WRITE
            && a0 == ecall::FD_JOURNAL
            && let Some(len) = ecall::io_len(number, a0, a2)
            && self.journal.len() as u64 + u64::from(len) > u64::from(MAX_JOURNAL_LEN)
        {
            return Some(ExitReason::HostAbort(abort::JOURNAL_FULL));
        }
        let too_long = ecall::is_host_call(number) && (a1 > MAX_HOST_CALL_LEN || a3 > MAX_HOST_CALL_LEN);
        too_long.then_some(ExitReason::HostAbort(abort::TOO_LONG))
    }

    /// First address of a range that lacks the permission to read, or to write too.
    fn without(&self, ptr: u32, len: u32, writes: bool) -> Result<Option<u32>, Infallible> {
        let need = if writes { Perm::READ_WRITE } else { Perm::READ };
        Ok(self.memory.first_without(ptr, len, need))
    }

    /// An ecall on operands that returned `n`; `apply` makes the words after it of those before.
    fn on_operands(
        &mut self,
        operands: impl Iterator<Item = (Operand, u32)>,
        n: u32,
        apply: impl FnOnce(&mut [u32]),
    ) -> Result<(), Fault> {
        if n != 0 {
            return Err(Fault::Return(n));
        }
        let told = std::mem::take(&mut self.words);
        let places: Vec<(u32, bool)> = operands
            .flat_map(|(operand, ptr)| (0..operand.words).map(move |i| (ptr + 4 * i, operand.writes)))
            .collect();
        if told.len() != places.len() {
            return Err(Fault::WordCount { expected: places.len() as u64 });
        }
        let mut expected: Vec<u32> = told.iter().map(|(old, _)| *old).collect();
        apply(&mut expected);
        for ((&(address, _), &(old, new)), &expected) in places.iter().zip(&told).zip(&expected) {
            if self.memory.word(address) != Some(old) || new != expected {
                return Err(Fault::Word { address, old, new });
            }
        }
        for ((address, writes), word) in places.into_iter().zip(expected) {
            if writes {
                self.memory.set_word(address, word);
            }
        }
        Ok(())
    }

    fn io_word(&mut self, old: u32, new: u32) -> Result<(), Fault> {
        if self.words.is_empty() {
            self.words_due = match self.next() {
                Next::Ecall { number, args, .. } => ranges(number, args).into_iter().map(Range::words).sum(),
                _ => 0,
            };
        }
        if self.words.len() as u64 == self.words_due {
            return Err(Fault::WordCount { expected: self.words_due });
        }
        self.words.push((old, new));
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), Fault> {
        if step.pc != self.pc {
            return Err(Fault::Pc(step.pc));
        }
        let (gas, target) = match self.next() {
            Next::Exit { reason, .. } => return Err(Fault::Ends(reason)),
            Next::Retire { gas, target, result, mem, store } => {
                if step.rd != result {
                    return Err(Fault::Result { expected: result, found: step.rd });
                }
                if step.mem != mem {
                    return Err(Fault::Memory { expected: mem, found: step.mem });
                }
                if let Some((address, word)) = store {
                    self.memory.set_word(address, word);
                }
                (gas, target)
            }
            Next::Ecall { gas, number, args } => {
                if step.mem != 0 {
                    return Err(Fault::Memory { expected: 0, found: step.mem });
                }
                self.ecall(number, args, step.rd)?;
                (gas, self.pc.wrapping_add(4))
            }
        };
        if let Some(Ok(instruction)) = self.program.fetch(self.pc) {
            self.registers.apply(instruction, step);
        }
        (self.gas, self.pc) = (gas, target);
        self.retired += 1;
        Ok(())
    }

    /// An ecall that returned `n`.
    fn ecall(&mut self, number: u32, args: [u32; 4], n: u32) -> Result<(), Fault> {
        if number == ecall::CONTEXT {
            let words = *self.context.get_or_insert_with(|| self.program.context(self.config).words());
            let operands = std::iter::once((Context::OPERAND, args[0]));
            return self.on_operands(operands, n, |after| after.copy_from_slice(&words));
        }
        if let Some(accelerator) = Accelerator::from_number(number) {
            let operands = accelerator.operands().zip(args);
            return self.on_operands(operands, n, |words| ember_vm::accel::apply(accelerator, words));
        }
        let ranges = ranges(number, args);
        let [a0, a1, a2, a3] = args;
        let returns = match (number, ecall::io_len(number, a0, a2)) {
            (ecall::READ, Some(len)) => n <= len,
            (ecall::WRITE, Some(len)) => n == len,
            (ecall::READ | ecall::WRITE, None) => n == ecall::EBADF,
            _ => n <= a3,
        };
        if !returns {
            return Err(Fault::Return(n));
        }
        let words = std::mem::take(&mut self.words);
        let expected = ranges.iter().map(|r| r.words()).sum();
        if words.len() as u64 != expected {
            return Err(Fault::WordCount { expected });
        }
        let input = if ecall::is_host_call(number) { self.memory.bytes(a0, a1) } else { Vec::new() };
        let mut words = words.into_iter();
        let mut writes = Vec::new();
        for range in ranges {
            for (i, (old, new)) in words.by_ref().take(range.words() as usize).enumerate() {
                let address = (range.ptr & !3) + 4 * i as u32;
                let may_change = if range.writes { written_bytes(address, range.ptr, n) } else { 0 };
                if self.memory.word(address) != Some(old) || (old ^ new) & !may_change != 0 {
                    return Err(Fault::Word { address, old, new });
                }
                if may_change != 0 {
                    writes.push((address, new));
                }
            }
        }
        writes.into_iter().for_each(|(address, word)| self.memory.set_word(address, word));
        if number == ecall::READ && a0 == ecall::FD_INPUT {
            self.private_bytes += u64::from(n);
        }
        if number == ecall::WRITE && a0 == ecall::FD_JOURNAL {
            self.journal.extend(self.memory.bytes(a1, n));
        }
        if ecall::is_host_call(number) {
            let output = self.memory.bytes(a2, n);
            self.transcript.absorb_return(&self.hasher, number, self.gas, &input, &output);
        }
        Ok(())
    }

    fn check_ending(&self, ending: &Ending) -> Result<(), Fault> {
        if !self.words.is_empty() {
            return Err(Fault::WordCount { expected: 0 });
        }
        let mut transcript = self.transcript;
        let (gas, reason) = match self.next() {
            Next::Retire { .. } => return Err(Fault::GoesOn),
            Next::Exit { gas, reason } => {
                if reason == ExitReason::HostAbort(abort::TOO_LONG) {
                    self.absorb_abort(&mut transcript, gas, abort::TOO_LONG);
                }
                (gas, reason)
            }
            // The host may abort with any code.
            Next::Ecall { gas, number, .. } => match ending.exit.reason {
                ExitReason::HostAbort(code) if ecall::is_host_call(number) => {
                    self.absorb_abort(&mut transcript, gas, code);
                    (gas, ExitReason::HostAbort(code))
                }
                _ => return Err(Fault::GoesOn),
            },
        };
        let checks = [
            ("exit reason", ending.exit.reason == reason),
            ("pc", ending.exit.pc == self.pc),
            ("gas figure", ending.gas_used == gas),
            ("number of instructions", ending.instructions == self.retired),
            ("register", ending.registers == self.registers.0),
            ("journal", ending.journal == self.journal),
            ("host transcript", ending.transcript == transcript.0),
            ("number of private bytes", ending.private_bytes == self.private_bytes),
        ];
        checks.into_iter().find(|(_, ok)| !ok).map_or(Ok(()), |(what, _)| Err(Fault::Ending(what)))
    }

    fn absorb_abort(&self, transcript: &mut Transcript, gas: u64, code: u32) {
        let (number, [_, in_len, _, out_len]) = self.registers.ecall();
        transcript.absorb_abort(&self.hasher, number, gas, in_len, out_len, code);
    }
}

/// Mask of the bytes of the aligned word at `address` that lie in `ptr .. ptr + n`.
fn written_bytes(address: u32, ptr: u32, n: u32) -> u32 {
    let inside = |a: u32| a.checked_sub(ptr).is_some_and(|offset| offset < n);
    (0..4).filter(|i| inside(address + i)).map(|i| 0xff << (8 * i)).sum()
}

/// Checks a whole execution.
///
/// # Errors
/// [`ReplayError`], at step 0 with [`Fault::Config`] where the program cannot even run under its parameters.
pub fn replay(execution: &Execution) -> Result<(), ReplayError> {
    let misfit = |e| ReplayError { step: 0, pc: execution.image.entry(), fault: Fault::Config(e) };
    let program = execution.program();
    let mut replay = Replay::new(&program, &execution.config).map_err(misfit)?;
    execution.records().map_err(misfit)?.try_for_each(|record| replay.record(record))?;
    replay.finish(&execution.ending)
}

/// Checks a whole file, and returns how the run ended.
///
/// # Errors
/// [`ReplayFileError`].
pub fn replay_file<R: Read>(mut reader: Reader<R>) -> Result<Ending, ReplayFileError> {
    let (program, config) = (Arc::clone(reader.program()), reader.config().clone());
    let mut replay = Replay::new(&program, &config).map_err(ReadError::from)?;
    while let Some(record) = reader.next_record()? {
        replay.record(record)?;
    }
    let ending = reader.ending().expect("every record was read without an error").clone();
    replay.finish(&ending)?;
    Ok(ending)
}
