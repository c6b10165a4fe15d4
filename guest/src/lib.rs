//! What a Rust program needs to run in the Ember machine.
//!
//! ```
//! #![cfg_attr(target_os = "none", no_std, no_main)]
//!
//! use ember_guest::{entry, io};
//!
//! entry!(main);
//!
//! fn main() {
//!     let sum: u32 = io::input().iter().map(|&b| u32::from(b)).sum();
//!     io::journal(&sum.to_le_bytes());
//! }
//! ```
//!
//! `ember build` compiles it for the machine; `docs/guide` goes through it step by step. The crate brings start-up code
//! and the linker script, a heap that grows to the run's memory limit (`alloc` works), a panic handler (message to the
//! error console, exit code 101), and:
//!
//! | | |
//! |---|---|
//! | [`entry!`] | names the program's main function |
//! | [`io`] | public input, private input, journal |
//! | [`print!`], [`println!`], [`eprint!`], [`eprintln!`] | the console |
//! | [`accel`] | hashing and arithmetic by the machine's accelerators |
//! | `random` | with the feature `getrandom`: what libraries get that ask for randomness |
//! | [`cycles`], [`instructions`] | the machine's counters |
//! | [`context()`] | what the statement says of the run |
//! | [`exit`] | ends the run |
//!
//! Everything also compiles for the host, where [`host`] stands in for the machine: a program's logic can be unit tested
//! and debugged natively.
#![no_std]
#![deny(missing_docs)]

extern crate alloc;
#[cfg(not(target_os = "none"))]
extern crate std;

#[cfg(feature = "accel")]
pub mod accel;
pub mod console;
mod context;
mod entry;
#[cfg(target_os = "none")]
mod heap;
#[cfg(not(target_os = "none"))]
pub mod host;
pub mod io;
#[cfg(target_os = "none")]
mod machine;
#[cfg(target_os = "none")]
mod panic;
#[cfg(feature = "getrandom")]
pub mod random;

/// The traits of [`accel`]'s hash functions: this version of the crate.
#[cfg(feature = "accel")]
pub use digest;
/// The encoding of values in [`io`]: this version of the crate.
#[cfg(feature = "serde")]
pub use postcard;

#[cfg(not(target_os = "none"))]
use host::calls;
#[cfg(target_os = "none")]
use machine as calls;

pub use context::{Context, context};
pub use entry::Termination;
#[cfg(target_os = "none")]
#[doc(hidden)]
pub use entry::start;

/// Gas used so far: the *virtual cycles* of the run, which say how hard it is to prove. Zero on the host.
pub fn cycles() -> u64 {
    calls::cycles()
}

/// Instructions executed so far. Zero on the host.
pub fn instructions() -> u64 {
    calls::instructions()
}

/// Ends the run with an exit code.
///
/// On the host it ends the process, or the run that [`host::run`] started.
pub fn exit(code: u32) -> ! {
    calls::exit(code)
}

/// An ecall: number in t0, arguments in a0 to a3, result in a0. For the embedding's own calls, 0x2000 and above, whose
/// meaning the embedding defines; everything else has a function in this crate.
///
/// # Safety
/// The arguments must describe memory that the call may read or overwrite.
#[cfg(target_os = "none")]
pub unsafe fn ecall(number: u32, arguments: [u32; 4]) -> u32 {
    // SAFETY: the caller's.
    unsafe { machine::ecall(number, arguments) }
}
