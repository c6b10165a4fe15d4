//! What a Rust guest needs: start-up code, the three ecalls of SPEC section 4, and a panic handler.
#![no_std]

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};

// The same `_start` as the C programs have.
global_asm!(include_str!("../../crt0.s"));

const ECALL_READ: u32 = 63;
const ECALL_WRITE: u32 = 64;
const ECALL_EXIT: u32 = 93;

/// The exit code of a program that panicked.
const PANICKED: u32 = 101;

/// The number goes in t0 (RV32E has no a7), the arguments in a0.., the result comes back in a0.
///
/// # Safety
/// The arguments must describe memory that the call may read (`write`) or overwrite (`read`).
unsafe fn ecall(number: u32, arg0: u32, arg1: u32, arg2: u32) -> u32 {
    let result;
    // SAFETY: an ecall changes a0 and what its arguments point to, nothing else.
    unsafe {
        asm!("ecall", in("t0") number, inlateout("a0") arg0 => result, in("a1") arg1, in("a2") arg2,
            options(nostack));
    }
    result
}

/// Appends to the journal, the run's public output.
pub fn journal(bytes: &[u8]) {
    write(3, bytes);
}

/// Reads private input and returns how many bytes came; 0 means that there is no more.
pub fn read_private(buffer: &mut [u8]) -> usize {
    // SAFETY: the machine writes into `buffer` and nowhere else.
    unsafe { ecall(ECALL_READ, 0, buffer.as_mut_ptr() as u32, buffer.len() as u32) as usize }
}

/// Ends the run.
pub fn exit(code: u32) -> ! {
    // SAFETY: `exit` touches no memory, and does not come back.
    unsafe {
        ecall(ECALL_EXIT, code, 0, 0);
        core::hint::unreachable_unchecked()
    }
}

fn write(fd: u32, bytes: &[u8]) {
    // SAFETY: the machine reads `bytes` and nothing else.
    unsafe { ecall(ECALL_WRITE, fd, bytes.as_ptr() as u32, bytes.len() as u32) };
}

/// The host's console, for `write!`. The host sees it; the statement and its proof do not.
#[derive(Clone, Copy)]
pub enum Console {
    /// File descriptor 1.
    Out = 1,
    /// File descriptor 2.
    Error = 2,
}

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write(*self as u32, text.as_bytes());
        Ok(())
    }
}

/// Names the program's main function: `entry!(run)` with `fn run(input: &[u8]) -> u32`, which takes
/// the public input and returns the exit code.
#[macro_export]
macro_rules! entry {
    ($run:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn main(input: *const u8, length: usize) -> u32 {
            // SAFETY: crt0.s passes the input region, which is read-only for the whole run. An empty
            // region may have any address, null too, and a slice may not.
            let input = if length == 0 { &[] } else { unsafe { core::slice::from_raw_parts(input, length) } };
            $run(input)
        }
    };
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let _ = writeln!(Console::Error, "{info}");
    exit(PANICKED)
}
