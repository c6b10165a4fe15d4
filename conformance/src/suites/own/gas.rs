//! Gas: the price of each operation, and the limit at every instruction. SPEC section 3.

use ember_isa::reg::{A0, A1, A2, T0, ZERO};
use ember_isa::{EcallCost, ExitReason, GasTable, Op, csr, ecall};
use ember_vm::abort;

use super::{A3, CODE, Case, DATA, EBREAK, S0, T1, asm, case, straight};
use crate::asm::Asm;
use crate::case::Expect;
use crate::host::call;
use crate::setup::{HEAP, Setup, pattern};

const GROUP: &str = "gas";

/// A different prime for everything.
const PRIMES: GasTable = GasTable {
    arith: 2,
    logic: 3,
    shift: 5,
    compare: 7,
    branch: 11,
    jump: 13,
    load: 17,
    store: 19,
    mul: 23,
    div: 29,
    csr: 31,
    fence: 37,
    system: 41,
    exit: 43,
    read: EcallCost { base: 47, per_word: 53 },
    write: EcallCost { base: 59, per_word: 61 },
    host_call: EcallCost { base: 67, per_word: 71 },
    sha256: 73,
    poseidon2: 79,
    extension_dot: EcallCost { base: 83, per_word: 89 },
    keccak: 97,
    mul_mod: 101,
    context: 103,
};

pub fn cases() -> Vec<Case> {
    let mut cases = prices();
    cases.extend(every_boundary());
    cases.extend(endings_at_the_limit());
    cases.extend(extremes());
    cases.extend(ecall_words());
    cases
}

/// The price of each operation by itself, by the class that SPEC and the gas table's documentation give it.
fn prices() -> Vec<Case> {
    use Op::*;
    let classes: [(&str, u64, &[Op]); 12] = [
        ("arith", 2, &[Add, Addi, Sub, Lui, Auipc]),
        ("logic", 3, &[And, Andi, Or, Ori, Xor, Xori]),
        ("shift", 5, &[Sll, Slli, Srl, Srli, Sra, Srai]),
        ("compare", 7, &[Slt, Slti, Sltu, Sltiu]),
        ("branch-taken", 11, &[Beq, Bge, Bgeu]),
        ("branch-not-taken", 11, &[Bne, Blt, Bltu]),
        ("jump", 13, &[Jal]),
        ("load", 17, &[Lb, Lbu, Lh, Lhu, Lw]),
        ("store", 19, &[Sb, Sh, Sw]),
        ("mul", 23, &[Mul, Mulh, Mulhu, Mulhsu]),
        ("div", 29, &[Div, Divu, Rem, Remu]),
        ("fence", 37, &[Fence, FenceI]),
    ];
    let mut cases: Vec<Case> = classes
        .iter()
        .map(|&(name, price, ops)| {
            let mut a = asm();
            a.li(S0, DATA);
            for &op in ops {
                // A distance of 4 leads to the next word, taken or not; loads and stores access DATA.
                let imm = if matches!(op, Beq | Bne | Blt | Bge | Bltu | Bgeu | Jal) { 4 } else { 0 };
                a.op(op, ZERO, S0, if matches!(op, Sb | Sh | Sw) { ZERO } else { S0 }, imm);
            }
            a.word(EBREAK);
            let n = ops.len() as u64;
            let mut c = straight(GROUP, format!("price-{name}"), &a, ExitReason::Breakpoint);
            c.setup = c.setup.gas(PRIMES, u64::MAX);
            c.cost(2 + n * price + 41, n + 1)
        })
        .collect();
    let mut a = asm();
    for op in crate::spec::CSR_OPS {
        a.csr(op, A0, csr::INSTRETH);
    }
    a.la(A0, "next").i(Jalr, A0, A0, 0).label("next").word(EBREAK);
    let mut c = straight(GROUP, "price-csr-jalr", &a, ExitReason::Breakpoint);
    c.setup = c.setup.gas(PRIMES, u64::MAX);
    cases.push(c.cost(4 * 31 + 4 + 13 + 41, 7));
    cases
}

