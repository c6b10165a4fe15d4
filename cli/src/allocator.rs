//! What happens when there is no more memory: an error, as for everything else that a command cannot get.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Write};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

/// The system's allocator, whose refusal ends the command with one line and the exit status of what cannot be done. The
/// standard library would abort the process, with a backtrace that nobody can use. Segments of a proof that are finished
/// are in its file.
struct OrExit;

#[global_allocator]
static ALLOCATOR: OrExit = OrExit;

// SAFETY: every call is the system allocator's own, with the same arguments and the same result; where that is null, the
// process ends.
unsafe impl GlobalAlloc for OrExit {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        or_exit(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        or_exit(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; `at` came from the system's allocator.
        or_exit(unsafe { System.realloc(at, layout, size) }, size)
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[inline]
fn or_exit(memory: *mut u8, size: usize) -> *mut u8 {
    if memory.is_null() {
        exit(size);
    }
    memory
}

#[cold]
fn exit(size: usize) -> ! {
    static IS_ENDING: AtomicBool = AtomicBool::new(false);
    if !IS_ENDING.swap(true, Ordering::SeqCst) {
        // Nothing here takes memory.
        let mut line = [0; 256];
        let mut rest = &mut line[..];
        let _ = writeln!(
            rest,
            "ember: out of memory: the system refused {size} bytes; `ulimit -v` or a container may say how much there is, \
             and `prove` takes less with a smaller --memory"
        );
        let left = rest.len();
        let _ = io::stderr().write_all(&line[..line.len() - left]);
        process::exit(crate::BAD_USAGE.into());
    }
    // Another thread, or what ends the process, has no memory either.
    process::abort()
}
