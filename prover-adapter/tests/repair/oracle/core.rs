//! Decoding, execution and operations.

use std::collections::HashMap;

use ember_gates::repair::{Mend, Said, State};
use ember_isa::{Class, Family, Format, Instruction, Op, csr, decode, reg};
use ember_verifier::air::{CSR_SUB, CpuCols, CpuPublics, Table, fetched, sub_code};
use ember_verifier::params::Val;
use ember_vm::semantics::{access_size, branch_taken, compute, load_value, store_word};
use p3_field::PrimeCharacteristicRing;

use super::{TIMES, WORDS, World, check, int, limbs, sends, small, unless, word};

/// The tuple that decoding gives.
fn decoded(i: &Instruction, pc: u32) -> Option<[Val; 7]> {
    if i.op.info().family == Family::Ebreak {
        return None;
    }
    let f = fetched(i, pc);
    let [low, high] = limbs(f.imm);
    let [packed, sub] = [f.packed, f.sub].map(Val::from_u32);
    Some([
        Val::from_u32(pc / 4),
        packed,
        sub,
        low,
        high,
        Val::from_u32(f.extra[0]),
        Val::from_u32(f.extra[1]),
    ])
}

/// An instruction whose decoding gives the tuple.
fn instruction(t: &[Val]) -> Option<Instruction> {
    let (pc, packed) = (int(t[0]), int(t[1]));
    if pc >= WORDS || packed >= 1 << 18 {
        return None;
    }
    let pc = 4 * pc;
    let bits = |at: u32, len: u32| packed >> at & ((1 << len) - 1);
    let [rd, rs1, rs2] = [5, 9, 13].map(|at| bits(at, 4) as u8);
    let target = |misaligned: i32| match int(t[5]) {
        word if word < WORDS => 4 * word,
        _ => pc.wrapping_add(misaligned as u32),
    };
    for &op in Op::ALL {
        let info = op.info();
        if info.family as u32 != bits(0, 5) || info.family == Family::Ebreak {
            continue;
        }
        let imm = word(&t[3..5])?;
        let imm = match op {
            Op::Auipc => imm.wrapping_sub(pc),
            Op::Jal => target(2).wrapping_sub(pc),
            _ if info.format == Format::B => target(2).wrapping_sub(pc),
            _ if info.family == Family::Csr => {
                let number = int(t[2]).checked_sub(CSR_SUB)?;
                [csr::CYCLE, csr::INSTRET, csr::CYCLEH, csr::INSTRETH].get(number as usize).copied()?
            }
            _ => imm,
        };
        let used = |used: bool, register: u8| if used { register } else { 0 };
        let format = info.format;
        let i = Instruction {
            op,
            rd: used(format.has_rd(), rd),
            rs1: used(format.has_rs1(), rs1),
            rs2: used(format.has_rs2(), rs2),
            imm,
        };
        if i.encode().is_ok_and(|w| decode(w) == Ok(i)) && decoded(&i, pc).is_some_and(|d| d[..] == *t) {
            return Some(i);
        }
    }
    None
}

/// Whether no program has such an instruction; else, what the honest one has there.
pub fn refused_fetch(world: &World, t: &[Val]) -> Option<Vec<Mend>> {
    if instruction(t).is_some() {
        return None;
    }
    let honest = world.code.get(&int(t[0]).wrapping_mul(4)).and_then(|&w| decode(w).ok());
    let expected = honest.and_then(|i| decoded(&i, int(t[0]).wrapping_mul(4)));
    Some(expected.and_then(|e| unless(t, 0, &e)).unwrap_or_default())
}

/// A row of the decoder.
pub fn rom(world: &World, state: &mut State<'_>, row: usize) -> Result<(), String> {
    let said = state.all_said(row);
    let find = |bus: &str| said.iter().find(|s| s.bus == bus);
    let Some(provided) = find("prog") else { return Ok(()) };
    let pc = int(provided.tuple[0]);
    let code = match find("code") {
        Some(code) => Some((int(code.tuple[0]), word(&code.tuple[1..3]).expect("limbs"))),
        None => world.code.get(&pc.wrapping_mul(4)).map(|&w| (pc, w)),
    };
    let (at, word) = code.ok_or("an instruction where no code is")?;
    let i = decode(word).map_err(|_| "an instruction that is none")?;
    let mut expected = decoded(&i, 4 * at).ok_or("an instruction that never retires")?;
    let jumps = i.op == Op::Jal || i.op.info().format == Format::B;
    if jumps && int(provided.tuple[5]) >= WORDS {
        // Nowhere: no fetch and no last state has such a pc.
        expected[5] = provided.tuple[5];
    }
    check(expected[..] == provided.tuple[..], "decoding does not give this")
}

