//! The heap: from the end of the program's variables to the end of memory.

use core::alloc::{GlobalAlloc, Layout};

use talc::TalcCell;
use talc::base::Talc;
use talc::base::binning::Binning;
use talc::source::Source;

unsafe extern "C" {
    /// Of start.s: where the program's variables end.
    static mut __heap_start: u8;
    /// And where memory ends, which the run's memory limit decides.
    static __memory_end: *mut u8;
}

/// Hands all memory that there is to the allocator when it first needs some.
#[derive(Debug)]
struct Memory {
    is_taken: bool,
}

// SAFETY: `acquire` uses nothing but the allocator that it is given.
unsafe impl Source for Memory {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, _: Layout) -> Result<(), ()> {
        if core::mem::replace(&mut talc.source.is_taken, true) {
            return Err(());
        }
        let base = &raw mut __heap_start;
        // SAFETY: start.s has set the variable before anything else, and nothing writes it again.
        let end = unsafe { __memory_end };
        // SAFETY: this memory is mapped for reading and writing, and nothing else uses it: stack and variables lie
        // below it.
        unsafe { talc.claim(base, (end as usize).saturating_sub(base as usize)) }.map(drop).ok_or(())
    }
}

struct Heap(TalcCell<Memory>);

// SAFETY: the machine has one hart and no interrupts, so there is one thread.
unsafe impl Sync for Heap {}

// SAFETY: `TalcCell` is an allocator.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        unsafe { self.0.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { self.0.dealloc(pointer, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller's.
        unsafe { self.0.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static HEAP: Heap = Heap(TalcCell::new(Memory { is_taken: false }));
