//! The machine's stand-in on the host: for unit tests of a program's logic, and for running it natively.
//!
//! In [`run`], input and output are those of the run. Outside of it they are the process's: the environment variables
//! `EMBER_INPUT`, `EMBER_PRIVATE` and `EMBER_JOURNAL` name files with the public input and the private input, and for
//! the journal; the console is stdout and stderr.

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::cell::RefCell;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe, UnwindSafe};
use std::{env, fs};

use crate::Termination;

/// What a run on the host did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Exit code: what [`crate::exit`] was called with, or that of what the function returned.
    pub exit_code: u32,
    /// The journal.
    pub journal: Vec<u8>,
    /// What was written to the console.
    pub console: Vec<u8>,
    /// What was written to the error console.
    pub errors: Vec<u8>,
}

struct State {
    input: &'static [u8],
    private: Vec<u8>,
    /// Bytes of the private input that have been read.
    read: usize,
    /// Where output goes; `None` for the process's own.
    output: Option<Output>,
}

std::thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// What [`crate::exit`] unwinds with inside [`run`].
struct Exit(u32);

/// Runs a main function on these inputs. A panic passes through.
///
/// The public input lives as long as the process, because on the machine it lives as long as the run.
pub fn run<T: Termination>(input: &[u8], private: &[u8], main: impl FnOnce() -> T + UnwindSafe) -> Output {
    let input: &'static [u8] = Box::leak(input.into());
    let state = State { input, private: private.into(), read: 0, output: Some(Output::default()) };
    let outer = STATE.replace(Some(state));
    let result = panic::catch_unwind(AssertUnwindSafe(|| main().exit_code()));
    let state = STATE.replace(outer);
    let mut output = state.and_then(|s| s.output).unwrap_or_default();
    output.exit_code = match result {
        Ok(code) => code,
        Err(payload) => match payload.downcast::<Exit>() {
            Ok(exit) => exit.0,
            Err(payload) => panic::resume_unwind(payload),
        },
    };
    output
}

impl State {
    /// The process's own inputs.
    fn of_process() -> Self {
        let file = |name: &str| {
            let path = env::var_os(name)?;
            Some(fs::read(&path).unwrap_or_else(|e| panic!("{name}={}: {e}", path.display())))
        };
        let input = file("EMBER_INPUT").unwrap_or_default();
        let private = file("EMBER_PRIVATE").unwrap_or_default();
        if let Some(path) = env::var_os("EMBER_JOURNAL") {
            fs::write(&path, b"").unwrap_or_else(|e| panic!("EMBER_JOURNAL={}: {e}", path.display()));
        }
        Self { input: Box::leak(input.into()), private, read: 0, output: None }
    }
}

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    STATE.with_borrow_mut(|state| f(state.get_or_insert_with(State::of_process)))
}

/// The calls that [`crate::machine`] makes on the machine.
pub(crate) mod calls {
    use super::*;

    pub fn input() -> &'static [u8] {
        with(|state| state.input)
    }

    pub fn read_private(buffer: &mut [u8]) -> usize {
        with(|state| {
            let rest = &state.private[state.read..];
            let n = rest.len().min(buffer.len());
            buffer[..n].copy_from_slice(&rest[..n]);
            state.read += n;
            n
        })
    }

    pub fn write(fd: u32, bytes: &[u8]) {
        with(|state| match (&mut state.output, fd) {
            (Some(output), 1) => output.console.extend(bytes),
            (Some(output), 2) => output.errors.extend(bytes),
            (Some(output), _) => output.journal.extend(bytes),
            // A console that nobody reads any more is no error.
            (None, 1) => drop(std::io::stdout().write_all(bytes)),
            (None, 2) => drop(std::io::stderr().write_all(bytes)),
            (None, _) => {
                let Some(path) = env::var_os("EMBER_JOURNAL") else { return };
                let file = fs::OpenOptions::new().append(true).open(&path);
                file.and_then(|mut f| f.write_all(bytes))
                    .unwrap_or_else(|e| panic!("EMBER_JOURNAL={}: {e}", path.display()));
            }
        });
    }

    pub fn exit(code: u32) -> ! {
        if with(|state| state.output.is_some()) {
            panic::resume_unwind(Box::new(Exit(code)))
        }
        std::process::exit(code as i32)
    }

    pub fn cycles() -> u64 {
        0
    }

    pub fn instructions() -> u64 {
        0
    }
}
