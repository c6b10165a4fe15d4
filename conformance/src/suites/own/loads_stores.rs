//! Loads and stores: lanes, signs, alignment, x0, and bad addresses.

use ember_isa::reg::{A0, A1, A2, ZERO};
use ember_isa::{ExitReason, Op};

use super::{A3, A4, Case, DATA, S0, asm, computes, passes, straight};
use crate::asm::Asm;
use crate::setup::{HEAP, HEAP_END, INPUT, RODATA, pattern};
use crate::spec::{LOAD_OPS, STORE_OPS, loaded, size};

const GROUP: &str = "memory";

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for op in LOAD_OPS {
        cases.push(load_lanes(op));
        cases.push(load_to_its_base(op));
        cases.push(load_to_x0(op));
        cases.extend(misaligned(op, "load"));
        cases.extend(bad_addresses(op));
    }
    for op in STORE_OPS {
        cases.push(store_lanes(op));
        cases.push(store_x0_and_base(op));
        cases.extend(misaligned(op, "store"));
        cases.extend(bad_addresses(op));
    }
    cases.push(store_then_load());
    cases.push(misaligned_before_unmapped());
    cases
}

/// Words whose bytes have both signs in every lane.
const WORDS: [u32; 4] = [0x8040_7fff, 0x7f80_ff01, 0xff00_8080, 0x0001_7f80];

fn load_lanes(op: Op) -> Case {
    let mut results = Vec::new();
    let mut offsets = Vec::new();
    for (i, word) in WORDS.into_iter().enumerate() {
        for lane in (0..4).step_by(size(op) as usize) {
            let mut bytes = word.to_le_bytes();
            bytes.rotate_left(lane);
            results.push(loaded(op, bytes));
            offsets.push((4 * i + lane) as i32);
        }
    }
    let mut c = computes(GROUP, format!("{}-lanes", op.info().mnemonic), &results, |a, i| {
        a.li(S0, RODATA).i(op, A2, S0, offsets[i]);
    });
    c.setup = c.setup.rodata(&WORDS);
    c
}

fn load_to_its_base(op: Op) -> Case {
    let mut a = asm();
    a.li(A2, DATA + 64).i(op, A2, A2, 8);
    let word = pattern(DATA + 72);
    passes(GROUP, format!("{}-into-its-base", op.info().mnemonic), &mut a)
        .regs(&[(A2, loaded(op, word.to_le_bytes()))])
}

/// A load to x0 from a good address does nothing; from a bad one it faults like any other.
fn load_to_x0(op: Op) -> Case {
    let mut a = asm();
    a.li(S0, DATA).i(op, ZERO, S0, 0).i(op, ZERO, S0, 4).mv(A2, ZERO);
    passes(GROUP, format!("{}-to-x0", op.info().mnemonic), &mut a).regs(&[(A2, 0)])
}

fn store_lanes(op: Op) -> Case {
    let mut a = asm();
    a.li(S0, DATA + 128).li(A0, 0x89ab_cdef);
    let mut memory = Vec::new();
    for (i, lane) in (0..4).step_by(size(op) as usize).enumerate() {
        let at = DATA + 128 + 8 * i as u32;
        a.s(op, A0, S0, 8 * i as i32 + lane);
        let mut bytes = pattern(at).to_le_bytes();
        let value = 0x89ab_cdefu32.to_le_bytes();
        let n = size(op) as usize;
        bytes[lane as usize..lane as usize + n].copy_from_slice(&value[..n]);
        // The word itself and both neighbours.
        memory.extend([
            (at, u32::from_le_bytes(bytes)),
            (at + 4, pattern(at + 4)),
            (at - 4, pattern(at - 4)),
        ]);
    }
    passes(GROUP, format!("{}-lanes", op.info().mnemonic), &mut a).memory(&memory)
}

fn store_x0_and_base(op: Op) -> Case {
    let mut a = asm();
    let at = DATA + 200;
    a.li(S0, at).s(op, ZERO, S0, 0).s(op, S0, S0, 4);
    let keep = |address: u32, value: u32| {
        let mask = (1u64 << (8 * size(op))) as u32;
        let mask = mask.wrapping_sub(1);
        (address, pattern(address) & !mask | value & mask)
    };
    passes(GROUP, format!("{}-x0-and-base", op.info().mnemonic), &mut a)
        .memory(&[keep(at, 0), keep(at + 4, at)])
}

