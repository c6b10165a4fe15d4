//! What the process does with memory that a proof frees.

/// Makes this process keep the memory that it frees, so that the next segment or proof finds it at hand: for a process
/// whose work is proving, called once when it starts.
///
/// A proof's matrices are hundreds of megabytes each. By default the C library gives them back to the system at
/// once and takes them anew, page by page, which costs a tenth to a sixth of a proof's time (`docs/prover.md`). Kept
/// memory lies in one heap for all threads, for the rest of the process's life.
///
/// It does something on Linux with glibc only, and never fails.
#[allow(unsafe_code)]
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for (parameter, value) in
        [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_MAX, 0), (libc::M_TRIM_THRESHOLD, i32::MAX)]
    {
        // SAFETY: `mallopt` takes two integers and sets a parameter of the allocator under the allocator's own lock; no
        // value of these three makes it unsound, and one that it refuses changes nothing.
        unsafe { libc::mallopt(parameter, value) };
    }
}
