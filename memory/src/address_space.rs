//! The memory of a run.

use alloc::vec;
use alloc::vec::Vec;

use crate::{Image, Layout, Perm};

#[derive(Clone)]
struct Region {
    start: u32,
    end: u32,
    perm: Perm,
    data: Vec<u8>,
}

/// The memory of a run: the image's data pages, the zeroed memory, and the input region. Code pages are known,
/// and hold no bytes here: nothing can read them.
///
/// Addresses are checked at every access. Memory is zeroed lazily where the allocator does so.
#[derive(Clone)]
pub struct AddressSpace {
    regions: Vec<Region>,
}

impl AddressSpace {
    /// The pristine memory of a run. Allocates the image's data pages, `heap_end - heap_start` zeroed bytes, and
    /// the input region.
    pub fn new(image: &Image, layout: &Layout, input: &[u8]) -> Self {
        let mut regions: Vec<Region> = image
            .segments()
            .iter()
            .map(|s| Region {
                start: s.start(),
                end: s.end(),
                perm: s.perm,
                data: if s.perm == Perm::EXECUTE { Vec::new() } else { s.data.clone() },
            })
            .collect();
        if layout.heap_end > layout.heap_start {
            regions.push(Region {
                start: layout.heap_start,
                end: layout.heap_end,
                perm: Perm::READ_WRITE,
                data: vec![0; (layout.heap_end - layout.heap_start) as usize],
            });
        }
        if !input.is_empty() {
            let mut data = input.to_vec();
            data.resize((layout.input_end - layout.input_start) as usize, 0);
            regions.push(Region { start: layout.input_start, end: layout.input_end, perm: Perm::READ, data });
        }
        Self { regions }
    }

    #[inline]
    fn region(&self, address: u32) -> Option<usize> {
        // The heap and the image's data are the last regions but one: look from the end.
        self.regions.iter().rposition(|r| r.start <= address && address < r.end)
    }

    /// Permission of the page that holds `address`; empty where nothing is mapped.
    pub fn perm(&self, address: u32) -> Perm {
        self.region(address).map_or(Perm::empty(), |i| self.regions[i].perm)
    }

    /// Loads `N` bytes from a naturally aligned address; `None` where they cannot be read.
    #[inline]
    pub fn load<const N: usize>(&self, address: u32) -> Option<[u8; N]> {
        let r = &self.regions[self.region(address)?];
        let i = (address - r.start) as usize;
        // Code regions hold no bytes, so a load from one finds none.
        r.data.get(i..i + N)?.try_into().ok()
    }

    /// Stores `N` bytes to a naturally aligned address; `None` where they cannot be written.
    #[inline]
    pub fn store<const N: usize>(&mut self, address: u32, bytes: [u8; N]) -> Option<()> {
        let i = self.region(address)?;
        let r = &mut self.regions[i];
        if !r.perm.contains(Perm::WRITE) {
            return None;
        }
        let i = (address - r.start) as usize;
        r.data.get_mut(i..i + N)?.copy_from_slice(&bytes);
        Some(())
    }

    /// First address of `start .. start + len` whose page lacks `need`, if any. An empty range has none.
    pub fn first_without(&self, start: u32, len: u32, need: Perm) -> Option<u32> {
        let mut at = u64::from(start);
        let end = at + u64::from(len);
        while at < end {
            match self.region(at as u32).filter(|_| at <= u64::from(u32::MAX)) {
                Some(i) if self.regions[i].perm.contains(need) => at = u64::from(self.regions[i].end),
                _ => return Some(at as u32),
            }
        }
        None
    }

    /// Copies `start .. start + buf.len()` out; `None`, and nothing meaningful in `buf`, unless all of it can be
    /// read.
    pub fn read(&self, start: u32, buf: &mut [u8]) -> Option<()> {
        let len = u32::try_from(buf.len()).ok()?;
        if self.first_without(start, len, Perm::READ).is_some() {
            return None;
        }
        let mut done = 0;
        while done < buf.len() {
            let at = start + done as u32;
            let r = &self.regions[self.region(at)?];
            let i = (at - r.start) as usize;
            let n = (r.data.len() - i).min(buf.len() - done);
            buf[done..done + n].copy_from_slice(&r.data[i..i + n]);
            done += n;
        }
        Some(())
    }