/// Every residue that is not aligned, by offset and by base, and to x0.
fn misaligned(op: Op, kind: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let m = op.info().mnemonic;
    for residue in (1..4).filter(|r| r % size(op) != 0) {
        for (how, base, offset) in [("offset", DATA, residue), ("base", DATA + residue, 0)] {
            let mut a = asm();
            a.li2(S0, base).li(A2, 77);
            let address = DATA + residue;
            let reason = if kind == "load" {
                a.i(op, if how == "base" { ZERO } else { A2 }, S0, offset as i32);
                ExitReason::LoadAddressMisaligned(address)
            } else {
                a.s(op, A2, S0, offset as i32);
                ExitReason::StoreAddressMisaligned(address)
            };
            let c = straight(GROUP, format!("{m}-misaligned-{how}-{residue}"), &a, reason);
            cases.push(c.regs(&[(A2, 77)]).memory(&[(DATA, pattern(DATA))]));
        }
    }
    cases
}

/// Addresses that cannot be loaded from or stored to. A load goes to x0 in every second case: it faults all the
/// same.
fn bad_addresses(op: Op) -> Vec<Case> {
    let is_store = STORE_OPS.contains(&op);
    let n = size(op);
    let mut places = vec![
        ("null", 0),
        ("page-0-end", 0x1000 - n),
        ("below-constants", RODATA - n),
        ("between", RODATA + 0x1000),
        ("guard", HEAP_END),
        ("guard-end", INPUT - n),
        ("behind-input", INPUT + 0x1000),
        ("last", u32::MAX - n + 1),
        ("middle", 0x8000_0000),
    ];
    if is_store {
        places.extend([
            ("constants", RODATA + 8),
            ("constants-end", RODATA + 0x1000 - n),
            ("input", INPUT),
            ("input-end", INPUT + 0x1000 - n),
        ]);
    }
    let mut cases = Vec::new();
    for (i, (name, address)) in places.into_iter().enumerate() {
        let mut a = asm();
        // The address wraps from a base above it, or below it, or is the base itself.
        let offset = [0, 16, -16, 2047][i % 4];
        a.li2(S0, address.wrapping_sub(offset as u32)).li(A2, 77).li(A3, -1i32 as u32);
        let reason = if is_store {
            a.s(op, A3, S0, offset);
            ExitReason::StoreAccessFault(address)
        } else {
            a.i(op, if i % 2 == 0 { A2 } else { ZERO }, S0, offset);
            ExitReason::LoadAccessFault(address)
        };
        let mut c = straight(GROUP, format!("{}-bad-{name}", op.info().mnemonic), &a, reason);
        c.setup = c.setup.input(b"input");
        cases.push(c.regs(&[(A2, 77)]));
    }
    cases
}

/// Sub-word stores seen through every load.
fn store_then_load() -> Case {
    let mut a: Asm = asm();
    a.li(S0, HEAP).li(A0, 0x8182_83f4).s(Op::Sw, A0, S0, 0);
    a.li(A1, 0x1275).s(Op::Sb, A1, S0, 1).s(Op::Sh, A1, S0, 2);
    a.i(Op::Lw, A2, S0, 0).i(Op::Lb, A3, S0, 0).i(Op::Lhu, A4, S0, 0).i(Op::Lh, 15, S0, 2);
    passes(GROUP, "store-then-load", &mut a)
        .regs(&[(A2, 0x1275_75f4), (A3, 0xffff_fff4), (A4, 0x75f4), (15, 0x1275)])
        .memory(&[(HEAP, 0x1275_75f4)])
}

/// An address both misaligned and unmapped: the manual leaves the choice, SPEC takes alignment first.
fn misaligned_before_unmapped() -> Case {
    let mut a = asm();
    a.i(Op::Lw, A2, ZERO, 2);
    straight(GROUP, "misaligned-and-unmapped", &a, ExitReason::LoadAddressMisaligned(2))
}
