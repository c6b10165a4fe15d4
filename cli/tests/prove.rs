//! `ember prove`, `ember verify`, `ember demo`, and `ember inspect` of what they make.

mod common;

use std::fs;

use common::*;
use ember_isa::Op;
use serde_json::{Value, json};

fn elf_of(name: &str) -> String {
    example(name).unwrap_or_else(|| panic!("no example {name}"))
}

/// Proves and gives the statement.
#[track_caller]
fn prove(folder: &Folder, args: &[&str]) -> Value {
    let ran = folder.ember(&[&["prove", "--json"], args].concat()).exits(0);
    // Segments come first, a line each.
    let last = ran.stdout.lines().last().expect("a report");
    serde_json::from_str::<Value>(last).expect("JSON")["statement"].clone()
}

/// Talks, on a proof file called `a.proof` of a program called `a.elf`.
fn folder_with_proof() -> Folder {
    let folder = Folder::new();
    folder.file("a.elf", talker(0));
    let ran = folder.ember(&["prove", "a.elf", "-o", "a.proof", "--journal", "journal"]).exits(0);
    // The program's own output is as `run` gives it; no spinner is in a pipe.
    assert_eq!(ran.stdout, "out\n");
    assert!(ran.stderr.starts_with("err\nimage id "), "{ran:?}");
    assert!(ran.stderr.is_ascii() && !ran.stderr.contains(['\u{1b}', '\r']), "{ran:?}");
    let bytes = folder.read("a.proof").len();
    for row in ["halt with exit code 0", "instructions  31", &format!("a.proof, {bytes} bytes"), "s proving,"]
    {
        assert!(ran.stderr.contains(row), "{row}: {ran:?}");
    }
    assert!(!ran.stderr.contains("Poseidon2"), "{ran:?}");
    assert_eq!(folder.read("journal"), b"journal!");
    folder
}

#[test]
fn examples_are_proven_with_their_endings() {
    let folder = Folder::new();
    for (name, reason, text) in [
        ("exit-7", json!({ "Halt": 7 }), "halt with exit code 7 at pc 0x00010024 <_start+0x24>: ecall"),
        ("fault-load", json!({ "LoadAccessFault": 0x100a4 }), "at pc 0x000100c8 <main+0x24>: lw"),
        ("fault-illegal", json!("IllegalInstruction"), "<main+0x3c>: .word 0x01050533"),
        ("out-of-gas", json!("OutOfGas"), "out of gas"),
        ("unknown-ecall", json!({ "UnknownEcall": 4242 }), "unknown ecall 0x1092"),
    ] {
        let elf = elf_of(name);
        let statement = prove(&folder, &[&elf, "-o", "p", "--gas-limit", "2_000"]);
        assert_eq!(statement["exit"]["reason"], reason, "{name}");
        assert_eq!((&statement["journal"], &statement["gas_limit"]), (&json!("6265666f7265"), &json!(2000)));
        let ran = folder.ember(&["verify", "p", "--elf", &elf]).exits(0);
        assert!(ran.stdout.starts_with("valid ") && ran.stdout.contains(text), "{ran:?}");
        assert_eq!(ran.stderr, "");
        let verified = folder.ember(&["verify", "p", "--elf", &elf, "--json"]).exits(0).json();
        assert_eq!((&verified["valid"], &verified["statement"]), (&json!(true), &statement));
        assert!(verified["proven_bits"].as_f64().unwrap() >= 100.0, "{verified}");
        let run = folder.ember(&["run", &elf, "--gas-limit", "2000", "--json"]).exits(1).json();
        assert_eq!((&run["gas"], &run["exit"]), (&statement["gas_used"], &verified["exit"]));
        assert_eq!(run["instructions"], statement["instructions"]);
    }
}

