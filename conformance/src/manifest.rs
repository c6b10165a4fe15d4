//! Which tests are expected not to pass, and how they end instead.
//!
//! A TOML file:
//!
//! ```toml
//! [[expect]]
//! test = "rv32ui/ma_data"          # `*` stands for any characters
//! outcome = "trap"                 # fail, trap, timeout or unsupported
//! kind = "LoadAddressMisaligned"   # for trap, optional: the ending's name,
//! pc = 0x8000008c                  # the instruction's address,
//! value = 0x80002001               # and its number: faulting address, target, ecall or code
//! mode = "run"                     # optional: the entry counts in this mode and those that contain it
//! reason = "misaligned loads fault"
//! ```
//!
//! A test that the manifest does not name is expected to pass. A test expected as `unsupported` is not run; with a
//! mode, it must be run, must pass in the modes before, and must be refused as unsupported in this one.

use serde::Deserialize;

use crate::engine::Mode;
use crate::outcome::Outcome;

/// The manifest: the first entry that names a test counts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The entries.
    #[serde(default)]
    pub expect: Vec<Entry>,
}

/// One expectation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name of the test, or of several, by `*`.
    pub test: String,
    /// Kind of outcome.
    pub outcome: ExpectedKind,
    /// Name of the ending.
    pub kind: Option<String>,
    /// Address of the trapping instruction.
    pub pc: Option<u32>,
    /// Number that the ending carries.
    pub value: Option<u32>,
    /// Number of the failing test case.
    pub number: Option<u32>,
    /// The least mode in which the entry counts; in others the test is expected to pass.
    pub mode: Option<Mode>,
    /// Why this is right.
    pub reason: String,
}

/// Kinds of outcome that can be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpectedKind {
    /// [`Outcome::Fail`].
    Fail,
    /// [`Outcome::Trap`].
    Trap,
    /// [`Outcome::Timeout`].
    Timeout,
    /// [`Outcome::Unsupported`]: the test is not run.
    Unsupported,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with the text, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// The entry for a test in a mode.
    pub fn entry(&self, test: &str, mode: Mode) -> Option<&Entry> {
        self.expect.iter().find(|e| e.mode.is_none_or(|m| m <= mode) && matches(&e.test, test))
    }

    /// Adds another manifest's entries, after one's own.
    pub fn extend(&mut self, other: Self) {
        self.expect.extend(other.expect);
    }
}

impl Entry {
    /// Whether an outcome is the expected one.
    pub fn admits(&self, outcome: &Outcome) -> bool {
        match (self.outcome, outcome) {
            (ExpectedKind::Fail, Outcome::Fail { test, .. }) => self.number.is_none() || self.number == *test,
            (ExpectedKind::Trap, Outcome::Trap { kind, pc, value }) => {
                self.kind.as_ref().is_none_or(|k| k == kind)
                    && self.pc.is_none_or(|p| p == *pc)
                    && (self.value.is_none() || self.value == *value)
            }
            (ExpectedKind::Timeout, Outcome::Timeout { .. })
            | (ExpectedKind::Unsupported, Outcome::Unsupported { .. }) => true,
            _ => false,
        }
    }
}

/// Whether `name` is `pattern`, in which `*` stands for any characters.
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or("")) else { return false };
    let mut last = None;
    for part in parts {
        // Each middle part is taken at its first place; the last one must end the name.
        if let Some(middle) = last.replace(part) {
            match rest.split_once(middle) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |end| rest.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(matches("a/b", "a/b") && !matches("a/b", "a/bc") && !matches("a/b", "xa/b"));
        assert!(matches("a/*", "a/b") && matches("*", "") && matches("*/b", "a/b"));
        assert!(matches("a*c*e", "abcde") && !matches("a*c*e", "abcd") && !matches("a*aa", "aa"));
        assert!(matches("*x*", "axb") && !matches("*x*", "ab"));
    }

    #[test]
    fn entries() {
        let manifest = Manifest::parse(
            "[[expect]]\ntest = 't'\noutcome = 'trap'\nkind = 'LoadAccessFault'\npc = 0x8000_0000\nreason = 'r'",
        )
        .unwrap();
        let trap = |kind, pc| Outcome::Trap { kind, pc, value: Some(1) };
        let entry = manifest.entry("t", Mode::Run).unwrap();
        assert!(entry.admits(&trap("LoadAccessFault", 0x8000_0000)));
        assert!(!entry.admits(&trap("LoadAccessFault", 4)));
        assert!(!entry.admits(&trap("StoreAccessFault", 0x8000_0000)));
        assert!(!entry.admits(&Outcome::Pass));
        assert!(manifest.entry("u", Mode::Run).is_none());
        assert!(Manifest::parse("[[expect]]\ntest = 't'\noutcome = 'pass'\nreason = ''").is_err());
    }
}
