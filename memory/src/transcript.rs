//! The host transcript.

use crate::Digest;
use crate::digest::{Domain, Hasher, blocks};

/// The host transcript: a digest of every host call, in order.
///
/// A record is the chain `compress(s, header)`, then the blocks of the input, then those of the output. Its header
/// has the number, both lengths in 16-bit limbs, and how the call ended. An abort's record has the lengths of the
/// buffers that the guest passed, no bytes, and the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
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