#[test]
fn the_program_is_compared() {
    let folder = folder_with_proof();
    let verify = |args: &[&str]| folder.ember(&[&["verify", "a.proof"], args].concat());
    let ran = verify(&[]).exits(0);
    assert!(ran.stdout.contains("NOT COMPARED"), "{ran:?}");
    assert_eq!(verify(&["--json"]).exits(0).json()["program"], false);
    let report = verify(&["--elf", "a.elf", "--json"]).exits(0).json();
    assert_eq!(report["program"], true);
    let id = report["statement"]["image_id"].as_str().unwrap();
    assert!(!verify(&["--image-id", id]).exits(0).stdout.contains("NOT COMPARED"));

    let other = id.replace(&id[..1], if id.starts_with('0') { "1" } else { "0" });
    folder.file("b.elf", talker(1));
    for args in [["--elf", "b.elf"], ["--image-id", &other]] {
        let ran = verify(&args).exits(3);
        assert!(ran.stderr.starts_with("ember: a.proof: not as expected: image id "), "{ran:?}");
        assert_eq!((ran.stdout.as_str(), ran.stderr.lines().count()), ("", 1));
    }
    let report = verify(&["--elf", "b.elf", "--json"]).exits(3).json();
    assert_eq!(report["valid"], false);
    folder.file("text", "hello");
    verify(&["--elf", "text"]).refused("malformed ELF");
    verify(&["--elf", "none"]).refused("cannot read none");
    for usage in [&["--image-id", "12"][..], &["--elf", "a.elf", "--image-id", id], &["b.proof"]] {
        assert_eq!(verify(usage).exits(2).stdout, "");
    }
    folder.ember(&["verify"]).exits(2);
}

#[test]
fn expectations_are_compared() {
    let folder = Folder::new();
    folder.file("a.elf", echo());
    folder.file("input", b"input");
    folder.file("input2", b"inpux");
    folder.file("table.toml", "arith = 3");
    folder.file("table2.toml", "arith = 4");
    let run = ["a.elf", "--input", "input", "--gas-table", "table.toml", "--gas-limit", "1000"];
    let args = [&run[..], &["--memory-limit", "64K", "-o", "p", "--journal", "journal"]].concat();
    prove(&folder, &args);
    folder.file("journal2", b"inpu");
    let good = [
        ["--input", "input"],
        ["--gas-table", "table.toml"],
        ["--gas-limit", "1000"],
        ["--memory-limit", "64K"],
        ["--expect-journal", "journal"],
        ["--expect-private-bytes", "0"],
    ];
    folder.ember(&[&["verify", "p"], &good.concat()[..]].concat()).exits(0);
    for (n, (bad, what)) in [
        ("input2", "input digest"),
        ("table2.toml", "another gas table than table2.toml"),
        ("1001", "gas limit 1000 instead of 1001"),
        ("128K", "memory limit 65536 instead of 131072"),
        ("journal2", "another journal than journal2"),
        ("5", "private bytes 0 instead of 5"),
    ]
    .into_iter()
    .enumerate()
    {
        folder.ember(&["verify", "p", good[n][0], good[n][1]]).exits(0);
        let mut args = good;
        args[n][1] = bad;
        let ran = folder.ember(&[&["verify", "p"], &args.concat()[..]].concat()).exits(3);
        assert!(ran.stderr.contains(&format!("not as expected: {what}")), "{ran:?}");
        assert!(!ran.stderr.contains(';') && ran.stdout.is_empty(), "{ran:?}");
    }
    folder.ember(&["verify", "p", "--input", "none"]).refused("cannot read none");
    folder.ember(&["verify", "p", "--gas-table", "input"]).refused("gas table input");
    folder.ember(&["verify", "p", "--expect-journal", "none"]).refused("cannot read none");
}

#[test]
fn gas_tables_change_the_gas_and_not_the_program() {
    let folder = Folder::new();
    folder.file("table.toml", "load = 7\nbranch = 300");
    let elf = elf_of("cycles");
    let a = prove(&folder, &[&elf, "-o", "a.proof"]);
    let b = prove(&folder, &[&elf, "-o", "b.proof", "--gas-table", "table.toml"]);
    assert_eq!((&a["image_id"], &a["instructions"]), (&b["image_id"], &b["instructions"]));
    assert!(a["gas_used"].as_u64() < b["gas_used"].as_u64(), "{a} {b}");
    // The program reads its own cycle counter.
    assert_ne!(a["journal"], b["journal"]);
    for proof in ["a.proof", "b.proof"] {
        folder.ember(&["verify", proof, "--elf", &elf]).exits(0);
    }
}

