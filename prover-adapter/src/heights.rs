//! How many rows a segment asks of each table, before they are filled: where a segment must end.

use ember_isa::{Accelerator, ecall};
use ember_verifier::air::{KECCAK_ROWS, SHA256_ROWS, Table};

use crate::memory_model::MemoryModel;
use crate::record::Rows;

/// Most words that one instruction accesses.
const WORDS: usize = ecall::MAX_IO_LEN as usize / 4 + 1;
/// Most words that an accelerator accesses.
const OPERANDS: usize = 5 + 10 * Accelerator::MAX_TERMS as usize;

/// Rows of a table that a segment asks for: exactly, or more than it does. `Range16`, `Range8` and `ByteAnd` have a row for
/// each value at most, and never pass their limit.
pub(crate) fn rows(
    table: Table,
    rows: &Rows,
    memory: &MemoryModel<'_>,
    instructions: usize,
    is_whole: bool,
) -> usize {
    let [heap, writable, constant] = memory.groups();
    let journal = rows.journal.len().div_ceil(16);
    match table {
        // A row more shows the state at the end.
        Table::Cpu => instructions + 1,
        // A leaf of code has an instruction at least that is executed.
        Table::Rom | Table::Code => memory.instructions(),
        Table::Data if is_whole => writable + constant,
        Table::Data => constant,
        Table::Heap if is_whole => heap,
        Table::Memory if !is_whole => heap + writable,
        Table::Heap | Table::Memory => 0,
        Table::MemoryNode => memory.memory_nodes(is_whole),
        Table::Merkle => memory.constant_nodes(is_whole),
        Table::Touch => rows.touch.len(),
        Table::Journal => journal,
        Table::Poseidon2 => memory.hashes(is_whole) + rows.accel.permutations() + journal,
        Table::Bitwise => rows.bitwise.len(),
        Table::Shift => rows.shift.len(),
        Table::Part => rows.part.len(),
        Table::Mul => rows.mul.len(),
        Table::Div => rows.div.len(),
        Table::Csr => rows.csr.len(),
        // A call without words has a row too.
        Table::Io => rows.words() + rows.io.len(),
        Table::Operand | Table::Element | Table::Permute | Table::Dot => rows.accel.rows(table),
        Table::Sha256 | Table::Keccak | Table::MulMod | Table::Context => rows.accel.rows(table),
        Table::Range16 | Table::Range8 | Table::ByteAnd => 0,
    }
}

/// Most rows that one instruction adds to a table.
const fn most(table: Table) -> usize {
    match table {
        // A quarter of the words, if they lie side by side, and twice that is the most of a page's nodes. So many words are on
        // 258 pages, each with less than 30 nodes above its contents.
        Table::Data | Table::Heap | Table::Memory | Table::MemoryNode | Table::Merkle => WORDS,
        Table::Touch | Table::Io => WORDS,
        // Both versions of the nodes, and the journal's blocks.
        Table::Poseidon2 => 2 * WORDS + WORDS,
        Table::Journal => WORDS / 4 + 1,
        Table::Operand | Table::Element => OPERANDS,
        Table::Dot => Accelerator::MAX_TERMS as usize,
        Table::Sha256 => SHA256_ROWS,
        Table::Keccak => KECCAK_ROWS,
        // A division is checked by two multiplications.
        Table::Mul => 2,
        _ => 1,
    }
}

/// Whether some table might not hold what another instruction asks of it.
pub(crate) fn is_full(rows: &Rows, memory: &MemoryModel<'_>, instructions: usize, is_whole: bool) -> bool {
    Table::ALL.iter().any(|&table| {
        self::rows(table, rows, memory, instructions, is_whole) + most(table) > 1 << table.max_log_height()
    })
}

#[cfg(test)]
mod tests {
    use ember_isa::{Instruction, Op, csr, reg};
    use ember_memory::{Image, Part, Perm};
    use ember_trace::{Execution, Limits};
    use ember_verifier::{MAX_INSTRUCTIONS, Verifier};
    use ember_vm::{PrivateInput, Program, RunConfig};
    use p3_matrix::Matrix as _;
    use proptest::prelude::*;

