//! What surrounds a run on the command line: private input from a file, console to the terminal.

use std::borrow::Cow;
use std::io::{self, BufReader, Cursor, IsTerminal, Read, Seek, Write};

use anyhow::{Result, anyhow};
use ember_isa::ecall::FD_STDERR;
use ember_vm::Host;
use tempfile::SpooledTempFile;

use crate::args::{PrivateInput, Source, open_input};
use crate::text::Console;

/// Private input as a stream, and the console. What a program writes to a terminal is escaped there: a terminal obeys
/// what it is sent, and nobody vouches for the program. Output that nobody takes any more is dropped.
pub struct CommandLine {
    private: Option<Box<dyn Read>>,
    error: Option<anyhow::Error>,
    /// Whether the console's standard output goes to stderr, because stdout has the report.
    to_stderr: bool,
    /// What comes before an escape at each stream, where it is a terminal.
    stdout: Option<Console>,
    stderr: Option<Console>,
}

impl CommandLine {
    /// With this private input, if any.
    pub fn new(private: &PrivateInput, json: bool) -> Result<Self> {
        let private: Option<Box<dyn Read>> = match private.source() {
            Some(Source::File(path)) => Some(Box::new(BufReader::new(open_input(path)?))),
            Some(Source::Bytes(bytes)) => Some(Box::new(Cursor::new(bytes))),
            None => None,
        };
        Ok(Self {
            private,
            error: None,
            to_stderr: json,
            stdout: io::stdout().is_terminal().then(Console::default),
            stderr: io::stderr().is_terminal().then(Console::default),
        })
    }

    /// Flushes the console and reports what went wrong with it or with the private input.
    pub fn finish(mut self) -> Result<()> {
        let flushed = io::stdout().flush();
        self.written("stdout", flushed);
        self.error.map_or(Ok(()), Err)
    }

    fn written(&mut self, stream: &str, result: io::Result<()>) {
        if let Err(e) = result
            && e.kind() != io::ErrorKind::BrokenPipe
        {
            self.error.get_or_insert(anyhow!("cannot write the program's output to {stream}: {e}"));
        }
    }
}

impl Host for CommandLine {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        let Some(private) = &mut self.private else { return 0 };
        let (n, error) = fill(private, buf);
        if let Some(e) = error {
            self.error.get_or_insert(anyhow!("cannot read the private input: {e}"));
            self.private = None;
        }
        n
    }

    fn write(&mut self, fd: u32, bytes: &[u8]) {
        let shown = |console: &mut Option<Console>| match console {
            Some(console) => Cow::Owned(console.push(bytes).into_bytes()),
            None => Cow::Borrowed(bytes),
        };
        let mut stdout = io::stdout();
        if fd == FD_STDERR || self.to_stderr {
            let flushed = stdout.flush();
            self.written("stdout", flushed);
            let written = io::stderr().write_all(&shown(&mut self.stderr));
            self.written("stderr", written);
        } else {
            let is_terminal = self.stdout.is_some();
            let written = stdout.write_all(&shown(&mut self.stdout));
            self.written("stdout", written.and_then(|()| if is_terminal { stdout.flush() } else { Ok(()) }));
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