/// A program with its path: address and price of every instruction that runs, written down beside the code.
struct Walk {
    code: Asm,
    path: Vec<(u32, u64)>,
}

impl Walk {
    fn step(&mut self, price: u64, add: impl FnOnce(&mut Asm) -> &mut Asm) {
        self.path.push((self.code.here(), price));
        add(&mut self.code);
    }
}

/// Every kind of instruction: blocks, a loop, calls, ecalls that return.
fn walk() -> Walk {
    let mut w = Walk { code: asm(), path: Vec::new() };
    w.step(2, |a| a.li(S0, DATA));
    w.step(2, |a| a.li(T1, 3));
    let top = w.path.len();
    w.code.label("loop");
    w.step(17, |a| a.i(Op::Lw, A2, S0, 0));
    w.step(3, |a| a.r(Op::Xor, A2, A2, T1));
    w.step(2, |a| a.i(Op::Addi, T1, T1, -1));
    w.step(11, |a| a.branch(Op::Bne, T1, ZERO, "loop"));
    let round = w.path[top..].to_vec();
    w.path.extend_from_slice(&round);
    w.path.extend_from_slice(&round);
    w.step(13, |a| a.jal(1, "f"));
    let back = w.code.here();
    w.code.jal(ZERO, "after").label("f");
    w.step(29, |a| a.r(Op::Div, A2, A2, S0));
    w.step(13, |a| a.i(Op::Jalr, ZERO, 1, 0));
    w.path.push((back, 13));
    w.code.label("after");
    w.step(11, |a| a.branch_by(Op::Beq, ZERO, ZERO, 12));
    w.code.all(&[EBREAK; 2]);
    w.step(31, |a| a.csr(Op::Csrrs, A2, csr::CYCLE));
    w.step(5, |a| a.i(Op::Slli, A2, A2, 3));
    w.step(7, |a| a.r(Op::Sltu, A2, A2, S0));
    w.step(37, |a| a.op(Op::Fence, 0, 0, 0, 0));
    w.step(23, |a| a.r(Op::Mul, A2, A2, S0));
    w.step(19, |a| a.s(Op::Sw, A2, S0, 4));
    // read(0, HEAP, 9): three words.
    w.step(2, |a| a.li(A0, 0));
    w.step(2, |a| a.u(Op::Lui, A1, HEAP));
    w.step(2, |a| a.li(A2, 9));
    w.step(2, |a| a.li(T0, ecall::READ));
    w.step(47 + 3 * 53, |a| a.op(Op::Ecall, 0, 0, 0, 0));
    // write(3, HEAP, 9): three words.
    w.step(2, |a| a.li(A0, 3));
    w.step(2, |a| a.li(T0, ecall::WRITE));
    w.step(59 + 3 * 61, |a| a.op(Op::Ecall, 0, 0, 0, 0));
    // host_call(HEAP, 9, HEAP, 9): three words each way.
    w.step(2, |a| a.mv(A0, A1));
    w.step(2, |a| a.mv(13, A2));
    w.step(2, |a| a.mv(A2, A1));
    w.step(2, |a| a.li(A1, 9));
    w.step(2, |a| a.u(Op::Lui, T0, call::REVERSE));
    w.step(67 + 6 * 71, |a| a.op(Op::Ecall, 0, 0, 0, 0));
    w.step(2, |a| a.li(T0, 93));
    w.step(43, |a| a.op(Op::Ecall, 0, 0, 0, 0));
    w
}

