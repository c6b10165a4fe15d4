//! What surrounds the suites' runs.

use ember_vm::{Host, HostReply, abort};

/// Host calls that the suites' host answers.
pub mod call {
    /// Returns the input, reversed.
    pub const REVERSE: u32 = 0x2000;
    /// Ends the run with the code in the input's first four bytes, missing ones zero.
    pub const ABORT: u32 = 0x2001;
    /// Returns exactly as many bytes as the guest's buffer has: 1, 2, 3, ...
    pub const FILL: u32 = 0x2002;
    /// Returns eight bytes more than the guest's buffer has.
    pub const OVERFLOW: u32 = 0x2003;
    /// Pauses the run once, then returns the input.
    pub const PAUSE: u32 = 0x2004;
    /// Returns nothing.
    pub const EMPTY: u32 = 0x2fff;
}

/// A host that every engine is given: private input, a recorded console, and, for the suites' own programs, the
/// calls of [`call`]. It answers the same whenever it is asked the same.
#[derive(Clone, Debug, Default)]
pub struct TestHost<'a> {
    private: &'a [u8],
    calls: bool,
    paused: bool,
    /// What the guest wrote: file descriptor and bytes, joined while the descriptor stays the same.
    pub console: Vec<(u32, Vec<u8>)>,
}

impl<'a> TestHost<'a> {
    /// A host with the calls of [`call`].
    pub fn new(private: &'a [u8]) -> Self {
        Self { private, calls: true, ..Self::default() }
    }

    /// A host that knows no call.
    pub fn without_calls(private: &'a [u8]) -> Self {
        Self { private, ..Self::default() }
    }
}

impl Host for TestHost<'_> {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        // In small portions: a guest's read must not depend on how the host hands the bytes out.
        let n = buf.len().min(self.private.len()).min(7);
        let (now, later) = self.private.split_at(n);
        buf[..n].copy_from_slice(now);
        self.private = later;
        n
    }

    fn write(&mut self, fd: u32, bytes: &[u8]) {
        match self.console.last_mut() {
            Some((last, text)) if *last == fd => text.extend(bytes),
            _ => self.console.push((fd, bytes.to_vec())),
        }
    }

    fn host_call(&mut self, number: u32, input: &[u8], out_len: u32) -> HostReply {
        if !self.calls {
            return HostReply::Abort(abort::NO_SUCH_CALL);
        }
        let count = |n: u32| (1..=n).map(|i| i as u8).collect();
        match number {
            call::REVERSE => HostReply::Return(input.iter().rev().copied().collect()),
            call::ABORT => {
                let mut code = [0; 4];
                let n = input.len().min(4);
                code[..n].copy_from_slice(&input[..n]);
                HostReply::Abort(u32::from_le_bytes(code))
            }
            call::FILL => HostReply::Return(count(out_len)),
            call::OVERFLOW => HostReply::Return(count(out_len + 8)),
            call::PAUSE => {
                self.paused = !self.paused;
                if self.paused { HostReply::Pause } else { HostReply::Return(input.to_vec()) }
            }
            call::EMPTY => HostReply::Return(Vec::new()),
            _ => HostReply::Abort(abort::NO_SUCH_CALL),
        }
    }
}
