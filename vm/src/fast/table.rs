//! Which fused handlers there are.

use super::handlers::{LINK, branch, condition as c, jalr, jump, seq};
use super::sequences;
use super::slot::*;
use super::state::Handler;

/// `[f!(0), f!(1), ..]` over the kinds that may share an op.
macro_rules! each_kind {
    ($f:ident $($x:tt)*) => {
        [
            $f!(0 $($x)*), $f!(1 $($x)*), $f!(2 $($x)*), $f!(3 $($x)*), $f!(4 $($x)*), $f!(5 $($x)*),
            $f!(6 $($x)*), $f!(7 $($x)*), $f!(8 $($x)*), $f!(9 $($x)*), $f!(10 $($x)*), $f!(11 $($x)*),
            $f!(12 $($x)*), $f!(13 $($x)*), $f!(14 $($x)*), $f!(15 $($x)*), $f!(16 $($x)*), $f!(17 $($x)*),
            $f!(18 $($x)*), $f!(19 $($x)*), $f!(20 $($x)*), $f!(21 $($x)*), $f!(22 $($x)*), $f!(23 $($x)*),
            $f!(24 $($x)*), $f!(25 $($x)*), $f!(26 $($x)*), $f!(27 $($x)*), $f!(28 $($x)*), $f!(29 $($x)*),
            $f!(30 $($x)*), $f!(31 $($x)*), $f!(32 $($x)*), $f!(33 $($x)*), $f!(34 $($x)*), $f!(35 $($x)*),
        ]
    };
}

/// A slot that takes what it can from the slot before: a store's value, any other's first operand.
const fn with_result(kind: u16) -> Spec {
    match kind as u8 {
        LI | NOP | LWSP | ADDISP | LEASP => kind,
        SW | SB | SH | SWSP => kind | second_from(0),
        _ => kind | first_from(0),
    }
}

/// Every condition, and every way to take an operand from the slot.
macro_rules! branches {
    ($a:ident) => {
        [
            branch::<$a, NONE, NONE, NONE, { c::EQ }>,
            branch::<$a, NONE, NONE, NONE, { c::NE }>,
            branch::<$a, NONE, NONE, NONE, { c::LT }>,
            branch::<$a, NONE, NONE, NONE, { c::GE }>,
            branch::<$a, NONE, NONE, NONE, { c::LTU }>,
            branch::<$a, NONE, NONE, NONE, { c::GEU }>,
            branch::<$a, NONE, NONE, NONE, { c::EQ | first_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::NE | first_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::LT | first_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::GE | first_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::LTU | first_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::GEU | first_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::EQ | second_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::NE | second_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::LT | second_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::GE | second_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::LTU | second_from(0) }>,
            branch::<$a, NONE, NONE, NONE, { c::GEU | second_from(0) }>,
        ]
    };
}

struct First<const A: Spec>;

impl<const A: Spec> First<A> {
    const PLAIN: [Handler; SHARED] = {
        macro_rules! f {
            ($b:literal) => {
                seq::<A, $b, NONE, NONE>
            };
        }
        each_kind!(f)
    };
    const WITH_RESULT: [Handler; SHARED] = {
        macro_rules! f {
            ($b:literal) => {
                seq::<A, { with_result($b) }, NONE, NONE>
            };
        }
        each_kind!(f)
    };
    const BRANCH: [Handler; 18] = branches!(A);
}

static PLAIN: [[Handler; SHARED]; SHARED] = {
    macro_rules! f {
        ($a:literal) => {
            First::<$a>::PLAIN
        };
    }
    each_kind!(f)
};

static WITH_RESULT: [[Handler; SHARED]; SHARED] = {
    macro_rules! f {
        ($a:literal) => {
            First::<$a>::WITH_RESULT
        };
    }
    each_kind!(f)
};

static LOST_RESULT: [[Handler; SHARED]; SHARED] = {
    macro_rules! f {
        ($a:literal) => {
            First::<{ $a | LOST }>::WITH_RESULT
        };
    }
    each_kind!(f)
};

static BRANCH: [[Handler; 18]; SHARED] = {
    macro_rules! f {
        ($a:literal) => {
            First::<$a>::BRANCH
        };
    }
    each_kind!(f)
};

static JUMP: [[Handler; 2]; SHARED] = {
    macro_rules! f {
        ($a:literal) => {
            [jump::<$a, NONE, NONE, NONE, 0>, jump::<$a, NONE, NONE, NONE, 1>]
        };
    }
    each_kind!(f)
};

static JALR: [[Handler; 2]; SHARED] = {
    macro_rules! f {
        ($a:literal) => {
            [jalr::<$a, NONE, NONE, NONE, 0>, jalr::<$a, NONE, NONE, NONE, LINK>]
        };
    }
    each_kind!(f)
};

