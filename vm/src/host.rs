//! What surrounds a run: private input, console, and the embedding's calls.

use alloc::vec::Vec;

use ember_memory::Digest;
use ember_memory::digest::{Domain, Hasher, blocks};

/// Most bytes of a host call's input, and of its output buffer.
pub const MAX_HOST_CALL_LEN: u32 = 1 << 20;

/// Codes of [`ember_isa::ExitReason::HostAbort`] that the machine itself uses; the rest belong to embeddings.
pub mod abort {
    /// A host call with an input or output buffer above [`super::MAX_HOST_CALL_LEN`] (`E2BIG`).
    pub const TOO_LONG: u32 = 7;
    /// A write that would take the journal above [`crate::MAX_JOURNAL_LEN`] (`EFBIG`).
    pub const JOURNAL_FULL: u32 = 27;
    /// A host call that the embedding does not have (`ENOSYS`).
    pub const NO_SUCH_CALL: u32 = 38;
}

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

/// The host transcript: a digest of every host call, in order.
///
/// A record is the chain `compress(s, header)`, then the blocks of the input, then those of the output. Its header
/// has the number, both lengths in 16-bit limbs, and how the call ended. An abort's record has the lengths of the
/// buffers that the guest passed, no bytes, and the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Transcript(pub Digest);

impl Transcript {
    /// Absorbs a call that returned, and the gas used before it.
    pub fn absorb_return(&mut self, h: &Hasher, number: u32, gas: u64, input: &[u8], output: &[u8]) {
        self.header(h, number, input.len() as u32, output.len() as u32, 0);
        self.0 = h.compress_with(&self.0, limbs(gas, 0), Domain::HostCall);
        for block in blocks(input).iter().chain(&blocks(output)) {
            self.0 = h.compress(&self.0, block);
        }
    }

    /// Absorbs a call that ended the run, and the gas used, the call's cost included.
    pub fn absorb_abort(&mut self, h: &Hasher, number: u32, gas: u64, in_len: u32, out_len: u32, code: u32) {
        self.header(h, number, in_len, out_len, 1);
        self.0 = h.compress_with(&self.0, limbs(gas, code), Domain::HostCall);
    }

    fn header(&mut self, h: &Hasher, number: u32, in_len: u32, out_len: u32, ended: u32) {
        let block = [number, in_len & 0xffff, in_len >> 16, out_len & 0xffff, out_len >> 16, ended, 0];
        self.0 = h.compress_with(&self.0, block, Domain::HostCall);
    }
}

fn limbs(gas: u64, code: u32) -> [u32; 7] {
    let limb = |i: u32| (gas >> (16 * i)) as u32 & 0xffff;
    [limb(0), limb(1), limb(2), limb(3), code & 0xffff, code >> 16, 1]
}
