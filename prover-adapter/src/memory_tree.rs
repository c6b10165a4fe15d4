//! The tree of memory between segments: the image's tree, its writable pages as the run has left them, and with the
//! pages of zeroed memory that the run has used.

use std::collections::{BTreeSet, HashMap};

use ember_memory::tree::{self, PAGE_LEVEL, ROOT_LEVEL};
use ember_memory::{Digest, Perm, digest};
use rayon::prelude::*;

use crate::memory_model::{Kind, Page};
use crate::run::Run;

/// Levels above the pages.
const HEIGHT: usize = (ROOT_LEVEL - PAGE_LEVEL) as usize;

/// A node, before and after a segment: the node itself, its left and its right child.
pub(crate) struct Node {
    pub(crate) inner: bool,
    pub(crate) level: u32,
    pub(crate) index: u32,
    pub(crate) before: [Digest; 3],
    pub(crate) after: [Digest; 3],
    /// Whether the segment touches what is under each child.
    pub(crate) open: [bool; 2],
    pub(crate) page: bool,
    /// Number of a page that was not in the tree, from the first page of zeroed memory.
    pub(crate) fresh: Option<u32>,
}

/// The nodes in which the tree differs from the image's, by height above the pages.
#[derive(Default)]
pub(crate) struct MemoryTree([HashMap<u32, Digest>; HEIGHT + 1]);

/// Every level of the tree of a page's contents, leaves first.
fn levels(run: &Run<'_>, words: &[u32]) -> Vec<Vec<Digest>> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    tree::levels(run.hasher, digest::blocks(&bytes))
}

impl MemoryTree {
    fn node(&self, run: &Run<'_>, height: usize, index: u32) -> Digest {
        self.0[height].get(&index).copied().unwrap_or_else(|| run.image.node(height, index))
    }

    /// The root.
    pub(crate) fn root(&self, run: &Run<'_>) -> Digest {
        self.node(run, HEIGHT, 0)
    }

    /// Changes the tree as a segment does that touches these pages, and gives the nodes from the root to every group of
    /// words that it touches: none where it touches no writable page.
    pub(crate) fn update(&mut self, run: &Run<'_>, touched: &[&Page]) -> Vec<Node> {
        let (mut nodes, changed): (Vec<Vec<Node>>, Vec<(u32, Digest)>) = touched
            .par_iter()
            .filter(|page| page.kind.is_writable())
            .map(|page| {
                let mut nodes = Vec::new();
                let node = self.page(run, page, &mut nodes);
                (nodes, (page.number, node))
            })
            .unzip();
        let mut opened: BTreeSet<u32> = changed.iter().map(|(page, _)| *page).collect();
        let mut after: HashMap<u32, Digest> = changed.into_iter().collect();
        let mut upper = Vec::new();
        for height in 0..HEIGHT {
            let parents: BTreeSet<u32> = opened.iter().map(|index| index / 2).collect();
            let mut above = HashMap::new();
            for &index in &parents {
                let parent = |[l, r]: [Digest; 2]| [run.hasher.compress(&l, &r), l, r];
                let children = [2 * index, 2 * index + 1];
                let before = parent(children.map(|child| self.node(run, height, child)));
                let now = |child: u32| after.get(&child).copied();
                let after =
                    parent(children.map(|child| now(child).unwrap_or_else(|| self.node(run, height, child))));
                above.insert(index, after[0]);
                upper.push(Node {
                    inner: false,
                    level: PAGE_LEVEL + height as u32 + 1,
                    index,
                    before,
                    after,
                    open: children.map(|child| opened.contains(&child)),
                    page: false,
                    fresh: None,
                });
            }
            self.0[height].extend(std::mem::replace(&mut after, above));
            opened = parents;
        }
        self.0[HEIGHT].extend(after);
        nodes.push(upper);
        nodes.into_iter().flatten().collect()
    }

    /// Adds the nodes of a page to `nodes`, and gives the page's node after the segment.
    fn page(&self, run: &Run<'_>, page: &Page, nodes: &mut Vec<Node>) -> Digest {
        let before = levels(run, page.before());
        let after = levels(run, &page.words[..]);
        let mut opened: BTreeSet<usize> = page.touched().collect();
        for level in 0..PAGE_LEVEL as usize {
            let parents: BTreeSet<usize> = opened.iter().map(|index| index / 2).collect();
            let first = page.number << (PAGE_LEVEL as usize - level - 1);
            for &index in &parents {
                let (left, right) = (2 * index, 2 * index + 1);
                let family = |levels: &[Vec<Digest>]| {
                    [levels[level + 1][index], levels[level][left], levels[level][right]]
                };
                nodes.push(Node {
                    inner: true,
                    level: level as u32 + 1,
                    index: first + index as u32,
                    before: family(&before),
                    after: family(&after),
                    open: [left, right].map(|child| opened.contains(&child)),
                    page: false,
                    fresh: None,
                });
            }
            opened = parents;
        }
        let meta = tree::page_meta(Perm::READ_WRITE);
        let node = self.node(run, 0, page.number);
        let is_fresh = page.kind == Kind::Heap && node == Digest::ZERO;
        let contents = after[PAGE_LEVEL as usize][0];
        let changed = run.hasher.compress(&contents, &meta);
        nodes.push(Node {
            inner: false,
            level: PAGE_LEVEL,
            index: page.number,
            before: [node, before[PAGE_LEVEL as usize][0], meta],
            after: [changed, contents, meta],
            open: [true, false],
            page: true,
            fresh: is_fresh.then(|| page.number - ember_memory::page_of(run.layout.heap_start)),
        });
        changed
    }
}