/// The operation of a sub-operation that operates on registers or parts of a word.
fn operation_of(sub: u32) -> Option<Op> {
    let register_form = |op: &Op| op.info().format != Format::I || sub >= 7;
    Op::ALL.iter().copied().find(|op| sub > 0 && sub < 21 && sub_code(*op) == sub && register_form(op))
}

/// The counter that a read gives.
fn counter(world: &World, sub: u32, gas: &[Val], clk: u32) -> u32 {
    let used = u64::from(int(gas[0])) + 256 * u64::from(int(gas[1]));
    let (instret, high) = ((sub - CSR_SUB) & 1, (sub - CSR_SUB) >> 1);
    let value = match instret {
        1 => world.before[1] + u64::from(clk) - 1,
        _ => world.before[0] + used,
    };
    (value >> (32 * high)) as u32
}

/// What a tuple of inputs should be, in all of its fields; nothing if nobody asks for it.
fn answer(world: &World, t: &[Val]) -> Option<Vec<Val>> {
    let sub = int(t[0]);
    let mut out = t.to_vec();
    let set = |out: &mut Vec<Val>, at: usize, w: u32| out[at..at + 2].copy_from_slice(&limbs(w));
    if (CSR_SUB..CSR_SUB + 4).contains(&sub) {
        let clk = int(t[10]);
        if t[1..6].iter().any(|v| *v != Val::ZERO) || !(1..TIMES).contains(&clk) {
            return None;
        }
        set(&mut out, 6, counter(world, sub, &t[8..10], clk));
        out[11..].fill(Val::ZERO);
        return Some(out);
    }
    let op = operation_of(sub)?;
    let [a, s, m] = [2, 4, 8].map(|i| word(&t[i..i + 2]));
    let (a, s) = (a?, s?);
    out[12..].fill(Val::ZERO);
    match op.info().family {
        Family::LoadPart | Family::StorePart => {
            let (m, off) = (m?, int(t[1]));
            let load = op.info().family == Family::LoadPart;
            if off > 3 || off % access_size(op) != 0 || load && s != 0 {
                return None;
            }
            set(&mut out, 6, if load { load_value(op, m, off) } else { 0 });
            set(&mut out, 10, if load { m } else { store_word(op, m, off, s) });
        }
        _ => {
            out[1] = Val::ZERO;
            set(&mut out, 6, compute(op, a, s));
            out[8..12].fill(Val::ZERO);
        }
    }
    Some(out)
}

/// Whether no table answers this.
pub fn refused_operation(world: &World, t: &[Val]) -> Option<Vec<Mend>> {
    if int(t[0]) == sub_code(Op::Ecall) {
        let canonical = word(&t[6..8]).is_some() && t[12..14].iter().all(|&g| small(g, 24));
        return if canonical { None } else { Some(Vec::new()) };
    }
    let products = [Op::Mul, Op::Mulhu].map(sub_code);
    if world.table == Table::Div && products.contains(&int(t[0])) {
        return refused_product(world, t);
    }
    match answer(world, t) {
        None => Some(Vec::new()),
        Some(expected) => unless(t, 0, &expected),
    }
}