    use super::*;
    use crate::record::{Record, SegmentLimits, Walk};
    use crate::run::{Recorded, Run};
    use crate::tables;

    const CODE: u32 = 0x1000;
    const DATA: u32 = 0x10_0000;
    /// Where the zeroed memory begins from which fresh words are taken.
    const HEAP: u32 = DATA + 0x1000;

    fn i(op: Op, rd: u8, rs1: u8, rs2: u8, imm: i32) -> u32 {
        Instruction { op, rd, rs1, rs2, imm: imm as u32 }.encode().expect("an instruction")
    }

    fn li(rd: u8, value: u32) -> [u32; 2] {
        let low = ((value << 20) as i32) >> 20;
        [i(Op::Lui, rd, 0, 0, value.wrapping_sub(low as u32) as i32), i(Op::Addi, rd, rd, 0, low)]
    }

    /// What a program does, again and again.
    #[derive(Clone, Copy, Debug)]
    enum Work {
        /// Instructions that ask for nothing, 64 of them.
        Wait,
        /// First loads of 16 words.
        Fresh,
        /// First loads of 16 words, a page apart.
        Pages,
        /// Stores of bytes, divisions, shifts, bitwise operations, reads of counters.
        Alu(Op),
        /// An accelerator's call on words that nothing has accessed, or on the same each time.
        Accelerator(Accelerator, bool),
        /// An ecall with so many bytes: to the console, to the journal, or from the private input.
        Write(u32),
        Journal(u32),
        Read(u32),
    }

    /// Fresh words are taken from where x8 points; x9 counts down.
    fn body(work: Work) -> Vec<u32> {
        let mut code = Vec::new();
        let ecall = |code: &mut Vec<u32>, number: u32| {
            code.extend(li(reg::T0, number));
            code.push(i(Op::Ecall, 0, 0, 0, 0));
        };
        match work {
            Work::Wait => code.extend([i(Op::Add, 0, 0, 0, 0); 64]),
            Work::Fresh => {
                code.extend((0..16).map(|n| i(Op::Lw, 0, 8, 0, 4 * n)));
                code.push(i(Op::Addi, 8, 8, 0, 64));
            }
            Work::Pages => {
                code.extend(li(12, 0x1000));
                code.extend([i(Op::Sw, 0, 8, 12, 0), i(Op::Add, 8, 8, 12, 0)].repeat(16));
            }
            Work::Alu(op) => {
                code.extend(li(12, DATA));
                let one = match op {
                    Op::Csrrs => i(op, 13, 0, 0, csr::INSTRET as i32),
                    Op::Sb => i(op, 0, 12, 13, 5),
                    _ => i(op, 13, 12, 12, 0),
                };
                code.extend([one; 64]);
            }
            Work::Accelerator(accelerator, is_fresh) => {
                if !is_fresh {
                    code.extend(li(8, HEAP));
                }
                for (n, operand) in accelerator.operands().enumerate() {
                    code.push(i(Op::Addi, reg::A0 + n as u8, 8, 0, 0));
                    code.extend(li(13, 4 * operand.words));
                    code.push(i(Op::Add, 8, 8, 13, 0));
                }
                ecall(&mut code, accelerator.number());
            }
            Work::Write(len) | Work::Journal(len) | Work::Read(len) => {
                let (number, fd) = match work {
                    Work::Write(_) => (ecall::WRITE, ecall::FD_STDOUT),
                    Work::Journal(_) => (ecall::WRITE, ecall::FD_JOURNAL),
                    _ => (ecall::READ, ecall::FD_INPUT),
                };
                code.extend(li(reg::A0, fd));
                code.push(i(Op::Addi, reg::A1, 8, 0, 0));
                code.extend(li(reg::A2, len));
                ecall(&mut code, number);
                code.extend(li(13, len));
                code.push(i(Op::Add, 8, 8, 13, 0));
            }
        }
        code
    }

