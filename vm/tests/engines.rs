//! The fast engine against the reference interpreter: every observable result, at every gas limit.

use ember_isa::{GasTable, Instruction, Op};
use ember_memory::{Image, Part, Perm};
use ember_vm::{Host, HostReply, Machine, NoTrace, Program, RunConfig, Status, Step, Tracer};
use proptest::prelude::*;

const CODE: u32 = 0x1000;
const CONSTANTS: u32 = 0x3000;
const DATA: u32 = 0x4000;

/// Answers everything, always in the same way.
#[derive(Clone, Default)]
struct TestHost {
    reads: u8,
    console: Vec<u8>,
}

impl Host for TestHost {
    fn read(&mut self, buf: &mut [u8]) -> usize {
        self.reads = self.reads.wrapping_add(1);
        let n = buf.len().min(usize::from(self.reads % 4));
        buf[..n].fill(self.reads);
        n
    }

    fn write(&mut self, fd: u32, bytes: &[u8]) {
        self.console.push(fd as u8);
        self.console.extend_from_slice(bytes);
    }

    fn host_call(&mut self, number: u32, input: &[u8], out_len: u32) -> HostReply {
        match number {
            0x2001 => HostReply::Abort(5),
            _ => HostReply::Return(vec![input.len() as u8; out_len.min(9) as usize]),
        }
    }
}

#[derive(Default, PartialEq, Debug)]
struct Recorder {
    steps: Vec<Step>,
    words: Vec<(usize, u32, u32)>,
}

impl Tracer for Recorder {
    fn step(&mut self, step: Step) {
        self.steps.push(step);
    }

    fn io_word(&mut self, old: u32, new: u32) {
        self.words.push((self.steps.len(), old, new));
    }
}

/// A recorder that lets the engine append, sometimes.
#[derive(Default)]
struct Keeper(Recorder);

impl Tracer for Keeper {
    fn step(&mut self, step: Step) {
        self.0.step(step);
    }

    fn keep(&mut self) -> Option<(&mut Vec<Step>, usize)> {
        let room = self.0.steps.len() % 11 * 7;
        (room != 7).then_some((&mut self.0.steps, room))
    }

    fn io_word(&mut self, old: u32, new: u32) {
        self.0.io_word(old, new);
    }
}

fn machine(program: &Program, gas_limit: u64, table: GasTable) -> Machine<'_> {
    let least = program.image().header().min_writable_pages << ember_memory::PAGE_BITS;
    let memory_limit = least.max(0x3000);
    let config =
        RunConfig { gas_limit, gas_table: table, memory_limit, input: b"some public input".to_vec() };
    Machine::new(program, config).unwrap()
}