/// Whether no processor asks for this, whatever its result: registers hold words.
pub fn refused_claim(t: &[Val]) -> Option<Vec<Mend>> {
    let sub = int(t[0]);
    let (words, zeros): (&[usize], &[usize]) = if (CSR_SUB..CSR_SUB + 4).contains(&sub) {
        (&[], &[1, 2, 3, 4, 5, 11, 12, 13])
    } else if sub == sub_code(Op::Ecall) {
        (&[2, 3, 4, 5, 8, 9, 10, 11], &[])
    } else {
        match operation_of(sub)?.info().family {
            Family::LoadPart | Family::StorePart => (&[2, 3, 4, 5, 8, 9], &[12, 13]),
            _ => (&[2, 3, 4, 5], &[1, 8, 9, 10, 11, 12, 13]),
        }
    };
    let zero = |&i: &usize| (t[i] != Val::ZERO).then_some((i, vec![Val::ZERO]));
    let limb = |&i: &usize| {
        let any = [0, 7, 13].map(|shift| Val::from_u32(int(t[i]) >> shift & 0xffff));
        (!small(t[i], 16)).then(|| (i, any.to_vec()))
    };
    let bad: Vec<(usize, Vec<Val>)> =
        zeros.iter().filter_map(zero).chain(words.iter().filter_map(limb)).collect();
    if bad.is_empty() {
        return None;
    }
    Some((0..3).map(|n| bad.iter().map(|(i, values)| (*i, values[n % values.len()])).collect()).collect())
}

/// A product that `Div` asks for: the result, or a factor, may be what is wrong. That the first factor is a word is for
/// who asks to see to.
fn refused_product(world: &World, t: &[Val]) -> Option<Vec<Mend>> {
    let a = word(&t[2..4])?;
    if word(&t[4..6]).is_none() {
        return Some(Vec::new());
    }
    let mut mends = unless(t, 0, &answer(world, t)?)?;
    if let (1, Some(w), true) = (a & 1, word(&t[6..8]), int(t[0]) == sub_code(Op::Mul)) {
        // The inverse of an odd number modulo 2^32, by Newton's method.
        let inverse = (0..5).fold(a, |x, _| x.wrapping_mul(2u32.wrapping_sub(a.wrapping_mul(x))));
        let factor = limbs(w.wrapping_mul(inverse));
        mends.push(vec![(4, factor[0]), (5, factor[1])]);
    }
    if int(t[0]) == sub_code(Op::Mulhu) && t[6..8] == [Val::ZERO; 2] {
        mends.push(vec![(2, Val::ZERO), (3, Val::ZERO)]);
        mends.push(vec![(4, Val::ZERO), (5, Val::ZERO)]);
        mends.push(vec![(3, Val::ZERO), (5, Val::ZERO)]);
    }
    Some(mends)
}

/// Whether what a table says of an operation is true, as far as the processor believes it.
pub fn operation(world: &World, state: &mut State<'_>, row: usize) -> Result<(), String> {
    let before = state.publics().to_vec();
    if before.iter().any(|&limb| !small(limb, 16)) {
        return Ok(());
    }
    let sum = |limbs: &[Val]| limbs.iter().rev().fold(0, |sum, &limb| sum << 16 | u64::from(int(limb)));
    // Counters go on from what was before the segment, which is far from 2^64.
    let before = if world.table == Table::Csr { [sum(&before[..4]), sum(&before[4..])] } else { [0, 0] };
    if before.iter().any(|&n| n >= 1 << 62) {
        return Ok(());
    }
    let world = &World { before, hasher: world.hasher.clone(), code: HashMap::new(), ..*world };
    for said in state.all_said(row) {
        if said.bus == "aux" && !sends(&said) {
            claim(world, &said)?;
        } else if said.bus == "aux" {
            check(word(&said.tuple[2..4]).is_some(), "a product of no word")?;
        }
    }
    Ok(())
}

fn claim(world: &World, said: &Said) -> Result<(), String> {
    let t = &said.tuple;
    let op = operation_of(int(t[0]));
    if let Some(family @ (Family::LoadPart | Family::StorePart)) = op.map(|op| op.info().family) {
        let [a, s, m] = [2, 4, 8].map(|i| word(&t[i..i + 2]));
        let load = family == Family::LoadPart;
        // The processor asks for any offset, for nothing of gas, of a load without a second operand for the same word.
        let asked = a.is_some() && s.is_some() && m.is_some() && t[12..] == [Val::ZERO; 2];
        if !asked || load && (s != Some(0) || t[8..10] != t[10..12]) {
            return Ok(());
        }
        let expected = answer(world, t).ok_or("an access at such an offset")?;
        let relevant = if load { 6..8 } else { 10..12 };
        return check(expected[relevant.clone()] == t[relevant], "this is not what the access does");
    }
    // The processor asks nothing of gas, of a time where there is none, and of words, but of a counter.
    let Some(expected) = answer(world, t) else { return Ok(()) };
    if expected[..6] != t[..6] || expected[8..] != t[8..] {
        return Ok(());
    }
    check(expected[6..8] == t[6..8], "this is not what the operation computes")
}

