//! The reference interpreter: one instruction at a time, as SPEC reads.

use alloc::vec::Vec;

use ember_isa::{Class, Exit, ExitReason, Instruction, Op, csr, reg};
use ember_memory::digest::Hasher;
use ember_memory::{AddressSpace, Layout, LayoutError, Perm};

use crate::semantics::{access_size, branch_taken, compute, load_value, store_word};
use crate::{Host, NoTrace, Program, RunConfig, Step, Tracer, Transcript};

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The step limit was reached.
    Running,
    /// The host asked to pause before a host call.
    Paused,
    /// The run ended.
    Exited(Exit),
}

/// A run of a program: registers, memory, counters and outputs.
///
/// Allocates at most the memory limit, the public input, [`crate::MAX_JOURNAL_LEN`] bytes of journal, two buffers of
/// [`crate::MAX_HOST_CALL_LEN`], and the image's data pages, whatever the program does.
#[derive(Clone)]
pub struct Machine<'p> {
    pub(crate) program: &'p Program,
    pub(crate) config: RunConfig,
    pub(crate) layout: Layout,
    pub(crate) regs: [u32; reg::COUNT],
    pub(crate) pc: u32,
    pub(crate) gas: u64,
    pub(crate) retired: u64,
    pub(crate) memory: AddressSpace,
    pub(crate) journal: Vec<u8>,
    pub(crate) transcript: Transcript,
    pub(crate) hasher: Hasher,
    pub(crate) status: Status,
}

/// What a step did, when it did not go on to the next instruction.
pub(crate) enum Stop {
    Exit(ExitReason),
    Pause,
}

impl From<ExitReason> for Stop {
    fn from(reason: ExitReason) -> Self {
        Self::Exit(reason)
    }
}

impl<'p> Machine<'p> {
    /// A machine in its pristine state: SPEC section 2.
    ///
    /// # Errors
    /// [`LayoutError`] when image, memory limit and input do not fit together.
    pub fn new(program: &'p Program, config: RunConfig) -> Result<Self, LayoutError> {
        let layout = Layout::new(program.image().header(), config.memory_limit, config.input.len())?;
        let memory = AddressSpace::new(program.image(), &layout, &config.input);
        let mut regs = [0; reg::COUNT];
        regs[reg::SP as usize] = layout.heap_end;
        regs[reg::A0 as usize] = layout.input_start;
        regs[reg::A1 as usize] = layout.input_len;
        Ok(Self {
            program,
            layout,
            regs,
            pc: program.image().entry(),
            gas: 0,
            retired: 0,
            memory,
            journal: Vec::new(),
            transcript: Transcript::default(),
            hasher: Hasher::default(),
            status: Status::Running,
            config,
        })
    }

    /// Runs until the program ends. A paused run goes on; a run that has ended keeps its ending.
    ///
    /// A host that pauses makes this ask again at once: use [`Self::run_steps`] with such a host.
    pub fn run(&mut self, host: &mut impl Host) -> Exit {
        self.run_traced(host, &mut NoTrace)
    }

    /// [`Self::run`], with every step told to `tracer`.
    pub fn run_traced(&mut self, host: &mut impl Host, tracer: &mut impl Tracer) -> Exit {
        loop {
            if let Status::Exited(exit) = self.run_steps(u64::MAX, host, tracer) {
                return exit;
            }
        }
    }

    /// Runs for at most `steps` instructions, until the program ends or the host pauses.
    pub fn run_steps(&mut self, steps: u64, host: &mut impl Host, tracer: &mut impl Tracer) -> Status {
        if let Status::Exited(_) = self.status {
            return self.status;
        }
        self.status = Status::Running;
        for _ in 0..steps {
            match self.step(host, tracer) {
                Ok(()) => {}
                Err(Stop::Pause) => {
                    self.status = Status::Paused;
                    break;
                }
                Err(Stop::Exit(reason)) => {
                    self.status = Status::Exited(Exit { reason, pc: self.pc });
                    break;
                }
            }
        }
        self.status
    }

    /// Charges `cost`, or ends the run: SPEC section 3.
    pub(crate) fn charge(&mut self, cost: u64) -> Result<(), Stop> {
        match self.gas.checked_add(cost) {
            Some(gas) if gas <= self.config.gas_limit => {
                self.gas = gas;
                Ok(())
            }
            _ => Err(ExitReason::OutOfGas.into()),
        }
    }

