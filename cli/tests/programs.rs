//! Commands for authors of programs: new, build, profile, run --trace-exec.

mod common;

use std::path::Path;
use std::process::Command;

use common::*;
use ember_isa::Op;

#[test]
fn new_makes_a_package_that_depends_on_this_checkout() {
    let folder = Folder::new();
    folder.ember(&["new", "my-program"]).exits(0);
    let manifest: toml::Table =
        toml::from_str(&String::from_utf8(folder.read("my-program/Cargo.toml")).unwrap()).unwrap();
    assert_eq!(manifest["package"]["name"].as_str(), Some("my-program"));
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest").canonicalize().unwrap();
    assert_eq!(manifest["dependencies"]["ember-guest"]["path"].as_str(), guest.to_str());
    assert!(folder.path("my-program/src/main.rs").is_file());
    let host: toml::Table =
        toml::from_str(&String::from_utf8(folder.read("my-program/host/Cargo.toml")).unwrap()).unwrap();
    for (name, dependency) in host["dependencies"].as_table().unwrap() {
        let path = dependency["path"].as_str().unwrap();
        let manifest = std::fs::read_to_string(Path::new(path).join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name} in {path}");
    }

    folder.ember(&["new", "far", "--guest", "https://example.org/ember"]).exits(0);
    let text = String::from_utf8(folder.read("far/Cargo.toml")).unwrap();
    assert!(text.contains("ember-guest = { git = \"https://example.org/ember\" }"), "{text}");
}

#[test]
fn new_refuses_what_it_cannot_make() {
    let folder = Folder::new();
    folder.ember(&["new", "twice", "--lang", "c"]).exits(0);
    folder.ember(&["new", "twice"]).refused("is there already");
    for name in ["1st", "a b", "..", "é"] {
        folder.ember(&["new", name]).refused("a program's name has");
    }
    // Names that cargo or the compiler has for something else; C has no such names.
    for name in ["ember-guest", "core", "fn", "test", "build"] {
        folder.ember(&["new", name]).refused("is the name of something else in Rust");
        assert!(!folder.path(name).exists());
    }
    folder.ember(&["new", "core", "--lang", "c"]).exits(0);
    folder.ember(&["new", "lost", "--guest", "nowhere"]).refused("not the folder of the crate");
    assert!(!folder.path("lost").exists());
    folder.ember(&["build", "nowhere"]).refused("cannot read");
    std::fs::create_dir(folder.path("empty")).unwrap();
    folder.ember(&["build", "empty"]).refused("neither a Cargo.toml nor C or C++ files");
}