/// What the machine is in, between instructions.
struct Machine {
    pc: Val,
    clk: u32,
    gas: u64,
    regs: [u32; reg::COUNT],
}

fn machine(row: &[Val]) -> Option<Machine> {
    let l = CpuCols::from_row(row);
    let mut regs = [0; reg::COUNT];
    for (register, limbs) in regs[1..].iter_mut().zip(l.regs.chunks_exact(2)) {
        *register = word(limbs)?;
    }
    let gas = u64::from(int(l.gas[0])) + 256 * u64::from(int(l.gas[1]));
    (int(l.clk) < TIMES).then(|| Machine { pc: l.pc, clk: int(l.clk), gas, regs })
}

/// A row of the processor, and the next one.
pub fn cpu(world: &World, state: &mut State<'_>, row: usize) -> Result<(), String> {
    let p = publics(state.publics());
    let l = CpuCols::from_row(state.row(row));
    let said = state.all_said(row);
    let said: Vec<&Said> = said.iter().filter(|s| !s.bus.starts_with("range")).collect();
    if row == 0 {
        let begins = l.pc == p.entry && l.clk == Val::ONE && l.gas == [Val::ZERO; 2] && l.regs == p.initial;
        check(begins, "another first state")?;
    }
    if row + 1 == state.height {
        check(said.is_empty(), "the last state is not the last")?;
        let ends = [l.pc, l.clk, l.gas[0], l.gas[1]] == p.last && l.regs == p.regs;
        return check(ends, "another last state");
    }
    // By induction: what the row before makes of a state is judged there.
    let Some(now) = machine(state.row(row)) else { return Ok(()) };
    let next = CpuCols::from_row(state.row(row + 1));
    if said.is_empty() {
        let stays = next.pc == l.pc && next.clk == l.clk && next.gas == l.gas && next.regs == l.regs;
        // A row without a fetch does nothing, unless a fetch is what is left out.
        if stays {
            return Ok(());
        }
    }
    let next = machine(state.row(row + 1)).ok_or("a next state of no machine")?;
    let i = match said.iter().find(|s| s.bus == "prog") {
        Some(fetch) => instruction(&fetch.tuple).expect("a fetch that is answered"),
        None => {
            let here = world.code.get(&int(now.pc).wrapping_mul(4));
            here.and_then(|&w| decode(w).ok()).ok_or("something done where no code is")?
        }
    };
    step(world, &i, &now, &next, &said, &p)
}

