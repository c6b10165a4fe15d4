//! An interpreter that lies: it runs on where the machine faults.

use ember_isa::{Exit, ExitReason, Family, Op, ecall, reg};
use ember_memory::{Digest, Image, Layout, PAGE_BITS, page_of};
use ember_prover_adapter::Execution;
use ember_trace::Ending;
use ember_vm::semantics::{branch_taken, compute, load_value, store_word};
use ember_vm::{Program, RunConfig, Step};
use std::collections::HashMap;

/// Where the lie is: what is in memory, step by step.
pub struct Lies<'a> {
    /// Given the step's number, an address and the true word, the word that a load pretends to find.
    pub load: &'a dyn Fn(usize, u32, u32) -> u32,
    /// Given the step's number and the next pc, the next pc that it pretends.
    pub jump: &'a dyn Fn(usize, u32) -> u32,
}

/// No lie but that permissions do not matter.
pub const NO_LIES: Lies<'static> = Lies { load: &|_, _, word| word, jump: &|_, pc| pc };

/// Runs a program whose ecalls write to the journal, but for the last, which ends it, whatever the permissions of what
/// it reads and writes.
pub fn run(image: &Image, config: &RunConfig, lies: &Lies<'_>) -> Execution {
    let program = Program::new(image.clone());
    let layout = Layout::new(image.header(), config.memory_limit, config.input.len()).unwrap();
    let mut regs = [0; reg::COUNT];
    regs[reg::SP as usize] = layout.heap_end;
    regs[reg::A0 as usize] = layout.input_start;
    regs[reg::A1 as usize] = layout.input_len;
    let mut memory: HashMap<u32, u32> = HashMap::new();
    let initial = |address: u32| {
        let byte = |a: u32| match image.page(page_of(a)) {
            Some((bytes, _)) => bytes[(a & ((1 << PAGE_BITS) - 1)) as usize],
            None => *config.input.get(a.wrapping_sub(layout.input_start) as usize).unwrap_or(&0),
        };
        u32::from_le_bytes(core::array::from_fn(|i| byte(address + i as u32)))
    };
    let (mut pc, mut steps, mut gas) = (image.entry(), Vec::new(), 0);
    let (mut io, mut journal) = (Vec::new(), Vec::new());
    let table = &config.gas_table;
    let exit = loop {
        let i = program.fetch(pc).expect("code").expect("an instruction");
        let (a, b) = (regs[i.rs1 as usize], regs[i.rs2 as usize]);
        if i.op == Op::Ecall {
            let [fd, ptr, len, a3] = [reg::A0, reg::A1, reg::A2, reg::A3].map(|r| regs[r as usize]);
            gas += table.ecall(regs[reg::T0 as usize], [fd, ptr, len, a3]);
            if regs[reg::T0 as usize] == ecall::EXIT {
                break Exit { reason: ExitReason::Halt(fd), pc };
            }
            assert_eq!((regs[reg::T0 as usize], fd), (ecall::WRITE, ecall::FD_JOURNAL));
            let mut word_at =
                |address: u32| *memory.entry(address & !3).or_insert_with(|| initial(address & !3));
            io.extend((ptr & !3..ptr + len).step_by(4).map(|a| (word_at(a), word_at(a))));
            journal.extend((ptr..ptr + len).map(|a| word_at(a).to_le_bytes()[a as usize & 3]));
            regs[reg::A0 as usize] = len;
            steps.push(Step { pc, rd: len, mem: 0 });
            pc += 4;
            continue;
        }
        gas += u64::from(table.class(i.op.info().class));
        let address = a.wrapping_add(i.imm);
        let (mut rd, mut mem, mut next) = (0, 0, pc + 4);
        match i.op.info().family {
            Family::LoadWord | Family::LoadPart => {
                let word = *memory.entry(address & !3).or_insert_with(|| initial(address & !3));
                mem = (lies.load)(steps.len(), address & !3, word);
                rd = load_value(i.op, mem, address);
            }
            Family::StoreWord | Family::StorePart => {
                mem = *memory.entry(address & !3).or_insert_with(|| initial(address & !3));
                memory.insert(address & !3, store_word(i.op, mem, address, b));
            }
            Family::BranchEq | Family::BranchLt | Family::BranchLtu => {
                next = if branch_taken(i.op, a, b) { pc.wrapping_add(i.imm) } else { next };
            }
            Family::Jal => (rd, next) = (pc + 4, pc.wrapping_add(i.imm)),
            Family::Jalr => (rd, next) = (pc + 4, address & !1),
            Family::Add if i.op == Op::Auipc => rd = pc.wrapping_add(i.imm),
            Family::Add if i.op == Op::Lui => rd = i.imm,
            Family::Fence => {}
            _ => rd = compute(i.op, a, if i.op.info().format.has_rs2() { b } else { i.imm }),
        }
        if i.rd != 0 {
            regs[i.rd as usize] = rd;
        }
        steps.push(Step { pc, rd: if i.rd == 0 { 0 } else { rd }, mem });
        pc = (lies.jump)(steps.len() - 1, next);
    };
    let ending = Ending {
        exit,
        gas_used: gas,
        instructions: steps.len() as u64,
        registers: regs,
        journal,
        transcript: Digest::ZERO,
        private_bytes: 0,
    };
    Execution { image: image.clone(), config: config.clone(), steps, io, ending }
}