/// The limit at each instruction of a walk: one gas too few for it, and exactly what the ones before it cost.
fn every_boundary() -> Vec<Case> {
    let w = walk();
    let mut cases = Vec::new();
    let mut spent = 0;
    let at = |name: String, limit: u64, expect: Expect| {
        let setup = Setup::new(&w.code).gas(PRIMES, limit).private(b"private..input");
        Case::new(GROUP, name, setup, expect)
    };
    // The ninth step from the end writes the journal.
    let wrote = w.path.len() - 9;
    for (i, &(pc, price)) in w.path.iter().enumerate() {
        let mut limits = vec![spent + price - 1];
        if i % 5 == 0 && price > 1 {
            limits.push(spent);
        }
        for limit in limits {
            let journal = if i > wrote { &b"private.."[..] } else { b"" };
            let name = format!("boundary-{i}-{limit}");
            let c = at(name, limit, Expect::new(ExitReason::OutOfGas, pc));
            cases.push(c.cost(spent, i as u64).journal(journal));
        }
        spent += price;
    }
    let (last, _) = w.path[w.path.len() - 1];
    // exit(9): the host call returned nine bytes.
    let c = at(format!("boundary-end-{spent}"), spent, Expect::new(ExitReason::Halt(9), last));
    cases.push(c.cost(spent, w.path.len() as u64 - 1).journal(&b"private.."[..]));
    cases
}

/// Every ending that an instruction can have of its own, with exactly its price left, and with one less: what
/// faults is charged first, and without the gas for it the run is out of gas.
fn endings_at_the_limit() -> Vec<Case> {
    use ExitReason::*;
    let ecall = |number: u32, fd: u32, pointer: u32| {
        move |a: &mut Asm| {
            a.li(A0, fd).li2(A1, pointer).li(A2, 8).ecall(number);
        }
    };
    let host = |number: u32| {
        move |a: &mut Asm| {
            a.u(Op::Lui, A0, DATA).li(A1, 4).mv(A2, A0).li(13, 8).li2(T0, number).op(Op::Ecall, 0, 0, 0, 0);
        }
    };
    let one = |word: u32| {
        move |a: &mut Asm| {
            a.word(word);
        }
    };
    let op = |op: Op, imm: i32| {
        move |a: &mut Asm| {
            a.op(op, A2, ZERO, ZERO, imm as u32);
        }
    };
    // Name, gas before the instruction that ends the run, its price, the ending, the code.
    type Ending<'a> = (&'a str, u64, u64, ExitReason, &'a dyn Fn(&mut Asm));
    let all: [Ending<'_>; 15] = [
        ("illegal", 0, 41, IllegalInstruction, &one(0)),
        ("ebreak", 0, 41, Breakpoint, &one(EBREAK)),
        ("load-misaligned", 0, 17, LoadAddressMisaligned(1), &op(Op::Lw, 1)),
        ("load-fault", 0, 17, LoadAccessFault(4), &op(Op::Lw, 4)),
        ("store-misaligned", 0, 19, StoreAddressMisaligned(1), &op(Op::Sh, 1)),
        ("store-fault", 0, 19, StoreAccessFault(4), &op(Op::Sh, 4)),
        ("jal-misaligned", 0, 13, InstructionAddressMisaligned(CODE + 2), &op(Op::Jal, 2)),
        ("jalr-misaligned", 0, 13, InstructionAddressMisaligned(2), &op(Op::Jalr, 2)),
        ("branch-misaligned", 0, 11, InstructionAddressMisaligned(CODE + 2), &op(Op::Beq, 2)),
        ("unknown-ecall", 2, 41, UnknownEcall(94), &|a| {
            a.ecall(94);
        }),
        ("exit", 10, 43, Halt(7), &ecall(ecall::EXIT, 7, DATA)),
        ("read-fault", 10, 47 + 2 * 53, StoreAccessFault(CODE), &ecall(ecall::READ, 0, CODE)),
        ("write-fault", 10, 59 + 2 * 61, LoadAccessFault(CODE), &ecall(ecall::WRITE, 3, CODE)),
        ("host-abort", 12, 67 + 3 * 71, HostAbort(pattern(DATA)), &host(call::ABORT)),
        ("no-such-call", 12, 67 + 3 * 71, HostAbort(abort::NO_SUCH_CALL), &host(0x2ffe)),
    ];
    let mut cases = Vec::new();
    for (name, before, price, reason, add) in all {
        let mut a = asm();
        add(&mut a);
        let (retired, pc) = (a.count() - 1, a.here() - 4);
        let mut limited = |which: &str, limit: u64, reason, gas| {
            let mut c = case(GROUP, format!("{name}-{which}"), &a, reason, pc);
            c.setup = c.setup.gas(PRIMES, limit);
            cases.push(c.cost(gas, retired));
        };
        limited("just-enough", before + price, reason, before + price);
        limited("one-too-few", before + price - 1, OutOfGas, before);
    }
    // A fetch that faults has no price: it needs no gas.
    let mut a = asm();
    a.jal_by(ZERO, -4);
    let mut c = case(GROUP, "fetch-fault-without-gas", &a, InstructionAccessFault, CODE - 4);
    c.setup = c.setup.gas(PRIMES, 13);
    cases.push(c.cost(13, 1));
    cases
}