    /// Does each work so often, one after the other.
    fn run_of(works: &[(Work, u32)]) -> Execution {
        let mut code = li(8, HEAP).to_vec();
        for &(work, rounds) in works {
            code.extend(li(9, rounds));
            let body = body(work);
            let back = -4 * (body.len() as i32 + 1);
            code.extend(body);
            code.extend([i(Op::Addi, 9, 9, 0, -1), i(Op::Bne, 0, 9, 0, back)]);
        }
        code.extend(li(reg::T0, ecall::EXIT));
        code.push(i(Op::Ecall, 0, 0, 0, 0));
        let bytes: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
        let parts = [
            Part { address: CODE, data: &bytes, mem_len: bytes.len() as u32, perm: Perm::EXECUTE },
            Part { address: DATA, data: &[1; 0x1000], mem_len: 0x1000, perm: Perm::READ_WRITE },
        ];
        let program = Program::new(Image::from_parts(CODE, &parts).expect("an image"));
        let config = RunConfig { memory_limit: 512 << 20, gas_limit: u64::MAX, ..Default::default() };
        let private = vec![7; 1 << 24];
        let mut host = PrivateInput(&private);
        Execution::record(&program, config, &mut host, Limits { steps: 8 << 20, io_words: 32 << 20 })
            .expect("a run that is short enough")
    }

    /// Looks at each segment.
    fn walk(execution: &Execution, limits: SegmentLimits, mut look: impl FnMut(&Record<'_>)) -> usize {
        let (verifier, program) = (Verifier::new(), execution.program());
        let run = Run::new(&verifier, &program, &execution.config).expect("it fits");
        let ending = &execution.ending;
        let source = Recorded::new(execution);
        let mut walk = Walk::new(&run, limits, source, ending.exit.pc, ending.instructions);
        let mut segments = 0;
        while let Some(record) = walk.segment().expect("an honest run") {
            segments += 1;
            look(&record);
        }
        segments
    }

    fn asked(record: &Record<'_>, table: Table) -> usize {
        let is_whole = record.end.memory.is_none();
        rows(table, &record.rows, record.memory, record.steps.len(), is_whole)
    }

    /// Nothing but the tables' own limits ends a segment.
    const NO_LIMITS: SegmentLimits = SegmentLimits {
        instructions: MAX_INSTRUCTIONS as usize,
        words: usize::MAX,
        hashes: usize::MAX,
        cells: usize::MAX,
    };

    /// How full the fullest table is, in percent of what the verifier accepts, and how many segments there are.
    #[track_caller]
    fn fits(works: &[(Work, u32)], limits: SegmentLimits) -> (usize, usize) {
        let execution = run_of(works);
        let mut fullest = 0;
        let segments = walk(&execution, limits, |record| {
            for &table in Table::ALL {
                let (rows, most) = (asked(record, table), 1usize << table.max_log_height());
                assert!(rows <= most, "{works:?}: {rows} rows of {}", table.name());
                fullest = fullest.max(100 * rows / most);
            }
        });
        (fullest, segments)
    }

    const DOT: Accelerator = Accelerator::ExtensionDot { terms: Accelerator::MAX_TERMS };

    fn work() -> impl Strategy<Value = Work> {
        const OPS: &[Op] = &[Op::Div, Op::Remu, Op::Mulhu, Op::Xor, Op::Sll, Op::Csrrs, Op::Sb];
        let accelerators: Vec<Accelerator> = Accelerator::ALL.iter().copied().chain([DOT]).collect();
        prop_oneof![
            Just(Work::Wait),
            Just(Work::Fresh),
            Just(Work::Pages),
            proptest::sample::select(OPS).prop_map(Work::Alu),
            (proptest::sample::select(accelerators), any::<bool>())
                .prop_map(|(accelerator, is_fresh)| Work::Accelerator(accelerator, is_fresh)),
            (0u32..1000).prop_map(|n| Work::Write(4 * n)),
            (0u32..300).prop_map(|n| Work::Journal(4 * n)),
            (0u32..1000).prop_map(|n| Work::Read(4 * n)),
        ]
    }

    #[test]
    fn one_instruction_fits_every_table() {
        for &table in Table::ALL {
            assert!(most(table) < 1 << table.max_log_height(), "{}", table.name());
        }
        let operands = |accelerator: &Accelerator| accelerator.operands().map(|o| o.words as usize).sum();
        let most: usize = Accelerator::ALL.iter().chain([&DOT]).map(operands).max().unwrap();
        assert_eq!(most, OPERANDS);
        const { assert!(OPERANDS < WORDS) };
    }

    /// 600 thousand first loads late, 43 thousand products and 102 sums: fewer than a million instructions, and 2^22 rows of
    /// Touch in one segment.
    #[test]
    fn a_run_of_late_first_accesses_is_cut() {
        let works = [
            (Work::Wait, 1200),
            (Work::Fresh, 37_500),
            (Work::Accelerator(Accelerator::MulMod, true), 43_000),
            (Work::Accelerator(DOT, true), 102),
        ];
        let (_, segments) =
            fits(&works, SegmentLimits { instructions: NO_LIMITS.instructions, ..Default::default() });
        assert!(segments > 1);
    }

    /// Each table that a program can fill by few instructions is cut where it is nearly full, and not before.
    #[test]
    fn every_table_is_used_up_to_its_limit() {
        let accelerate = |accelerator, rounds| (Work::Accelerator(accelerator, false), rounds);
        for (work, at_least) in [
            ((Work::Alu(Op::Div), 32_700), 99),
            (accelerate(Accelerator::MulMod, 150_000), 99),
            (accelerate(Accelerator::Keccak, 12_000), 99),
            (accelerate(Accelerator::Sha256, 70_000), 99),
            (accelerate(DOT, 250), 99),
            ((Work::Write(1 << 20), 12), 60),
        ] {
            let (fullest, segments) = fits(&[work], NO_LIMITS);
            assert!(fullest >= at_least, "{work:?}: {fullest}% in {segments} segments");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 6, ..Default::default() })]

