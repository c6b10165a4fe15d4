//! What surrounds a run: private input, console, and the embedding's calls.

use alloc::vec::Vec;

use ember_isa::ecall::abort;

/// The embedding's answer to a host call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostReply {
    /// The call's output. What is beyond the guest's buffer is cut off.
    Return(Vec<u8>),
    /// End the run with [`ember_isa::ExitReason::HostAbort`] of this code.
    Abort(u32),
    /// Stop before the call, which has no effect yet: the next [`crate::Machine::run`] asks again.
    Pause,
}

/// What surrounds a run.
pub trait Host {
    /// Fills `buf` with the next bytes of the private input and returns how many there were; zero at the end.
    fn read(&mut self, buf: &mut [u8]) -> usize {
        let _ = buf;
        0
    }

    /// Takes console output of file descriptor 1 or 2.
    fn write(&mut self, fd: u32, bytes: &[u8]) {
        let _ = (fd, bytes);
    }

    /// Answers a host call, `0x2000..=0x2fff`, with at most `out_len` bytes of output.
    fn host_call(&mut self, number: u32, input: &[u8], out_len: u32) -> HostReply {
        let _ = (number, input, out_len);
        HostReply::Abort(abort::NO_SUCH_CALL)
    }
}

impl<H: Host + ?Sized> Host for &mut H {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        (**self).read(buf)
    }

    fn write(&mut self, fd: u32, bytes: &[u8]) {
        (**self).write(fd, bytes);
    }

    fn host_call(&mut self, number: u32, input: &[u8], out_len: u32) -> HostReply {
        (**self).host_call(number, input, out_len)
    }
}

/// No private input, no console, no host calls.
pub struct NoHost;

impl Host for NoHost {}

/// A private input in memory and nothing else.
#[derive(Clone, Debug, Default)]
pub struct PrivateInput<'a>(pub &'a [u8]);

impl Host for PrivateInput<'_> {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        let n = buf.len().min(self.0.len());
        let (now, later) = self.0.split_at(n);
        buf[..n].copy_from_slice(now);
        self.0 = later;
        n
    }
}
