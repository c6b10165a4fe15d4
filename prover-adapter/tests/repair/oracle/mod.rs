//! What is true: a native account of each table.

mod calls;
mod core;
pub use core::states;
mod memory;
mod trees;

use std::collections::HashMap;

use ember_gates::repair::{Mend, Oracle, Said, State, Verdict};
use ember_memory::MAX_INPUT_LEN;
use ember_memory::digest::{Digest, Hasher};
use ember_memory::tree::ROOT_LEVEL;
use ember_verifier::air::{SPACE_CODE, SPACE_IMAGE, SPACE_INPUT, SPACE_READ, SPACE_WRITE, Table};
use ember_verifier::params::Val;
use p3_field::{PrimeCharacteristicRing, PrimeField32};

/// Times are below this.
const TIMES: u32 = 1 << 24;
/// Word addresses are below this.
const WORDS: u32 = 1 << 30;

/// What a table's neighbours are like, and what its run is.
pub struct World {
    /// The table that is judged.
    pub table: Table,
    /// The words of the honest program, by address.
    pub code: HashMap<u32, u32>,
    /// Gas used and instructions retired before the segment.
    pub before: [u64; 2],
    /// The hash.
    pub hasher: Hasher,
}

/// A field element as the integer that is meant.
fn int(v: Val) -> u32 {
    v.as_canonical_u32()
}

fn small(v: Val, bits: u32) -> bool {
    int(v) < 1 << bits
}

/// A word from its limbs, if they are limbs.
fn word(limbs: &[Val]) -> Option<u32> {
    limbs.iter().all(|&l| small(l, 16)).then(|| int(limbs[0]) | int(limbs[1]) << 16)
}

fn limbs(word: u32) -> [Val; 2] {
    [word & 0xffff, word >> 16].map(Val::from_u32)
}

fn digest(elements: &[Val]) -> Digest {
    Digest(::core::array::from_fn(|i| elements[i]))
}

/// Whether it sends or asks, and does not receive.
fn sends(said: &Said) -> bool {
    int(said.count) <= Val::ORDER_U32 / 2
}

/// The rows on which something changed, and those before them where a table reads the next row; the first and the last
/// where a public value did.
fn changed_rows(state: &State<'_>) -> Vec<usize> {
    let mut rows = Vec::new();
    let frees = state.free(0);
    for place in state.changed() {
        match state.row_and_column(place) {
            Some((row, _)) => {
                rows.push(row);
                if state.circuit.reads_next {
                    rows.push((row + state.height - 1) % state.height);
                }
            }
            None if place >= frees => rows.push(place - frees),
            None => rows.extend([0, state.height - 1]),
        }
    }
    rows.sort();
    rows.dedup();
    rows
}

fn lie(why: impl Into<String>) -> Verdict {
    Verdict::False(why.into())
}

fn check(true_so_far: bool, why: &str) -> Result<(), String> {
    if true_so_far { Ok(()) } else { Err(why.into()) }
}

impl World {
    fn permuted(&self, tuple: &[Val]) -> [Val; 16] {
        let mut state: [Val; 16] = ::core::array::from_fn(|i| tuple[i]);
        self.hasher.permute(&mut state);
        state
    }

    fn compressed(&self, tuple: &[Val]) -> [Val; 8] {
        self.hasher.compress(&digest(tuple), &digest(&tuple[8..])).0
    }
}

/// A look-up of a small integer: integers that it could be.
fn in_range(value: Val, bits: u32) -> Option<Vec<Mend>> {
    if small(value, bits) {
        return None;
    }
    let most = (1 << bits) - 1;
    let near = int(value) & most;
    Some(
        [near, 0, 1, most, near.wrapping_mul(0x9e37) >> 3 & most]
            .map(|v| vec![(0, Val::from_u32(v))])
            .to_vec(),
    )
}

/// Fields that should be others.
fn unless(found: &[Val], from: usize, expected: &[Val]) -> Option<Vec<Mend>> {
    let mend: Mend = (from..).zip(expected).filter(|&(i, e)| found[i] != *e).map(|(i, e)| (i, *e)).collect();
    if mend.is_empty() { None } else { Some(vec![mend]) }
}

impl Oracle for World {
    fn refused(&self, said: &Said) -> Option<Vec<Mend>> {
        // What is asked less than never is provided: that is for `judge`.
        if is_turned(said) {
            return None;
        }
        self.refusal(said)
    }

    fn judge(&self, state: &mut State<'_>) -> Verdict {
        let rows = changed_rows(state);
        for &row in &rows {
            for said in state.all_said(row) {
                if said.provided {
                    continue;
                }
                // An operation may be asked for several times, and anything may be looked up several times. Other
                // multiplicities need rows that make up for them: nothing is shown.
                let times = int(said.count).min(int(-said.count));
                let most = if LOOKUPS.contains(&&said.bus[..]) {
                    u32::MAX
                } else {
                    u32::from(said.bus == "aux") << 16
                };
                if times > most.max(1) {
                    return Verdict::True;
                }
                if is_turned(&said)
                    && let Some(why) = self.turned(said)
                {
                    return lie(why);
                }
            }
        }
        match self.judge_rows(state, &rows) {
            Ok(()) => Verdict::True,
            Err(why) => lie(why),
        }
    }
}

