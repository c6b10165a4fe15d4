//! Code can be run, and neither read nor written: SPEC section 2.

use ember_isa::reg::{A0, A2, ZERO};
use ember_isa::{ExitReason, Op};
use ember_memory::Perm;

use super::{CODE, Case, EBREAK, S0, asm, passes, straight};
use crate::spec::{LOAD_OPS, STORE_OPS, size};

const GROUP: &str = "execute-only";

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for op in LOAD_OPS {
        // The instruction's own word, the first and the last bytes of its page, and to x0.
        for (name, address, rd) in [
            ("itself", CODE + 12, A2),
            ("first", CODE, A2),
            ("last", CODE + 0x1000 - size(op), A2),
            ("to-x0", CODE + 64, ZERO),
        ] {
            let mut a = asm();
            a.li2(S0, address).li(A2, 77).i(op, rd, S0, 0);
            let name = format!("{}-{name}", op.info().mnemonic);
            cases.push(straight(GROUP, name, &a, ExitReason::LoadAccessFault(address)).regs(&[(A2, 77)]));
        }
    }
    for op in STORE_OPS {
        for (name, address) in [("itself", CODE + 8), ("next", CODE + 12), ("last", CODE + 0x1000 - size(op))]
        {
            let mut a = asm();
            a.li2(S0, address).s(op, ZERO, S0, 0);
            let name = format!("{}-{name}", op.info().mnemonic);
            cases.push(straight(GROUP, name, &a, ExitReason::StoreAccessFault(address)));
        }
    }
    // A page of code that never runs is no more readable than one that does.
    let mut a = asm();
    a.li(S0, 0x0005_0000).i(Op::Lw, A2, S0, 4);
    let mut c = straight(GROUP, "never-run", &a, ExitReason::LoadAccessFault(0x0005_0004));
    c.setup = c.setup.part(0x0005_0000, &[EBREAK; 4], Perm::EXECUTE);
    cases.push(c);
    // A store just below the code, and a load that runs up to its edge.
    let mut a = asm();
    a.li2(S0, CODE).s(Op::Sw, S0, S0, -4).i(Op::Lw, A2, S0, -4).i(Op::Lbu, A0, S0, 0);
    let mut c = straight(GROUP, "edge", &a, ExitReason::LoadAccessFault(CODE)).regs(&[(A2, CODE)]);
    c.setup = c.setup.part(CODE - 0x1000, &[1; 1024], Perm::READ_WRITE);
    cases.push(c.memory(&[(CODE - 4, CODE), (CODE - 8, 1)]));
    // FENCE.I after a store to data that looks like code: the code stays what it was.
    let mut a = asm();
    a.li(S0, EBREAK).li(A0, crate::setup::DATA).s(Op::Sw, S0, A0, 0).op(Op::FenceI, 0, 0, 0, 0).nop();
    cases.push(passes(GROUP, "fence-i", &mut a).memory(&[(crate::setup::DATA, EBREAK)]));
    cases
}
