//! `qemu-riscv32` as an oracle, where it is installed: random programs, and csmith's C programs where csmith and a
//! RISC-V compiler are installed too.
//!
//! qemu takes the ecall number from t0 for RV32E files, as Ember does. It is no oracle for what it does not have:
//! the absence of x16..x31, misaligned jumps, execute-only code, gas.
//!
//! With `EMBER_REQUIRE_QEMU=1`, which continuous integration sets, a missing tool is a failure. On Debian:
//! `apt-get install qemu-user csmith libcsmith-dev gcc-riscv64-unknown-elf`.

#![cfg(unix)]

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use ember_conformance::host::TestHost;
use ember_conformance::strategy;
use ember_isa::ExitReason;
use ember_vm::{Machine, NoTrace, Program, RunConfig, Status};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const QEMU: &str = "qemu-riscv32";
const GCC: &str = "riscv64-unknown-elf-gcc";

/// Whether the tools are there; says so if not.
fn available(tools: &[&str]) -> bool {
    // csmith leaves a file where it runs.
    let dir = tempfile::tempdir().unwrap();
    let missing = |tool: &&&str| {
        let mut probe = Command::new(tool);
        let probe =
            probe.current_dir(&dir).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        matches!(probe, Err(e) if e.kind() == io::ErrorKind::NotFound)
    };
    let Some(tool) = tools.iter().find(missing) else { return true };
    assert!(std::env::var_os("EMBER_REQUIRE_QEMU").is_none(), "{tool} is not installed");
    println!("skipped: {tool} is not installed");
    false
}

fn count(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Exit code and output under qemu; `None` if it does not end soon.
fn qemu(elf: &Path) -> Option<(Option<i32>, Vec<u8>)> {
    let mut child = Command::new(QEMU).arg(elf).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(10) {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let Output { status, stdout, .. } = child.wait_with_output().unwrap();
    Some((status.code(), stdout))
}

/// Exit code and output under Ember; `None` if it does not end within the steps.
fn ember(elf: &[u8], steps: u64) -> Option<(Option<i32>, Vec<u8>)> {
    let program = Program::load(elf).unwrap();
    let config = RunConfig { gas_limit: u64::MAX, memory_limit: 16 << 20, ..RunConfig::default() };
    let mut machine = Machine::new(&program, config).unwrap();
    let mut host = TestHost::without_calls(&[]);
    let Status::Exited(exit) = machine.run_steps(steps, &mut host, &mut NoTrace) else { return None };
    let code = match exit.reason {
        ExitReason::Halt(code) => Some((code & 0xff) as i32),
        other => panic!("{other}"),
    };
    Some((code, host.console.into_iter().flat_map(|(_, bytes)| bytes).collect()))
}

#[test]
fn random_programs() {
    if !available(&[QEMU]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("program.elf");
    let n = count("QEMU_PROGRAMS", 200);
    let config = ProptestConfig { cases: n as u32, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&strategy::portable_program(), |setup| {
            let elf = setup.elf();
            std::fs::write(&path, &elf).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
            prop_assert_eq!(ember(&elf, 1 << 20), qemu(&path));
            Ok(())
        })
        .unwrap();
    println!("{n} random programs agree");
}

/// Compiles csmith's program of a seed; the optimisation goes round with the seed.
fn csmith(dir: &Path, seed: u64) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (source, elf) = (dir.join(format!("{seed}.c")), dir.join(format!("{seed}.elf")));
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    // A pointer to a member of a packed struct may be misaligned, which faults here.
    run(Command::new("csmith")
        .current_dir(dir)
        .args(["--no-argc", "--no-packed-struct", "--seed", &seed.to_string(), "--output"])
        .arg(&source));
    let level = ["-O0", "-O1", "-O2", "-O3", "-Os"][seed as usize % 5];
    run(Command::new(GCC)
        .args(["-w", "-march=rv32em", "-mabi=ilp32e", level, "-static", "-ffreestanding", "-fno-builtin"])
        .args(["-fno-tree-loop-distribute-patterns", "-nostdlib", "-nostartfiles", "-Wl,--no-relax"])
        .arg("-I")
        .arg(root.join("csmith"))
        .args(["-I", "/usr/include/csmith", "-T"])
        .arg(root.join("env/link.ld"))
        .arg("-o")
        .arg(&elf)
        .arg(&source)
        .arg("-lgcc"));
    elf
}

#[test]
fn c_programs() {
    if !available(&[QEMU, GCC, "csmith"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let first = count("CSMITH_SEED", 1) as u64;
    let (mut agreed, mut endless) = (0, 0);
    for seed in first..first + count("CSMITH_PROGRAMS", 20) as u64 {
        let elf = csmith(dir.path(), seed);
        // csmith does not promise that its programs end.
        let Some(theirs) = qemu(&elf) else {
            endless += 1;
            continue;
        };
        match ember(&std::fs::read(&elf).unwrap(), 1 << 28) {
            Some(ours) => assert_eq!(ours, theirs, "seed {seed}"),
            None => {
                endless += 1;
                continue;
            }
        }
        agreed += 1;
    }
    println!("{agreed} C programs agree, {endless} did not end soon");
    assert!(agreed > 0);
}

/// The strategy's programs end by themselves, with everything written: no machine but Ember is needed to see it.
#[test]
fn portable_programs_end() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..300 {
        let setup = strategy::portable_program().new_tree(&mut runner).unwrap().current();
        let (code, output) = ember(&setup.elf(), 1 << 20).unwrap();
        assert_eq!((code, output.len()), (Some(0), 320));
    }
}
