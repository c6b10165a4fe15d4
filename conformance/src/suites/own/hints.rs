//! HINTs and fences: legal words that do nothing but retire. Manual, tables "RV32I HINT instructions" and
//! "Fence mode encoding".

use ember_isa::Op;
use ember_isa::reg::{A0, A1, ZERO};

use super::{Case, asm, passes};
use crate::asm::Asm;
use crate::spec::{CSR_OPS, IMMEDIATE_OPS, REGISTER_OPS, SHIFT_OPS};

const GROUP: &str = "hints";

pub fn cases() -> Vec<Case> {
    let hint = |name: &str, each: &dyn Fn(&mut Asm)| {
        let mut a = asm();
        a.li(A0, 0x8000_0001).li(A1, 3);
        each(&mut a);
        // Nothing is in x0, and nothing else changed; a0 and t0 are those of `exit(0)`.
        a.mv(15, ZERO);
        passes(GROUP, name, &mut a).only_regs(&[(A0, 0), (A1, 3), (5, 93), (15, 0)])
    };
    vec![
        hint("register-ops", &|a| {
            for op in REGISTER_OPS {
                a.r(op, ZERO, A0, A1).r(op, ZERO, ZERO, ZERO);
            }
        }),
        hint("immediate-ops", &|a| {
            for op in IMMEDIATE_OPS {
                a.i(op, ZERO, A0, -1).i(op, ZERO, ZERO, 5);
            }
        }),
        hint("shifts", &|a| {
            for op in SHIFT_OPS {
                // `slli x0, x0, 0x1f` and `srai x0, x0, 7` are the semihosting markers.
                a.i(op, ZERO, A0, 31).i(op, ZERO, ZERO, 31).i(op, ZERO, ZERO, 7);
            }
        }),
        hint("upper", &|a| {
            a.u(Op::Lui, ZERO, 0xffff_f000).u(Op::Auipc, ZERO, 0xffff_f000);
        }),
        hint("counters", &|a| {
            for op in CSR_OPS {
                a.csr(op, ZERO, ember_isa::csr::CYCLE);
            }
        }),
        hint("fences", &|a| {
            // Every fm, predecessor and successor set by itself, PAUSE, TSO, and register fields above 15.
            for word in [0x0ff0_000f, 0x0100_000f, 0x8330_000f, 0x0000_000f, 0xffff_8f8f, 0x0330_000f] {
                a.word(word);
            }
            for bit in (7..12).chain(15..32) {
                a.word(0x0000_000f | 1 << bit).word(0x0000_100f | 1 << bit);
            }
            a.word(0x0000_100f).word(0xffff_9f8f);
        }),
    ]
}
