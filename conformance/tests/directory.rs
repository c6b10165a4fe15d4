//! The runner on directories of ELF files: protocols, outcomes, reports.

use std::fs;
use std::path::Path;

use clap::Parser;
use ember_conformance::asm::Asm;
use ember_conformance::command::{ConformanceArgs, command};
use ember_conformance::elf::write_with_symbols;
use ember_conformance::outcome::Outcome;
use ember_conformance::report::Report;
use ember_conformance::setup::{CODE, DATA, RODATA, Setup, pattern};
use ember_isa::Op;
use ember_isa::reg::{A0, T0, ZERO};

const S0: u8 = 8;

fn write(path: &Path, code: &Asm, symbols: &[(&str, u32)]) {
    let setup = Setup::new(code);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, write_with_symbols(setup.entry, &setup.parts, symbols)).unwrap();
}

fn code(build: impl FnOnce(&mut Asm) -> &mut Asm) -> Asm {
    let mut a = Asm::new(CODE);
    build(&mut a);
    a
}

/// Clears the word at DATA + 64, stores `value` there after `delay` rounds, and loops.
fn tohost(value: u32, delay: u32) -> Asm {
    code(|a| {
        a.li(S0, DATA + 64).li2(A0, delay).label("wait").i(Op::Addi, A0, A0, -1).branch(
            Op::Bne,
            A0,
            ZERO,
            "wait",
        );
        a.li(T0, value).s(Op::Sw, T0, S0, 0).label("forever").jal(ZERO, "forever")
    })
}

fn fill(root: &Path) {
    let cleared = |path: &Path, code: &Asm| {
        let mut setup = Setup::new(code);
        setup.parts[2].data[64..72].fill(0);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, write_with_symbols(setup.entry, &setup.parts, &[("tohost", DATA + 64)])).unwrap();
    };
    write(&root.join("exit/pass.elf"), &code(|a| a.exit_ok()), &[]);
    write(&root.join("exit/fail.elf"), &code(|a| a.li(A0, 9 << 1 | 1).exit(A0)), &[]);
    write(&root.join("exit/even.elf"), &code(|a| a.li(A0, 6).exit(A0)), &[]);
    write(&root.join("exit/loop.elf"), &code(|a| a.jal_by(ZERO, 0)), &[]);
    write(&root.join("exit/trap.elf"), &code(|a| a.nop().i(Op::Lw, A0, ZERO, 8)), &[]);
    cleared(&root.join("tohost/pass"), &tohost(1, 5));
    cleared(&root.join("tohost/late"), &tohost(1, 10_000));
    cleared(&root.join("tohost/fail"), &tohost(7 << 1 | 1, 3000));
    cleared(&root.join("tohost/device"), &tohost(0x40, 5));
    let dump =
        code(|a| a.li(S0, DATA).li2(A0, 0xdead_beef).s(Op::Sw, A0, S0, 4).s(Op::Sw, ZERO, S0, 0).exit_ok());
    let range = [("begin_signature", DATA), ("end_signature", DATA + 8)];
    for name in ["good", "bad", "missing"] {
        write(&root.join(format!("signature/{name}.elf")), &dump, &range);
    }
    fs::write(root.join("signature/good.reference_output"), "00000000\nDEADBEEF\n").unwrap();
    fs::write(root.join("signature/bad.elf.signature"), "00000000\ndeadbee0\n").unwrap();
    // What is no program is passed over.
    fs::write(root.join("Makefile"), "all:\n").unwrap();
    fs::write(root.join("exit/pass.dump"), "00010000 <_start>:\n").unwrap();
    let mut foreign = Setup::new(&code(|a| a.word(0x813).word(93 << 20 | 17 << 7 | 0x13).word(0x73))).elf();
    foreign[36] = 0;
    fs::create_dir_all(root.join("foreign")).unwrap();
    fs::write(root.join("foreign/rv32i-p-x"), foreign).unwrap();
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: ConformanceArgs,
}

fn run(root: &Path, arguments: &[&str]) -> Report {
    let root = root.to_str().unwrap();
    let line = ["x", root, "--quiet", "--step-limit", "50000"].into_iter().chain(arguments.iter().copied());
    command(&Cli::parse_from(line).args, &mut |_| Ok(())).unwrap().unwrap()
}

fn outcome<'a>(report: &'a Report, name: &str) -> &'a Outcome {
    &report.results.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("no {name}")).outcome
}

