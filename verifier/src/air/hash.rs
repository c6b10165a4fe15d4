//! Hashing: Merkle paths of image, input and memory, the journal's chain, and the permutation behind them.

use ember_memory::digest::Domain;
use ember_memory::tree::{PAGE_LEVEL, ROOT_LEVEL};
use p3_air::{AirBuilder, WindowAccess};
use p3_field::PrimeCharacteristicRing;
use p3_koala_bear::{
    GenericPoseidon2LinearLayersKoalaBear as Layers, KOALABEAR_POSEIDON2_HALF_FULL_ROUNDS as HALF,
    KOALABEAR_POSEIDON2_PARTIAL_ROUNDS_16 as PARTIAL, KOALABEAR_POSEIDON2_RC_16_EXTERNAL_FINAL,
    KOALABEAR_POSEIDON2_RC_16_EXTERNAL_INITIAL, KOALABEAR_POSEIDON2_RC_16_INTERNAL,
};
use p3_poseidon2::GenericPoseidon2LinearLayers;

use super::bus::{Builder, HASH, NODE, PERMUTATION, STREAM, UPDATE, c, once, range8, range16, sum, when};
use super::columns::columns;
use super::memory::{SPACE_CODE, SPACE_IMAGE, SPACE_INPUT, SPACE_READ, SPACE_WRITE};

columns! {
    /// Columns of an inner node of the image's or the input's tree.
    pub struct MerkleCols {
        /// Whether the row holds a node.
        real,
        /// Which tree: see [`SPACE_IMAGE`] and the others.
        space,
        /// Height above the leaves.
        level,
        /// Index on its level.
        index,
        /// The node.
        parent: [8],
        /// Its left child.
        left: [8],
        /// Its right child.
        right: [8],
        /// Whether the left child is opened too.
        open_left,
        /// Whether the right child is opened too.
        open_right,
        /// Whether the node is that of a page with this permission: code, read-only, writable.
        page: [3],
        /// Whether the roots of image and input enter here: on the first row alone.
        roots: [2],
    }
}

/// Public values of `Merkle`: the image's root, the input's root, the depth of the input's tree.
pub const MERKLE_PUBLICS: usize = 17;

pub(super) fn eval_merkle<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = MerkleCols::from_row(main.current_slice());
    let next = MerkleCols::from_row(main.next_slice());
    let publics: alloc::vec::Vec<AB::Expr> = b.public_values().iter().map(|&v| v.into()).collect();

    for flag in [l.real, l.open_left, l.open_right].into_iter().chain(l.page).chain(l.roots) {
        b.assert_bool(flag);
    }
    when(b, AB::Expr::ONE - l.real, l.open_left + l.open_right);
    for flag in next.roots {
        b.when_transition().assert_zero(flag);
    }

    // A page's node: its contents on the left, one level, another space; its metadata on the right.
    let is_page = sum::<AB>(l.page);
    b.assert_bool(is_page.clone());
    when(b, is_page.clone(), l.space - c::<AB>(SPACE_IMAGE));
    when(b, is_page.clone(), l.level - c::<AB>(PAGE_LEVEL));
    when(b, is_page.clone(), l.open_right);
    let page_space =
        l.page[0] * c::<AB>(SPACE_CODE) + l.page[1] * c::<AB>(SPACE_READ) + l.page[2] * c::<AB>(SPACE_WRITE);
    for (i, meta) in l.right.into_iter().enumerate() {
        let expected = match i {
            // The permission's bits are the space's number.
            0 => page_space.clone(),
            7 => c::<AB>(Domain::Page as u32),
            _ => AB::Expr::ZERO,
        };
        when(b, is_page.clone(), meta - expected);
    }

    let node = |space: AB::Expr, level: AB::Expr, index: AB::Expr, digest: [AB::Expr; 8]| {
        [space, level, index].into_iter().chain(digest).collect::<alloc::vec::Vec<_>>()
    };
    NODE.receive(
        b,
        node(l.space.into(), l.level.into(), l.index.into(), l.parent.map(Into::into)),
        once::<AB>(l.real),
    );
    // Degree: the child's position has degree 2 in the page flags, alone on its column.
    let not_page = AB::Expr::ONE - is_page.clone();
    let child_space = l.space + page_space;
    let child_level = l.level - not_page.clone();
    let child_index = l.index + not_page * l.index;
    NODE.send(
        b,
        node(child_space.clone(), child_level.clone(), child_index.clone(), l.left.map(Into::into)),
        once::<AB>(l.open_left),
    );
    NODE.send(
        b,
        node(child_space, child_level, child_index + AB::Expr::ONE, l.right.map(Into::into)),
        once::<AB>(l.open_right),
    );
    let root = |from: usize| core::array::from_fn(|i| publics[from + i].clone());
    NODE.send(
        b,
        node(c::<AB>(SPACE_IMAGE), c::<AB>(ROOT_LEVEL), AB::Expr::ZERO, root(0)),
        once::<AB>(l.roots[0]),
    );
    NODE.send(
        b,
        node(c::<AB>(SPACE_INPUT), publics[16].clone(), AB::Expr::ZERO, root(8)),
        once::<AB>(l.roots[1]),
    );
    let hash = l.left.into_iter().chain(l.right).chain(l.parent);
    HASH.lookup_key(b, hash, once::<AB>(l.real));
}

