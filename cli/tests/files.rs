//! What a command writes, and what it leaves alone.

mod common;

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use common::*;
use ember_isa::Op;

/// Names of what is in the folder.
fn names(folder: &Folder) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn long_run() -> Vec<u8> {
    elf(&[i(Op::Addi, 8, 8, 0, 1), i(Op::Jal, 0, 0, 0, -4)], b"")
}

#[test]
fn no_command_writes_over_what_it_reads() {
    let folder = Folder::new();
    let contents = [("x.elf", echo()), ("in", b"inputinput".to_vec()), ("gas.toml", b"mul = 5".to_vec())];
    for (name, bytes) in &contents {
        folder.file(name, bytes);
        fs::hard_link(folder.path(name), folder.path(&format!("hard-{name}"))).unwrap();
        symlink(name, folder.path(&format!("soft-{name}"))).unwrap();
    }
    folder.ember(&["trace", "x.elf", "--input", "in", "-o", "x.trace"]).exits(0);
    let trace = folder.read("x.trace");
    let before = names(&folder);
    let reads = ["x.elf", "--input", "in", "--private", "in", "--gas-table", "gas.toml"];
    let writes: [(&str, &[&str]); 4] = [
        ("run", &["--journal"]),
        ("profile", &["--journal", "--folded", "--flamegraph"]),
        ("trace", &["--journal", "-o"]),
        ("prove", &["--journal", "-o"]),
    ];
    for (command, options) in writes {
        for option in options {
            for (name, _) in &contents {
                for way in ["", "hard-", "soft-", "./"] {
                    let target = format!("{way}{name}");
                    let mut args = [&[command][..], &reads, &[option, &target]].concat();
                    if *option != "-o" && matches!(command, "trace" | "prove") {
                        args.extend(["-o", "out"]);
                    }
                    folder.ember(&args).refused("would replace");
                }
            }
        }
    }
    for option in ["-o", "--journal"] {
        let mut args = vec!["prove", "--trace", "x.trace", option, "x.trace"];
        if option != "-o" {
            args.extend(["-o", "out"]);
        }
        folder.ember(&args).refused("would replace x.trace, which is the trace");
    }
    for (name, bytes) in &contents {
        assert_eq!(&folder.read(name), bytes);
    }
    assert_eq!(folder.read("x.trace"), trace);
    folder
        .ember(&["conformance", "x.elf", "--junit", "hard-x.elf"])
        .refused("--junit would replace hard-x.elf, which is a test");
    // Two results are two files.
    for args in [
        &["prove", "x.elf", "-o", "p", "--journal", "p"][..],
        &["prove", "x.elf", "-o", "p", "--journal", "p.part"],
        &["trace", "x.elf", "-o", "p", "--journal", "./p"],
        &["profile", "x.elf", "--folded", "p", "--flamegraph", "p"],
    ] {
        folder.ember(args).refused("would both go to");
    }
    folder.file("p.part", contents[1].1.clone());
    folder.ember(&["prove", "x.elf", "--input", "p.part", "-o", "p"]).refused("which is the public input");
    fs::remove_file(folder.path("p.part")).unwrap();
    // Where the shell sends the report.
    let report = fs::File::create(folder.path("report")).unwrap();
    let mut command = folder.command(&["run", "x.elf", "--input", "in", "--json", "--journal", "report"]);
    assert_eq!(command.stdout(report).status().unwrap().code(), Some(2));
    fs::remove_file(folder.path("report")).unwrap();
    assert_eq!(names(&folder), before);
}

