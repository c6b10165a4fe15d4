//! Words of memory: where they begin and end, and who accesses them.

use std::collections::HashSet;

use ember_gates::repair::{Mend, Said, State};
use ember_verifier::air::{OPERAND_WRITTEN, SPACE_CODE, SPACE_INPUT, SPACE_READ, SPACE_WRITE, Table};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;

use super::{TIMES, WORDS, World, check, int, sends, small, word};

/// Whether nobody puts such a word on the bus.
pub fn refused_word(world: &World, t: &[Val]) -> Option<Vec<Mend>> {
    // A mark is for accesses of accelerators alone.
    let marks = if matches!(world.table, Table::Operand | Table::Element) { 4 } else { 1 };
    // What `Data` takes off it has itself put on with the same permission.
    let permission = world.table == Table::Data || int(t[4]) < 2 * marks;
    let possible = int(t[0]) < WORDS && int(t[1]) < TIMES && word(&t[2..4]).is_some() && permission;
    if possible { None } else { Some(Vec::new()) }
}

/// What accelerators send, or are answered.
fn refused_access(t: &[Val], sent: bool, old: bool, new: bool, same: bool) -> Option<Vec<Mend>> {
    let rank = int(t[2]);
    let possible = (1..TIMES).contains(&int(t[0])) && int(t[1]) < WORDS && rank <= OPERAND_WRITTEN && old;
    // Who sends sees to the word after; who receives relies on it, and on nothing else.
    let possible = possible && if sent { rank == OPERAND_WRITTEN || same } else { new };
    if possible { None } else { Some(Vec::new()) }
}

pub fn refused_operand(t: &[Val], sent: bool) -> Option<Vec<Mend>> {
    let [old, new] = [3, 5].map(|i| word(&t[i..i + 2]).is_some());
    refused_access(t, sent, old, new, t[3..5] == t[5..7])
}

pub fn refused_element(t: &[Val], sent: bool) -> Option<Vec<Mend>> {
    refused_access(t, sent, true, true, t[3] == t[4])
}

fn split(said: &[Said], bus: &str) -> (Vec<Vec<Val>>, Vec<Vec<Val>>) {
    let of = |sent: bool| {
        let all = said.iter().filter(move |s| s.bus == bus && sends(s) == sent);
        all.map(|s| s.tuple.clone()).collect::<Vec<_>>()
    };
    (of(true), of(false))
}

/// A leaf of code.
pub fn code(state: &mut State<'_>, row: usize) -> Result<(), String> {
    let said = state.all_said(row);
    let (_, leaves) = split(&said, "node");
    for entry in said.iter().filter(|s| s.bus == "code") {
        let leaf = leaves.first().ok_or("code of no leaf")?;
        let [space, level, index] = [0, 1, 2].map(|i| int(leaf[i]));
        check(space == SPACE_CODE && level == 0, "this is no leaf of code")?;
        let at = int(entry.tuple[0]);
        check(at / 4 == index, "another leaf")?;
        let limb = 3 + 2 * (at % 4) as usize;
        check(leaf[limb..limb + 2] == entry.tuple[1..3], "another word")?;
    }
    Ok(())
}

/// A leaf of data or input.
pub fn data(state: &mut State<'_>, row: usize) -> Result<(), String> {
    let said = state.all_said(row);
    let (_, leaves) = split(&said, "node");
    let (words, last) = split(&said, "mem");
    if words.is_empty() && last.is_empty() {
        return Ok(());
    }
    let leaf = leaves.first().ok_or("words of no leaf")?;
    let [space, level, index] = [0, 1, 2].map(|i| int(leaf[i]));
    check(level == 0 && [SPACE_READ, SPACE_WRITE, SPACE_INPUT].contains(&space), "this is no leaf of data")?;
    check(
        space != SPACE_WRITE || state.publics()[1] == Val::ONE,
        "writable memory of one of several segments",
    )?;
    let start = if space == SPACE_INPUT { int(state.publics()[0]) } else { 0 };
    begins(&words, start + 4 * index, space == SPACE_WRITE, |i| [leaf[3 + 2 * i], leaf[4 + 2 * i]])?;
    check(last.len() == 4, "words are taken off as often as they are put on")
}

/// Four words begin, each once.
fn begins(
    words: &[Vec<Val>],
    start: u32,
    writable: bool,
    initial: impl Fn(usize) -> [Val; 2],
) -> Result<(), String> {
    check(words.len() == 4, "a word begins once")?;
    for (i, w) in words.iter().enumerate() {
        check(int(w[0]) == start + i as u32 && w[1] == Val::ZERO, "another word begins")?;
        check(w[2..4] == initial(i), "a word begins as another")?;
        check(word(&w[2..4]).is_some(), "a word with no limbs")?;
        check(w[4] == Val::from_bool(writable), "another permission")?;
    }
    Ok(())
}

