//! Files that are made to do harm: what they say of themselves takes no memory and reaches no terminal raw.

mod common;

use std::process::Command;

use common::*;
use ember_isa::Op;
use serde_json::json;

/// Loads from address 16: a fault.
fn fault() -> Vec<u8> {
    elf(&[i(Op::Lw, 15, 0, 0, 16)], b"")
}

/// A v0 name of some 240 bytes that stands for a type of 8^8 words.
fn expanding() -> String {
    let base_62 = |mut n: usize| -> String {
        const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let Some(rest) = n.checked_sub(1) else { return "_".to_owned() };
        n = rest;
        let mut digits = vec![b'_'];
        loop {
            digits.insert(0, DIGITS[n % 62]);
            n /= 62;
            if n == 0 {
                return String::from_utf8(digits).expect("digits");
            }
        }
    };
    let mut name = "INvC1a1b".to_owned();
    let mut last = name.len();
    name += "TmmmmmmmmE";
    for _ in 0..7 {
        let next = name.len();
        name += &format!("T{}E", format!("B{}", base_62(last)).repeat(8));
        last = next;
    }
    format!("_R{name}E")
}

/// Runs `ember` with at most this many KiB of address space.
fn within(folder: &Folder, kib: u32, args: &[&str]) -> Ran {
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -v $0; exec \"$@\"", &kib.to_string(), env!("CARGO_BIN_EXE_ember")])
        .args(args);
    let output =
        command.current_dir(folder.0.path()).env("RAYON_NUM_THREADS", "1").output().expect("sh starts");
    Ran::new(args, &output)
}

#[test]
fn names_take_no_memory() {
    let folder = Folder::new();
    let symbols = |name: &str, n: u32| -> Vec<u8> {
        let all: Vec<(u32, u32)> = (0..n).map(|n| (1, CODE + 4 * (n % 4))).collect();
        with_symbols(elf(&call(93, &[0]), b""), &[b"\0", name.as_bytes(), b"\0"].concat(), &all)
    };
    // A name that expands; a long one that many symbols share.
    folder.file("expands.elf", symbols(&expanding(), 4000));
    folder.file("shared.elf", symbols(&"a".repeat(4 << 20), 4000));
    folder.ember(&["prove", "shared.elf", "-o", "p"]).exits(0);
    for file in ["expands.elf", "shared.elf"] {
        for command in ["run", "inspect", "disasm", "profile"] {
            let ran = within(&folder, 100_000, &[command, file]).exits(0);
            assert!(ran.stdout.len() + ran.stderr.len() < 50_000, "{}", ran.stdout.len());
        }
        within(&folder, 400_000, &["verify", "p", "--elf", file]).exits(0);
    }
    let ran = folder.ember(&["inspect", "expands.elf"]).exits(0);
    assert!(
        ran.stdout.contains(" <a::b::<(u32, u32, ") && ran.stdout.contains("symbols             4000"),
        "{ran:?}"
    );
}

/// Cuts the line that shows what a fault was, and hides what comes after it.
const ESCAPE: &str = "main\x1b[2K\rexit          halt with exit code 0 at pc 0x0000100c\x1b[8m";

/// Nothing but lines of plain text.
#[track_caller]
fn is_plain(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n' || "\u{202e}".contains(c)), "{ran:?}");
    }
}

#[test]
fn symbols_reach_the_terminal_escaped() {
    let folder = Folder::new();
    for name in [ESCAPE, "a\nexit  halt with exit code 0", "\u{9b}2K\u{202e}\u{7f}"] {
        let strings = [b"\0", name.as_bytes(), b"\0"].concat();
        folder.file("a.elf", with_symbols(fault(), &strings, &[(1, CODE)]));
        folder.ember(&["prove", "a.elf", "-o", "p"]).exits(0);
        for (args, status) in [
            (&["run", "a.elf"][..], 1),
            (&["run", "a.elf", "--json"], 1),
            (&["run", "a.elf", "--trace-exec"], 1),
            (&["profile", "a.elf", "--folded", "folded", "--flamegraph", "f.svg"], 1),
            (&["prove", "a.elf", "-o", "p"], 0),
            (&["verify", "p", "--elf", "a.elf"], 0),
            (&["verify", "p", "--elf", "a.elf", "--json"], 0),
            (&["inspect", "a.elf"], 0),
            (&["disasm", "a.elf"], 0),
        ] {
            let ran = folder.ember(args).exits(status);
            is_plain(&ran);
            let exits = ran.stderr.lines().chain(ran.stdout.lines()).filter(|line| line.starts_with("exit "));
            assert!(exits.clone().all(|line| line.contains("load access fault: 0x00000010")), "{ran:?}");
        }
        for file in ["folded", "f.svg"] {
            let text = String::from_utf8(folder.read(file)).unwrap();
            assert!(!text.contains(|c: char| c.is_control() && !"\n\t\r".contains(c)), "{text:?}");
        }
        let folded = String::from_utf8(folder.read("folded")).unwrap();
        assert_eq!(folded.lines().count(), 1, "{folded}");
    }
}