#[test]
fn a_stored_trace_is_proven() {
    let folder = Folder::new();
    folder.file("a.elf", echo());
    folder.file("input", b"input");
    folder.file("private", b"private!");
    let options = ["--input", "input", "--private", "private", "--gas-limit", "5000"];
    folder.ember(&[&["trace", "a.elf", "-o", "a.trace"], &options[..]].concat()).exits(0);
    let from_elf = prove(&folder, &[&["a.elf", "-o", "a.proof"], &options[..]].concat());
    let from_trace = prove(&folder, &["--trace", "a.trace", "-o", "b.proof", "--journal", "journal"]);
    assert_eq!(from_elf, from_trace);
    assert_eq!(folder.read("journal"), b"inpuprivate!");
    folder.ember(&["verify", "b.proof", "--elf", "a.elf"]).exits(0);

    folder.ember(&["prove", "--trace", "a.trace", "a.elf", "-o", "p"]).exits(2);
    folder.ember(&["prove", "--trace", "a.trace", "--input", "input", "-o", "p"]).exits(2);
    folder.ember(&["prove", "--trace", "a.elf", "-o", "p"]).refused("a.elf: not a trace");
    let read = ember_trace::Execution::read_from;
    let mut run = read(&folder.read("a.trace")[..], ember_trace::Limits::steps(1000)).unwrap();
    run.steps[3].rd ^= 1;
    run.write_to(std::fs::File::create(folder.path("forged.trace")).unwrap()).unwrap();
    folder.ember(&["prove", "--trace", "forged.trace", "-o", "p"]).refused("cannot prove this run");
    assert!(!folder.path("p").exists());
}

#[test]
fn what_cannot_be_proven_is_refused() {
    let folder = Folder::new();
    folder.file("loop.elf", elf(&[i(Op::Jal, 0, 0, 0, 0)], b""));
    folder.file("old", "old");
    let limit = ["prove", "loop.elf", "--gas-limit", "100"];
    let with = |args: &[&str]| folder.ember(&[&limit[..], args].concat());
    with(&["-o", "no/where"]).refused("cannot write no/where");
    with(&["-o", "new", "--journal", "no/where"]).refused("cannot write no/where");
    with(&["-o", "new", "--private", "none"]).refused("cannot read none");
    with(&["-o", "new", "--memory-limit", "5000"]).refused("not a multiple");
    with(&["-o", "new", "--memory", "much"]).exits(2);
    assert!(!folder.path("new").exists() && !folder.path("new.part").exists());
    with(&[]).exits(2);
    folder.ember(&["prove", "-o", "new"]).exits(2);
    folder.ember(&["prove", "none.elf", "-o", "new"]).refused("cannot read none.elf");
    with(&["-o", "old"]).exits(0);
    folder.ember(&["verify", "old", "--elf", "loop.elf"]).exits(0);
    assert!(!folder.path("old.part").exists());
}