#[test]
fn outcomes_are_kept_apart() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let report = run(dir.path(), &["--mode", "trace"]);
    let of = |name| outcome(&report, name);
    assert_eq!(*of("exit/pass"), Outcome::Pass);
    assert_eq!(*of("exit/fail"), Outcome::Fail { test: Some(9), detail: String::new() });
    assert_eq!(*of("exit/even"), Outcome::Fail { test: Some(3), detail: "exit code 6".to_owned() });
    assert_eq!(*of("exit/loop"), Outcome::Timeout { steps: 50_000 });
    assert_eq!(*of("exit/trap"), Outcome::Trap { kind: "LoadAccessFault", pc: CODE + 4, value: Some(8) });
    assert_eq!(*of("tohost/pass"), Outcome::Pass);
    assert_eq!(*of("tohost/late"), Outcome::Pass);
    assert_eq!(*of("tohost/fail"), Outcome::Fail { test: Some(7), detail: String::new() });
    assert!(matches!(of("tohost/device"), Outcome::Unsupported { .. }));
    assert_eq!(*of("signature/good"), Outcome::Pass);
    let wrong = "signature word 1: deadbeef, the reference has deadbee0";
    assert_eq!(*of("signature/bad"), Outcome::fail(wrong));
    assert_eq!(*of("signature/missing"), Outcome::Pass);
    assert!(matches!(of("foreign/rv32i-p-x"), Outcome::Unsupported { reason } if reason.contains("RV32E")));
    assert_eq!(report.results.len(), 13);
    assert!(!report.is_success());

    // The observation of a tohost test is that of the storing instruction.
    let late = report.results.iter().find(|r| r.name == "tohost/late").unwrap();
    assert_eq!(late.instructions, Some(2 + 2 + 20_000 + 2));
}

#[test]
fn protocols_and_filters() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let report = run(dir.path(), &["--protocol", "tohost", "--filter", "tohost/p*", "--filter", "exit/pass"]);
    assert_eq!(*outcome(&report, "tohost/pass"), Outcome::Pass);
    assert!(
        matches!(outcome(&report, "exit/pass"), Outcome::Unsupported { reason } if reason.contains("tohost"))
    );
    assert_eq!(report.results.len(), 2);
    let report = run(dir.path(), &["--protocol", "exit", "--filter", "tohost/pass"]);
    assert_eq!(*outcome(&report, "tohost/pass"), Outcome::Timeout { steps: 50_000 });
    let report = run(dir.path(), &["--protocol", "signature", "--filter", "signature/*"]);
    assert!(matches!(outcome(&report, "signature/missing"), Outcome::Unsupported { .. }));
    let report = run(dir.path(), &["--adapt-rv32i", "--exit-register", "a7", "--filter", "foreign/*"]);
    // a0 still holds the address of the input: an exit code, at last.
    assert!(matches!(outcome(&report, "foreign/rv32i-p-x"), Outcome::Fail { .. }));
}

#[test]
fn references_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    fill(&dir.path().join("elf"));
    for place in ["refs/signature", "flat"] {
        fs::create_dir_all(dir.path().join(place)).unwrap();
        fs::write(dir.path().join(place).join("missing.reference_output"), "00000000\ndeadbeef").unwrap();
    }
    for refs in ["refs", "flat"] {
        let refs = dir.path().join(refs);
        let arguments =
            ["--references", refs.to_str().unwrap(), "--protocol", "signature", "--filter", "*missing"];
        assert!(run(&dir.path().join("elf"), &arguments).is_success());
    }
}

