//! Matrices of memory's leaves, Merkle nodes, journal blocks, and the permutations behind them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ember_memory::digest::{Hasher, block, blocks};
use ember_memory::tree::{self, PAGE_LEVEL, ROOT_LEVEL};
use ember_memory::{Digest, PAGE_SIZE, Perm, page_of};
use ember_verifier::air::{
    CodeCols, DataCols, HeapCols, JournalCols, MemoryCols, MemoryNodeCols, MerkleCols, Poseidon2Cols,
    SPACE_CODE, SPACE_IMAGE, SPACE_INPUT, SPACE_READ, SPACE_WRITE,
};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;
use p3_koala_bear::{
    GenericPoseidon2LinearLayersKoalaBear as Layers, KOALABEAR_POSEIDON2_RC_16_EXTERNAL_FINAL,
    KOALABEAR_POSEIDON2_RC_16_EXTERNAL_INITIAL, KOALABEAR_POSEIDON2_RC_16_INTERNAL,
};
use p3_poseidon2::GenericPoseidon2LinearLayers;
use rayon::prelude::*;

use super::{Matrix, flag, limbs, matrix, val};
use crate::memory_model::{Kind, Page};
use crate::ranges::Ranges;
use crate::record::Record;

/// Compressions, and plain permutations, that other tables ask for: the state, and how often each way.
#[derive(Default)]
pub(super) struct Compressions(HashMap<[Val; 16], [u32; 2]>);

impl Compressions {
    fn ask(&mut self, left: &Digest, right: &Digest) {
        let mut input = [Val::ZERO; 16];
        input[..8].copy_from_slice(&left.0);
        input[8..].copy_from_slice(&right.0);
        self.0.entry(input).or_default()[0] += 1;
    }

    pub(super) fn permute(&mut self, state: [Val; 16]) {
        self.0.entry(state).or_default()[1] += 1;
    }

    pub(super) fn matrix(self) -> Option<Matrix> {
        if self.0.is_empty() {
            return None;
        }
        // Padding rows are permutations too: of zero, used never.
        let mut rows: Vec<([Val; 16], [u32; 2])> = self.0.into_iter().collect();
        // One order, whatever the map's: a witness is a function of the run.
        rows.par_sort_unstable();
        rows.resize(rows.len().next_power_of_two(), ([Val::ZERO; 16], [0; 2]));
        matrix(Poseidon2Cols::<()>::WIDTH, &rows, &mut Ranges::default(), |&(input, uses), row, _| {
            permutation(input, uses).write(row);
        })
    }
}

fn permutation(input: [Val; 16], uses: [u32; 2]) -> Poseidon2Cols<Val> {
    let mut cols = Poseidon2Cols { uses: uses.map(val), input, ..Default::default() };
    let mut state = input;
    let full = |state: &mut [Val; 16], posts: &mut [Val], constants: &[[Val; 16]; 4]| {
        for (post, constants) in posts.chunks_exact_mut(16).zip(constants) {
            for (s, &constant) in state.iter_mut().zip(constants) {
                *s = (*s + constant).cube();
            }
            Layers::external_linear_layer(state);
            post.copy_from_slice(state);
        }
    };
    Layers::external_linear_layer(&mut state);
    full(&mut state, &mut cols.begin, &KOALABEAR_POSEIDON2_RC_16_EXTERNAL_INITIAL);
    for (post, constant) in cols.partial.iter_mut().zip(KOALABEAR_POSEIDON2_RC_16_INTERNAL) {
        state[0] = (state[0] + constant).cube();
        *post = state[0];
        Layers::internal_linear_layer(&mut state);
    }
    full(&mut state, &mut cols.end, &KOALABEAR_POSEIDON2_RC_16_EXTERNAL_FINAL);
    cols
}

