//! Memory as SPEC section 2 defines it, one page at a time.

use std::collections::HashMap;

use ember_memory::{Image, Layout, PAGE_BITS, PAGE_SIZE, Perm, page_of};

/// The memory of a run: the image and the input as they are, and the pages written since.
///
/// Written apart from [`ember_memory::AddressSpace`], so that neither's mistakes hide in the other.
pub struct Memory<'a> {
    image: &'a Image,
    layout: Layout,
    input: &'a [u8],
    written: HashMap<u32, Box<[u8]>>,
}

impl<'a> Memory<'a> {
    pub fn new(image: &'a Image, layout: Layout, input: &'a [u8]) -> Self {
        Self { image, layout, input, written: HashMap::new() }
    }

    /// Permission of the page that holds `address`; empty where nothing is mapped.
    pub fn perm(&self, address: u32) -> Perm {
        let l = &self.layout;
        if let Some((_, perm)) = self.image.page(page_of(address)) {
            perm
        } else if (l.heap_start..l.heap_end).contains(&address) {
            Perm::READ_WRITE
        } else if (l.input_start..l.input_end).contains(&address) {
            Perm::READ
        } else {
            Perm::empty()
        }
    }

    /// First address of the range whose page lacks `need`, if any.
    pub fn first_without(&self, ptr: u32, len: u32, need: Perm) -> Option<u32> {
        let end = u64::from(ptr) + u64::from(len);
        let mut at = u64::from(ptr);
        while at < end {
            // The last page is never mapped, so no range gets past it.
            if !self.perm(at as u32).contains(need) {
                return Some(at as u32);
            }
            at = (at | u64::from(PAGE_SIZE - 1)) + 1;
        }
        None
    }

    /// Contents of a page that was written or is the image's.
    fn page(&self, address: u32) -> Option<&[u8]> {
        let page = page_of(address);
        self.written
            .get(&page)
            .map(|bytes| &bytes[..])
            .or_else(|| self.image.page(page).map(|(bytes, _)| bytes))
    }

    /// The aligned word at `address`, if it can be read.
    pub fn word(&self, address: u32) -> Option<u32> {
        if !self.perm(address).contains(Perm::READ) {
            return None;
        }
        let offset = (address % PAGE_SIZE) as usize;
        Some(match self.page(address) {
            Some(bytes) => u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes")),
            None => u32::from_le_bytes(std::array::from_fn(|i| self.byte(address + i as u32))),
        })
    }

    /// A byte that can be read.
    fn byte(&self, address: u32) -> u8 {
        if let Some(bytes) = self.page(address) {
            return bytes[(address % PAGE_SIZE) as usize];
        }
        let i = address.checked_sub(self.layout.input_start);
        i.and_then(|i| self.input.get(i as usize)).copied().unwrap_or(0)
    }

    /// Bytes that can be read.
    pub fn bytes(&self, ptr: u32, len: u32) -> Vec<u8> {
        (0..len).map(|i| self.byte(ptr + i)).collect()
    }

    /// Sets an aligned word that can be written.
    pub fn set_word(&mut self, address: u32, value: u32) {
        let page = page_of(address);
        let image = self.image;
        let bytes = self.written.entry(page).or_insert_with(|| match image.page(page) {
            Some((bytes, _)) => bytes.into(),
            None => vec![0; 1 << PAGE_BITS].into(),
        });
        let offset = (address % PAGE_SIZE) as usize;
        bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    }
}
