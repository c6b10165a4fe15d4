//! Options that several commands share.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use ember_cli::gas_table;
use ember_isa::GasTable;
use ember_memory::MAX_INPUT_LEN;
use ember_vm::RunConfig;

use crate::files::Files;
use crate::output::OutputFile;

/// The path that stands for standard input.
pub const STDIN: &str = "-";

/// Public input, in one of several forms.
#[derive(clap::Args, Debug)]
#[group(id = "public-input", multiple = false)]
pub struct PublicInput {
    /// Public input: a file's bytes; `-` is standard input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Public input: bytes as hexadecimal digits
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    input_hex: Option<Hex>,
    /// Public input: 32-bit words, each as four bytes, the lowest first; such as 1000, -1, 0xffff
    #[arg(long, value_name = "N,...", value_parser = word, value_delimiter = ',', allow_hyphen_values = true)]
    input_u32: Option<Vec<u32>>,
    /// Public input: text, as UTF-8 without a line's end
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    input_text: Option<String>,
}

/// Private input, in one of several forms.
#[derive(clap::Args, Debug)]
#[group(id = "private-input", multiple = false)]
pub struct PrivateInput {
    /// Private input, which the program reads from file descriptor 0, and which a proof does not hide: a file's bytes; `-` is standard input
    #[arg(long, value_name = "FILE")]
    private: Option<PathBuf>,
    /// Private input: bytes as hexadecimal digits
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    private_hex: Option<Hex>,
    /// Private input: 32-bit words, each as four bytes, the lowest first
    #[arg(long, value_name = "N,...", value_parser = word, value_delimiter = ',', allow_hyphen_values = true)]
    private_u32: Option<Vec<u32>>,
    /// Private input: text, as UTF-8 without a line's end
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    private_text: Option<String>,
}

/// Bytes that were given as digits.
#[derive(Clone, Debug)]
pub struct Hex(Vec<u8>);

fn hexadecimal(text: &str) -> Result<Hex, String> {
    unhex(text).map(Hex).ok_or_else(|| "not an even number of hexadecimal digits".to_owned())
}

/// The bytes that hexadecimal digits stand for, two for each.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// Where an input comes from.
pub enum Source<'a> {
    /// A file, or standard input.
    File(&'a Path),
    /// The command line.
    Bytes(Vec<u8>),
}

fn source<'a>(
    file: Option<&'a Path>,
    hex: Option<&Hex>,
    words: Option<&[u32]>,
    text: Option<&str>,
) -> Option<Source<'a>> {
    let bytes = hex.map(|hex| hex.0.clone());
    let bytes = bytes.or_else(|| words.map(|words| words.iter().flat_map(|w| w.to_le_bytes()).collect()));
    let bytes = bytes.or_else(|| text.map(|text| text.as_bytes().to_vec()));
    file.map(Source::File).or(bytes.map(Source::Bytes))
}

impl PublicInput {
    /// The file that it is in, if it is in one.
    pub fn file(&self) -> Option<&Path> {
        self.input.as_deref()
    }

    /// Its bytes, if there are any.
    pub fn read(&self) -> Result<Option<Vec<u8>>> {
        let words = self.input_u32.as_deref();
        match source(self.file(), self.input_hex.as_ref(), words, self.input_text.as_deref()) {
            Some(Source::File(path)) => read_all(open_input(path)?, path, MAX_INPUT_LEN.into()).map(Some),
            Some(Source::Bytes(bytes)) => Ok(Some(bytes)),
            None => Ok(None),
        }
    }
}

impl PrivateInput {
    /// The file that it is in, if it is in one.
    pub fn file(&self) -> Option<&Path> {
        self.private.as_deref()
    }

    /// Where it comes from, if there is any.
    pub fn source(&self) -> Option<Source<'_>> {
        let words = self.private_u32.as_deref();
        source(self.file(), self.private_hex.as_ref(), words, self.private_text.as_deref())
    }
}

