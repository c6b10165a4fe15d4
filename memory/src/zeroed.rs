//! Zeroed bytes that cost nothing until they are touched.

use core::ptr::NonNull;
use core::slice;

use alloc::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};

/// From this length on, the bytes are pages of their own from the operating system, where that is supported:
/// an allocator may hand out recycled memory, which it has to clear from end to end.
#[cfg(all(target_os = "linux", not(miri)))]
const MAP_FROM: usize = 1 << 15;
#[cfg(not(all(target_os = "linux", not(miri))))]
const MAP_FROM: usize = usize::MAX;

/// Alignment of the first byte.
const ALIGN: usize = 16;

/// A fixed number of bytes, zero at first.
pub(crate) struct Zeroed {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the bytes belong to this value alone, like a `Vec<u8>`'s.
unsafe impl Send for Zeroed {}
// SAFETY: a shared reference gives shared access only; see `as_ptr` for the exception.
unsafe impl Sync for Zeroed {}

impl Zeroed {
    /// `len` zero bytes; `None` where the system refuses.
    pub(crate) fn new(len: usize) -> Option<Self> {
        let start = if len == 0 {
            NonNull::<u128>::dangling().cast()
        } else if len >= MAP_FROM {
            map(len)?
        } else {
            // SAFETY: the layout's size is not zero.
            NonNull::new(unsafe { alloc_zeroed(layout(len)) })?
        };
        Some(Self { start, len })
    }

    /// Zeroes every byte again, and gives the pages behind them back where that is cheaper.
    pub(crate) fn clear(&mut self) {
        if self.len < MAP_FROM || !unmap_contents(self.start, self.len) {
            self.as_mut_slice().fill(0);
        }
    }

    /// The first byte. Who writes through it must hold the value as by `&mut`, and no slice of it.
    pub(crate) fn as_ptr(&self) -> NonNull<u8> {
        self.start
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: `start` and `len` describe initialised bytes of this value's own.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `self` is borrowed exclusively.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Clone for Zeroed {
    fn clone(&self) -> Self {
        let mut new = Self::new(self.len).unwrap_or_else(|| handle_alloc_error(layout(self.len)));
        // Untouched pages stay untouched.
        for (to, from) in new.as_mut_slice().chunks_mut(4096).zip(self.as_slice().chunks(4096)) {
            if from.iter().any(|&b| b != 0) {
                to.copy_from_slice(from);
            }
        }
        new
    }
}

impl Drop for Zeroed {
    fn drop(&mut self) {
        if self.len >= MAP_FROM {
            unmap(self.start, self.len);
        } else if self.len > 0 {
            // SAFETY: allocated with this layout in `new`.
            unsafe { dealloc(self.start.as_ptr(), layout(self.len)) };
        }
    }
}

fn layout(len: usize) -> Layout {
    Layout::from_size_align(len, ALIGN).expect("at most 2^32 bytes")
}

#[cfg(all(target_os = "linux", not(miri)))]
fn map(len: usize) -> Option<NonNull<u8>> {
    let (read_write, private) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new anonymous mapping anywhere touches nothing that exists. Its pages are zero.
    let start =
        unsafe { libc::mmap(core::ptr::null_mut(), len, read_write, private | libc::MAP_NORESERVE, -1, 0) };
    NonNull::new(start.cast()).filter(|_| start != libc::MAP_FAILED)
}

#[cfg(all(target_os = "linux", not(miri)))]
fn unmap(start: NonNull<u8>, len: usize) {
    // SAFETY: `map` made exactly this mapping, and nothing refers to it any more.
    unsafe { libc::munmap(start.as_ptr().cast(), len) };
}

#[cfg(all(target_os = "linux", not(miri)))]
fn unmap_contents(start: NonNull<u8>, len: usize) -> bool {
    // SAFETY: the range is a private anonymous mapping of ours, whose pages Linux replaces by zero pages.
    unsafe { libc::madvise(start.as_ptr().cast(), len, libc::MADV_DONTNEED) == 0 }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn map(_: usize) -> Option<NonNull<u8>> {
    None
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn unmap(_: NonNull<u8>, _: usize) {}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn unmap_contents(_: NonNull<u8>, _: usize) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_and_ends_as_zero() {
        for len in if cfg!(miri) { [0, 1, 16, 4096, 4097] } else { [0, 1, 4096, 1 << 15, 1 << 20] } {
            let mut bytes = Zeroed::new(len).unwrap();
            assert!(bytes.as_slice().iter().all(|&b| b == 0));
            bytes.as_mut_slice().fill(7);
            assert_eq!(bytes.clone().as_slice(), bytes.as_slice());
            bytes.clear();
            assert!(bytes.as_slice().iter().all(|&b| b == 0));
            assert_eq!(bytes.as_slice().len(), len);
        }
    }
}
