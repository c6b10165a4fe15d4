//! Program images.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use thiserror::Error;

use crate::digest::{Digest, Domain, Hasher};
use crate::{ElfError, PAGE_BITS, PAGE_COUNT, PAGE_SIZE, Perm, page_of, tree};

/// A run of pages with one permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First page.
    pub page: u32,
    /// Permission of every page.
    pub perm: Perm,
    /// Contents; a multiple of the page size.
    pub data: Vec<u8>,
}

impl Segment {
    /// Number of pages.
    pub fn pages(&self) -> u32 {
        (self.data.len() >> PAGE_BITS) as u32
    }

    /// Address of the first byte.
    pub fn start(&self) -> u32 {
        self.page << PAGE_BITS
    }

    /// End of the segment, one past its last byte.
    pub fn end(&self) -> u32 {
        (self.page + self.pages()) << PAGE_BITS
    }
}

/// What an image says of itself beside its pages. Bound by the image id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Header {
    /// Initial pc; a multiple of 4.
    pub entry: u32,
    /// One past the last page of the image: where the run's zeroed memory starts.
    pub heap_page: u32,
    /// Writable pages in the image.
    pub writable_pages: u32,
    /// Pages that the program's writable segments cover, zeroed tails included: the least memory limit.
    pub min_writable_pages: u32,
}

impl Header {
    /// The image's identity, from its header and the root of its tree.
    pub fn image_id(&self, h: &Hasher, root: &Digest) -> Digest {
        let block = [
            self.entry & 0xffff,
            self.entry >> 16,
            self.heap_page,
            self.writable_pages,
            self.min_writable_pages,
            0,
            0,
        ];
        h.compress_with(root, block, Domain::Image)
    }

    /// Whether an image could have this header: every number in its range.
    pub fn is_well_formed(&self) -> bool {
        self.entry.is_multiple_of(4)
            && self.heap_page < PAGE_COUNT
            && self.writable_pages < PAGE_COUNT
            && self.min_writable_pages < PAGE_COUNT
    }
}

/// A program: its initialised pages and its entry point.
///
/// Pages are sorted, disjoint and each either execute-only, read-only or read-write. Page 0 and the last page are
/// never mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    header: Header,
    segments: Vec<Segment>,
}

/// Bytes at one place of a program, as a loader or a test gives them.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Address of the first byte; any alignment.
    pub address: u32,
    /// Initialised bytes.
    pub data: &'a [u8],
    /// Bytes in memory: `data`, then zeros.
    pub mem_len: u32,
    /// Permission.
    pub perm: Perm,
}

/// The parts do not make an image.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImageError {
    /// The ELF file is malformed or of another kind.
    #[error(transparent)]
    Elf(#[from] ElfError),
    /// Two parts with different permissions share a page.
    #[error("page {0:#07x}000 would need two permissions: align segments to 4096 bytes")]
    SharedPage(u32),
    /// Two parts claim the same byte.
    #[error("two segments overlap at {0:#010x}")]
    Overlap(u32),
    /// A part lies on page 0, on the last page, or wraps the address space.
    #[error("segment at {0:#010x} touches page 0 or the last page of the address space")]
    Reserved(u32),
    /// A part is executable and writable, or writable and not readable.
    #[error("segment at {0:#010x} asks for permission {1}, which no page can have")]
    Permission(u32, Perm),
    /// The entry point is no multiple of 4.
    #[error("entry point {0:#010x} is not a multiple of 4")]
    Entry(u32),
    /// No part at all.
    #[error("the program has no segments")]
    Empty,
    /// The program is larger than the largest memory.
    #[error("the program has {0} bytes in memory, above the largest, 64 MiB")]
    TooLarge(u64),
}

/// Largest program: bytes in memory of all its parts, and so bound of what a loader allocates.
pub const MAX_IMAGE_BYTES: u64 = 1 << 26;