    fn step(&mut self, host: &mut impl Host, tracer: &mut impl Tracer) -> Result<(), Stop> {
        let pc = self.pc;
        let fetched = self.program.fetch(pc).ok_or(ExitReason::InstructionAccessFault)?;
        let table = self.config.gas_table;
        let Ok(Instruction { op, rd, rs1, rs2, imm }) = fetched else {
            self.charge(table.class(Class::System).into())?;
            return Err(ExitReason::IllegalInstruction.into());
        };
        if op == Op::Ecall {
            let result = self.ecall(host, tracer)?;
            self.regs[reg::A0 as usize] = result;
            self.pc = pc.wrapping_add(4);
            self.retired += 1;
            tracer.step(Step { pc, rd: result, mem: 0 });
            return Ok(());
        }
        // What a CSR read sees: the counter before its own cost.
        let gas_before = self.gas;
        self.charge(table.class(op.info().class).into())?;

        let (a, b) = (self.regs[rs1 as usize], self.regs[rs2 as usize]);
        let mut next = pc.wrapping_add(4);
        let mut mem = 0;
        let result = match op {
            Op::Lui => imm,
            Op::Auipc => pc.wrapping_add(imm),
            Op::Jal => {
                next = jump_target(pc.wrapping_add(imm))?;
                pc.wrapping_add(4)
            }
            Op::Jalr => {
                next = jump_target(a.wrapping_add(imm) & !1)?;
                pc.wrapping_add(4)
            }
            Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => {
                if branch_taken(op, a, b) {
                    next = jump_target(pc.wrapping_add(imm))?;
                }
                0
            }
            Op::Lb | Op::Lh | Op::Lw | Op::Lbu | Op::Lhu => {
                let address = a.wrapping_add(imm);
                if !address.is_multiple_of(access_size(op)) {
                    return Err(ExitReason::LoadAddressMisaligned(address).into());
                }
                mem = self.word(address).ok_or(ExitReason::LoadAccessFault(address))?;
                load_value(op, mem, address)
            }
            Op::Sb | Op::Sh | Op::Sw => {
                let address = a.wrapping_add(imm);
                if !address.is_multiple_of(access_size(op)) {
                    return Err(ExitReason::StoreAddressMisaligned(address).into());
                }
                let old = self.word(address).ok_or(ExitReason::StoreAccessFault(address))?;
                let new = store_word(op, old, address, b);
                self.memory
                    .store(address & !3, new.to_le_bytes())
                    .ok_or(ExitReason::StoreAccessFault(address))?;
                mem = old;
                0
            }
            Op::Csrrs | Op::Csrrc | Op::Csrrsi | Op::Csrrci => match imm {
                csr::CYCLE | csr::TIME => gas_before as u32,
                csr::CYCLEH | csr::TIMEH => (gas_before >> 32) as u32,
                csr::INSTRET => self.retired as u32,
                _ => (self.retired >> 32) as u32,
            },
            Op::Fence | Op::FenceI => 0,
            Op::Ebreak => return Err(ExitReason::Breakpoint.into()),
            _ => compute(op, a, if op.info().format.has_rs2() { b } else { imm }),
        };
        if rd != reg::ZERO {
            self.regs[rd as usize] = result;
        }
        self.pc = next;
        self.retired += 1;
        tracer.step(Step { pc, rd: if rd == reg::ZERO { 0 } else { result }, mem });
        Ok(())
    }

    /// The aligned word around `address`, if it can be read.
    pub(crate) fn word(&self, address: u32) -> Option<u32> {
        self.memory.load(address & !3).map(u32::from_le_bytes)
    }

    /// The program.
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// The run's parameters.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// Where the run's memory lies.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The registers, x0 first.
    pub fn registers(&self) -> &[u32; reg::COUNT] {
        &self.regs
    }

    /// Address of the next instruction, or of the one that ended the run.
    pub fn pc(&self) -> u32 {
        self.pc
    }

    /// Gas used so far.
    pub fn gas_used(&self) -> u64 {
        self.gas
    }

    /// Instructions retired so far.
    pub fn instructions(&self) -> u64 {
        self.retired
    }

    /// The memory.
    pub fn memory(&self) -> &AddressSpace {
        &self.memory
    }

    /// The journal so far.
    pub fn journal(&self) -> &[u8] {
        &self.journal
    }

    /// The host transcript so far.
    pub fn transcript(&self) -> Transcript {
        self.transcript
    }

    /// Whether the run goes on, waits or has ended.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Permission at an address, code pages included.
    pub fn perm(&self, address: u32) -> Perm {
        self.memory.perm(address)
    }

    /// Number and the first four arguments of an ecall at this point: t0, a0..a3.
    pub(crate) fn ecall_arguments(&self) -> (u32, [u32; 4]) {
        let r = |i: u8| self.regs[i as usize];
        (r(reg::T0), [r(reg::A0), r(reg::A1), r(reg::A2), r(reg::A3)])
    }
}

fn jump_target(target: u32) -> Result<u32, ExitReason> {
    if target.is_multiple_of(4) { Ok(target) } else { Err(ExitReason::InstructionAddressMisaligned(target)) }
}