    /// Copies `bytes` to `start ..`; `None`, and nothing written, unless all of it can be written.
    pub fn write(&mut self, start: u32, bytes: &[u8]) -> Option<()> {
        let len = u32::try_from(bytes.len()).ok()?;
        if self.first_without(start, len, Perm::READ_WRITE).is_some() {
            return None;
        }
        let mut done = 0;
        while done < bytes.len() {
            let at = start + done as u32;
            let index = self.region(at)?;
            let r = &mut self.regions[index];
            let i = (at - r.start) as usize;
            let n = (r.data.len() - i).min(bytes.len() - done);
            r.data[i..i + n].copy_from_slice(&bytes[done..done + n]);
            done += n;
        }
        Some(())
    }

    /// Writable regions in ascending order: start address and contents.
    pub fn writable(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.regions.iter().filter(|r| r.perm.contains(Perm::WRITE)).map(|r| (r.start, &r.data[..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Part;

    fn space() -> (AddressSpace, Layout) {
        let part = |address, data, perm| Part { address, data, mem_len: 8, perm };
        let image = Image::from_parts(
            0x1000,
            &[
                part(0x1000, b"code", Perm::EXECUTE),
                part(0x2000, b"const", Perm::READ),
                part(0x3000, b"data", Perm::READ_WRITE),
            ],
        )
        .unwrap();
        let layout = Layout::new(image.header(), 0x4000, 5).unwrap();
        (AddressSpace::new(&image, &layout, b"input"), layout)
    }

    #[test]
    fn permissions_hold() {
        let (mut m, layout) = space();
        assert_eq!(layout.heap_start, 0x4000);
        assert_eq!(layout.heap_end, 0x7000);
        assert_eq!(layout.input_start, 0x8000);
        assert_eq!(m.load::<4>(0x1000), None);
        assert_eq!(m.store::<4>(0x1000, [0; 4]), None);
        assert_eq!(m.load::<4>(0x2000), Some(*b"cons"));
        assert_eq!(m.store::<1>(0x2000, [0]), None);
        assert_eq!(m.load::<4>(0x3000), Some(*b"data"));
        assert_eq!(m.store::<4>(0x3000, *b"gone"), Some(()));
        assert_eq!(m.load::<4>(0x3000), Some(*b"gone"));
        assert_eq!(m.load::<1>(0x6fff), Some([0]));
        assert_eq!(m.load::<1>(0x7000), None);
        assert_eq!(m.load::<4>(0x8000), Some(*b"inpu"));
        assert_eq!(m.load::<4>(0), None);
        assert_eq!(m.load::<4>(u32::MAX - 3), None);
    }

    #[test]
    fn ranges_find_the_first_bad_address() {
        let (mut m, _) = space();
        assert_eq!(m.first_without(0x2ffe, 0x4002, Perm::READ), None);
        assert_eq!(m.first_without(0x2ffe, 0x4003, Perm::READ), Some(0x7000));
        assert_eq!(m.first_without(0x2ffe, 4, Perm::READ_WRITE), Some(0x2ffe));
        assert_eq!(m.first_without(0x1ffe, 0, Perm::READ), None);
        assert_eq!(m.first_without(0x8fff, u32::MAX, Perm::READ), Some(0x9000));
        let mut buf = [1; 6];
        assert_eq!(m.read(0x2ffe, &mut buf), Some(()));
        assert_eq!(&buf, b"\0\0data");
        assert_eq!(m.write(0x3ffe, b"across"), Some(()));
        assert_eq!(m.load::<4>(0x4000), Some(*b"ross"));
        assert_eq!(m.write(0x6fff, b"ab"), None);
        assert_eq!(m.load::<1>(0x6fff), Some([0]));
    }

    #[test]
    fn the_limit_counts_image_pages() {
        let image = |mem_len| {
            let parts = [Part { address: 0x1000, data: b"x", mem_len, perm: Perm::READ_WRITE }];
            *Image::from_parts(0x1000, &parts).unwrap().header()
        };
        assert!(Layout::new(&image(0x3000), 0x2000, 0).is_err());
        let layout = Layout::new(&image(0x3000), 0x3000, 0).unwrap();
        assert_eq!((layout.heap_start, layout.heap_end), (0x2000, 0x4000));
        assert!(Layout::new(&image(1), 0x1001, 0).is_err());
        assert!(Layout::new(&image(1), 0x4000_1000, 0).is_err());
        assert!(Layout::new(&image(1), 0x1000, (MAX + 1) as usize).is_err());
        const MAX: u32 = crate::MAX_INPUT_LEN;
    }
}
