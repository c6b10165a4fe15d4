//! Ways to edit a proof file.

use std::ops::Range;

use ember_verifier::params::Val;
use p3_field::PrimeField32;

use crate::common::rng::Rng;
use crate::tree::{FRAME_LEN, Kind, Patch, Tree, varint};

/// A way to edit a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    Bit,
    Byte,
    Insert,
    Remove,
    Cut,
    Extend,
    Overlong,
    Value,
    Move,
    Drop,
    Double,
    Swap,
    Empty,
    Length,
    Toggle,
    Splice,
    Tables,
    Part,
    Several,
}

impl Edit {
    /// Every way.
    pub const ALL: [Edit; 19] = [
        Self::Bit,
        Self::Byte,
        Self::Insert,
        Self::Remove,
        Self::Cut,
        Self::Extend,
        Self::Overlong,
        Self::Value,
        Self::Move,
        Self::Drop,
        Self::Double,
        Self::Swap,
        Self::Empty,
        Self::Length,
        Self::Toggle,
        Self::Splice,
        Self::Tables,
        Self::Part,
        Self::Several,
    ];

    /// What it does.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Bit => "a bit of the file flipped",
            Self::Byte => "a byte of the file replaced",
            Self::Insert => "a byte put in",
            Self::Remove => "a byte taken out",
            Self::Cut => "the file cut off",
            Self::Extend => "bytes after the end",
            Self::Overlong => "a number in more bytes than it needs",
            Self::Value => "a field's value replaced: zero, one, most, one more or less, a bit, plus p, any",
            Self::Move => "a field replaced by another of its kind",
            Self::Drop => "an element of a sequence left out",
            Self::Double => "an element of a sequence twice",
            Self::Swap => "two elements of a sequence exchanged",
            Self::Empty => "a sequence emptied or halved",
            Self::Length => "a sequence's length changed, its elements not",
            Self::Toggle => "an option or variant changed",
            Self::Splice => "a part replaced by that of another honest proof",
            Self::Tables => "tables exchanged, left out or doubled, everywhere at once",
            Self::Part => "a segment left out, twice, exchanged or of another proof; a part's length changed",
            Self::Several => "two to four of these at once",
        }
    }
}

/// Honest files to edit.
pub struct Corpus {
    pub trees: Vec<Tree>,
}

/// An edited file, and what was done to it.
pub struct Edited {
    pub bytes: Vec<u8>,
    /// Name of the field that was edited, where there is one.
    pub field: String,
    /// The file that was edited.
    pub base: usize,
}

impl Corpus {
    /// Edits file `base`; `None` where the choice of `rng` does not allow this way.
    pub fn edit(&self, edit: Edit, base: usize, rng: &mut Rng) -> Option<Edited> {
        let (patches, field) = if edit == Edit::Several {
            let mut all = Vec::new();
            let mut fields = Vec::new();
            for _ in 0..2 + rng.below(3) {
                let one = Edit::ALL[rng.below(Edit::ALL.len() - 1)];
                let (patches, field) = self.patches(one, base, rng)?;
                all.extend(patches);
                fields.push(format!("{one:?} {field}"));
            }
            (all, fields.join(", "))
        } else {
            self.patches(edit, base, rng)?
        };
        Some(Edited { bytes: self.trees[base].patched(patches)?, field, base })
    }

