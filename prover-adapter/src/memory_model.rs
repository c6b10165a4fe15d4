//! Memory as the memory bus sees it: every word's value and the time of its last access.

use ember_memory::{Image, Layout, PAGE_BITS, PAGE_SIZE, Perm, page_of};

/// What a page is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A data page of the image.
    Image(Perm),
    /// Zeroed memory.
    Heap,
    /// The public input.
    Input,
}

const WORDS: usize = PAGE_SIZE as usize / 4;

/// A page that the run touches.
pub(crate) struct Page {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    /// Initial bytes; empty for zeroed memory.
    pub(crate) initial: Vec<u8>,
    pub(crate) words: Vec<u32>,
    /// Time of the last access; zero for a word that is never touched.
    pub(crate) time: Vec<u32>,
}

/// The data pages that a run touches, in the order in which it first touches them.
pub(crate) struct MemoryModel<'a> {
    image: &'a Image,
    layout: &'a Layout,
    input: &'a [u8],
    /// Index into `pages` plus one, by page number.
    index: Vec<u32>,
    pub(crate) pages: Vec<Page>,
}

/// What an access finds.
pub(crate) struct Access {
    pub(crate) old: u32,
    pub(crate) prev: u32,
    pub(crate) writable: bool,
}

impl<'a> MemoryModel<'a> {
    pub(crate) fn new(image: &'a Image, layout: &'a Layout, input: &'a [u8]) -> Self {
        Self { image, layout, input, index: vec![0; ember_memory::PAGE_COUNT as usize], pages: Vec::new() }
    }

    fn load_page(&self, number: u32) -> Option<Page> {
        let address = number << PAGE_BITS;
        let layout = self.layout;
        let (kind, initial) = if (layout.heap_start..layout.heap_end).contains(&address) {
            (Kind::Heap, Vec::new())
        } else if (layout.input_start..layout.input_end).contains(&address) {
            let from = (address - layout.input_start) as usize;
            let mut bytes =
                self.input.iter().copied().skip(from).take(PAGE_SIZE as usize).collect::<Vec<u8>>();
            bytes.resize(PAGE_SIZE as usize, 0);
            (Kind::Input, bytes)
        } else {
            let (bytes, perm) = self.image.page(number)?;
            (Kind::Image(perm), bytes.to_vec())
        };
        let mut words = vec![0; WORDS];
        for (word, bytes) in words.iter_mut().zip(initial.chunks_exact(4)) {
            *word = u32::from_le_bytes(bytes.try_into().expect("four bytes"));
        }
        Some(Page { number, kind, initial, words, time: vec![0; WORDS] })
    }

    /// Accesses the aligned word around `address` at `time` and leaves `new` there; `None` if no data page is there.
    pub(crate) fn access(&mut self, address: u32, time: u32, new: impl FnOnce(u32) -> u32) -> Option<Access> {
        let number = page_of(address);
        let mut at = self.index[number as usize] as usize;
        if at == 0 {
            let page = self.load_page(number)?;
            self.pages.push(page);
            at = self.pages.len();
            self.index[number as usize] = at as u32;
        }
        let page = &mut self.pages[at - 1];
        let i = (address % PAGE_SIZE / 4) as usize;
        let (old, prev) = (page.words[i], page.time[i]);
        page.words[i] = new(old);
        page.time[i] = time;
        Some(Access { old, prev, writable: matches!(page.kind, Kind::Heap | Kind::Image(Perm::READ_WRITE)) })
    }
}
