//! Execution traces: what an interpreter and a prover share of a run.
//!
//! - [`Execution`]: a finished run in memory, with all that a prover needs.
//! - [`Writer`] and [`Reader`]: the same as a file, as a stream in bounded memory. The format is in the crate's README.
//! - [`Replay`]: checks a trace against the machine's rules, without the interpreter.
//! - [`diff()`]: the first step at which two traces part.
//!
//! ```
//! use ember_trace::{Execution, Limits, Reader};
//! use ember_vm::{NoHost, Program, RunConfig};
//! # use ember_memory::{Image, Part, Perm};
//! # let code = [0x0070_0513u32, 0x05d0_0293, 0x0000_0073].map(u32::to_le_bytes).concat();
//! # let part = Part { address: 0x1000, data: &code, mem_len: 12, perm: Perm::EXECUTE };
//! # let image = Image::from_parts(0x1000, &[part])?;
//! let program = Program::new(image); // or Program::load(elf_bytes)?
//! let run = Execution::record(&program, RunConfig::default(), &mut NoHost, Limits::steps(1000))?;
//! ember_trace::replay(&run)?;
//!
//! let mut file = Vec::new();
//! run.write_to(&mut file)?;
//! let mut reader = Reader::new(&file[..])?;
//! for record in &mut reader {
//!     println!("{:?}", record?);
//! }
//! assert_eq!(reader.ending(), Some(&run.ending));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod codec;
mod diff;
mod execution;
mod format;
mod reader;
mod replay;
mod state;
mod writer;

pub use diff::{At, Comparison, Difference, Parameter, diff};
pub use execution::{Ending, Execution, Limits, Record, RecordError, Recorder};
pub use format::{MAGIC, VERSION};
pub use reader::{ReadError, Reader};
pub use replay::{Fault, Replay, ReplayError, ReplayFileError, replay, replay_file};
pub use writer::{WriteError, Writer};
