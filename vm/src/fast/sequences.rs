//! Sequences of up to four slots that have handlers of their own, alone and before transfers of control.
//!
//! Chosen by how often the programs of the Embench suite and `examples` run them; no program that is measured in
//! `benches` was among them. Any list is right: a longer one makes a larger library, a shorter one slower programs.
//!
//! After a slot's kind stands which slots of the op its operands come from, counted from one: `ADD 1 0` takes the
//! first one from the first slot, the second one from a register. A `lost` result is not written. Each list is
//! sorted by the kinds, and of one kind what saves most comes first.

use super::handlers::condition::{EQ, GE, GEU, LT, LTU, NE};
use super::handlers::{JUMP, LINK, branch, jalr, jump, seq};
use super::slot::*;
use super::state::Handler;
use super::table::Shape;

macro_rules! spec {
    ([$kind:ident]) => {
        $kind as Spec
    };
    ([$kind:ident lost]) => {
        $kind as Spec | LOST
    };
    ([$kind:ident $first:literal $second:literal]) => {
        $kind as Spec | $first << 6 | $second << 10
    };
    ([$kind:ident lost $first:literal $second:literal]) => {
        $kind as Spec | $first << 6 | $second << 10 | LOST
    };
}

/// Fills up with [`NONE`].
const fn slots(some: &[Spec]) -> [Spec; MOST] {
    let mut all = [NONE; MOST];
    let mut i = 0;
    while i < some.len() {
        all[i] = some[i];
        i += 1;
    }
    all
}