#[test]
fn manifest_and_reports() {
    let dir = tempfile::tempdir().unwrap();
    let elf = dir.path().join("elf");
    fill(&elf);
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let manifest = "
        [[expect]]
        test = 'exit/trap'
        outcome = 'trap'
        kind = 'LoadAccessFault'
        value = 8
        reason = 'page 0 & more'
        [[expect]]
        test = 'tohost/d*'
        outcome = 'unsupported'
        reason = 'asks <a device>'
        [[expect]]
        test = 'exit/loop'
        outcome = 'timeout'
        reason = 'r'
        [[expect]]
        test = 'exit/fail'
        outcome = 'fail'
        number = 9
        reason = 'r'
        [[expect]]
        test = 'nothing'
        outcome = 'fail'
        reason = 'r'
    ";
    fs::write(at("manifest.toml"), manifest).unwrap();
    let (json, junit, markdown) = (at("r.json"), at("r.xml"), at("r.md"));
    let arguments = [
        "--manifest",
        &at("manifest.toml"),
        "--json",
        &json,
        "--junit",
        &junit,
        "--markdown",
        &markdown,
        "--jobs",
        "2",
    ];
    let report = run(&elf, &arguments);
    let unexpected: Vec<&str> = report.unexpected().map(|r| r.name.as_str()).collect();
    assert_eq!(unexpected, ["exit/even", "foreign/rv32i-p-x", "signature/bad", "tohost/fail"]);
    assert_eq!(report.unused, ["nothing"]);
    assert!(report.summary().contains("NOT AS EXPECTED: 13 tests"), "{}", report.summary());

    let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!((&json["counts"]["trap"], &json["unexpected"]), (&1.into(), &4.into()));
    let results = json["report"]["results"].as_array().unwrap();
    let trap = results.iter().find(|r| r["name"] == "exit/trap").unwrap();
    assert_eq!(
        (&trap["outcome"], &trap["pc"], &trap["expected"]),
        (&"trap".into(), &0x1_0004.into(), &true.into())
    );

    let junit = fs::read_to_string(junit).unwrap();
    assert!(junit.contains("tests=\"13\" failures=\"4\""), "{junit}");
    assert!(
        junit.contains("page 0 &amp; more")
            && junit.contains("<skipped message=\"unsupported: asks &lt;a device&gt;\"/>")
    );
    assert_eq!(junit.matches("<testcase ").count(), 13);

    let markdown = fs::read_to_string(markdown).unwrap();
    assert!(markdown.contains("| elf | exit | 5 | 1 | 2 | 1 | 1 | 0 | 0 | 0 | 1 |"), "{markdown}");
}

/// Files that the machine cannot run say why; what is no executable is no test.
#[test]
fn odd_files() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let good = Setup::new(&code(|a| a.exit_ok())).elf();
    let edited = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let put = |name: &str, bytes: &[u8]| fs::write(root.join(name), bytes).unwrap();
    // Offsets of an ELF32 header: class 4, data 5, type 16, machine 18, entry 24, flags 36; program headers from 52 on,
    // with offset 4, memory size 20 and flags 24.
    put("rv64", &edited(4, &[2]));
    put("big-endian", &edited(5, &[2]));
    put("relocatable.o", &edited(16, &[1]));
    put("shared", &edited(16, &[3]));
    put("x86", &edited(18, &[62, 0]));
    put("rv32i", &edited(36, &[0]));
    put("hard-float", &edited(36, &[8 | 2]));
    put("odd-entry", &edited(24, &[2]));
    put("rwx", &edited(52 + 24, &[7]));
    put("write-only", &edited(52 + 24, &[2]));
    put("outside", &edited(52 + 4, &[0xff; 4]));
    put("huge", &edited(52 + 20, &[0, 0, 0, 0x70]));
    put("truncated", &good[..60]);
    put("header-only", &good[..20]);
    put("magic-only", &good[..4]);
    put("empty", b"");
    put("text", b"ELF");
    // The flag alone says nothing: riscv-arch-test sets it and has no compressed instructions.
    put("rvc-flag", &edited(36, &[9]));
    let at_code = 4096;
    let mut compressed = edited(36, &[9]);
    compressed[at_code..at_code + 4].copy_from_slice(&[0x01, 0x00, 0x01, 0x00]);
    put("rvc", &compressed);
    // x16..x31: an illegal instruction; in a file built for RV32I, nothing that the machine could do about.
    let x28 = code(|a| a.nop().word(0x33 | 28 << 7 | 1 << 15 | 2 << 20));
    let file = Setup::new(&x28).elf();
    put("x28-e", &file);
    let mut foreign = file.clone();
    foreign[36] = 0;
    put("x28-i", &foreign);
    for name in [".hidden", "sub/.git"] {
        fs::create_dir_all(root.join(name)).unwrap();
        fs::write(root.join(name).join("x"), &good).unwrap();
    }
    put("same", &good);
    put("same.elf", &good);

    let report = run(root, &["--mode", "trace"]);
    let reasons = [
        ("rv64", "not a 32-bit little-endian ELF file"),
        ("big-endian", "not a 32-bit little-endian ELF file"),
        ("shared", "not a static executable (ELF type 3)"),
        ("x86", "not a RISC-V program (ELF machine 62)"),
        ("rv32i", "or use --adapt-rv32i"),
        ("hard-float", "compressed instructions or floating point"),
        ("odd-entry", "entry point 0x00010002 is not a multiple of 4"),
        ("rwx", "asks for permission rwx, which no page can have"),
        ("write-only", "asks for permission"),
        ("outside", "segment outside the file"),
        ("huge", "has pages that the file has no bytes for"),
        ("truncated", "malformed ELF file"),
        ("header-only", "malformed ELF file"),
        ("magic-only", "malformed ELF file"),
        ("rvc", "compressed instruction at 0x00010000"),
        ("x28-i", "or use --adapt-rv32i"),
    ];
    for (name, want) in reasons {
        match outcome(&report, name) {
            Outcome::Unsupported { reason } => assert!(reason.contains(want), "{name}: {reason}"),
            other => panic!("{name}: {other}"),
        }
    }
    for name in ["rvc-flag", "same", "same.elf"] {
        assert_eq!(*outcome(&report, name), Outcome::Pass, "{name}");
    }
    let trap = Outcome::Trap { kind: "IllegalInstruction", pc: CODE + 4, value: None };
    assert_eq!(*outcome(&report, "x28-e"), trap);
    assert_eq!(report.results.len(), reasons.len() + 4);

    let report = run(root, &["--adapt-rv32i", "--filter", "*28*", "--filter", "rv32i"]);
    assert_eq!(*outcome(&report, "rv32i"), Outcome::Pass);
    assert_eq!(*outcome(&report, "x28-e"), trap);
    assert!(
        matches!(outcome(&report, "x28-i"), Outcome::Unsupported { reason } if reason.contains("x16..x31"))
    );

    // A file that is named is a test, whatever is in it.
    let report = run(&root.join("text"), &[]);
    assert!(matches!(outcome(&report, "text"), Outcome::Unsupported { reason } if reason.contains("magic")));
}

