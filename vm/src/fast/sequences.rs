//! Longer sequences that have handlers of their own, alone and before transfers of control.
//!
//! Chosen by how often compiled C and Rust programs run them. Any list is right: a longer one makes a larger
//! library, a shorter one slower programs. After a slot's kind stands which earlier slots of the op its operands
//! come from: `ADD 1 0` takes the first one from the first slot, the second one from a register. Each list is
//! sorted.

use super::handlers::condition::{EQ, GE, GEU, LT, LTU, NE};
use super::handlers::{branch, jalr, jump, repeat, seq};
use super::slot::*;
use super::state::Handler;
use super::table::Shape;

macro_rules! spec {
    ([$kind:ident $first:literal $second:literal]) => {
        $kind as Spec | $first << 6 | $second << 10
    };
    ([$kind:literal $first:literal $second:literal]) => {
        $kind | $first << 6 | $second << 10
    };
    ([$kind:ident]) => {
        $kind as Spec
    };
}

macro_rules! sequences {
    ($($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt;)*) => {
        /// Sequences of two slots that need more than the pairs that all have, and longer ones.
        pub(crate) static SEQUENCES: &[(Shape, Handler)] = &[$((
            ([spec!($a), spec!($b), spec!($c), spec!($d), spec!($e), spec!($f), spec!($g), spec!($h)], 0),
            seq::<{ spec!($a) }, { spec!($b) }, { spec!($c) }, { spec!($d) }, { spec!($e) }, { spec!($f) }, { spec!($g) }, { spec!($h) }>,
        ),)*];
    };
}