/// Everything that a run leaves behind.
fn outcome(m: &Machine<'_>) -> impl PartialEq + std::fmt::Debug + use<> {
    let memory: Vec<(u32, Vec<u8>)> = m.memory().writable().map(|(a, b)| (a, b.to_vec())).collect();
    let digest = memory.iter().fold(0u64, |h, (a, bytes)| {
        bytes.iter().fold(h ^ u64::from(*a), |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
    });
    (
        m.status(),
        (m.pc(), *m.registers(), m.gas_used(), m.instructions()),
        (digest, m.journal().to_vec(), m.transcript()),
    )
}

/// Runs one program in every way and compares.
fn check(program: &Program, gas_limit: u64, table: GasTable, slice: u64) {
    const MOST: u64 = if cfg!(miri) { 300 } else { 20_000 };
    let (mut reference, mut host) = (machine(program, gas_limit, table), TestHost::default());
    let mut expected = Recorder::default();
    reference.run_steps_reference(MOST, &mut host, &mut expected);
    let wanted = outcome(&reference);

    let (mut fast, mut fast_host) = (machine(program, gas_limit, table), TestHost::default());
    fast.run_steps(MOST, &mut fast_host, &mut NoTrace);
    assert_eq!(outcome(&fast), wanted);
    assert_eq!(fast_host.console, host.console);

    let mut traced = machine(program, gas_limit, table);
    let mut recorder = Recorder::default();
    traced.run_steps(MOST, &mut TestHost::default(), &mut recorder);
    assert_eq!(outcome(&traced), wanted);
    assert!(recorder == expected, "traces differ");

    let mut kept = machine(program, gas_limit, table);
    let mut keeper = Keeper::default();
    kept.run_steps(MOST, &mut TestHost::default(), &mut keeper);
    assert_eq!(outcome(&kept), wanted);
    assert!(keeper.0 == expected, "kept traces differ");

    let (mut sliced, mut left, mut host) = (machine(program, gas_limit, table), MOST, TestHost::default());
    while left > 0 && !matches!(sliced.status(), Status::Exited(_)) {
        let before = sliced.instructions();
        let status = sliced.run_steps(slice.min(left), &mut host, &mut NoTrace);
        let done = sliced.instructions() - before;
        assert!(done <= slice.min(left));
        assert!(status != Status::Running || done == slice.min(left), "stopped early");
        left -= done;
    }
    assert_eq!(outcome(&sliced), wanted);
}

fn program(words: &[u32], entry: u32) -> Program {
    let code: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let table: Vec<u8> = (0..16u32).flat_map(|i| (CODE + 12 * i).to_le_bytes()).collect();
    let data: Vec<u8> = (0..64u32).flat_map(|i| (i.wrapping_mul(0x9e37_79b9)).to_le_bytes()).collect();
    let part = |address, data, mem_len, perm| Part { address, data, mem_len, perm };
    let parts = [
        part(CODE, &code[..], 0x1800, Perm::EXECUTE),
        part(CONSTANTS, &table[..], 0x100, Perm::READ),
        part(DATA, &data[..], 0x100, Perm::READ_WRITE),
    ];
    Program::new(Image::from_parts(entry, &parts).unwrap())
}

fn encode(op: Op, rd: u8, rs1: u8, rs2: u8, imm: i32) -> u32 {
    Instruction { op, rd, rs1, rs2, imm: imm as u32 }.encode().unwrap()
}

/// What the registers start with: pointers to everything of interest, small numbers, large numbers.
fn prologue() -> Vec<u32> {
    let set = |rd: u8, value: u32| {
        let low = ((value << 20) as i32) >> 20;
        let high = value.wrapping_sub(low as u32);
        [encode(Op::Lui, rd, 0, 0, high as i32), encode(Op::Addi, rd, rd, 0, low)]
    };
    let values = [
        (1, CODE + 0x60),
        (3, CONSTANTS),
        (4, DATA + 0x40),
        (5, 64),
        (6, 0xffff_fff0),
        (7, 7),
        (8, DATA + 0x800),
        (9, CODE + 0x80),
        (12, 3),
        (13, 0x8000_0000),
        (14, DATA),
        (15, 0xdead_beef),
    ];
    values.into_iter().flat_map(|(rd, value)| set(rd, value)).collect()
}

fn any_word() -> impl Strategy<Value = u32> {
    let reg = || 0u8..16;
    let pointer = || prop::sample::select(vec![2u8, 3, 4, 8, 14, 2, 4, 14, 10, 9]);
    let small = || prop_oneof![6 => (0i32..16).prop_map(|i| 4 * i), 1 => -9i32..80, 1 => -2048i32..2048];
    let alu = prop::sample::select(vec![
        Op::Add,
        Op::Sub,
        Op::Xor,
        Op::Or,
        Op::And,
        Op::Sll,
        Op::Srl,
        Op::Sra,
        Op::Slt,
        Op::Sltu,
        Op::Mul,
        Op::Mulh,
        Op::Mulhsu,
        Op::Mulhu,
        Op::Div,
        Op::Divu,
        Op::Rem,
        Op::Remu,
    ]);
    let immediate = prop::sample::select(vec![
        Op::Addi,
        Op::Addi,
        Op::Addi,
        Op::Slti,
        Op::Sltiu,
        Op::Xori,
        Op::Ori,
        Op::Andi,
    ]);
    let shift = prop::sample::select(vec![Op::Slli, Op::Srli, Op::Srai]);
    let load = prop::sample::select(vec![Op::Lw, Op::Lw, Op::Lw, Op::Lb, Op::Lbu, Op::Lh, Op::Lhu]);
    let store = prop::sample::select(vec![Op::Sw, Op::Sw, Op::Sw, Op::Sb, Op::Sh]);
    let branch = prop::sample::select(vec![Op::Beq, Op::Bne, Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu]);
    let near = || prop_oneof![8 => (-12i32..24).prop_map(|i| 4 * i), 1 => (-12i32..24).prop_map(|i| 2 * i)];
    prop_oneof![
        12 => (alu, reg(), reg(), reg()).prop_map(|(op, rd, a, b)| encode(op, rd, a, b, 0)),
        10 => (immediate, reg(), reg(), small()).prop_map(|(op, rd, a, i)| encode(op, rd, a, 0, i)),
        4 => (shift, reg(), reg(), 0i32..32).prop_map(|(op, rd, a, i)| encode(op, rd, a, 0, i)),
        8 => (load, reg(), pointer(), small()).prop_map(|(op, rd, a, i)| encode(op, rd, a, 0, i)),
        8 => (store, pointer(), reg(), small()).prop_map(|(op, a, b, i)| encode(op, 0, a, b, i)),
        6 => (branch, reg(), reg(), near()).prop_map(|(op, a, b, i)| encode(op, 0, a, b, i)),
        2 => (0u8..3, near()).prop_map(|(rd, i)| encode(Op::Jal, rd, 0, 0, i)),
        1 => (0u8..3, prop::sample::select(vec![1u8, 9, 15]), small())
            .prop_map(|(rd, a, i)| encode(Op::Jalr, rd, a, 0, i)),
        1 => (reg(), -2i32..3).prop_map(|(rd, i)| encode(Op::Auipc, rd, 0, 0, i << 12)),
        1 => (reg(), 0i32..6).prop_map(|(rd, i)| encode(Op::Lui, rd, 0, 0, i << 12)),
        1 => (-40i32..40, reg()).prop_map(|(i, rd)| encode(Op::Addi, 2, 2, 0, if rd < 12 { 4 * i } else { i })),
        1 => prop::sample::select(vec![
            0xc000_2573u32, 0xc020_25f3, 0xc800_2673, 0x0000_0073, 0x0010_0073, 0x0000_000f, 0, 0xffff_ffff,
        ]),
    ]
}

/// Straight lines and short loops that the translation fuses.
fn idiom() -> impl Strategy<Value = Vec<u32>> {
    let reg = || 4u8..16;
    prop_oneof![
        30 => any_word().prop_map(|w| vec![w]),
        // Rotation.
        3 => (reg(), reg(), reg(), reg(), 1i32..32, any::<bool>()).prop_map(|(d, t, x, y, n, first)| {
            let (right, left) = (encode(Op::Srli, t, x, 0, n), encode(Op::Slli, d, y, 0, 32 - n));
            let last = encode(Op::Or, d, if first { t } else { d }, if first { d } else { t }, 0);
            let dead = encode(Op::Addi, t, 0, 0, 1);
            if first { vec![right, left, last, dead] } else { vec![left, right, last, dead] }
        }),
        // A loop of one block that counts down, and copies in it.
        2 => (prop::collection::vec((0u8..4, reg(), reg(), reg()), 1..6), 1i32..40).prop_map(|(body, n)| {
            let mut words = vec![encode(Op::Addi, 7, 0, 0, n)];
            for &(kind, d, a, b) in &body {
                let d = if d == 7 { 8 } else { d };
                words.push(match kind {
                    0 => encode(Op::Addi, d, a, 0, 0),
                    1 => encode(Op::Lw, d, 14, 0, 4 * i32::from(b)),
                    2 => encode(Op::Sw, 0, 14, a, 4 * i32::from(b)),
                    _ => encode(Op::Add, d, a, b, 0),
                });
            }
            words.push(encode(Op::Addi, 7, 7, 0, -1));
            words.push(encode(Op::Bne, 0, 7, 0, -4 * (words.len() as i32 - 1)));
            words
        }),
        // A call by a known pair.
        1 => (1u8..3, -8i32..16).prop_map(|(rd, i)| {
            vec![encode(Op::Auipc, 1, 0, 0, 0), encode(Op::Jalr, rd % 2, 1, 0, 4 * i)]
        }),
        // An ecall with a good number.
        2 => (prop::sample::select(vec![63, 64, 93, 0x2000 - 2048, 0x2001 - 2048]), 0i32..5, 0i32..40)
            .prop_map(|(n, fd, len)| vec![
                encode(Op::Lui, 5, 0, 0, if n > 93 { 1 << 12 } else { 0 }),
                encode(Op::Addi, 5, 5, 0, if n > 93 { (n - 4096).clamp(-2048, 2047) } else { n }),
                encode(Op::Addi, 10, if n > 93 { 14 } else { 0 }, 0, fd),
                encode(Op::Addi, 11, 14, 0, fd),
                encode(Op::Addi, 12, 0, 0, len),
                0x73,
            ]),
    ]
}

fn any_program() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(idiom(), 10..60).prop_map(|parts| {
        let mut words = prologue();
        words.extend(parts.into_iter().flatten());
        words
    })
}

