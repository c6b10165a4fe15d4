//! The memory of a run.

use core::ptr::NonNull;

use alloc::vec::Vec;

use crate::zeroed::Zeroed;
use crate::{Image, Layout, LayoutError, PAGE_BITS, Perm};

#[derive(Clone)]
struct Region {
    start: u32,
    end: u32,
    perm: Perm,
    data: Vec<u8>,
}

/// The part of the address space that is one piece of host memory: zeroed memory and the data right before it.
///
/// Its first `read_only` bytes can be read, the rest can be written too. Every other region is smaller in use.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Guest address of the first byte; a multiple of the page size.
    pub start: u32,
    /// Length in bytes, a multiple of the page size.
    pub len: u32,
    /// Bytes at the start that cannot be written; a multiple of the page size.
    pub read_only: u32,
    /// The first byte, aligned to 16 bytes.
    pub data: NonNull<u8>,
}

/// A region as seen from outside: start, end, permission and contents.
type View<'a> = (u32, u32, Perm, &'a [u8]);

/// The memory of a run: the image's data pages, the zeroed memory, and the input region. Code pages are known,
/// and hold no bytes here: nothing can read them.
///
/// Addresses are checked at every access. Zeroed memory takes host memory only where it is touched.
#[derive(Clone)]
pub struct AddressSpace {
    window: Zeroed,
    window_start: u32,
    window_end: u32,
    /// End of the window's part that can only be read.
    writable_start: u32,
    /// What is not in the window, in ascending order.
    regions: Vec<Region>,
}

/// How many of the image's last segments lie in the window: those that end where the next one, or the zeroed
/// memory, begins, constants before variables, no code.
fn segments_in_window(image: &Image) -> usize {
    let mut start = image.header().heap_page << PAGE_BITS;
    let mut constant = false;
    let fits = |s: &&crate::Segment| {
        let fits = s.end() == start && s.perm != Perm::EXECUTE && !(constant && s.perm == Perm::READ_WRITE);
        constant |= s.perm == Perm::READ;
        start = s.start();
        fits
    };
    image.segments().iter().rev().take_while(fits).count()
}

impl AddressSpace {
    /// The pristine memory of a run. Allocates the image's data pages, `heap_end - heap_start` zeroed bytes, and
    /// the input region.
    ///
    /// # Errors
    /// [`LayoutError::OutOfMemory`].
    pub fn new(image: &Image, layout: &Layout, input: &[u8]) -> Result<Self, LayoutError> {
        let (outside, inside) = image.segments().split_at(image.segments().len() - segments_in_window(image));
        let start = inside.first().map_or(layout.heap_start, |s| s.start());
        let len = layout.heap_end - start;
        let mut space = Self {
            window: Zeroed::new(len as usize).ok_or(LayoutError::OutOfMemory(len.into()))?,
            window_start: start,
            window_end: layout.heap_end,
            writable_start: Self::writable_start(image),
            regions: Vec::with_capacity(outside.len() + 1),
        };
        for s in outside {
            let data = if s.perm == Perm::EXECUTE { Vec::new() } else { s.data.clone() };
            space.regions.push(Region { start: s.start(), end: s.end(), perm: s.perm, data });
        }
        space.fill_window(inside);
        space.map_input(layout, input);
        Ok(space)
    }

    /// Makes this the pristine memory of another run, as [`Self::new`] would; host memory is reused.
    ///
    /// # Errors
    /// [`LayoutError::OutOfMemory`]; the memory then is as it was.
    pub fn reset(&mut self, image: &Image, layout: &Layout, input: &[u8]) -> Result<(), LayoutError> {
        let (outside, inside) = image.segments().split_at(image.segments().len() - segments_in_window(image));
        let start = inside.first().map_or(layout.heap_start, |s| s.start());
        let known = self
            .regions
            .iter()
            .zip(outside)
            .all(|(r, s)| (r.start, r.end, r.perm) == (s.start(), s.end(), s.perm));
        let writable_start = Self::writable_start(image);
        let same = known
            && self.regions.len() >= outside.len()
            && (self.window_start, self.window_end, self.writable_start)
                == (start, layout.heap_end, writable_start);
        if !same {
            *self = Self::new(image, layout, input)?;
            return Ok(());
        }
        self.window.clear();
        self.fill_window(inside);
        for (r, s) in self.regions.iter_mut().zip(outside) {
            if s.perm != Perm::EXECUTE {
                r.data.copy_from_slice(&s.data);
            }
        }
        self.regions.truncate(outside.len());
        self.map_input(layout, input);
        Ok(())
    }

    fn fill_window(&mut self, segments: &[crate::Segment]) {
        let start = self.window_start;
        let window = self.window.as_mut_slice();
        for s in segments {
            let at = (s.start() - start) as usize;
            window[at..at + s.data.len()].copy_from_slice(&s.data);
        }
    }

