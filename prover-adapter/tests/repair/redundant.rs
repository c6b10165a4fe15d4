//! Parts of circuits without which nothing false is accepted, with the reason.

use ember_verifier::air::Table;

/// Parts of a table: a pattern of what [`Circuit::describe`](ember_gates::repair::Circuit::describe) says, in which `*` stands
/// for anything.
pub struct Redundant {
    pub table: Table,
    pub what: &'static str,
    pub why: &'static str,
}

macro_rules! redundant {
    ($($table:ident [$($what:literal)*] $why:expr;)*) => {
        /// Every entry, exactly: one that nothing needs fails the test.
        pub const REDUNDANT: &[Redundant] = &[$($(Redundant { table: Table::$table, what: $what, why: $why },)*)*];
    };
}

const ZERO: &str = "the processor sends zero there, by constraints of its own";
const NO_OPERANDS: &str = "the processor sends zero there: Rom gives the instruction x0 and no immediate";
const ENDS: &str = "as many words are taken off as are put on, each after all of its accesses, or the next one finds none; \
                    nothing asks whose row takes which, or what a word ends as";
const NO_PART: &str = "the column is in nothing else: it is free already";

redundant! {
    Bitwise ["message 4, aux off: " "message 4, aux m?: " "message 4, aux n?: " "message 4, aux gas?: "] ZERO;
    Shift ["message 1, aux off: " "message 1, aux m?: " "message 1, aux n?: " "message 1, aux gas?: "] ZERO;
    Mul ["message 21, aux off: " "message 21, aux m?: " "message 21, aux n?: " "message 21, aux gas?: "] ZERO;
    Div ["message 14, aux off: " "message 14, aux m?: " "message 14, aux n?: " "message 14, aux gas?: "] ZERO;
    Csr ["message 13, aux off: " "message 13, aux n1: " "message 13, aux gas?: "] ZERO;
    Csr ["message 13, aux a?: " "message 13, aux s?: "] NO_OPERANDS;
    Part ["message 0, aux gas?: "] ZERO;
    Part ["message 0, aux a0: a[0]" "message 0, aux a1: a[1]" "message 0, aux s1: s[1]"] NO_PART;
    Shift ["message 1, aux s1: s_high"] NO_PART;
    Div ["message 6, aux off: " "message 6, aux m?: " "message 6, aux n?: " "message 6, aux gas?: "
         "message 7, aux off: " "message 7, aux m?: " "message 7, aux n?: " "message 7, aux gas?: "]
        "Mul has zero there, and nothing else is answered";

    Data ["message 2, mem *" "message 4, mem *" "message 6, mem *" "message 8, mem *"] ENDS;
    Heap ["message 7, mem *" "message 9, mem *" "message 11, mem *" "message 13, mem *"] ENDS;
    Memory ["message ?, mem time: time*" "message ?, mem permission: "]
        "of a word one last access is left, and words of one place have one permission";
    Memory ["message *, range16: before*"]
        "an image has bytes, and what a segment before left was range-checked where it was computed";
    Heap ["message 1, range16: gap[1]" "message 4, range16: room[1]"]
        "64 times the limb is below 2^16, so 2^16 times the limb is a multiple of 2^10 below 2^26, limb or not";
    Data ["constraint 3: is_input, writable"] "both at once would be space 12, of which no tree is";

    MemoryNode ["constraint 1: inner"]
        "the root has 0, and a child has what its parent has, or one more below a page, which has 0: 0 or 1, from the root down";
    MemoryNode ["constraint 4: root"] "the first row has 1 and every other row 0, by constraints of their own";
    MemoryNode ["constraint *: before[16], page" "constraint *: after[16], page" "constraint *: before[17], page"
        "constraint *: after[17], page" "constraint *: before[18], page" "constraint *: after[18], page"
        "constraint *: before[19], page" "constraint *: after[19], page" "constraint *: before[20], page"
        "constraint *: after[20], page" "constraint *: before[21], page" "constraint *: after[21], page"
        "constraint *: before[22], page" "constraint *: after[22], page" "constraint *: before[23], page"
        "constraint *: after[23], page"]
        "a page's right child is not opened, so it is the same before and after: either of the two constraints binds both";

    Rom ["constraint 0: real"] "a row is fetched from only if `real` is 1; else its look-ups ask for more, not for less";
    Rom ["constraint 1: bits[0]" "constraint 2: bits[1]" "constraint 3: bits[2]" "constraint 4: bits[3]"
        "constraint 5: bits[4]" "constraint 6: bits[5]" "constraint 7: bits[6]"]
        "every operation fixes these bits, so a row that is real has 0 or 1 there";
    Rom ["message 3, range16: pc_low" "message 4, range16: target[0]" "message 5, range16: target[0]"]
        "the same word address in limbs that are too large or small: the carry, a boolean, makes up for it, and sums and \
         targets are what they were";

    Cpu ["constraint 48: real, next real"] "a row that is not real leaves the state as it is, wherever it stands";
    Cpu ["constraint 187: family, off" "constraint 188: family, m" "constraint 189: family, n" "constraint 193: family, m"
        "constraint 194: family, n" "constraint 199: family[18], n[1]"]
        "every table that answers an operation of registers, or of counters, has zero there";
    Div ["constraint 0: op[0]"] "other flags that add up to a sub-operation are those of `remu`, and compute it";
    Div ["constraint 4: by_zero"] "`regular`, a boolean, is what it takes from `real`: on a real row it is 0 or 1";
    Rom ["constraint 81: op[48]"] "that of `ebreak`, which is 0 by a constraint of its own";
    Mul ["constraint 14: op[0], op[1], op[2], op[3]"] "no two or more of the sub-operations 13 to 16 add up to one";
    Mul ["message 10, range8: product[6]" "message 11, range8: product[7]"]
        "they are only used as the sum that is the last carry, which is fixed by the bytes below";
    Mul ["message 8, range8: product[4]"]
        "a byte that is too large leaves as much less to the carry; both limbs of the high half are range-checked as a result";
    Part ["constraint 58: op"]
        "two operations need two offsets, so that the offset is not 0; their sub-operations add up to one without an offset, or \
         to an ecall's, which is asked for once";
    Csr ["constraint 8: real, instret"] "a row that is not real says nothing";
    Csr ["message 7, range16: retired[0]"] "limbs are added with carries: another split of the same time is the same counter";
    Csr ["message 12, range16: out[3]"] "counters are far from 2^64";
    Element ["constraint 17: new[1], top"] "an upper limb that is one more than another below 0x7eff, over 0, is canonical too";
    Dot ["message *, element field ?: a[?]" "message *, element field ?: b[?]"]
        "an operand that is read is the same before and after: the other of both fields binds it";
    Journal ["constraint 1: block"] "positions begin at 0, where they are sent";
    Journal ["constraint 2: real, next real"] "a row that is not real leaves the chain as it is, wherever it stands";
    Journal ["constraint *: present[*], present[*]"]
        "each position is sent once, and the verifier has the chain of full blocks: bytes elsewhere give another";
    Bitwise ["constraint 2: op[2]"] "other flags with a sum of 0 or 1 have the sub-operation 0, for which nobody asks";
    Operand ["constraint 2: same"] "one of a time with a mark before it is 1, as only that allows the mark, and without one it is 0";
    Element ["constraint 2: same"] "one of a time with a mark before it is 1, as only that allows the mark, and without one it is 0";
    Permute ["constraint 2: real, montgomery"] "a row that is not real says nothing";
    Permute ["message 0, aux m?: unused*" "message 0, aux n?: unused*"] NO_PART;
    Permute ["message *, element rank: "]
        "as an operand that is read the word would have to stay as it is, which is no less than being written as that";
}

/// Whether a text is of a pattern, in which `*` stands for anything and `?` for one character.
pub fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|n| fits(rest, &text[n..])),
        Some((c, rest)) => text.first().is_some_and(|t| (*c == b'?' || t == c) && fits(rest, &text[1..])),
    }
}
