//! `ember run` and `ember disasm`.

mod common;

use std::io::Read;
use std::process::Stdio;

use common::*;
use ember_isa::Op;
use serde_json::json;

#[test]
fn output_goes_where_it_belongs() {
    let folder = Folder::new();
    folder.file("a.elf", talker(0));
    let ran = folder.ember(&["run", "a.elf", "--journal", "journal"]).exits(0);
    assert_eq!(ran.stdout, "out\n");
    assert!(ran.stderr.starts_with("err\nexit "), "{ran:?}");
    for row in
        ["halt with exit code 0", "instructions  31", "journal       8 bytes: 6a6f75726e616c21", "arith 28"]
    {
        assert!(ran.stderr.contains(row), "{row}: {ran:?}");
    }
    assert_eq!(folder.read("journal"), b"journal!");

    let ran = folder.ember(&["run", "a.elf", "--json"]).exits(0);
    assert_eq!(ran.stderr, "out\nerr\n");
    let report = ran.json();
    assert_eq!(report["exit"]["reason"], json!({ "Halt": 0 }));
    assert_eq!(report["journal"], "6a6f75726e616c21");
    assert_eq!(report["instructions"], 31);
    assert_eq!(report["classes"]["system"], 3);
}

#[test]
fn every_other_ending_exits_with_1() {
    let folder = Folder::new();
    folder.file("seven.elf", talker(7));
    let ran = folder.ember(&["run", "seven.elf"]).exits(1);
    assert!(ran.stderr.contains("halt with exit code 7"));
    folder.file("fault.elf", elf(&[i(Op::Lw, 8, 0, 0, 3), 0], b""));
    let ran = folder.ember(&["run", "fault.elf"]).exits(1);
    assert!(
        ran.stderr.contains("load address misaligned: 0x00000003 at pc 0x00010000: lw s0, 3(zero)"),
        "{ran:?}"
    );
    folder.file("loop.elf", elf(&[i(Op::Jal, 0, 0, 0, 0)], b""));
    let ran = folder.ember(&["run", "loop.elf", "--gas-limit", "1_000", "--json"]).exits(1);
    assert_eq!(ran.json()["exit"]["reason"], "OutOfGas");
    assert_eq!(ran.json()["gas"], 1000);
}

#[test]
fn inputs_arrive() {
    let folder = Folder::new();
    folder.file("echo.elf", echo());
    folder.file("public", b"publ");
    folder.file("private", b"ic and private");
    let ran = folder.ember(&["run", "echo.elf", "--input", "public", "--private", "private"]).exits(0);
    assert!(ran.stderr.contains("12 bytes: 7075626c696320616e642070"), "{ran:?}");
    // Without private input, zeros; without public input there is nothing to read.
    folder.ember(&["run", "echo.elf", "--input", "public"]).exits(0);
    let ran = folder.ember(&["run", "echo.elf"]).exits(1);
    assert!(ran.stderr.contains("load access fault"), "{ran:?}");
}

