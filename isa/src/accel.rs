//! Accelerators: ecalls that do the work of thousands of instructions.
//!
//! An accelerator reads and writes words of memory at pointers in a0, a1, ..., and returns 0. Its operands are checked
//! in the order of the registers, each for alignment first and then for permission; the first that fails ends the run
//! with the fault of a load, or of a store where the operand is written: `LoadAddressMisaligned(pointer)` or
//! `StoreAddressMisaligned(pointer)` when the pointer is no multiple of 4, `LoadAccessFault` or `StoreAccessFault` with
//! the first bad address. Operands may overlap: all are read before any is written.

use crate::ExitReason;

/// Words that an accelerator reads, or reads and writes, at the pointer in one argument register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operand {
    /// Number of 32-bit words.
    pub words: u32,
    /// Whether they are written, after all operands are read.
    pub writes: bool,
}

impl Operand {
    /// How the operand ends the run, if it does, from its pointer. `first_without` gives the first address of a range
    /// (pointer, length in bytes, whether it is written) that lacks the permission, if any.
    ///
    /// # Errors
    /// Whatever `first_without` says.
    pub fn fault<E>(
        self,
        ptr: u32,
        first_without: impl FnOnce(u32, u32, bool) -> Result<Option<u32>, E>,
    ) -> Result<Option<ExitReason>, E> {
        if !ptr.is_multiple_of(4) {
            return Ok(Some(match self.writes {
                true => ExitReason::StoreAddressMisaligned(ptr),
                false => ExitReason::LoadAddressMisaligned(ptr),
            }));
        }
        let bad = first_without(ptr, 4 * self.words, self.writes)?;
        Ok(bad.map(|bad| match self.writes {
            true => ExitReason::StoreAccessFault(bad),
            false => ExitReason::LoadAccessFault(bad),
        }))
    }
}

const NONE: Operand = reads(0);

const fn reads(words: u32) -> Operand {
    Operand { words, writes: false }
}

const fn updates(words: u32) -> Operand {
    Operand { words, writes: true }
}

/// An accelerator: SPEC section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Accelerator {
    /// `sha256_compress(state, block)`: the compression function of SHA-256 (FIPS 180-4, section 6.2.2). The state's
    /// eight words are numbers; the block's 64 bytes are the message's, so that each of its words is big-endian.
    Sha256,
    /// `poseidon2(state)`: the Poseidon2 permutation of width 16 over KoalaBear (eprint 2023/323, with the round
    /// constants of Plonky3), in place. Words are elements: any word stands for its residue modulo
    /// p = 2^31 - 2^24 + 1, and the words written are below p.
    Poseidon2,
    /// `poseidon2_montgomery(state)`: the same of elements in Montgomery form, as Plonky3 has them in memory: the word w
    /// stands for w / 2^32 modulo p. Any word does, and the words written are below p.
    Poseidon2Montgomery,
    /// `extension_dot(sum, a, b)`: adds `a[0] b[0] + a[1] b[1] + ...` to `sum`, where `a` and `b` are arrays of elements of
    /// the field of degree 5 over KoalaBear, `F_p[X] / (X^5 + X^2 - 1)`: five words each, lowest coefficient first, in
    /// Montgomery form. Any word does, and the words written are below p.
    ///
    /// The number of terms, 1 to [`Self::MAX_TERMS`], is the upper half of the ecall's number.
    ExtensionDot {
        /// Number of terms.
        terms: u16,
    },
    /// `extension_dot_base(sum, a, b)`: the same, where `b` is an array of elements of the base field: one word each.
    ExtensionDotBase {
        /// Number of terms.
        terms: u16,
    },
    /// `keccak(state)`: the permutation `Keccak-f[1600]` (FIPS 202, section 3.3), in place. The state is 25 lanes of 64 bits,
    /// little-endian: lane (x, y) is the (5 y + x)-th.
    Keccak,
    /// `mul_mod(x, y, m)`: `x` becomes `x y mod m`, where all three are integers of 256 bits, eight words each, the lowest
    /// first. The result is below `m`, whether `x` and `y` are or not. A modulus of zero stands for 2^256, which eight
    /// words cannot hold: the result is the lower half of the product.
    MulMod,
}