    fn patches(&self, edit: Edit, base: usize, rng: &mut Rng) -> Option<(Vec<Patch>, String)> {
        let tree = &self.trees[base];
        let len = tree.bytes.len();
        // The beginning has most of what is not a hash.
        let end = [len, 1 << 12, 1 << 15][rng.below(3)].min(len);
        let at = rng.below(end);
        let of_file = |patch: Patch| Some((vec![patch], String::new()));
        match edit {
            Edit::Bit => return of_file((at..at + 1, vec![tree.bytes[at] ^ 1 << rng.below(8)])),
            Edit::Byte => {
                let byte = [0, 0xff, 0x80, rng.next() as u8][rng.below(4)];
                return of_file((at..at + 1, vec![byte]));
            }
            Edit::Insert => return of_file((at..at, vec![rng.next() as u8])),
            Edit::Remove => return of_file((at..at + 1, vec![])),
            Edit::Cut => return of_file((at..len, vec![])),
            Edit::Extend => {
                let more = (0..1 + rng.below(40)).map(|_| rng.next() as u8).collect();
                return of_file((len..len, more));
            }
            Edit::Tables => return Some((tables(tree, rng), String::new())),
            Edit::Part => return Some((self.part(tree, rng), String::new())),
            _ => {}
        }
        let n = self.pick(tree, edit, rng)?;
        let node = tree.node(n);
        let (bytes, parts, range) = (tree.bytes_of(n), &node.parts, node.bytes.clone());
        let part = |i: usize| tree.node(parts[i]).bytes.clone();
        let head = || range.start..parts.first().map_or(range.end, |_| part(0).start);
        let one = |range: Range<usize>, bytes: Vec<u8>| vec![(range, bytes)];
        let count = |delta: i64| (head(), varint((parts.len() as i64 + delta) as u64));
        let patches = match edit {
            Edit::Overlong => {
                let digits = bytes.iter().take_while(|&&b| b >= 0x80).count();
                let mut long = bytes[..=digits].to_vec();
                long[digits] |= 0x80;
                long.extend([&[0x80, 0, 0][rng.below(2) * 2..][..1], &[0]].concat());
                one(range.start..range.start + digits + 1, long)
            }
            Edit::Value => one(range, value(node.kind, bytes, rng)),
            Edit::Move => {
                let others = &tree.of_path[node.path];
                let other = others[rng.below(others.len())];
                one(range, tree.bytes_of(other).to_vec())
            }
            Edit::Drop => vec![count(-1), (part(rng.below(parts.len())), vec![])],
            Edit::Double => {
                let i = rng.below(parts.len());
                vec![count(1), (part(i).end..part(i).end, tree.bytes[part(i)].to_vec())]
            }
            Edit::Swap => {
                let (i, j) = (rng.below(parts.len()), rng.below(parts.len()));
                vec![(part(i), tree.bytes[part(j)].to_vec()), (part(j), tree.bytes[part(i)].to_vec())]
            }
            Edit::Empty => {
                let keep = [0, parts.len() / 2][rng.below(2)];
                vec![(head(), varint(keep as u64)), (part(keep).start..range.end, vec![])]
            }
            Edit::Length => {
                let most = [1 << 16, 1 << 24, u64::from(u32::MAX), u64::MAX];
                let len = parts.len() as u64;
                let new = [len + 1, len.wrapping_sub(1), 2 * len, most[rng.below(4)]][rng.below(4)];
                one(head(), varint(new))
            }
            Edit::Toggle if node.kind == Kind::Option => match parts.first() {
                Some(_) if rng.below(4) > 0 => one(range, vec![0]),
                // The tag alone.
                Some(_) => one(head(), vec![rng.below(256) as u8]),
                None => {
                    let mut some = vec![1];
                    let any = rng.below(tree.nodes.len()) as u32;
                    some.extend(&tree.bytes_of(any)[..tree.bytes_of(any).len().min(1 << 12)]);
                    one(range, some)
                }
            },
            Edit::Toggle => one(head(), varint(rng.below(20) as u64)),
            Edit::Splice => {
                let donor = &self.trees[rng.below(self.trees.len())];
                let path = donor.paths.iter().position(|p| *p == tree.paths[node.path])?;
                let others = &donor.of_path[path];
                one(range, donor.bytes_of(*others.get(rng.below(others.len().max(1)))?).to_vec())
            }
            Edit::Bit | Edit::Byte | Edit::Insert | Edit::Remove | Edit::Cut | Edit::Extend => unreachable!(),
            Edit::Tables | Edit::Part | Edit::Several => unreachable!(),
        };
        Some((patches, tree.paths[node.path].clone()))
    }

    /// A part with its length, edited.
    fn part(&self, tree: &Tree, rng: &mut Rng) -> Vec<Patch> {
        let whole = |tree: &Tree, part: usize| tree.frames[part].start - FRAME_LEN..tree.frames[part].end;
        let segment = |tree: &Tree, rng: &mut Rng| 1 + rng.below(tree.frames.len() - 1);
        let (i, j) = (segment(tree, rng), segment(tree, rng));
        let bytes = |part: usize| tree.bytes[whole(tree, part)].to_vec();
        match rng.below(5) {
            0 => vec![(whole(tree, i), vec![])],
            1 => vec![(whole(tree, i).end..whole(tree, i).end, bytes(j))],
            2 => vec![(whole(tree, i), bytes(j)), (whole(tree, j), bytes(i))],
            3 => {
                let donor = &self.trees[rng.below(self.trees.len())];
                vec![(whole(tree, i), donor.bytes[whole(donor, segment(donor, rng))].to_vec())]
            }
            _ => {
                let i = rng.below(tree.frames.len());
                let len = tree.frames[i].len() as u32;
                let some = [0, 1, len - 1, len + 1, u32::MAX, 1 << 24, rng.next() as u32];
                let start = whole(tree, i).start;
                vec![(start..start + FRAME_LEN, some[rng.below(some.len())].to_le_bytes().to_vec())]
            }
        }
    }

