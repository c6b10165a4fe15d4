//! The decoder, on words.

use ember_isa::op::{Format, TABLE};
use ember_isa::{Instruction, csr, decode};

/// Reads the bytes as words. A word is one operation or none; an operation's fields are in range, its encoding means
/// the same, and it has a disassembly.
///
/// # Panics
/// If the decoder is wrong.
pub fn check(data: &[u8]) {
    for bytes in data.chunks_exact(4) {
        let word = u32::from_le_bytes(bytes.try_into().expect("four bytes"));
        // Of the CSR instructions only those of the counters are operations.
        let counts = csr::ALL.iter().any(|(number, _)| *number == word >> 20);
        let rows = TABLE
            .iter()
            .filter(|info| word & info.mask == info.value && (info.format != Format::Csr || counts))
            .count();
        match decode(word) {
            Ok(i) => legal(word, i, rows),
            Err(illegal) => {
                assert_eq!(illegal.0, word);
                assert_eq!(rows, 0, "{word:#010x} is illegal and in the table");
            }
        }
    }
}

fn legal(word: u32, i: Instruction, rows: usize) {
    assert_eq!(rows, 1, "{word:#010x} is {rows} operations");
    assert!([i.rd, i.rs1, i.rs2].iter().all(|&r| r < 16), "{i:?}");
    let encoded = i.encode().expect("what was decoded has an encoding");
    assert_eq!(decode(encoded), Ok(i), "{word:#010x}");
    assert!(!i.to_string().is_empty());
}
