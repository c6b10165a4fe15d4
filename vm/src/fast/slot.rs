//! Slots: the four-byte form of one instruction inside an op, and what each kind of slot does.
//!
//! | kinds | bytes |
//! |---|---|
//! | register-register | rd, rs1, rs2, 0 |
//! | register-immediate, loads | rd, rs1, immediate (16 bits, signed) |
//! | stores | rs2, rs1, immediate |
//! | [`LUI`] | rd, immediate's upper 20 bits in place |
//! | [`ROT`] | rd, rs1, rs2, n: `rd = rs1 >> n \| rs2 << (32 - n)`, three instructions |
//! | [`LI32`] | rd, 0, 0, 0, then 32 bits in place of the next slot |
//!
//! Registers are byte offsets into the context. A slot may take operands from the results of earlier slots of its
//! op, which are still in registers ([`Spec`]): reading back what was just written costs several cycles.

use super::state::{Context, SP};

macro_rules! kinds {
    ($($name:ident = $value:literal,)*) => { $(pub(crate) const $name: u8 = $value;)* };
}

kinds! {
    ADD = 0, SUB = 1, XOR = 2, OR = 3, AND = 4, SLL = 5, SRL = 6, SRA = 7, SLT = 8, SLTU = 9, MUL = 10,
    ADDI = 11, XORI = 12, ORI = 13, ANDI = 14, SLLI = 15, SRLI = 16, SRAI = 17, SLTI = 18, SLTIU = 19,
    LUI = 20, LW = 21, LBU = 22, LHU = 23, LB = 24, LH = 25, SW = 26, SB = 27, SH = 28, ROT = 29,
    MULHU = 30, NOP = 31,
    // With the stack pointer, which is in a register of the host: load, store, `sp += imm`, `rd = sp + imm`.
    LWSP = 32, SWSP = 33, ADDISP = 34, LEASP = 35,
    // These stand alone in an op.
    MULH = 36, MULHSU = 37, DIV = 38, DIVU = 39, REM = 40, REMU = 41, LI32 = 42,
    // After any other write to the stack pointer.
    RELOAD = 43,
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

/// The kind of a slot.
pub(crate) const fn kind_of(spec: Spec) -> u8 {
    (spec & 63) as u8
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
pub(crate) const MOST: usize = 8;

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

/// Writes the register at byte offset `at`.
///
/// # Safety
/// As [`get`].
#[inline(always)]
pub(crate) unsafe fn set(cx: *mut Context, at: u8, value: u32) {
    // SAFETY: as in `get`.
    unsafe { cx.cast::<u8>().add(at as usize).cast::<u32>().write(value) }
}

#[inline(always)]
unsafe fn imm16(s: *const u8) -> u32 {
    // SAFETY: a slot has four bytes.
    i16::from_le(unsafe { s.add(2).cast::<i16>().read_unaligned() }) as u32
}

#[inline(always)]
unsafe fn word(s: *const u8) -> u32 {
    // SAFETY: a slot has four bytes; one of `LI32` is followed by four more.
    u32::from_le(unsafe { s.cast::<u32>().read_unaligned() })
}

/// Whether the access of a slot at offset `at` is aligned and within `words` words.
///
/// The rotation takes low bits, which must be zero, to the top, where they make the number too large. The window
/// has less than 2^30 words.
#[inline(always)]
fn inside<const K: Spec>(at: u32, words: u32) -> bool {
    at.rotate_right(const { log_size(kind_of(K)) }) >> const { 2 - log_size(kind_of(K)) } < words
}

/// Whether a kind loads.
const fn is_load(kind: u8) -> bool {
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

/// The first operand of a slot.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
unsafe fn first<const K: Spec>(s: *const u8, cx: *mut Context, results: &Results) -> u32 {
    if const { first_source(K) == 0 } {
        // SAFETY: the slot's registers are offsets into the context.
        unsafe { get(cx, *s.add(1)) }
    } else {
        results[const { first_source(K).wrapping_sub(1) as usize % MOST }]
    }
}

/// The second operand of a slot; the value, of a store.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
unsafe fn second<const K: Spec>(s: *const u8, cx: *mut Context, results: &Results) -> u32 {
    if const { second_source(K) == 0 } {
        // SAFETY: the slot's registers are offsets into the context.
        unsafe { get(cx, *s.add(const { if is_store(kind_of(K)) { 0 } else { 2 } })) }
    } else {
        results[const { second_source(K).wrapping_sub(1) as usize % MOST }]
    }
}

/// Offset in the window of a load's or store's address, if the access is inside and aligned.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
unsafe fn place<const K: Spec>(
    s: *const u8,
    cx: *mut Context,
    sp: u32,
    words: u32,
    results: &Results,
) -> Option<usize> {
    // SAFETY: the caller's.
    unsafe {
        let address =
            if const { matches!(kind_of(K), LWSP | SWSP) } { sp } else { first::<K>(s, cx, results) };
        let at = address.wrapping_add(imm16(s)).wrapping_sub((*cx).base);
        let inside = if const { is_store(kind_of(K)) } {
            inside::<K>(at.wrapping_sub((*cx).read_only), (*cx).writable_words)
        } else {
            inside::<K>(at, words)
        };
        inside.then_some(at as usize)
    }
}

/// Executes one slot and returns its result, if it has one; `None`, and no effect, if it accesses memory outside the
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
            let value = second::<K>(s, cx, results);
            let to = mem.add(place::<K>(s, cx, *sp, words, results)?);
            match const { log_size(kind_of(K)) } {
                0 => to.write(value as u8),
                1 => to.cast::<u16>().write((value as u16).to_le()),
                _ => to.cast::<u32>().write(value.to_le()),
            }
            return Some(0);
        }
        let value = if const { is_load(kind_of(K)) } {
            let from = mem.add(place::<K>(s, cx, *sp, words, results)?);
            match const { kind_of(K) } {
                LBU => from.read().into(),
                LB => from.read() as i8 as u32,
                LHU => u16::from_le(from.cast::<u16>().read()).into(),
                LH => u16::from_le(from.cast::<u16>().read()) as i16 as u32,
                _ => u32::from_le(from.cast::<u32>().read()),
            }
        } else if const { kind_of(K) == ADDISP } {
            *sp = sp.wrapping_add(imm16(s));
            *sp
        } else if const { kind_of(K) == LEASP } {
            sp.wrapping_add(imm16(s))
        } else {
            value::<K>(s, cx, results)
        };
        set(cx, *s, value);
        Some(value)
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
        let a = || first::<K>(s, cx, results);
        let b = || second::<K>(s, cx, results);
        let shift = || *s.add(2) & 31;
        match const { kind_of(K) } {
            ADD => a().wrapping_add(b()),
            SUB => a().wrapping_sub(b()),
            XOR => a() ^ b(),
            OR => a() | b(),
            AND => a() & b(),
            SLL => a() << (b() & 31),
            SRL => a() >> (b() & 31),
            SRA => ((a() as i32) >> (b() & 31)) as u32,
            SLT => ((a() as i32) < b() as i32).into(),
            SLTU => (a() < b()).into(),
            MUL => a().wrapping_mul(b()),
            MULHU => ((u64::from(a()) * u64::from(b())) >> 32) as u32,
            MULH => ((i64::from(a() as i32) * i64::from(b() as i32)) >> 32) as u32,
            MULHSU => ((i64::from(a() as i32) * i64::from(b())) >> 32) as u32,
            DIV => divide(a(), b()),
            DIVU => a().checked_div(b()).unwrap_or(u32::MAX),
            REM => remainder(a(), b()),
            REMU => {
                let a = a();
                a.checked_rem(b()).unwrap_or(a)
            }
            ADDI => a().wrapping_add(imm16(s)),
            XORI => a() ^ imm16(s),
            ORI => a() | imm16(s),
            ANDI => a() & imm16(s),
            SLLI => a() << shift(),
            SRLI => a() >> shift(),
            SRAI => ((a() as i32) >> shift()) as u32,
            SLTI => ((a() as i32) < imm16(s) as i32).into(),
            SLTIU => (a() < imm16(s)).into(),
            LUI => word(s) & 0xffff_f000,
            LI32 => word(s.add(4)),
            ROT => ((u64::from(b()) << 32 | u64::from(a())) >> (*s.add(3) & 31)) as u32,
            _ => unreachable!(),
        }
    }
}

/// The aligned word that a load or store is about to access; zero for other kinds; `None` where [`run`] says so.
///
/// # Safety
/// As for [`run`].
#[inline(always)]
pub(crate) unsafe fn peek<const K: Spec>(
    s: *const u8,
    cx: *mut Context,
    mem: *mut u8,
    words: u32,
) -> Option<u32> {
    if const { !is_load(kind_of(K)) && !is_store(kind_of(K)) } {
        return Some(0);
    }
    // SAFETY: as in `run`: the word around an access inside the window is inside.
    unsafe {
        let at = place::<K>(s, cx, 0, words, &[0; MOST])?;
        Some(u32::from_le(mem.add(at & !3).cast::<u32>().read()))
    }
}

fn divide(a: u32, b: u32) -> u32 {
    if b == 0 { u32::MAX } else { (a as i32).wrapping_div(b as i32) as u32 }
}

fn remainder(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { (a as i32).wrapping_rem(b as i32) as u32 }
}
