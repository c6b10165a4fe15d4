//! A small assembler of ELF files, and the command.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ember_isa::{Instruction, Op, reg};
use serde_json::Value;

pub const CODE: u32 = 0x1_0000;
pub const DATA: u32 = 0x2_0000;

pub fn i(op: Op, rd: u8, rs1: u8, rs2: u8, imm: i32) -> u32 {
    Instruction { op, rd, rs1, rs2, imm: imm as u32 }.encode().expect("an instruction")
}

/// `rd = value`: two instructions.
pub fn li(rd: u8, value: u32) -> [u32; 2] {
    let low = ((value << 20) as i32) >> 20;
    [i(Op::Lui, rd, 0, 0, value.wrapping_sub(low as u32) as i32), i(Op::Addi, rd, rd, 0, low)]
}

/// An ecall with these arguments.
pub fn call(number: u32, args: &[u32]) -> Vec<u32> {
    let mut code: Vec<u32> =
        args.iter().enumerate().flat_map(|(n, &value)| li(reg::A0 + n as u8, value)).collect();
    code.extend(li(reg::T0, number));
    code.push(i(Op::Ecall, 0, 0, 0, 0));
    code
}

/// An ELF file of code at [`CODE`], entered there, and a page of data at [`DATA`].
pub fn elf(code: &[u32], data: &[u8]) -> Vec<u8> {
    let code: Vec<u8> = code.iter().flat_map(|w| w.to_le_bytes()).collect();
    let mut f = Vec::from(*b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0");
    let halves = |f: &mut Vec<u8>, all: &[u16]| f.extend(all.iter().flat_map(|h| h.to_le_bytes()));
    let words = |f: &mut Vec<u8>, all: &[u32]| f.extend(all.iter().flat_map(|w| w.to_le_bytes()));
    // EXEC, RISC-V; one file header, two program headers; EF_RISCV_RVE.
    halves(&mut f, &[2, 243]);
    words(&mut f, &[1, CODE, 52, 0, 8]);
    halves(&mut f, &[52, 32, 2, 40, 0, 0]);
    let (start, code_len, data_len) = (52 + 2 * 32, code.len() as u32, data.len() as u32);
    words(&mut f, &[1, start, CODE, CODE, code_len, code_len, 5, 4096]);
    words(&mut f, &[1, start + code_len, DATA, DATA, data_len, 4096, 6, 4096]);
    f.extend(code);
    f.extend(data);
    f
}

/// The file with a table of functions of 4 bytes: offset of the name in `strings`, and address.
pub fn with_symbols(mut f: Vec<u8>, strings: &[u8], symbols: &[(u32, u32)]) -> Vec<u8> {
    f.resize(f.len().next_multiple_of(4), 0);
    let words = |f: &mut Vec<u8>, all: &[u32]| f.extend(all.iter().flat_map(|w| w.to_le_bytes()));
    let table = f.len() as u32;
    words(&mut f, &[0; 4]);
    for &(name, address) in symbols {
        // A global function of section 1.
        words(&mut f, &[name, address, 4, 0x1_0012]);
    }
    let names = f.len() as u32;
    f.extend(strings);
    f.resize(f.len().next_multiple_of(4), 0);
    let sections = f.len() as u32;
    words(&mut f, &[0; 10]);
    words(&mut f, &[0, 2, 0, 0, table, names - table, 2, 1, 4, 16]);
    words(&mut f, &[0, 3, 0, 0, names, strings.len() as u32, 0, 0, 1, 0]);
    f[32..36].copy_from_slice(&sections.to_le_bytes());
    f[46..52].copy_from_slice(&[40, 0, 3, 0, 2, 0]);
    f
}

/// Writes to console and journal, and exits with `code`.
pub fn talker(code: u32) -> Vec<u8> {
    let code = [
        call(64, &[1, DATA, 4]),
        call(64, &[2, DATA + 4, 4]),
        call(64, &[3, DATA + 8, 8]),
        call(93, &[code]),
    ]
    .concat();
    elf(&code, b"out\nerr\njournal!")
}

/// Journals its public input's first 4 bytes and 8 bytes of private input.
pub fn echo() -> Vec<u8> {
    let code = [
        vec![i(Op::Addi, 8, 10, 0, 0)],
        call(63, &[0, DATA, 8]),
        li(reg::T0, 64).to_vec(),
        vec![i(Op::Addi, 11, 8, 0, 0)],
        li(10, 3).to_vec(),
        li(12, 4).to_vec(),
        vec![i(Op::Ecall, 0, 0, 0, 0)],
        call(64, &[3, DATA, 8]),
        call(93, &[0]),
    ]
    .concat();
    elf(&code, b"")
}

/// A folder with files for the command.
pub struct Folder(pub tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), bytes).expect("a file");
        self.path(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file")
    }

    /// Runs `ember` here.
    pub fn ember(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().expect("ember starts");
        Ran::new(args, &output)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ember"));
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
        command
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub args: Vec<String>,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn new(args: &[&str], output: &Output) -> Self {
        Self {
            args: args.iter().map(|a| (*a).to_owned()).collect(),
            code: output.status.code().expect("an exit status"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// With this exit status.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Refused with exit status 2 and one line that has `what`.
    #[track_caller]
    pub fn refused(self, what: &str) {
        assert_eq!(self.code, 2, "{self:?}");
        assert!(self.stderr.starts_with("ember: ") && self.stderr.lines().count() == 1, "{self:?}");
        assert!(self.stderr.contains(what), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
    }

    /// The one JSON object on stdout.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        assert!(value.is_object() && self.stdout.lines().count() == 1, "{self:?}");
        value
    }
}

/// An example program, where the examples are.
pub fn example(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/elf").join(name).with_extension("elf");
    path.exists().then(|| path.display().to_string())
}

/// The compilers of C and C++ that are here, as `--cc` takes them. Without any there is nothing to test; CI installs both and sets
/// `EMBER_REQUIRE_COMPILERS`.
pub fn compilers() -> Vec<&'static str> {
    let runs = |name: &str| Command::new(name).arg("--version").output().is_ok();
    let required = std::env::var_os("EMBER_REQUIRE_COMPILERS").is_some();
    let has_gcc = required || runs("riscv64-unknown-elf-gcc");
    let has_clang = required || (18..40).any(|version| runs(&format!("clang-{version}")));
    let all = [("riscv64-unknown-elf-gcc", has_gcc), ("clang", has_clang)];
    all.iter().filter(|(_, is_here)| *is_here).map(|(name, _)| *name).collect()
}