#[test]
fn an_input_may_come_from_standard_input_or_the_command_line() {
    let folder = Folder::new();
    folder.file("x.elf", echo());
    folder.file("in", b"\x01\0\0\0\xff\xff\xff\xff\x10\0\0\0");
    let journal = |args: &[&str]| {
        let args = [&["run", "x.elf", "--json"], args].concat();
        folder.ember(&args).exits(0).json()["journal"].as_str().unwrap().to_owned()
    };
    let expected = "01000000ffffffff10000000";
    assert_eq!(journal(&["--input-u32", "1", "--private-u32", "-1,0x10"]), expected);
    assert_eq!(journal(&["--input-hex", "01000000", "--private-hex", "FFFFFFFF10000000"]), expected);
    assert_eq!(
        journal(&["--input-text", "{\"a\"", "--private-text", "-bcdefgh"]),
        "7b2261222d62636465666768"
    );
    let piped = |args: &[&str]| {
        let mut command = folder.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&folder.read("in")).unwrap();
        let output = child.wait_with_output().unwrap();
        Ran::new(args, &output).exits(0).json()["journal"].as_str().unwrap().to_owned()
    };
    assert_eq!(piped(&["run", "x.elf", "--json", "--input", "-"]), "010000000000000000000000");
    assert_eq!(
        piped(&["run", "x.elf", "--json", "--input-u32", "7", "--private", "-"]),
        "0700000001000000ffffffff"
    );

    folder.ember(&["prove", "x.elf", "--input-u32", "1", "-o", "p"]).exits(0);
    folder.ember(&["verify", "p", "--elf", "x.elf", "--input-hex", "01000000"]).exits(0);
    folder.ember(&["verify", "p", "--elf", "x.elf", "--input-u32", "2"]).exits(3);
    folder
        .ember(&["run", "x.elf", "--input", "-", "--private", "-"])
        .refused("cannot both be standard input");
    for bad in
        [["--input-hex", "0"], ["--input-hex", "zz"], ["--input-u32", "4294967296"], ["--input-u32", "1,,2"]]
    {
        folder.ember(&["run", "x.elf", bad[0], bad[1]]).exits(2);
    }
    folder.ember(&["run", "x.elf", "--input", "in", "--input-u32", "1"]).exits(2);
    folder.ember(&["prove", "--trace", "t", "--input-u32", "1", "-o", "p"]).exits(2);
}

#[test]
fn two_proofs_into_one_file_do_not_mix() {
    let folder = Folder::new();
    folder.file("x.elf", long_run());
    let args = ["prove", "x.elf", "--gas-limit", "40000", "--memory", "1", "-o", "p"];
    for _ in 0..2 {
        let spawn = || folder.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let ran =
            [spawn(), spawn(), spawn()].map(|child| Ran::new(&args, &child.wait_with_output().unwrap()));
        let (won, lost): (Vec<Ran>, Vec<Ran>) = ran.into_iter().partition(|ran| ran.code == 0);
        assert!(!won.is_empty(), "{lost:?}");
        lost.into_iter().for_each(|ran| ran.refused("another command is proving into "));
        folder.ember(&["verify", "p", "--elf", "x.elf"]).exits(0);
        assert_eq!(names(&folder), ["p", "x.elf"]);
    }
}

#[test]
fn a_proof_that_others_make_is_left_alone() {
    let folder = Folder::new();
    folder.file("x.elf", long_run());
    folder.file("y.elf", elf(&call(93, &[0]), b""));
    let part = fs::File::create(folder.path("p.part")).unwrap();
    part.lock().unwrap();
    folder.ember(&["prove", "y.elf", "-o", "p"]).refused("another command is proving into ");
    drop(part);
    // Whoever was cut short before it wrote anything has left nothing to keep.
    folder.ember(&["prove", "y.elf", "-o", "p"]).exits(0);
    assert_eq!(names(&folder), ["p", "x.elf", "y.elf"]);

    // Finished segments of another run are kept, and so is a file that was never a proof.
    folder.ember(&["prove", "x.elf", "--gas-limit", "20000", "--memory", "1", "-o", "q"]).exits(0);
    let whole = folder.read("q");
    let cut = &whole[..whole.len() - 5];
    for (bytes, what) in [(cut, "of another run"), (b"my notes", "no proof that was cut short")] {
        folder.file("p.part", bytes);
        folder.ember(&["prove", "y.elf", "-o", "p"]).refused(what);
        assert_eq!(folder.read("p.part"), bytes);
    }
    // A head without a segment is nothing.
    folder.file("p.part", &whole[..200]);
    folder.ember(&["prove", "y.elf", "-o", "p"]).exits(2);
    folder.ember(&["prove", "x.elf", "--gas-limit", "20000", "--memory", "1", "-o", "p"]).exits(0);
    // A link is not followed.
    folder.file("victim", "old");
    symlink("victim", folder.path("p.part")).unwrap();
    folder.ember(&["prove", "y.elf", "-o", "p"]).refused("p.part");
    assert_eq!(folder.read("victim"), b"old");
}