columns! {
    /// Columns of an inner node of the tree of writable memory, before and after the segment.
    ///
    /// The tree before the first segment is the image's. A page that it lacks and that the run may use is zeroed
    /// memory: such a page is *fresh* until a segment puts it into the tree.
    pub struct MemoryNodeCols {
        /// Whether the row holds a node.
        real,
        /// Whether the node is inside a page.
        inner,
        /// Height above the leaves.
        level,
        /// Index on its level.
        index,
        /// Index of its left child.
        child,
        /// The node, its left and its right child before the segment.
        before: [24],
        /// The same after the segment.
        after: [24],
        /// Whether the left and the right child are opened too; one that is not stays as it is.
        open: [2],
        /// Whether the node is that of a page.
        page,
        /// Whether it is that of a page that was not in the tree.
        fresh,
        /// Number of a fresh page from the first zeroed one, and pages after it: low 16 bits, high 8 bits each.
        room: [4],
        /// Whether the roots enter here: on the first row, and only there.
        root,
    }
}

/// Public values of `MemoryNode`: the root before, the root after, the root of a zeroed page's contents, the first
/// zeroed page and the number of zeroed pages.
pub const MEMORY_NODE_PUBLICS: usize = 26;

pub(super) fn eval_memory_node<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = MemoryNodeCols::from_row(main.current_slice());
    let next = MemoryNodeCols::from_row(main.next_slice());
    let publics: alloc::vec::Vec<AB::Expr> = b.public_values().iter().map(|&v| v.into()).collect();

    for flag in [l.real, l.inner, l.page, l.fresh, l.root].into_iter().chain(l.open) {
        b.assert_bool(flag);
    }
    when(b, AB::Expr::ONE - l.real, l.open[0] + l.open[1] + l.page);
    when(b, AB::Expr::ONE - l.page, l.fresh);
    b.when_first_row().assert_one(l.root);
    b.when_transition().assert_zero(next.root);

    // A page's node: its contents on the left, one level, inside the page; its metadata on the right.
    when(b, l.page, l.inner);
    when(b, l.page, l.level - c::<AB>(PAGE_LEVEL));
    when(b, l.page, l.open[1]);
    for i in 0..8 {
        let meta = match i {
            0 => c::<AB>(SPACE_WRITE),
            7 => c::<AB>(Domain::Page as u32),
            _ => AB::Expr::ZERO,
        };
        when(b, l.page, l.before[16 + i] - meta.clone());
        when(b, l.page, l.after[16 + i] - meta);
        when(b, l.fresh, l.before[i]);
        when(b, l.fresh, l.before[8 + i] - publics[16 + i].clone());
        for side in 0..2 {
            let at = 8 * (side + 1) + i;
            when(b, AB::Expr::ONE - l.open[side], l.after[at] - l.before[at]);
        }
    }
    // A fresh page is one of the zeroed pages.
    let wide = |limbs: [AB::Var; 2]| limbs[0] + limbs[1] * c::<AB>(1 << 16);
    let [number, rest] = [wide([l.room[0], l.room[1]]), wide([l.room[2], l.room[3]])];
    when(b, l.fresh, l.index - publics[24].clone() - number.clone());
    when(b, l.fresh, publics[25].clone() - AB::Expr::ONE - number - rest);
    for i in 0..2 {
        range16(b, l.room[2 * i], l.fresh);
        range8(b, l.room[2 * i + 1], l.fresh);
    }

    let node = |inner: AB::Expr, level: AB::Expr, index: AB::Expr, at: usize| {
        let digests = l.before[at..at + 8].iter().chain(&l.after[at..at + 8]).map(|&v| v.into());
        [inner, level, index].into_iter().chain(digests).collect::<alloc::vec::Vec<_>>()
    };
    UPDATE.receive(b, node(l.inner.into(), l.level.into(), l.index.into(), 0), once::<AB>(l.real));
    b.assert_eq(l.child, l.index * (c::<AB>(2) - l.page));
    for side in 0..2 {
        let level = l.level - AB::Expr::ONE + l.page;
        let child = node(l.inner + l.page, level, l.child + c::<AB>(side as u32), 8 * (side + 1));
        UPDATE.send(b, child, once::<AB>(l.open[side]));
    }
    let roots = publics[..16].iter().cloned();
    let top = [AB::Expr::ZERO, c::<AB>(ROOT_LEVEL), AB::Expr::ZERO];
    UPDATE.send(b, top.into_iter().chain(roots), once::<AB>(l.root));
    for (node, count) in [(l.before, l.real - l.fresh), (l.after, l.real.into())] {
        let (parent, children) = node.split_at(8);
        HASH.lookup_key(b, children.iter().chain(parent).copied(), once::<AB>(count));
    }
}

