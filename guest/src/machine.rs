//! The machine's side of everything: ecalls and counters. SPEC sections 3 and 4.

use core::arch::{asm, global_asm};
use core::ptr;

global_asm!(include_str!("../start.s"));

const EXIT: u32 = 93;
const READ: u32 = 63;
const WRITE: u32 = 64;

/// The number goes in t0 (RV32E has no a7), the arguments in a0.., the result comes back in a0.
///
/// # Safety
/// The arguments must describe memory that the call may read or overwrite.
pub unsafe fn ecall(number: u32, [a0, a1, a2, a3]: [u32; 4]) -> u32 {
    let result;
    // SAFETY: an ecall changes a0 and what its arguments point to, nothing else.
    unsafe {
        asm!("ecall", in("t0") number, inlateout("a0") a0 => result, in("a1") a1, in("a2") a2, in("a3") a3,
            options(nostack));
    }
    result
}

pub fn read_private(buffer: &mut [u8]) -> usize {
    // SAFETY: the machine writes into `buffer` and nowhere else.
    unsafe { ecall(READ, [0, buffer.as_mut_ptr() as u32, buffer.len() as u32, 0]) as usize }
}

pub fn write(fd: u32, mut bytes: &[u8]) {
    // One call moves 1 MiB at most.
    while !bytes.is_empty() {
        // SAFETY: the machine reads `bytes` and nothing else.
        let n = unsafe { ecall(WRITE, [fd, bytes.as_ptr() as u32, bytes.len() as u32, 0]) };
        bytes = bytes.get(n as usize..).unwrap_or_default();
    }
}

pub fn exit(code: u32) -> ! {
    // SAFETY: `exit` touches no memory, and does not come back.
    unsafe {
        ecall(EXIT, [code, 0, 0, 0]);
        core::hint::unreachable_unchecked()
    }
}

/// Address and length of the public input.
static mut INPUT: (*const u8, usize) = (ptr::null(), 0);

/// # Safety
/// The region is what the machine passed at the start; called once, before anything else.
pub unsafe fn set_input(input: *const u8, length: usize) {
    // SAFETY: one hart, and nothing else writes the variable.
    unsafe { INPUT = (input, length) };
}

pub fn input() -> &'static [u8] {
    // SAFETY: one hart; nothing writes the variable after the start.
    let (input, length) = unsafe { INPUT };
    if length == 0 {
        // An empty region may have any address, null too, and a slice may not.
        return &[];
    }
    // SAFETY: the region is mapped read-only for the whole run.
    unsafe { core::slice::from_raw_parts(input, length) }
}

/// Reads a 64-bit counter, whose halves are two CSRs: again, if the low half wrapped in between.
macro_rules! counter {
    // As raw encodings of csrrs rd, csr, x0: the assembler has the counters' names only with Zicsr.
    ($low:literal, $high:literal) => {{
        loop {
            let (high, low, again): (u32, u32, u32);
            // SAFETY: reads counters.
            unsafe {
                asm!(
                    concat!(".insn i 0x73, 2, {0}, x0, ", $high),
                    concat!(".insn i 0x73, 2, {1}, x0, ", $low),
                    concat!(".insn i 0x73, 2, {2}, x0, ", $high),
                    out(reg) high, out(reg) low, out(reg) again, options(nomem, nostack)
                );
            }
            if high == again {
                break u64::from(high) << 32 | u64::from(low);
            }
        }
    }};
}

// The CSRs' numbers are twelve bits, written as the signed numbers that the assembler takes.
pub fn cycles() -> u64 {
    counter!("-0x400", "-0x380") // cycle 0xc00, cycleh 0xc80
}

pub fn instructions() -> u64 {
    counter!("-0x3fe", "-0x37e") // instret 0xc02, instreth 0xc82
}
