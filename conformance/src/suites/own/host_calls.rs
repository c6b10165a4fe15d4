//! The embedding's calls: buffers, answers, aborts, the transcript. SPEC section 4. What the host answers is
//! [`crate::host::call`].

use ember_isa::reg::{A0, A1, A2, T0};
use ember_isa::{ExitReason, Op};
use ember_memory::Transcript;
use ember_memory::digest::Hasher;
use ember_vm::{MAX_HOST_CALL_LEN, abort};

use super::ecalls::{unreadable, unwritable};
use super::{A3, Case, DATA, S0, asm, passes, straight};
use crate::asm::Asm;
use crate::host::call;
use crate::setup::{HEAP, INPUT, RODATA, pattern};

const GROUP: &str = "host-calls";

/// Words of code that [`host_call`] adds.
const CALL_WORDS: u64 = 11;

/// `t0 = number; a0 = input; a1 = its length; a2 = output; a3 = its length; ecall`.
fn host_call(a: &mut Asm, number: u32, input: (u32, u32), output: (u32, u32)) {
    a.li2(A0, input.0).li2(A1, input.1).li2(A2, output.0).li2(A3, output.1).li2(T0, number);
    a.op(Op::Ecall, 0, 0, 0, 0);
}

/// Bytes of the constants from an offset on.
fn constants(offset: u32, len: u32) -> Vec<u8> {
    let all: Vec<u8> = (RODATA..RODATA + 256).step_by(4).flat_map(|a| pattern(a).to_le_bytes()).collect();
    all[offset as usize..(offset + len) as usize].to_vec()
}

/// The words that hold `bytes` at `address` in zeroed memory, and a zero word behind them.
fn words_at(address: u32, bytes: &[u8]) -> Vec<(u32, u32)> {
    let mut padded = bytes.to_vec();
    padded.splice(0..0, vec![0; address as usize % 4]);
    padded.resize(padded.len().next_multiple_of(4) + 4, 0);
    let words = padded.chunks_exact(4).map(|w| u32::from_le_bytes(w.try_into().expect("four bytes")));
    (address & !3..).step_by(4).zip(words).collect()
}

/// The transcript of calls that returned: number, gas before, input, output.
fn transcript(calls: &[(u32, u64, &[u8], &[u8])]) -> Transcript {
    let h = Hasher::default();
    let mut t = Transcript::default();
    calls.iter().for_each(|(number, gas, input, output)| t.absorb_return(&h, *number, *gas, input, output));
    t
}

pub fn cases() -> Vec<Case> {
    let mut cases = returns();
    cases.extend(aborts());
    cases.extend(bad_pointers());
    cases
}

