//! Memory of an Ember run: pages and permissions, program images, image identities, and the address space.
//!
//! - [`Image`]: a program's initial pages, loaded from an ELF; [`Image::id`] is its identity.
//! - [`Symbols`]: the names in an ELF file, in memory that the file's size bounds.
//! - [`Layout`]: where the run's zeroed memory, stack and input region lie, a function of image header, memory
//!   limit and input length that interpreter, prover and verifier share.
//! - [`AddressSpace`]: the memory of a run, with execute-only code.
//! - [`digest`]: Poseidon2 over KoalaBear, the hash behind every identity of a statement. [`extension`]: sums of products
//!   in the field of challenges. Both by the machine's accelerators, where the code runs inside it.
//!
//! Source: SPEC section 2 and 6.
#![no_std]
#![deny(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

mod address_space;
pub mod digest;
mod elf;
pub mod extension;
mod image;
mod layout;
mod perm;
mod permutation;
mod symbols;
mod transcript;
pub mod tree;
#[allow(unsafe_code)]
mod zeroed;

pub use address_space::{AddressSpace, Window};
pub use digest::Digest;
pub use elf::ElfError;
pub use image::{Header, Image, ImageError, MAX_IMAGE_BYTES, Part, Segment};
pub use layout::{Layout, LayoutError, MAX_INPUT_LEN, MAX_MEMORY_LIMIT};
pub use perm::Perm;
pub use permutation::{Permutation, permutation};
pub use symbols::{MAX_NAME_LEN, MAX_SYMBOLS, Symbol, Symbols};
pub use transcript::Transcript;

/// Bytes of a page: permissions have this granularity.
pub const PAGE_SIZE: u32 = 4096;
/// log2 of [`PAGE_SIZE`].
pub const PAGE_BITS: u32 = 12;
/// Number of pages of the address space.
pub const PAGE_COUNT: u32 = 1 << (32 - PAGE_BITS);

/// Number of the page that holds `address`.
pub const fn page_of(address: u32) -> u32 {
    address >> PAGE_BITS
}
