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
        LUI | NOP | LWSP | ADDISP | LEASP => kind,
        SW | SB | SH | SWSP => kind | second_from(0),
        _ => kind | first_from(0),
    }
}

struct First<const A: Spec>;

impl<const A: Spec> First<A> {
    const PLAIN: [Handler; SHARED] = {
        macro_rules! f {
            ($b:literal) => {
                seq::<A, $b, NONE, NONE, NONE, NONE, NONE, NONE>
            };
        }
        each_kind!(f)
    };
    const WITH_RESULT: [Handler; SHARED] = {
        macro_rules! f {
            ($b:literal) => {
                seq::<A, { with_result($b) }, NONE, NONE, NONE, NONE, NONE, NONE>
            };
        }
        each_kind!(f)
    };
    const BRANCH: [Handler; 18] = branches::<A>();
}

/// Every condition, and every way to take an operand from the slot.
const fn branches<const A: Spec>() -> [Handler; 18] {
    macro_rules! from {
        ($source:expr; $($condition:ident)*) => {
            [$(branch::<A, NONE, NONE, NONE, NONE, NONE, NONE, NONE, { c::$condition | $source }>),*]
        };
    }
    let sources = [
        from!(0; EQ NE LT GE LTU GEU),
        from!(first_from(0); EQ NE LT GE LTU GEU),
        from!(second_from(0); EQ NE LT GE LTU GEU),
    ];
    let mut all = [sources[0][0]; 18];
    let mut i = 0;
    while i < 18 {
        all[i] = sources[i / 6][i % 6];
        i += 1;
    }
    all
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
            [
                jump::<$a, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 0>,
                jump::<$a, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 1>,
            ]
        };
    }
    each_kind!(f)
};

static JALR: [[Handler; 2]; SHARED] = {
    macro_rules! f {
        ($a:literal) => {
            [
                jalr::<$a, NONE, NONE, NONE, NONE, NONE, NONE, NONE, 0>,
                jalr::<$a, NONE, NONE, NONE, NONE, NONE, NONE, NONE, LINK>,
            ]
        };
    }
    each_kind!(f)
};

/// What an op is: its slots, the missing ones [`NONE`], and what its end adds to them.
pub(crate) type Shape = ([Spec; MOST], Spec);

fn find(list: &[(Shape, Handler)], shape: Shape) -> Option<Handler> {
    let i = list.binary_search_by_key(&shape, |(shape, _)| *shape).ok()?;
    Some(list[i].1)
}

/// The handler of up to eight slots. Any two that may share an op have one, if the second takes nothing from the
/// first but what `with_result` says.
pub(crate) fn sequence(slots: [Spec; MOST]) -> Option<Handler> {
    if slots[2] != NONE {
        return find(sequences::SEQUENCES, (slots, 0));
    }
    let [a, b] = [slots[0] as usize, kind_of(slots[1]) as usize];
    if b < SHARED && a < SHARED {
        let table = match slots[1] {
            spec if spec == b as Spec => &PLAIN,
            spec if spec == with_result(b as Spec) => &WITH_RESULT,
            _ => return find(sequences::SEQUENCES, (slots, 0)),
        };
        return Some(table[a][b]);
    }
    if slots[1] != NONE {
        return None;
    }
    macro_rules! single {
        ($($kind:ident)*) => {
            match a as u8 {
                $($kind => Some(seq::<{ $kind as Spec }, NONE, NONE, NONE, NONE, NONE, NONE, NONE>),)*
                _ => None,
            }
        };
    }
    single!(MULH MULHSU DIV DIVU REM REMU LI32 RELOAD)
}

/// The handler of a branch after up to eight slots. Any one that may share an op has one.
pub(crate) fn conditional(slots: [Spec; MOST], condition: Spec) -> Option<Handler> {
    if slots[1] != NONE {
        return find(sequences::BRANCHES, (slots, condition));
    }
    let source = match (first_source(condition), second_source(condition)) {
        (0, 0) => 0,
        (1, 0) => 6,
        (0, 1) => 12,
        _ => return None,
    };
    Some(BRANCH.get(slots[0] as usize)?[source + (condition & 7) as usize])
}

/// The handler of a branch to its own op.
pub(crate) fn repeated(slots: [Spec; MOST], condition: Spec) -> Option<Handler> {
    find(sequences::REPEATS, (slots, condition))
}

/// The handler of a jump to a known place, 1 for a call, after up to eight slots. Any one that may share an op has
/// one.
pub(crate) fn direct(slots: [Spec; MOST], link: Spec) -> Option<Handler> {
    if slots[1] != NONE {
        return find(sequences::JUMPS, (slots, link));
    }
    Some(JUMP.get(slots[0] as usize)?[link as usize])
}

/// The handler of an indirect jump after up to eight slots. Any one that may share an op has one.
pub(crate) fn indirect(slots: [Spec; MOST], mode: Spec) -> Option<Handler> {
    if slots[1] != NONE {
        return find(sequences::INDIRECT_JUMPS, (slots, mode));
    }
    JALR.get(slots[0] as usize)?.get(mode as usize).copied()
}
