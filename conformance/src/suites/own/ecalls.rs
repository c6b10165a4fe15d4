//! exit, read, write, ebreak, and numbers that are none. SPEC section 4.

use ember_isa::reg::{A0, A1, A2, T0};
use ember_isa::{ExitReason, Op, ecall};
use ember_memory::{PAGE_SIZE, Perm};
use ember_vm::{MAX_IO_LEN, abort};

use super::{A3, CODE, Case, DATA, EBREAK, S0, asm, case, passes, straight};
use crate::asm::Asm;
use crate::setup::{HEAP, HEAP_END, INPUT, RODATA, pattern};

const GROUP: &str = "ecalls";

/// `a0 = fd; a1 = pointer; a2 = length; t0 = number; ecall`.
fn io(a: &mut Asm, number: u32, fd: u32, pointer: u32, len: u32) {
    a.li(A0, fd).li2(A1, pointer).li2(A2, len).ecall(number);
}

/// A pointer that cannot be used: name, address, length, and the first bad address.
pub(super) type BadPointer = (&'static str, u32, u32, u32);

/// Pointers that can be neither read from nor written to. The public input is there, one page of it.
const UNMAPPED: [BadPointer; 10] = [
    ("null", 0, 1, 0),
    ("code", CODE, 4, CODE),
    ("code-middle", CODE + 7, 1, CODE + 7),
    ("into-code", CODE - 2, 4, CODE - 2),
    ("unmapped", 0x7000_0000, 8, 0x7000_0000),
    ("heap-to-guard", HEAP_END - 3, 4, HEAP_END),
    ("whole-memory-and-more", DATA, HEAP_END - DATA + 1, HEAP_END),
    ("guard-to-input", INPUT - 1, 8, INPUT - 1),
    ("wraps", 0xffff_fff0, 0x20, 0xffff_fff0),
    ("all", DATA, u32::MAX, HEAP_END),
];

/// Pointers that begin where reading is allowed and writing is not, and end where nothing is mapped.
const ENDS: [(&str, u32); 2] =
    [("constants-to-unmapped", RODATA + PAGE_SIZE), ("input-to-unmapped", INPUT + PAGE_SIZE)];

/// Pointers that cannot be read from.
pub(super) fn unreadable() -> Vec<BadPointer> {
    UNMAPPED.into_iter().chain(ENDS.map(|(name, end)| (name, end - 1, 2, end))).collect()
}

/// Pointers that cannot be written to.
pub(super) fn unwritable() -> Vec<BadPointer> {
    let read_only = [
        ("constants", RODATA, 4, RODATA),
        ("input", INPUT + 3, 1, INPUT + 3),
        ("input-long", INPUT, PAGE_SIZE + 1, INPUT),
    ];
    let ends = ENDS.map(|(name, end)| (name, end - 1, 2, end - 1));
    UNMAPPED.into_iter().chain(read_only).chain(ends).collect()
}

pub fn cases() -> Vec<Case> {
    let mut cases = endings();
    cases.extend(bad_pointers());
    cases.extend(reads());
    cases.extend(writes());
    cases
}

/// Exit codes, ebreak, unknown numbers.
fn endings() -> Vec<Case> {
    let mut cases = Vec::new();
    for code in [0, 1, 2, 255, 256, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        let mut a = asm();
        a.li(A0, code).li(A2, 9).ecall(ecall::EXIT);
        let c = straight(GROUP, format!("exit-{code:x}"), &a, ExitReason::Halt(code));
        cases.push(c.only_regs(&[(A0, code), (A2, 9), (T0, 93)]));
    }
    // Neighbours of the known numbers, the accelerators' range, the ends of the host's.
    for number in [
        0,
        1,
        62,
        65,
        92,
        94,
        214,
        0xfff,
        0x1007,
        0x1010,
        0x1fff,
        0x3000,
        0x3001,
        0x0001_0040,
        0x8000_0000,
        93 | 1 << 31,
        u32::MAX,
    ] {
        let mut a = asm();
        a.li(A0, 0).li2(T0, number).op(Op::Ecall, 0, 0, 0, 0);
        let c = straight(GROUP, format!("unknown-{number:x}"), &a, ExitReason::UnknownEcall(number));
        cases.push(c.only_regs(&[(A0, 0), (T0, number)]));
    }
    let mut a = asm();
    a.li(A0, 1).word(EBREAK).exit_ok();
    let c = case(GROUP, "ebreak", &a, ExitReason::Breakpoint, CODE + 4);
    cases.push(c.cost(2, 1).only_regs(&[(A0, 1)]));
    cases
}

/// Each call with each pointer that it cannot use. Nothing is moved: the journal stays empty, memory as it was.
fn bad_pointers() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut bad = |call: &str, number: u32, fd: u32, (name, pointer, len, at): BadPointer| {
        let mut a = asm();
        io(&mut a, number, fd, pointer, len);
        let reason = if number == ecall::READ {
            ExitReason::StoreAccessFault(at)
        } else {
            ExitReason::LoadAccessFault(at)
        };
        let mut c = straight(GROUP, format!("{call}-bad-{name}"), &a, reason);
        c.setup = c.setup.input(b"public").private(b"private input");
        let registers = [(A0, fd), (A1, pointer), (A2, len), (T0, number)];
        let memory = [(DATA, pattern(DATA)), (HEAP_END - 4, 0)];
        cases.push(c.only_regs(&registers).memory(&memory).private_bytes(0));
    };
    for (call, fd) in
        [("journal", ecall::FD_JOURNAL), ("stdout", ecall::FD_STDOUT), ("stderr", ecall::FD_STDERR)]
    {
        unreadable().into_iter().for_each(|p| bad(call, ecall::WRITE, fd, p));
    }
    unwritable().into_iter().for_each(|p| bad("read", ecall::READ, ecall::FD_INPUT, p));
    // A length of zero touches nothing, wherever the pointer leads; neither does a descriptor that is none.
    for (name, pointer) in [("null", 0), ("code", CODE), ("unmapped", 0x7000_0001), ("last", u32::MAX)] {
        let mut a = asm();
        for (number, fd) in [(ecall::READ, 0), (ecall::WRITE, 1), (ecall::WRITE, 2), (ecall::WRITE, 3)] {
            io(&mut a, number, fd, pointer, 0);
            a.r(Op::Or, A3, A3, A0);
        }
        let mut c = passes(GROUP, format!("empty-at-{name}"), &mut a).regs(&[(A3, 0)]);
        c.setup = c.setup.private(b"private input");
        cases.push(c.private_bytes(0));
        let mut a = asm();
        for (number, fd) in [(ecall::READ, 1), (ecall::READ, 3), (ecall::READ, u32::MAX), (ecall::WRITE, 0)] {
            io(&mut a, number, fd, pointer, 4);
            a.r(Op::Add, A3, A3, A0);
        }
        io(&mut a, ecall::WRITE, 4, pointer, 4);
        a.r(Op::Add, A3, A3, A0);
        let mut c = passes(GROUP, format!("no-descriptor-at-{name}"), &mut a);
        c.setup = c.setup.private(b"private input");
        cases.push(c.regs(&[(A3, ecall::EBADF.wrapping_mul(5))]).private_bytes(0));
    }
    cases
}

