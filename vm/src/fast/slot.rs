//! Slots: the form of one instruction inside an op, and what each kind of slot does.
//!
//! | kinds | bytes |
//! |---|---|
//! | register-register | rs1, rd, rs2, 0 |
//! | register-immediate | rs1, rd, immediate (16 bits, signed) |
//! | [`ROT`] | rs1, rd, rs2, n: `rd = rs1 >> n \| rs2 << (32 - n)`, three instructions |
//! | loads | rs1, rd, 0, 0, offset (32 bits) |
//! | stores | rs1, rs2, 0, 0, offset |
//! | [`LI`] | 0, rd, 0, 0, value (32 bits) |
//!
//! Registers are byte offsets into the context, offsets are the immediate less the guest address of the first
//! writable byte, and numbers are in the host's order of bytes. A slot may take operands from the results of earlier
//! slots of its op, which are still in registers, and need not write a result that a later slot of the op overwrites
//! ([`Spec`]): what bounds the speed of these handlers is the number of their accesses to memory.

use super::state::{Context, SP, Word};

macro_rules! kinds {
    ($($name:ident = $value:literal,)*) => { $(pub(crate) const $name: u8 = $value;)* };
}

kinds! {
    ADD = 0, SUB = 1, XOR = 2, OR = 3, AND = 4, SLL = 5, SRL = 6, SRA = 7, SLT = 8, SLTU = 9, MUL = 10,
    ADDI = 11, XORI = 12, ORI = 13, ANDI = 14, SLLI = 15, SRLI = 16, SRAI = 17, SLTI = 18, SLTIU = 19,
    LI = 20, LW = 21, LBU = 22, LHU = 23, LB = 24, LH = 25, SW = 26, SB = 27, SH = 28, ROT = 29,
    MULHU = 30, NOP = 31,
    // With the stack pointer, which is in a register of the host: load, store, `sp += imm`, `rd = sp + imm`.
    LWSP = 32, SWSP = 33, ADDISP = 34, LEASP = 35,
    // These stand alone in an op.
    MULH = 36, MULHSU = 37, DIV = 38, DIVU = 39, REM = 40, REMU = 41,
    // After any other write to the stack pointer.
    RELOAD = 42,
}

/// Number of kinds that may share an op.
pub(crate) const SHARED: usize = 36;

/// What a handler knows of a slot: its kind, and for each of two operands which earlier slot of the same op has
/// just computed it, so that it is still in a register. Zero stands for a register of the machine.
///
/// The first operand of a load or store is its address, the second one of a store its value.
pub(crate) type Spec = u16;

/// The first operand is the result of slot `n`.
pub(crate) const fn first_from(n: u16) -> Spec {
    (n + 1) << 6
}

/// The second operand is the result of slot `n`.
pub(crate) const fn second_from(n: u16) -> Spec {
    (n + 1) << 10
}

/// The result is not written: a later slot of the op overwrites it, and nothing between them reads the register.
pub(crate) const LOST: Spec = 1 << 14;

/// Bits of a slot's kind.
pub(crate) const KIND: Spec = 63;

/// The kind of a slot.
pub(crate) const fn kind_of(spec: Spec) -> u8 {
    (spec & KIND) as u8
}

/// No slot.
pub(crate) const NONE: Spec = NOP as Spec;

/// Where the first operand comes from: 0 for a register, `n + 1` for slot `n`.
pub(crate) const fn first_source(spec: Spec) -> u16 {
    spec >> 6 & 15
}

/// Where the second operand comes from.
pub(crate) const fn second_source(spec: Spec) -> u16 {
    spec >> 10 & 15
}

/// Most slots of an op.
pub(crate) const MOST: usize = 4;

/// Results of the op's slots so far.
pub(crate) type Results = [u32; MOST];

/// Reads the register at byte offset `at`.
///
/// # Safety
/// `cx` is valid; `at` is a multiple of 4, at most [`super::state::SINK`].
#[inline(always)]
pub(crate) unsafe fn get(cx: *mut Context, at: u8) -> u32 {
    // SAFETY: the registers are the context's first field, and `at` lies within them.
    unsafe { cx.cast::<u8>().add(at as usize).cast::<u32>().read() }
}

/// [`get`], of an offset that needs no cut.
///
/// # Safety
/// As [`get`].
#[inline(always)]
unsafe fn get_wide(cx: *mut Context, at: u32) -> u32 {
    // SAFETY: as in `get`.
    unsafe { cx.cast::<u8>().add(at as usize).cast::<u32>().read() }
}