/// Leaves, groups of four words, that the segment touches.
pub(super) struct Leaves<'a> {
    /// Code leaves and how often each of their words is decoded: once or never.
    code: BTreeMap<u32, [u32; 4]>,
    /// Touched groups of image and input pages: page, and group within it. In one of several segments without those of
    /// writable pages.
    data: Vec<(&'a Page, usize)>,
    /// Touched groups of zeroed pages, by ascending address, where the segment is the whole run.
    heap: Vec<(&'a Page, usize)>,
    /// Touched groups of writable pages in one of several segments.
    memory: Vec<(&'a Page, usize)>,
}

fn space(kind: Kind) -> u32 {
    match kind {
        Kind::Image(Perm::READ) => SPACE_READ,
        Kind::Image(_) => SPACE_WRITE,
        Kind::Input => SPACE_INPUT,
        Kind::Heap => unreachable!("zeroed memory is in no tree"),
    }
}

/// Limbs of a group of four words.
fn group_limbs(words: &[u32], group: usize) -> [u32; 8] {
    core::array::from_fn(|i| words[4 * group + i / 2] >> (16 * (i % 2)) & 0xffff)
}

/// Times and final limbs of a group of four words.
fn last(page: &Page, group: usize) -> ([Val; 4], [Val; 8]) {
    let time = core::array::from_fn(|i| val(page.time()[4 * group + i]));
    (time, group_limbs(&page.words[..], group).map(val))
}

impl<'a> Leaves<'a> {
    pub(super) fn of(record: &'a Record<'_>) -> Self {
        let mut code: BTreeMap<u32, [u32; 4]> = BTreeMap::new();
        for pc in record.uses.keys() {
            code.entry(pc >> 4).or_default()[(pc >> 2 & 3) as usize] = 1;
        }
        let is_whole = record.end.memory.is_none();
        let mut leaves = Self { code, data: Vec::new(), heap: Vec::new(), memory: Vec::new() };
        for page in record.memory.touched() {
            let list = match page.kind {
                kind if kind.is_writable() && !is_whole => &mut leaves.memory,
                Kind::Heap => &mut leaves.heap,
                _ => &mut leaves.data,
            };
            list.extend(page.touched().map(|group| (page, group)));
        }
        leaves
    }

    pub(super) fn memory_matrix(&self, ranges: &mut Ranges) -> Option<Matrix> {
        matrix(MemoryCols::<()>::WIDTH, &self.memory, ranges, |&(page, group), row, ranges| {
            let (time, after) = last(page, group);
            MemoryCols {
                real: Val::ONE,
                index: val(page.number << PAGE_LEVEL | group as u32),
                before: group_limbs(page.before(), group).map(|limb| ranges.wide(limb)),
                time,
                after,
            }
            .write(row);
        })
    }

    pub(super) fn code_matrix(&self, record: &Record<'_>) -> Option<Matrix> {
        let rows: Vec<_> = self.code.iter().collect();
        matrix(CodeCols::<()>::WIDTH, &rows, &mut Ranges::default(), |(index, uses), row, _| {
            let word = |i: u32| {
                record.run.program.image().code_word(**index << 4 | i << 2).expect("an execute page")
            };
            CodeCols {
                real: Val::ONE,
                index: val(**index),
                limbs: core::array::from_fn(|i| limbs(word(i as u32 / 2))[i % 2]),
                uses: uses.map(val),
            }
            .write(row);
        })
    }

    pub(super) fn data_matrix(&self, record: &Record<'_>, ranges: &mut Ranges) -> Option<Matrix> {
        let input_page = page_of(record.run.layout.input_start);
        matrix(DataCols::<()>::WIDTH, &self.data, ranges, |&(page, group), row, ranges| {
            let number = if page.kind == Kind::Input { page.number - input_page } else { page.number };
            let (time, last) = last(page, group);
            DataCols {
                real: Val::ONE,
                is_input: flag(page.kind == Kind::Input),
                writable: flag(page.kind == Kind::Image(Perm::READ_WRITE)),
                index: val(number << PAGE_LEVEL | group as u32),
                limbs: group_limbs(page.before(), group).map(|limb| ranges.wide(limb)),
                time,
                last,
            }
            .write(row);
        })
    }

    pub(super) fn heap_matrix(&self, record: &Record<'_>, ranges: &mut Ranges) -> Option<Matrix> {
        let layout = &record.run.layout;
        let start = layout.heap_start / 16;
        let groups = (layout.heap_end - layout.heap_start) / 16;
        let index = |&(page, group): &(&Page, usize)| (page.number << PAGE_LEVEL | group as u32) - start;
        let rows: Vec<(usize, u32)> = self
            .heap
            .iter()
            .enumerate()
            .map(|(i, leaf)| {
                (i, if i == 0 { index(leaf) } else { index(leaf) - index(&self.heap[i - 1]) - 1 })
            })
            .collect();
        matrix(HeapCols::<()>::WIDTH, &rows, ranges, |&(i, gap), row, ranges| {
            let (page, group) = self.heap[i];
            let index = index(&self.heap[i]);
            let mut wide = |n: u32| {
                ranges.check_wide((n >> 16) << 6);
                [ranges.wide(n & 0xffff), ranges.wide(n >> 16)]
            };
            let (time, last) = last(page, group);
            HeapCols {
                real: Val::ONE,
                index: val(index),
                gap: wide(gap),
                room: wide(groups - 1 - index),
                time,
                last,
            }
            .write(row);
        })
    }

    /// The nodes between touched leaves and the roots.
    pub(super) fn merkle_matrix(
        &self,
        h: &Hasher,
        record: &Record<'_>,
        compressions: &mut Compressions,
    ) -> Option<Matrix> {
        let image = record.run.program.image();
        let mut nodes: Vec<Node> = Vec::new();
        let mut pages: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for &leaf in self.code.keys() {
            pages.entry(leaf >> PAGE_LEVEL).or_default().insert(leaf);
        }
        let mut input: BTreeSet<u32> = BTreeSet::new();
        let input_page = page_of(record.run.layout.input_start);
        for &(page, group) in &self.data {
            if page.kind == Kind::Input {
                input.insert((page.number - input_page) << PAGE_LEVEL | group as u32);
            } else {
                pages.entry(page.number).or_default().insert(page.number << PAGE_LEVEL | group as u32);
            }
        }

        // The image, from its pages' contents to its root.
        for (&number, opened) in &pages {
            let (bytes, perm) = image.page(number).expect("a touched page");
            let levels = tree::levels(h, blocks(bytes));
            let space = if perm == Perm::EXECUTE { SPACE_CODE } else { space(Kind::Image(perm)) };
            inner_nodes(&mut nodes, space, &levels, number << PAGE_LEVEL, opened);
            let contents = levels[PAGE_LEVEL as usize][0];
            nodes.push(Node {
                space: SPACE_IMAGE,
                level: PAGE_LEVEL,
                index: number,
                parent: tree::page_node(h, &contents, perm),
                children: [contents, tree::page_meta(perm)],
                open: [true, false],
                page: Some(perm),
            });
        }
        if !pages.is_empty() {
            let mut opened: BTreeSet<u32> = pages.keys().copied().collect();
            for height in 0..(ROOT_LEVEL - PAGE_LEVEL) as usize {
                let at = |index: u32| record.run.image.node(height, index);
                let parents: BTreeSet<u32> = opened.iter().map(|i| i >> 1).collect();
                for &index in &parents {
                    let children = [at(2 * index), at(2 * index + 1)];
                    nodes.push(Node {
                        space: SPACE_IMAGE,
                        level: PAGE_LEVEL + height as u32 + 1,
                        index,
                        parent: h.compress(&children[0], &children[1]),
                        children,
                        open: [opened.contains(&(2 * index)), opened.contains(&(2 * index + 1))],
                        page: None,
                    });
                }
                opened = parents;
            }
        }
        // The input.
        if !input.is_empty() {
            inner_nodes(&mut nodes, SPACE_INPUT, record.run.input(), 0, &input);
        }

        let roots = [!pages.is_empty(), !input.is_empty()];
        for node in &nodes {
            compressions.ask(&node.children[0], &node.children[1]);
        }
        let mut matrix = matrix(MerkleCols::<()>::WIDTH, &nodes, &mut Ranges::default(), |node, row, _| {
            node.cols().write(row);
        })?;
        // The roots enter on the first row.
        let width = MerkleCols::<()>::WIDTH;
        let mut first = MerkleCols::from_row(&matrix.values[..width]);
        first.roots = roots.map(flag);
        first.write(&mut matrix.values[..width]);
        Some(matrix)
    }
}

/// The matrix of nodes of the tree of memory.
pub(super) fn memory_node_matrix(
    record: &Record<'_>,
    ranges: &mut Ranges,
    compressions: &mut Compressions,
) -> Option<Matrix> {
    let pages = (record.run.layout.heap_end - record.run.layout.heap_start) / PAGE_SIZE;
    for node in &record.nodes {
        if node.fresh.is_none() {
            compressions.ask(&node.before[1], &node.before[2]);
        }
        compressions.ask(&node.after[1], &node.after[2]);
    }
    let width = MemoryNodeCols::<()>::WIDTH;
    let mut matrix = matrix(width, &record.nodes, ranges, |node, row, ranges| {
        let digests = |family: &[Digest; 3]| core::array::from_fn(|i| family[i / 8].0[i % 8]);
        let mut room = [Val::ZERO; 4];
        if let Some(number) = node.fresh {
            for (limbs, n) in room.chunks_exact_mut(2).zip([number, pages - 1 - number]) {
                limbs[0] = ranges.wide(n & 0xffff);
                limbs[1] = ranges.narrow(n >> 16);
            }
        }
        MemoryNodeCols {
            real: Val::ONE,
            inner: flag(node.inner),
            level: val(node.level),
            index: val(node.index),
            child: val(if node.page { node.index } else { 2 * node.index }),
            before: digests(&node.before),
            after: digests(&node.after),
            open: node.open.map(flag),
            page: flag(node.page),
            fresh: flag(node.fresh.is_some()),
            room,
            root: Val::ZERO,
        }
        .write(row);
    })?;
    // The roots enter on the first row.
    let mut first = MemoryNodeCols::from_row(&matrix.values[..width]);
    first.root = Val::ONE;
    first.write(&mut matrix.values[..width]);
    Some(matrix)
}

struct Node {
    space: u32,
    level: u32,
    index: u32,
    parent: Digest,
    children: [Digest; 2],
    open: [bool; 2],
    page: Option<Perm>,
}

impl Node {
    fn cols(&self) -> MerkleCols<Val> {
        let page = [Perm::EXECUTE, Perm::READ, Perm::READ_WRITE].map(|perm| flag(self.page == Some(perm)));
        MerkleCols {
            real: Val::ONE,
            space: val(self.space),
            level: val(self.level),
            index: val(self.index),
            parent: self.parent.0,
            left: self.children[0].0,
            right: self.children[1].0,
            open_left: flag(self.open[0]),
            open_right: flag(self.open[1]),
            page,
            roots: [Val::ZERO; 2],
        }
    }
}

/// The inner nodes over the opened leaves of a complete tree whose first leaf has number `base`.
fn inner_nodes(nodes: &mut Vec<Node>, space: u32, levels: &[Vec<Digest>], base: u32, leaves: &BTreeSet<u32>) {
    let mut opened = leaves.clone();
    for (level, digests) in levels.iter().enumerate().take(levels.len() - 1) {
        let parents: BTreeSet<u32> = opened.iter().map(|i| i >> 1).collect();
        for &index in &parents {
            let left = 2 * index;
            let at = (left - (base >> level)) as usize;
            nodes.push(Node {
                space,
                level: level as u32 + 1,
                index,
                parent: levels[level + 1][at / 2],
                children: [digests[at], digests[at + 1]],
                open: [opened.contains(&left), opened.contains(&(left + 1))],
                page: None,
            });
        }
        opened = parents;
    }
}

pub(super) fn journal_matrix(h: &Hasher, journal: &[u8], compressions: &mut Compressions) -> Option<Matrix> {
    if journal.is_empty() {
        return None;
    }
    let mut chain = Digest::ZERO;
    let mut rows: Vec<JournalCols<Val>> = Vec::new();
    for (number, chunk) in journal.chunks(16).enumerate() {
        let input = block(chunk);
        compressions.ask(&chain, &input);
        let after = h.compress(&chain, &input);
        rows.push(JournalCols {
            real: Val::ONE,
            block: Val::from_usize(number),
            bytes: core::array::from_fn(|i| Val::from_u8(*chunk.get(i).unwrap_or(&0))),
            present: core::array::from_fn(|i| flag(i < chunk.len())),
            before: chain.0,
            after: after.0,
        });
        chain = after;
    }
    let padding = JournalCols {
        block: Val::from_usize(rows.len()),
        before: chain.0,
        after: chain.0,
        ..Default::default()
    };
    rows.resize(rows.len().next_power_of_two(), padding);
    matrix(JournalCols::<()>::WIDTH, &rows, &mut Ranges::default(), |cols, row, _| cols.write(row))
}
