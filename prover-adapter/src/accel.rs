//! What accelerators' tables get, and that of `context`: their calls, and every access to a word of an operand.

use std::collections::HashMap;

use ember_isa::{Accelerator, Context, Operand};
use ember_verifier::air::{KECCAK_ROWS, OPERAND_WRITTEN, SHA256_ROWS, Table};

use crate::record::{Note, Walk};
use crate::run::Steps;

/// An accelerator's ecall.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) accelerator: Accelerator,
    pub(crate) clk: u32,
    /// a0, a1, a2.
    pub(crate) args: [u32; 3],
}

/// An access to a word: a row of `Operand`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) clk: u32,
    pub(crate) address: u32,
    pub(crate) rank: u32,
    pub(crate) old: u32,
    pub(crate) new: u32,
    pub(crate) prev: u32,
    pub(crate) writable: bool,
    /// One more than the rank of the same ecall's access before, or zero.
    pub(crate) before: u32,
    /// One more than the rank of this access if the same ecall has another one after it, or zero.
    pub(crate) after: u32,
}

/// A compression: the state before, and the block's words as they lie in memory.
#[derive(Clone, Debug)]
pub(crate) struct Sha256 {
    pub(crate) call: Call,
    pub(crate) state: [u32; 8],
    pub(crate) block: [u32; 16],
}

/// A permutation: words before and after.
#[derive(Clone, Debug)]
pub(crate) struct Permute {
    pub(crate) call: Call,
    pub(crate) before: [u32; 16],
    pub(crate) after: [u32; 16],
}

/// A permutation of Keccak: the words before.
#[derive(Clone, Debug)]
pub(crate) struct Keccak {
    pub(crate) call: Call,
    pub(crate) state: [u32; 50],
}

/// A modular multiplication: words of the factors, the modulus, and the result.
#[derive(Clone, Debug)]
pub(crate) struct MulMod {
    pub(crate) call: Call,
    pub(crate) x: [u32; 8],
    pub(crate) y: [u32; 8],
    pub(crate) m: [u32; 8],
    pub(crate) result: [u32; 8],
}

/// A sum of products: the words of the sum before, and of the factors.
#[derive(Clone, Debug)]
pub(crate) struct Dot {
    pub(crate) call: Call,
    pub(crate) sum: [u32; 5],
    pub(crate) a: Vec<[u32; 5]>,
    /// One word each where `is_base`, the others zero.
    pub(crate) b: Vec<[u32; 5]>,
    pub(crate) is_base: bool,
}

/// A call of `context`: the words before.
#[derive(Clone, Debug)]
pub(crate) struct ContextCall {
    pub(crate) clk: u32,
    /// a0, a1, a2.
    pub(crate) args: [u32; 3],
    pub(crate) old: [u32; Context::WORDS],
}

/// Words of an operand: its rank, its pointer, and each word before and after.
type Words = (u32, u32, Vec<(u32, u32)>);

/// Every accelerator's calls.
#[derive(Default)]
pub(crate) struct Calls {
    /// Accesses to words.
    pub(crate) accesses: Vec<Access>,
    /// Accesses to words that stand for field elements.
    pub(crate) elements: Vec<Access>,
    pub(crate) permute: Vec<Permute>,
    pub(crate) dot: Vec<Dot>,
    /// Terms of all of them.
    pub(crate) terms: usize,
    pub(crate) sha256: Vec<Sha256>,
    pub(crate) keccak: Vec<Keccak>,
    pub(crate) mul_mod: Vec<MulMod>,
    pub(crate) context: Vec<ContextCall>,
}

impl Calls {
    /// Permutations that the program asks for.
    pub(crate) fn permutations(&self) -> usize {
        self.permute.len()
    }

    /// Rows of an accelerator's table; none of others.
    pub(crate) fn rows(&self, table: Table) -> usize {
        match table {
            Table::Operand => self.accesses.len(),
            Table::Element => self.elements.len(),
            Table::Permute => self.permute.len(),
            Table::Dot => self.terms,
            Table::Keccak => self.keccak.len() * KECCAK_ROWS,
            Table::MulMod => self.mul_mod.len(),
            Table::Context => self.context.len(),
            Table::Sha256 => self.sha256.len() * SHA256_ROWS,
            _ => 0,
        }
    }

    /// Cells of all accelerators' tables, and of the permutations.
    pub(crate) fn cells(&self) -> usize {
        let own: usize = Table::ALL.iter().map(|&table| table.columns() * self.rows(table)).sum();
        own + Table::Poseidon2.columns() * self.permutations()
    }
}