/// Writes the register at byte offset `at`.
///
/// # Safety
/// As [`get`].
#[inline(always)]
pub(crate) unsafe fn set(cx: *mut Context, at: u8, value: u32) {
    // SAFETY: as in `get`.
    unsafe { cx.cast::<u8>().add(at as usize).cast::<u32>().write(value) }
}

/// Bytes of a slot.
pub(crate) const fn size(kind: u8) -> usize {
    if is_load(kind) || is_store(kind) || kind == LI { 8 } else { 4 }
}

/// Byte offset of slot `n` of an op, from the first one; of the end, for [`MOST`].
pub(crate) const fn slot_offset(specs: [Spec; MOST], n: usize) -> usize {
    let (mut i, mut offset) = (0, 0);
    while i < n {
        if i == 0 || specs[i] != NONE {
            offset += size(kind_of(specs[i]));
        }
        i += 1;
    }
    offset
}

/// Words of an op that hold slots.
pub(crate) const fn slot_words(specs: [Spec; MOST]) -> usize {
    slot_offset(specs, MOST).div_ceil(size_of::<Word>())
}

/// Byte `n` of a slot.
///
/// # Safety
/// `s` is a slot.
#[inline(always)]
unsafe fn byte(s: *const u8, n: usize) -> u8 {
    // SAFETY: a slot has four bytes at least.
    unsafe { s.add(n).read() }
}

/// Destination of a slot: its byte 1.
///
/// Volatile, so that it is not cut out of the four bytes that are read for the operands: those that ask for `ah` cost
/// a saved register.
///
/// # Safety
/// `s` is a slot.
#[inline(always)]
unsafe fn rd(s: *const u8) -> u8 {
    // SAFETY: as in `byte`.
    unsafe { s.add(1).read_volatile() }
}

/// The first four bytes of a slot.
///
/// # Safety
/// `s` is a slot.
#[inline(always)]
unsafe fn quad(s: *const u8) -> u32 {
    // SAFETY: slots are aligned to four bytes.
    u32::from_le(unsafe { s.cast::<u32>().read() })
}

#[inline(always)]
unsafe fn imm16(s: *const u8) -> u32 {
    // SAFETY: a slot has four bytes and is aligned to as many.
    i16::from_le(unsafe { s.add(2).cast::<i16>().read() }) as u32
}

/// The second four bytes of a slot.
///
/// # Safety
/// `s` is a slot of eight bytes.
#[inline(always)]
unsafe fn wide(s: *const u8) -> u32 {
    // SAFETY: the caller's; slots are aligned to four bytes.
    unsafe { s.add(4).cast::<u32>().read() }
}

/// Whether a kind loads.
pub(crate) const fn is_load(kind: u8) -> bool {
    (kind >= LW && kind <= LH) || kind == LWSP
}

/// Whether a kind stores.
pub(crate) const fn is_store(kind: u8) -> bool {
    (kind >= SW && kind <= SH) || kind == SWSP
}

/// log2 of the bytes that a kind accesses.
const fn log_size(kind: u8) -> u32 {
    match kind {
        LBU | LB | SB => 0,
        LHU | LH | SH => 1,
        _ => 2,
    }
}

/// The two operands of a slot, or of a branch.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
pub(crate) unsafe fn two<const K: Spec>(s: *const u8, cx: *mut Context, results: &Results) -> (u32, u32) {
    // SAFETY: the slot's registers are offsets into the context.
    unsafe {
        match const { (first_source(K) as usize, second_source(K) as usize) } {
            (0, 0) if const { kind_of(K) != ROT } => {
                let quad = quad(s);
                (get(cx, quad as u8), get_wide(cx, quad >> 16))
            }
            (0, 0) => (get(cx, byte(s, 0)), get(cx, byte(s, 2))),
            (n, 0) => (results[n - 1], get(cx, byte(s, 2))),
            (0, n) => (get(cx, byte(s, 0)), results[n - 1]),
            (n, m) => (results[n - 1], results[m - 1]),
        }
    }
}

/// The operand and the immediate of a slot.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
unsafe fn one<const K: Spec>(s: *const u8, cx: *mut Context, results: &Results) -> (u32, u32) {
    // SAFETY: the slot's registers are offsets into the context.
    unsafe {
        match const { first_source(K) as usize } {
            0 => {
                let quad = quad(s);
                (get(cx, quad as u8), (quad as i32 >> 16) as u32)
            }
            n => (results[n - 1], imm16(s)),
        }
    }
}

