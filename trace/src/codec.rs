//! Records as bytes.
//!
//! A step is a tag byte and the fields that a predictor got wrong. The predictor knows no instruction: it expects
//! that what followed an instruction, what it wrote and what it found in memory changes as it did the last time.
//! So files hold any steps, also such as no program takes, and the format does not depend on the instruction set.
//!
//! ```text
//! step      0mmm rrrp   p: the pc differs from the prediction; its difference follows
//!                       r, m: bytes, 0 to 4, of the differences of rd and mem, which follow
//! io word   1nnn 0ooo   o, n: bytes, 0 to 4, of `old` and of `new ^ old`, which follow
//! ```
//!
//! A difference is taken mod 2^32 and zigzag-coded; a pc's is a varint (LEB128, at most 5 bytes), the others are
//! little-endian.

use ember_vm::Step;

use crate::Record;

/// Most bytes of a record.
pub const MAX_RECORD: usize = 14;

/// Slots of the predictor. A collision costs bytes and nothing else.
const SLOTS: usize = 1 << 14;

/// What an instruction did the last time.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// Where the next instruction was, from the one after this.
    skip: u32,
    rd: u32,
    rd_stride: u32,
    mem: u32,
}

/// State of both ends of a chunk.
pub struct Codec {
    slots: Box<[Slot]>,
    last_pc: u32,
}

/// The bytes are no record.
#[derive(Debug, PartialEq, Eq)]
pub struct BadRecord;

const fn zigzag(x: u32) -> u32 {
    (x << 1) ^ ((x as i32 >> 31) as u32)
}

const fn unzigzag(x: u32) -> u32 {
    (x >> 1) ^ (x & 1).wrapping_neg()
}

/// Bytes that hold `x`, without leading zeros.
const fn len(x: u32) -> u8 {
    (32 - x.leading_zeros()).div_ceil(8) as u8
}

fn put(out: &mut Vec<u8>, x: u32) {
    out.extend_from_slice(&x.to_le_bytes()[..len(x) as usize]);
}

fn put_varint(out: &mut Vec<u8>, mut x: u32) {
    while x >= 0x80 {
        out.push(x as u8 | 0x80);
        x >>= 7;
    }
    out.push(x as u8);
}

/// The next `n` bytes as a number. One value has one form: no leading zeros.
fn get(input: &mut &[u8], n: u8) -> Result<u32, BadRecord> {
    if n > 4 {
        return Err(BadRecord);
    }
    let (now, later) = input.split_at_checked(n as usize).ok_or(BadRecord)?;
    *input = later;
    if now.last() == Some(&0) {
        return Err(BadRecord);
    }
    Ok(now.iter().rev().fold(0, |x, &b| x << 8 | u32::from(b)))
}

fn get_varint(input: &mut &[u8]) -> Result<u32, BadRecord> {
    let mut x = 0u64;
    for shift in [0, 7, 14, 21, 28] {
        let (&b, later) = input.split_first().ok_or(BadRecord)?;
        *input = later;
        x |= u64::from(b & 0x7f) << shift;
        if b < 0x80 {
            return u32::try_from(x).map_err(|_| BadRecord);
        }
    }
    Err(BadRecord)
}

impl Codec {
    pub fn new() -> Self {
        Self { slots: vec![Slot::default(); SLOTS].into(), last_pc: 0 }
    }

    /// Forgets everything: every chunk can be read alone.
    pub fn reset(&mut self) {
        self.slots.fill(Slot::default());
        self.last_pc = 0;
    }

    fn slot(&mut self, pc: u32) -> &mut Slot {
        &mut self.slots[(pc >> 2) as usize % SLOTS]
    }

    fn predict_pc(&mut self) -> u32 {
        let last = self.last_pc;
        last.wrapping_add(4).wrapping_add(self.slot(last).skip)
    }

    fn update(&mut self, step: Step) {
        let last = self.last_pc;
        self.slot(last).skip = step.pc.wrapping_sub(last.wrapping_add(4));
        self.last_pc = step.pc;
        let slot = self.slot(step.pc);
        slot.rd_stride = step.rd.wrapping_sub(slot.rd);
        slot.rd = step.rd;
        slot.mem = step.mem;
    }

    pub fn encode(&mut self, record: Record, out: &mut Vec<u8>) {
        match record {
            Record::Io { old, new } => {
                out.push(0x80 | len(new ^ old) << 4 | len(old));
                put(out, old);
                put(out, new ^ old);
            }
            Record::Step(step) => {
                let pc = zigzag(step.pc.wrapping_sub(self.predict_pc()));
                let slot = *self.slot(step.pc);
                let rd = zigzag(step.rd.wrapping_sub(slot.rd.wrapping_add(slot.rd_stride)));
                let mem = zigzag(step.mem.wrapping_sub(slot.mem));
                out.push(len(mem) << 4 | len(rd) << 1 | u8::from(pc != 0));
                if pc != 0 {
                    put_varint(out, pc);
                }
                put(out, rd);
                put(out, mem);
                self.update(step);
            }
        }
    }

    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Record, BadRecord> {
        let tag = get_tag(input)?;
        if tag & 0x80 != 0 {
            if tag & 8 != 0 {
                return Err(BadRecord);
            }
            let old = get(input, tag & 7)?;
            return Ok(Record::Io { old, new: old ^ get(input, tag >> 4 & 7)? });
        }
        let mut pc = self.predict_pc();
        if tag & 1 != 0 {
            pc = pc.wrapping_add(unzigzag(get_varint(input)?));
        }
        let slot = *self.slot(pc);
        let rd = slot.rd.wrapping_add(slot.rd_stride).wrapping_add(unzigzag(get(input, tag >> 1 & 7)?));
        let mem = slot.mem.wrapping_add(unzigzag(get(input, tag >> 4)?));
        let step = Step { pc, rd, mem };
        self.update(step);
        Ok(Record::Step(step))
    }
}

fn get_tag(input: &mut &[u8]) -> Result<u8, BadRecord> {
    let (&tag, later) = input.split_first().ok_or(BadRecord)?;
    *input = later;
    Ok(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> impl Strategy<Value = Record> {
        let word = || prop_oneof![any::<u32>(), 0u32..300, Just(u32::MAX), Just(1 << 31)];
        prop_oneof![
            (word(), word(), word()).prop_map(|(pc, rd, mem)| Record::Step(Step { pc, rd, mem })),
            (0u32..64, word()).prop_map(|(i, rd)| Record::Step(Step { pc: 4 * i, rd, mem: 0 })),
            (word(), word()).prop_map(|(old, new)| Record::Io { old, new }),
        ]
    }

    proptest! {
        #[test]
        fn records_round_trip(records in prop::collection::vec(record(), 0..300)) {
            let (mut out, mut codec) = (Vec::new(), Codec::new());
            for &r in &records {
                let before = out.len();
                codec.encode(r, &mut out);
                prop_assert!(out.len() - before <= MAX_RECORD);
            }
            codec.reset();
            let mut input = &out[..];
            for &r in &records {
                prop_assert_eq!(codec.decode(&mut input), Ok(r));
            }
            prop_assert!(input.is_empty());
        }

        #[test]
        fn any_bytes_are_handled(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut codec = Codec::new();
            let mut input = &bytes[..];
            while !input.is_empty() && codec.decode(&mut input).is_ok() {}
        }
    }
}