impl Image {
    /// Builds an image. Parts may share a page if they agree in permission and do not overlap.
    ///
    /// A writable part that ends the image gives up its zero pages at the end: they become part of the run's
    /// zeroed memory, at the same addresses.
    ///
    /// # Errors
    /// [`ImageError`].
    pub fn from_parts(entry: u32, parts: &[Part<'_>]) -> Result<Self, ImageError> {
        if !entry.is_multiple_of(4) {
            return Err(ImageError::Entry(entry));
        }
        let mut parts: Vec<Part<'_>> = parts.iter().filter(|p| p.mem_len > 0).copied().collect();
        parts.sort_by_key(|p| p.address);
        let total: u64 = parts.iter().map(|p| u64::from(p.mem_len)).sum();
        if parts.is_empty() {
            return Err(ImageError::Empty);
        }
        if total > MAX_IMAGE_BYTES {
            return Err(ImageError::TooLarge(total));
        }
        let mut end = u64::from(PAGE_SIZE);
        for p in &parts {
            let legal = [Perm::EXECUTE, Perm::READ, Perm::READ_WRITE].contains(&p.perm)
                && p.data.len() <= p.mem_len as usize;
            if !legal {
                return Err(ImageError::Permission(p.address, p.perm));
            }
            if p.address < PAGE_SIZE {
                return Err(ImageError::Reserved(p.address));
            }
            if u64::from(p.address) < end {
                return Err(ImageError::Overlap(p.address));
            }
            end = u64::from(p.address) + u64::from(p.mem_len);
            if end > u64::from(u32::MAX - PAGE_SIZE) + 1 {
                return Err(ImageError::Reserved(p.address));
            }
        }

        // Pages first, so that zeros that no file holds are taken as one piece of zeroed memory, which costs nothing
        // until somebody looks.
        let mut segments: Vec<(Segment, u32)> = Vec::new();
        for p in &parts {
            let first = page_of(p.address);
            let last = page_of((u64::from(p.address) + u64::from(p.mem_len) - 1) as u32);
            let joins = match segments.last() {
                Some((s, end)) if *end > first => {
                    if s.perm != p.perm {
                        return Err(ImageError::SharedPage(first));
                    }
                    true
                }
                Some((s, end)) => s.perm == p.perm && *end == first,
                None => false,
            };
            if !joins {
                segments.push((Segment { page: first, perm: p.perm, data: Vec::new() }, first));
            }
            segments.last_mut().expect("one was pushed").1 = last + 1;
        }
        let mut segments: Vec<Segment> = segments
            .into_iter()
            .map(|(s, end)| Segment { data: vec![0; ((end - s.page) << PAGE_BITS) as usize], ..s })
            .collect();
        for p in &parts {
            let holder = segments.partition_point(|s| s.page <= page_of(p.address)) - 1;
            let offset = (p.address - segments[holder].start()) as usize;
            segments[holder].data[offset..offset + p.data.len()].copy_from_slice(p.data);
        }

        let writable = |segments: &[Segment]| {
            segments.iter().filter(|s| s.perm == Perm::READ_WRITE).map(Segment::pages).sum::<u32>()
        };
        let min_writable_pages = writable(&segments);
        if let Some(last) = segments.last_mut().filter(|s| s.perm == Perm::READ_WRITE) {
            let used = last.data.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
            last.data.truncate(used.next_multiple_of(PAGE_SIZE as usize));
        }
        let heap_page = segments.last().map_or(1, |s| s.page + s.pages());
        segments.retain(|s| !s.data.is_empty());
        let header = Header { entry, heap_page, writable_pages: writable(&segments), min_writable_pages };
        Ok(Self { header, segments })
    }

    /// The image's header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Initial pc.
    pub fn entry(&self) -> u32 {
        self.header.entry
    }

    /// The initialised pages, in ascending order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The segment that holds `address`, if any.
    pub fn segment_at(&self, address: u32) -> Option<&Segment> {
        let page = page_of(address);
        let i = self.segments.partition_point(|s| s.page <= page).checked_sub(1)?;
        Some(&self.segments[i]).filter(|s| page < s.page + s.pages())
    }

    /// The word of code at `pc`, or `None` where no execute page is.
    pub fn code_word(&self, pc: u32) -> Option<u32> {
        let s = self.segment_at(pc).filter(|s| s.perm == Perm::EXECUTE)?;
        let i = (pc - s.start()) as usize;
        Some(u32::from_le_bytes(s.data.get(i..i + 4)?.try_into().expect("four bytes")))
    }

    /// The page's contents and permission, or `None` if the image does not map it.
    pub fn page(&self, page: u32) -> Option<(&[u8], Perm)> {
        let s = self.segment_at(page << PAGE_BITS)?;
        let i = ((page - s.page) << PAGE_BITS) as usize;
        Some((&s.data[i..i + PAGE_SIZE as usize], s.perm))
    }

    /// Nodes of every page: `(page, root of contents, node)`, ascending.
    pub fn page_nodes(&self, h: &Hasher) -> Vec<(u32, Digest, Digest)> {
        let zero = tree::page_contents_root(h, &[0; PAGE_SIZE as usize]);
        let mut seen = BTreeMap::new();
        let mut nodes = Vec::new();
        for s in &self.segments {
            for (i, bytes) in s.data.chunks_exact(PAGE_SIZE as usize).enumerate() {
                let is_zero = bytes.iter().all(|&b| b == 0);
                let contents = if is_zero { zero } else { tree::page_contents_root(h, bytes) };
                let node = *seen
                    .entry((contents.to_u32s(), s.perm.bits()))
                    .or_insert_with(|| tree::page_node(h, &contents, s.perm));
                nodes.push((s.page + i as u32, contents, node));
            }
        }
        nodes
    }

    /// Root of the image's tree: its pages, their addresses and permissions.
    pub fn root(&self, h: &Hasher) -> Digest {
        let pages = self.page_nodes(h).into_iter().map(|(page, _, node)| (page, node)).collect();
        let levels = tree::upper_levels(h, pages);
        levels[levels.len() - 1].first().map_or(tree::empty_roots(h)[20], |(_, root)| *root)
    }

    /// The image's identity: SPEC section 6. A function of the program alone.
    pub fn id(&self, h: &Hasher) -> Digest {
        self.header.image_id(h, &self.root(h))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(address: u32, data: &[u8], mem_len: u32, perm: Perm) -> Part<'_> {
        Part { address, data, mem_len, perm }
    }

    #[test]
    fn parts_become_segments() {
        let image = Image::from_parts(
            0x1000,
            &[
                part(0x3000, b"data", 0x5000, Perm::READ_WRITE),
                part(0x1000, &[0x13, 0, 0, 0], 4, Perm::EXECUTE),
                part(0x1010, &[0x73, 0, 0, 0], 4, Perm::EXECUTE),
                part(0x2000, b"const", 5, Perm::READ),
            ],
        )
        .unwrap();
        assert_eq!(image.segments().len(), 3);
        assert_eq!(image.code_word(0x1010), Some(0x73));
        assert_eq!(image.code_word(0x2000), None);
        assert_eq!(image.code_word(0), None);
        let header = image.header();
        assert_eq!((header.heap_page, header.writable_pages, header.min_writable_pages), (4, 1, 5));
    }

    #[test]
    fn bad_parts_are_refused() {
        let x = Perm::EXECUTE;
        let build = |parts: &[Part<'_>]| Image::from_parts(0x1000, parts).map(|_| ()).unwrap_err();
        assert_eq!(build(&[]), ImageError::Empty);
        assert_eq!(build(&[part(0x10, b"a", 1, x)]), ImageError::Reserved(0x10));
        assert_eq!(build(&[part(0xffff_efff, b"a", 2, x)]), ImageError::Reserved(0xffff_efff));
        assert_eq!(build(&[part(0xffff_ffff, b"a", u32::MAX >> 8, x)]), ImageError::Reserved(0xffff_ffff));
        assert_eq!(build(&[part(0x1000, b"a", 9, x), part(0x1008, b"b", 1, x)]), ImageError::Overlap(0x1008));
        assert_eq!(
            build(&[part(0x1000, b"a", 8, x), part(0x1008, b"b", 1, Perm::READ)]),
            ImageError::SharedPage(1)
        );
        let wx = Perm::READ_WRITE | Perm::EXECUTE;
        assert_eq!(build(&[part(0x1000, b"a", 8, wx)]), ImageError::Permission(0x1000, wx));
        assert_eq!(build(&[part(0x1000, b"", 1 << 27, x)]), ImageError::TooLarge(1 << 27));
        assert_eq!(Image::from_parts(2, &[]).unwrap_err(), ImageError::Entry(2));
    }

    #[test]
    fn id_binds_pages_addresses_permissions_and_entry() {
        let h = Hasher::default();
        let id = |entry, address, data: &[u8], perm| {
            Image::from_parts(entry, &[part(address, data, 8, perm)]).unwrap().id(&h)
        };
        let base = id(0x1000, 0x1000, b"a", Perm::EXECUTE);
        assert_eq!(base, id(0x1000, 0x1000, b"a\0", Perm::EXECUTE));
        for other in [
            id(0x1004, 0x1000, b"a", Perm::EXECUTE),
            id(0x1000, 0x2000, b"a", Perm::EXECUTE),
            id(0x1000, 0x1000, b"b", Perm::EXECUTE),
            id(0x1000, 0x1000, b"a", Perm::READ),
            id(0x1000, 0x1000, b"a", Perm::READ_WRITE),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn paths_lead_to_the_root() {
        let h = Hasher::default();
        let image = Image::from_parts(
            0x1000,
            &[
                part(0x1000, b"code", 0x2100, Perm::EXECUTE),
                part(0x9000_0000, b"data", 0x100, Perm::READ_WRITE),
            ],
        )
        .unwrap();
        let pages: Vec<_> = image.page_nodes(&h).into_iter().map(|(p, _, n)| (p, n)).collect();
        let levels = tree::upper_levels(&h, pages);
        let empty = tree::empty_roots(&h);
        let node = |height: usize, index: u32| {
            levels[height].iter().find(|(i, _)| *i == index).map_or(empty[height], |(_, n)| *n)
        };
        for page in [0, 1, 2, 3, 4, 0x90000, 0xfffff] {
            let siblings: Vec<_> = (0..20).map(|i| node(i, (page >> i) ^ 1)).collect();
            assert_eq!(tree::fold_path(&h, node(0, page), page, &siblings), image.root(&h), "{page}");
        }
    }
}