/// Whether an access at `at` is aligned and within `words` words.
///
/// The rotation takes low bits, which must be zero, to the top, where they make the number too large. The window
/// has less than 2^30 words.
#[inline(always)]
fn inside<const K: Spec>(at: u32, words: u32) -> bool {
    at.rotate_right(const { log_size(kind_of(K)) }) >> const { 2 - log_size(kind_of(K)) } < words
}

/// Offset of a load's or store's address from the first writable byte.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
unsafe fn target<const K: Spec>(s: *const u8, cx: *mut Context, sp: u32, results: &Results) -> u32 {
    // SAFETY: the caller's.
    let address = unsafe {
        match const { first_source(K) as usize } {
            _ if const { matches!(kind_of(K), LWSP | SWSP) } => sp,
            0 => get(cx, byte(s, 0)),
            n => results[n - 1],
        }
    };
    // SAFETY: loads and stores have eight bytes.
    address.wrapping_add(unsafe { wide(s) })
}

/// What `load` gives of the place that a load accesses, if that is inside the window and aligned.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
unsafe fn load<const K: Spec, T>(
    at: u32,
    cx: *mut Context,
    mem: *mut u8,
    words: u32,
    load: impl Fn(*const u8) -> T,
) -> Option<T> {
    // SAFETY: the caller's. The window's writable part begins at `mem`; constants are before it.
    unsafe {
        if inside::<K>(at, words) {
            return Some(load(mem.add(at as usize)));
        }
        core::hint::cold_path();
        let at = at.wrapping_add((*cx).constant_len);
        inside::<K>(at, (*cx).constant_words).then(|| load((*cx).constants.add(at as usize)))
    }
}

/// Executes a slot and returns its result; or does nothing and returns `None`: a load or store anywhere outside the
/// window or misaligned.
///
/// What the kind decides is decided in inline constants, so that a handler has the code of its own kinds alone even
/// before any optimisation: there are thousands.
///
/// # Safety
/// `s` is a slot of kind `K`, `cx` is valid, and `mem`, `words` and the context describe the window. `sp` is the stack
/// pointer. The results that `K` takes are those of earlier slots.
#[inline(always)]
pub(crate) unsafe fn run<const K: Spec>(
    s: *const u8,
    cx: *mut Context,
    mem: *mut u8,
    sp: &mut u32,
    words: u32,
    results: &Results,
) -> Option<u32> {
    // SAFETY: the slot's registers are offsets into the context. Loads and stores check their offset against the
    // window; what `inside` admits is aligned, as the window is aligned to 16 bytes at least.
    unsafe {
        if const { kind_of(K) == NOP } {
            return Some(0);
        }
        if const { kind_of(K) == RELOAD } {
            *sp = get(cx, SP);
            return Some(0);
        }
        if const { is_store(kind_of(K)) } {
            let at = target::<K>(s, cx, *sp, results);
            if !inside::<K>(at, words) {
                return None;
            }
            let to = mem.add(at as usize);
            let value = match const { second_source(K) as usize } {
                0 => get(cx, byte(s, 1)),
                n => results[n - 1],
            };
            match const { log_size(kind_of(K)) } {
                0 => to.write(value as u8),
                1 => to.cast::<u16>().write((value as u16).to_le()),
                _ => to.cast::<u32>().write(value.to_le()),
            }
            return Some(0);
        }
        let value =
            if const { is_load(kind_of(K)) } {
                load::<K, u32>(target::<K>(s, cx, *sp, results), cx, mem, words, |from| {
                    match const { kind_of(K) } {
                        LBU => from.read().into(),
                        LB => from.read() as i8 as u32,
                        LHU => u16::from_le(from.cast::<u16>().read()).into(),
                        LH => u16::from_le(from.cast::<u16>().read()) as i16 as u32,
                        _ => u32::from_le(from.cast::<u32>().read()),
                    }
                })?
            } else if const { kind_of(K) == ADDISP } {
                *sp = sp.wrapping_add(imm16(s));
                *sp
            } else if const { kind_of(K) == LEASP } {
                sp.wrapping_add(imm16(s))
            } else {
                value::<K>(s, cx, results)
            };
        if const { K & LOST == 0 } {
            set(cx, rd(s), value);
        }
        Some(value)
    }
}

