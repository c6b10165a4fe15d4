//! Ecalls (SPEC section 4): their numbers in register t0, and what they count.

/// `read(fd, ptr, len) -> n`: bytes from the host (private input) into memory; none at its end, else at most
/// [`io_len`] of the length.
pub const READ: u32 = 63;
/// `write(fd, ptr, len) -> n`: bytes to the console (fd 1, 2) or the journal (fd 3), [`io_len`] of the length.
pub const WRITE: u32 = 64;
/// `exit(code)`: ends the run.
pub const EXIT: u32 = 93;
/// `context(ptr) -> 0`: writes what the statement says of the run itself: [`crate::Context`].
pub const CONTEXT: u32 = 0x1201;
/// First number of the embedding's own calls.
pub const HOST_CALL_FIRST: u32 = 0x2000;
/// Last number of the embedding's own calls.
pub const HOST_CALL_LAST: u32 = 0x2fff;

/// File descriptor of the private input.
pub const FD_INPUT: u32 = 0;
/// File descriptor of the console's output.
pub const FD_STDOUT: u32 = 1;
/// File descriptor of the console's error output.
pub const FD_STDERR: u32 = 2;
/// File descriptor of the journal, the public output.
pub const FD_JOURNAL: u32 = 3;
/// What `read` and `write` return for any other file descriptor: `-EBADF`.
pub const EBADF: u32 = -9i32 as u32;

/// Most bytes that one `read` or `write` moves.
pub const MAX_IO_LEN: u32 = 1 << 20;

/// The length that counts, for all that a `read` or `write` does, checks and costs: the first [`MAX_IO_LEN`] bytes
/// of what it was given, so that no call is too long to be proven. `None` where the call does not know the descriptor, and
/// for every other ecall.
pub const fn io_len(number: u32, fd: u32, len: u32) -> Option<u32> {
    let is_known = match number {
        READ => fd == FD_INPUT,
        WRITE => matches!(fd, FD_STDOUT | FD_STDERR | FD_JOURNAL),
        _ => false,
    };
    match is_known {
        true if len < MAX_IO_LEN => Some(len),
        true => Some(MAX_IO_LEN),
        false => None,
    }
}

/// Most bytes of a journal. A write beyond it ends the run with `HostAbort(abort::JOURNAL_FULL)`.
pub const MAX_JOURNAL_LEN: u32 = 1 << 20;
/// Most bytes of a host call's input, and of its output buffer.
pub const MAX_HOST_CALL_LEN: u32 = 1 << 20;

/// Codes of [`crate::ExitReason::HostAbort`] that the machine itself uses; the rest belong to embeddings.
pub mod abort {
    /// A host call with an input or output buffer above [`super::MAX_HOST_CALL_LEN`] (`E2BIG`).
    pub const TOO_LONG: u32 = 7;
    /// A write that would take the journal above [`super::MAX_JOURNAL_LEN`] (`EFBIG`).
    pub const JOURNAL_FULL: u32 = 27;
    /// A host call that the embedding does not have (`ENOSYS`).
    pub const NO_SUCH_CALL: u32 = 38;
}

/// Whether `number` belongs to the embedding.
pub const fn is_host_call(number: u32) -> bool {
    number >= HOST_CALL_FIRST && number <= HOST_CALL_LAST
}