    /// A field that can be edited so: any name, then any field of that name.
    fn pick(&self, tree: &Tree, edit: Edit, rng: &mut Rng) -> Option<u32> {
        for _ in 0..64 {
            let of_path = &tree.of_path[rng.below(tree.of_path.len())];
            if of_path.is_empty() {
                continue;
            }
            let n = of_path[rng.below(of_path.len())];
            let node = tree.node(n);
            let (kind, parts) = (node.kind, node.parts.len());
            let is_number = matches!(kind, Kind::Number(_));
            let fits = match edit {
                Edit::Overlong => is_number || matches!(kind, Kind::Sequence | Kind::Variant),
                Edit::Value => is_number || matches!(kind, Kind::Byte | Kind::Element),
                Edit::Move => of_path.len() > 1,
                Edit::Drop | Edit::Double | Edit::Empty => kind == Kind::Sequence && parts > 0,
                Edit::Swap => matches!(kind, Kind::Sequence | Kind::Tuple) && parts > 1,
                Edit::Length => kind == Kind::Sequence,
                Edit::Toggle => matches!(kind, Kind::Option | Kind::Variant),
                _ => true,
            };
            if fits {
                return Some(n);
            }
        }
        None
    }
}

/// Another value of a number.
fn value(kind: Kind, bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let read =
        |bits: u32| bytes.iter().rev().fold(0u64, |n, &b| n << bits | u64::from(b) & ((1 << bits) - 1));
    let p = u64::from(Val::ORDER_U32);
    match kind {
        Kind::Number(bits) => {
            let most = u64::MAX >> (64 - bits);
            let n = read(7);
            let some = [
                0,
                1,
                n.wrapping_add(1),
                n.wrapping_sub(1),
                n ^ 1 << rng.below(bits as usize),
                most,
                most >> 1,
                n.wrapping_add(p),
                n.wrapping_add(1 << 16),
                rng.next(),
                rng.below(64) as u64,
            ];
            varint(some[rng.below(some.len())] & most)
        }
        Kind::Element => {
            let n = read(8);
            let some = [
                0,
                1,
                (n + 1) % p,
                (n + p - 1) % p,
                n ^ 1 << rng.below(32),
                p - 1,
                p,
                n + p,
                u64::from(u32::MAX),
                rng.next() % p,
                p - n,
            ];
            (some[rng.below(some.len())] as u32).to_le_bytes().to_vec()
        }
        _ => vec![[0, 1, 0xff, bytes[0] ^ 1 << rng.below(8), rng.next() as u8][rng.below(5)]],
    }
}

/// Tables exchanged, left out or doubled, in every sequence that has one element for each, and in the mask.
fn tables(tree: &Tree, rng: &mut Rng) -> Vec<Patch> {
    let named = |name: &str| {
        let path = tree.paths.iter().position(|p| p == name).unwrap_or_else(|| panic!("no field {name}"));
        tree.of_path[path][0]
    };
    let count = tree.node(named("segments[].stark.degree_bits")).parts.len();
    let (i, j, how) = (rng.below(count), rng.below(count), rng.below(4));
    let mut patches = Vec::new();
    // Of each batch of openings, and of each query, too.
    for node in tree.nodes.iter().filter(|n| n.kind == Kind::Sequence && n.parts.len() == count) {
        let part = |i: usize| tree.node(node.parts[i]).bytes.clone();
        let len = |n: usize| (node.bytes.start..part(0).start, varint(n as u64));
        match how {
            0 | 1 => {
                patches.push((part(i), tree.bytes[part(j)].to_vec()));
                patches.push((part(j), tree.bytes[part(i)].to_vec()));
            }
            2 => patches.extend([len(count - 1), (part(i), vec![])]),
            _ => {
                patches.extend([len(count + 1), (part(i).end..part(i).end, tree.bytes[part(j)].to_vec())]);
            }
        }
    }
    if how > 0 {
        let mask = named("segments[].tables");
        let bytes = tree.bytes_of(mask);
        let old = bytes.iter().rev().fold(0u64, |n, &b| n << 7 | u64::from(b & 0x7f));
        let present: Vec<u32> = (0..32).filter(|bit| old >> bit & 1 == 1).collect();
        let new = match how {
            2 => old & !(1 << present[i.min(present.len() - 1)]),
            3 => old | 1 << rng.below(20),
            _ => old ^ 1 << rng.below(20),
        };
        patches.push((tree.node(mask).bytes.clone(), varint(new)));
    }
    patches
}