macro_rules! ends {
    ($(#[$meta:meta])* $name:ident = $handler:ident: $($a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $end:tt;)*) => {
        $(#[$meta])*
        pub(crate) static $name: &[(Shape, Handler)] = &[$((
            ([spec!($a), spec!($b), spec!($c), spec!($d), spec!($e), spec!($f), spec!($g), spec!($h)], spec!($end)),
            $handler::<{ spec!($a) }, { spec!($b) }, { spec!($c) }, { spec!($d) }, { spec!($e) }, { spec!($f) }, { spec!($g) }, { spec!($h) }, { spec!($end) }>,
        ),)*];
    };
}

sequences! {
    [ADD] [ADD] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [ADD] [ADDI] [ADD 1 0] [ROT] [ROT] [XOR 4 5] [SRLI] [SLLI];
    [ADD] [SLLI] [SRLI] [OR 3 2] [LWSP] [XOR] [LWSP] [AND 6 0];
    [ADD] [SRLI] [OR] [SRLI] [SB 1 2] [SB 1 4] [SH 1 3] [ADDI];
    [ADD] [SRLI] [ADDI] [SRLI] [SLLI] [SB 1 2] [SH 1 0] [SB 1 0];
    [ADD] [SRLI] [MUL 2 0] [SUB 0 3] [SLLI 4 0] [SRLI 5 0] [LUI] [ADDI 7 0];
    [ADD] [LWSP] [LWSP] [ADD] [ADD 2 0] [LWSP] [LWSP] [LWSP];
    [ADD] [LWSP] [LWSP] [ADD] [ADD 2 0] [SW 3 0] [SW 3 0] [SW 3 0];
    [ADD] [LWSP] [SUB 0 2] [ANDI 2 0] [LWSP] [AND 5 0] [SRLI] [AND 7 5];
    [ADD] [LBU 1 0] [LBU 1 0] [ADDI] [ADD 4 0] [SB 5 2] [SB 0 3] [ADDI];
    [SUB] [ADD] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [SUB] [SLLI] [LUI] [ADDI 3 0] [ADD 4 2] [SLLI 1 0] [ADD 5 6] [LW 7 0];
    [SUB] [SRAI 1 0] [SLLI 2 0] [ADD 3 0] [LW 4 0] [LW] [ADDI] [ADDI];
    [XOR] [SLLI] [LWSP] [SRLI] [OR 4 2] [LWSP] [OR] [AND 7 3];
    [XOR] [SRLI] [XOR 1 2] [ROT] [SRLI] [SLLI] [OR 6 5] [XOR 4 7];
    [XOR] [ROT] [XOR 1 2] [AND] [XORI] [AND 5 0] [LW] [ADDI];
    [XOR] [LWSP] [SRLI] [SLLI] [OR 4 3] [AND] [LWSP] [OR 6 0];
    [XOR] [ADD 1 0] [ADD] [LWSP] [ADD 3 0] [ADD 5 0] [LWSP] [ADD 6 4];
    [OR] [XOR] [XOR 2 1] [SWSP 0 3] [LWSP] [LWSP] [LWSP] [LWSP];
    [OR] [XOR 1 0] [XOR] [AND 3 0] [SWSP] [AND] [XOR 4 6] [ADD 2 7];
    [AND] [OR 1 0] [ANDI] [SLLI 3 0] [AND 2 0] [OR 5 4] [LWSP] [SLLI];
    [SLL] [XORI] [SRLI] [SRL 3 2] [OR 1 4] [NOP] [NOP] [NOP];
    [SLL] [SRLI] [XORI] [SRL 2 3] [OR 1 4] [NOP] [NOP] [NOP];
    [SLTU] [SUB] [SLTU 0 2] [ADDI 3 0] [AND 4 2] [NOP] [NOP] [NOP];
    [MUL] [LWSP] [LWSP] [SLTU 2 3] [LWSP] [SLTU 0 5] [SUB 3 1] [OR 4 6];
    [MUL] [SUB 0 1] [SLTU 0 2] [AND 2 0] [ADDI 3 0] [AND 5 4] [AND] [NOP];
    [ADDI] [ADD] [ADDI] [ADDI] [ADDI] [ADDI] [ADDI] [NOP];
    [ADDI] [ADD] [MUL 1 0] [SRLI 3 0] [MUL 4 0] [SUB 0 5] [SLLI 6 0] [SRLI 7 0];
    [ADDI] [SLL] [SRAI] [AND 3 2] [ADDI] [SLL 5 0] [NOP] [NOP];
    [ADDI] [ADDI] [ADD] [SUB] [NOP] [NOP] [NOP] [NOP];
    [ADDI] [ADDI] [ADD] [ADDI] [NOP] [NOP] [NOP] [NOP];
    [ADDI] [ADDI] [ADDI] [ADDI] [LUI] [ADDI 5 0] [NOP] [NOP];
    [ADDI] [ADDI] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP];
    [ADDI] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [ADDI] [ADDI] [ADDI] [LEASP] [LEASP] [LUI] [ADDI 6 0] [NOP];
    [ADDI] [ADDI] [LUI] [ADDI 3 0] [ADDI] [NOP] [NOP] [NOP];
    [ADDI] [ADDI] [LUI] [ADDI 3 0] [LUI] [ADDI 5 0] [ADDI] [ADDI];
    [ADDI] [ADDI] [LUI] [ADDI 3 0] [NOP] [NOP] [NOP] [NOP];
    [ADDI] [ANDI] [SLLI 2 0] [ADD 3 0] [SLLI] [LWSP] [NOP] [NOP];
    [ADDI] [SLLI] [LUI] [ADDI] [LEASP] [SRLI 2 0] [ADDI 3 0] [MUL 6 7];
    [ADDI] [SLLI] [ADD 2 0] [ADDI 3 0] [ADDI] [NOP] [NOP] [NOP];
    [ADDI] [LUI] [ADDI 2 0] [NOP] [NOP] [NOP] [NOP] [NOP];
    [ADDI] [LUI] [ADDI 2 0] [LWSP] [AND 4 3] [SWSP 0 5] [NOP] [NOP];
    [ADDI] [LUI] [ADDI 2 0] [SWSP 0 3] [LWSP] [AND 5 3] [SWSP 0 6] [NOP];
    [ADDI] [LUI] [ADDI 2 0] [ADD 1 3] [LUI] [ADDI 5 0] [SWSP 0 6] [SWSP 0 4];
    [ADDI] [LUI] [ADDI 2 0] [ADD 1 3] [ADDI 2 0] [ADDI] [ADDI] [ADDI 1 0];
    [ADDI] [LW] [SRLI] [SRLI] [SLLI] [SLLI] [OR 5 3] [OR 6 4];
    [ADDI] [LWSP] [LWSP] [ADD 3 2] [LWSP] [SW 5 4] [LWSP] [ADD 7 0];
    [ADDI] [LWSP] [ADD 2 0] [SW 0 3] [NOP] [NOP] [NOP] [NOP];
    [ADDI] [LWSP] [MULHU 2 0] [LEASP] [ADD 4 0] [LEASP] [ADD 6 0] [SRLI 3 0];
    [ADDI] [LWSP] [SB 0 1] [ADDI] [ADDI] [ADDI] [NOP] [NOP];
    [ADDI] [SWSP] [SWSP] [ADDI] [LUI] [ADDI 5 0] [NOP] [NOP];
    [ADDI] [SWSP] [SWSP] [SWSP] [SWSP 0 1] [SWSP] [SWSP] [SWSP];
    [ADDI] [LEASP] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [ADDI] [MUL 1 0] [ANDI] [SUB 0 2] [ADD 3 0] [SLLI 4 0] [SRLI 6 0] [ADD 7 0];
    [ADDI] [ANDI 1 0] [ADDI 2 0] [ADD 3 0] [LEASP] [SWSP 0 5] [SWSP 0 4] [SWSP];
    [ADDI] [SLLI 1 0] [ADD 2 0] [LW 3 0] [ADDI] [SWSP 0 4] [NOP] [NOP];
    [ADDI] [SB 0 1] [LEASP] [LUI] [ADDI 4 0] [SWSP 0 3] [SWSP 0 5] [LUI];
    [ADDI] [SWSP 0 1] [ADDI] [SWSP 0 3] [ADDI] [ADDI] [SWSP] [ADDI];
    [ADDI] [SWSP 0 1] [LUI] [ADDI 3 0] [NOP] [NOP] [NOP] [NOP];
    [ADDI] [SWSP 0 1] [LUI] [ADDI 3 0] [SWSP 0 4] [LUI] [ADDI 6 0] [SWSP 0 7];
    [ANDI] [SUB] [LUI] [ADDI 3 0] [ADD 4 1] [SLLI 2 0] [SRLI 6 0] [ADD 4 7];
    [ANDI] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [SLLI] [SRLI] [SLLI] [SRLI] [OR 3 4] [OR 2 1] [XOR 6 5] [LW];
    [SLLI] [LUI] [ADDI] [LEASP] [SRLI 1 0] [NOP] [NOP] [NOP];
    [SLLI] [LWSP] [ADD 2 1] [LHU 3 0] [NOP] [NOP] [NOP] [NOP];
    [SLLI] [ADD 1 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [SLLI] [ADD 1 0] [ADDI 2 0] [ADDI] [NOP] [NOP] [NOP] [NOP];
    [SLLI] [ADD 1 0] [ADDI 2 0] [LUI] [ADDI 4 0] [ADD 5 1] [LUI] [ADDI 7 0];
    [SLLI] [ANDI 1 0] [ADD 2 0] [LBU 3 0] [ADDI] [LEASP] [ADD 6 5] [SB 7 4];
    [SLLI] [SLLI 1 0] [ADD] [ADDI] [LWSP] [ADDI] [SRLI 2 0] [SB 3 6];
    [SLLI] [SRLI 1 0] [LWSP] [MUL 2 3] [SRLI 4 0] [SRLI 4 0] [ADDI] [MUL 6 7];
    [SRLI] [XOR] [XOR 2 1] [SRLI] [XOR 4 0] [ADD 3 0] [ADD 6 5] [ADDI];
    [SRLI] [ADDI] [ORI 1 0] [SB 0 3] [SB 0 2] [SB] [SB] [ADDI];
    [SRLI] [SLLI] [SLLI] [OR 2 1] [LUI] [NOP] [NOP] [NOP];
    [SRLI] [SLLI] [OR 2 1] [NOP] [NOP] [NOP] [NOP] [NOP];
    [SRLI] [SRLI] [SRLI] [SRLI] [ADDI] [ADDI] [SB] [SB 0 1];
    [SRLI] [SRLI] [OR 2 0] [SWSP] [SWSP] [OR 1 0] [SRLI] [SLLI];
    [SRLI] [LUI] [LUI] [ADDI 2 0] [ADDI 3 0] [SWSP 0 5] [ADD] [NOP];
    [LUI] [ADDI] [ADDI] [ADDI 1 0] [ADDI] [NOP] [NOP] [NOP];
    [LUI] [ADDI] [ADDI] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP];
    [LUI] [ADDI] [SWSP 0 2] [ADDI] [SWSP 0 4] [ADDI 1 0] [SWSP 0 6] [ADDI];
    [LUI] [LEASP] [LUI] [ADDI 1 0] [LEASP] [ADDI 2 0] [ADDI 3 0] [SWSP 0 4];
    [LUI] [ADDI 1 0] [ADDI] [ADDI] [ADDI] [NOP] [NOP] [NOP];
    [LUI] [ADDI 1 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [LUI] [ADDI 1 0] [ADDI 1 0] [ADDI] [NOP] [NOP] [NOP] [NOP];
    [LUI] [ADDI 1 0] [ADD 2 0] [NOP] [NOP] [NOP] [NOP] [NOP];
    [LUI] [ADDI 1 0] [ADD 2 0] [LBU 3 0] [ADDI] [LEASP] [ADD 6 5] [SB 7 4];
    [LUI] [ADDI 1 0] [AND 2 0] [ADD 3 0] [NOP] [NOP] [NOP] [NOP];
    [LUI] [ADDI 1 0] [ADDI 2 0] [LWSP] [NOP] [NOP] [NOP] [NOP];
    [LUI] [ADDI 1 0] [SWSP 0 2] [LUI] [ADDI 4 0] [SWSP 0 5] [LUI] [ADDI 7 0];
    [LW] [OR] [LWSP] [ADDI] [LWSP] [LWSP] [ADD 6 2] [ADD 7 0];
    [LW] [ADDI] [ADDI] [LUI] [ADDI 4 0] [NOP] [NOP] [NOP];
    [LW] [ADDI] [ADDI] [SRLI 1 0] [SRLI 1 0] [ANDI 4 0] [SRLI 1 0] [SLLI 6 0];
    [LW] [ADDI] [ADDI] [SWSP 0 1] [LEASP] [ADDI] [NOP] [NOP];
    [LW] [ADDI] [LUI] [ADDI 3 0] [NOP] [NOP] [NOP] [NOP];
    [LW] [ADDI] [SWSP] [ADDI] [NOP] [NOP] [NOP] [NOP];
    [LW] [ADDI] [XORI 1 0] [SRLI 1 0] [SRLI 3 0] [OR 5 4] [AND 6 0] [ADDI];
    [LW] [LW] [ADDI] [ADDI] [LEASP] [LUI] [ADDI 6 0] [LUI];
    [LW] [LW] [LW] [LW] [LW] [LW] [LW] [SWSP];
    [LW] [LW] [LW] [SWSP] [LW] [SWSP] [SWSP] [SWSP 0 5];
    [LW] [LW] [SWSP] [SWSP] [LUI] [ADDI 5 0] [SWSP 0 2] [SWSP];
    [LW] [LW] [ADD 1 0] [ROT 2 2] [SRLI 2 0] [SLLI 2 0] [OR 6 5] [LW];
    [LW] [LEASP] [LUI] [ADDI 3 0] [SWSP] [SWSP] [SWSP] [SWSP 0 1];
    [LBU] [ADDI] [ADDI] [ANDI 1 0] [ADD 4 0] [SRLI 1 0] [LBU 5 0] [ADD 6 0];
    [LBU] [ADDI] [LEASP] [NOP] [NOP] [NOP] [NOP] [NOP];
    [LBU] [SLLI] [OR 2 0] [SLLI] [SLLI 1 0] [OR 5 4] [OR 6 3] [ADDI];
    [LBU] [LBU] [ADDI] [LBU] [LBU] [SB 0 1] [LEASP] [ADD 7 0];
    [LBU] [LBU] [LBU] [SLLI] [SRLI 4 0] [ANDI 1 0] [ANDI 2 0] [SLLI 6 0];
    [LBU] [LBU] [LBU] [LBU] [SLLI 1 0] [SLLI 2 0] [OR 5 6] [OR 7 3];
    [LBU] [LBU] [LBU] [LBU] [SLLI 1 0] [OR 5 2] [LUI] [SLLI 4 0];
    [LBU] [LBU] [LBU] [LBU] [SLLI 1 0] [OR 5 2] [SLLI 3 0] [OR 7 6];
    [LBU] [LBU] [LBU] [LBU] [SB 0 1] [SB 0 2] [SB 0 3] [SB 0 4];
    [LBU] [LBU] [LBU] [NOP] [NOP] [NOP] [NOP] [NOP];
    [LBU] [LBU] [SLLI 1 0] [LBU] [LBU] [SLLI 2 0] [OR 6 3] [SLLI 4 0];
    [LBU] [LBU] [SLLI 1 0] [OR 3 2] [ADDI] [ADDI] [ADDI 5 0] [ADDI 4 0];
    [LBU] [LBU] [SLLI 1 0] [OR 3 2] [ADDI] [NOP] [NOP] [NOP];
    [LBU] [LBU] [SLLI 1 0] [OR 3 2] [SWSP 0 4] [ADDI] [NOP] [NOP];
    [SW] [ADDI] [LW] [SW] [ADDI 2 0] [NOP] [NOP] [NOP];
    [SW] [LWSP] [LWSP] [ADD 3 2] [SW 0 4] [LWSP] [LWSP] [LWSP];
    [SW] [LWSP] [LWSP] [ADD 3 2] [SW 0 4] [LWSP] [ADD 6 0] [SW 0 7];
    [SB] [SB] [LEASP] [SB] [SB] [SB] [SB] [ADDI];
    [LWSP] [ADDI] [LUI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [LWSP] [ADDI] [ANDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP];
    [LWSP] [ADDI] [LW 1 0] [LW 1 0] [LW 1 0] [LW 1 0] [LW 1 0] [LW 1 0];
    [LWSP] [SLLI] [SLLI] [ADD 1 0] [ADDI] [ADD 5 0] [LW 4 0] [LW 6 0];
    [LWSP] [LUI] [ADDI 2 0] [ADDI 3 0] [NOP] [NOP] [NOP] [NOP];
    [LWSP] [LWSP] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [LWSP] [LWSP] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP];
    [LWSP] [LWSP] [LWSP] [LWSP] [ADD 2 1] [LWSP] [LWSP] [ADD 4 0];
    [LWSP] [LWSP] [LWSP] [ADDISP] [NOP] [NOP] [NOP] [NOP];
    [LWSP] [LWSP] [LWSP] [LEASP] [LEASP] [SWSP 0 4] [SWSP] [NOP];
    [LWSP] [LWSP] [LWSP] [SUB 0 1] [AND 4 2] [NOP] [NOP] [NOP];
    [LWSP] [LWSP] [MULHU 2 1] [MUL 2 1] [LWSP] [ADD 4 5] [SWSP 0 6] [SLTU 6 4];
    [LWSP] [LWSP] [SUB 1 2] [LWSP] [NOP] [NOP] [NOP] [NOP];
    [LWSP] [SWSP] [ADDI] [SWSP 0 1] [LWSP] [SWSP] [ADDI] [SWSP 0 5];
    [LWSP] [ADD 1 0] [ADD] [SWSP 0 3] [ADDI] [ADDI] [LWSP] [SWSP 0 7];
    [LWSP] [ADD 1 0] [SW 0 2] [LWSP] [ADD 4 0] [SW 0 5] [LWSP] [ADD 7 0];
    [LWSP] [MUL 1 0] [SUB 0 2] [SLLI 3 0] [SRLI 4 0] [MUL 5 0] [SRLI 6 0] [SRLI 6 0];
    [LWSP] [SLLI 1 0] [SLLI] [ADD 2 0] [OR 3 0] [LW 4 0] [LW 4 0] [SWSP];
    [LWSP] [SLLI 1 0] [LWSP] [ADD 3 2] [LW 4 0] [LW 4 0] [SWSP] [LWSP];
    [LWSP] [LW 1 0] [ADDI] [SW 1 3] [LWSP] [SW 5 0] [SUB 0 2] [LUI];
    [SWSP] [AND] [ADDI] [OR 2 3] [SW 0 4] [SWSP] [ADDI] [SWSP];
    [SWSP] [ADDI] [ADDI] [SWSP] [ADDI] [SWSP] [ROT] [ROT];
    [SWSP] [ADDI] [ADDI] [LEASP] [ADDI] [NOP] [NOP] [NOP];
    [SWSP] [ADDI] [LUI] [LUI] [LUI] [LUI] [NOP] [NOP];
    [SWSP] [ADDI] [LUI] [ADDI 3 0] [NOP] [NOP] [NOP] [NOP];
    [SWSP] [ADDI] [LW] [SWSP 0 3] [LW] [SRLI] [SWSP 0 6] [NOP];
    [SWSP] [LUI] [ADDI 2 0] [SWSP 0 3] [LEASP] [LUI] [ADDI 6 0] [SWSP 0 7];
    [SWSP] [LW] [LW] [LW] [LW] [SWSP 0 5] [LUI] [LUI];
    [SWSP] [LWSP] [SUB] [ADD 2 0] [ADDI] [NOP] [NOP] [NOP];
    [SWSP] [SWSP] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP];
    [SWSP] [SWSP] [LUI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [SWSP] [SWSP] [LW] [SWSP 0 3] [LUI] [ADDI 5 0] [SWSP 0 6] [SWSP];
    [SWSP] [SWSP] [SWSP] [ADDI] [LUI] [ADDI 5 0] [SWSP 0 6] [LUI];
    [SWSP] [SWSP] [SWSP] [ADDI] [SWSP] [SWSP] [SWSP] [SWSP];
    [SWSP] [SWSP] [SWSP] [LUI] [ADDI 4 0] [LUI] [ADDI 6 0] [LEASP];
    [SWSP] [SWSP] [SWSP] [SWSP] [SWSP] [SWSP] [ADDI] [SWSP];
    [SWSP] [LEASP] [LUI] [ADDI 3 0] [LEASP] [LUI] [ADDI 6 0] [SWSP 0 2];
    [ADDISP] [LUI] [ADDI 2 0] [LEASP] [LUI] [ADDI 5 0] [SWSP 0 3] [SWSP];
    [ADDISP] [SWSP] [ADDI] [ADDI] [LEASP] [ADDI] [NOP] [NOP];
    [ADDISP] [SWSP] [ADDI] [LEASP] [LUI] [ADDI 5 0] [SWSP 0 3] [LEASP];
    [ADDISP] [SWSP] [LUI] [ADDI 3 0] [LW 4 0] [LW 4 0] [LW 4 0] [LW 4 0];
    [ADDISP] [SWSP] [SWSP] [ADDI] [LEASP] [LEASP] [NOP] [NOP];
    [ADDISP] [SWSP] [SWSP] [ADDI] [LEASP] [SB 1 4] [LUI] [ADDI 7 0];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [ADDI] [LUI] [NOP];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [ADDI] [LUI] [ADDI 7 0];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [ADDI] [NOP] [NOP];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [LW] [ADDI] [LUI];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [LW] [LW 5 0] [LUI];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [LEASP] [LEASP] [NOP];
    [ADDISP] [SWSP] [SWSP] [SWSP] [LUI] [ADDI 5 0] [SUB 1 6] [NOP];
    [ADDISP] [SWSP] [SWSP] [SWSP] [LW] [LW] [LW] [LW 5 0];
    [ADDISP] [SWSP] [SWSP] [SWSP] [NOP] [NOP] [NOP] [NOP];
    [ADDISP] [SWSP] [SWSP] [SWSP] [LEASP] [ANDI 1 0] [NOP] [NOP];
    [ADDISP] [SWSP] [SWSP] [LEASP] [ADDI] [SWSP 0 1] [SWSP] [SH 1 5];
    [ADDISP] [SWSP] [SWSP] [LEASP] [LUI] [ADDI 5 0] [LEASP] [SWSP 0 4];
    [ADDISP] [SWSP] [SWSP] [LEASP] [ANDI 1 0] [NOP] [NOP] [NOP];
    [LEASP] [LUI] [LUI] [NOP] [NOP] [NOP] [NOP] [NOP];
    [LEASP] [LUI] [ADDI 2 0] [LUI] [ADDI 4 0] [SWSP 0 1] [SWSP 0 3] [SWSP 0 5];
    [LEASP] [SWSP 0 1] [LEASP] [NOP] [NOP] [NOP] [NOP] [NOP];
}

ends! {
    /// Branches after two slots or more.
    BRANCHES = branch:
    [ADD] [LWSP] [ADDI] [SWSP] [SWSP 0 2] [ADDI] [NOP] [NOP] [NE 3 6];
    [ADD] [LWSP] [SW 0 1] [ADDI] [NOP] [NOP] [NOP] [NOP] [NE 4 2];
    [ADD] [SLLI 1 0] [ADD 2 1] [SRLI 3 0] [LWSP] [ADD 4 5] [NOP] [NOP] [EQ];
    [ADD] [LBU 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 2 0];
    [ADD] [LBU 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 2 0];
    [ADD] [LBU 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LT 0 2];
    [ADD] [LBU 1 0] [ADDI 2 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [LTU 4 3];
    [ADD] [LBU 1 0] [ADDI 2 0] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 3 0];
    [ADD] [LBU 1 0] [ADDI 2 0] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 0 3];
    [ADD] [SW 0 1] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 1 0];
    [SUB] [SUB] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [GE 1 2];
    [SUB] [SUB] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [GE 1 2];
    [SUB] [OR] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ];
    [SUB] [ADDI] [ADD 1 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [NE 2 0];
    [SUB] [ANDI 1 0] [ADD 2 0] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 0 3];
    [SUB] [SLTU 0 1] [ADDI 2 0] [AND 3 1] [NOP] [NOP] [NOP] [NOP] [GEU];
    [XOR] [ADDI] [MUL 1 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [NE 2 0];
    [OR] [OR 1 0] [SW 0 2] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NE 4 0];
    [AND] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 1 2];
    [AND] [OR 1 0] [SW 0 2] [NOP] [NOP] [NOP] [NOP] [NOP] [NE];
    [SRL] [ANDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 2 0];
    [SLTU] [SUB] [SUB 2 1] [NOP] [NOP] [NOP] [NOP] [NOP] [LT 3 0];
    [SLTU] [ADDI 1 0] [AND 2 0] [SRLI] [ADD 3 0] [NOP] [NOP] [NOP] [NE 4 0];
    [MUL] [AND 1 0] [XOR 2 0] [SLTU 0 3] [ADD 4 0] [ADDI] [NOP] [NOP] [EQ 5 0];
    [ADDI] [ADD] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 3 1];
    [ADDI] [ADD] [SB] [ADD] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [ADDI] [ADDI] [ADD] [ADDI 2 0] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [ADDI] [ADDI] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [ADDI] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [ADDI] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 2 0];
    [ADDI] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 0 2];
    [ADDI] [ADDI] [ADDI] [LWSP] [NOP] [NOP] [NOP] [NOP] [EQ];
    [ADDI] [ADDI] [LUI] [ADDI 3 0] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU];
    [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 1 0];
    [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 1 2];
    [ADDI] [ADDI] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 2 0];
    [ADDI] [ADDI] [SLTIU 1 0] [ADD 3 0] [SWSP 0 4] [ADDI] [NOP] [NOP] [NE 2 0];
    [ADDI] [SLLI] [SLLI] [ADD 3 2] [ADD 4 0] [SLTU 5 4] [ADDI] [NOP] [EQ 6 0];
    [ADDI] [LUI] [ADDI] [SWSP 0 1] [NOP] [NOP] [NOP] [NOP] [EQ 1 2];
    [ADDI] [LW] [LW 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 3 2];
    [ADDI] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 0 2];
    [ADDI] [SWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 1 0];
    [ADDI] [SLTU 1 0] [SLTU] [XORI 2 0] [OR 3 4] [ADD] [SW 0 6] [NOP] [EQ 5 0];
    [ADDI] [SLTIU 1 0] [ADD 2 0] [ADDI] [SW 0 3] [NOP] [NOP] [NOP] [NE 4 0];
    [ADDI] [SLTIU 1 0] [ADD 2 0] [ADDI] [SWSP 0 3] [NOP] [NOP] [NOP] [NE 4 0];
    [ADDI] [SLTIU 1 0] [ADD 2 0] [SW 0 3] [ADDI] [NOP] [NOP] [NOP] [EQ 5 0];
    [ADDI] [SLTIU 1 0] [ADD 2 0] [SWSP 0 3] [ADDI] [NOP] [NOP] [NOP] [EQ 5 0];
    [ADDI] [SLTIU 1 0] [ADD 2 0] [SWSP 0 3] [ADDI] [NOP] [NOP] [NOP] [NE 5 0];
    [ADDI] [MULHU 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 2 0];
    [ADDI] [SW 0 1] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [ADDI] [SW 0 1] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 0 3];
    [ADDI] [SWSP 0 1] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 1 3];
    [ADDI] [SWSP 0 1] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [ADDI] [MUL 1 1] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 1 0];
    [ANDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [ANDI] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 1 0];
    [ANDI] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LT 2 0];
    [SLLI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LT 1 0];
    [SLLI] [SWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LT 1 0];
    [SLLI] [ADD 1 0] [SW 2 0] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NE 4 0];
    [SLLI] [OR 1 0] [ANDI] [OR 2 3] [OR 4 0] [LUI] [NOP] [NOP] [EQ 5 6];
    [SLLI] [OR 1 0] [OR 2 0] [ADDI] [SWSP 0 3] [NOP] [NOP] [NOP] [GEU 3 4];
    [SLLI] [OR 1 0] [ADDI 2 0] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 2 0];
    [SLLI] [OR 1 0] [SW 0 2] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NE 4 0];
    [SLLI] [SRLI 1 0] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 2 3];
    [SRLI] [ANDI] [SLLI] [ADDI 2 0] [SRLI 3 0] [ADDI 5 0] [SRLI] [NOP] [NE 1 0];
    [SRLI] [XOR 1 0] [ADD] [ADD 3 2] [SW 0 4] [ADDI] [ADDI] [NOP] [NE 6 0];
    [SRLI] [ADDI 1 0] [SRLI] [NOP] [NOP] [NOP] [NOP] [NOP] [NE];
    [SLTIU] [SLTIU] [AND 2 1] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 3 0];
    [LUI] [SWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 1 0];
    [LUI] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE];
    [LUI] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [GE];
    [LW] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 1 0];
    [LW] [LW] [ADDI] [ADDI] [LUI] [ADDI 5 0] [NOP] [NOP] [GEU 2 1];
    [LW] [LW] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 2 1];
    [LW] [LW] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 1 2];
    [LBU] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 1 2];
    [LBU] [ADDI] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [LBU] [SLLI] [OR 1 2] [SH 0 3] [NOP] [NOP] [NOP] [NOP] [NE];
    [LBU] [LBU] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 1 2];
    [LBU] [ADDI 1 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 3 2];
    [LBU] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 0 2];
    [LBU] [ADDI 1 0] [ANDI 2 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [LTU 4 3];
    [LHU] [SRLI] [ADD 2 0] [SLLI] [SRLI 4 0] [SWSP] [NOP] [NOP] [GEU 3 1];
    [SB] [LEASP] [ADD 2 0] [SB] [ADDI] [SB 3 0] [ADDI] [NOP] [LTU];
    [LWSP] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NE];
    [LWSP] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 1 0];
    [LWSP] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 1 2];
    [LWSP] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 2 1];
    [LWSP] [LWSP] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU];
    [LWSP] [LWSP] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 1 0];
    [LWSP] [LWSP] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 2 1];
    [LWSP] [LWSP] [LWSP] [OR 3 2] [NOP] [NOP] [NOP] [NOP] [EQ 4 0];
    [LWSP] [LWSP] [AND 2 1] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 3 0];
    [LWSP] [LWSP] [OR 1 2] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 3 0];
    [LWSP] [SWSP] [SWSP] [ADDI] [SB 0 4] [NOP] [NOP] [NOP] [LTU 0 1];
    [LWSP] [ADD 1 0] [ADD] [SLLI] [ADD 3 4] [ADDI] [SW 5 2] [ADDI] [NE 6 8];
    [LWSP] [ADD 1 0] [ADD 2 0] [SWSP 0 3] [NOP] [NOP] [NOP] [NOP] [EQ 3 0];
    [LWSP] [AND 1 0] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 2 3];
    [LWSP] [SRL 1 0] [ANDI 2 0] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ 3 0];
    [LWSP] [ADDI 1 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 2 3];
    [LWSP] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 1 0];
    [SWSP] [ADDI] [ANDI 2 0] [SWSP] [ADD] [SUB 5 3] [ANDI 6 0] [ADDI] [EQ 3 0];
    [SWSP] [LW] [LW] [SLTIU 2 0] [SLTIU 3 0] [AND 4 5] [SWSP 0 2] [SWSP 0 3] [NE 6 0];
    [SWSP] [SWSP] [ADDI] [LW] [LW] [LW] [LUI] [AND 4 7] [EQ 8 0];
    [SWSP] [SWSP] [SLLI] [ADDI 3 0] [ANDI 3 0] [NOP] [NOP] [NOP] [EQ 5 0];
    [SWSP] [SWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU];
    [SWSP] [SWSP] [SWSP] [ADDI] [LW] [LUI] [AND 5 6] [LUI] [EQ 7 0];
    [SWSP] [SWSP] [SWSP] [SWSP] [SWSP] [SWSP] [ADDI] [ADDI] [GEU 7 0];
    [ADDISP] [ADDI] [SWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [GEU 0 2];
    [ADDISP] [SWSP] [SWSP] [LW] [LW] [NOP] [NOP] [NOP] [GEU 5 4];
    [ADDISP] [SWSP] [SWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [EQ];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [ADDI] [ADDI] [NOP] [LTU 0 5];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [ADDI] [NOP] [NOP] [GEU 6 5];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [LUI] [ADDI] [NOP] [EQ 6 0];
    [ADDISP] [SWSP] [SWSP] [SWSP] [LW] [LW] [LW] [NOP] [GEU 6 5];
    [ADDISP] [SWSP] [SWSP] [SWSP] [LW] [SLLI 5 0] [SRLI 6 0] [ADDI] [EQ 7 8];
    [ADDISP] [SWSP] [SWSP] [SWSP] [SWSP] [LBU] [NOP] [NOP] [EQ 6 0];
}

ends! {
    /// Branches to their own op.
    REPEATS = repeat:
    [ADD] [ADD] [SB 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 2 0];
    [ADD] [LBU 1 0] [ADDI] [ADDI] [SB 4 2] [NOP] [NOP] [NOP] [LTU 3 0];
    [ADDI] [SLL] [OR 2 0] [SLLI 1 0] [NOP] [NOP] [NOP] [NOP] [LTU 1 0];
    [ADDI] [ADDI] [ADD] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NE 2 0];
    [SLLI] [LW] [SUB 1 0] [ADDI] [ADDI 4 0] [ADD 2 3] [NOP] [NOP] [NE 5 0];
    [SLLI] [SUB 1 0] [SB 0 2] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NE 4 0];
    [SLLI] [XOR 1 0] [SRLI 2 0] [XOR 3 2] [SLLI 4 0] [XOR 5 4] [SW 0 6] [ADDI] [NE 8 0];
    [SLLI] [XOR 1 0] [SRLI 2 0] [XOR 2 3] [SLLI 4 0] [XOR 4 5] [SW 0 6] [ADDI] [NE 8 0];
    [SLTIU] [SLLI 1 0] [ADD] [ADDI] [SB 3 2] [NOP] [NOP] [NOP] [NE 4 0];
    [LW] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 1 0];
    [LW] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 0 1];
    [LW] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 0 1];
    [LW] [ADDI] [XORI 1 0] [SRLI 3 0] [SRLI 1 0] [OR 4 5] [AND 6 0] [ADD 7 0] [NE 2 0];
    [LW] [LW] [MUL 2 1] [ADD 3 0] [ADDI] [ADDI] [NOP] [NOP] [NE 5 0];
    [LBU] [SLTIU 1 0] [ADDI] [ADD 2 0] [NOP] [NOP] [NOP] [NOP] [NE 3 0];
    [LB] [ADDI] [SLTI 1 0] [XORI 3 0] [ADD 4 0] [ADDI] [NOP] [NOP] [NE 2 0];
    [LB] [ADDI] [SLTI 1 0] [XORI 3 0] [ADD 4 0] [NOP] [NOP] [NOP] [NE 2 0];
    [SW] [XOR] [SW 0 2] [ADDI] [ADDI] [ADDI] [ADDI] [NOP] [NE 4 0];
    [SW] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [LTU 2 0];
    [SB] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 2 0];
    [SB] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [NE 2 0];
}