/// Handlers by their shapes. A list without ends is one of sequences.
macro_rules! handlers {
    ($(#[$meta:meta])* $name:ident: $([$($slot:tt)*];)*) => {
        $(#[$meta])*
        pub(crate) static $name: &[(Shape, Handler)] = &[$({
            const S: [Spec; MOST] = slots(&[$(spec!($slot)),*]);
            ((S, 0), seq::<{ S[0] }, { S[1] }, { S[2] }, { S[3] }>)
        },)*];
    };
    ($(#[$meta:meta])* $name:ident, $handler:ident: $([$($slot:tt)*] $end:tt;)*) => {
        $(#[$meta])*
        pub(crate) static $name: &[(Shape, Handler)] = &[$({
            const S: [Spec; MOST] = slots(&[$(spec!($slot)),*]);
            ((S, spec!($end)), $handler::<{ S[0] }, { S[1] }, { S[2] }, { S[3] }, { spec!($end) }>)
        },)*];
    };
}

handlers! {
    /// Sequences of two slots that need more than the pairs that all have, and longer ones.
    SEQUENCES:
    [[ADD lost] [ADD 1 0] [LBU 2 0] [ADDI]];
    [[ADD] [SLL 1 0] [SUB lost] [SRL 1 3]];
    [[ADD lost] [SLL 1 0] [SUB] [SRL 1 3]];
    [[ADD] [SRLI lost 1 0] [ADD lost 2 0] [LBU 3 0]];
    [[ADD] [LW 1 0] [ADDI] [LWSP]];
    [[ADD lost] [LW 1 0] [SRLI] [ADDI]];
    [[ADD lost] [LW 1 0] [SRLI] [SWSP]];
    [[ADD] [LW 1 0] [LWSP] [ADDI]];
    [[ADD lost] [LBU 1 0] [ADD 2 0] [ADDI]];
    [[ADD lost] [LBU 1 0] [ADD lost] [LBU 3 0]];
    [[ADD lost] [LBU 1 0] [SWSP 0 2] [ADDI]];
    [[ADD] [SW 1 0] [ADDI] [ADDI]];
    [[SUB] [ADD] [ADDI]];
    [[SUB lost] [AND 1 0] [AND 1 0] [SLTU 0 3]];
    [[SUB lost] [AND 1 0] [AND 1 0]];
    [[SUB] [AND 1 0] [AND 1 0]];
    [[SUB lost] [SLTU lost 0 1] [ADDI 2 0] [AND 3 1]];
    [[SUB lost] [SRAI lost 1 0] [SLLI lost 2 0] [ADD 3 0]];
    [[XOR] [XOR lost] [XOR lost 1 2] [XOR 3 0]];
    [[XOR lost] [XOR] [XOR 1 2] [LW]];
    [[XOR lost] [XOR 1 0] [XOR] [LWSP]];
    [[XOR] [XOR] [LWSP] [SRLI]];
    [[XOR] [SRLI] [SRLI] [XOR 1 0]];
    [[XOR lost] [SLTIU lost 1 0] [ADD 2 0] [ADDI 2 0]];
    [[XOR] [LW] [ANDI lost] [SLLI 3 0]];
    [[OR lost] [ADD 1 0] [ADDI] [ADDI]];
    [[OR] [ADD 1 0] [ADDI] [ADDI]];
    [[OR lost] [OR lost] [OR 1 2] [OR]];
    [[AND lost] [ADDI lost] [AND 2 1] [AND]];
    [[SLT lost] [SUB lost 0 1] [AND 2 0] [ADD 3 0]];
    [[SLT lost] [ADDI] [SUB 0 1] [AND 3 2]];
    [[SLTU] [SUB lost] [SUB 2 1] [SLTIU]];
    [[MUL] [ADD lost] [ADD lost 2 1] [LBU 3 0]];
    [[MUL lost] [ADD lost] [ADD 2 1] [LBU 3 0]];
    [[MUL] [ADD 1 0] [MUL] [ADD 3 0]];
    [[MUL] [SUB 0 1] [SLTU 0 2]];
    [[MUL] [SUB lost 0 1] [ADDI 2 0] [SB 0 3]];
    [[MUL lost] [LWSP] [ADD 2 1] [ADD 3 0]];
    [[ADDI lost] [SUB lost 1 0] [SLL 0 2] [AND 3 0]];
    [[ADDI lost] [SUB 1 0] [SLL 0 2]];
    [[ADDI] [SLL 1 0] [AND 2 0] [ADDI]];
    [[ADDI] [MUL lost] [ADD 2 0] [SLLI 1 0]];
    [[ADDI lost] [MUL lost 1 0] [LW] [SRLI 2 0]];
    [[ADDI] [ADDI lost] [MUL lost 1 2] [ADD 3 0]];
    [[ADDI] [ADDI] [ADDI] [ADDI]];
    [[ADDI] [ADDI] [ADDI] [LI]];
    [[ADDI] [ADDI] [ADDI]];
    [[ADDI] [ADDI] [ADDI] [SWSP]];
    [[ADDI] [ADDI] [ANDI] [ADDI 1 0]];
    [[ADDI] [ADDI] [LWSP] [LWSP]];
    [[ADDI] [ADDI] [SWSP 0 2] [ADDI]];
    [[ADDI] [ANDI lost 1 0] [ADD 2 0] [ADDI]];
    [[ADDI] [SLLI lost] [ADD 2 0] [LW 3 0]];
    [[ADDI] [SLLI lost] [SLLI] [ADD 3 2]];
    [[ADDI] [SRLI lost] [ADDI 1 0] [ANDI 2 0]];
    [[ADDI] [SRLI] [SLLI lost 2 0] [ADD 3 0]];
    [[ADDI lost] [SLTIU 1 0] [ADD 2 0] [SWSP 0 3]];
    [[ADDI] [SLTIU 1 0] [SLTIU] [ADD 2 0]];
    [[ADDI] [LI] [LW 2 0] [LI]];
    [[ADDI] [LW] [SW] [ADDI 1 0]];
    [[ADDI] [SB] [ADDI]];
    [[ADDI] [LWSP] [LWSP] [LWSP]];
    [[ADDI lost] [SWSP 0 1] [LWSP lost] [ADDI 3 0]];
    [[XORI lost] [ANDI 1 0] [LI lost] [LW 3 0]];
    [[ANDI lost] [ADD lost 1 0] [LW 2 0] [SRLI]];
    [[ANDI lost] [ADD lost 1 0] [LW 2 0]];
    [[ANDI lost] [ADDI lost 1 0] [SLTIU lost 2 0] [ADDI 3 0]];
    [[ANDI lost] [SLLI lost 1 0] [ADD lost 2 0] [LW 3 0]];
    [[ANDI lost] [LWSP] [ADD lost 2 1] [LW 3 0]];
    [[SLLI lost] [ADD lost 1 0] [LW lost 2 0] [AND 3 0]];
    [[SLLI lost] [ADD lost 1 0] [LW 2 0] [LW 2 0]];
    [[SLLI lost] [ADD lost 1 0] [LW 2 0]];
    [[SLLI lost] [ADD 1 0] [LW 2 0]];
    [[SLLI lost] [ADD 1 0] [SW 2 0] [SW 2 0]];
    [[SLLI lost] [ADD 1 0] [SW 2 0] [SW]];
    [[SLLI lost] [XOR lost 1 0] [SRLI 2 0] [XOR 2 3]];
    [[SLLI lost] [ADDI] [ADD 1 0]];
    [[SLLI lost] [SRLI lost 1 0] [ADD lost 2 0] [LBU 3 0]];
    [[SLLI lost] [SRLI 1 0] [ADDI 2 0] [ADD 3 0]];
    [[SLLI lost] [SRAI lost 1 0] [MUL 2 0] [ADD 3 0]];
    [[SLLI] [LI lost] [ADD lost 2 1] [LW 3 0]];
    [[SLLI lost] [LI] [ADD 2 1] [SW 3 0]];
    [[SLLI lost] [LWSP] [ADD lost 2 1] [LW 3 0]];
    [[SRLI lost] [ADD 1 0] [ADD lost 2 0] [LBU 3 0]];
    [[SRLI lost] [ADD 1 0] [ADD 2 0] [LBU 3 0]];
    [[SRLI lost] [ADD lost 1 0] [LBU 2 0]];
    [[SRLI] [XOR lost] [SWSP 0 2] [XOR]];
    [[SRLI] [MUL lost] [ADD 1 0] [ADD 3 2]];
    [[SRLI lost] [ADDI] [SLLI] [OR 3 1]];
    [[SRLI lost] [ADDI] [SWSP] [ANDI 1 0]];
    [[SRLI lost] [ANDI lost 1 0] [ADD lost 2 0] [LW 3 0]];
    [[SRLI lost] [SLLI lost 1 0] [ADD lost 2 0] [LW 3 0]];
    [[SRLI] [SLLI lost] [ADDI] [ADD 1 2]];
    [[SRLI lost] [SLLI] [SLTIU] [OR 1 2]];
    [[SRLI lost] [SLLI lost 1 0] [LWSP] [ADD 3 2]];
    [[SRLI lost] [SRLI lost] [ADD 2 1] [ADDI]];
    [[SRLI lost] [SB 0 1] [SRLI] [SB 0 3]];
    [[SRAI lost] [ADDI] [MUL lost 1 2] [ADDI 3 0]];
    [[SLTI lost] [ADDI 1 0] [AND 2 0] [SUB 0 1]];
    [[SLTIU lost] [SLL 0 1] [SW 0 2] [ADD 2 0]];
    [[SLTIU lost] [ADDI] [SUB 2 0] [ADDI 1 0]];
    [[LI] [ADD lost 1 0] [ADD lost 2 0] [LW 3 0]];
    [[LI] [ADD lost 1 0] [LW 2 0]];
    [[LI lost] [ADD 1 0] [SB 2 0]];
    [[LI lost] [MUL lost 1 0] [LI] [ADD 2 3]];
    [[LI lost] [ADDI 1 0] [SWSP 0 2] [SWSP]];
    [[LI] [LI] [SB 2 0]];
    [[LI lost] [LW 1 0] [LI lost] [LW 3 0]];
    [[LI lost] [LBU 1 0] [LI lost] [LW 3 0]];
    [[LI lost] [LBU 1 0] [LI lost] [LBU 3 0]];
    [[LI] [LBU 1 0] [LI lost] [LBU 3 0]];
    [[LI lost] [LBU 1 0] [LI] [SW 3 0]];
    [[LI lost] [LBU 1 0] [LI] [SB 3 0]];
    [[LI] [SW 1 0] [LI lost] [LBU 3 0]];
    [[LI lost] [SW 1 0] [LI] [SW 3 0]];
    [[LI lost] [SW 1 0] [LI] [SB 3 0]];
    [[LI lost] [SB 1 0] [LI lost] [LBU 3 0]];
    [[LI] [SB 1 0] [LI lost] [LBU 3 0]];
    [[LI lost] [SB 1 0] [LI] [LBU 3 0]];
    [[LI lost] [SB 1 0] [LI] [SB 3 0]];
    [[LI] [SB 1 0] [LI] [SB 3 0]];
    [[LI lost] [SB 1 0] [LBU]];
    [[LI] [SB 1 0]];
    [[LW lost] [ADD] [ADD 1 0] [ANDI 2 0]];
    [[LW] [XOR lost] [XOR 1 0] [XOR 2 3]];
    [[LW] [XOR] [XOR 2 0] [LWSP]];
    [[LW] [XOR] [LW] [XOR]];
    [[LW] [ADDI] [SWSP] [ADDI]];
    [[LW] [LW lost] [MUL 2 1] [SUB 0 3]];
    [[LW lost] [LW] [MUL 2 1] [SUB 0 3]];
    [[LW] [LW] [ADDI] [ADDI]];
    [[LW] [LW] [SW 0 1] [SW 0 2]];
    [[LW] [LWSP lost] [ADD 2 0] [ADD 3 0]];
    [[LBU lost] [ADD 1 0] [ADDI] [MUL 3 0]];
    [[LBU] [ADDI] [MUL lost 2 0] [SRLI 3 0]];
    [[LBU] [ADDI] [ADDI] [SB 0 1]];
    [[LBU] [ADDI] [SW] [SB 0 1]];
    [[LBU lost] [SLLI lost 1 0] [ADD lost 2 0] [LW 3 0]];
    [[LBU lost] [SLTIU lost 1 0] [ADDI 1 0] [ADDI 2 0]];
    [[LBU] [LI lost] [LW 2 0] [ADDI]];
    [[LBU] [LI lost] [LW 2 0]];
    [[LBU lost] [LW] [MUL 1 0]];
    [[LBU] [LW] [ADDI] [SRLI]];
    [[LBU] [LBU] [ADDI lost] [MUL 1 3]];
    [[LHU] [LHU] [LHU] [LHU]];
    [[LHU] [LHU] [LHU]];
    [[LB lost] [SLLI lost 1 0] [ADD 2 0] [SH 3 0]];
    [[LB lost] [LB] [ADDI lost 1 0] [MUL 3 2]];
    [[LH] [MUL] [LH] [ADD 2 0]];
    [[LH] [LH lost] [MUL 2 1] [ADD 3 0]];
    [[LH lost] [LH] [MUL 2 1] [ADD 3 0]];
    [[LH lost] [LH] [SLLI 1 0] [ADD 3 1]];
    [[SW] [ADDI] [ADDI] [ADDI]];
    [[SW] [ADDI] [ADDI] [LI]];
    [[SW] [SW] [SW] [LWSP]];
    [[SB] [LI] [LBU 2 0]];
    [[SB] [SB] [SB] [SB]];
    [[SH] [SH] [SH] [SH]];
    [[ROT] [SLLI lost] [XORI] [OR 2 3]];
    [[LWSP lost] [ADD 1 0] [ADD lost 1 0] [ADDI 3 0]];
    [[LWSP lost] [ADD lost 1 0] [LW 2 0] [SRLI]];
    [[LWSP] [ADD lost 1 0] [LW 2 0] [SRLI]];
    [[LWSP] [XOR] [LWSP] [XOR 2 0]];
    [[LWSP lost] [XOR 1 0] [SWSP 0 2] [XOR]];
    [[LWSP lost] [ADDI 1 0] [SWSP 0 2] [ADDI 1 0]];
    [[LWSP lost] [ADDI 1 0] [SWSP 0 2]];
    [[LWSP lost] [SRLI 1 0] [XOR] [LW]];
    [[LWSP lost] [SRLI lost 1 0] [SLLI lost 2 0] [ADD 3 0]];
    [[LWSP] [LI lost] [ADD 2 1] [ANDI]];
    [[LWSP] [SWSP 0 1] [ADDI] [ADDI]];
    [[SWSP] [ADDI] [ADDI] [ADDI]];
    [[SWSP] [ADDI] [ADDI]];
    [[SWSP] [ANDI lost] [ADD lost 2 0] [LW 3 0]];
    [[SWSP] [SRLI lost] [SLLI 2 0]];
    [[SWSP] [LI] [SWSP 0 2] [ADDI]];
    [[SWSP] [LW] [ANDI]];
    [[SWSP] [SWSP] [ADDI] [ADDI]];
    [[SWSP] [SWSP] [SWSP] [SWSP]];
    [[ADDISP] [SWSP] [SWSP] [SWSP]];
}

handlers! {
    /// Branches after two slots or more.
    BRANCHES, branch:
    [[ADD lost] [ADD 1 0] [LW 2 0] [LWSP]] [EQ 4 0];
    [[ADD] [ADD lost 1 0] [LB 2 0] [ANDI 3 0]] [LT 3 0];
    [[ADD] [SLTU 1 0] [ADDI]] [EQ 2 0];
    [[ADD lost] [LW 1 0]] [EQ 2 0];
    [[ADD lost] [LBU 1 0] [ADDI 2 0] [ADDI]] [LTU 4 3];
    [[ADD lost] [LBU 1 0] [ADDI 2 0]] [LTU 3 0];
    [[ADD lost] [LBU 1 0] [ADDI 2 0]] [LTU 0 3];
    [[ADD] [LBU 1 0] [ADDI]] [NE 2 3];
    [[ADD lost] [LBU 1 0] [ADDI]] [LTU 2 0];
    [[ADD lost] [LBU 1 0]] [EQ 2 0];
    [[ADD] [LBU 1 0]] [EQ 2 0];
    [[ADD lost] [LHU 1 0] [SLLI lost] [SRLI 3 0]] [LTU 2 4];
    [[ADD] [SW 0 1]] [LTU 1 0];
    [[ADD] [SB 1 0] [ADDI]] [NE 3 0];
    [[ADD] [SWSP 0 1]] [GE 1 0];
    [[SUB] [SUB] [ADDI]] [GE 1 2];
    [[SUB] [ADDI 1 0] [SB]] [GEU 0 2];
    [[XOR lost] [SLTU lost 0 1] [ADD 2 0] [ADDI]] [EQ 3 0];
    [[XOR] [ADDI] [MUL 1 0] [ADDI]] [NE 2 0];
    [[AND] [ADD 1 0] [ADD 1 0] [SW 0 2]] [GEU 0 3];
    [[AND] [ADDI] [ADD 1 0]] [NE 2 0];
    [[AND] [LWSP] [SUB]] [EQ 1 0];
    [[SRL lost] [ANDI 1 0]] [NE 2 0];
    [[SRA] [ADDI]] [GE 2 1];
    [[SLTU] [OR 1 0] [ADDI] [SRLI]] [GEU 3 0];
    [[MUL] [ADD 1 0] [ADDI] [ADDI]] [NE 3 0];
    [[MUL lost] [SRLI 1 0] [SUB lost 0 2] [ADDI 3 0]] [GEU 0 4];
    [[ADDI] [ADD] [ADD]] [NE 1 0];
    [[ADDI] [ADD] [SB] [ADD]] [NE 1 0];
    [[ADDI] [ADDI] [ADD] [ADDI 2 0]] [NE 1 0];
    [[ADDI] [ADDI] [ADDI] [ADDI]] [EQ 1 4];
    [[ADDI] [ADDI] [ADDI]] [NE 1 2];
    [[ADDI] [ADDI] [ADDI]] [NE 1 3];
    [[ADDI] [ADDI] [ADDI]] [EQ 1 0];
    [[ADDI] [ADDI] [ADDI]] [NE 1 0];
    [[ADDI] [ADDI] [ADDI]] [NE 2 0];
    [[ADDI] [ADDI] [SB] [ADDI]] [EQ 1 0];
    [[ADDI] [ADDI] [SB] [ADDI]] [NE 1 0];
    [[ADDI] [ADDI]] [EQ 1 0];
    [[ADDI] [ADDI]] [NE 1 0];
    [[ADDI] [ADDI]] [EQ 2 0];
    [[ADDI] [ADDI]] [NE 2 0];
    [[ADDI] [ADDI]] [LT 0 1];
    [[ADDI] [ADDI]] [NE];
    [[ADDI] [ADDI] [SWSP 0 1] [SWSP]] [GEU 2 0];
    [[ADDI lost] [ORI 1 0] [ADDI] [ADD 2 0]] [GEU 3 0];
    [[ADDI] [LW] [SRL lost] [ANDI 3 0]] [NE 4 1];
    [[ADDI lost] [LBU lost 1 0] [ANDI 2 0]] [NE 3 0];
    [[ADDI] [LWSP]] [NE 1 2];
    [[ADDI] [SWSP] [SWSP]] [LTU 0 1];
    [[XORI] [ADD] [SLTU lost 2 0] [ADD 3 0]] [LT 1 0];
    [[XORI lost] [ANDI lost 1 0] [SLL 0 2] [AND 3 0]] [EQ];
    [[XORI lost] [ANDI lost 1 0] [SRL lost 0 2] [ANDI 3 0]] [EQ 4 0];
    [[ANDI] [ADDI] [ADDI] [ADDI]] [NE 1 4];
    [[ANDI] [ADDI 1 0]] [LTU 1 0];
    [[ANDI] [SRLI] [SLLI] [SRLI]] [NE 1 0];
    [[ANDI lost] [LW] [SRL lost 0 1] [ANDI 3 0]] [NE 4 0];
    [[SLLI lost] [ADD lost 1 0] [LW 2 0] [ADDI]] [LT 0 3];
    [[SLLI lost] [ADD lost 1 0] [LW 2 0]] [LT 0 3];
    [[SLLI lost] [XOR 1 0] [SW 0 2] [ADDI]] [NE 4 0];
    [[SLLI lost] [ADDI 1 0] [ADDI 1 0] [ADDI]] [LT 2 0];
    [[SLLI] [SRLI lost] [OR] [OR 1 2]] [NE 3 0];
    [[SLLI lost] [SRLI] [OR] [OR 1 2]] [NE 3 0];
    [[SRLI] [ADD lost] [ADD lost 2 1] [ADDI 3 0]] [GEU 0 4];
    [[SRLI lost] [ADD lost 1 0] [ADDI 2 0] [SB]] [GEU 0 3];
    [[SRLI] [OR] [OR 1 0] [LWSP]] [NE 2 0];
    [[SLTIU] [ADD] [AND 1 0] [SUB]] [EQ 3 0];
    [[SLTIU lost] [ADD 1 0] [ADDI] [LWSP]] [GEU 0 4];
    [[SLTIU lost] [SRLI] [AND 1 0] [ADDI]] [NE 3 0];
    [[LI lost] [ADDI 1 0] [SB] [ADDI]] [NE 2 0];
    [[LI lost] [LW 1 0] [SRL lost] [ANDI 3 0]] [NE 4 0];
    [[LI lost] [LBU 1 0] [LI lost] [LBU 3 0]] [EQ 2 4];
    [[LI lost] [LBU 1 0]] [EQ 2 0];
    [[LW] [ADDI] [ADDI] [LI]] [GEU 1 0];
    [[LW] [ADDI] [ADDI]] [LTU 1 0];
    [[LW] [ADDI]] [LTU 1 0];
    [[LW] [ADDI]] [LT 0 1];
    [[LW] [ADDI]] [LTU 0 1];
    [[LW] [SLLI lost] [ADD 2 0] [LW 3 0]] [GE 1 4];
    [[LW] [LW 1 0] [LW 1 0]] [EQ 2 0];
    [[LW] [LW]] [NE 1 2];
    [[LW] [LW]] [LT 1 2];
    [[LW] [LW]] [GE 1 2];
    [[LW] [LW]] [LTU 1 2];
    [[LW] [SW] [ADDI] [SW 0 1]] [EQ 3 0];
    [[LW] [SW] [ADDI] [SW 0 1]] [NE 3 0];
    [[LBU lost] [AND 1 0] [SLLI]] [EQ 2 0];
    [[LBU lost] [ADDI lost 1 0] [ANDI 2 0] [ADDI]] [LTU 4 3];
    [[LBU] [ADDI]] [LT 2 1];
    [[LBU] [ADDI]] [NE 1 2];
    [[LBU] [ADDI]] [EQ 1 0];
    [[LH] [ADDI] [ADD lost 2 0] [LBU 3 0]] [NE 1 4];
    [[SW] [ADDI] [ADDI] [LWSP]] [NE 4 0];
    [[SW] [ADDI]] [LTU 2 0];
    [[SB] [ADDI] [ADDI]] [NE 2 0];
    [[SB] [LI] [LBU 2 0] [ADDI]] [GEU 4 3];
    [[SH] [ADDI] [ADDI] [ADDI]] [GEU 0 4];
    [[LWSP lost] [ADD 1 0] [LBU 2 0] [ADDI]] [EQ 3 4];
    [[LWSP lost] [ADD 1 0] [LBU 2 0] [ADDI]] [NE 3 4];
    [[LWSP lost] [ADD 1 0] [LBU 2 0]] [NE 3 0];
    [[LWSP lost] [XOR] [ADDI 1 0] [ADDI]] [NE 3 0];
    [[LWSP] [ADDI] [ADDI]] [NE 2 0];
    [[LWSP] [ADDI] [ADDI] [LWSP]] [EQ 3 0];
    [[LWSP] [ADDI 1 0]] [LTU 1 0];
    [[LWSP] [LI] [ADDI]] [EQ 1 0];
    [[LWSP] [LWSP] [LWSP]] [NE 1 0];
    [[SWSP] [SWSP] [ADDI] [LW]] [EQ 4 0];
}

handlers! {
    /// Jumps and calls after two slots or more.
    JUMPS, jump:
    [[ADDI] [ADDI] [ADDI] [ADDI]] [JUMP];
    [[ADDI] [ADDI] [ADDI]] [JUMP];
    [[ADDI] [ADDI] [LWSP] [LWSP]] [LINK];
    [[ADDI] [ADDI] [SWSP]] [LINK];
    [[XORI lost] [OR 1 0] [XOR 2 0] [ANDI]] [JUMP];
    [[ANDI lost] [ADD 1 0] [LBU lost 2 0] [ADDI 3 0]] [JUMP];
    [[LI lost] [ADD 1 0] [LI lost] [ADD 3 0]] [JUMP];
    [[LI] [ADDI] [ADDI] [ADDI]] [LINK];
    [[LI lost] [SB 1 0] [LI] [SB 3 0]] [LINK];
    [[SWSP] [ADDI] [LWSP] [LWSP]] [LINK];
}

handlers! {
    /// Indirect jumps and calls after two slots or more.
    INDIRECT_JUMPS, jalr:
    [[ADDI] [ADDI] [LWSP]] [LINK 3 0];
    [[SLLI lost] [SRLI 1 0] [SRLI 2 0] [SW 0 2]] [JUMP];
    [[LWSP] [LWSP] [LWSP] [ADDISP]] [JUMP];
    [[LWSP] [LWSP] [ADDISP]] [JUMP];
}
