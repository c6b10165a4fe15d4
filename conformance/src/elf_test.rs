//! Tests that are ELF files, and the protocols by which such files say whether they passed.

use std::fs;
use std::path::PathBuf;

use ember_isa::{Exit, ExitReason, decode};
use ember_memory::{ElfError, Image, ImageError, Perm, Symbols};
use ember_vm::{Program, RunConfig};

use crate::elf::{Adapt, clear_compressed};
use crate::engine::{Ending, Observation};
use crate::outcome::Outcome;

/// How a file says whether it passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Protocol {
    /// Whatever the file offers: it ends by `exit` or by a store to `tohost`, whichever comes first, and if
    /// there is a reference signature, its signature must be that.
    #[default]
    Auto,
    /// `exit(0)` passes; `exit(n)` fails in test case `n >> 1`.
    Exit,
    /// A store of 1 to the word at the symbol `tohost` passes; of another odd number `n` fails in `n >> 1`.
    Tohost,
    /// As `auto`, and there must be a reference signature.
    Signature,
}

/// An ELF file, and how to run it.
#[derive(Clone, Debug)]
pub struct ElfTest {
    /// The file.
    pub path: PathBuf,
    /// The file with the expected signature, if there is one.
    pub reference: Option<PathBuf>,
    /// How it says whether it passed.
    pub protocol: Protocol,
    /// What is changed in memory before it is loaded.
    pub adapt: Adapt,
    /// Parameters of the run.
    pub config: RunConfig,
}

/// A loaded file.
pub struct LoadedElf {
    /// The program.
    pub program: Program,
    /// Address of `tohost`, where the protocol looks at it.
    pub tohost: Option<u32>,
    signature: Option<Signature>,
    /// Whether the file says that it may hold compressed instructions.
    compressed: bool,
    /// Whether the file was built for RV32I.
    rv32i: bool,
}

/// The range of a signature and what it should be.
struct Signature {
    begin: u32,
    end: u32,
    want: String,
}

/// Most bytes of a signature.
const MAX_SIGNATURE: u32 = 1 << 24;

impl ElfTest {
    /// Loads the file.
    ///
    /// # Errors
    /// Why the file cannot be run.
    pub fn load(&self) -> Result<LoadedElf, String> {
        let mut bytes = fs::read(&self.path).map_err(|e| format!("{}: {e}", self.path.display()))?;
        let compressed = clear_compressed(&mut bytes);
        let rv32i = self.adapt.apply(&mut bytes).flag;
        let image = Image::from_elf(&bytes).map_err(|e| match e {
            ImageError::Elf(ElfError::NotRve(_)) => format!("{e}, or use --adapt-rv32i"),
            e => e.to_string(),
        })?;
        let symbols = Symbols::of_elf(&bytes).unwrap_or_default();
        let symbol =
            |name: &str| symbols.all().iter().find(|s| symbols.name(s) == name.as_bytes()).map(|s| s.address);
        let tohost = match self.protocol {
            Protocol::Exit => None,
            Protocol::Tohost => Some(symbol("tohost").ok_or("the file has no symbol tohost")?),
            Protocol::Auto | Protocol::Signature => symbol("tohost"),
        };
        // A word that the program cannot write says nothing.
        let tohost = tohost.filter(|&a| {
            a.is_multiple_of(4) && image.segment_at(a).is_none_or(|s| s.perm == Perm::READ_WRITE)
        });
        let signature = match &self.reference {
            Some(path) if self.protocol != Protocol::Tohost => {
                let want = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
                let begin = symbol("begin_signature").ok_or("the file has no symbol begin_signature")?;
                let end = symbol("end_signature").ok_or("the file has no symbol end_signature")?;
                if begin > end || end - begin > MAX_SIGNATURE || !begin.is_multiple_of(4) {
                    return Err(format!("signature from {begin:#010x} to {end:#010x}"));
                }
                Some(Signature { begin, end, want })
            }
            None if self.protocol == Protocol::Signature => {
                return Err("there is no reference signature for the file".to_owned());
            }
            _ => None,
        };
        Ok(LoadedElf { program: Program::new(image), tohost, signature, compressed, rv32i })
    }
}

