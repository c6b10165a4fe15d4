//! The riscv-tests programs that the crate `embive` ships in its package: 39 of rv32ui and 8 of rv32um.
//!
//! The files are built for RV32I, from <https://github.com/embive/embive-tests>, with the exit call in a7. In
//! memory the loader changes them as [`Adapt`] says, and in no other way:
//!
//! - `EF_RISCV_RVE` is set in the file header;
//! - the start-up code's `li xN, 0` for x16..x31, fifteen or sixteen words, becomes `nop`: those registers do not
//!   exist here, and the tests do not use them;
//! - `li a7, 93` before each of the two `ecall`s becomes `li t0, 93`.
//!
//! Segments stay where they are: one `R E`, loaded execute-only, with nothing but code; one `RW` with `tohost` and
//! the tests' data, on pages of its own. No test reads its text, so nothing had to be moved out of it.
//!
//! `rv32ui/ma_data` wants misaligned loads and stores to work, and uses x28. It is expected to fault at its first
//! misaligned load.

use std::path::{Path, PathBuf};
use std::process::Command;

use ember_vm::RunConfig;

use super::directory::{self, DirectoryOptions};
use crate::elf::Adapt;
use crate::elf_test::Protocol;
use crate::manifest::Manifest;
use crate::runner::Test;

/// The suite's name.
pub const SUITE: &str = "riscv-tests";

/// Folders of the package's tests that this machine can run. The others are for extensions that it lacks.
const FOLDERS: [&str; 2] = ["rv32ui", "rv32um"];

/// Finds the files, in the package of `embive` that this crate's manifest pins.
///
/// # Errors
/// Why they were not found.
pub fn locate() -> Result<PathBuf, String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    if !manifest.is_file() {
        return Err(format!("{} is not there: name the folder of riscv-tests", manifest.display()));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(&manifest)
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    let package = metadata["packages"]
        .as_array()
        .and_then(|packages| packages.iter().find(|p| p["name"] == "embive" && p["version"] == "0.7.1"))
        .ok_or("cargo metadata names no package embive 0.7.1")?;
    let root = package["manifest_path"].as_str().map(Path::new).and_then(Path::parent);
    let tests = root.ok_or("embive has no manifest path")?.join("tests/riscv");
    if tests.is_dir() { Ok(tests) } else { Err(format!("{} is no directory", tests.display())) }
}

/// The suite, from the folder with `rv32ui` and `rv32um`.
///
/// # Errors
/// A file or directory that cannot be read.
pub fn tests(root: &Path) -> Result<Vec<Test>, String> {
    let options = DirectoryOptions {
        protocol: Protocol::Exit,
        adapt: Adapt::RISCV_TESTS,
        config: RunConfig { gas_limit: u64::MAX, memory_limit: 1 << 16, ..RunConfig::default() },
        references: None,
    };
    let mut all = Vec::new();
    for folder in FOLDERS {
        for mut test in directory::tests(&root.join(folder), &options)? {
            test.name = format!("{folder}/{}", test.name);
            test.suite = SUITE.to_owned();
            test.extension = folder.to_owned();
            all.push(test);
        }
    }
    Ok(all)
}

/// The tests of the suite that are expected not to pass.
///
/// # Panics
/// Never: the text is part of this crate and a test parses it.
pub fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../riscv-tests.toml")).expect("the crate's own manifest")
}
