//! Memory as the memory bus sees it: every word's value and the time of its last access.

use std::collections::HashMap;

use ember_memory::{Image, Layout, PAGE_BITS, PAGE_COUNT, PAGE_SIZE, Perm, page_of, tree};

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

impl Kind {
    /// Whether the run may write there.
    pub(crate) fn is_writable(self) -> bool {
        matches!(self, Self::Heap | Self::Image(Perm::READ_WRITE))
    }

    /// Index into [`MemoryModel::nodes`].
    fn counter(self) -> usize {
        match self {
            Self::Heap => 0,
            Self::Image(Perm::READ_WRITE) => 1,
            _ => 2,
        }
    }
}

const WORDS: usize = PAGE_SIZE as usize / 4;

/// Nodes inside a page: bit `i` for node `i` of the binary heap whose root is 1.
#[derive(Clone, Copy, Default)]
pub(crate) struct Marks([u64; 8]);

impl Marks {
    /// Marks the path of a group of four words, and counts the nodes on it that were not marked before.
    pub(crate) fn mark(&mut self, group: usize) -> usize {
        let (mut node, mut count) = (1 << tree::PAGE_LEVEL | group, 0);
        while node > 0 && self.0[node / 64] >> (node % 64) & 1 == 0 {
            self.0[node / 64] |= 1 << (node % 64);
            count += 1;
            node /= 2;
        }
        count
    }
}

/// Nodes on the path of a page, itself included.
const PAGE_PATH: usize = (tree::ROOT_LEVEL - tree::PAGE_LEVEL) as usize + 1;

/// A page that the run touches.
pub(crate) struct Page {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) words: Box<[u32; WORDS]>,
    /// What the segment does there, if it touches the page.
    touch: Option<Box<Touch>>,
}

/// What a segment does on a page.
struct Touch {
    /// Words before the segment.
    before: [u32; WORDS],
    /// Time of the last access; zero for a word that the segment does not touch.
    time: [u32; WORDS],
    /// Nodes inside the page above what the segment touches.
    marks: Marks,
}

impl Page {
    fn touch(&self) -> &Touch {
        self.touch.as_ref().expect("a page that the segment touches")
    }

    /// Words before the segment, which touches the page.
    pub(crate) fn before(&self) -> &[u32; WORDS] {
        &self.touch().before
    }

    /// Time of the last access of each word in the segment, which touches the page; zero for a word that it does not.
    pub(crate) fn time(&self) -> &[u32; WORDS] {
        &self.touch().time
    }

    /// Groups of four words that the segment touches.
    pub(crate) fn touched(&self) -> impl Iterator<Item = usize> {
        let groups = self.time().chunks_exact(4).enumerate();
        groups.filter(|(_, times)| times.iter().any(|&t| t > 0)).map(|(group, _)| group)
    }
}

/// The data pages that a run has touched so far.
pub(crate) struct MemoryModel<'a> {
    image: &'a Image,
    layout: &'a Layout,
    input: &'a [u8],
    /// Index into `pages` plus one, by page number.
    index: Vec<u32>,
    pages: Vec<Page>,
    /// Pages that the segment touches: indices.
    touched: Vec<u32>,
    /// Nodes on the Merkle paths of what the segment touches: in zeroed memory, in the image's writable pages, and
    /// elsewhere.
    nodes: [usize; 3],
    /// Groups of four words that the segment touches: the same three.
    groups: [usize; 3],
    /// Nodes of pages of code above what the segment executes.
    code: HashMap<u32, Marks>,
    /// Words of code that the segment executes.
    instructions: usize,
}

/// What an access finds.
pub(crate) struct Access {
    pub(crate) old: u32,
    pub(crate) prev: u32,
    pub(crate) writable: bool,
}

impl<'a> MemoryModel<'a> {
    pub(crate) fn new(image: &'a Image, layout: &'a Layout, input: &'a [u8]) -> Self {
        let index = vec![0; PAGE_COUNT as usize];
        Self {
            image,
            layout,
            input,
            index,
            pages: Vec::new(),
            touched: Vec::new(),
            nodes: [0; 3],
            groups: [0; 3],
            code: HashMap::new(),
            instructions: 0,
        }
    }