#[test]
fn so_do_file_names_and_what_errors_quote() {
    let folder = Folder::new();
    let evil = "x\x1b[2K\rvalid         yes\x1b[8m\u{202e}";
    folder.file(&format!("{evil}.elf"), talker(0));
    folder.file(evil, "no");
    folder.file("a.elf", talker(0));
    let (elf, proof) = (format!("{evil}.elf"), format!("{evil}.proof"));
    let ran = folder.ember(&["prove", &elf, "-o", &proof, "--json"]).exits(0);
    is_plain(&ran);
    for (args, status) in [
        (&["prove", &elf, "-o", &proof][..], 0),
        (&["verify", &proof, "--elf", &elf], 0),
        (&["verify", evil], 2),
        (&["verify", &proof, "--image-id", &"0".repeat(64)], 3),
        (&["inspect", evil], 2),
        (&["run", evil], 2),
        (&["run", &format!("{evil}!")], 2),
        (&["run", "a.elf", "--gas-table", evil], 2),
        (&["trace", "a.elf", "-o", evil], 0),
        (&["trace", "check", &elf], 2),
        (&["verify", evil, evil], 2),
        (&["conformance", &elf, "--list"], 0),
        (&["run", "a.elf", "--journal", &format!("no/{evil}")], 2),
    ] {
        let ran = folder.ember(args).exits(status);
        is_plain(&ran);
    }
    for (name, text) in [
        ("a.json", format!(r#"{{"{}": 1}}"#, "\\u001b[2K\\r".repeat(10_000))),
        ("a.toml", format!("\"{}\" = 1", "\\u001b[2K\\r".repeat(10_000))),
        ("b.json", "{\"mul\": 1,\n \"mul\": 2}".to_owned()),
    ] {
        folder.file(name, text);
        let ran = folder.ember(&["run", "a.elf", "--gas-table", name]);
        is_plain(&ran);
        assert!(ran.stderr.len() < 10_000, "{}", ran.stderr.len());
        ran.refused(name);
    }
    let statement = json!({ "journal": "", "\x1b[8m\u{9b}": 1 });
    folder.file("statement.json", statement.to_string());
    let ran = folder.ember(&["inspect", "statement.json"]);
    is_plain(&ran);
    ran.refused("not a statement");
    folder.file("twice.json", r#"{"statement": {}, "statement": {}}"#);
    folder.ember(&["inspect", "twice.json"]).refused("duplicate key `statement`");
}

#[test]
fn zeros_that_no_file_holds_take_no_memory() {
    let folder = Folder::new();
    // 63 MiB of code, constants or variables, of which the file has four bytes at most.
    let zeros = |n: usize| {
        let mut f = elf(&call(93, &[0]), b"data");
        let header = 52 + 32 * n;
        f[header + 20..header + 24].copy_from_slice(&(63u32 << 20).to_le_bytes());
        f
    };
    let (mut constants, variables) = (zeros(1), zeros(1));
    constants[52 + 32 + 24] = 4;
    folder.file("code.elf", zeros(0));
    folder.file("constants.elf", constants);
    folder.file("variables.elf", variables);
    folder.ember(&["run", "code.elf"]).refused("has pages that the file has no bytes for");
    for file in ["constants.elf", "variables.elf"] {
        // Addresses are taken, and no memory behind them.
        within(&folder, 300_000, &["run", file, "--memory-limit", "64M"]).exits(0);
        within(&folder, 100_000, &["disasm", file]).exits(0);
    }
}

#[test]
fn too_little_memory_is_an_error() {
    let folder = Folder::new();
    folder.file("loop.elf", elf(&[i(Op::Addi, 8, 8, 0, 1), i(Op::Jal, 0, 0, 0, -4)], b""));
    for kib in [25_000, 50_000, 80_000] {
        let ran = within(&folder, kib, &["prove", "loop.elf", "--gas-limit", "100000", "-o", "p"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.starts_with("ember: ") && ran.stderr.lines().count() == 1, "{ran:?}");
    }
    // What was left behind is no obstacle.
    folder.ember(&["prove", "loop.elf", "--gas-limit", "100000", "-o", "p"]).exits(0);
}