fn step(
    world: &World,
    i: &Instruction,
    now: &Machine,
    next: &Machine,
    said: &[&Said],
    p: &CpuPublics<Val>,
) -> Result<(), String> {
    let pc = 4 * int(now.pc);
    let info = i.op.info();
    let (a, b) = (now.regs[i.rs1 as usize], now.regs[i.rs2 as usize]);
    let address = a.wrapping_add(i.imm);
    let one = |bus: &str, sent: bool| {
        let mut all = said.iter().filter(|s| s.bus == bus && sends(s) == sent);
        (all.next(), all.next().is_some())
    };
    let (mut rd, mut to, mut gas) = (i.rd, pc.wrapping_add(4), None);
    let mut result = 0;
    let accesses =
        matches!(info.family, Family::LoadWord | Family::LoadPart | Family::StoreWord | Family::StorePart);
    if accesses {
        let ((Some(before), false), (Some(after), false)) = (one("mem", false), one("mem", true)) else {
            return Err("an access without its word".into());
        };
        let (before, after) = (&before.tuple, &after.tuple);
        let place = Val::from_u32(address / 4);
        check(address.is_multiple_of(access_size(i.op)), "an access that is not aligned")?;
        check(before[0] == place && after[0] == place, "an access to another word")?;
        check(int(before[1]) < now.clk, "an access before the one before")?;
        check(int(after[1]) == now.clk, "an access at another time")?;
        check(before[4] == after[4], "another permission")?;
        let m = word(&before[2..4]).expect("limbs");
        let n = word(&after[2..4]).ok_or("a word with no limbs")?;
        if matches!(info.family, Family::LoadWord | Family::LoadPart) {
            result = load_value(i.op, m, address);
            check(n == m, "a load that changes the word")?;
        } else {
            check(after[4] == Val::ONE, "a store where nothing may be stored")?;
            check(n == store_word(i.op, m, address, b), "another word stored")?;
        }
    } else {
        check(one("mem", false).0.is_none() && one("mem", true).0.is_none(), "an access by no access")?;
    }
    match info.family {
        Family::BranchEq | Family::BranchLt | Family::BranchLtu => {
            if branch_taken(i.op, a, b) {
                to = pc.wrapping_add(i.imm);
            }
        }
        Family::Jal => (result, to) = (to, pc.wrapping_add(i.imm)),
        Family::Jalr => (result, to) = (to, address & !1),
        Family::Add if i.op == Op::Auipc => result = pc.wrapping_add(i.imm),
        Family::Add if i.op == Op::Lui => result = i.imm,
        Family::Fence => {}
        Family::Csr => {
            let sub = int(said.iter().find(|s| s.bus == "prog").ok_or("a counter of no name")?.tuple[2]);
            let gas = [now.gas & 0xff, now.gas >> 8].map(|g| Val::from_u32(g as u32));
            result = counter(world, sub, &gas, now.clk);
        }
        Family::Ecall => {
            let (Some(call), false) = one("aux", true) else {
                return Err("an ecall that nobody answers".into());
            };
            let t = &call.tuple;
            let [t0, a0, a1, a2] = [reg::T0, reg::A0, reg::A1, reg::A2].map(|r| limbs(now.regs[r as usize]));
            check(t[2..4] == t0 && t[4..6] == a0 && t[8..10] == a1 && t[10..12] == a2, "an ecall of others")?;
            check(int(t[1]) == now.clk && int(t[0]) == sub_code(Op::Ecall), "an ecall at another time")?;
            result = word(&t[6..8]).expect("limbs");
            rd = reg::A0;
            gas = Some(u64::from(int(t[12])) + 256 * u64::from(int(t[13])));
        }
        _ if accesses => {}
        _ => result = compute(i.op, a, if info.format.has_rs2() { b } else { i.imm }),
    }
    for k in 1..reg::COUNT {
        let expected = if k == rd as usize { result } else { now.regs[k] };
        check(next.regs[k] == expected, "another register")?;
    }
    // Where a target is no multiple of 4 the machine stops, and so does the circuit.
    let expected = if to.is_multiple_of(4) { Val::from_u32(to / 4) } else { -Val::ONE };
    let jalr_stops = info.family == Family::Jalr && !to.is_multiple_of(4);
    // Nor does it go on from a pc that is no word address, which no fetch and no last state has.
    let nowhere = int(next.pc) >= WORDS;
    check(nowhere || next.pc == expected && !jalr_stops, "it goes elsewhere")?;
    check(next.clk == now.clk + 1, "another time")?;
    let price = |class: Class| {
        let [low, high] = p.costs[class as usize].map(|c| u64::from(int(c)));
        low + 256 * high
    };
    check(next.gas == now.gas + gas.unwrap_or_else(|| price(info.class)), "another price")
}

/// Public values of the processor.
fn publics(v: &[Val]) -> CpuPublics<Val> {
    let costs = 31 + 2 * Class::COUNT;
    CpuPublics {
        entry: v[0],
        initial: core::array::from_fn(|i| v[1 + i]),
        costs: core::array::from_fn(|i| [v[31 + 2 * i], v[32 + 2 * i]]),
        last: core::array::from_fn(|i| v[costs + i]),
        regs: core::array::from_fn(|i| v[costs + 4 + i]),
    }
}

/// Public values of the processor that a statement has: where it begins and ends.
pub fn states() -> Vec<usize> {
    let last = 31 + 2 * Class::COUNT;
    (0..31).chain(last..CpuPublics::<()>::LEN).collect()
}
