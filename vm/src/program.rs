//! A program, decoded once and shared by all its runs.

use alloc::vec::Vec;

use ember_isa::{Illegal, Instruction, decode};
use ember_memory::{Image, ImageError, Perm};

/// A run of execute pages, decoded.
struct Code {
    start: u32,
    end: u32,
    words: Vec<Result<Instruction, Illegal>>,
}

/// A program: image and decoded code. Immutable, `Send + Sync`, shared by any number of machines.
pub struct Program {
    image: Image,
    code: Vec<Code>,
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
        Self { image, code }
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

    /// The instruction at `pc`, a multiple of 4: `None` where no execute page is.
    #[inline]
    pub fn fetch(&self, pc: u32) -> Option<Result<Instruction, Illegal>> {
        let code = self.code.iter().find(|c| c.start <= pc && pc < c.end)?;
        code.words.get((pc - code.start) as usize / 4).copied()
    }
}

#[cfg(test)]
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Program>()
};