    /// Begins a segment, which has touched nothing yet.
    pub(crate) fn begin_segment(&mut self) {
        for i in self.touched.drain(..) {
            self.pages[i as usize].touch = None;
        }
        self.nodes = [0; 3];
        self.groups = [0; 3];
        self.code.clear();
        self.instructions = 0;
    }

    /// Groups of four words that the segment touches: of zeroed memory, of the image's writable pages, and elsewhere.
    pub(crate) fn groups(&self) -> [usize; 3] {
        self.groups
    }

    /// Words of code that the segment executes.
    pub(crate) fn instructions(&self) -> usize {
        self.instructions
    }

    /// Nodes, at most, of the trees of image and input that the segment opens.
    pub(crate) fn constant_nodes(&self, is_whole: bool) -> usize {
        let [_, writable, constant] = self.nodes;
        if is_whole { writable + constant } else { constant }
    }

    /// Nodes, at most, of the tree of memory that the segment opens.
    pub(crate) fn memory_nodes(&self, is_whole: bool) -> usize {
        let [heap, writable, _] = self.nodes;
        if is_whole { 0 } else { heap + writable }
    }

    /// Compressions that the Merkle paths of what the segment touches need, at most: the image's and the input's where
    /// the segment is the whole run, else those of memory before and after it too.
    pub(crate) fn hashes(&self, is_whole: bool) -> usize {
        2 * self.memory_nodes(is_whole) + self.constant_nodes(is_whole)
    }

    /// The pages that the segment touches, by ascending number.
    pub(crate) fn touched(&self) -> Vec<&Page> {
        let mut pages: Vec<&Page> = self.touched.iter().map(|&i| &self.pages[i as usize]).collect();
        pages.sort_unstable_by_key(|page| page.number);
        pages
    }

    fn load_page(&self, number: u32) -> Option<Page> {
        let address = number << PAGE_BITS;
        let layout = self.layout;
        let mut words = Box::new([0; WORDS]);
        let mut fill = |bytes: &[u8]| {
            for (word, bytes) in words.iter_mut().zip(bytes.chunks(4)) {
                let mut padded = [0; 4];
                padded[..bytes.len()].copy_from_slice(bytes);
                *word = u32::from_le_bytes(padded);
            }
        };
        let kind = if (layout.heap_start..layout.heap_end).contains(&address) {
            Kind::Heap
        } else if (layout.input_start..layout.input_end).contains(&address) {
            fill(self.input.get((address - layout.input_start) as usize..).unwrap_or_default());
            Kind::Input
        } else {
            let (bytes, perm) = self.image.page(number)?;
            fill(bytes);
            Kind::Image(perm)
        };
        Some(Page { number, kind, words, touch: None })
    }

    /// Notes that the segment executes the word of code at `pc` for the first time.
    pub(crate) fn execute(&mut self, pc: u32) {
        let marks = self.code.entry(page_of(pc)).or_insert_with(|| {
            self.nodes[2] += PAGE_PATH;
            Marks::default()
        });
        self.nodes[2] += marks.mark((pc % PAGE_SIZE / 16) as usize);
        self.instructions += 1;
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
        let touch = page.touch.get_or_insert_with(|| {
            self.touched.push(at as u32 - 1);
            self.nodes[page.kind.counter()] += PAGE_PATH;
            Box::new(Touch { before: *page.words, time: [0; WORDS], marks: Marks::default() })
        });
        let i = (address % PAGE_SIZE / 4) as usize;
        let (old, prev) = (page.words[i], touch.time[i]);
        if prev == 0 {
            let marked = touch.marks.mark(i / 4);
            self.nodes[page.kind.counter()] += marked;
            self.groups[page.kind.counter()] += usize::from(marked > 0);
        }
        touch.time[i] = time;
        page.words[i] = new(old);
        Some(Access { old, prev, writable: page.kind.is_writable() })
    }
}
