//! Frames of every size, without a line of unsafe code: the public input says which. Only the low end is touched. Whoever comes
//! back finds all variables as they were: exit code 0, or 9 if one has changed.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

use core::hint::black_box;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use ember_guest::{entry, exit, io};

const BYTES: usize = 128 * 1024;
static INITIALISED: [AtomicU8; BYTES] = [const { AtomicU8::new(1) }; BYTES];
static ZEROED: [AtomicU8; BYTES] = [const { AtomicU8::new(0) }; BYTES];

entry!(main);

#[inline(never)]
fn frame<const N: usize>() -> usize {
    let mut big = [const { MaybeUninit::<u8>::uninit() }; N];
    for byte in &mut big[..64] {
        black_box(byte).write(0xee);
    }
    black_box(&big).len()
}

#[inline(never)]
fn recurse(depth: u32) -> u32 {
    let page = black_box([depth; 1024]);
    if depth == 0 { page[7] } else { recurse(depth - 1) + page[9] }
}

fn main() {
    let heap = alloc::vec![3u8; BYTES];
    INITIALISED[5].store(1, Relaxed);
    let sum = |all: &[AtomicU8]| all.iter().map(|b| u32::from(b.load(Relaxed))).sum::<u32>();
    let bytes = io::input();
    let size = u32::from_le_bytes(bytes[1..5].try_into().unwrap());
    if bytes[0] == b'r' {
        recurse(size);
    } else {
        match size {
            0x40 => frame::<0x40>(),
            0x1000 => frame::<0x1000>(),
            0x3_f000 => frame::<0x3_f000>(),
            0x4_0000 => frame::<0x4_0000>(),
            0x4_d800 => frame::<0x4_d800>(),
            0x6_0000 => frame::<0x6_0000>(),
            0x8_0000 => frame::<0x8_0000>(),
            0x10_0000 => frame::<0x10_0000>(),
            0x4000_0000 => frame::<0x4000_0000>(),
            0x7fff_f000 => frame::<0x7fff_f000>(),
            _ => exit(7),
        };
    }
    if sum(&INITIALISED) != BYTES as u32 || sum(&ZEROED) != 0 || heap.iter().any(|b| *b != 3) {
        exit(9);
    }
}
