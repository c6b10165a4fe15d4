//! A run as the target of a debugger.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ops::Range;

use ember_isa::{Class, ExitReason};
use ember_memory::Perm;
use ember_vm::semantics::access_size;
use ember_vm::{Host, Machine, Status};
use gdbstub::common::Signal;
use gdbstub::outputln;
use gdbstub::stub::SingleThreadStopReason;
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::singlethread::{
    SingleThreadBase, SingleThreadRangeStepping, SingleThreadRangeSteppingOps, SingleThreadResume,
    SingleThreadResumeOps, SingleThreadSingleStep, SingleThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint, SwBreakpointOps, WatchKind,
};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::{Target, TargetError, TargetResult};

use super::arch::{Rv32e, Rv32eRegisters};
use crate::report::ClassCounter;

/// Instructions between two looks at the connection.
const SLICE: u64 = 1 << 16;

/// Longest range that a watchpoint may have: its bytes are compared after every instruction.
const MAX_WATCHED: u32 = 1 << 10;

/// Non-fatal error of the protocol for what a debugger must not change: EPERM.
const NOT_PERMITTED: u8 = 1;
/// Non-fatal error of the protocol for memory that is not there: EFAULT.
const BAD_ADDRESS: u8 = 14;

/// How far the run goes before the debugger has the word again.
enum Goal {
    /// To a breakpoint, a watchpoint or the end.
    Stop,
    /// One instruction.
    Step,
    /// As long as pc stays in the range.
    Leave(Range<u32>),
}

/// A watchpoint.
struct Watch {
    start: u32,
    len: u32,
    kind: WatchKind,
    /// The bytes, as they were last seen.
    bytes: Vec<u8>,
}

/// A run, and where it is to stop.
pub struct Debugged<'m, 'p, H> {
    machine: &'m mut Machine<'p>,
    host: &'m mut H,
    counter: &'m mut ClassCounter<'p>,
    breakpoints: BTreeSet<u32>,
    watches: Vec<Watch>,
    goal: Goal,
    /// Whether the debugger was told of the fault that ended the run.
    told: bool,
}

impl<'m, 'p, H: Host> Debugged<'m, 'p, H> {
    /// A run without breakpoints.
    pub fn new(machine: &'m mut Machine<'p>, host: &'m mut H, counter: &'m mut ClassCounter<'p>) -> Self {
        Self {
            machine,
            host,
            counter,
            breakpoints: BTreeSet::new(),
            watches: Vec::new(),
            goal: Goal::Stop,
            told: false,
        }
    }

    /// Runs for at most [`SLICE`] instructions; says why the run stops, if it does.
    pub fn advance(&mut self) -> Option<SingleThreadStopReason<u32>> {
        if matches!(self.goal, Goal::Stop) && self.breakpoints.is_empty() && self.watches.is_empty() {
            let status = self.machine.run_steps(SLICE, self.host, self.counter);
            return self.ended(status);
        }
        (0..SLICE).find_map(|_| self.step_one())
    }

    /// Executes one instruction; says why the run stops after it, if it does.
    fn step_one(&mut self) -> Option<SingleThreadStopReason<u32>> {
        let loaded = self.loads_from();
        let status = self.machine.run_steps_reference(1, self.host, self.counter);
        if let Some(end) = self.ended(status) {
            return Some(end);
        }
        let pc = self.machine.pc();
        if let Some((kind, addr)) = self.watched(loaded) {
            return Some(SingleThreadStopReason::Watch { tid: (), kind, addr });
        }
        if self.breakpoints.contains(&pc) {
            return Some(SingleThreadStopReason::SwBreak(()));
        }
        match &self.goal {
            Goal::Stop => None,
            Goal::Leave(range) if range.contains(&pc) => None,
            Goal::Step | Goal::Leave(_) => Some(SingleThreadStopReason::DoneStep),
        }
    }