/// What `read` delivers: portions, the end, alignment, pages.
fn reads() -> Vec<Case> {
    let mut cases = Vec::new();
    let private = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let word = |i: usize| u32::from_le_bytes(private[i..i + 4].try_into().expect("four bytes"));
    // Twice, the second time past the end, then at the end.
    let mut a = asm();
    io(&mut a, ecall::READ, 0, HEAP, 20);
    a.mv(S0, A0);
    io(&mut a, ecall::READ, 0, HEAP + 32, 100);
    a.mv(A3, A0);
    io(&mut a, ecall::READ, 0, HEAP + 64, 8);
    a.mv(14, A0);
    let mut c = passes(GROUP, "read-portions", &mut a).regs(&[(S0, 20), (A3, 16), (14, 0)]);
    c.setup = c.setup.private(private);
    cases.push(c.private_bytes(36).memory(&[
        (HEAP, word(0)),
        (HEAP + 16, word(16)),
        (HEAP + 20, 0),
        (HEAP + 32, word(20)),
        (HEAP + 44, word(32)),
        (HEAP + 48, 0),
        (HEAP + 64, 0),
    ]));
    // Every alignment of pointer and length: the bytes around stay.
    for (offset, len) in [(1, 1), (1, 2), (2, 2), (3, 5), (1, 7), (0, 3), (3, 1)] {
        let mut a = asm();
        io(&mut a, ecall::READ, 0, DATA + 8 + offset, len);
        a.mv(A3, A0);
        let mut bytes: Vec<u8> = (0..4).flat_map(|i| pattern(DATA + 4 + 4 * i).to_le_bytes()).collect();
        let start = 4 + offset as usize;
        bytes[start..start + len as usize].copy_from_slice(&private[..len as usize]);
        let words: Vec<(u32, u32)> = bytes
            .chunks_exact(4)
            .enumerate()
            .map(|(i, w)| (DATA + 4 + 4 * i as u32, u32::from_le_bytes(w.try_into().expect("four bytes"))))
            .collect();
        let mut c =
            passes(GROUP, format!("read-at-{offset}-of-{len}"), &mut a).regs(&[(A3, len)]).memory(&words);
        c.setup = c.setup.private(private);
        cases.push(c.private_bytes(len.into()));
    }
    // From the image's data into the heap, across the page that divides them.
    let mut a = asm();
    io(&mut a, ecall::READ, 0, HEAP - 6, 12);
    a.li(S0, HEAP).i(Op::Lw, A3, S0, -4).i(Op::Lw, 14, S0, 0);
    let mut c = passes(GROUP, "read-across-pages", &mut a).regs(&[(A3, word(2)), (14, word(6))]);
    c.setup = c.setup.private(private);
    cases.push(c.memory(&[
        (HEAP - 4, word(2)),
        (HEAP, word(6)),
        (HEAP + 4, u32::from_le_bytes([private[10], private[11], 0, 0])),
    ]));
    // More than one call moves, of memory that ends before: what is beyond does not count.
    let mut a = asm();
    io(&mut a, ecall::READ, 0, HEAP + 3, u32::MAX);
    a.mv(A3, A0);
    let mut c = passes(GROUP, "read-long", &mut a).regs(&[(A3, 36)]).memory(&[(HEAP + 4, word(1))]);
    c.setup = c.setup.private(private);
    c.setup.config.memory_limit = 2 << 20;
    cases.push(c.private_bytes(36));
    // No private input at all.
    let mut a = asm();
    io(&mut a, ecall::READ, 0, DATA, 8);
    a.mv(A3, A0);
    let c = passes(GROUP, "read-nothing", &mut a).regs(&[(A3, 0)]).private_bytes(0);
    cases.push(c.memory(&[(DATA, pattern(DATA))]));
    cases
}

