//! Ecalls: input and output, and accelerators.

use std::collections::{BTreeMap, HashMap};

use ember_gates::repair::State;
use ember_isa::{Accelerator, Op, ecall};
use ember_verifier::air::{OPERAND_WRITTEN, Table, sub_code};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::{TIMES, WORDS, World, check, int, limbs, sends, word};

/// A word or what is said of it, before and after.
type Change = (Vec<Val>, Vec<Val>);
/// Words, before and after.
type Words = Vec<Change>;

/// An ecall as a table receives it.
struct Call {
    clk: u32,
    number: u32,
    /// a0, a1, a2.
    args: [u32; 3],
    result: [Val; 2],
    gas: [Val; 2],
}

/// Nothing if no processor asks for it.
fn call(t: &[Val]) -> Option<Call> {
    let [number, a0, a1, a2] = [2, 4, 8, 10].map(|i| word(&t[i..i + 2]));
    let clk = int(t[1]);
    let asked = int(t[0]) == sub_code(Op::Ecall) && (1..TIMES).contains(&clk);
    asked.then_some(Call {
        clk,
        number: number?,
        args: [a0?, a1?, a2?],
        result: [t[6], t[7]],
        gas: [t[12], t[13]],
    })
}

/// A price: base, and per word.
fn price(publics: &[Val], words: u32) -> u64 {
    let low = |i: usize| u64::from(int(publics[i])) + 256 * u64::from(int(publics[i + 1]));
    low(0) + if words > 0 { low(2) * u64::from(words) } else { 0 }
}

fn costs(gas: [Val; 2], expected: u64) -> Result<(), String> {
    let gas = u64::from(int(gas[0])) + 256 * u64::from(int(gas[1]));
    check(gas == expected, "another price")
}

/// `read` and `write`.
pub fn io(state: &mut State<'_>) -> Result<(), String> {
    let publics = state.publics().to_vec();
    let mut calls = Vec::new();
    let mut accesses: BTreeMap<u32, Words> = BTreeMap::new();
    let mut stream = Vec::new();
    for row in 0..state.height {
        let said = state.all_said(row);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for s in said {
            match (&s.bus[..], sends(&s)) {
                ("aux", false) => match call(&s.tuple) {
                    Some(call) => calls.push(call),
                    // Nobody asks, so nothing is proven.
                    None => return Ok(()),
                },
                ("mem", true) => after.push(s.tuple),
                ("mem", false) => before.push(s.tuple),
                ("stream", _) => stream.push((int(s.tuple[0]), s.tuple[1])),
                _ => {}
            }
        }
        check(before.len() == after.len() && after.len() < 2, "an access without its word")?;
        for pair in before.into_iter().zip(after) {
            accesses.entry(int(pair.1[1])).or_default().push(pair);
        }
    }
    let (mut journal, mut private) = (Vec::new(), 0);
    calls.sort_by_key(|call| call.clk);
    // An ecall is asked for once.
    if calls.windows(2).any(|pair| pair[0].clk == pair[1].clk) {
        return Ok(());
    }
    for c in calls {
        let [fd, ptr, len] = c.args;
        let read = c.number == ecall::READ;
        check(read || c.number == ecall::WRITE, "no such call")?;
        let known = ecall::io_len(c.number, fd, len);
        let at = if read { &publics[..4] } else { &publics[4..8] };
        costs(c.gas, price(at, known.unwrap_or(0).div_ceil(4)))?;
        let result = word(&c.result).ok_or("a result with no limbs")?;
        let mut words = accesses.remove(&c.clk).unwrap_or_default();
        words.sort_by_key(|(before, _)| int(before[0]));
        let Some(size) = known else {
            check(result == ecall::EBADF, "a bad file descriptor")?;
            check(words.is_empty(), "an access by a call that fails")?;
            continue;
        };
        private += if read { result } else { 0 };
        check(if read { result <= size } else { result == size }, "another result")?;
        let covered = (u64::from(ptr), u64::from(ptr) + u64::from(size));
        let places = if size == 0 { 0..0 } else { covered.0 / 4..covered.1.div_ceil(4) };
        check(words.len() as u64 == places.end - places.start, "other words")?;
        for ((before, after), place) in words.iter().zip(places) {
            check(u64::from(int(before[0])) == place && after[0] == before[0], "another word")?;
            check(int(before[1]) < c.clk, "an access before the one before")?;
            check(after[4] == before[4] && (!read || after[4] == Val::ONE), "another permission")?;
            let old = word(&before[2..4]).expect("limbs").to_le_bytes();
            let new = word(&after[2..4]).ok_or("a word with no limbs")?.to_le_bytes();
            for (i, (old, new)) in old.into_iter().zip(new).enumerate() {
                let byte = 4 * place + i as u64;
                let is_in = (covered.0..covered.1).contains(&byte);
                let replaced = read && is_in && byte < covered.0 + u64::from(result);
                check(replaced || old == new, "a byte that changes")?;
                if is_in && fd == ecall::FD_JOURNAL && !read {
                    journal.push(old);
                }
            }
        }
    }
    check(accesses.is_empty(), "an access by no call")?;
    stream.sort();
    let said: Vec<(u32, Val)> = (0..).zip(journal.iter().map(|&byte| Val::from_u8(byte))).collect();
    check(stream == said, "another journal")?;
    check(int(publics[8]) == journal.len() as u32, "a journal of another length")?;
    check(int(publics[9]) == private, "another number of private bytes")
}

