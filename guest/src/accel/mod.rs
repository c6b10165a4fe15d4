//! The machine's accelerators: ecalls that do the work of thousands of instructions, for a price of a few.
//!
//! Everything here computes the same on the host, in software.

mod bigint;
mod extension;
mod keccak;
mod poseidon2;
mod sha256;

#[cfg(feature = "crypto-bigint")]
pub use bigint::AccelU256;
pub use bigint::{mul_mod, mul_mod_assign};
pub use extension::{Extension, extension_dot, extension_dot_base};
pub use keccak::{Keccak256, Keccak256Core, Sha3_256, keccak_f1600};
pub use poseidon2::{poseidon2, poseidon2_montgomery};
pub use sha256::{Sha256, Sha256Core, sha256_compress};

/// Calls an accelerator with pointers in a0, a1 and a2.
///
/// # Safety
/// The pointers are multiples of 4, to as many words as the accelerator reads, and to as many as it writes.
#[cfg(target_os = "none")]
unsafe fn call(number: u32, [a0, a1, a2]: [*const u32; 3]) {
    // SAFETY: the caller's. An accelerator returns zero.
    unsafe { crate::ecall(number, [a0 as u32, a1 as u32, a2 as u32, 0]) };
}