    fn map_input(&mut self, layout: &Layout, input: &[u8]) {
        if !input.is_empty() {
            let mut data = input.to_vec();
            data.resize((layout.input_end - layout.input_start) as usize, 0);
            self.regions.push(Region {
                start: layout.input_start,
                end: layout.input_end,
                perm: Perm::READ,
                data,
            });
        }
    }

    /// Guest address of the window's first byte that can be written: the same in every run of the image.
    pub fn writable_start(image: &Image) -> u32 {
        let heap = image.header().heap_page << PAGE_BITS;
        let (_, inside) = image.segments().split_at(image.segments().len() - segments_in_window(image));
        let start = inside.first().map_or(heap, |s| s.start());
        inside.iter().rfind(|s| s.perm == Perm::READ).map_or(start, |s| s.end())
    }

    /// The window, for engines that access it directly. The pointer is good until the address space is reset,
    /// moved from or dropped, and for reading and writing only while the caller holds the address space
    /// exclusively and uses none of its other methods at the same time.
    pub fn window(&mut self) -> Window {
        Window {
            start: self.window_start,
            len: self.window_end - self.window_start,
            read_only: self.writable_start - self.window_start,
            data: self.window.as_ptr(),
        }
    }

    /// The region that holds `address`.
    #[inline]
    fn view(&self, address: u32) -> Option<View<'_>> {
        if self.window_start <= address && address < self.window_end {
            let split = (self.writable_start - self.window_start) as usize;
            let (constants, variables) = self.window.as_slice().split_at(split);
            return Some(if address < self.writable_start {
                (self.window_start, self.writable_start, Perm::READ, constants)
            } else {
                (self.writable_start, self.window_end, Perm::READ_WRITE, variables)
            });
        }
        let r = self.regions.iter().rev().find(|r| r.start <= address && address < r.end)?;
        Some((r.start, r.end, r.perm, &r.data))
    }

    /// The bytes from `address` to the end of its region, if they can be written.
    #[inline]
    fn writable_from(&mut self, address: u32) -> Option<&mut [u8]> {
        if self.writable_start <= address && address < self.window_end {
            return Some(&mut self.window.as_mut_slice()[(address - self.window_start) as usize..]);
        }
        let r = self.regions.iter_mut().rev().find(|r| r.start <= address && address < r.end)?;
        r.perm.contains(Perm::WRITE).then(|| &mut r.data[(address - r.start) as usize..])
    }

    /// Permission of the page that holds `address`; empty where nothing is mapped.
    pub fn perm(&self, address: u32) -> Perm {
        self.view(address).map_or(Perm::empty(), |(_, _, perm, _)| perm)
    }

    /// Loads `N` bytes from a naturally aligned address; `None` where they cannot be read.
    #[inline]
    pub fn load<const N: usize>(&self, address: u32) -> Option<[u8; N]> {
        let (start, _, _, data) = self.view(address)?;
        let i = (address - start) as usize;
        // Code regions hold no bytes, so a load from one finds none.
        data.get(i..i + N)?.try_into().ok()
    }

    /// Stores `N` bytes to a naturally aligned address; `None` where they cannot be written.
    #[inline]
    pub fn store<const N: usize>(&mut self, address: u32, bytes: [u8; N]) -> Option<()> {
        self.writable_from(address)?.get_mut(..N)?.copy_from_slice(&bytes);
        Some(())
    }

    /// First address of `start .. start + len` whose page lacks `need`, if any. An empty range has none.
    pub fn first_without(&self, start: u32, len: u32, need: Perm) -> Option<u32> {
        let mut at = u64::from(start);
        let end = at + u64::from(len);
        while at < end {
            match self.view(at as u32).filter(|_| at <= u64::from(u32::MAX)) {
                Some((_, end, perm, _)) if perm.contains(need) => at = u64::from(end),
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
            let (start, _, _, data) = self.view(at)?;
            let i = (at - start) as usize;
            let n = (data.len() - i).min(buf.len() - done);
            buf[done..done + n].copy_from_slice(&data[i..i + n]);
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
            let to = self.writable_from(start + done as u32)?;
            let n = to.len().min(bytes.len() - done);
            to[..n].copy_from_slice(&bytes[done..done + n]);
            done += n;
        }
        Some(())
    }

    /// Writable regions in ascending order: start address and contents.
    pub fn writable(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let split = (self.writable_start - self.window_start) as usize;
        let window = (self.writable_start, &self.window.as_slice()[split..]);
        let regions =
            self.regions.iter().filter(|r| r.perm.contains(Perm::WRITE)).map(|r| (r.start, &r.data[..]));
        // Of what is outside the window, only the input lies above it, and nothing can write that.
        regions.chain(core::iter::once(window).filter(|(_, data)| !data.is_empty()))
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
        (AddressSpace::new(&image, &layout, b"input").unwrap(), layout)
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