        /// Mixes of a million instructions and more, by no limits but the tables'.
        #[test]
        fn no_run_fills_a_table_beyond_its_limit(
            works in prop::collection::vec((work(), 100u32..4000), 1..6),
            late in any::<bool>(),
        ) {
            let wait = late.then_some((Work::Wait, 1100));
            // Pages take long: each is hashed whole.
            let rounds = |(work, rounds)| (work, if matches!(work, Work::Pages) { rounds / 20 } else { rounds });
            let works: Vec<_> = wait.into_iter().chain(works.into_iter().map(rounds)).collect();
            fits(&works, NO_LIMITS);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..Default::default() })]

        /// What is counted is at least what is filled; and exactly, but for what is above nodes and words of code.
        #[test]
        fn tables_have_the_rows_that_are_counted(
            works in prop::collection::vec((work(), 1u32..12), 1..6),
            late in any::<bool>(),
            instructions in prop_oneof![Just(1usize << 20), 100usize..5000],
        ) {
            let wait = late.then_some((Work::Wait, 1100));
            let works: Vec<_> = wait.into_iter().chain(works).collect();
            walk(&run_of(&works), SegmentLimits { instructions, ..NO_LIMITS }, |record| {
                let filled = tables::build(record);
                for &table in Table::ALL {
                    let height = filled.iter().find(|(t, _)| *t == table).map_or(0, |(_, m)| m.height());
                    let asked = asked(record, table);
                    match table {
                        Table::Range16 | Table::Range8 | Table::ByteAnd => {
                            assert!(height <= 1 << table.max_log_height());
                        }
                        Table::Cpu if record.steps.is_empty() => {}
                        Table::Code | Table::Merkle | Table::MemoryNode | Table::Poseidon2 | Table::Io => {
                            assert!(height <= asked.next_power_of_two(), "{}", table.name());
                        }
                        _ if asked == 0 => assert_eq!(height, 0, "{}", table.name()),
                        _ => assert_eq!(height, asked.next_power_of_two(), "{}", table.name()),
                    }
                }
            });
        }
    }
}