impl<S: Steps> Walk<'_, S> {
    /// The rows of an accelerator's ecall. `None` when the trace is inconsistent.
    pub(crate) fn accelerate(&mut self, call: Call) -> Option<()> {
        let Call { accelerator, clk, args } = call;
        // The words in the order of the trace, which is that of the registers.
        let mut operands: Vec<Words> = Vec::new();
        let mut ranks = 0..OPERAND_WRITTEN;
        for (operand, ptr) in accelerator.operands().zip(args) {
            let rank = if operand.writes { OPERAND_WRITTEN } else { ranks.next()? };
            operands.push((rank, ptr, self.next_words(operand)?));
        }
        let words = operands.iter().flat_map(|(_, _, words)| words.iter().copied());
        let (old, new): (Vec<u32>, Vec<u32>) = words.unzip();
        let elements = match accelerator {
            Accelerator::Sha256 | Accelerator::Keccak | Accelerator::MulMod => false,
            Accelerator::Poseidon2
            | Accelerator::Poseidon2Montgomery
            | Accelerator::ExtensionDot { .. }
            | Accelerator::ExtensionDotBase { .. } => true,
        };
        self.access_operands(clk, elements, operands)?;
        match accelerator {
            Accelerator::Sha256 => self.rows.accel.sha256.push(Sha256 {
                call,
                state: old[..8].try_into().expect("eight words"),
                block: old[8..].try_into().expect("sixteen words"),
            }),
            Accelerator::Keccak => {
                self.rows.accel.keccak.push(Keccak { call, state: old.try_into().expect("fifty words") })
            }
            Accelerator::MulMod => {
                let eight = |words: &[u32]| words.try_into().expect("eight words");
                self.rows.accel.mul_mod.push(MulMod {
                    call,
                    x: eight(&old[..8]),
                    y: eight(&old[8..16]),
                    m: eight(&old[16..]),
                    result: eight(&new[..8]),
                })
            }
            Accelerator::Poseidon2 | Accelerator::Poseidon2Montgomery => {
                self.rows.accel.permute.push(Permute {
                    call,
                    before: old.try_into().expect("sixteen words"),
                    after: new.try_into().expect("sixteen words"),
                })
            }
            Accelerator::ExtensionDot { terms } | Accelerator::ExtensionDotBase { terms } => {
                let is_base = matches!(accelerator, Accelerator::ExtensionDotBase { .. });
                let five = |words: &[u32]| core::array::from_fn(|i| *words.get(i).unwrap_or(&0));
                let (sum, rest) = old.split_at(5);
                let (a, b) = rest.split_at(5 * usize::from(terms));
                let width = if is_base { 1 } else { 5 };
                self.rows.accel.terms += usize::from(terms);
                self.rows.accel.dot.push(Dot {
                    call,
                    sum: five(sum),
                    a: a.chunks_exact(5).map(five).collect(),
                    b: b.chunks_exact(width).map(five).collect(),
                    is_base,
                });
            }
        }
        Some(())
    }

    /// The row of a call of `context`. `None` when the trace is inconsistent.
    pub(crate) fn context(&mut self, clk: u32, args: [u32; 3]) -> Option<()> {
        let words = self.next_words(Context::OPERAND)?;
        let old = core::array::from_fn(|i| words[i].0);
        self.access_operands(clk, false, vec![(OPERAND_WRITTEN, args[0], words)])?;
        self.rows.accel.context.push(ContextCall { clk, args, old });
        Some(())
    }

    /// The next words of the trace, which are those of an operand.
    fn next_words(&mut self, operand: Operand) -> Option<Vec<(u32, u32)>> {
        (0..operand.words).map(|_| self.next_word()).collect()
    }

    /// Accesses the words of an ecall's operands, in the order of their ranks.
    fn access_operands(&mut self, clk: u32, elements: bool, mut operands: Vec<Words>) -> Option<()> {
        operands.sort_by_key(|(rank, ..)| *rank);
        let mut latest: HashMap<u32, usize> = HashMap::new();
        for (rank, ptr, words) in operands {
            for (i, (old, new)) in words.into_iter().enumerate() {
                let address = ptr.checked_add(4 * i as u32)?;
                let (found, Note { prev, writable }) = self.access(address, clk, |_| new)?;
                if found != old {
                    return None;
                }
                let calls = &mut self.rows.accel;
                let accesses = if elements { &mut calls.elements } else { &mut calls.accesses };
                let mut before = 0;
                if let Some(earlier) = latest.insert(address, accesses.len()) {
                    before = accesses[earlier].rank + 1;
                    accesses[earlier].after = before;
                }
                let address = address / 4;
                accesses.push(Access { clk, address, rank, old, new, prev, writable, before, after: 0 });
            }
        }
        Some(())
    }
}
