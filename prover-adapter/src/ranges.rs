//! How often each small integer is looked up.

use ember_verifier::air::{Range8Cols, Range16Cols};
use ember_verifier::params::Val;
use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;

/// Counts of range look-ups.
pub(crate) struct Ranges {
    wide: Vec<u32>,
    narrow: [u32; 256],
}

impl Default for Ranges {
    fn default() -> Self {
        Self { wide: vec![0; 1 << 16], narrow: [0; 256] }
    }
}

impl Ranges {
    /// A look-up of an integer below 2^16.
    ///
    /// # Panics
    /// If it is not: the trace would be one that no machine produces.
    pub(crate) fn wide(&mut self, value: u32) -> Val {
        self.wide[value as usize] += 1;
        Val::from_u32(value)
    }

    /// A look-up of an integer below 2^8.
    ///
    /// # Panics
    /// If it is not.
    pub(crate) fn narrow(&mut self, value: u32) -> Val {
        self.narrow[value as usize] += 1;
        Val::from_u32(value)
    }

    /// [`Self::wide`] of a value that is no column.
    pub(crate) fn check_wide(&mut self, value: u32) {
        let _ = self.wide(value);
    }

    /// [`Self::narrow`] of a value that is no column.
    pub(crate) fn check_narrow(&mut self, value: u32) {
        let _ = self.narrow(value);
    }

    /// Look-ups of both limbs of a word.
    pub(crate) fn limbs(&mut self, word: u32) -> [Val; 2] {
        [self.wide(word & 0xffff), self.wide(word >> 16)]
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        for (a, b) in self.wide.iter_mut().zip(other.wide) {
            *a += b;
        }
        for (a, b) in self.narrow.iter_mut().zip(other.narrow) {
            *a += b;
        }
        self
    }

    /// The table of 16-bit integers, of those alone that are looked up; `None` if none is.
    pub(crate) fn wide_table(&self) -> Option<RowMajorMatrix<Val>> {
        self.wide.iter().any(|&uses| uses > 0).then(|| {
            let mut values: Vec<u32> = vec![0];
            let used = (1..1 << 16).filter(|&v| self.wide[v as usize] > 0 || v == 0xffff);
            for value in used {
                let mut at = values[values.len() - 1];
                while value - at > 255 {
                    at += 255;
                    values.push(at);
                }
                values.push(value);
            }
            let height = values.len().next_power_of_two();
            let mut cells = Val::zero_vec(height * Range16Cols::<()>::WIDTH);
            for (i, row) in cells.chunks_exact_mut(Range16Cols::<()>::WIDTH).enumerate() {
                let value = *values.get(i).unwrap_or(&0xffff);
                let step = values.get(i + 1).unwrap_or(&0xffff) - value;
                let uses = if i < values.len() { self.wide[value as usize] } else { 0 };
                Range16Cols {
                    value: Val::from_u32(value),
                    uses: Val::from_u32(uses),
                    step: core::array::from_fn(|bit| Val::from_u32(step >> bit & 1)),
                }
                .write(row);
            }
            RowMajorMatrix::new(cells, Range16Cols::<()>::WIDTH)
        })
    }

    /// The table of bytes; `None` if none is looked up.
    pub(crate) fn narrow_table(&self) -> Option<RowMajorMatrix<Val>> {
        self.narrow.iter().any(|&uses| uses > 0).then(|| {
            let mut cells = Val::zero_vec(256 * Range8Cols::<()>::WIDTH);
            for (i, row) in cells.chunks_exact_mut(Range8Cols::<()>::WIDTH).enumerate() {
                Range8Cols { value: Val::from_usize(i), uses: Val::from_u32(self.narrow[i]) }.write(row);
            }
            RowMajorMatrix::new(cells, Range8Cols::<()>::WIDTH)
        })
    }
}