/// Look-ups.
const LOOKUPS: [&str; 7] = ["prog", "code", "hash", "permutation", "range16", "range8", "byte_and"];

/// Whether a row says the opposite of what its message is for: it provides what it should ask, sends what it should
/// receive, or receives what it should send.
fn is_turned(said: &Said) -> bool {
    sends(said) != said.sends
}

impl World {
    /// What a message proves by being turned.
    fn turned(&self, said: Said) -> Option<&'static str> {
        let straight = Said { count: -said.count, ..said };
        let t = &straight.tuple;
        if LOOKUPS.contains(&&straight.bus[..]) || straight.bus == "aux" && straight.sends {
            // An entry for another row's look-up.
            let known = match &straight.bus[..] {
                "code" => self.code.get(&int(t[0]).wrapping_mul(4)).map(|&w| limbs(w)) == Some([t[1], t[2]]),
                _ => self.refusal(&straight).is_none(),
            };
            return if known { None } else { Some("an entry that is none, for others") };
        }
        match &straight.bus[..] {
            // An operation that is asked for, and no claim.
            "aux" => None,
            _ => Some("what should be received is sent, or the other way round"),
        }
    }

    fn refusal(&self, said: &Said) -> Option<Vec<Mend>> {
        let t = &said.tuple[..];
        let never = |possible: bool| if possible { None } else { Some(Vec::new()) };
        match (&said.bus[..], sends(said)) {
            ("range16", _) => in_range(t[0], 16),
            ("range8", _) => in_range(t[0], 8),
            ("byte_and", _) => {
                let [x, y] = [int(t[0]) & 0xff, int(t[1]) & 0xff];
                unless(t, 0, &[x, y, x & y].map(Val::from_u32))
            }
            ("hash", _) => unless(t, 16, &self.compressed(t)),
            ("permutation", _) => unless(t, 16, &self.permuted(t)),
            ("code", _) => never(int(t[0]) < WORDS && small(t[1], 16) && small(t[2], 16)),
            ("prog", _) => core::refused_fetch(self, t),
            ("aux", true) => core::refused_operation(self, t),
            ("aux", false) => core::refused_claim(t),
            ("mem", false) => memory::refused_word(self, t),
            ("node", false) => {
                let [space, level, index] = [0, 1, 2].map(|i| int(t[i]));
                let spaces = [SPACE_IMAGE, SPACE_CODE, SPACE_READ, SPACE_WRITE, SPACE_INPUT];
                // An image is one of bytes; an input's digest may be that of anything.
                let bytes = level > 0 || space == SPACE_INPUT || t[3..].iter().all(|&l| small(l, 16));
                if !spaces.contains(&space) {
                    return Some(spaces.map(|space| vec![(0, Val::from_u32(space))]).to_vec());
                }
                let within = space != SPACE_INPUT || index < MAX_INPUT_LEN / 16;
                never(level <= ROOT_LEVEL && index < 1 << (ROOT_LEVEL - level) && bytes && within)
            }
            ("update", false) => {
                let [inner, level, index] = [0, 1, 2].map(|i| int(t[i]));
                let bytes = level > 0 || t[3..11].iter().all(|&l| small(l, 16));
                never(inner < 2 && level <= ROOT_LEVEL && index < 1 << (ROOT_LEVEL - level) && bytes)
            }
            ("stream", false) => never(small(t[0], 24) && small(t[1], 8)),
            ("operand", sent) => memory::refused_operand(t, sent),
            ("element", sent) => memory::refused_element(t, sent),
            _ => None,
        }
    }

    fn judge_rows(&self, state: &mut State<'_>, rows: &[usize]) -> Result<(), String> {
        match self.table {
            Table::Rom => rows.iter().try_for_each(|&row| core::rom(self, state, row)),
            Table::Cpu => rows.iter().try_for_each(|&row| core::cpu(self, state, row)),
            Table::Bitwise | Table::Shift | Table::Part | Table::Mul | Table::Div | Table::Csr => {
                rows.iter().try_for_each(|&row| core::operation(self, state, row))
            }
            Table::Code => rows.iter().try_for_each(|&row| memory::code(state, row)),
            Table::Data => rows.iter().try_for_each(|&row| memory::data(state, row)),
            Table::Memory => rows.iter().try_for_each(|&row| memory::leaf(state, row)),
            Table::Heap => memory::heap(state),
            Table::Touch => rows.iter().try_for_each(|&row| memory::touch(state, row)),
            Table::Operand | Table::Element => {
                rows.iter().try_for_each(|&row| memory::access(self, state, row))
            }
            Table::Merkle => trees::merkle(state, rows),
            Table::MemoryNode => trees::memory_node(state, rows),
            Table::Journal => trees::journal(self, state),
            Table::Poseidon2 => rows.iter().try_for_each(|&row| trees::poseidon2(self, state, row)),
            Table::Range16 | Table::Range8 | Table::ByteAnd => {
                rows.iter().try_for_each(|&row| trees::range(state, row))
            }
            Table::Io => calls::io(state),
            Table::Permute | Table::Dot | Table::Sha256 | Table::Keccak | Table::MulMod | Table::Context => {
                calls::accelerator(self, state)
            }
        }
    }
}
