//! Layout of a trace file: magic, version, frames.

use std::borrow::Cow;

use ember_isa::GasTable;
use ember_isa::ecall::MAX_JOURNAL_LEN;
use ember_memory::{Image, ImageError, MAX_IMAGE_BYTES, MAX_INPUT_LEN, PAGE_BITS, PAGE_SIZE, Part, Perm};
use ember_vm::RunConfig;
use serde::{Deserialize, Serialize};

use crate::codec::MAX_RECORD;

/// First bytes of a trace file.
pub const MAGIC: [u8; 8] = *b"EMBERTRC";
/// Version of the format that this crate writes, and the latest that it reads.
pub const VERSION: u16 = 3;

/// Most records of a chunk.
pub const CHUNK_RECORDS: u32 = 1 << 16;
/// Bytes of a frame before its payload.
pub const FRAME_HEADER: usize = 17;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A [`FileHeader`]: the first frame.
    Header = 1,
    /// Records.
    Chunk = 2,
    /// An [`crate::Ending`]: the last frame.
    Ending = 3,
}

impl Kind {
    /// Largest payload.
    fn max_len(self) -> u64 {
        match self {
            Self::Header => MAX_IMAGE_BYTES + u64::from(MAX_INPUT_LEN) + (1 << 20),
            Self::Chunk => u64::from(CHUNK_RECORDS) * MAX_RECORD as u64,
            Self::Ending => u64::from(MAX_JOURNAL_LEN) + 1024,
        }
    }
}

/// The fixed part of a frame, little-endian: kind (1 byte), index in the file, number of records, bytes of the
/// payload, CRC-32 of all that and the payload (4 bytes each).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: Kind,
    pub index: u32,
    pub count: u32,
    pub len: u32,
    pub crc: u32,
}

impl Frame {
    /// The frame of `payload`.
    pub fn new(kind: Kind, index: u32, count: u32, payload: &[u8]) -> Self {
        let mut frame = Self { kind, index, count, len: payload.len() as u32, crc: 0 };
        frame.crc = frame.checksum(payload);
        frame
    }

    pub fn checksum(&self, payload: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.to_bytes()[..FRAME_HEADER - 4]);
        hasher.update(payload);
        hasher.finalize()
    }

    pub fn to_bytes(self) -> [u8; FRAME_HEADER] {
        let mut bytes = [0; FRAME_HEADER];
        bytes[0] = self.kind as u8;
        for (place, word) in bytes[1..].chunks_exact_mut(4).zip([self.index, self.count, self.len, self.crc])
        {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The frame, if its numbers are in range.
    pub fn from_bytes(bytes: [u8; FRAME_HEADER]) -> Option<Self> {
        let kind = match bytes[0] {
            1 => Kind::Header,
            2 => Kind::Chunk,
            3 => Kind::Ending,
            _ => return None,
        };
        let word = |i: usize| u32::from_le_bytes(bytes[1 + 4 * i..5 + 4 * i].try_into().expect("four bytes"));
        let frame = Self { kind, index: word(0), count: word(1), len: word(2), crc: word(3) };
        let counted = match kind {
            // The shortest record has one byte.
            Kind::Chunk => (1..=CHUNK_RECORDS.min(frame.len)).contains(&frame.count),
            Kind::Header | Kind::Ending => frame.count == 0,
        };
        (counted && u64::from(frame.len) <= kind.max_len()).then_some(frame)
    }
}

/// Program and parameters, as the file has them.
#[derive(Serialize, Deserialize)]
pub struct FileHeader<'a> {
    entry: u32,
    #[serde(borrow)]
    segments: Vec<FileSegment<'a>>,
    /// Where the zeroed tail of the last writable segment starts, which the image does not hold.
    tail_page: u32,
    /// Pages of that tail.
    tail_pages: u32,
    gas_table: GasTable,
    gas_limit: u64,
    memory_limit: u32,
    #[serde(borrow, with = "serde_bytes")]
    input: Cow<'a, [u8]>,
}

#[derive(Serialize, Deserialize)]
struct FileSegment<'a> {
    page: u32,
    perm: u8,
    /// Without the zeros that end the last page, but for one byte.
    #[serde(borrow, with = "serde_bytes")]
    data: Cow<'a, [u8]>,
}

/// Whole pages without the zeros at the end of the last, but for one byte of it.
fn without_padding(pages: &[u8]) -> &[u8] {
    let last = pages.len().saturating_sub(PAGE_SIZE as usize);
    let used = pages[last..].iter().rposition(|&b| b != 0).unwrap_or(0);
    &pages[..(last + used + 1).min(pages.len())]
}

