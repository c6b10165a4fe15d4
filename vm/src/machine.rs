//! A run's state, and the reference interpreter: one instruction at a time, as SPEC reads.

use alloc::vec::Vec;

use ember_isa::{Class, Context, Exit, ExitReason, Instruction, Op, csr, reg};
use ember_memory::{AddressSpace, Layout, Perm};

use crate::semantics::{access_size, branch_taken, compute, load_value, store_word};
use crate::{ConfigError, Host, NoTrace, Program, RunConfig, Step, Tracer, Transcript};

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
    pub(crate) private_bytes: u64,
    /// What `context` writes, once the program has asked for it.
    pub(crate) context: Option<[u32; Context::WORDS]>,
    pub(crate) status: Status,
    pub(crate) own_stream: crate::fast::Own,
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
    /// [`ConfigError`] when the program cannot run under these parameters.
    pub fn new(program: &'p Program, config: RunConfig) -> Result<Self, ConfigError> {
        let layout = config.layout(program.image().header())?;
        let memory = AddressSpace::new(program.image(), &layout, &config.input)?;
        Ok(Self {
            program,
            regs: first_registers(&layout),
            layout,
            pc: program.image().entry(),
            gas: 0,
            retired: 0,
            memory,
            journal: Vec::new(),
            transcript: Transcript::default(),
            private_bytes: 0,
            context: None,
            status: Status::Running,
            own_stream: Default::default(),
            config,
        })
    }

    /// Makes this a machine in its pristine state for another run of the program, as [`Self::new`] does, and reuses
    /// its memory.
    ///
    /// # Errors
    /// [`ConfigError`] as for [`Self::new`]; the machine then is as it was.
    pub fn reset(&mut self, config: RunConfig) -> Result<(), ConfigError> {
        let layout = config.layout(self.program.image().header())?;
        self.memory.reset(self.program.image(), &layout, &config.input)?;
        self.regs = first_registers(&layout);
        self.layout = layout;
        self.pc = self.program.image().entry();
        (self.gas, self.retired) = (0, 0);
        self.journal.clear();
        self.transcript = Transcript::default();
        self.private_bytes = 0;
        self.context = None;
        self.status = Status::Running;
        self.config = config;
        Ok(())
    }

    /// Runs until the program ends. A paused run goes on; a run that has ended keeps its ending.
    ///
    /// A host that pauses makes this ask again at once: use [`Self::resume`] with such a host.
    pub fn run(&mut self, host: &mut impl Host) -> Exit {
        self.run_traced(host, &mut NoTrace)
    }

    /// Runs, from the start or from where a host call paused, until the program ends or the host pauses.
    pub fn resume(&mut self, host: &mut impl Host) -> Status {
        loop {
            let status = self.run_steps(u64::MAX, host, &mut NoTrace);
            if status != Status::Running {
                return status;
            }
        }
    }

    /// [`Self::run`], with every step told to `tracer`.
    pub fn run_traced(&mut self, host: &mut impl Host, tracer: &mut impl Tracer) -> Exit {
        loop {
            if let Status::Exited(exit) = self.run_steps(u64::MAX, host, tracer) {
                return exit;
            }
        }
    }

    /// Runs for at most `steps` instructions, until the program ends, the host pauses, or the tracer is full.
    pub fn run_steps(&mut self, steps: u64, host: &mut impl Host, tracer: &mut impl Tracer) -> Status {
        if let Status::Exited(_) = self.status {
            return self.status;
        }
        self.status = Status::Running;
        if cfg!(mutants) {
            // Seeded bugs are in the reference interpreter.
            return self.run_steps_reference(steps, host, tracer);
        }
        crate::fast::run(self, steps, host, tracer)
    }

    /// [`Self::run`] by the reference interpreter: one instruction at a time, as SPEC reads. The same results,
    /// slower: an oracle for tests.
    pub fn run_reference(&mut self, host: &mut impl Host) -> Exit {
        loop {
            if let Status::Exited(exit) = self.run_steps_reference(u64::MAX, host, &mut NoTrace) {
                return exit;
            }
        }
    }

    /// [`Self::run_steps`] by the reference interpreter.
    pub fn run_steps_reference(
        &mut self,
        steps: u64,
        host: &mut impl Host,
        tracer: &mut impl Tracer,
    ) -> Status {
        if let Status::Exited(_) = self.status {
            return self.status;
        }
        self.status = Status::Running;
        for _ in 0..steps {
            match self.step(host, tracer) {
                Ok(()) if tracer.is_full() => break,
                Ok(()) => {}
                Err(Stop::Pause) => {
                    self.status = Status::Paused;
                    break;
                }
                Err(Stop::Exit(reason)) => {
                    self.status = {
                        let pc = seeded!(self.pc, ExitNamesNextPc => self.pc.wrapping_add(4));
                        Status::Exited(Exit { reason, pc })
                    };
                    break;
                }
            }
        }
        self.status
    }

    /// Charges `cost`, or ends the run: SPEC section 3.
    pub(crate) fn charge(&mut self, cost: u64) -> Result<(), Stop> {
        let limit = seeded!(
            self.config.gas_limit,
            GasLimitIsExclusive => self.config.gas_limit.saturating_sub(1),
            GasLimitIsLoose => self.config.gas_limit.saturating_add(1),
        );
        match self.gas.checked_add(cost) {
            Some(gas) if gas <= limit => {
                self.gas = gas;
                Ok(())
            }
            _ => {
                bug!(OutOfGasIsCharged => self.gas = self.gas.wrapping_add(cost));
                Err(ExitReason::OutOfGas.into())
            }
        }
    }

    pub(crate) fn step(&mut self, host: &mut impl Host, tracer: &mut impl Tracer) -> Result<(), Stop> {
        let pc = self.pc;
        let table = self.config.gas_table;
        let Some(fetched) = self.program.fetch(pc) else {
            bug!(FetchFaultIsCharged => self.charge(table.class(Class::System).into())?);
            let reason = ExitReason::InstructionAccessFault;
            return Err(seeded!(reason, EndOfCodeIsSuccess => ExitReason::Halt(0)).into());
        };
        #[cfg(mutants)]
        let fetched = crate::mutants::fetched(fetched);
        let Ok(Instruction { op, rd, rs1, rs2, imm }) = fetched else {
            let cost = seeded!(table.class(Class::System), IllegalIsFree => 0);
            self.charge(cost.into())?;
            return Err(ExitReason::IllegalInstruction.into());
        };
        if op == Op::Ecall {
            let result = self.ecall(host, tracer)?;
            self.regs[reg::A0 as usize] = result;
            self.pc = pc.wrapping_add(4);
            self.retired += seeded!(1, EcallDoesNotRetire => 0);
            tracer.step(Step { pc, rd: result, mem: 0 });
            return Ok(());
        }
        // What a CSR read sees: the counter before its own cost.
        let gas_before = self.gas;
        #[cfg(not(mutants))]
        let class = op.info().class;
        #[cfg(mutants)]
        let class = crate::mutants::class(op);
        self.charge(table.class(class).into())?;

        let (a, b) = (self.regs[rs1 as usize], self.regs[rs2 as usize]);
        let mut next = pc.wrapping_add(4);
        let mut mem = 0;
        let link = seeded!(next, LinkIsItself => pc);
        bug!(LinkBeforeFault => if class == Class::Jump && rd != 0 { self.regs[rd as usize] = link });
        let result = match op {
            Op::Lui => imm,
            Op::Auipc => seeded!(pc, AuipcAddsToNext => next).wrapping_add(imm),
            Op::Jal => {
                next = jump_target(pc.wrapping_add(imm))?;
                link
            }
            Op::Jalr => {
                let base = seeded!(a, JalrReadsItsLink => if rd == rs1 && rd != 0 { link } else { a });
                let cleared = seeded!(1, JalrKeepsBit0 => 0, JalrClearsTwoBits => 3);
                next = jump_target(base.wrapping_add(imm) & !cleared)?;
                link
            }
            Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => {
                if branch_taken(op, a, b) {
                    next = jump_target(pc.wrapping_add(imm))?;
                } else {
                    bug!(BranchNotTakenFaults => jump_target(pc.wrapping_add(imm)).map(|_| ())?);
                    bug!(BranchNotTakenIsFree => self.gas = gas_before);
                }
                0
            }
            Op::Lb | Op::Lh | Op::Lw | Op::Lbu | Op::Lhu => {
                let address = a.wrapping_add(imm);
                mem = self.load(op, rd, address)?;
                load_value(op, mem, address)
            }
            Op::Sb | Op::Sh | Op::Sw => {
                let address = a.wrapping_add(imm);
                if !address.is_multiple_of(access_size(op)) {
                    return Err(ExitReason::StoreAddressMisaligned(address).into());
                }
                let fault = ExitReason::StoreAccessFault(address);
                let old = self.word(address).ok_or(fault)?;
                let new = store_word(op, old, address, b);
                let stored = self.memory.store(address & !3, new.to_le_bytes());
                seeded!(stored, StoreToConstantsIsIgnored => Some(())).ok_or(fault)?;
                mem = old;
                0
            }
            #[cfg(mutants)]
            Op::Csrrs | Op::Csrrc | Op::Csrrsi | Op::Csrrci
                if let Some(wrong) = crate::mutants::counter(imm, gas_before, self.gas, self.retired) =>
            {
                wrong
            }
            Op::Csrrs | Op::Csrrc | Op::Csrrsi | Op::Csrrci => match imm {
                csr::CYCLE | csr::TIME => gas_before as u32,
                csr::CYCLEH | csr::TIMEH => (gas_before >> 32) as u32,
                csr::INSTRET => self.retired as u32,
                _ => (self.retired >> 32) as u32,
            },
            Op::Fence | Op::FenceI => 0,
            Op::Ebreak => {
                bug!(EbreakRetires => self.retired += 1);
                return Err(ExitReason::Breakpoint.into());
            }
            _ => compute(op, a, if op.info().format.has_rs2() { b } else { imm }),
        };
        if seeded!(rd != reg::ZERO, X0IsWritten => true) {
            self.regs[rd as usize] = result;
        }
        self.pc = next;
        self.retired += 1;
        tracer.step(Step { pc, rd: if rd == reg::ZERO { 0 } else { result }, mem });
        Ok(())
    }

    /// The aligned word around the address of a load.
    fn load(&self, op: Op, _rd: u8, address: u32) -> Result<u32, ExitReason> {
        #[cfg(mutants)]
        if let Some(wrong) = crate::mutants::load(self, op, _rd, address) {
            return wrong;
        }
        if !address.is_multiple_of(access_size(op)) {
            return Err(ExitReason::LoadAddressMisaligned(address));
        }
        self.word(address).ok_or(ExitReason::LoadAccessFault(address))
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

    /// Bytes of private input that the program has read so far.
    pub fn private_bytes(&self) -> u64 {
        self.private_bytes
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

/// The registers at the start of a run: SPEC section 2.
fn first_registers(layout: &Layout) -> [u32; reg::COUNT] {
    let mut regs = [0; reg::COUNT];
    regs[reg::SP as usize] = seeded!(layout.heap_end, StackIsLow => layout.heap_end - 4);
    regs[reg::A0 as usize] = seeded!(layout.input_start, A0StartsZero => 0);
    regs[reg::A1 as usize] =
        seeded!(layout.input_len, InputLengthIsPadded => layout.input_end - layout.input_start);
    regs
}

fn jump_target(target: u32) -> Result<u32, ExitReason> {
    if target.is_multiple_of(seeded!(4, EvenTargetsAreFine => 2)) {
        return Ok(target);
    }
    Err(ExitReason::InstructionAddressMisaligned(seeded!(target, MisalignedTargetIsRounded => target & !3)))
}