/// An access of an accelerator, by time, word and rank.
type Accesses = HashMap<(u32, u32, u32), Change>;

/// Calls of an accelerator, or of `context`.
pub fn accelerator(world: &World, state: &mut State<'_>) -> Result<(), String> {
    let publics = state.publics().to_vec();
    let elements = matches!(world.table, Table::Permute | Table::Dot);
    let (mut calls, mut sent) = (Vec::new(), Vec::new());
    for row in 0..state.height {
        for s in state.all_said(row) {
            match &s.bus[..] {
                "aux" => match call(&s.tuple) {
                    Some(call) => calls.push(call),
                    None => return Ok(()),
                },
                "operand" | "element" => {
                    let [clk, at, rank] = [0, 1, 2].map(|i| int(s.tuple[i]));
                    let (old, new) = s.tuple[3..].split_at((s.tuple.len() - 3) / 2);
                    sent.push(((clk, at, rank), (old.to_vec(), new.to_vec())));
                }
                _ => {}
            }
        }
    }
    // An ecall is asked for once.
    calls.sort_by_key(|call: &Call| call.clk);
    if calls.windows(2).any(|pair| pair[0].clk == pair[1].clk) {
        return Ok(());
    }
    let mut accesses = Accesses::new();
    for (place, access) in sent {
        check(accesses.insert(place, access).is_none(), "a word accessed twice")?;
    }
    for c in calls {
        if world.table == Table::Context {
            check(c.number == ecall::CONTEXT, "another call")?;
            costs(c.gas, price(&publics, 0))?;
            check(c.result == [Val::ZERO; 2], "a result")?;
            check(c.args[0].is_multiple_of(4), "a pointer that is not aligned")?;
            for (k, said) in (0..).zip(publics[2..].chunks(2)) {
                let key = (c.clk, c.args[0] / 4 + k, OPERAND_WRITTEN);
                if key.1 >= WORDS {
                    return Ok(());
                }
                let (_, new) = accesses.remove(&key).ok_or("a word that is not accessed")?;
                check(new == said, "another word than the statement's")?;
            }
            continue;
        }
        let accelerator = Accelerator::from_number(c.number).ok_or("no accelerator")?;
        let terms = match accelerator {
            Accelerator::ExtensionDot { terms } | Accelerator::ExtensionDotBase { terms } => u32::from(terms),
            _ => 0,
        };
        costs(c.gas, price(&publics, terms))?;
        check(c.result == [Val::ZERO; 2], "a result")?;
        let mut operands = Vec::new();
        for (n, operand) in accelerator.operands().enumerate() {
            let ptr = c.args[n];
            check(ptr.is_multiple_of(4), "a pointer that is not aligned")?;
            // The first is written, the others are read.
            let rank = if operand.writes { OPERAND_WRITTEN } else { n as u32 - 1 };
            let mut words = Vec::new();
            for k in 0..operand.words {
                let key = (c.clk, ptr / 4 + k, rank);
                if key.1 >= WORDS {
                    return Ok(());
                }
                words.push(accesses.remove(&key).ok_or("a word that is not accessed")?);
            }
            operands.push(words);
        }
        results(accelerator, elements, &operands)?;
    }
    check(accesses.is_empty(), "an access by no call")
}

/// The words after, or the elements: any word stands for its residue.
fn results(accelerator: Accelerator, elements: bool, operands: &[Words]) -> Result<(), String> {
    let old =
        |(old, _): &(Vec<Val>, Vec<Val>)| if elements { int(old[0]) } else { word(old).expect("limbs") };
    let mut words: Vec<u32> = operands.iter().flatten().map(old).collect();
    ember_vm::accel::apply(accelerator, &mut words);
    for ((_, new), expected) in operands[0].iter().zip(words) {
        let expected = if elements { vec![Val::from_u32(expected)] } else { limbs(expected).to_vec() };
        check(*new == expected, "this is not what it computes")?;
    }
    Ok(())
}