impl LoadedElf {
    /// The signature that a run left behind, one word a line; `None` where nothing compares it.
    pub fn signature(&self, seen: &Observation) -> Option<String> {
        let s = self.signature.as_ref()?;
        let memory = seen.memory.as_ref()?;
        let image = self.program.image();
        // What cannot be written is what the file has there.
        let constant = |a: u32| {
            let segment = image.segment_at(a).filter(|s| s.perm == Perm::READ)?;
            let at = (a - segment.start()) as usize;
            Some(u32::from_le_bytes(segment.data.get(at..at + 4)?.try_into().ok()?))
        };
        let word = |a: u32| constant(a).unwrap_or_else(|| memory.word(a));
        Some((s.begin..s.end).step_by(4).map(|a| format!("{:08x}\n", word(a))).collect())
    }

    /// Why a run that ended so says nothing about the machine: it needed what the file may and the machine does not
    /// have.
    fn beyond(&self, exit: Exit) -> Option<String> {
        let word = self.program.image().code_word(exit.pc)?;
        if exit.reason != ExitReason::IllegalInstruction {
            return None;
        }
        if self.compressed && word & 3 != 3 {
            return Some(format!("compressed instruction at {:#010x}", exit.pc));
        }
        // With the upper bits of its register fields clear (a CSR instruction has but one), it would be one.
        const HIGH: u32 = 1 << 11 | 1 << 19 | 1 << 24;
        let high = word & HIGH != 0 && [HIGH, 1 << 11].iter().any(|bits| decode(word & !bits).is_ok());
        (self.rv32i && high).then(|| format!("instruction {word:#010x} at {:#010x} uses x16..x31", exit.pc))
    }

    /// What became of the test, as the reference interpreter saw it.
    pub fn judge(&self, seen: &Observation) -> Outcome {
        let ended = match seen.ending {
            Ending::Exit(exit) => match exit.reason {
                ExitReason::Halt(0) => Outcome::Pass,
                ExitReason::Halt(code) => failed(code),
                _ => match self.beyond(exit) {
                    Some(reason) => Outcome::Unsupported { reason },
                    None => Outcome::trap(exit),
                },
            },
            Ending::ToHost { value: 1, .. } => Outcome::Pass,
            Ending::ToHost { value, .. } if value & 1 == 1 => failed(value),
            Ending::ToHost { value, .. } => Outcome::Unsupported {
                reason: format!("the program asks a device through tohost: {value:#x}"),
            },
            Ending::StepLimit { .. } => Outcome::Timeout { steps: seen.instructions },
        };
        match (&self.signature, self.signature(seen)) {
            (Some(s), Some(got)) if ended == Outcome::Pass => compare(&s.want, &got),
            _ => ended,
        }
    }
}

/// riscv-tests report the number of the failing test case, shifted, with the lowest bit set.
fn failed(code: u32) -> Outcome {
    let detail = if code & 1 == 1 { String::new() } else { format!("exit code {}", code as i32) };
    Outcome::Fail { test: Some(code >> 1), detail }
}

fn compare(want: &str, got: &str) -> Outcome {
    let mut wanted = want.lines().map(str::trim).filter(|l| !l.is_empty());
    let mut lines = got.lines();
    let mut n = 0;
    loop {
        match (wanted.next(), lines.next()) {
            (None, None) => return Outcome::Pass,
            (Some(w), Some(g)) if w.eq_ignore_ascii_case(g) => n += 1,
            (Some(w), Some(g)) => {
                return Outcome::fail(format!("signature word {n}: {g}, the reference has {w}"));
            }
            (Some(_), None) => return Outcome::fail(format!("signature ends after {n} words")),
            (None, Some(_)) => return Outcome::fail(format!("the reference ends after {n} words")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_compare_by_line() {
        assert_eq!(compare("DEADBEEF\n00000001\n\n", "deadbeef\n00000001\n"), Outcome::Pass);
        for (want, detail) in [
            ("deadbeef\n", "the reference ends after 1 words"),
            ("deadbeef\n00000001\n00000002", "signature ends after 2 words"),
            ("deadbeef\n00000002", "signature word 1: 00000001, the reference has 00000002"),
        ] {
            assert_eq!(compare(want, "deadbeef\n00000001\n"), Outcome::fail(detail));
        }
    }
}