/// Parameters of a run that its statement names.
#[derive(clap::Args, Debug)]
pub struct Parameters {
    #[command(flatten)]
    pub input: PublicInput,
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
    #[command(flatten)]
    pub private: PrivateInput,
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

/// How many threads prove.
#[derive(clap::Args, Debug)]
pub struct Threads {
    /// Threads that the prover uses [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl Threads {
    /// Starts them: once in a process, before anything else needs them.
    pub fn start(&self) -> Result<()> {
        let threads = self.threads.map_or(0, NonZeroUsize::get);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build_global().context("cannot start the prover's threads")
    }
}

impl Parameters {
    /// The run's parameters, defaults filled in.
    pub fn config(&self) -> Result<RunConfig> {
        let default = RunConfig::default();
        Ok(RunConfig {
            gas_table: self.gas_table.as_deref().map_or(Ok(default.gas_table), read_gas_table)?,
            gas_limit: self.gas_limit.unwrap_or(default.gas_limit),
            memory_limit: self.memory_limit.unwrap_or(default.memory_limit),
            input: self.input.read()?.unwrap_or(default.input),
        })
    }
}

impl RunOptions {
    /// The files that a run of this program with these options reads and writes.
    ///
    /// # Errors
    /// Both inputs are to come from standard input.
    pub fn files(&self, elf: &Path) -> Result<Files> {
        let (input, private) = (self.parameters.input.file(), self.private.file());
        if input == Some(Path::new(STDIN)) && private == input {
            bail!("public and private input cannot both be standard input");
        }
        Ok(Files::default()
            .read("the program", Some(elf))
            .read("the public input", input)
            .read("the private input", private)
            .read("the gas table", self.parameters.gas_table.as_deref())
            .write("--journal", self.output.journal.as_deref()))
    }
}

impl Output {
    /// Begins the journal's file, if one is asked for: before the run, so that a bad path costs no run.
    pub fn create_journal(&self) -> Result<Option<OutputFile>> {
        self.journal.as_deref().map(OutputFile::create).transpose()
    }
}

/// Reads a file of at most `max` bytes.
pub fn read_file(path: &Path, max: u64) -> Result<Vec<u8>> {
    read_all(open(path)?, path, max)
}

fn read_all(file: File, path: &Path, max: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
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

/// Opens an input to read; `-` is standard input.
pub fn open_input(path: &Path) -> Result<File> {
    if path == Path::new(STDIN) {
        let stdin = std::io::stdin().as_fd().try_clone_to_owned();
        return stdin.map(File::from).context("cannot read standard input");
    }
    open(path)
}

/// Opens a file to read.
pub fn open(path: &Path) -> Result<File> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        bail!("cannot read {}: it is a folder", path.display());
    }
    Ok(file)
}

/// A number, with `_` anywhere after its first digit.
pub fn number(text: &str) -> Result<u64, String> {
    let digits: String =
        text.chars().enumerate().filter(|(i, c)| *i == 0 || *c != '_').map(|(_, c)| c).collect();
    digits.parse().map_err(|e: std::num::ParseIntError| e.to_string())
}

/// A 32-bit word: a number from -2^31 to 2^32 - 1, in hexadecimal after `0x`.
fn word(text: &str) -> Result<u32, String> {
    let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let value = match digits.strip_prefix("0x") {
        Some(digits) if !digits.starts_with('+') => {
            u64::from_str_radix(digits, 16).map_err(|e| e.to_string())?
        }
        _ => number(digits)?,
    };
    let most = if is_negative { 1 << 31 } else { u32::MAX.into() };
    let value = u32::try_from(value).ok().filter(|&value| u64::from(value) <= most);
    let value = value.ok_or("not a number of 32 bits")?;
    Ok(if is_negative { value.wrapping_neg() } else { value })
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
        for (text, value) in [("7", 7), ("1_000", 1000), ("-1", u32::MAX), ("-2147483648", 1 << 31)] {
            assert_eq!(word(text), Ok(value), "{text}");
        }
        assert_eq!((word("0xffff0000"), word("-0x1")), (Ok(0xffff_0000), Ok(u32::MAX)));
        for text in ["", "-", "0x", "4294967296", "-2147483649", "1.5", "0x+1", "--1", "99999999999999999999"]
        {
            assert!(word(text).is_err(), "{text}");
        }
        assert_eq!(
            (unhex("00fF"), unhex(""), unhex("0"), unhex("+1")),
            (Some(vec![0, 255]), Some(vec![]), None, None)
        );
        assert!(number("_1").is_err() && number("").is_err() && number("18446744073709551616").is_err());
    }
}
