//! Options that several commands share.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use ember_cli::gas_table;
use ember_isa::GasTable;
use ember_memory::MAX_INPUT_LEN;
use ember_vm::RunConfig;

/// Parameters of a run that its statement names.
#[derive(clap::Args, Debug)]
pub struct Parameters {
    /// Public input
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Gas table, TOML or JSON; a cost that it leaves out is the default table's
    #[arg(long, value_name = "FILE")]
    pub gas_table: Option<PathBuf>,
    /// Most gas that the run may use [default: 4294967296]
    #[arg(long, value_name = "N", value_parser = number)]
    pub gas_limit: Option<u64>,
    /// Bytes of writable memory, a multiple of 4096; K, M and G stand for KiB, MiB and GiB [default: 1M]
    #[arg(long, value_name = "BYTES", value_parser = size)]
    pub memory_limit: Option<u32>,
}

/// Parameters of a run, its private input, and where its journal goes.
#[derive(clap::Args, Debug)]
pub struct RunOptions {
    #[command(flatten)]
    pub parameters: Parameters,
    /// Private input: what the program reads from file descriptor 0. A proof does not hide it
    #[arg(long, value_name = "FILE")]
    pub private: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
}

/// Where results go.
#[derive(clap::Args, Debug)]
pub struct Output {
    /// Write the journal, the public output, to a file
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Report as one JSON object on stdout; the program's own output then goes to stderr
    #[arg(long)]
    pub json: bool,
}

impl Parameters {
    /// The run's parameters, defaults filled in.
    pub fn config(&self) -> Result<RunConfig> {
        let default = RunConfig::default();
        Ok(RunConfig {
            gas_table: self.gas_table.as_deref().map_or(Ok(default.gas_table), read_gas_table)?,
            gas_limit: self.gas_limit.unwrap_or(default.gas_limit),
            memory_limit: self.memory_limit.unwrap_or(default.memory_limit),
            input: self.input.as_deref().map_or(Ok(default.input), read_input)?,
        })
    }
}

impl Output {
    /// Creates the journal's file, if one is asked for: before the run, so that a bad path costs no run.
    pub fn create_journal(&self) -> Result<JournalFile> {
        let file = |path: &PathBuf| Ok::<_, anyhow::Error>((path.clone(), create(path)?));
        self.journal.as_ref().map(file).transpose().map(JournalFile)
    }
}

/// Where the journal goes.
pub struct JournalFile(Option<(PathBuf, File)>);

impl JournalFile {
    /// Writes the journal, if a file is asked for.
    pub fn write(self, journal: &[u8]) -> Result<()> {
        let Some((path, mut file)) = self.0 else { return Ok(()) };
        file.write_all(journal).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Reads a public input.
pub fn read_input(path: &Path) -> Result<Vec<u8>> {
    read_file(path, MAX_INPUT_LEN.into())
}

/// Reads a file of at most `max` bytes.
pub fn read_file(path: &Path, max: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?
        .take(max + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.len() as u64 > max {
        bail!("{} has more than {max} bytes", path.display());
    }
    Ok(bytes)
}

/// Reads a gas table's file.
pub fn read_gas_table(path: &Path) -> Result<GasTable> {
    let bytes = read_file(path, gas_table::MAX_LEN)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| anyhow!("not UTF-8"));
    let is_json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    text.and_then(|text| gas_table::parse(text, is_json))
        .with_context(|| format!("gas table {}", path.display()))
}

/// Opens a file to read.
pub fn open(path: &Path) -> Result<File> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        bail!("cannot read {}: it is a folder", path.display());
    }
    Ok(file)
}

/// Creates or replaces a file.
pub fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

/// A number, with `_` anywhere after its first digit.
pub fn number(text: &str) -> Result<u64, String> {
    let digits: String =
        text.chars().enumerate().filter(|(i, c)| *i == 0 || *c != '_').map(|(_, c)| c).collect();
    digits.parse().map_err(|e: std::num::ParseIntError| e.to_string())
}

/// A number of bytes below 4 GiB, with K, M or G after it for KiB, MiB and GiB.
pub fn size(text: &str) -> Result<u32, String> {
    u32::try_from(long_size(text)?).map_err(|_| "too large".to_owned())
}

/// A number of bytes, with K, M or G after it for KiB, MiB and GiB.
pub fn long_size(text: &str) -> Result<u64, String> {
    let upper = text.to_ascii_uppercase();
    let upper = upper.strip_suffix("IB").filter(|s| s.ends_with(['K', 'M', 'G'])).unwrap_or(&upper);
    let shift = match upper.chars().last() {
        Some('K') => 10,
        Some('M') => 20,
        Some('G') => 30,
        _ => 0,
    };
    let digits = if shift == 0 { upper } else { &upper[..upper.len() - 1] };
    Ok(number(digits)?.checked_mul(1 << shift).ok_or("too large")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("4096", 4096),
            ("64K", 65536),
            ("64k", 65536),
            ("1M", 1 << 20),
            ("2MiB", 2 << 20),
            ("1G", 1 << 30),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "K", "4G", "1T", "-1", "1.5M", "iB", "1 K", "99999999999G", "é"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert_eq!(number("1_000_000"), Ok(1_000_000));
        assert!(number("_1").is_err() && number("").is_err() && number("18446744073709551616").is_err());
    }
}