#[test]
fn nothing_is_begun_that_cannot_be_written() {
    let folder = Folder::new();
    folder.file("x.elf", long_run());
    folder.file("old", "old");
    fs::create_dir(folder.path("sub")).unwrap();
    let before = names(&folder);
    for (command, option) in [
        ("prove", "-o"),
        ("trace", "-o"),
        ("run", "--journal"),
        ("profile", "--folded"),
        ("profile", "--flamegraph"),
    ] {
        for (target, what) in
            [("sub", "it is a folder"), ("no/where", "cannot write"), ("/dev/full", "No space")]
        {
            // An empty journal fits anywhere.
            if (option, target) == ("--journal", "/dev/full") {
                continue;
            }
            folder.ember(&[command, "x.elf", "--gas-limit", "1000", option, target]).refused(what);
        }
    }
    folder.file("talker.elf", talker(0));
    folder.ember(&["run", "talker.elf", "--journal", "/dev/full"]).exits(2);
    fs::remove_file(folder.path("talker.elf")).unwrap();
    // A run that cannot begin leaves what was there.
    for args in [
        &["run", "x.elf", "--journal", "old"][..],
        &["trace", "x.elf", "-o", "old"],
        &["prove", "x.elf", "-o", "old"],
    ] {
        folder.ember(&[args, &["--memory-limit", "5000"]].concat()).refused("not a multiple");
        folder.ember(&[args, &["--private", "none"]].concat()).refused("cannot read none");
    }
    assert_eq!((folder.read("old"), names(&folder)), (b"old".to_vec(), before));
    folder.ember(&["prove", "x.elf", "--gas-limit", "1000", "-o", "/dev/null"]).exits(0);
    // A pipe gets the proof as it is made.
    let mut command = folder.command(&["prove", "x.elf", "--gas-limit", "1000", "-o", "/dev/stdout"]);
    folder.file("piped", command.output().unwrap().stdout);
    folder.ember(&["verify", "piped", "--elf", "x.elf"]).exits(0);
}

#[test]
fn output_that_is_lost_is_no_success() {
    let folder = Folder::new();
    folder.file("x.elf", talker(0));
    folder.ember(&["prove", "x.elf", "-o", "p"]).exits(0);
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    for args in [
        &["run", "x.elf"][..],
        &["run", "x.elf", "--json"],
        &["profile", "x.elf"],
        &["disasm", "x.elf"],
        &["inspect", "p"],
        &["verify", "p", "--json"],
        &["prove", "x.elf", "-o", "q", "--json"],
        &["--help"],
        &["--version"],
        &["run", "--help"],
    ] {
        let status = folder.command(args).stdout(full()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{args:?}");
    }
    for args in [&["run", "x.elf"][..], &["run", "x.elf", "--trace-exec"], &["trace", "x.elf", "-o", "t"]] {
        let status = folder.command(args).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn the_version_names_formats_and_instructions() {
    let folder = Folder::new();
    let said = folder.ember(&["--version"]).exits(0).stdout;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 4, "{said}");
    assert_eq!(lines[0], concat!("ember ", env!("CARGO_PKG_VERSION")));
    assert!(lines[1].starts_with("commit "), "{said}");
    let formats = format!("proof format {}, trace format {}", ember_verifier::VERSION, ember_trace::VERSION);
    assert_eq!(lines[2], formats);
    assert!(lines[3].starts_with("compiled for ") && lines[3].contains(", proves with "), "{said}");
    assert_eq!(folder.ember(&["-V"]).exits(0).stdout.lines().count(), 1);
}