columns! {
    /// Columns of a block of the journal: sixteen bytes.
    pub struct JournalCols {
        /// Whether the row holds a block.
        real,
        /// Number of the block.
        block,
        /// Bytes; zero where absent.
        bytes: [16],
        /// Whether each byte is there: a prefix.
        present: [16],
        /// The chain before the block.
        before: [8],
        /// The chain after it.
        after: [8],
    }
}

/// Public values of `Journal`: the chain's end.
pub const JOURNAL_PUBLICS: usize = 8;

pub(super) fn eval_journal<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = JournalCols::from_row(main.current_slice());
    let next = JournalCols::from_row(main.next_slice());
    let end: alloc::vec::Vec<AB::Expr> = b.public_values().iter().map(|&v| v.into()).collect();

    b.assert_bool(l.real);
    b.when_first_row().assert_zero(l.block);
    b.when_transition().assert_zero((AB::Expr::ONE - l.real) * next.real);
    b.when_transition().assert_eq(next.block, l.block + l.real);
    // Blocks are full but the last.
    b.when_transition().assert_zero(next.real * (AB::Expr::ONE - l.present[15]));
    for i in 0..8 {
        b.when_first_row().assert_zero(l.before[i]);
        b.when_transition().assert_eq(next.before[i], l.after[i]);
        when(b, AB::Expr::ONE - l.real, l.after[i] - l.before[i]);
        b.when_last_row().assert_eq(l.after[i], end[i].clone());
    }
    for i in 0..16 {
        b.assert_bool(l.present[i]);
        let before = if i == 0 { l.real } else { l.present[i - 1] };
        when(b, l.present[i], AB::Expr::ONE - before);
        when(b, AB::Expr::ONE - l.present[i], l.bytes[i]);
        let position = l.block * c::<AB>(16) + c::<AB>(i as u32);
        STREAM.receive(b, [position, l.bytes[i].into()], once::<AB>(l.present[i]));
    }
    let limbs = (0..8).map(|i| l.bytes[2 * i] + l.bytes[2 * i + 1] * c::<AB>(1 << 8));
    let hash: alloc::vec::Vec<AB::Expr> = l
        .before
        .into_iter()
        .map(Into::into)
        .chain(limbs)
        .chain(l.after.into_iter().map(Into::into))
        .collect();
    HASH.lookup_key(b, hash, once::<AB>(l.real));
}

columns! {
    /// Columns of one Poseidon2 permutation of width 16.
    pub struct Poseidon2Cols {
        /// How often it is used as a compression, with feed-forward, and how often as a permutation.
        uses: [2],
        /// Input: left and right.
        input: [16],
        /// State after each of the first full rounds.
        begin: [16 * HALF],
        /// First element after the S-box of each partial round.
        partial: [PARTIAL],
        /// State after each of the last full rounds.
        end: [16 * HALF],
    }
}

pub(super) fn eval_poseidon2<AB: Builder>(b: &mut AB) {
    let main = b.main();
    let l = Poseidon2Cols::from_row(main.current_slice());
    let mut state: [AB::Expr; 16] = l.input.map(Into::into);
    Layers::external_linear_layer(&mut state);
    let full_rounds =
        |b: &mut AB, state: &mut [AB::Expr; 16], posts: [AB::Var; 64], constants: &[[_; 16]; HALF]| {
            for (post, constants) in posts.chunks_exact(16).zip(constants) {
                for (s, &constant) in state.iter_mut().zip(constants) {
                    *s = (s.clone() + AB::Expr::from(constant)).cube();
                }
                Layers::external_linear_layer(state);
                for (s, &post) in state.iter_mut().zip(post) {
                    b.assert_eq(s.clone(), post);
                    *s = post.into();
                }
            }
        };
    full_rounds(b, &mut state, l.begin, &KOALABEAR_POSEIDON2_RC_16_EXTERNAL_INITIAL);
    for (post, constant) in l.partial.into_iter().zip(KOALABEAR_POSEIDON2_RC_16_INTERNAL) {
        let s0 = (state[0].clone() + AB::Expr::from(constant)).cube();
        b.assert_eq(s0, post);
        state[0] = post.into();
        Layers::internal_linear_layer(&mut state);
    }
    full_rounds(b, &mut state, l.end, &KOALABEAR_POSEIDON2_RC_16_EXTERNAL_FINAL);
    let out = (0..8).map(|i| state[i].clone() + l.input[i]);
    let tuple: alloc::vec::Vec<AB::Expr> = l.input.into_iter().map(Into::into).chain(out).collect();
    HASH.table_entry(b, tuple, l.uses[0]);
    let permutation = l.input.into_iter().map(Into::into).chain(state);
    PERMUTATION.table_entry(b, permutation.collect::<alloc::vec::Vec<AB::Expr>>(), l.uses[1]);
}