/// Writes the result of a slot that is [`LOST`], or of one that overwrites such a result.
///
/// # Safety
/// `s` is a slot of kind `K` that has been executed with this result, and `cx` is valid.
#[inline(always)]
pub(crate) unsafe fn restore<const K: Spec>(s: *const u8, cx: *mut Context, result: u32) {
    if const { !is_store(kind_of(K)) && kind_of(K) != NOP && kind_of(K) != RELOAD } {
        // SAFETY: the caller's.
        unsafe { set(cx, byte(s, 1), result) }
    }
}

/// What a slot of a computational kind computes.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
unsafe fn value<const K: Spec>(s: *const u8, cx: *mut Context, results: &Results) -> u32 {
    // SAFETY: the caller's.
    unsafe {
        if const { kind_of(K) == LI } {
            return wide(s);
        }
        if const { matches!(kind_of(K), ADDI..=SLTIU) } {
            let (a, imm) = one::<K>(s, cx, results);
            return match const { kind_of(K) } {
                ADDI => a.wrapping_add(imm),
                XORI => a ^ imm,
                ORI => a | imm,
                ANDI => a & imm,
                SLLI => a << (imm & 31),
                SRLI => a >> (imm & 31),
                SRAI => ((a as i32) >> (imm & 31)) as u32,
                SLTI => ((a as i32) < imm as i32).into(),
                _ => (a < imm).into(),
            };
        }
        let (a, b) = two::<K>(s, cx, results);
        match const { kind_of(K) } {
            ADD => a.wrapping_add(b),
            SUB => a.wrapping_sub(b),
            XOR => a ^ b,
            OR => a | b,
            AND => a & b,
            SLL => a << (b & 31),
            SRL => a >> (b & 31),
            SRA => ((a as i32) >> (b & 31)) as u32,
            SLT => ((a as i32) < b as i32).into(),
            SLTU => (a < b).into(),
            MUL => a.wrapping_mul(b),
            MULHU => ((u64::from(a) * u64::from(b)) >> 32) as u32,
            MULH => ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32,
            MULHSU => ((i64::from(a as i32) * i64::from(b)) >> 32) as u32,
            DIV => divide(a, b),
            DIVU => a.checked_div(b).unwrap_or(u32::MAX),
            REM => remainder(a, b),
            REMU => a.checked_rem(b).unwrap_or(a),
            ROT => ((u64::from(b) << 32 | u64::from(a)) >> (byte(s, 3) & 31)) as u32,
            _ => unreachable!(),
        }
    }
}

/// [`run`] of a slot that takes no results: its result, zero of a store, and the aligned word that a load or store
/// accesses as it was before, zero of other kinds.
///
/// # Safety
/// As for [`run`]; the stack pointer is in its register alone.
#[inline(always)]
pub(crate) unsafe fn run_traced<const K: Spec>(
    s: *const u8,
    cx: *mut Context,
    mem: *mut u8,
    words: u32,
) -> Option<(u32, u32)> {
    const NO: &Results = &[0; MOST];
    // SAFETY: as in `run`: the word around an access inside the window is inside.
    unsafe {
        let word = |at: *const u8| u32::from_le(at.sub(at.addr() & 3).cast::<u32>().read());
        if const { is_store(kind_of(K)) } {
            let at = target::<K>(s, cx, 0, NO);
            let before = inside::<K>(at, words).then(|| word(mem.add(at as usize)))?;
            run::<K>(s, cx, mem, &mut 0, words, NO)?;
            return Some((0, before));
        }
        if const { is_load(kind_of(K)) } {
            let at = target::<K>(s, cx, 0, NO);
            let before = load::<K, u32>(at, cx, mem, words, word)?;
            // The window starts at a multiple of four.
            let part = before >> (8 * (at & 3));
            let value = match const { kind_of(K) } {
                LBU => part & 0xff,
                LB => part as i8 as u32,
                LHU => part & 0xffff,
                LH => part as i16 as u32,
                _ => before,
            };
            set(cx, rd(s), value);
            return Some((value, before));
        }
        run::<K>(s, cx, mem, &mut 0, words, NO).map(|value| (value, 0))
    }
}

fn divide(a: u32, b: u32) -> u32 {
    if b == 0 { u32::MAX } else { (a as i32).wrapping_div(b as i32) as u32 }
}

fn remainder(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { (a as i32).wrapping_rem(b as i32) as u32 }
}
