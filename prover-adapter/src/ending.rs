//! What of the image the verifier's decision on the ending needs.

use ember_memory::{Image, Layout, Perm};
use ember_verifier::ending::{EndingError, Pages};

/// The image itself, which notes what it is asked.
pub(crate) struct AskedPages<'a> {
    pub(crate) image: &'a Image,
    pub(crate) layout: &'a Layout,
    pub(crate) asked: Vec<u32>,
}

impl Pages for AskedPages<'_> {
    fn layout(&self) -> &Layout {
        self.layout
    }

    fn image_perm(&mut self, page: u32) -> Result<Perm, EndingError> {
        self.asked.push(page);
        Ok(self.image.page(page).map_or(Perm::empty(), |(_, perm)| perm))
    }

    fn code_word(&mut self, pc: u32) -> Result<u32, EndingError> {
        self.image.code_word(pc).ok_or(EndingError::MissingOpening)
    }
}
