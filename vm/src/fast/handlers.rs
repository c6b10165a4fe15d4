//! The handlers of the untraced stream. See [`super::compile`] for the ops' layouts.

use super::cold;
use super::compile::END;
use super::slot::{
    LOST, MOST, NONE, Results, Spec, first_source, get, restore, run, set, slot_offset, slot_words, two,
};
use super::state::{Context, Leave, Target, Word, handler, next};

/// Branch conditions.
pub(crate) mod condition {
    pub(crate) const EQ: u16 = 0;
    pub(crate) const NE: u16 = 1;
    pub(crate) const LT: u16 = 2;
    pub(crate) const GE: u16 = 3;
    pub(crate) const LTU: u16 = 4;
    pub(crate) const GEU: u16 = 5;
}

/// Takes a charge from the fuel; whether it did not suffice.
#[inline(always)]
pub(crate) fn pay(fuel: u64, charge: u64) -> (u64, bool) {
    if cfg!(unmetered) {
        return (fuel, false);
    }
    fuel.overflowing_sub(charge)
}

/// [`pay`] for the block at an indirect jump's target; there may be none.
#[inline(always)]
pub(crate) fn pay_target(fuel: u64, target: &Target) -> (u64, bool) {
    if cfg!(unmetered) {
        return (fuel, target.charge == Target::NONE.charge);
    }
    pay(fuel, target.charge)
}

/// The upper half of a word of operands: a distance in bytes.
///
/// # Safety
/// `word` is a word of operands.
#[inline(always)]
pub(crate) unsafe fn distance(word: *const Word) -> isize {
    // SAFETY: the caller's.
    (unsafe { (*word).data } as i64 >> 32) as isize
}

/// Runs the slots at `$s` and gives their results, or leaves the handler.
macro_rules! slots {
    ($s:expr; $($n:literal $spec:ident)*; $ip:ident, $cx:ident, $mem:ident, $fuel:ident, $sp:ident, $words:ident) => {{
        let s: *const u8 = $s;
        let mut results = [0; MOST];
        $(if const { $spec != NONE } {
            let at = s.add(const { slot_offset([A, B, C, D], $n) });
            match run::<$spec>(at, $cx, $mem, &mut $sp, $words, &results) {
                Some(result) => results[$n] = result,
                None => {
                    unlose!($n; s, $cx, results);
                    return cold::slow::<$n>($ip, $cx, $mem, $fuel, $sp, $words)
                }
            }
        })*
        results
    }};
}

/// Writes what the slots before number `$n` have not, before the interpreter takes over at that one.
macro_rules! unlose {
    ($n:literal; $s:ident, $cx:ident, $results:ident) => {
        unlose!($n; $s, $cx, $results; 0 A 1 B 2 C)
    };
    ($n:literal; $s:ident, $cx:ident, $results:ident; $($m:literal $spec:ident)*) => {
        if const { (A | B | C) & LOST != 0 } {
            $(if const { $m < $n } {
                restore::<$spec>(
                    $s.add(const { slot_offset([A, B, C, D], $m) }), $cx, $results[$m]
                );
            })*
        }
    };
}

handler! {
    /// Up to four slots, the missing ones [`NONE`].
    fn seq<
        const A: Spec, const B: Spec, const C: Spec, const D: Spec
    >(ip, cx, mem, fuel, sp, words) {
        // SAFETY: the stream's op has these slots; see `Stream`.
        unsafe {
            let mut sp = sp;
            slots!(ip.add(1).cast(); 0 A 1 B 2 C 3 D; ip, cx, mem, fuel, sp, words);
            next!(ip.add(1 + const { slot_words([A, B, C, D]) }), cx, mem, fuel, sp, words)
        }
    }
}

/// Whether a branch with these registers, in bytes 0 and 2, is taken.
#[inline(always)]
unsafe fn is_taken<const CONDITION: Spec>(regs: *const u8, cx: *mut Context, results: &Results) -> bool {
    // SAFETY: the caller's: two registers, a valid context.
    let (a, b) = unsafe { two::<CONDITION>(regs, cx, results) };
    match const { CONDITION & 7 } {
        condition::EQ => a == b,
        condition::NE => a != b,
        condition::LT => (a as i32) < b as i32,
        condition::GE => (a as i32) >= b as i32,
        condition::LTU => a < b,
        _ => a >= b,
    }
}

/// Words of a branch after its slots.
pub(crate) const BRANCH_WORDS: usize = 3;

