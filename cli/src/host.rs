//! What surrounds a run on the command line: private input from a file, console to the terminal.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read, Seek, Write};
use std::path::Path;

use anyhow::{Result, anyhow};
use ember_isa::ecall::FD_STDERR;
use ember_vm::Host;
use tempfile::SpooledTempFile;

use crate::args::open;

/// Private input as a stream, and the console. Output that nobody takes any more is dropped.
pub struct CommandLine {
    private: Option<BufReader<File>>,
    error: Option<io::Error>,
    /// Whether the console's standard output goes to stderr, because stdout has the report.
    to_stderr: bool,
    flush: bool,
}

impl CommandLine {
    /// With the private input of this file, if any.
    pub fn new(private: Option<&Path>, json: bool) -> Result<Self> {
        let private = private.map(open).transpose()?.map(BufReader::new);
        Ok(Self { private, error: None, to_stderr: json, flush: io::stdout().is_terminal() })
    }

    /// Flushes the console and reports an error of the private input.
    pub fn finish(self) -> Result<()> {
        let _ = io::stdout().flush();
        self.error.map_or(Ok(()), |e| Err(anyhow!("cannot read the private input: {e}")))
    }
}

impl Host for CommandLine {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        let Some(private) = &mut self.private else { return 0 };
        let (n, error) = fill(private, buf);
        if let Some(e) = error {
            self.error.get_or_insert(e);
            self.private = None;
        }
        n
    }

    fn write(&mut self, fd: u32, bytes: &[u8]) {
        let mut stdout = io::stdout();
        if fd == FD_STDERR || self.to_stderr {
            let _ = stdout.flush();
            let _ = io::stderr().write_all(bytes);
        } else {
            let _ = stdout.write_all(bytes);
            if self.flush {
                let _ = stdout.flush();
            }
        }
    }
}

/// Reads until the buffer is full or the source ends: what is read does not hang on how a file comes in pieces.
pub fn fill(source: &mut impl Read, buf: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut n = 0;
    while n < buf.len() {
        match source.read(&mut buf[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (n, Some(e)),
        }
    }
    (n, None)
}

/// Private input beyond this many bytes is kept in a temporary file.
const MAX_KEPT: usize = 16 << 20;

/// A command line whose private input is kept, so that the run can be repeated.
pub struct Kept<'a> {
    inner: &'a mut CommandLine,
    read: SpooledTempFile,
    error: Option<io::Error>,
}

impl<'a> Kept<'a> {
    /// Keeps what is read through `inner`.
    pub fn new(inner: &'a mut CommandLine) -> Self {
        Self { inner, read: SpooledTempFile::new(MAX_KEPT), error: None }
    }

    /// The surroundings of the same run, again.
    pub fn again(self) -> Result<Again> {
        self.error.map_or(Ok(()), Err).map_err(cannot_keep)?;
        let mut again = Again(self.read);
        again.rewind()?;
        Ok(again)
    }
}

fn cannot_keep(e: io::Error) -> anyhow::Error {
    anyhow!("cannot keep the private input: {e}")
}

impl Host for Kept<'_> {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        let n = self.inner.read(buf);
        if let Err(e) = self.read.write_all(&buf[..n]) {
            self.error.get_or_insert(e);
        }
        n
    }

    fn write(&mut self, fd: u32, bytes: &[u8]) {
        self.inner.write(fd, bytes);
    }
}

/// The surroundings of a run that is repeated: the same private input, and nobody who listens.
pub struct Again(SpooledTempFile);

impl Again {
    /// Back to the start of the run.
    pub fn rewind(&mut self) -> Result<()> {
        self.0.rewind().map_err(cannot_keep)
    }
}

impl Host for Again {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        // A read that fails makes another run, which the prover notices.
        fill(&mut self.0, buf).0
    }

    fn write(&mut self, _: u32, _: &[u8]) {}
}
