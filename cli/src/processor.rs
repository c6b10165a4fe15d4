//! Whether this processor has the instructions that the command was compiled for.

#[cfg(target_arch = "x86_64")]
use std::io::{self, Write};
use std::process::ExitCode;

/// The level of x86-64's instructions, or the architecture.
pub const LEVEL: &str = if cfg!(not(target_arch = "x86_64")) {
    std::env::consts::ARCH
} else if cfg!(all(
    target_feature = "avx512f",
    target_feature = "avx512bw",
    target_feature = "avx512cd",
    target_feature = "avx512dq",
    target_feature = "avx512vl"
)) {
    "x86-64-v4"
} else if cfg!(all(
    target_feature = "avx2",
    target_feature = "bmi1",
    target_feature = "bmi2",
    target_feature = "f16c",
    target_feature = "fma",
    target_feature = "lzcnt",
    target_feature = "movbe"
)) {
    "x86-64-v3"
} else if cfg!(all(target_feature = "sse4.2", target_feature = "ssse3", target_feature = "popcnt")) {
    "x86-64-v2"
} else {
    "x86-64-v1"
};

/// Registers of what CPUID says.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
enum Register {
    Eax,
    Ebx,
    Ecx,
    Edx,
}

/// Whether CPUID has a bit, of which the mask is given: to shift by a variable may take an instruction that is not here. The standard library's own macro asks the compiler first, which has been told that every
/// instruction in question is there.
#[cfg(target_arch = "x86_64")]
#[inline(never)]
fn has(leaf: u32, sub_leaf: u32, register: Register, mask: u32) -> bool {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    let most = __cpuid(leaf & 0x8000_0000).eax;
    if most < leaf || leaf == 7 && sub_leaf > __cpuid_count(7, 0).eax {
        return false;
    }
    let said = __cpuid_count(leaf, sub_leaf);
    let word = match register {
        Register::Eax => said.eax,
        Register::Ebx => said.ebx,
        Register::Ecx => said.ecx,
        Register::Edx => said.edx,
    };
    word & mask != 0
}

/// Whether the operating system keeps at least so many bytes of registers for each program.
#[cfg(target_arch = "x86_64")]
#[inline(never)]
fn keeps(bytes: u32) -> bool {
    has(1, 0, Register::Ecx, 1 << 27) && std::arch::x86_64::__cpuid_count(0xd, 0).ebx >= bytes
}

/// Names on stderr the instructions that the command was compiled for and that are not here; whether there are any.
#[cfg(target_arch = "x86_64")]
macro_rules! name_missing {
    ($($feature:tt: $is_here:expr,)*) => {{
        use Register::{Eax, Ebx, Ecx, Edx};
        let mut found = false;
        $(
            if cfg!(target_feature = $feature) && !$is_here {
                if !found {
                    write("ember: this processor lacks instructions that the command was compiled for:");
                }
                found = true;
                write(" ");
                write($feature);
            }
        )*
        found
    }};
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Says what to do, and gives the exit status, where the processor lacks an instruction that the command was compiled for:
/// it would die of it without a word.
///
/// Runs before anything that could use one. It is compiled for the same instructions itself, so it keeps nothing, copies
/// nothing, and leaves the work to the standard library, which is compiled for every processor.
#[inline(never)]
pub fn check() -> Option<ExitCode> {
    #[cfg(target_arch = "x86_64")]
    if name_missing!(
        "sse3": has(1, 0, Ecx, 1 << 0),
        "pclmulqdq": has(1, 0, Ecx, 1 << 1),
        "ssse3": has(1, 0, Ecx, 1 << 9),
        "fma": has(1, 0, Ecx, 1 << 12),
        "sse4.1": has(1, 0, Ecx, 1 << 19),
        "sse4.2": has(1, 0, Ecx, 1 << 20),
        "movbe": has(1, 0, Ecx, 1 << 22),
        "popcnt": has(1, 0, Ecx, 1 << 23),
        "aes": has(1, 0, Ecx, 1 << 25),
        "avx": has(1, 0, Ecx, 1 << 28) && keeps(576 + 256),
        "f16c": has(1, 0, Ecx, 1 << 29),
        "bmi1": has(7, 0, Ebx, 1 << 3),
        "avx2": has(7, 0, Ebx, 1 << 5),
        "bmi2": has(7, 0, Ebx, 1 << 8),
        "avx512f": has(7, 0, Ebx, 1 << 16) && keeps(1088 + 64 + 512 + 1024),
        "avx512dq": has(7, 0, Ebx, 1 << 17),
        "adx": has(7, 0, Ebx, 1 << 19),
        "avx512ifma": has(7, 0, Ebx, 1 << 21),
        "avx512cd": has(7, 0, Ebx, 1 << 28),
        "sha": has(7, 0, Ebx, 1 << 29),
        "avx512bw": has(7, 0, Ebx, 1 << 30),
        "avx512vl": has(7, 0, Ebx, 1 << 31),
        "avx512vbmi": has(7, 0, Ecx, 1 << 1),
        "avx512vbmi2": has(7, 0, Ecx, 1 << 6),
        "gfni": has(7, 0, Ecx, 1 << 8),
        "vaes": has(7, 0, Ecx, 1 << 9),
        "vpclmulqdq": has(7, 0, Ecx, 1 << 10),
        "avx512vnni": has(7, 0, Ecx, 1 << 11),
        "avx512bitalg": has(7, 0, Ecx, 1 << 12),
        "avx512vpopcntdq": has(7, 0, Ecx, 1 << 14),
        "avx512vp2intersect": has(7, 0, Edx, 1 << 8),
        "avx512fp16": has(7, 0, Edx, 1 << 23),
        "avxvnni": has(7, 1, Eax, 1 << 4),
        "avx512bf16": has(7, 1, Eax, 1 << 5),
        "avxifma": has(7, 1, Eax, 1 << 23),
        "lzcnt": has(0x8000_0001, 0, Ecx, 1 << 5),
        "sse4a": has(0x8000_0001, 0, Ecx, 1 << 6),
    ) {
        write(
            ". Build it here, or with RUSTFLAGS=-Ctarget-cpu=x86-64-v3 for any processor with AVX2, \
             -Ctarget-cpu=x86-64 for any at all\n",
        );
        return Some(ExitCode::from(crate::BAD_USAGE));
    }
    None
}
