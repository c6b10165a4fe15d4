//! What surrounds a run on the command line: private input from a file, console to the terminal.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read, Write};
use std::path::Path;

use anyhow::{Result, anyhow};
use ember_isa::ecall::FD_STDERR;
use ember_vm::Host;

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
        loop {
            match private.read(buf) {
                Ok(n) => return n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.error.get_or_insert(e);
                    self.private = None;
                    return 0;
                }
            }
        }
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