    /// What the debugger hears of a run that has ended: of a fault first the signal, so that it can look around, then
    /// that the program is no more.
    fn ended(&mut self, status: Status) -> Option<SingleThreadStopReason<u32>> {
        let Status::Exited(exit) = status else { return None };
        Some(match (exit.reason, signal(exit.reason)) {
            // The protocol has eight bits.
            (ExitReason::Halt(code), _) => SingleThreadStopReason::Exited(code.try_into().unwrap_or(u8::MAX)),
            (_, signal) if self.told => SingleThreadStopReason::Terminated(signal),
            (_, signal) => {
                self.told = true;
                SingleThreadStopReason::Signal(signal)
            }
        })
    }

    /// Address and length of what the next instruction loads, if it is a load.
    fn loads_from(&self) -> Option<Range<u64>> {
        if self.watches.is_empty() {
            return None;
        }
        let instruction = self.machine.program().fetch(self.machine.pc())?.ok()?;
        if instruction.op.info().class != Class::Load {
            return None;
        }
        let base = self.machine.registers()[instruction.rs1 as usize];
        let start = u64::from(base.wrapping_add(instruction.imm));
        Some(start..start + u64::from(access_size(instruction.op)))
    }

    /// The watchpoint that the last instruction hit, if any, by a load from `loaded` or a change of its bytes.
    fn watched(&mut self, loaded: Option<Range<u64>>) -> Option<(WatchKind, u32)> {
        let mut hit = None;
        for watch in &mut self.watches {
            let mut bytes = vec![0; watch.len as usize];
            if self.machine.memory().read(watch.start, &mut bytes).is_none() {
                continue;
            }
            let changed = bytes != watch.bytes;
            let end = u64::from(watch.start) + u64::from(watch.len);
            let overlaps = |range: &Range<u64>| range.start < end && u64::from(watch.start) < range.end;
            let read = loaded.as_ref().is_some_and(overlaps);
            watch.bytes = bytes;
            if match watch.kind {
                WatchKind::Write => changed,
                WatchKind::Read => read,
                WatchKind::ReadWrite => changed || read,
            } {
                hit.get_or_insert((watch.kind, watch.start));
            }
        }
        hit
    }

    /// Copies what is mapped from `start` on, code too, and says how much that was.
    fn read(&self, start: u32, data: &mut [u8]) -> usize {
        let image = self.machine.program().image();
        let byte = |address: u32| match self.machine.perm(address) {
            Perm::EXECUTE => {
                let segment = image.segment_at(address)?;
                segment.data.get((address - segment.start()) as usize).copied()
            }
            _ => self.machine.memory().load(address).map(|[byte]| byte),
        };
        let mut n = 0;
        for (to, address) in data.iter_mut().zip(start..=u32::MAX) {
            let Some(byte) = byte(address) else { break };
            *to = byte;
            n += 1;
        }
        n
    }
}

/// The signal that stands for a fault.
fn signal(reason: ExitReason) -> Signal {
    match reason {
        ExitReason::IllegalInstruction => Signal::SIGILL,
        ExitReason::InstructionAddressMisaligned(_)
        | ExitReason::LoadAddressMisaligned(_)
        | ExitReason::StoreAddressMisaligned(_) => Signal::SIGBUS,
        ExitReason::InstructionAccessFault
        | ExitReason::LoadAccessFault(_)
        | ExitReason::StoreAccessFault(_) => Signal::SIGSEGV,
        ExitReason::Breakpoint => Signal::SIGTRAP,
        ExitReason::UnknownEcall(_) => Signal::SIGSYS,
        ExitReason::OutOfGas => Signal::SIGXCPU,
        ExitReason::HostAbort(_) | ExitReason::Halt(_) => Signal::SIGABRT,
    }
}

impl<H: Host> Target for Debugged<'_, '_, H> {
    type Arch = Rv32e;
    type Error = Infallible;

    fn base_ops(&mut self) -> BaseOps<'_, Rv32e, Infallible> {
        BaseOps::SingleThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }
}

impl<H: Host> SingleThreadBase for Debugged<'_, '_, H> {
    fn read_registers(&mut self, registers: &mut Rv32eRegisters) -> TargetResult<(), Self> {
        *registers = Rv32eRegisters { x: *self.machine.registers(), pc: self.machine.pc() };
        Ok(())
    }

