//! Proves that a sudoku has a solution. The public input is the puzzle: 81 characters, digits and dots for empty cells, white
//! space anywhere. The private input is the solution, 81 digits, which the proof does not hide: proofs are not zero-knowledge.
//! The journal is the puzzle; a solution that is none ends with exit code 1 and an empty journal.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;
use ember_guest::{entry, eprintln, exit, io};

/// Cells in rows; 0 is an empty one.
type Grid = [u8; 81];

entry!(main);

fn main() {
    match solved_puzzle(io::input(), &io::read_private_to_end()) {
        Ok(puzzle) => io::journal(&puzzle.map(|cell| if cell == 0 { b'.' } else { b'0' + cell })),
        Err(reason) => {
            eprintln!("{reason}");
            exit(1)
        }
    }
}

fn solved_puzzle(puzzle: &[u8], solution: &[u8]) -> Result<Grid, &'static str> {
    let puzzle = grid(puzzle).ok_or("the puzzle is not 81 digits and dots")?;
    let solution = grid(solution).ok_or("the solution is not 81 digits")?;
    if puzzle.iter().zip(&solution).any(|(&given, &cell)| given != 0 && given != cell) {
        return Err("the solution is one of another puzzle");
    }
    // Nine cells with all nine digits each: rows, columns and boxes.
    let is_whole =
        |cells: [usize; 9]| cells.iter().fold(0u16, |seen, &at| seen | 1 << solution[at]) == 0b11_1111_1110;
    let good = (0..9).all(|n| {
        let (top, left) = (n / 3 * 3, n % 3 * 3);
        is_whole(core::array::from_fn(|i| 9 * n + i))
            && is_whole(core::array::from_fn(|i| 9 * i + n))
            && is_whole(core::array::from_fn(|i| 9 * (top + i / 3) + left + i % 3))
    });
    if good { Ok(puzzle) } else { Err("a row, column or box has a digit twice") }
}

fn grid(text: &[u8]) -> Option<Grid> {
    let cells = text.iter().filter(|c| !c.is_ascii_whitespace()).map(|&c| match c {
        b'.' => Some(0),
        b'1'..=b'9' => Some(c - b'0'),
        _ => None,
    });
    cells.collect::<Option<Vec<u8>>>()?.try_into().ok()
}