/// Programs a property is tried on. Miri is some thousand times slower: it tries the same on fewer, shorter runs.
fn cases() -> u32 {
    if cfg!(miri) {
        return 2;
    }
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn engines_agree(words in any_program(), gas in prop_oneof![0u64..2000, Just(1 << 40)], slice in 1u64..200,
                     zero in any::<bool>()) {
        let program = program(&words, CODE);
        let mut table = GasTable::default();
        if zero {
            table.arith = 0;
            table.load = 0;
            table.jump = 60_000;
        }
        check(&program, gas, table, slice);
        check(&program, gas, GasTable::UNIT, slice);
    }

    #[test]
    fn engines_agree_on_noise(words in prop::collection::vec(any_word(), 1..200), entry in 0u32..20) {
        let program = program(&words, CODE + 4 * entry);
        check(&program, 5000, GasTable::UNIT, 7);
    }
}

/// Every gas limit of real programs, from none on: one stops at every instruction.
#[test]
#[cfg_attr(miri, ignore = "real programs, a thousand times: hours")]
fn every_gas_limit() {
    for name in ["fibonacci", "sha256", "json"] {
        let path = format!("{}/../examples/elf/{name}.elf", env!("CARGO_MANIFEST_DIR"));
        let program = Program::load(&std::fs::read(path).unwrap()).unwrap();
        for limit in 0..1500 {
            check(&program, limit, GasTable::default(), 100);
        }
    }
}

/// 10^8 ops on a small stack: in builds where handlers call each other, the calls are jumps.
#[test]
#[cfg_attr(miri, ignore = "says nothing of the plain loop, and takes hours")]
fn the_stack_does_not_grow() {
    let n = if cfg!(debug_assertions) { 2 } else { 100 };
    let words = [
        encode(Op::Lui, 5, 0, 0, (n * 1_000_000 / 4096) << 12),
        encode(Op::Jal, 0, 0, 0, 8),
        encode(Op::Mulh, 6, 5, 5, 0),
        encode(Op::Div, 6, 5, 5, 0),
        encode(Op::Addi, 5, 5, 0, -1),
        encode(Op::Bne, 0, 5, 0, -8),
    ];
    let run = move || {
        let program = program(&words, CODE);
        let mut m = machine(&program, u64::MAX, GasTable::UNIT);
        m.run(&mut TestHost::default());
        assert!(m.instructions() > n as u64 * 2_900_000);
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).unwrap().join().unwrap();
}