#[test]
fn gas_tables_and_limits_count() {
    let folder = Folder::new();
    folder.file("a.elf", talker(0));
    let gas = |args: &[&str]| {
        let all = [&["run", "a.elf", "--json"], args].concat();
        folder.ember(&all).exits(0).json()["gas"].as_u64().unwrap()
    };
    let default = gas(&[]);
    folder.file("table.toml", "arith = 3 # one more\n[write]\nper_word = 5\n");
    assert_eq!(gas(&["--gas-table", "table.toml"]), default + 28 + 4);
    folder.file("table.json", r#"{ "arith": 3, "write": { "per_word": 5 } }"#);
    assert_eq!(gas(&["--gas-table", "table.json"]), default + 28 + 4);
    assert_eq!(gas(&["--memory-limit", "64K", "--gas-limit", &default.to_string()]), default);
    let short = (default - 1).to_string();
    folder.ember(&["run", "a.elf", "--gas-limit", &short]).exits(1);
}

#[test]
fn bad_files_and_usage_are_refused() {
    let folder = Folder::new();
    let elf = talker(0);
    folder.file("a.elf", &elf);
    folder.file("short.elf", &elf[..70]);
    folder.file("text", "hello");
    folder.file("empty", "");
    let with = |args: &[&str]| folder.ember(&[&["run", "a.elf"], args].concat());
    folder.ember(&["run", "none.elf"]).refused("none.elf");
    folder.ember(&["run", "."]).refused("folder");
    for command in ["run", "disasm"] {
        folder.ember(&[command, "short.elf"]).refused("short.elf: malformed ELF");
        folder.ember(&[command, "text"]).refused("text: malformed ELF");
        folder.ember(&[command, "empty"]).refused("empty: malformed ELF");
    }
    with(&["--input", "none"]).refused("cannot read none");
    with(&["--private", "none"]).refused("cannot read none");
    with(&["--private", "."]).refused("folder");
    with(&["--gas-table", "none"]).refused("cannot read none");
    for (name, text, what) in [
        ("unknown.toml", "mull = 3", "unknown key `mull`"),
        ("large.json", r#"{"mul": 65536}"#, "`mul` is an integer from 0 to 65535"),
        ("broken.toml", "mul = 3\n= 4", "line 2"),
        ("broken.json", "{", "EOF"),
        ("binary", "\u{1}\u{2}", "line 1"),
    ] {
        folder.file(name, text);
        with(&["--gas-table", name]).refused(what);
    }
    folder.file("latin", b"mul = \xe9");
    with(&["--gas-table", "latin"]).refused("UTF-8");
    with(&["--memory-limit", "5000"]).refused("not a multiple");
    with(&["--memory-limit", "2G"]).refused("1 GiB");
    with(&["--memory-limit", "0"]).refused("needs 4096 bytes");
    with(&["--journal", "no/where"]).refused("cannot write no/where");
    for usage in [&["--memory-limit", "5x"], &["--gas-limit", "-1"], &["--no-such-option", "1"]] {
        assert!(with(usage).exits(2).stdout.is_empty());
    }
    folder.ember(&[]).exits(2);
    folder.ember(&["run"]).exits(2);
    folder.ember(&["--help"]).exits(0);
}

#[test]
fn disassembly_lists_all_code() {
    let folder = Folder::new();
    folder.file("a.elf", elf(&[i(Op::Beq, 0, 8, 9, 8), u32::MAX, 0, 0, 0, i(Op::Ebreak, 0, 0, 0, 0)], b""));
    let ran = folder.ember(&["disasm", "a.elf"]).exits(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "code 0x00010000 .. 0x00011000",
            "   10000: 00940463  beq s0, s1, . + 8  # 10008",
            "   10004: ffffffff  .word 0xffffffff",
            "   10008: 00000000  .word 0x0",
            "      ...",
            "   10014: 00100073  ebreak",
            "   10018: 00000000  .word 0x0",
            "      ...",
        ]
    );
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::new();
    let code: Vec<u32> = (0..40_000).map(|n| i(Op::Addi, 8, 8, 0, n % 1000)).collect();
    folder.file("long.elf", elf(&code[..0xf000 / 4], b""));
    let mut command = folder.command(&["disasm", "long.elf"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(0), &b""[..]));
}

#[test]
fn examples_name_the_place_of_a_fault() {
    let folder = Folder::new();
    for (name, place) in [
        ("fault-load", "pc 0x000100c8 <main+0x24>: lw a5, 0(a5)\n"),
        ("fault-load", "\nregisters     a5 = 0x000100a4\n"),
        ("fault-fetch", "pc 0x00052000 <not_code>"),
        ("fault-illegal", "pc 0x000100a8 <main+0x3c>: .word 0x01050533"),
    ] {
        let Some(elf) = example(name) else { continue };
        let ran = folder.ember(&["run", &elf]).exits(1);
        assert!(ran.stderr.contains(place), "{ran:?}");
    }
    if let Some(elf) = example("fibonacci") {
        let ran = folder.ember(&["disasm", &elf]).exits(0);
        assert!(ran.stdout.contains("\n00010000 <_start>:\n   10000: "), "{ran:?}");
    }
}
