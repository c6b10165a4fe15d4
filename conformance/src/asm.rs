//! A small assembler: builds code from the instruction table's own encoder, with labels.
//!
//! ```
//! use ember_conformance::asm::Asm;
//! use ember_isa::{Op, reg::{A0, T0, ZERO}};
//!
//! let mut a = Asm::new(0x1_0000);
//! a.li(A0, 10).label("loop").i(Op::Addi, A0, A0, -1).branch(Op::Bne, A0, ZERO, "loop").exit(A0);
//! assert_eq!(a.words().len(), 5);
//! # let _ = T0;
//! ```

use std::collections::BTreeMap;

use ember_isa::reg::{A0, T0, ZERO};
use ember_isa::{Instruction, Op, ecall};

/// What stands for a word until every label is known.
enum Item {
    Word(u32),
    /// A branch or jump to a label: the immediate is the distance.
    Relative(Instruction, String),
    /// Upper part of a label's address, for `lui`.
    High(Instruction, String),
    /// Lower part of a label's address, for `addi`.
    Low(Instruction, String),
}

/// Code under construction. Every method that adds something returns the assembler, so that calls chain.
///
/// # Panics
/// Its methods panic where an operand has no encoding or a label is missing or defined twice: a suite's source
/// is wrong then.
pub struct Asm {
    base: u32,
    items: Vec<Item>,
    labels: BTreeMap<String, u32>,
}

fn encode(instruction: Instruction) -> u32 {
    instruction.encode().unwrap_or_else(|e| panic!("{instruction:?}: {e}"))
}

/// Upper part of `value` for a `lui` that is followed by an `addi` of [`low`].
fn high(value: u32) -> u32 {
    value.wrapping_add(0x800) & 0xffff_f000
}

/// Lower part of `value`, sign-extended.
fn low(value: u32) -> u32 {
    value.wrapping_sub(high(value))
}

impl Asm {
    /// Code whose first word lies at `base`, a multiple of 4.
    pub fn new(base: u32) -> Self {
        assert!(base.is_multiple_of(4), "code starts at a multiple of 4");
        Self { base, items: Vec::new(), labels: BTreeMap::new() }
    }

    /// Address of the first word.
    pub fn base(&self) -> u32 {
        self.base
    }

    /// Address of the next word.
    pub fn here(&self) -> u32 {
        self.base + 4 * self.items.len() as u32
    }

    /// Number of words so far.
    pub fn count(&self) -> u64 {
        self.items.len() as u64
    }

    /// Names the address of the next word.
    pub fn label(&mut self, name: &str) -> &mut Self {
        let here = self.here();
        assert!(self.labels.insert(name.to_owned(), here).is_none(), "label {name} is defined twice");
        self
    }

    /// Any word, legal or not.
    pub fn word(&mut self, word: u32) -> &mut Self {
        self.items.push(Item::Word(word));
        self
    }

    /// Any words.
    pub fn all(&mut self, words: &[u32]) -> &mut Self {
        self.items.extend(words.iter().map(|&w| Item::Word(w)));
        self
    }

    /// One instruction from its parts; fields that the format does not use are ignored.
    pub fn op(&mut self, op: Op, rd: u8, rs1: u8, rs2: u8, imm: u32) -> &mut Self {
        self.word(encode(Instruction { op, rd, rs1, rs2, imm }))
    }

    /// `op rd, rs1, rs2`.
    pub fn r(&mut self, op: Op, rd: u8, rs1: u8, rs2: u8) -> &mut Self {
        self.op(op, rd, rs1, rs2, 0)
    }

    /// `op rd, rs1, imm`: arithmetic with an immediate, shifts by a constant, `jalr`, and loads
    /// (`op rd, imm(rs1)`).
    pub fn i(&mut self, op: Op, rd: u8, rs1: u8, imm: i32) -> &mut Self {
        self.op(op, rd, rs1, 0, imm as u32)
    }

    /// `op rs2, imm(rs1)`: a store.
    pub fn s(&mut self, op: Op, rs2: u8, rs1: u8, imm: i32) -> &mut Self {
        self.op(op, 0, rs1, rs2, imm as u32)
    }

    /// `lui` or `auipc`; `imm` has its low twelve bits clear.
    pub fn u(&mut self, op: Op, rd: u8, imm: u32) -> &mut Self {
        self.op(op, rd, 0, 0, imm)
    }

    /// `op rd, counter`: a read by one of the four CSR instructions.
    pub fn csr(&mut self, op: Op, rd: u8, counter: u32) -> &mut Self {
        self.op(op, rd, 0, 0, counter)
    }

    /// A branch to a label.
    pub fn branch(&mut self, op: Op, rs1: u8, rs2: u8, label: &str) -> &mut Self {
        self.items.push(Item::Relative(Instruction { op, rd: 0, rs1, rs2, imm: 0 }, label.to_owned()));
        self
    }

