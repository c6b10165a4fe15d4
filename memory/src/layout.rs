//! Where everything of a run lies in the address space.

use thiserror::Error;

use crate::{Header, PAGE_BITS, PAGE_SIZE};

/// Largest memory limit: 1 GiB.
pub const MAX_MEMORY_LIMIT: u32 = 1 << 30;
/// Largest public input: 256 MiB.
pub const MAX_INPUT_LEN: u32 = 1 << 28;
/// Pages from here on stay unmapped: the last page of the address space.
const LAST_PAGE: u64 = 0xfffff;

/// The run's part of the address space, beside the image's pages:
///
/// ```text
/// heap_start .. heap_end     zeroed READ | WRITE memory; sp starts at heap_end
/// heap_end .. input_start    one unmapped guard page
/// input_start .. input_end   the public input, READ, zero-padded to a power of two of pages
/// ```
///
/// `heap_start` is the end of the image's last initialised page. The heap fills the memory limit up: image pages
/// that are writable and the heap together have exactly `memory_limit` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// First byte of the zeroed memory; a multiple of the page size.
    pub heap_start: u32,
    /// End of the zeroed memory and initial stack pointer; a multiple of the page size.
    pub heap_end: u32,
    /// First byte of the input region; a multiple of the page size.
    pub input_start: u32,
    /// Length of the input in bytes.
    pub input_len: u32,
    /// End of the input region; a multiple of the page size.
    pub input_end: u32,
}

/// The image does not fit the run's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// The memory limit is no multiple of the page size.
    #[error("memory limit {0} is not a multiple of the page size, 4096")]
    Unaligned(u32),
    /// The memory limit is above [`MAX_MEMORY_LIMIT`].
    #[error("memory limit {0} is above the largest, 1 GiB")]
    AboveMaximum(u32),
    /// The image's writable segments need more than the limit.
    #[error("the program needs {needed} bytes of writable memory at load, the memory limit is {limit}")]
    BelowImage {
        /// Bytes that the image's writable segments cover.
        needed: u64,
        /// The memory limit.
        limit: u32,
    },
    /// The public input is above [`MAX_INPUT_LEN`].
    #[error("public input of {0} bytes is above the largest, 256 MiB")]
    InputTooLong(u64),
    /// Memory and input do not fit below the end of the address space.
    #[error("memory limit and public input do not fit into the address space above the image")]
    AddressSpace,
    /// The host has not that many bytes for the run's memory.
    #[error("the system refused {0} bytes for the run's memory")]
    OutOfMemory(u64),
}

/// Pages of the input region: a power of two, so that it is the whole of a Merkle tree; none for an empty input.
fn input_pages(len: u64) -> u64 {
    match len.div_ceil(u64::from(PAGE_SIZE)) {
        0 => 0,
        pages => pages.next_power_of_two(),
    }
}

impl Layout {
    /// The layout of a run.
    ///
    /// # Errors
    /// [`LayoutError`] when image, limit and input do not fit together; a header of no image is an error too,
    /// never a panic.
    pub fn new(header: &Header, memory_limit: u32, input_len: usize) -> Result<Self, LayoutError> {
        if !memory_limit.is_multiple_of(PAGE_SIZE) {
            return Err(LayoutError::Unaligned(memory_limit));
        }
        if memory_limit > MAX_MEMORY_LIMIT {
            return Err(LayoutError::AboveMaximum(memory_limit));
        }
        if input_len > MAX_INPUT_LEN as usize {
            return Err(LayoutError::InputTooLong(input_len as u64));
        }
        let limit_pages = u64::from(memory_limit >> PAGE_BITS);
        let needed = u64::from(header.min_writable_pages.max(header.writable_pages));
        if needed > limit_pages {
            return Err(LayoutError::BelowImage { needed: needed << PAGE_BITS, limit: memory_limit });
        }
        let heap_end = u64::from(header.heap_page) + limit_pages - u64::from(header.writable_pages);
        let input_start = heap_end + 1;
        let input_end = input_start + input_pages(input_len as u64);
        if input_end > LAST_PAGE {
            return Err(LayoutError::AddressSpace);
        }
        let address = |page: u64| (page << PAGE_BITS) as u32;
        Ok(Self {
            heap_start: address(u64::from(header.heap_page)),
            heap_end: address(heap_end),
            input_start: address(input_start),
            input_len: input_len as u32,
            input_end: address(input_end),
        })
    }
}
