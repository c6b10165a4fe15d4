//! Sparse Merkle trees over memory.
//!
//! A leaf is a block of 16 bytes: four words, eight 16-bit limbs, which stand for themselves as a digest. A page
//! has 256 leaves and its root at level 8. The image's tree goes on: the root of a page's contents is compressed
//! with the page's metadata to the page's node, and page nodes, absent pages being zero, are the leaves of a tree
//! of depth 20 whose root is at level 28.

use alloc::vec::Vec;

use crate::digest::{BLOCK_BYTES, Digest, Domain, Hasher, block, blocks};
use crate::{PAGE_SIZE, Perm};

/// Level of the root of a page's contents, and of page nodes.
pub const PAGE_LEVEL: u32 = 8;
/// Level of the root of an image.
pub const ROOT_LEVEL: u32 = 28;

/// Every level of a complete binary tree, leaves first, padded with zero leaves to a power of two.
pub fn levels(h: &Hasher, leaves: Vec<Digest>) -> Vec<Vec<Digest>> {
    let mut level = leaves;
    level.resize(level.len().next_power_of_two(), Digest::ZERO);
    let mut all = alloc::vec![level];
    while all[all.len() - 1].len() > 1 {
        let below = &all[all.len() - 1];
        let next = below.chunks_exact(2).map(|c| h.compress(&c[0], &c[1])).collect();
        all.push(next);
    }
    all
}

/// Root of the contents of one page.
///
/// # Panics
/// If `bytes` is not a page long.
pub fn page_contents_root(h: &Hasher, bytes: &[u8]) -> Digest {
    assert_eq!(bytes.len(), PAGE_SIZE as usize);
    levels(h, blocks(bytes))[PAGE_LEVEL as usize][0]
}

/// Root of the contents of a page of zeros.
pub fn zero_page_root(h: &Hasher) -> Digest {
    (0..PAGE_LEVEL).fold(Digest::ZERO, |node, _| h.compress(&node, &node))
}

/// Metadata that a page's node binds to its contents.
pub fn page_meta(perm: Perm) -> Digest {
    use p3_field::PrimeCharacteristicRing;
    use p3_koala_bear::KoalaBear;
    let mut meta = Digest::ZERO;
    meta.0[0] = KoalaBear::from_u8(perm.bits());
    meta.0[7] = KoalaBear::from_u32(Domain::Page as u32);
    meta
}

/// Node of a page in the image's tree.
pub fn page_node(h: &Hasher, contents: &Digest, perm: Perm) -> Digest {
    h.compress(contents, &page_meta(perm))
}

/// Roots of trees without any page, by height above [`PAGE_LEVEL`]: `empty[0]` is zero.
pub fn empty_roots(h: &Hasher) -> [Digest; 21] {
    let mut roots = [Digest::ZERO; 21];
    for i in 1..21 {
        roots[i] = h.compress(&roots[i - 1], &roots[i - 1]);
    }
    roots
}

/// Nodes of the image's tree above the pages: `(level, index, digest)` sorted by index, for every level from
/// [`PAGE_LEVEL`] to [`ROOT_LEVEL`]. Nodes that are not listed are empty.
pub fn upper_levels(h: &Hasher, pages: Vec<(u32, Digest)>) -> Vec<Vec<(u32, Digest)>> {
    let empty = empty_roots(h);
    let mut all = alloc::vec![pages];
    for height in 0..(ROOT_LEVEL - PAGE_LEVEL) as usize {
        let below = &all[height];
        let mut next: Vec<(u32, Digest)> = Vec::new();
        let mut i = 0;
        while i < below.len() {
            let (index, node) = below[i];
            let sibling = below.get(i + 1).filter(|(other, _)| *other == index ^ 1 && index & 1 == 0);
            let (l, r) = match (index & 1, sibling) {
                (1, _) => (empty[height], node),
                (_, Some((_, right))) => (node, *right),
                (_, None) => (node, empty[height]),
            };
            i += 1 + sibling.is_some() as usize;
            next.push((index >> 1, h.compress(&l, &r)));
        }
        all.push(next);
    }
    all
}

/// Root of a path: folds `node`, at `index` on its level, with its siblings, nearest first.
pub fn fold_path(h: &Hasher, node: Digest, index: u32, siblings: &[Digest]) -> Digest {
    siblings.iter().enumerate().fold(node, |node, (i, sibling)| {
        if index >> i & 1 == 0 { h.compress(&node, sibling) } else { h.compress(sibling, &node) }
    })
}

/// Leaves of the public input's tree: those of the input region, a power of two of pages; one zero leaf for an
/// empty input.
pub fn input_leaves(input: &[u8]) -> Vec<Digest> {
    let mut leaves = blocks(input);
    leaves.resize(input_depth(input.len() as u32).map_or(1, |depth| 1 << depth), Digest::ZERO);
    leaves
}

/// Root of the public input's tree, in memory for one path.
pub fn input_root(h: &Hasher, input: &[u8]) -> Digest {
    let depth = input_depth(input.len() as u32).unwrap_or(0);
    let mut empty = alloc::vec![Digest::ZERO];
    for level in 0..depth as usize {
        empty.push(h.compress(&empty[level], &empty[level]));
    }
    node(h, input, &empty)
}

/// The node over these bytes and the zeros behind them; `empty` has the nodes over zeros alone, up to its level.
fn node(h: &Hasher, bytes: &[u8], empty: &[Digest]) -> Digest {
    match empty {
        [.., zero] if bytes.is_empty() => *zero,
        [below @ .., _] if !below.is_empty() => {
            let (left, right) = bytes.split_at(bytes.len().min(BLOCK_BYTES << (below.len() - 1)));
            h.compress(&node(h, left, below), &node(h, right, below))
        }
        _ => block(bytes),
    }
}

/// Depth of the tree over an input of `len` bytes; `None` if it is empty, for then no leaf is mapped.
pub fn input_depth(len: u32) -> Option<u32> {
    let pages = len.div_ceil(PAGE_SIZE);
    (pages > 0).then(|| pages.next_power_of_two().trailing_zeros() + PAGE_LEVEL)
}

/// Digest of the public input: binds its bytes and its length.
pub fn input_digest(h: &Hasher, root: &Digest, len: u32) -> Digest {
    h.compress_with(root, [len & 0xffff, len >> 16, 0, 0, 0, 0, 0], Domain::Input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inputs_root_is_that_of_its_leaves() {
        let h = Hasher::default();
        let bytes: Vec<u8> = (0..70_000_u32).map(|i| i.wrapping_mul(i) as u8).collect();
        for len in [0, 1, 15, 16, 17, 4095, 4096, 4097, 9000, 65_536, 70_000] {
            let all = levels(&h, input_leaves(&bytes[..len]));
            assert_eq!([input_root(&h, &bytes[..len])], all[all.len() - 1][..], "{len}");
        }
    }
}