    /// A branch by a distance in bytes, any even number that fits.
    pub fn branch_by(&mut self, op: Op, rs1: u8, rs2: u8, distance: i32) -> &mut Self {
        self.op(op, 0, rs1, rs2, distance as u32)
    }

    /// `jal rd, label`.
    pub fn jal(&mut self, rd: u8, label: &str) -> &mut Self {
        let jal = Instruction { op: Op::Jal, rd, rs1: 0, rs2: 0, imm: 0 };
        self.items.push(Item::Relative(jal, label.to_owned()));
        self
    }

    /// `jal rd, . + distance`.
    pub fn jal_by(&mut self, rd: u8, distance: i32) -> &mut Self {
        self.op(Op::Jal, rd, 0, 0, distance as u32)
    }

    /// `rd = value`, in one word where that suffices, else in two.
    pub fn li(&mut self, rd: u8, value: u32) -> &mut Self {
        if high(value) == 0 {
            return self.op(Op::Addi, rd, ZERO, 0, value);
        }
        self.u(Op::Lui, rd, high(value));
        if low(value) != 0 { self.op(Op::Addi, rd, rd, 0, low(value)) } else { self }
    }

    /// `rd = value` in exactly two words.
    pub fn li2(&mut self, rd: u8, value: u32) -> &mut Self {
        self.u(Op::Lui, rd, high(value)).op(Op::Addi, rd, rd, 0, low(value))
    }

    /// `rd = address of label`, in exactly two words.
    pub fn la(&mut self, rd: u8, label: &str) -> &mut Self {
        let instruction = |op, rs1| Instruction { op, rd, rs1, rs2: 0, imm: 0 };
        self.items.push(Item::High(instruction(Op::Lui, 0), label.to_owned()));
        self.items.push(Item::Low(instruction(Op::Addi, rd), label.to_owned()));
        self
    }

    /// `rd = rs`.
    pub fn mv(&mut self, rd: u8, rs: u8) -> &mut Self {
        self.i(Op::Addi, rd, rs, 0)
    }

    /// `addi x0, x0, 0`.
    pub fn nop(&mut self) -> &mut Self {
        self.i(Op::Addi, ZERO, ZERO, 0)
    }

    /// `t0 = number; ecall`.
    pub fn ecall(&mut self, number: u32) -> &mut Self {
        self.li(T0, number).op(Op::Ecall, 0, 0, 0, 0)
    }

    /// `exit(rs)`: three words, or two where `rs` is a0.
    pub fn exit(&mut self, rs: u8) -> &mut Self {
        if rs != A0 {
            self.mv(A0, rs);
        }
        self.ecall(ecall::EXIT)
    }

    /// `exit(0)`.
    pub fn exit_ok(&mut self) -> &mut Self {
        self.exit(ZERO)
    }

    /// Address of a label.
    pub fn address(&self, label: &str) -> u32 {
        *self.labels.get(label).unwrap_or_else(|| panic!("no label {label}"))
    }

    /// The finished code.
    pub fn words(&self) -> Vec<u32> {
        let at = |i: usize| self.base + 4 * i as u32;
        self.items
            .iter()
            .enumerate()
            .map(|(i, item)| match item {
                Item::Word(word) => *word,
                Item::Relative(op, label) => {
                    encode(Instruction { imm: self.address(label).wrapping_sub(at(i)), ..*op })
                }
                Item::High(op, label) => encode(Instruction { imm: high(self.address(label)), ..*op }),
                Item::Low(op, label) => encode(Instruction { imm: low(self.address(label)), ..*op }),
            })
            .collect()
    }

    /// The finished code as bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.words().into_iter().flat_map(u32::to_le_bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ember_isa::decode;

    #[test]
    fn constants_and_labels() {
        for value in [0, 1, 0x7ff, 0x800, 0xfff, 0x1000, u32::MAX, 0xffff_f800, 0xffff_f7ff, 0x7fff_ffff] {
            let mut a = Asm::new(0x1000);
            a.li(A0, value).li2(T0, value);
            let mut regs = [0u32; 16];
            for word in a.words() {
                let i = decode(word).unwrap();
                regs[i.rd as usize] = match i.op {
                    Op::Lui => i.imm,
                    _ => regs[i.rs1 as usize].wrapping_add(i.imm),
                };
            }
            assert_eq!((regs[10], regs[5]), (value, value), "{value:#x}");
        }
        let mut a = Asm::new(0x1000);
        a.la(A0, "end").jal(ZERO, "start").label("start").branch(Op::Beq, A0, A0, "start").label("end");
        let words = a.words();
        assert_eq!(decode(words[0]).unwrap().imm.wrapping_add(decode(words[1]).unwrap().imm), 0x1010);
        assert_eq!((decode(words[2]).unwrap().imm, decode(words[3]).unwrap().imm), (4, 0));
    }
}
