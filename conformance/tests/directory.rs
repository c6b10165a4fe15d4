//! The runner on directories of ELF files: protocols, outcomes, reports.

use std::fs;
use std::path::Path;

use clap::Parser;
use ember_conformance::asm::Asm;
use ember_conformance::command::{ConformanceArgs, command};
use ember_conformance::elf::write_with_symbols;
use ember_conformance::outcome::Outcome;
use ember_conformance::report::Report;
use ember_conformance::setup::{CODE, DATA, Setup};
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
    command(&Cli::parse_from(line).args).unwrap().unwrap()
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

#[test]
fn nothing_to_run_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let parse = |line: &[&str]| Cli::parse_from(line).args;
    assert!(command(&parse(&["x", dir.path().to_str().unwrap(), "-q"])).is_err());
    assert!(command(&parse(&["x", "/does/not/exist", "-q"])).is_err());
}

/// The own suite as ELF files does what it does as data, where no input or parameter is needed.
#[test]
fn exported_cases_load() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let line = ["x", "--suite", "own", "--filter", "alu/*", "--export", path];
    assert!(command(&Cli::parse_from(line).args).unwrap().is_none());
    assert!(run(dir.path(), &[]).is_success());
}
