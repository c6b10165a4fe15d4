//! Words that the manual reserves, or that belong to extensions which this machine lacks: all of them illegal.
//! Each class of words has its cases; the field that makes the word reserved is in the name.

use ember_isa::ExitReason;

use super::{Case, asm, straight};

const GROUP: &str = "reserved";

/// Major opcodes that the machine has.
const OPCODES: [u32; 11] = [0x03, 0x0f, 0x13, 0x17, 0x23, 0x33, 0x37, 0x63, 0x67, 0x6f, 0x73];

/// Fields of an otherwise legal word: x1 everywhere.
const X1: u32 = 1 << 7 | 1 << 15 | 1 << 20;

pub fn cases() -> Vec<Case> {
    let mut words: Vec<(String, u32)> = vec![
        ("all-zero".to_owned(), 0),
        ("all-ones".to_owned(), u32::MAX),
        // Manual, "expanded instruction-length encoding": 48, 64, and 80 to 176 bits, and the reserved one.
        ("48-bit".to_owned(), 0x0000_001f),
        ("64-bit".to_owned(), 0x0000_003f),
        ("80-bit".to_owned(), 0x0000_007f),
        ("192-bit".to_owned(), 0x0000_707f),
    ];
    let mut add = |name: String, word: u32| words.push((name, word));

    // The low two bits of legal words: compressed instructions.
    for low in 0..3 {
        for word in [0x0010_8093, 0x0000_2083, 0x0010_00ef] {
            add(format!("low-bits-{low}-{word:08x}"), word & !3 | low);
        }
    }
    // Major opcodes: loads and stores of floats, AMO, OP-IMM-32, OP-32, MADD.., OP-FP, OP-V, custom-0..3, reserved.
    for opcode in (3..128).step_by(4).filter(|o| !OPCODES.contains(o)) {
        add(format!("opcode-{opcode:02x}"), opcode);
        add(format!("opcode-{opcode:02x}-x1"), opcode | X1 | 2 << 12);
    }
    funct3(&mut add);
    funct7(&mut add);
    system(&mut add);

    words
        .into_iter()
        .map(|(name, word)| {
            let mut a = asm();
            a.word(word);
            straight(GROUP, name, &a, ExitReason::IllegalInstruction).only_regs(&[])
        })
        .collect()
}

/// funct3 values that an opcode does not have.
fn funct3(add: &mut dyn FnMut(String, u32)) {
    let reserved: [(&str, u32, &[u32]); 5] = [
        ("load", 0x03, &[3, 6, 7]),
        ("store", 0x23, &[3, 4, 5, 6, 7]),
        ("branch", 0x63, &[2, 3]),
        ("jalr", 0x67, &[1, 2, 3, 4, 5, 6, 7]),
        ("misc-mem", 0x0f, &[2, 3, 4, 5, 6, 7]),
    ];
    for (name, opcode, values) in reserved {
        for &f3 in values {
            add(format!("{name}-funct3-{f3}"), opcode | f3 << 12 | X1);
        }
    }
}

/// funct7 values that OP and the shifts of OP-IMM do not have: every single bit, and pairs around the legal ones.
fn funct7(add: &mut dyn FnMut(String, u32)) {
    for f3 in 0..8 {
        for f7 in [2, 4, 8, 0x10, 0x40, 3, 0x21, 0x60] {
            add(format!("op-funct3-{f3}-funct7-{f7:02x}"), 0x33 | f3 << 12 | f7 << 25 | X1);
        }
        // 0x20 belongs to sub and sra alone.
        if !matches!(f3, 0 | 5) {
            add(format!("op-funct3-{f3}-funct7-20"), 0x33 | f3 << 12 | 0x20 << 25 | X1);
        }
    }
    // Bit 25 of a shift's word is shamt[5].
    for f7 in [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x21] {
        add(format!("slli-funct7-{f7:02x}"), 0x1013 | f7 << 25 | X1);
        if f7 != 0x20 {
            add(format!("srli-funct7-{f7:02x}"), 0x5013 | f7 << 25 | X1);
        }
    }
    add("srai-funct7-60".to_owned(), 0x5013 | 0x60 << 25 | X1);
}

/// SYSTEM with funct3 0 and 4: everything but ECALL and EBREAK.
fn system(add: &mut dyn FnMut(String, u32)) {
    for (name, word) in [("ecall", 0x0000_0073), ("ebreak", 0x0010_0073)] {
        for bit in (7..12).chain(15..20) {
            add(format!("{name}-bit-{bit}"), word | 1 << bit);
        }
    }
    for bit in 21..32 {
        add(format!("ecall-bit-{bit}"), 0x0000_0073 | 1 << bit);
        add(format!("ebreak-bit-{bit}"), 0x0010_0073 | 1 << bit);
    }
    for (name, word) in [
        ("uret", 0x0020_0073),
        ("sret", 0x1020_0073),
        ("mret", 0x3020_0073),
        ("wfi", 0x1050_0073),
        ("sfence-vma", 0x1200_0073),
        ("hlv-w", 0x6800_4073 | X1),
        ("funct3-4", 0x0000_4073),
        ("ecall-x16", 0x0000_0073 | 16 << 7),
        ("wrs-nto", 0x00d0_0073),
    ] {
        add(format!("system-{name}"), word);
    }
    // Words of extensions that share an opcode with the base: Zicbom, Zba, Zbb, Zicond, Zimop, Zbkb.
    for (name, word) in [
        ("cbo-flush", 0x0020_a00f),
        ("sh1add", 0x2010_a0b3),
        ("min", 0x0a10_c0b3),
        ("clz", 0x6000_9093),
        ("rev8", 0x6980_d093),
        ("czero-eqz", 0x0e10_d0b3),
        ("andn", 0x4010_f0b3),
        ("ld", 0x0000_b083),
        ("lwu", 0x0000_e083),
        ("sd", 0x0010_b023),
        ("mop-r-0", 0x81c0_c0f3),
        ("lr-w", 0x1000_a0af),
        ("flw", 0x0000_a087),
        ("fadd-s", 0x0010_80d3),
        ("vadd-vv", 0x0210_80d7),
    ] {
        add(format!("extension-{name}"), word);
    }
}