/// What an op is: its slots, the missing ones [`NONE`], and what its end adds to them.
pub(crate) type Shape = ([Spec; MOST], Spec);

/// What handlers of a list are found by: the kinds of their slots.
pub(crate) fn kinds(slots: [Spec; MOST]) -> [Spec; MOST] {
    slots.map(|spec| spec & KIND)
}

/// Whether a handler of this shape does what an op of the wanted one does: it takes each operand from the result
/// that is wanted, or from a register, and writes every result that a later slot takes from there.
fn fits(shape: Shape, wanted: Shape) -> bool {
    let ((slots, end), (wanted_slots, wanted_end)) = (shape, wanted);
    let from = |spec: Spec, wanted: Spec| {
        let is = |has: u16, wants: u16| has == 0 || has == wants;
        is(first_source(spec), first_source(wanted)) && is(second_source(spec), second_source(wanted))
    };
    let reads = |spec: Spec, n: usize| {
        u16::from(first_source(spec) as usize == n + 1) + u16::from(second_source(spec) as usize == n + 1)
    };
    from(end, wanted_end)
        && (0..MOST).all(|n| {
            let lost = slots[n] & LOST != 0;
            let is_lost = || {
                wanted_slots[n] & LOST != 0
                    && (n + 1..MOST).all(|m| reads(slots[m], n) == reads(wanted_slots[m], n))
            };
            from(slots[n], wanted_slots[n]) && (!lost || is_lost())
        })
}

/// The first handler of a list that fits, among those whose ends agree in the bits of `mask`.
fn find(list: &[(Shape, Handler)], wanted: Shape, mask: Spec) -> Option<Handler> {
    let key = kinds(wanted.0);
    let start = list.partition_point(|(shape, _)| kinds(shape.0) < key);
    let same = list[start..].iter().take_while(|(shape, _)| kinds(shape.0) == key);
    let found = same
        .into_iter()
        .find(|((slots, end), _)| (end ^ wanted.1) & mask == 0 && fits((*slots, *end), wanted));
    found.map(|(_, handler)| *handler)
}

/// The handler of a sequence of slots. Any two that may share an op have one.
pub(crate) fn sequence(slots: [Spec; MOST]) -> Option<Handler> {
    if slots[1] != NONE
        && let Some(handler) = find(sequences::SEQUENCES, (slots, 0), 0)
    {
        return Some(handler);
    }
    if slots[2] != NONE {
        return None;
    }
    let [a, b] = [kind_of(slots[0]) as usize, kind_of(slots[1]) as usize];
    if a < SHARED && b < SHARED {
        let result = with_result(b as Spec);
        let fit = |a: Spec, b: Spec| fits(([a, b, NONE, NONE], 0), (slots, 0));
        let table = match () {
            () if fit(a as Spec | LOST, result) => &LOST_RESULT,
            () if fit(a as Spec, result) => &WITH_RESULT,
            () => &PLAIN,
        };
        return Some(table[a][b]);
    }
    if slots[1] != NONE {
        return None;
    }
    macro_rules! single {
        ($($kind:ident)*) => {
            match a as u8 {
                $($kind => Some(seq::<{ $kind as Spec }, NONE, NONE, NONE>),)*
                _ => None,
            }
        };
    }
    single!(MULH MULHSU DIV DIVU REM REMU RELOAD)
}

/// The handler of a branch after some slots. Any one that may share an op has one.
pub(crate) fn conditional(slots: [Spec; MOST], condition: Spec) -> Option<Handler> {
    if slots[1] != NONE {
        return find(sequences::BRANCHES, (slots, condition), 7);
    }
    let source = match (first_source(condition), second_source(condition)) {
        (1, _) => 6,
        (_, 1) => 12,
        _ => 0,
    };
    Some(BRANCH.get(slots[0] as usize)?[source + (condition & 7) as usize])
}

/// The handler of a jump to a known place, 1 for a call, after some slots. Any one that may share an op has one.
pub(crate) fn direct(slots: [Spec; MOST], link: Spec) -> Option<Handler> {
    if slots[1] != NONE {
        return find(sequences::JUMPS, (slots, link), LINK);
    }
    Some(JUMP.get(slots[0] as usize)?[link as usize])
}

/// The handler of an indirect jump after some slots. Any one that may share an op has one.
pub(crate) fn indirect(slots: [Spec; MOST], mode: Spec) -> Option<Handler> {
    if slots[1] != NONE {
        return find(sequences::INDIRECT_JUMPS, (slots, mode), LINK);
    }
    Some(JALR.get(slots[0] as usize)?[(mode & LINK) as usize])
}