/// What `write` takes: the journal, the console, from every kind of page.
fn writes() -> Vec<Case> {
    let mut cases = Vec::new();
    let rodata: Vec<u8> = (RODATA..RODATA + 64).step_by(4).flat_map(|a| pattern(a).to_le_bytes()).collect();
    for (offset, len) in [(0, 1), (1, 1), (1, 3), (2, 2), (3, 6), (0, 64)] {
        let mut a = asm();
        io(&mut a, ecall::WRITE, 3, RODATA + offset, len);
        a.mv(A3, A0);
        let (from, to) = (offset as usize, (offset + len) as usize);
        let c = passes(GROUP, format!("journal-from-{offset}-of-{len}"), &mut a).regs(&[(A3, len)]);
        cases.push(c.journal(&rodata[from..to]));
    }
    // Several writes append; the console is no part of the journal.
    let mut a = asm();
    io(&mut a, ecall::WRITE, 3, RODATA, 5);
    io(&mut a, ecall::WRITE, 1, RODATA + 8, 4);
    io(&mut a, ecall::WRITE, 3, RODATA + 5, 7);
    io(&mut a, ecall::WRITE, 2, RODATA + 16, 3);
    io(&mut a, ecall::WRITE, 3, INPUT, 6);
    io(&mut a, ecall::WRITE, 3, HEAP_END - 2, 2);
    let mut c = passes(GROUP, "journal-and-console", &mut a);
    c.setup = c.setup.input(b"public");
    c.expect.console = vec![(1, rodata[8..12].to_vec()), (2, rodata[16..19].to_vec())];
    cases.push(c.journal([&rodata[..12], b"public\0\0"].concat()));
    // More than a page at once, across two segments of one permission.
    let mut a = asm();
    io(&mut a, ecall::WRITE, 3, RODATA + 2, 2 * PAGE_SIZE - 4);
    let words: Vec<u32> = (0..1024).map(|i: u32| i.wrapping_mul(0x0101_0001)).collect();
    let mut c = passes(GROUP, "journal-of-pages", &mut a);
    c.setup = c.setup.part(RODATA + PAGE_SIZE, &words, Perm::READ);
    let whole: Vec<u8> = (RODATA..RODATA + PAGE_SIZE)
        .step_by(4)
        .map(pattern)
        .chain(words)
        .flat_map(u32::to_le_bytes)
        .collect();
    cases.push(c.journal(&whole[2..whole.len() - 2]));
    // More than one call moves: it moves what it can, and says so.
    let mut a = asm();
    io(&mut a, ecall::WRITE, 1, HEAP + 1, 0x8000_0001);
    a.mv(A3, A0);
    let mut c = passes(GROUP, "write-long", &mut a).regs(&[(A3, MAX_IO_LEN)]);
    c.setup.config.memory_limit = 2 << 20;
    c.expect.console = vec![(1, vec![0; MAX_IO_LEN as usize])];
    cases.push(c);
    // A journal has a largest size; the write that would pass it writes nothing.
    let mut a = asm();
    io(&mut a, ecall::WRITE, 3, HEAP, 4);
    io(&mut a, ecall::WRITE, 3, HEAP, ember_vm::MAX_JOURNAL_LEN - 3);
    let mut c = straight(GROUP, "journal-full", &a, ExitReason::HostAbort(abort::JOURNAL_FULL));
    c.setup.config.memory_limit = 2 << 20;
    cases.push(c.journal([0; 4]));
    cases
}
