//! Tests as data: a program and all that its run must come to.

use ember_isa::{Exit, ExitReason, reg};
use ember_memory::Digest;

use crate::engine::{Ending, Observation, bytes_differ};
use crate::setup::Setup;

/// What a run must come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// How and where it ends.
    pub exit: Exit,
    /// Registers at the end: number and value. Those not named may have any value that the engines agree on.
    pub registers: Vec<(u8, u32)>,
    /// Gas used, where stated.
    pub gas: Option<u64>,
    /// Instructions retired, where stated.
    pub instructions: Option<u64>,
    /// The journal.
    pub journal: Vec<u8>,
    /// Aligned words of writable memory at the end: address and value.
    pub memory: Vec<(u32, u32)>,
    /// Console output: file descriptor and bytes.
    pub console: Vec<(u32, Vec<u8>)>,
    /// Digest of the host transcript, where stated.
    pub transcript: Option<Digest>,
    /// Bytes of private input read, where stated.
    pub private_bytes: Option<u64>,
}

impl Expect {
    /// The run ends so, with an empty journal, and nothing else is stated.
    pub fn new(reason: ExitReason, pc: u32) -> Self {
        Self {
            exit: Exit { reason, pc },
            registers: Vec::new(),
            gas: None,
            instructions: None,
            journal: Vec::new(),
            memory: Vec::new(),
            console: Vec::new(),
            transcript: None,
            private_bytes: None,
        }
    }

    /// What of this an observation does not meet, in words; `None` if it meets all.
    pub fn unmet(&self, seen: &Observation) -> Option<String> {
        if seen.ending != Ending::Exit(self.exit) {
            return Some(format!("{}, expected {}", seen.ending, self.exit));
        }
        if let Some(gas) = self.gas.filter(|&g| g != seen.gas) {
            return Some(format!("{} gas, expected {gas}", seen.gas));
        }
        if let Some(n) = self.instructions.filter(|&n| n != seen.instructions) {
            return Some(format!("{} instructions, expected {n}", seen.instructions));
        }
        for &(r, want) in &self.registers {
            if let Some(regs) = &seen.registers
                && regs[r as usize] != want
            {
                let name = reg::NAMES[r as usize];
                return Some(format!("{name} = {:#010x}, expected {want:#010x}", regs[r as usize]));
            }
        }
        if seen.journal != self.journal {
            return Some(bytes_differ("journal against the expected one,", &seen.journal, &self.journal));
        }
        for &(address, want) in &self.memory {
            if let Some(memory) = &seen.memory
                && memory.word(address) != want
            {
                let got = memory.word(address);
                return Some(format!("memory at {address:#010x}: {got:#010x}, expected {want:#010x}"));
            }
        }
        if seen.console.as_ref().is_some_and(|c| *c != self.console) {
            return Some("console output is not the expected one".to_owned());
        }
        if let Some(n) = self.private_bytes.filter(|&n| n != seen.private_bytes) {
            return Some(format!("{} private bytes, expected {n}", seen.private_bytes));
        }
        match self.transcript {
            Some(want) if want != seen.transcript => {
                Some(format!("transcript {}, expected {want}", seen.transcript))
            }
            _ => None,
        }
    }
}

/// A test as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// What the case is about: the row of the table that it counts in.
    pub group: &'static str,
    /// Name, unique in its group.
    pub name: String,
    /// Program, inputs, parameters.
    pub setup: Setup,
    /// What the run must come to.
    pub expect: Expect,
}

impl Case {
    /// A case; the rest of its expectation follows by the methods below.
    pub fn new(group: &'static str, name: impl Into<String>, setup: Setup, expect: Expect) -> Self {
        Self { group, name: name.into(), setup, expect }
    }

    /// States registers at the end.
    pub fn regs(mut self, registers: &[(u8, u32)]) -> Self {
        self.expect.registers.extend(registers);
        self
    }

    /// States that every register but those named is as it was at the start.
    pub fn only_regs(mut self, registers: &[(u8, u32)]) -> Self {
        let mut all = self.setup.initial_registers();
        for &(r, value) in registers {
            all[r as usize] = value;
        }
        self.expect.registers = (0..).zip(all).collect();
        self
    }

    /// States gas used and instructions retired.
    pub fn cost(mut self, gas: u64, instructions: u64) -> Self {
        self.expect.gas = Some(gas);
        self.expect.instructions = Some(instructions);
        self
    }

    /// States instructions retired.
    pub fn retires(mut self, instructions: u64) -> Self {
        self.expect.instructions = Some(instructions);
        self
    }

    /// States the number of bytes of private input that are read.
    pub fn private_bytes(mut self, bytes: u64) -> Self {
        self.expect.private_bytes = Some(bytes);
        self
    }

    /// States the journal.
    pub fn journal(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.expect.journal = bytes.into();
        self
    }

    /// States the journal as little-endian words.
    pub fn journal_words(self, words: &[u32]) -> Self {
        self.journal(words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>())
    }

    /// States words of memory at the end.
    pub fn memory(mut self, words: &[(u32, u32)]) -> Self {
        self.expect.memory.extend(words);
        self
    }
}
