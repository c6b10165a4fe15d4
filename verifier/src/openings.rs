//! Merkle openings of single pages of the image, for the verifier's decision on the ending.

use alloc::boxed::Box;
use alloc::vec::Vec;

use ember_memory::digest::Hasher;
use ember_memory::tree::{self, PAGE_LEVEL, ROOT_LEVEL};
use ember_memory::{Digest, Layout, PAGE_BITS, PAGE_COUNT, Perm, page_of};
use p3_field::PrimeField32;

use crate::ending::{EndingError, Pages};

/// Path of a page in the image's tree.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PageOpening {
    /// Number of the page.
    pub page: u32,
    /// Permission bits and the root of the page's contents; `None` where the image has no such page.
    pub content: Option<(u8, Digest)>,
    /// Siblings from the page's node to the root, nearest first.
    pub siblings: Box<[Digest; (ROOT_LEVEL - PAGE_LEVEL) as usize]>,
}

/// Path of a leaf of code within its page.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CodeOpening {
    /// The leaf: eight 16-bit limbs.
    pub leaf: Digest,
    /// Siblings from the leaf to the root of the page's contents, nearest first.
    pub siblings: [Digest; PAGE_LEVEL as usize],
}

/// What the verifier needs to know of the image beside what the STARK proves.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Openings {
    /// Pages, in the order in which the decision asks for them; the page of pc first.
    pub pages: Vec<PageOpening>,
    /// The leaf that holds the instruction at pc, where pc is on an execute page.
    pub code: Option<CodeOpening>,
}

/// Pages as openings prove them.
pub(crate) struct OpenedPages<'a> {
    pub(crate) hasher: &'a Hasher,
    pub(crate) root: &'a Digest,
    pub(crate) layout: &'a Layout,
    pub(crate) openings: &'a Openings,
    /// Next page opening to use. All are used, in order, or the proof is malleable.
    pub(crate) next: usize,
    pub(crate) code_contents: Option<Digest>,
    pub(crate) code_used: bool,
}

impl Pages for OpenedPages<'_> {
    fn layout(&self) -> &Layout {
        self.layout
    }

    fn image_perm(&mut self, page: u32) -> Result<Perm, EndingError> {
        let opening = self.openings.pages.get(self.next).ok_or(EndingError::MissingOpening)?;
        self.next += 1;
        if opening.page != page || page >= PAGE_COUNT {
            return Err(EndingError::BadOpening);
        }
        let (perm, node) = match opening.content {
            None => (Perm::empty(), Digest::ZERO),
            Some((bits, contents)) => {
                let perm = Perm::from_bits(bits).ok_or(EndingError::BadOpening)?;
                if ![Perm::EXECUTE, Perm::READ, Perm::READ_WRITE].contains(&perm) {
                    return Err(EndingError::BadOpening);
                }
                self.code_contents = Some(contents);
                (perm, tree::page_node(self.hasher, &contents, perm))
            }
        };
        if tree::fold_path(self.hasher, node, page, opening.siblings.as_slice()) != *self.root {
            return Err(EndingError::BadOpening);
        }
        Ok(perm)
    }

    fn code_word(&mut self, pc: u32) -> Result<u32, EndingError> {
        let opening = self.openings.code.as_ref().ok_or(EndingError::MissingOpening)?;
        self.code_used = true;
        let index = pc >> 4 & 0xff;
        let root = tree::fold_path(self.hasher, opening.leaf, index, &opening.siblings);
        if Some(root) != self.code_contents {
            return Err(EndingError::BadOpening);
        }
        let limb = |i: u32| opening.leaf.0[i as usize].as_canonical_u32();
        let word = pc >> 2 & 3;
        let (low, high) = (limb(2 * word), limb(2 * word + 1));
        if low > 0xffff || high > 0xffff {
            return Err(EndingError::BadOpening);
        }
        Ok(low | high << 16)
    }
}

impl Openings {
    /// Opens, from the image itself, the pages that the decision asked for, and the code at `pc` if it is code.
    pub fn of(h: &Hasher, image: &ember_memory::Image, pc: u32, asked: &[u32]) -> Self {
        let nodes = image.page_nodes(h);
        let levels = tree::upper_levels(h, nodes.iter().map(|&(page, _, node)| (page, node)).collect());
        let empty = tree::empty_roots(h);
        let at = |height: usize, index: u32| {
            let level = &levels[height];
            level.binary_search_by_key(&index, |(i, _)| *i).map_or(empty[height], |i| level[i].1)
        };
        let pages = asked
            .iter()
            .map(|&page| PageOpening {
                page,
                content: image.page(page).map(|(_, perm)| {
                    let i = nodes.binary_search_by_key(&page, |n| n.0).expect("a mapped page has a node");
                    (perm.bits(), nodes[i].1)
                }),
                siblings: Box::new(core::array::from_fn(|i| at(i, (page >> i) ^ 1))),
            })
            .collect();
        let code = image.code_word(pc).and_then(|_| {
            let (bytes, _) = image.page(page_of(pc))?;
            let levels = tree::levels(h, ember_memory::digest::blocks(bytes));
            let index = (pc >> 4 & 0xff) as usize;
            Some(CodeOpening {
                leaf: levels[0][index],
                siblings: core::array::from_fn(|i| levels[i][(index >> i) ^ 1]),
            })
        });
        Self { pages, code }
    }
}

const _: () = assert!(PAGE_BITS == 4 + PAGE_LEVEL);