handler! {
    /// Up to four slots, then a conditional branch. `CONDITION` says where its operands come from, as a [`Spec`].
    fn branch<
        const A: Spec, const B: Spec, const C: Spec, const D: Spec, const CONDITION: Spec
    >(ip, cx, mem, fuel, sp, words) {
        // SAFETY: the stream's op has these slots, operands and charges, and its target is an op of the stream.
        unsafe {
            let mut sp = sp;
            let results = slots!(ip.add(1).cast(); 0 A 1 B 2 C 3 D; ip, cx, mem, fuel, sp, words);
            let end = ip.add(1 + const { slot_words([A, B, C, D]) });
            if is_taken::<CONDITION>(end.cast(), cx, &results) {
                let (left, short) = pay(fuel, (*end.add(1)).data);
                let ip = ip.byte_offset(distance(end));
                if short {
                    return cold::out_of_fuel(ip, cx, mem, fuel, sp, words);
                }
                next!(ip, cx, mem, left, sp, words)
            }
            let (left, short) = pay(fuel, (*end.add(2)).data);
            let ip = end.add(BRANCH_WORDS);
            if short {
                return cold::out_of_fuel(ip, cx, mem, fuel, sp, words);
            }
            next!(ip, cx, mem, left, sp, words)
        }
    }
}

/// Words of a jump after its slots.
pub(crate) const JUMP_WORDS: usize = 3;

handler! {
    /// Up to four slots, then a jump to a known place; with [`LINK`] a call.
    fn jump<
        const A: Spec, const B: Spec, const C: Spec, const D: Spec, const MODE: Spec
    >(ip, cx, mem, fuel, sp, words) {
        // SAFETY: the stream's op has these slots, operands and charges, and its target is an op of the stream.
        unsafe {
            let mut sp = sp;
            slots!(ip.add(1).cast(); 0 A 1 B 2 C 3 D; ip, cx, mem, fuel, sp, words);
            let end = ip.add(1 + const { slot_words([A, B, C, D]) });
            if const { MODE == LINK } {
                set(cx, *end.cast::<u8>(), (*end.add(1)).data as u32);
            }
            let (left, short) = pay(fuel, (*end.add(2)).data);
            let ip = ip.byte_offset(distance(end));
            if short {
                return cold::out_of_fuel(ip, cx, mem, fuel, sp, words);
            }
            next!(ip, cx, mem, left, sp, words)
        }
    }
}

/// Mode of a jump.
pub(crate) const JUMP: Spec = 0;
/// Mode of a jump: it is a call.
pub(crate) const LINK: Spec = 1;
/// Words of an indirect jump after its slots.
pub(crate) const JALR_WORDS: usize = 2;

handler! {
    /// Up to four slots, then an indirect jump.
    fn jalr<
        const A: Spec, const B: Spec, const C: Spec, const D: Spec, const MODE: Spec
    >(ip, cx, mem, fuel, sp, words) {
        // SAFETY: the stream's op has these slots and operands. There is a target for each of `code_words`
        // instructions.
        unsafe {
            let mut sp = sp;
            let results = slots!(ip.add(1).cast(); 0 A 1 B 2 C 3 D; ip, cx, mem, fuel, sp, words);
            let end = ip.add(1 + const { slot_words([A, B, C, D]) });
            let s = end.cast::<u8>();
            let a = match const { first_source(MODE) as usize } {
                0 => get(cx, *s.add(1)),
                n => results[n - 1],
            };
            let imm = i16::from_le(s.add(2).cast::<i16>().read()) as u32;
            let target = a.wrapping_add(imm) & !1;
            let at = target.wrapping_sub((*cx).code_start).rotate_right(2);
            if at >= (*cx).code_words {
                return cold::slow::<END>(ip, cx, mem, fuel, sp, words);
            }
            let to = (*cx).targets.add(at as usize);
            let (left, short) = pay_target(fuel, &*to);
            if short {
                return cold::slow::<END>(ip, cx, mem, fuel, sp, words);
            }
            if const { MODE & LINK != 0 } {
                set(cx, *s, (*end.add(1)).data as u32);
            }
            next!((*cx).stream.byte_add((*to).offset), cx, mem, left, sp, words)
        }
    }
}

handler! {
    /// Leaves the run of handlers: the instruction at the op's operand is for the reference step.
    fn leave<>(ip, cx, _mem, fuel, _sp, _words) {
        // SAFETY: the op has one operand.
        unsafe {
            (*cx).pc = (*ip.add(1)).data as u32;
            (*cx).leave = Leave::Step;
            (*cx).fuel = fuel;
        }
        core::ptr::null()
    }
}