/// A leaf of writable memory.
pub fn leaf(state: &mut State<'_>, row: usize) -> Result<(), String> {
    let said = state.all_said(row);
    let (_, leaves) = split(&said, "update");
    let (words, last) = split(&said, "mem");
    if leaves.is_empty() && words.is_empty() && last.is_empty() {
        return Ok(());
    }
    let leaf = leaves.first().ok_or("words of no leaf")?;
    check(leaf[0] == Val::ONE && leaf[1] == Val::ZERO, "this is no leaf")?;
    let start = 4 * int(leaf[2]);
    begins(&words, start, true, |i| [leaf[3 + 2 * i], leaf[4 + 2 * i]])?;
    check(last.len() == 4, "a word ends once")?;
    for (i, w) in last.iter().enumerate() {
        check(int(w[0]) == start + i as u32, "another word ends")?;
        check(w[2..4] == leaf[11 + 2 * i..13 + 2 * i], "a word ends as another")?;
    }
    Ok(())
}

/// Zeroed memory.
pub fn heap(state: &mut State<'_>) -> Result<(), String> {
    let [start, groups] = [0, 1].map(|i| int(state.publics()[i]));
    let mut seen = HashSet::new();
    for row in 0..state.height {
        let said = state.all_said(row);
        let (words, last) = split(&said, "mem");
        check(words.len() == last.len(), "words are taken off as often as they are put on")?;
        for w in words {
            let at = int(w[0]);
            check((start..start + 4 * groups).contains(&at), "a word beyond the heap")?;
            check(seen.insert(at), "a word begins once")?;
            check(w[1..] == [Val::ZERO, Val::ZERO, Val::ZERO, Val::ONE], "a word begins as zero, writable")?;
        }
    }
    Ok(())
}

/// A refresh of a word.
pub fn touch(state: &mut State<'_>, row: usize) -> Result<(), String> {
    let said = state.all_said(row);
    match split(&said, "mem") {
        (after, before) if after.is_empty() && before.is_empty() => Ok(()),
        (after, before) if after.len() == 1 && before.len() == 1 => {
            let (after, before) = (&after[0], &before[0]);
            check(after[0] == before[0] && after[2..] == before[2..], "another word")?;
            check(int(before[1]) < int(after[1]) && int(after[1]) < TIMES, "time does not go on")
        }
        _ => Err("a word put on or taken off".into()),
    }
}

/// An accelerator's access.
pub fn access(world: &World, state: &mut State<'_>, row: usize) -> Result<(), String> {
    let said = state.all_said(row);
    let element = world.table == Table::Element;
    let (_, calls) = split(&said, if element { "element" } else { "operand" });
    let (after, before) = split(&said, "mem");
    if calls.is_empty() && after.is_empty() && before.is_empty() {
        return Ok(());
    }
    check(calls.len() == 1 && after.len() == 1 && before.len() == 1, "an access without its word")?;
    let (call, after, before) = (&calls[0], &after[0], &before[0]);
    let (clk, rank) = (int(call[0]), int(call[2]));
    check(after[0] == call[1] && before[0] == call[1], "another word")?;
    check(int(after[1]) == clk, "another time")?;
    let [was, is] = [before, after].map(|w| (int(w[4]) & 1, int(w[4]) >> 1));
    check(was.0 == is.0, "another permission")?;
    match was.1 {
        0 => check(int(before[1]) < clk, "an access before the one before")?,
        mark => check(int(before[1]) == clk && mark - 1 < rank, "an access before the one before")?,
    }
    check(is.1 == 0 || is.1 == rank + 1, "another mark")?;
    check(rank < OPERAND_WRITTEN || is.0 == 1, "a word written where nothing may be")?;
    check(rank == OPERAND_WRITTEN || before[2..4] == after[2..4], "an operand that is read changes")?;
    let new = word(&after[2..4]).ok_or("a word with no limbs")?;
    if element {
        let value = |w: &[Val]| w[0] + w[1] * Val::from_u32(1 << 16);
        check(value(&before[2..4]) == call[3] && value(&after[2..4]) == call[4], "another element")?;
        check(
            rank < OPERAND_WRITTEN || small(Val::from_u32(new), 31) && int(call[4]) == new,
            "no canonical element",
        )
    } else {
        check(before[2..4] == call[3..5] && after[2..4] == call[5..7], "another operand")
    }
}