fn returns() -> Vec<Case> {
    let mut cases = Vec::new();
    let count: Vec<u8> = (1..=40).collect();
    let reverse = |offset, len| constants(offset, len).into_iter().rev().collect::<Vec<u8>>();
    // Number, input's offset and length in the constants, output's address and length, what comes back.
    type Row = (&'static str, u32, (u32, u32), (u32, u32), Vec<u8>);
    let table: [Row; 14] = [
        ("reverse", call::REVERSE, (0, 16), (HEAP, 16), reverse(0, 16)),
        ("reverse-shorter-buffer", call::REVERSE, (0, 16), (HEAP, 9), reverse(0, 16)[..9].to_vec()),
        ("reverse-longer-buffer", call::REVERSE, (4, 5), (HEAP, 32), reverse(4, 5)),
        ("reverse-no-buffer", call::REVERSE, (0, 16), (HEAP, 0), Vec::new()),
        ("reverse-nothing", call::REVERSE, (0, 0), (HEAP, 8), Vec::new()),
        ("reverse-unaligned", call::REVERSE, (3, 7), (HEAP + 1, 7), reverse(3, 7)),
        ("fill", call::FILL, (0, 4), (HEAP, 32), count[..32].to_vec()),
        ("fill-unaligned", call::FILL, (1, 2), (HEAP + 3, 6), count[..6].to_vec()),
        ("fill-one", call::FILL, (0, 0), (HEAP + 2, 1), vec![1]),
        ("overflow-is-cut", call::OVERFLOW, (0, 1), (HEAP, 5), count[..5].to_vec()),
        ("overflow-of-nothing", call::OVERFLOW, (0, 1), (HEAP, 0), Vec::new()),
        ("pause", call::PAUSE, (0, 12), (HEAP, 12), constants(0, 12)),
        ("empty", call::EMPTY, (8, 8), (HEAP, 8), Vec::new()),
        ("empty-empty", call::EMPTY, (0, 0), (HEAP, 0), Vec::new()),
    ];
    for (name, number, (offset, in_len), output, want) in table {
        let mut a = asm();
        host_call(&mut a, number, (RODATA + offset, in_len), output);
        a.mv(S0, A0);
        // With a price of 1 for everything, the call comes after as many gas as words.
        let gas = CALL_WORDS - 1;
        let mut c =
            passes(GROUP, name, &mut a).regs(&[(S0, want.len() as u32)]).memory(&words_at(output.0, &want));
        c.expect.transcript = Some(transcript(&[(number, gas, &constants(offset, in_len), &want)]).0);
        cases.push(c);
    }
    cases.push(in_place());
    cases.push(several());
    cases.push(empty_buffers_anywhere());
    cases
}

/// Input and output share bytes: the whole input is read first.
fn in_place() -> Case {
    let mut a = asm();
    host_call(&mut a, call::REVERSE, (DATA, 12), (DATA + 4, 12));
    let input: Vec<u8> = (0..3).flat_map(|i| pattern(DATA + 4 * i).to_le_bytes()).collect();
    let output: Vec<u8> = input.iter().rev().copied().collect();
    let swapped = |i: u32| pattern(DATA + 8 - 4 * i).swap_bytes();
    let mut c = passes(GROUP, "in-place", &mut a).memory(&[
        (DATA, pattern(DATA)),
        (DATA + 4, swapped(0)),
        (DATA + 8, swapped(1)),
        (DATA + 12, swapped(2)),
        (DATA + 16, pattern(DATA + 16)),
    ]);
    c.expect.transcript = Some(transcript(&[(call::REVERSE, CALL_WORDS - 1, &input, &output)]).0);
    c
}

/// Two calls: the order counts, and the gas before each.
fn several() -> Case {
    let mut a = asm();
    host_call(&mut a, call::FILL, (RODATA, 20), (HEAP, 3));
    host_call(&mut a, call::REVERSE, (HEAP, 3), (HEAP + 8, 3));
    let mut c = passes(GROUP, "several", &mut a).memory(&[(HEAP, 0x03_0201), (HEAP + 8, 0x01_0203)]);
    let calls: [(u32, u64, &[u8], &[u8]); 2] = [
        (call::FILL, CALL_WORDS - 1, &constants(0, 20), &[1, 2, 3]),
        (call::REVERSE, 2 * CALL_WORDS - 1, &[1, 2, 3], &[3, 2, 1]),
    ];
    c.expect.transcript = Some(transcript(&calls).0);
    c
}

/// Buffers of no bytes may be anywhere.
fn empty_buffers_anywhere() -> Case {
    let mut a = asm();
    host_call(&mut a, call::EMPTY, (0, 0), (0x7000_0001, 0));
    host_call(&mut a, call::EMPTY, (u32::MAX, 0), (crate::setup::CODE, 0));
    let mut c = passes(GROUP, "empty-buffers-anywhere", &mut a);
    let call = |n: u64| (call::EMPTY, n * CALL_WORDS - 1, &[][..], &[][..]);
    c.expect.transcript = Some(transcript(&[call(1), call(2)]).0);
    c
}

fn aborts() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut abort = |name: &str, number: u32, in_len: u32, out_len: u32, memory: u32, code: u32| {
        let mut a = asm();
        host_call(&mut a, number, (HEAP, in_len), (HEAP, out_len));
        let mut c = straight(GROUP, name, &a, ExitReason::HostAbort(code));
        c.setup.config.memory_limit = memory;
        let mut t = Transcript::default();
        t.absorb_abort(&Hasher::default(), number, CALL_WORDS, in_len, out_len, code);
        c.expect.transcript = Some(t.0);
        cases.push(c.regs(&[(A0, HEAP)]));
    };
    let small = crate::setup::MEMORY_LIMIT;
    abort("abort-0", call::ABORT, 8, 8, small, 0);
    abort("no-such-call", 0x2ffe, 8, 8, small, abort::NO_SUCH_CALL);
    abort("no-such-call-without-buffers", 0x2800, 0, 0, small, abort::NO_SUCH_CALL);
    let long = MAX_HOST_CALL_LEN + 1;
    abort("input-too-long", call::EMPTY, long, 0, 2 << 20, abort::TOO_LONG);
    abort("output-too-long", call::EMPTY, 0, long, 2 << 20, abort::TOO_LONG);
    for code in [1, 0x8000_0000, u32::MAX] {
        let mut a = asm();
        a.li(S0, HEAP).li2(A1, code).s(Op::Sw, A1, S0, 0);
        host_call(&mut a, call::ABORT, (HEAP, 4), (HEAP, 4));
        let gas = a.count();
        let mut c = straight(GROUP, format!("abort-{code:x}"), &a, ExitReason::HostAbort(code));
        let mut t = Transcript::default();
        t.absorb_abort(&Hasher::default(), call::ABORT, gas, 4, 4, code);
        c.expect.transcript = Some(t.0);
        cases.push(c.memory(&[(HEAP, code)]));
    }
    cases
}

/// Each bad pointer as input, then as output; the input is looked at first. The call is not made: the transcript
/// stays empty.
fn bad_pointers() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut bad = |name: String, input: (u32, u32), output: (u32, u32), reason: ExitReason| {
        let mut a = asm();
        host_call(&mut a, call::FILL, input, output);
        let mut c = straight(GROUP, name, &a, reason);
        c.setup = c.setup.input(b"public");
        c.expect.transcript = Some(Transcript::default().0);
        let registers = [(A0, input.0), (A1, input.1), (A2, output.0), (A3, output.1), (T0, call::FILL)];
        cases.push(c.only_regs(&registers).memory(&[(DATA, pattern(DATA)), (HEAP, 0)]));
    };
    for (name, pointer, len, at) in unreadable() {
        let fault = ExitReason::LoadAccessFault(at);
        bad(format!("input-bad-{name}"), (pointer, len), (DATA, 8), fault);
    }
    for (name, pointer, len, at) in unwritable() {
        let fault = ExitReason::StoreAccessFault(at);
        bad(format!("output-bad-{name}"), (DATA, 8), (pointer, len), fault);
    }
    bad("both-bad".to_owned(), (INPUT - 4, 4), (0, 4), ExitReason::LoadAccessFault(INPUT - 4));
    cases
}