/// Limits and prices at the ends of their ranges.
fn extremes() -> Vec<Case> {
    let mut nothing = asm();
    nothing.nop();
    let run = |name: &str, a: &Asm, table: GasTable, limit: u64, expect: Expect| {
        Case::new(GROUP, name, Setup::new(a).gas(table, limit), expect)
    };
    let expect = Expect::new;
    let mut exit = asm();
    exit.nop().exit(A1);
    let mut big = asm();
    // write(3, 0, 2^32 - 1): the price is paid before the pointer is looked at. It is that of the words of one call.
    big.li(A0, 3).li(A1, 0).li(A2, u32::MAX).ecall(ecall::WRITE);
    let words = u64::from(ecall::MAX_IO_LEN) / 4;
    let dear = GasTable { write: EcallCost { base: u16::MAX, per_word: u16::MAX }, ..GasTable::UNIT };
    let price = 65535 + 65535 * words;
    let free = GasTable { arith: 0, exit: 0, ..GasTable::UNIT };
    vec![
        run("limit-0", &nothing, GasTable::UNIT, 0, expect(ExitReason::OutOfGas, CODE)).cost(0, 0),
        run("limit-0-free", &exit, free, 0, expect(ExitReason::Halt(0), CODE + 12)).cost(0, 3),
        run("limit-max", &exit, PRIMES, u64::MAX, expect(ExitReason::Halt(0), CODE + 12)).cost(6 + 43, 3),
        run("dear-write", &big, dear, 4 + price, expect(ExitReason::LoadAccessFault(0), CODE + 16))
            .cost(4 + price, 4),
        run("too-dear-write", &big, dear, 3 + price, expect(ExitReason::OutOfGas, CODE + 16)).cost(4, 4),
        run("default-prices", &exit, GasTable::default(), 8, expect(ExitReason::Halt(0), CODE + 12))
            .cost(8, 3),
    ]
}

/// Words of an ecall are its length divided by four and rounded up, whatever the pointer.
fn ecall_words() -> Vec<Case> {
    let mut cases = Vec::new();
    for len in [0, 1, 3, 4, 5, 8] {
        let mut a = asm();
        let words = u64::from(len).div_ceil(4);
        a.li(A0, 3).li2(A1, DATA + 3).li(A2, len).ecall(ecall::WRITE).li(A0, 0).ecall(ecall::READ).mv(A3, A0);
        // A descriptor that is none costs the base alone.
        a.li(A0, 7).op(Op::Ecall, 0, 0, 0, 0).li(A0, 4).ecall(ecall::WRITE).word(EBREAK);
        let bytes: Vec<u8> =
            [DATA, DATA + 4, DATA + 8].into_iter().flat_map(|a| pattern(a).to_le_bytes()).collect();
        let mut c = straight(GROUP, format!("words-{len}"), &a, ExitReason::Breakpoint);
        let ecalls = 59 + 61 * words + 47 + 53 * words + 47 + 59;
        let others = a.count() - 5;
        c.setup = c.setup.gas(PRIMES, u64::MAX).private(b"abcdefgh");
        cases.push(
            c.cost(2 * others + ecalls + 41, a.count() - 1)
                .regs(&[(A3, len), (A0, ecall::EBADF)])
                .journal(&bytes[3..3 + len as usize]),
        );
    }
    cases
}