/// Without a compiler for the machine there is nothing to test; CI installs one, for `docs/guide/check.sh`.
#[test]
fn c_programs_build_alike_in_any_folder() {
    if Command::new("riscv64-unknown-elf-gcc").arg("--version").output().is_err() {
        return;
    }
    let folder = Folder::new();
    let source = "#include <ember.h>\nconst char *file(void) { return __FILE__; }\nint main(void) {\n    \
                  uint32_t length;\n    const uint8_t *input = ember_input(&length);\n    \
                  ember_journal(input, length);\n    ember_journal(file(), 5);\n    \
                  return ember_cycles() > ember_instructions() ? 3 : 4;\n}\n";
    let mut ids = Vec::new();
    for place in ["one", "another/and/deeper"] {
        std::fs::create_dir_all(folder.path(place)).unwrap();
        let file = format!("{place}/echo.c");
        folder.file(&file, source);
        let built = folder.ember(&["build", &file, "--json", "--", "-ffreestanding"]).exits(0).json();
        ids.push(built["programs"][0]["image_id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    let length = |file| std::fs::metadata(folder.path(file)).unwrap().len();
    let plain = length("one/echo.elf");
    // Debug information is in the file, and no part of the program.
    let options = ["build", "one/echo.c", "--json", "--", "-ffreestanding", "-g"];
    assert_eq!(folder.ember(&options).exits(0).json()["programs"][0]["image_id"], ids[0]);
    assert!(length("one/echo.elf") > plain);
    folder.file("input", "what");
    let ran =
        folder.ember(&["run", "one/echo.elf", "--input", "input", "--journal", "out", "--json"]).exits(1);
    assert_eq!(ran.json()["exit"]["reason"], serde_json::json!({ "Halt": 3 }));
    assert_eq!(folder.read("out"), b"what./ech");
    // Another source is another program.
    folder.file("one/echo.c", source.replace("? 3", "? 5"));
    let built = folder.ember(&["build", "one/echo.c", "--json", "--", "-ffreestanding"]).exits(0).json();
    assert_ne!(built["programs"][0]["image_id"], ids[0]);
}

/// A product and a power, as words of the journal.
#[test]
fn c_programs_multiply_by_the_accelerator() {
    if Command::new("riscv64-unknown-elf-gcc").arg("--version").output().is_err() {
        return;
    }
    let folder = Folder::new();
    folder.file(
        "power.c",
        "#include <ember.h>\nint main(void) {\n    uint32_t x[8] = {7}, y[8] = {8}, m[8] = {10};\n    \
         ember_mul_mod(x, y, m);\n    ember_journal_u32(x[0]);\n    \
         for (int i = 0; i < 8; i++) x[i] = 0xffffffff, m[i] = 0;\n    \
         ember_mul_mod(x, x, m);\n    ember_journal(x, sizeof x);\n    return 0;\n}\n",
    );
    folder.ember(&["build", "power.c", "--", "-ffreestanding"]).exits(0);
    folder.ember(&["run", "power.elf", "--journal", "out"]).exits(0);
    let words = [6, 1, 0, 0, 0, 0, 0, 0, 0u32];
    assert_eq!(folder.read("out"), words.map(u32::to_le_bytes).concat());
}

#[test]
fn c_programs_ask_what_their_statement_says() {
    if Command::new("riscv64-unknown-elf-gcc").arg("--version").output().is_err() {
        return;
    }
    let folder = Folder::new();
    folder.file(
        "context.c",
        "#include <ember.h>\nint main(void) {\n    struct ember_context context;\n    \
         ember_context(&context);\n    ember_journal(&context, sizeof context);\n    \
         return context.gas_limit == 1234567 && context.memory_limit == 65536 && context.prices[4] == 9 ? 0 : 1;\n}\n",
    );
    folder.file("table.toml", "branch = 9");
    folder.ember(&["build", "context.c", "--", "-ffreestanding"]).exits(0);
    let args = ["run", "context.elf", "--gas-table", "table.toml", "--gas-limit", "1234567"];
    let ran = folder.ember(&[&args[..], &["--memory-limit", "64K", "--json"]].concat()).exits(0).json();
    let image = folder.ember(&["inspect", "context.elf", "--json"]).exits(0).json();
    // An id is shown as big-endian words; the machine is little-endian.
    let words = |text: &str| text.as_bytes().chunks(2).map(|pair| pair.to_vec()).collect::<Vec<_>>();
    let journal = words(ran["journal"].as_str().unwrap());
    let mut id = words(image["image_id"].as_str().unwrap());
    id.chunks_exact_mut(4).for_each(<[_]>::reverse);
    assert_eq!(journal.len(), 256);
    assert_eq!(journal[..32], id);
}

#[test]
fn a_profile_accounts_for_all_gas() {
    let folder = Folder::new();
    for name in ["quicksort", "token", "panic", "fault-load", "out-of-gas"] {
        let elf = example(name).expect("an example");
        let options = ["--gas-limit", "5_000_000", "--folded", "folded", "--json"];
        let ran = folder.ember(&[&["profile", &elf][..], &options].concat());
        let profile = ran.json();
        let functions = profile["functions"].as_array().unwrap();
        let own: u64 = functions.iter().map(|f| f["self"].as_u64().unwrap()).sum();
        assert_eq!(Some(own), profile["gas"].as_u64(), "{name}");
        let start = functions.iter().find(|f| f["name"] == "_start").unwrap();
        assert_eq!((&start["total"], &start["calls"]), (&profile["gas"], &serde_json::json!(1)), "{name}");
        let folded = String::from_utf8(folder.read("folded")).unwrap();
        let sum: u64 = folded.lines().map(|l| l.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum();
        assert_eq!(sum, own, "{name}");
        assert!(folded.lines().all(|line| line.starts_with("_start")), "{folded}");
    }
    let elf = example("quicksort").expect("an example");
    let ran = folder.ember(&["profile", &elf, "--top", "1"]).exits(0);
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:?}");
}

/// Eight functions, each of which calls one of the eight, chosen by a random number, to this depth.
fn recursion(depth: i32) -> Vec<u8> {
    let op = |op: Op, rd: u8, rs1: u8, rs2: u8, imm: i32| i(op, rd, rs1, rs2, imm);
    let xorshift = |left: Op, n: i32| [op(left, 10, 9, 0, n), op(Op::Xor, 9, 9, 10, 0)];
    let mut code =
        [&li(2, DATA + 0x1000)[..], &li(9, 0x12345), &li(4, CODE + 0x100), &li(8, depth as u32)].concat();
    code.extend([op(Op::Jalr, 1, 4, 0, 0), op(Op::Jal, 0, 0, 0, -12)]);
    code.resize(0x100 / 4, 0);
    for _ in 0..8 {
        let start = code.len();
        code.extend([op(Op::Beq, 0, 8, 0, 15 * 4), op(Op::Addi, 8, 8, 0, -1)]);
        code.extend([op(Op::Addi, 2, 2, 0, -4), op(Op::Sw, 0, 2, 1, 0)]);
        code.extend([xorshift(Op::Slli, 13), xorshift(Op::Srli, 17), xorshift(Op::Slli, 5)].concat());
        code.extend([op(Op::Andi, 10, 9, 0, 7), op(Op::Slli, 10, 10, 0, 7), op(Op::Add, 10, 10, 4, 0)]);
        code.extend([op(Op::Jalr, 1, 10, 0, 0), op(Op::Lw, 1, 2, 0, 0)]);
        code.extend([op(Op::Addi, 2, 2, 0, 4), op(Op::Addi, 8, 8, 0, 1)]);
        let ret = code.len();
        code.push(op(Op::Jalr, 0, 1, 0, 0));
        code[start] = op(Op::Beq, 0, 8, 0, 4 * (ret - start) as i32);
        code.resize(start + 0x80 / 4, 0);
    }
    elf(&code, b"")
}

#[test]
fn a_profile_of_recursion_is_bounded() {
    let folder = Folder::new();
    folder.file("plain.elf", recursion(800));
    let names = b"\0main\0f0\0f1\0f2\0f3\0f4\0f5\0f6\0f7\0";
    let functions: Vec<(u32, u32)> = (0..8).map(|n| (6 + 3 * n, CODE + 0x100 + 0x80 * n)).collect();
    folder.file("named.elf", with_symbols(recursion(800), names, &[&[(1, CODE)][..], &functions].concat()));
    for (file, main) in [("plain.elf", "0x10000"), ("named.elf", "main")] {
        let profile = format!(
            "ulimit -v 200000; exec {} profile {file} --gas-limit 2000000 --folded folded --flamegraph f.svg --json",
            env!("CARGO_BIN_EXE_ember")
        );
        let output = Command::new("sh").args(["-c", &profile]).current_dir(folder.0.path()).output().unwrap();
        let profile = Ran::new(&["profile", file], &output).exits(1).json();
        let functions = profile["functions"].as_array().unwrap();
        assert_eq!(functions.len(), 9, "{profile}");
        let of = |name: &str, key: &str| functions.iter().find(|f| f["name"] == name).unwrap()[key].clone();
        let gas = profile["gas"].as_u64().unwrap();
        assert!(gas > 1_999_000, "{gas}");
        assert_eq!((of(main, "total"), of(main, "calls")), (gas.into(), 1.into()), "{profile}");
        let own: u64 = functions.iter().map(|f| f["self"].as_u64().unwrap()).sum();
        assert_eq!(own, gas);
        // Recursion counts once.
        assert!(functions.iter().all(|f| f["total"].as_u64() <= Some(gas)), "{profile}");

        let folded = String::from_utf8(folder.read("folded")).unwrap();
        let mut sum = 0;
        for line in folded.lines() {
            let (stack, gas) = line.rsplit_once(' ').unwrap();
            sum += gas.parse::<u64>().unwrap();
            let mut frames: Vec<&str> = stack.split(';').collect();
            assert_eq!(frames[0], main);
            // No function is on a stack twice.
            let depth = frames.len();
            frames.sort_unstable();
            frames.dedup();
            assert_eq!(frames.len(), depth, "{line}");
        }
        assert_eq!(sum, gas);
        let svg = String::from_utf8(folder.read("f.svg")).unwrap();
        assert!(svg.contains("<svg ") && svg.contains(&format!("<title>{main} (")), "{file}");
    }
}

#[test]
fn instructions_are_shown_as_they_execute() {
    let folder = Folder::new();
    let elf = example("exit-7").expect("an example");
    let ran = folder.ember(&["run", &elf, "--trace-exec"]).exits(1);
    let shown = ran.stderr.lines().filter(|line| line.contains(":  ")).count();
    assert!(ran.stderr.contains(&format!("instructions  {shown}\n")), "{ran:?}");
    assert!(ran.stderr.starts_with("_start:\n   10000:  lui t0, "), "{ran:?}");
    for part in ["main:\n", "  t0 = 0x5d\n", "word was 0x00000000\n"] {
        assert!(ran.stderr.contains(part), "{part}: {ran:?}");
    }
}