/// Links to directories are followed, in circles too; links that lead nowhere are no tests.
#[cfg(unix)]
#[test]
fn links() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let (root, elsewhere) = (dir.path().join("root"), dir.path().join("elsewhere"));
    fs::create_dir(&root).unwrap();
    write(&elsewhere.join("pass.elf"), &code(|a| a.exit_ok()), &[]);
    symlink(&elsewhere, root.join("directory")).unwrap();
    symlink(&elsewhere, root.join("again")).unwrap();
    symlink(elsewhere.join("pass.elf"), root.join("file")).unwrap();
    symlink(&root, root.join("circle")).unwrap();
    symlink("nowhere", root.join("broken")).unwrap();
    let report = run(&root, &[]);
    let names: Vec<&str> = report.results.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["again/pass", "file"]);
    assert!(report.is_success());
}

/// A signature may be anywhere that the program can read; one that begins in the middle of nowhere is zero.
#[test]
fn signatures_of_constants() {
    let dir = tempfile::tempdir().unwrap();
    let range = [("begin_signature", RODATA), ("end_signature", RODATA + 8)];
    write(&dir.path().join("constants.elf"), &code(|a| a.exit_ok()), &range);
    let words = [RODATA, RODATA + 4].map(|a| format!("{:08x}\n", pattern(a)));
    // riscv-arch-test keeps its references in a folder beside that of the sources.
    fs::create_dir_all(dir.path().join("refs/references")).unwrap();
    fs::write(dir.path().join("refs/references/constants.reference_output"), words.concat()).unwrap();
    let refs = dir.path().join("refs");
    let arguments = ["--references", refs.to_str().unwrap(), "--protocol", "signature"];
    assert!(run(dir.path(), &arguments).is_success());
}

#[test]
fn nothing_to_run_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let parse = |line: &[&str]| Cli::parse_from(line).args;
    assert!(command(&parse(&["x", dir.path().to_str().unwrap(), "-q"]), &mut |_| Ok(())).is_err());
    assert!(command(&parse(&["x", "/does/not/exist", "-q"]), &mut |_| Ok(())).is_err());
}

/// The own suite as ELF files does what it does as data, where no input or parameter is needed.
#[test]
fn exported_cases_load() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let line = ["x", "--suite", "own", "--filter", "alu/*", "--export", path];
    assert!(command(&Cli::parse_from(line).args, &mut |_| Ok(())).unwrap().is_none());
    assert!(run(dir.path(), &[]).is_success());
}
