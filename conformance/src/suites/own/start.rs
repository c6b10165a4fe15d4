//! The pristine state of a run: SPEC section 2.

use ember_isa::reg::{A0, A1, A2, SP, ZERO};
use ember_isa::{ExitReason, Op};
use ember_memory::{PAGE_SIZE, Perm};

use super::{A3, Asm, CODE, Case, DATA, S0, asm, case, passes, straight};
use crate::case::Expect;
use crate::setup::{HEAP, HEAP_END, INPUT, MEMORY_LIMIT, RODATA, Setup, pattern};

const GROUP: &str = "start";

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();

    // Registers: nothing but ebreak runs.
    let mut a = asm();
    a.op(Op::Ebreak, 0, 0, 0, 0);
    cases.push(straight(GROUP, "registers", &a, ExitReason::Breakpoint).only_regs(&[]));
    let mut with_input = straight(GROUP, "registers-with-input", &a, ExitReason::Breakpoint);
    with_input.setup = with_input.setup.input(b"abcde");
    cases.push(with_input.only_regs(&[]));

    cases.push(entry_in_the_middle());
    cases.push(input_is_mapped());
    cases.push(input_of_exactly_a_page());
    cases.push(input_of_three_pages());
    cases.push(no_input());
    cases.extend(entry_outside_code());
    cases.push(heap_is_zero_and_writable());
    cases.push(least_memory());
    cases.push(image_of_many_parts());
    cases
}

fn entry_in_the_middle() -> Case {
    let mut a = asm();
    a.op(Op::Ebreak, 0, 0, 0, 0).nop().exit_ok();
    let mut c = case(GROUP, "entry", &a, ExitReason::Halt(0), CODE + 16).cost(4, 3);
    c.setup.entry = CODE + 4;
    c
}

/// The input's bytes, the zeros that pad its last page, and its length as the program sees it.
fn input_is_mapped() -> Case {
    let mut a = asm();
    a.mv(S0, A0).i(Op::Lw, A2, S0, 0).i(Op::Lbu, A3, S0, 4).i(Op::Lw, 14, S0, 2044);
    a.li(15, INPUT + PAGE_SIZE).i(Op::Lw, 15, 15, -4);
    let mut c = passes(GROUP, "input", &mut a);
    c.setup = c.setup.input(b"abcde");
    c.regs(&[(S0, INPUT), (A1, 5), (A2, 0x6463_6261), (A3, 0x65), (14, 0), (15, 0)])
}

fn input_of_exactly_a_page() -> Case {
    let mut a = asm();
    a.r(Op::Add, A2, A0, A1).i(Op::Lbu, A3, A2, -1).i(Op::Lbu, A3, A2, 0);
    let end = INPUT + PAGE_SIZE;
    let mut c = straight(GROUP, "input-of-a-page", &a, ExitReason::LoadAccessFault(end));
    c.setup = c.setup.input(&[7; PAGE_SIZE as usize]);
    c.regs(&[(A2, end), (A3, 7)])
}

/// The input region is a power of two of pages: a fourth page of zeros, and nothing behind it.
fn input_of_three_pages() -> Case {
    let mut a = asm();
    a.li(S0, INPUT + 3 * PAGE_SIZE).i(Op::Lbu, A2, S0, -1).i(Op::Lw, A3, S0, 0);
    a.li(S0, INPUT + 4 * PAGE_SIZE).i(Op::Lw, 14, S0, -4).i(Op::Lbu, 15, S0, 0);
    let end = INPUT + 4 * PAGE_SIZE;
    let mut c = straight(GROUP, "input-of-three-pages", &a, ExitReason::LoadAccessFault(end));
    c.setup = c.setup.input(&[7; 3 * PAGE_SIZE as usize]);
    c.only_regs(&[(S0, end), (A2, 7), (A3, 0), (14, 0)])
}

/// An empty input has an address, and no page.
fn no_input() -> Case {
    let mut a = asm();
    a.i(Op::Lbu, A2, A0, 0);
    straight(GROUP, "no-input", &a, ExitReason::LoadAccessFault(INPUT)).only_regs(&[])
}

/// An entry point that is no code: the first fetch faults, and nothing is charged.
fn entry_outside_code() -> Vec<Case> {
    [("constants", RODATA), ("data", DATA), ("heap", HEAP), ("unmapped", 0x7000_0000), ("page-0", 0)]
        .map(|(name, entry)| {
            let mut a = asm();
            a.exit_ok();
            let fault = ExitReason::InstructionAccessFault;
            let mut c = case(GROUP, format!("entry-in-{name}"), &a, fault, entry).cost(0, 0);
            c.setup.entry = entry;
            c.only_regs(&[])
        })
        .into()
}

fn heap_is_zero_and_writable() -> Case {
    let mut a = asm();
    a.li(S0, HEAP).i(Op::Lw, A2, S0, 0).s(Op::Sw, S0, S0, 0).i(Op::Lw, A3, S0, 0);
    a.i(Op::Lw, 14, SP, -4).s(Op::Sw, SP, SP, -4).i(Op::Lw, 15, SP, -4);
    passes(GROUP, "heap", &mut a)
        .regs(&[(A2, 0), (A3, HEAP), (14, 0), (15, HEAP_END)])
        .memory(&[(HEAP, HEAP), (HEAP_END - 4, HEAP_END)])
}

/// A memory limit that the image alone fills: sp points just behind it, and no page follows.
fn least_memory() -> Case {
    let mut a = asm();
    a.i(Op::Lw, A2, SP, -4).i(Op::Lw, A3, SP, 0);
    let mut c = straight(GROUP, "least-memory", &a, ExitReason::LoadAccessFault(HEAP));
    c.setup.config.memory_limit = PAGE_SIZE;
    c.regs(&[(SP, HEAP), (A2, pattern(HEAP - 4)), (A0, HEAP + PAGE_SIZE)])
}

/// Code in two places, data below and above it: the memory lies above the highest part.
fn image_of_many_parts() -> Case {
    const LOW: u32 = 0x1000;
    const FAR: u32 = 0x8000_0000;
    let mut far = Asm::new(FAR);
    far.li(S0, LOW).i(Op::Lw, A2, S0, 0).s(Op::Sw, A2, S0, 4).mv(A3, SP).exit_ok();
    let mut a = asm();
    a.li(S0, FAR).i(Op::Jalr, ZERO, S0, 0);
    let instructions = 2 + far.count() - 1;
    let heap = FAR + PAGE_SIZE;
    let setup = Setup::new(&a).unit_gas().part(FAR, &far.words(), Perm::EXECUTE).part(
        LOW,
        &[0xdead_beef, 0],
        Perm::READ_WRITE,
    );
    let exit = FAR + 4 * (far.count() as u32 - 1);
    Case::new(GROUP, "image-of-many-parts", setup, Expect::new(ExitReason::Halt(0), exit))
        .cost(instructions + 1, instructions)
        .regs(&[(A2, 0xdead_beef), (SP, heap + MEMORY_LIMIT - 2 * PAGE_SIZE)])
        .memory(&[(LOW, 0xdead_beef), (LOW + 4, 0xdead_beef), (DATA, pattern(DATA))])
}
