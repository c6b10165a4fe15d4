//! A program, decoded once and shared by all its runs.

use alloc::vec::Vec;

use ember_isa::Context;
use ember_isa::{Illegal, Instruction, decode};
use ember_memory::digest::Hasher;
use ember_memory::{AddressSpace, Digest, Image, ImageError, Perm, tree};
use once_cell::race::OnceBox;

use crate::RunConfig;
use crate::fast::Streams;

/// A run of execute pages, decoded.
pub(crate) struct Code {
    pub start: u32,
    pub end: u32,
    pub words: Vec<Result<Instruction, Illegal>>,
}

/// A program: image and decoded code. Immutable, `Send + Sync`, shared by any number of machines.
pub struct Program {
    image: Image,
    pub(crate) code: Vec<Code>,
    /// Where writable memory of the window starts: [`AddressSpace::writable_start`].
    pub(crate) writable_start: u32,
    pub(crate) streams: Streams,
    hasher: OnceBox<Hasher>,
    id: OnceBox<Digest>,
}

impl Program {
    /// Decodes an image.
    pub fn new(image: Image) -> Self {
        let code = image
            .segments()
            .iter()
            .filter(|s| s.perm == Perm::EXECUTE)
            .map(|s| Code {
                start: s.start(),
                end: s.end(),
                words: s
                    .data
                    .chunks_exact(4)
                    .map(|w| decode(u32::from_le_bytes(w.try_into().expect("four bytes"))))
                    .collect(),
            })
            .collect();
        let writable_start = AddressSpace::writable_start(&image);
        Self {
            image,
            code,
            writable_start,
            streams: Streams::default(),
            hasher: OnceBox::new(),
            id: OnceBox::new(),
        }
    }

    /// Loads an ELF file: [`Image::from_elf`], then [`Self::new`].
    ///
    /// # Errors
    /// [`ImageError`].
    pub fn load(elf: &[u8]) -> Result<Self, ImageError> {
        Image::from_elf(elf).map(Self::new)
    }

    /// The image.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// The hash function of transcripts and identities. Its constants are set up when they are first needed.
    pub(crate) fn hasher(&self) -> &Hasher {
        self.hasher.get_or_init(Default::default)
    }

    /// The image's id, worked out when it is first asked for: a compression for 16 bytes of the image.
    pub fn id(&self) -> Digest {
        *self.id.get_or_init(|| self.image.id(self.hasher()).into())
    }

    /// What the statement of a run under these parameters says of it before it begins. Hashes the public input, and the
    /// image if [`Self::id`] has not been asked for yet.
    pub fn context(&self, config: &RunConfig) -> Context {
        let h = self.hasher();
        let input_root = tree::input_root(h, &config.input);
        Context {
            image_id: self.id().to_u32s(),
            input_digest: tree::input_digest(h, &input_root, config.input.len() as u32).to_u32s(),
            gas_table: config.gas_table,
            gas_limit: config.gas_limit,
            memory_limit: config.memory_limit,
        }
    }

    /// The instruction at `pc`, a multiple of 4: `None` where no execute page is.
    #[inline]
    pub fn fetch(&self, pc: u32) -> Option<Result<Instruction, Illegal>> {
        let (segment, i) = self.locate(pc)?;
        Some(self.code[segment].words[i])
    }

    /// Code segment and number in it of the instruction at `pc`.
    #[inline]
    pub(crate) fn locate(&self, pc: u32) -> Option<(usize, usize)> {
        let segment = self.code.iter().position(|c| c.start <= pc && pc < c.end)?;
        Some((segment, (pc - self.code[segment].start) as usize / 4))
    }
}

#[cfg(test)]
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Program>()
};
