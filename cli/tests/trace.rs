//! `ember trace` and `ember inspect`.

mod common;

use common::*;
use serde_json::json;

fn folder_with_traces() -> Folder {
    let folder = Folder::new();
    folder.file("a.elf", echo());
    folder.file("one", b"one ");
    folder.file("two", b"two ");
    for input in ["one", "two"] {
        let ran =
            folder.ember(&["trace", "a.elf", "--input", input, "-o", &format!("{input}.trace")]).exits(0);
        assert!(ran.stderr.contains("halt with exit code 0"), "{ran:?}");
    }
    folder
}

#[test]
fn a_trace_is_written_whatever_the_ending() {
    let folder = Folder::new();
    folder.file("a.elf", talker(7));
    let ran = folder.ember(&["trace", "a.elf", "-o", "a.trace", "--json", "--journal", "journal"]).exits(0);
    assert_eq!(ran.stderr, "out\nerr\n");
    assert_eq!(ran.json()["exit"]["reason"], json!({ "Halt": 7 }));
    assert_eq!(ran.json()["trace"]["bytes"], folder.read("a.trace").len());
    assert_eq!(folder.read("journal"), b"journal!");
    folder.ember(&["trace", "a.elf"]).exits(2);
    folder.ember(&["trace", "a.elf", "-o", "no/where"]).refused("cannot write no/where");
    folder.ember(&["trace", "none.elf", "-o", "b.trace"]).refused("none.elf");
}

#[test]
fn diff_names_the_first_step() {
    let folder = folder_with_traces();
    let ran = folder.ember(&["trace", "diff", "one.trace", "one.trace"]).exits(0);
    assert!(ran.stdout.contains("true"), "{ran:?}");
    let ran = folder.ember(&["trace", "diff", "one.trace", "two.trace", "--json"]).exits(1);
    let found = ran.json();
    assert_eq!(found["parameters"], json!(["public input"]));
    // The ecall that writes the public input to the journal is the first to meet it.
    assert_eq!(found["a"]["instruction"], "ecall");
    assert_eq!(found["a"]["io"][0]["old"], u32::from_le_bytes(*b"one "));
    assert_eq!(found["b"]["io"][0]["old"], u32::from_le_bytes(*b"two "));
    let ran = folder.ember(&["trace", "diff", "one.trace", "two.trace"]).exits(1);
    assert!(ran.stdout.contains("first difference  17"), "{ran:?}");
    folder.ember(&["trace", "diff", "one.trace", "a.elf"]).refused("a.elf: not a trace file");
}

#[test]
fn check_replays() {
    let folder = folder_with_traces();
    folder.ember(&["trace", "check", "one.trace"]).exits(0);
    let mut run =
        ember_trace::Execution::read_from(&folder.read("one.trace")[..], ember_trace::Limits::steps(1000))
            .unwrap();
    run.steps[3].rd ^= 1;
    run.write_to(std::fs::File::create(folder.path("forged.trace")).unwrap()).unwrap();
    let ran = folder.ember(&["trace", "check", "forged.trace"]).exits(3);
    assert!(ran.stderr.contains("not a run of this machine: step 3 at pc 0x0001000c"), "{ran:?}");
    let ran = folder.ember(&["trace", "check", "forged.trace", "--json"]).exits(3);
    assert_eq!((ran.json()["valid"].clone(), ran.json()["step"].clone()), (json!(false), json!(3)));
}

#[test]
fn bad_traces_are_refused() {
    let folder = folder_with_traces();
    let good = folder.read("one.trace");
    let mut corrupt = good.clone();
    *corrupt.last_mut().unwrap() ^= 1;
    let mut newer = good.clone();
    newer[8] += 1;
    folder.file("short", &good[..good.len() - 1]);
    folder.file("corrupt", &corrupt);
    folder.file("newer", &newer);
    for (name, what) in [("short", "truncated"), ("corrupt", "checksum"), ("newer", "version 3")] {
        folder.ember(&["inspect", name]).refused(what);
        folder.ember(&["trace", "check", name]).refused(what);
        folder.ember(&["trace", "diff", name, "one.trace"]).refused(what);
        folder.ember(&["trace", "diff", "one.trace", name]).refused(what);
    }
}

#[test]
fn inspect_knows_its_files() {
    let folder = folder_with_traces();
    let image = folder.ember(&["inspect", "a.elf", "--json"]).exits(0).json();
    assert_eq!((&image["kind"], &image["entry"]), (&json!("image"), &json!(CODE)));
    assert_eq!(image["segments"][0]["perm"], "--x");
    let trace = folder.ember(&["inspect", "one.trace", "--json"]).exits(0).json();
    assert_eq!((&trace["kind"], &trace["image_id"]), (&json!("trace"), &image["image_id"]));
    assert_eq!(trace["input"]["bytes"], 4);
    let run = folder.ember(&["run", "a.elf", "--input", "one", "--json"]).json();
    for key in ["gas", "instructions", "journal", "classes"] {
        assert_eq!(trace[key], run[key], "{key}");
    }
    let text = folder.ember(&["inspect", "one.trace"]).exits(0).stdout;
    assert!(text.contains("halt with exit code 0"), "{text}");
    folder.ember(&["inspect", "one"]).refused("neither an ELF file nor");
    folder.file("empty", "");
    folder.ember(&["inspect", "empty"]).refused("neither an ELF file nor");
    folder.ember(&["inspect", "none"]).refused("cannot read");
}