    fn write_registers(&mut self, _: &Rv32eRegisters) -> TargetResult<(), Self> {
        Err(TargetError::Errno(NOT_PERMITTED))
    }

    fn read_addrs(&mut self, start: u32, data: &mut [u8]) -> TargetResult<usize, Self> {
        match self.read(start, data) {
            0 if !data.is_empty() => Err(TargetError::Errno(BAD_ADDRESS)),
            n => Ok(n),
        }
    }

    fn write_addrs(&mut self, _: u32, _: &[u8]) -> TargetResult<(), Self> {
        Err(TargetError::Errno(NOT_PERMITTED))
    }

    fn support_resume(&mut self) -> Option<SingleThreadResumeOps<'_, Self>> {
        Some(self)
    }
}

impl<H: Host> SingleThreadResume for Debugged<'_, '_, H> {
    /// Goes on; the program has no handlers of signals.
    fn resume(&mut self, _: Option<Signal>) -> Result<(), Infallible> {
        self.goal = Goal::Stop;
        Ok(())
    }

    fn support_single_step(&mut self) -> Option<SingleThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_range_step(&mut self) -> Option<SingleThreadRangeSteppingOps<'_, Self>> {
        Some(self)
    }
}

impl<H: Host> SingleThreadSingleStep for Debugged<'_, '_, H> {
    fn step(&mut self, _: Option<Signal>) -> Result<(), Infallible> {
        self.goal = Goal::Step;
        Ok(())
    }
}

impl<H: Host> SingleThreadRangeStepping for Debugged<'_, '_, H> {
    fn resume_range_step(&mut self, start: u32, end: u32) -> Result<(), Infallible> {
        self.goal = Goal::Leave(start..end);
        Ok(())
    }
}

impl<H: Host> Breakpoints for Debugged<'_, '_, H> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

/// Addresses at which the run stops: no code is written, as nothing can write it.
impl<H: Host> SwBreakpoint for Debugged<'_, '_, H> {
    fn add_sw_breakpoint(&mut self, address: u32, _: usize) -> TargetResult<bool, Self> {
        let is_code = address.is_multiple_of(4) && self.machine.program().fetch(address).is_some();
        if is_code {
            self.breakpoints.insert(address);
        }
        Ok(is_code)
    }

    fn remove_sw_breakpoint(&mut self, address: u32, _: usize) -> TargetResult<bool, Self> {
        Ok(self.breakpoints.remove(&address))
    }
}

/// Ranges that are compared after every instruction, so ecalls that write are noticed too; of reading, loads alone.
impl<H: Host> HwWatchpoint for Debugged<'_, '_, H> {
    fn add_hw_watchpoint(&mut self, start: u32, len: u32, kind: WatchKind) -> TargetResult<bool, Self> {
        if len == 0 || len > MAX_WATCHED {
            return Ok(false);
        }
        let mut bytes = vec![0; len as usize];
        if self.machine.memory().read(start, &mut bytes).is_none() {
            return Ok(false);
        }
        self.watches.push(Watch { start, len, kind, bytes });
        Ok(true)
    }

    fn remove_hw_watchpoint(&mut self, start: u32, len: u32, kind: WatchKind) -> TargetResult<bool, Self> {
        let at = self.watches.iter().position(|w| (w.start, w.len, w.kind) == (start, len, kind));
        Ok(at.map(|at| self.watches.remove(at)).is_some())
    }
}

impl<H: Host> MonitorCmd for Debugged<'_, '_, H> {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Infallible> {
        let machine = &self.machine;
        match command {
            b"gas" => {
                let (gas, limit) = (machine.gas_used(), machine.config().gas_limit);
                outputln!(out, "gas {gas} of {limit}, {} instructions", machine.instructions());
            }
            b"exit" => match machine.status() {
                Status::Exited(exit) => outputln!(out, "{exit}"),
                _ => outputln!(out, "the run has not ended"),
            },
            _ => outputln!(out, "commands: gas (used so far), exit (how the run ended)"),
        }
        Ok(())
    }
}