/// A run of several segments, each of 2^12 rows at this memory.
#[test]
fn a_long_run_is_proven_in_segments_and_goes_on_where_it_was_cut_short() {
    let folder = Folder::new();
    folder.file("loop.elf", elf(&[i(Op::Addi, 8, 8, 0, 1), i(Op::Jal, 0, 0, 0, -4)], b""));
    let with_memory = |memory: &str, gas: &str, more: &[&str]| {
        let args = ["prove", "loop.elf", "-o", "p", "--memory", memory, "--json", "--gas-limit", gas];
        folder.ember(&[&args[..], more].concat())
    };
    let prove = |gas: &str, more: &[&str]| with_memory("10M", gas, more);
    let lines = |ran: &Ran| -> Vec<Value> {
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let ran = prove("25000", &["--threads", "1"]).exits(0);
    let events = lines(&ran);
    let (begin, events) = events.split_first().unwrap();
    assert_eq!(begin["event"], "begin");
    let (report, segments) = events.split_last().unwrap();
    assert!(segments.len() > 2, "{ran:?}");
    let mut done = 0;
    for (n, segment) in segments.iter().enumerate() {
        assert_eq!((&segment["event"], &segment["segment"]), (&json!("segment"), &json!(n)));
        assert!(segment["seconds"].is_f64() && segment["tables"].is_array(), "{segment}");
        // What is done, of what, and since when.
        done += segment["instructions"].as_u64().unwrap();
        assert_eq!(segment["instructions_done"], done);
        assert_eq!(segment["instructions_total"], report["statement"]["instructions"]);
        assert!(
            segment["time"].as_f64().unwrap() > 1.7e9 && segment["elapsed_seconds"].is_f64(),
            "{segment}"
        );
        let left = segment["seconds_left"].as_f64().unwrap();
        assert_eq!(left == 0.0, n + 1 == segments.len(), "{segment}");
    }
    assert!(report["tables"].is_null(), "{report}");
    let counted: u64 = segments.iter().map(|s| s["instructions"].as_u64().unwrap()).sum();
    assert_eq!(report["statement"]["instructions"], counted);
    assert_eq!(report["segments"], json!({ "count": segments.len(), "resumed": 0 }));
    assert_eq!(report["statement"]["exit"]["reason"], "OutOfGas");
    let verified = folder.ember(&["verify", "p", "--elf", "loop.elf", "--json"]).exits(0).json();
    assert_eq!(verified["segments"], segments.len());
    let shown = folder.ember(&["inspect", "p", "--json"]).exits(0).json();
    assert_eq!(
        (&shown["segments"], shown["tables"].as_array().unwrap().len()),
        (&json!(segments.len()), segments.len())
    );

    // A run that was killed within its last segment.
    let whole = folder.read("p");
    folder.file("p.part", &whole[..whole.len() - 5]);
    let ran = prove("25000", &["--profile"]).exits(0);
    let events = lines(&ran);
    let resumed = json!({ "count": segments.len(), "resumed": segments.len() - 1 });
    assert_eq!(events.last().unwrap()["segments"], resumed);
    assert!(events[1]["seconds"].is_null(), "{ran:?}");
    assert!(ran.stderr.contains("tables"), "{ran:?}");
    assert!(!folder.path("p.part").exists());
    folder.ember(&["verify", "p", "--elf", "loop.elf"]).exits(0);
    // Cut short, it is no proof.
    let at = whole.len() - (whole.len() / segments.len()) / 2;
    folder.file("short", &whole[..at]);
    folder.ember(&["verify", "short"]).refused("malformed proof");

    // Segments of another run are none of this one, and are not dropped.
    folder.file("p.part", &whole[..whole.len() - 5]);
    prove("24000", &[]).refused("has finished segments of another run");
    assert_eq!(folder.read("p.part").len(), whole.len() - 5);
    // Those that were cut with another --memory count, and so do those before a damaged one.
    let resume = |memory: &str| {
        let ran = with_memory(memory, "25000", &[]).exits(0);
        folder.ember(&["verify", "p", "--elf", "loop.elf"]).exits(0);
        let report = lines(&ran).pop().unwrap();
        (report["segments"].clone(), ran.stderr)
    };
    let (counts, _) = resume("40M");
    assert_eq!(counts, json!({ "count": segments.len(), "resumed": segments.len() - 1 }));
    folder.file("p.part", &whole[..whole.len() * 2 / 3]);
    let (counts, _) = resume("1G");
    let (count, resumed) = (counts["count"].as_u64().unwrap(), counts["resumed"].as_u64().unwrap());
    assert!(resumed >= 1 && count == resumed + 1 && count < segments.len() as u64, "{counts}");
    // Proven whole, and not finished: nothing is left to prove but its name.
    let once = folder.read("p");
    folder.file("p.part", &once);
    assert_eq!(resume("10M").0, json!({ "count": count, "resumed": count }));
    let mut bad = whole.clone();
    bad[whole.len() / 2] ^= 1;
    folder.file("p.part", bad);
    let (counts, said) = resume("10M");
    let resumed = counts["resumed"].as_u64().unwrap();
    assert!((1..segments.len() as u64).contains(&resumed), "{counts}");
    assert!(said.contains(&format!("p.part: {resumed} segments are good and are kept")), "{said}");
    // A run of one segment.
    folder.ember(&["prove", "loop.elf", "-o", "one", "--gas-limit", "1000"]).exits(0);
    fs::rename(folder.path("one"), folder.path("one.part")).unwrap();
    folder.ember(&["prove", "loop.elf", "-o", "one", "--gas-limit", "1000", "--memory", "1"]).exits(0);
    folder.ember(&["verify", "one", "--elf", "loop.elf"]).exits(0);
}

#[test]
fn inspect_shows_proofs_and_statements() {
    let folder = folder_with_proof();
    let verified = folder.ember(&["verify", "a.proof", "--json"]).exits(0);
    let statement = verified.json()["statement"].clone();
    let text = folder.ember(&["inspect", "a.proof"]).exits(0).stdout;
    for part in ["Cpu         2^5  rows of", "bits proven", "eprint 2025/2055", "journal!", "not looked at"] {
        let part = if part == "journal!" { "8 bytes: 6a6f75726e616c21" } else { part };
        assert!(text.contains(part), "{part}: {text}");
    }
    let proof = folder.ember(&["inspect", "a.proof", "--json"]).exits(0).json();
    assert_eq!((&proof["kind"], &proof["statement"]), (&json!("proof"), &statement));
    assert_eq!(proof["file"]["bytes"], folder.read("a.proof").len());
    assert_eq!(proof["header"]["entry"], CODE);
    assert_eq!(
        (&proof["tables"][0][0]["table"], &proof["tables"][0][0]["log_rows"]),
        (&json!("Cpu"), &json!(5))
    );
    let security = &proof["security"];
    assert_eq!(security["proven_bits"], verified.json()["proven_bits"]);
    assert_eq!(security["theorem"], verified.json()["proven_by"]);
    assert!(security["bound"].is_string() && security["theorem"].is_string(), "{security}");
    // Those of this proof, which is small, not of the largest.
    assert!(security["proven_bits"].as_f64() > Some(102.0), "{security}");
    assert!(!security["terms"].as_array().unwrap().is_empty(), "{security}");

    folder.file("bare.json", statement.to_string());
    folder.file("report.json", &verified.stdout);
    for name in ["bare.json", "report.json"] {
        let shown = folder.ember(&["inspect", name, "--json"]).exits(0).json();
        assert_eq!((&shown["kind"], &shown["statement"]), (&json!("statement"), &statement), "{name}");
    }
    let text = folder.ember(&["inspect", "bare.json"]).exits(0).stdout;
    assert!(text.contains("8 bytes: 6a6f75726e616c21") && text.contains("memory limit"), "{text}");

    let with = |key: &str, value: Value| {
        let mut other = statement.clone();
        other[key] = value;
        other.to_string()
    };
    for (text, what) in [
        ("{".to_owned(), "EOF"),
        ("{}".to_owned(), "no `journal`"),
        (r#"{"statement": 4}"#.to_owned(), "no `journal`"),
        (with("journal", json!("abc")), "not hexadecimal"),
        (with("journal", json!("zz")), "not hexadecimal"),
        (with("journal", json!([1])), "not hexadecimal"),
        (with("image_id", json!("12")), "64 hexadecimal digits"),
        (with("gas_used", json!(-1)), "not a statement"),
        (with("more", json!(1)), "unknown field `more`"),
    ] {
        folder.file("bad.json", text);
        folder.ember(&["inspect", "bad.json"]).refused(what);
    }
}

#[test]
fn the_demonstration_hashes_a_file() {
    // It has its example with it: any folder will do.
    let folder = Folder::new();
    let ran = folder.ember(&["demo", "-o", "sha256.proof"]).exits(0);
    // Of the program's two runs, its own output; of `verify`, the report.
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!((lines[0].len(), lines[0]), (64, lines[1]));
    assert!(lines[2].starts_with("valid "), "{ran:?}");
    let journal = format!("32 bytes: {}", lines[0]);
    assert!(ran.stdout.contains(&journal) && ran.stderr.contains(&journal), "{ran:?}");
    for part in [
        "$ ember run ember-demo/sha256.elf --input ember-demo/input.txt\n",
        "\n$ ember prove ",
        "\n$ ember verify ",
        "instructions a second",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
    assert_eq!(folder.read("ember-demo/sha256.elf"), fs::read(elf_of("sha256")).unwrap());
    let (elf, input) = ("ember-demo/sha256.elf", "ember-demo/input.txt");
    folder.ember(&["verify", "sha256.proof", "--elf", elf, "--input", input]).exits(0);

    folder.file("ember-demo/input.txt", "mine");
    folder.ember(&["demo"]).refused("ember-demo/input.txt is there already");
    folder.ember(&["demo", "--input", input]).exits(2);
    // An ending is an ending.
    let ran = folder.ember(&["demo", &elf_of("exit-7")]).exits(0);
    assert!(ran.stdout.contains("halt with exit code 7") && folder.path("demo.proof").exists(), "{ran:?}");
    folder.ember(&["demo", "none.elf"]).exits(2);
}

#[test]
fn what_a_proof_costs_is_predicted() {
    let folder = Folder::new();
    let data = |name: &str| format!("{}/../examples/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let (elf, input, private) = (elf_of("sudoku"), data("sudoku.txt"), data("sudoku-solution.txt"));
    let inputs = [&elf[..], "--input", &input, "--private", &private, "--json"];
    let run = folder.ember(&[&["run", "--estimate"], &inputs[..]].concat()).exits(0).json();
    let estimate = &run["proof"];
    folder.ember(&[&["prove", "-o", "p"], &inputs[..]].concat()).exits(0);
    let actual = folder.read("p").len() as f64;
    assert!((0.97..1.03).contains(&(estimate["bytes"].as_f64().unwrap() / actual)), "{estimate} {actual}");
    assert_eq!(estimate["segments"], 1);
    assert!(estimate["seconds"].as_f64().unwrap() > 0.0, "{estimate}");
    assert!(estimate["cells"].as_u64() > run["instructions"].as_u64().map(|n| 100 * n), "{estimate}");
    let ran = folder.ember(&["run", &elf, "--estimate"]).exits(1);
    assert!(ran.stderr.contains("\nproof         about "), "{ran:?}");
}
