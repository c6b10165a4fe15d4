//! Ten million instructions, written and read back in less than 1 GiB: streamed, and in memory.

mod common;

use std::io::{Seek, Write};

use common::*;
use ember_isa::Op;
use ember_trace::{Ending, Execution, Limits, Reader, Writer, replay_file};
use ember_vm::{Machine, NoHost, Program};

const INSTRUCTIONS: usize = 10_000_000;

/// Most memory that the process has held, in bytes, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// A loop of 10 instructions that mixes words in memory, 2^20 times and some.
fn program() -> Program {
    let rounds = INSTRUCTIONS as u32 / 10 + 1;
    let code = [
        &li(8, DATA)[..],
        &li(9, rounds),
        &li(12, 0x9e37_79b9),
        &[
            i(Op::Andi, 13, 9, 0, 0x3fc),
            i(Op::Add, 13, 13, 8, 0),
            i(Op::Lw, 14, 13, 0, 0),
            i(Op::Mul, 15, 14, 12, 0),
            i(Op::Xor, 15, 15, 9, 0),
            i(Op::Srli, 14, 15, 0, 7),
            i(Op::Add, 15, 15, 14, 0),
            i(Op::Sw, 0, 13, 15, 0),
            i(Op::Addi, 9, 9, 0, -1),
            i(Op::Bne, 0, 9, 0, -36),
        ],
        &call(93, &[0]),
    ]
    .concat();
    Program::new(image(&code))
}

#[test]
fn ten_million_instructions() {
    let (program, config) = (program(), config());
    let mut machine = Machine::new(&program, config.clone()).unwrap();
    let mut writer = Writer::new(tempfile::tempfile().unwrap(), program.image(), &config).unwrap();
    let exit = machine.run_traced(&mut NoHost, &mut writer);
    let ending = Ending::new(&machine, exit);
    let (mut file, bytes) = writer.finish(&ending).unwrap();
    assert!(ending.instructions >= INSTRUCTIONS as u64);
    assert!(bytes < 6 * ending.instructions, "{bytes} bytes");

    file.rewind().unwrap();
    assert_eq!(replay_file(Reader::new(&mut file).unwrap()).unwrap(), ending);
    if let Some(peak) = peak_memory() {
        assert!(peak < 64 << 20, "streaming took {} MiB", peak >> 20);
    }

    let limits = Limits::steps(INSTRUCTIONS + 1000);
    let run = Execution::record(&program, config, &mut NoHost, limits).unwrap();
    file.rewind().unwrap();
    assert_eq!(run.write_to(&mut file).unwrap(), bytes);
    file.flush().unwrap();
    file.rewind().unwrap();
    assert!(Execution::read_from(file, limits).unwrap() == run);
    if let Some(peak) = peak_memory() {
        assert!(peak < 1 << 30, "it took {} MiB", peak >> 20);
        println!("{bytes} bytes; {} MiB at most", peak >> 20);
    }
}
