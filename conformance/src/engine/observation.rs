//! What can be seen of a run, and how two engines' views differ.

use std::collections::BTreeMap;
use std::fmt;

use ember_isa::{Exit, reg};
use ember_memory::{AddressSpace, Digest, PAGE_SIZE};

/// Where a run stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The program ended.
    Exit(Exit),
    /// The program stored a nonzero word to `tohost`.
    ToHost {
        /// The word.
        value: u32,
        /// Address of the next instruction.
        pc: u32,
    },
    /// The job's step limit was reached.
    StepLimit {
        /// Address of the next instruction.
        pc: u32,
    },
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(exit) => exit.fmt(f),
            Self::ToHost { value, pc } => write!(f, "tohost = {value:#x} before pc {pc:#010x}"),
            Self::StepLimit { pc } => write!(f, "step limit at pc {pc:#010x}"),
        }
    }
}

/// Writable memory at the end of a run: its pages that are not all zero.
#[derive(Clone, PartialEq, Eq)]
pub struct FinalMemory(BTreeMap<u32, Box<[u8]>>);

impl FinalMemory {
    /// The writable memory of an address space.
    pub fn of(memory: &AddressSpace) -> Self {
        let page = PAGE_SIZE as usize;
        let pages = memory.writable().flat_map(|(start, bytes)| {
            let addresses = (start..).step_by(page);
            addresses.zip(bytes.chunks(page)).filter(|(_, p)| p.iter().any(|&b| b != 0))
        });
        Self(pages.map(|(address, bytes)| (address, bytes.into())).collect())
    }

    /// The byte at an address; zero where nothing is.
    pub fn byte(&self, address: u32) -> u8 {
        let page = address & !(PAGE_SIZE - 1);
        self.0.get(&page).map_or(0, |p| p[(address - page) as usize])
    }

    /// The little-endian word at an address; zero where nothing is.
    pub fn word(&self, address: u32) -> u32 {
        u32::from_le_bytes([0, 1, 2, 3].map(|i| self.byte(address.wrapping_add(i))))
    }

    /// Address of the first word that differs, if any.
    fn first_difference(&self, other: &Self) -> Option<u32> {
        let pages = self.0.keys().chain(other.0.keys()).filter(|&p| self.0.get(p) != other.0.get(p)).min()?;
        (*pages..).step_by(4).find(|&a| self.word(a) != other.word(a))
    }
}

impl fmt::Debug for FinalMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FinalMemory of {} pages", self.0.len())
    }
}

/// What an engine saw of a run. What an engine cannot see is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// How it ended.
    pub ending: Ending,
    /// Gas used.
    pub gas: u64,
    /// Instructions retired.
    pub instructions: u64,
    /// The registers at the end.
    pub registers: Option<[u32; reg::COUNT]>,
    /// The writable memory at the end.
    pub memory: Option<FinalMemory>,
    /// The journal.
    pub journal: Vec<u8>,
    /// Console output: file descriptor and bytes.
    pub console: Option<Vec<(u32, Vec<u8>)>>,
    /// Digest of the host transcript.
    pub transcript: Digest,
    /// Bytes of private input read.
    pub private_bytes: u64,
}

impl Observation {
    /// The first thing in which two observations of the same job differ, in words; `None` if they agree in all
    /// that both engines see.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.ending != other.ending {
            return Some(format!("{} against {}", self.ending, other.ending));
        }
        if self.instructions != other.instructions {
            return Some(format!("{} against {} instructions", self.instructions, other.instructions));
        }
        if self.gas != other.gas {
            return Some(format!("{} against {} gas", self.gas, other.gas));
        }
        if let (Some(a), Some(b)) = (&self.registers, &other.registers)
            && let Some(i) = (0..reg::COUNT).find(|&i| a[i] != b[i])
        {
            return Some(format!("{} = {:#010x} against {:#010x}", reg::NAMES[i], a[i], b[i]));
        }
        if self.journal != other.journal {
            return Some(bytes_differ("journal", &self.journal, &other.journal));
        }
        if self.transcript != other.transcript {
            return Some(format!("transcript {} against {}", self.transcript, other.transcript));
        }
        if self.private_bytes != other.private_bytes {
            return Some(format!("{} against {} private bytes", self.private_bytes, other.private_bytes));
        }
        if let (Some(a), Some(b)) = (&self.memory, &other.memory)
            && let Some(at) = a.first_difference(b)
        {
            return Some(format!("memory at {at:#010x}: {:#010x} against {:#010x}", a.word(at), b.word(at)));
        }
        match (&self.console, &other.console) {
            (Some(a), Some(b)) if a != b => Some("console outputs differ".to_owned()),
            _ => None,
        }
    }
}

/// Says where two byte strings that are not equal differ.
pub(crate) fn bytes_differ(what: &str, a: &[u8], b: &[u8]) -> String {
    match a.iter().zip(b).position(|(x, y)| x != y) {
        Some(i) => format!("{what} byte {i}: {:#04x} against {:#04x}", a[i], b[i]),
        None => format!("{what} of {} against {} bytes", a.len(), b.len()),
    }
}