impl Accelerator {
    /// Number of the first accelerator.
    pub const FIRST: u32 = 0x1000;

    /// Most terms of [`Self::ExtensionDot`] and [`Self::ExtensionDotBase`].
    pub const MAX_TERMS: u16 = 1023;

    /// Every accelerator; those with a number of terms with three.
    pub const ALL: &[Self] = &[
        Self::Sha256,
        Self::Poseidon2,
        Self::Poseidon2Montgomery,
        Self::ExtensionDot { terms: 3 },
        Self::ExtensionDotBase { terms: 3 },
        Self::Keccak,
        Self::MulMod,
    ];

    /// The accelerator with this ecall number, if there is one: the lower half says which, the upper half how many terms
    /// it has, and is zero for those without.
    pub const fn from_number(number: u32) -> Option<Self> {
        let terms = (number >> 16) as u16;
        match number & 0xffff {
            0x1003 if terms >= 1 && terms <= Self::MAX_TERMS => Some(Self::ExtensionDot { terms }),
            0x1004 if terms >= 1 && terms <= Self::MAX_TERMS => Some(Self::ExtensionDotBase { terms }),
            _ if terms > 0 => None,
            0x1000 => Some(Self::Sha256),
            0x1001 => Some(Self::Poseidon2),
            0x1002 => Some(Self::Poseidon2Montgomery),
            0x1005 => Some(Self::Keccak),
            0x1006 => Some(Self::MulMod),
            _ => None,
        }
    }

    /// Its ecall number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Sha256 => 0x1000,
            Self::Poseidon2 => 0x1001,
            Self::Poseidon2Montgomery => 0x1002,
            Self::ExtensionDot { terms } => 0x1003 | (terms as u32) << 16,
            Self::ExtensionDotBase { terms } => 0x1004 | (terms as u32) << 16,
            Self::Keccak => 0x1005,
            Self::MulMod => 0x1006,
        }
    }

    /// What it reads and writes: at a0, a1, and so on. One operand is written.
    pub fn operands(self) -> impl Iterator<Item = Operand> + Clone {
        let operands = match self {
            Self::Sha256 => [updates(8), reads(16), NONE],
            Self::Poseidon2 | Self::Poseidon2Montgomery => [updates(16), NONE, NONE],
            Self::Keccak => [updates(50), NONE, NONE],
            Self::MulMod => [updates(8), reads(8), reads(8)],
            Self::ExtensionDot { terms } => [updates(5), reads(5 * terms as u32), reads(5 * terms as u32)],
            Self::ExtensionDotBase { terms } => [updates(5), reads(5 * terms as u32), reads(terms as u32)],
        };
        operands.into_iter().take_while(|operand| *operand != NONE)
    }

    /// How its operands end the run, if they do, from arguments a0, a1, ...: [`Operand::fault`] of the first that does.
    ///
    /// # Errors
    /// Whatever `first_without` says.
    pub fn fault<E>(
        self,
        args: [u32; 4],
        mut first_without: impl FnMut(u32, u32, bool) -> Result<Option<u32>, E>,
    ) -> Result<Option<ExitReason>, E> {
        for (operand, ptr) in self.operands().zip(args) {
            let fault = operand.fault(ptr, &mut first_without)?;
            if fault.is_some() {
                return Ok(fault);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique() {
        let (mut single, mut counted) = (0, 0);
        for number in (0..0x3000).flat_map(|low: u32| (0..1100).map(move |terms| low | terms << 16)) {
            if let Some(accelerator) = Accelerator::from_number(number) {
                assert_eq!(accelerator.number(), number);
                assert!((Accelerator::FIRST..0x2000).contains(&(number & 0xffff)));
                assert_eq!(accelerator.operands().filter(|operand| operand.writes).count(), 1);
                if number >> 16 == 0 { single += 1 } else { counted += 1 }
            }
        }
        assert_eq!(counted, 2 * u32::from(Accelerator::MAX_TERMS));
        assert_eq!(single + 2, Accelerator::ALL.len());
        assert!(Accelerator::ALL.iter().all(|a| Accelerator::from_number(a.number()) == Some(*a)));
    }
}