impl<'a> FileHeader<'a> {
    /// # Errors
    /// [`ImageError::TooLarge`] for an image whose pages, counted whole, pass the most that a loader takes.
    pub fn new(image: &'a Image, config: &'a RunConfig) -> Result<Self, ImageError> {
        let header = image.header();
        let tail_pages = header.min_writable_pages - header.writable_pages;
        let pages =
            image.segments().iter().map(|s| u64::from(s.pages())).sum::<u64>() + u64::from(tail_pages);
        if pages << PAGE_BITS > MAX_IMAGE_BYTES {
            return Err(ImageError::TooLarge(pages << PAGE_BITS));
        }
        let segment = |s: &'a ember_memory::Segment| FileSegment {
            page: s.page,
            perm: s.perm.bits(),
            data: Cow::Borrowed(without_padding(&s.data)),
        };
        Ok(Self {
            entry: header.entry,
            segments: image.segments().iter().map(segment).collect(),
            tail_page: header.heap_page,
            tail_pages,
            gas_table: config.gas_table,
            gas_limit: config.gas_limit,
            memory_limit: config.memory_limit,
            input: Cow::Borrowed(&config.input),
        })
    }

    /// The image, built and checked anew.
    ///
    /// # Errors
    /// [`ImageError`] when the segments make no image.
    pub fn image(&self) -> Result<Image, ImageError> {
        let address = |page: u32| page.checked_mul(1 << PAGE_BITS).ok_or(ImageError::Reserved(u32::MAX));
        let mut parts = Vec::with_capacity(self.segments.len() + 1);
        for s in &self.segments {
            parts.push(Part {
                address: address(s.page)?,
                data: &s.data,
                mem_len: (s.data.len() as u32).next_multiple_of(PAGE_SIZE),
                perm: Perm::from_bits_retain(s.perm),
            });
        }
        parts.push(Part {
            address: address(self.tail_page)?,
            data: &[],
            mem_len: self.tail_pages.checked_mul(1 << PAGE_BITS).ok_or(ImageError::Reserved(u32::MAX))?,
            perm: Perm::READ_WRITE,
        });
        Image::from_parts(self.entry, &parts)
    }

    pub fn config(&self) -> RunConfig {
        RunConfig {
            gas_table: self.gas_table,
            gas_limit: self.gas_limit,
            memory_limit: self.memory_limit,
            input: self.input.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(address: u32, data: &[u8], mem_len: u32, perm: Perm) -> Part<'_> {
        Part { address, data, mem_len, perm }
    }

    fn round_trip(parts: &[Part<'_>]) {
        let image = Image::from_parts(0x1000, parts).unwrap();
        let config = RunConfig { input: b"public".to_vec(), ..RunConfig::default() };
        let bytes = postcard::to_allocvec(&FileHeader::new(&image, &config).unwrap()).unwrap();
        let back: FileHeader<'_> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(back.image(), Ok(image));
        assert_eq!(back.config(), config);
    }

    #[test]
    fn images_survive() {
        let code = part(0x1004, &[0x13, 0, 0, 0], 4, Perm::EXECUTE);
        let w = Perm::READ_WRITE;
        round_trip(&[code]);
        round_trip(&[code, part(0x2000, b"const", 5, Perm::READ), part(0x3008, b"data", 0x5000, w)]);
        round_trip(&[code, part(0x2000, b"data", 0x100, w), part(0x9000, b"", 0x5001, w)]);
        round_trip(&[code, part(0x2000, b"", 0x2000, w), part(0x4000, b"x", 1, Perm::READ)]);
        round_trip(&[part(0x4000, b"", 1, w)]);
        round_trip(&[part(0x1000, b"code", 0x2000, Perm::EXECUTE), part(0x4000, &[7; 0x1000], 0x1000, w)]);
    }

    #[test]
    fn frames_out_of_range_are_refused() {
        let bytes = |count, len| Frame { kind: Kind::Chunk, index: 7, count, len, crc: 9 }.to_bytes();
        assert!(Frame::from_bytes(bytes(1, 1)).is_some());
        assert!(Frame::from_bytes(bytes(0, 0)).is_none());
        assert!(Frame::from_bytes(bytes(2, 1)).is_none());
        assert!(Frame::from_bytes(bytes(CHUNK_RECORDS + 1, CHUNK_RECORDS + 1)).is_none());
        assert!(Frame::from_bytes(bytes(CHUNK_RECORDS, u32::MAX)).is_none());
        assert!(Frame::from_bytes([0; FRAME_HEADER]).is_none());
    }
}