ends! {
    /// Jumps after two slots or more; 1 for calls.
    JUMPS = jump:
    [ADD] [SLLI 1 0] [ANDI 2 0] [ADD 3 0] [LW 4 0] [ADDI] [ADDI] [NOP] [0 0 0];
    [XOR] [SLTIU 1 0] [ADD 2 0] [ADDI 2 0] [SW 0 3] [AND 4 0] [NOP] [NOP] [0 0 0];
    [ADDI] [SUB] [SLLI 2 0] [SRLI 3 0] [ADDI] [ADDI] [ADDI] [NOP] [1 0 0];
    [ADDI] [ADDI] [ADDI] [ADDI] [LEASP] [NOP] [NOP] [NOP] [1 0 0];
    [ADDI] [ADDI] [ADDI] [LUI] [ADDI 4 0] [NOP] [NOP] [NOP] [1 0 0];
    [ADDI] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [ADDI] [ADDI] [SWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [ADDI] [ADDI] [SWSP] [LWSP] [ADDI 4 0] [SWSP] [ADDI] [NOP] [1 0 0];
    [ADDI] [LUI] [ADDI 2 0] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [ADDI] [LUI] [ADDI 2 0] [LEASP] [LEASP] [NOP] [NOP] [NOP] [1 0 0];
    [ADDI] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [ADDI] [LWSP] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [ADDI] [LWSP] [SW 0 2] [LWSP] [SW 0 4] [NOP] [NOP] [NOP] [0 0 0];
    [ADDI] [SWSP] [SWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [ADDI] [SWSP] [SWSP] [SH 0 1] [LEASP] [NOP] [NOP] [NOP] [1 0 0];
    [ADDI] [LEASP] [SUB 1 0] [ADD 2 0] [ADDI] [NOP] [NOP] [NOP] [1 0 0];
    [ADDI] [AND 1 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [ADDI] [SB 0 1] [LEASP] [LEASP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [ORI] [SB 0 1] [SB] [SB] [ADDI] [NOP] [NOP] [NOP] [0 0 0];
    [ANDI] [SRLI] [ADDI 1 0] [ORI 2 0] [SB 0 4] [SB 0 3] [ADDI] [NOP] [0 0 0];
    [SLLI] [SRLI] [OR 2 0] [OR 1 0] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [SLLI] [ADDI 1 0] [ADDI] [ADD 2 0] [SWSP] [NOP] [NOP] [NOP] [1 0 0];
    [SRLI] [ANDI] [SLLI] [ADDI 2 0] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [SRLI] [SLLI] [SRLI] [OR 1 2] [SRLI] [NOP] [NOP] [NOP] [0 0 0];
    [SRLI] [AND 1 0] [ADD 2 0] [SLLI 3 0] [ADD 4 3] [SRLI 5 0] [ADD 6 0] [LWSP] [0 0 0];
    [SRLI] [SWSP 0 1] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LUI] [ADDI] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LUI] [ADDI] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [LUI] [ADDI] [ADDI 1 0] [SWSP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [LUI] [LUI] [LW] [ADDI 1 0] [ADDI] [ADDI 2 0] [NOP] [NOP] [0 0 0];
    [LUI] [ADDI 1 0] [ADDI] [ADDI] [ADDI] [NOP] [NOP] [NOP] [1 0 0];
    [LUI] [ADDI 1 0] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LUI] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LW] [LW] [ADDI 1 0] [ADDI 2 0] [ADDI] [NOP] [NOP] [NOP] [1 0 0];
    [LW] [ADD 1 0] [ADDI] [ADDI 2 0] [SWSP] [NOP] [NOP] [NOP] [1 0 0];
    [SW] [SW] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [SB] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LWSP] [ADDI] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [LWSP] [ADDI] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [LWSP] [LUI] [LUI] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LWSP] [LUI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LWSP] [LWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LWSP] [SUB 1 0] [SLLI 2 0] [SRLI 3 0] [ADDI] [ADDI] [ADDI] [NOP] [1 0 0];
    [LWSP] [LW 1 0] [LW 1 0] [ADDI] [ADDI] [NOP] [NOP] [NOP] [1 0 0];
    [LWSP] [SWSP 0 1] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [SWSP] [ADDI] [SWSP 0 2] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [SWSP] [LUI] [ADDI 2 0] [LUI] [ADDI 4 0] [LEASP] [NOP] [NOP] [1 0 0];
    [SWSP] [LUI] [ADDI 2 0] [LEASP] [LWSP] [ADDI 5 0] [ADDI] [NOP] [1 0 0];
    [SWSP] [LW] [LW] [SWSP 0 2] [ADDI 3 0] [LWSP] [LWSP] [NOP] [1 0 0];
    [SWSP] [SWSP] [SUB] [SLLI 3 0] [SRLI 4 0] [ADDI] [ADDI] [ADDI] [1 0 0];
    [SWSP] [SWSP] [LUI] [ADDI 3 0] [LEASP] [LEASP] [NOP] [NOP] [1 0 0];
    [SWSP] [SWSP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [SWSP] [SWSP] [SWSP] [LUI] [ADDI 4 0] [LUI] [ADDI 6 0] [LEASP] [1 0 0];
    [SWSP] [SWSP] [SWSP] [SWSP] [SWSP] [NOP] [NOP] [NOP] [0 0 0];
    [SWSP] [SWSP] [SWSP] [SWSP] [LEASP] [NOP] [NOP] [NOP] [1 0 0];
    [SWSP] [LEASP] [LEASP] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [ADDISP] [LUI] [SWSP] [SWSP] [SWSP] [ADDI] [ADDI 2 0] [LUI] [0 0 0];
    [ADDISP] [SWSP] [SWSP] [SWSP] [ADDI] [ADDI] [LUI] [ADDI 7 0] [0 0 0];
    [LEASP] [ADDI] [ADDI] [SWSP 0 1] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LEASP] [ADDI] [LUI] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [LEASP] [ADDI] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [LEASP] [LEASP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [1 0 0];
    [LEASP] [SWSP 0 1] [LEASP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
}

ends! {
    /// Indirect jumps after two slots or more; 1 for calls.
    INDIRECT_JUMPS = jalr:
    [ADD] [LWSP] [LWSP] [LWSP] [ADDISP] [NOP] [NOP] [NOP] [0 2 0];
    [ADDI] [ADDI] [ADDI] [LWSP] [NOP] [NOP] [NOP] [NOP] [1 4 0];
    [ADDI] [ADDI] [LWSP] [LWSP] [LWSP] [ADDISP] [NOP] [NOP] [0 3 0];
    [ADDI] [ADDI] [LWSP] [LWSP] [ADDISP] [NOP] [NOP] [NOP] [0 0 0];
    [ADDI] [LWSP] [LWSP] [LWSP] [ADDISP] [NOP] [NOP] [NOP] [0 2 0];
    [ADDI] [ADDISP] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LUI] [ADDI 1 0] [ADDI] [ADDI] [LWSP] [NOP] [NOP] [NOP] [1 5 0];
    [LUI] [ADDI 1 0] [NOP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 0 0];
    [LW] [ADDI] [ADDI] [ADDI] [LWSP] [LWSP] [LWSP] [ADDISP] [0 1 0];
    [LW] [ADDI] [ADDI] [SWSP] [NOP] [NOP] [NOP] [NOP] [1 1 0];
    [LW] [ADDI] [LWSP] [LWSP] [NOP] [NOP] [NOP] [NOP] [1 1 0];
    [LW] [ADDI] [LWSP] [LWSP] [LWSP] [LWSP] [LWSP] [ADDISP] [0 1 0];
    [LW] [SRLI] [ADDI] [ADDI] [ADDI 2 0] [NOP] [NOP] [NOP] [0 1 0];
    [LW] [LW] [LW 1 0] [LWSP] [LWSP] [LWSP] [ADDISP] [NOP] [0 3 0];
    [SW] [SW] [SW] [SW] [SW] [LWSP] [LWSP] [ADDISP] [0 0 0];
    [SW] [SW] [SW] [SW] [LWSP] [LWSP] [ADDISP] [NOP] [0 0 0];
    [SW] [SW] [SW] [LWSP] [LWSP] [LWSP] [ADDISP] [NOP] [0 4 0];
    [LWSP] [LWSP] [LWSP] [ADDI] [ADDISP] [NOP] [NOP] [NOP] [0 1 0];
    [LWSP] [LWSP] [LWSP] [LWSP] [ADDISP] [NOP] [NOP] [NOP] [0 2 0];
    [LWSP] [LWSP] [LWSP] [ADDISP] [NOP] [NOP] [NOP] [NOP] [0 1 0];
    [LWSP] [LWSP] [ADDISP] [NOP] [NOP] [NOP] [NOP] [NOP] [0 1 0];
    [LWSP] [LW 1 0] [ADDI] [LWSP] [LWSP] [NOP] [NOP] [NOP] [1 2 0];
    [LWSP] [SWSP 0 1] [SWSP] [SWSP] [LEASP] [NOP] [NOP] [NOP] [1 0 0];
    [SWSP] [LW] [LW] [LUI] [ADDI 4 0] [ADDI] [SWSP] [SWSP 0 3] [1 3 0];
    [SWSP] [LW] [LW] [SWSP 0 2] [LW 2 0] [SWSP 0 3] [LWSP] [ADDI] [1 5 0];
    [SWSP] [LW] [LWSP] [LWSP] [LWSP] [NOP] [NOP] [NOP] [1 2 0];
    [SWSP] [LWSP] [LW 2 0] [LWSP] [LWSP] [LWSP] [NOP] [NOP] [1 3 0];
    [SWSP] [LWSP] [SWSP 0 2] [SWSP] [LEASP] [NOP] [NOP] [NOP] [1 0 0];
}
