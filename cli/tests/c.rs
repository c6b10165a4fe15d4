//! Programs in C and C++, by gcc and by clang: what the guide promises of stack, thread-local variables and the library.

mod common;

use std::path::Path;
use std::process::Command;

use common::{Folder, compilers};

const HALT: &str = r#"{"Halt":0}"#;

/// Builds a program of `tests/c` with these options, into a file of its name.
#[track_caller]
fn build(folder: &Folder, compiler: &str, name: &str, options: &[&str]) -> String {
    let sources = [
        ("accelerators.c", include_str!("c/accelerators.c")),
        ("atomics.c", include_str!("c/atomics.c")),
        ("classes.cc", include_str!("c/classes.cc")),
        ("frames.c", include_str!("c/frames.c")),
        ("hand.c", include_str!("c/hand.c")),
        ("library.c", include_str!("c/library.c")),
        ("start.c", include_str!("c/start.c")),
        ("tls.c", include_str!("c/tls.c")),
    ];
    let (file, source) = sources.iter().find(|(file, _)| file.starts_with(name)).expect("a program");
    folder.file(file, source);
    let built = folder.ember(&[&["build", file, "--cc", compiler, "--"][..], options].concat()).exits(0);
    assert!(!built.stderr.contains("warning"), "{compiler} {options:?}: {built:?}");
    format!("{name}.elf")
}

/// What a program wrote to the consoles, and the reason of its end.
#[track_caller]
fn run(folder: &Folder, elf: &str, options: &[&str]) -> (String, String) {
    let ran = folder.ember(&[&["run", elf, "--json"][..], options].concat());
    let reason = ran.json()["exit"]["reason"].to_string();
    (ran.stderr, reason)
}

/// Frames that fit change nothing else, and frames that do not end the run, however large they are and wherever memory ends.
#[test]
fn a_stack_that_overflows_overwrites_nothing() {
    let folder = Folder::new();
    for compiler in compilers() {
        let is_gcc = compiler.ends_with("gcc");
        let builds: &[&[&str]] = if is_gcc { &[&[], &["-O0"], &["-flto"]] } else { &[&[], &["-O0"]] };
        for options in builds {
            let elf = build(&folder, compiler, "frames", options);
            let fits =
                [(b'f', 0x40), (b'f', 0x1000), (b'f', 0x3f000), (b'v', 64), (b'v', 0x3f000), (b'r', 50)];
            let does_not = [
                [
                    0x4_0000,
                    0x4_5000,
                    0x5_0000,
                    0x6_0000,
                    0x8_0000,
                    0x10_0000,
                    0x1000_0000,
                    0x4000_0000,
                    0x7fff_f000,
                ]
                .map(|size: u32| (b'f', size))
                .to_vec(),
                [0x4_0000, 0x4_4190, 0x5_0000, 0x6_0000, 0x8_0000, 0x10_0000, 0x4000_0000, 0x7fff_f000]
                    .map(|size: u32| (b'v', size))
                    .to_vec(),
                // The language has no such arrays, and gcc's probes stop them: they would wrap around the address space.
                if is_gcc {
                    [0x8000_0000, 0xffc0_0000, 0xffff_0000].map(|size| (b'v', size)).to_vec()
                } else {
                    vec![]
                },
                [64, 70, 1000, 100_000].map(|depth: u32| (b'r', depth)).to_vec(),
            ]
            .concat();
            let run = |(kind, size): (u8, u32), limit: &str| {
                let path = folder.file("input", [&[kind][..], &size.to_le_bytes()].concat());
                let input = path.to_str().expect("a path of text");
                run(&folder, &elf, &["--memory-limit", limit, "--input", input]).1
            };
            for case in fits {
                assert_eq!(run(case, "2M"), HALT, "{compiler} {options:?}: {case:x?}");
            }
            for case in does_not {
                for limit in ["2M", "1G"] {
                    let reason = run(case, limit);
                    let what = format!("{compiler} {options:?}: {case:x?} with {limit}: {reason}");
                    assert!(reason.starts_with(r#"{"StoreAccessFault":"#), "{what}");
                }
            }
        }
    }
}

/// The same for a program that takes nothing of Ember but the linker script.
#[test]
fn programs_linked_by_hand_have_the_same_stack() {
    let folder = Folder::new();
    folder.file("hand.c", include_str!("c/hand.c"));
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest");
    if !compilers().contains(&"riscv64-unknown-elf-gcc") {
        return;
    }
    for (frame, reason) in [("4096", HALT), ("0x40000", ""), ("0x50000", ""), ("0x7fff0000", "")] {
        let linked = Command::new("riscv64-unknown-elf-gcc")
            .args(["-march=rv32em", "-mabi=ilp32e", "-Os", "-ffreestanding", "-nostdlib", "-static"])
            .args([
                &format!("-DFRAME={frame}"),
                "-isystem",
                "/usr/lib/picolibc/riscv64-unknown-elf/include",
                "-I",
            ])
            .arg(guest.join("c"))
            .arg("-T")
            .arg(guest.join("link.ld"))
            .args(["-Wl,-zmax-page-size=4096,--no-relax", "-o", "hand.elf", "hand.c"])
            .current_dir(folder.0.path())
            .output()
            .expect("gcc runs");
        assert!(linked.status.success(), "{linked:?}");
        let ended = run(&folder, "hand.elf", &[]).1;
        let is_right = if reason.is_empty() { ended.contains("StoreAccessFault") } else { ended == reason };
        assert!(is_right, "{frame}: {ended}");
    }
}

#[test]
fn thread_local_variables_have_room_of_their_own() {
    let folder = Folder::new();
    for compiler in compilers() {
        for options in
            [&[][..], &["-DINITIALISED"], &["-DDATA"], &["-DINITIALISED", "-DDATA"], &["-flto"], &["-O0"]]
        {
            let elf = build(&folder, compiler, "tls", options);
            let (console, reason) = run(&folder, &elf, &[]);
            assert_eq!((&console[..], &reason[..]), ("bob: 0\n", HALT), "{compiler} {options:?}");
        }
    }
}

#[test]
fn the_library_says_honestly_what_the_machine_has_not() {
    let folder = Folder::new();
    folder.file("private", "01234567\nline\nlast");
    for compiler in compilers() {
        for options in [&[][..], &["-flto"], &["-O0", "-fstack-protector-all"]] {
            let elf = build(&folder, compiler, "library", options);
            let (console, reason) = run(&folder, &elf, &["--private", "private", "--journal", "journal"]);
            // SIGTERM, as a shell shows it.
            assert_eq!(
                (&console[..], &reason[..]),
                ("in order\n", r#"{"Halt":143}"#),
                "{compiler} {options:?}"
            );
            assert_eq!(folder.read("journal"), b"journal");
        }
    }
}

#[test]
fn failed_assertions_and_aborts_end_with_134() {
    let folder = Folder::new();
    let programs = [
        (
            "#include <stdlib.h>\nint main(int argc, char **argv) { return argv[0][0] ? 1 : argc == 1 ? abort(), 2 : 3; }\n",
            "",
        ),
        (
            "#include <assert.h>\nint main(int argc, char **argv) { (void)argv; assert(argc == 2); return 0; }\n",
            "argc == 2",
        ),
        (
            "#include <string.h>\n__attribute__((noinline)) static int f(int n) { char x[8]; memset(x, 1, n); \
             return *(volatile char *)x; }\nint main(int argc, char **argv) { (void)argv; return f(argc + 19); }\n",
            "stack smashing detected",
        ),
    ];
    for compiler in compilers() {
        for (source, message) in &programs {
            folder.file("end.c", source);
            let options = ["build", "end.c", "--cc", compiler, "--", "-fstack-protector-all", "-Wno-all"];
            folder.ember(&options).exits(0);
            let (console, reason) = run(&folder, "end.elf", &[]);
            assert_eq!(reason, r#"{"Halt":134}"#, "{compiler}: {source}");
            assert!(console.contains(message), "{compiler}: {console}");
        }
    }
}

#[test]
fn constructors_run_in_order_and_sections_are_kept() {
    let folder = Folder::new();
    for compiler in compilers() {
        for options in [&[][..], &["-flto"], &["-O0"]] {
            let elf = build(&folder, compiler, "start", options);
            let (console, reason) = run(&folder, &elf, &[]);
            let expected = "preinit 101 102 constructor main 6 atexit destructor ";
            assert_eq!((&console[..], &reason[..]), (expected, HALT), "{compiler} {options:?}");
        }
    }
}

#[test]
fn atomics_are_there() {
    let folder = Folder::new();
    for compiler in compilers() {
        for options in [&[][..], &["-flto"], &["-O0"]] {
            let elf = build(&folder, compiler, "atomics", options);
            let (console, reason) = run(&folder, &elf, &[]);
            let sizes = [8, 16, 32, 64].map(|bits| format!("{bits}: 386157 10 9 9 4\n")).concat();
            assert_eq!(
                (console, &reason[..]),
                (format!("{sizes}123 01 0 0 1 6 4\n"), HALT),
                "{compiler} {options:?}"
            );
        }
    }
}

#[test]
fn cxx_is_built_too() {
    let folder = Folder::new();
    for compiler in compilers() {
        for options in [&[][..], &["-std=c++20"], &["-flto"], &["-O0"]] {
            let elf = build(&folder, compiler, "classes", options);
            let (console, reason) = run(&folder, &elf, &["--journal", "journal"]);
            let expected = "+global +heap +local -heap 138\n-local -global ";
            assert_eq!((&console[..], &reason[..]), (expected, HALT), "{compiler} {options:?}");
            assert_eq!(folder.read("journal")[..4], [0xba, 0x78, 0x16, 0xbf]);
        }
    }
}

/// The header's functions against those of the Rust library, which computes in software here.
#[test]
fn accelerators_compute_what_software_computes() {
    use ember_guest::accel::*;
    use ember_guest::digest::Digest;

    let input: Vec<u8> = (0..512u32).map(|i| (i * i + i / 3) as u8).collect();
    let mut expected = Vec::new();
    for n in (0..=300).step_by(7) {
        let bytes = &input[n % 4..][..n];
        expected.extend(Sha256::digest(bytes));
        expected.extend(Keccak256::digest(bytes));
        expected.extend(Sha3_256::digest(bytes));
    }
    expected.extend(Sha256::digest(&input[..55]));
    expected.extend(Keccak256::digest(&input[..136]));
    let words: Vec<u32> = input[..128].iter().map(|&b| u32::from(b) * 0x0101_0101).collect();
    let mut put = |words: &[u32]| expected.extend(words.iter().flat_map(|w| w.to_le_bytes()));
    let mut state: [u32; 16] = words[..16].try_into().unwrap();
    poseidon2(&mut state);
    put(&state);
    poseidon2_montgomery(&mut state);
    put(&state);
    let integer = |at: usize| -> [u32; 8] { words[at..at + 8].try_into().unwrap() };
    put(&mul_mod(&integer(0), &integer(8), &integer(16)));
    let elements = |step: usize| -> Vec<Extension> {
        (0..1500).map(|i| core::array::from_fn(|j| words[(step * i + j) % 128])).collect()
    };
    let mut sum = Extension::default();
    extension_dot(&mut sum, &elements(1), &elements(3));
    put(&sum);
    let factors: Vec<u32> = (0..1500).map(|i| words[5 * i % 128]).collect();
    extension_dot_base(&mut sum, &elements(1), &factors);
    put(&sum);

    let folder = Folder::new();
    folder.file("input", &input);
    for compiler in compilers() {
        for options in [&[][..], &["-ffreestanding"]] {
            let elf = build(&folder, compiler, "accelerators", options);
            let reason = run(&folder, &elf, &["--input", "input", "--journal", "journal"]).1;
            assert_eq!(reason, HALT, "{compiler} {options:?}");
            assert!(folder.read("journal") == expected, "{compiler} {options:?}");
        }
    }
}

/// Links that lead back, and folders that two links lead to, are read once; link-time optimisation knows of no folder either.
#[cfg(unix)]
#[test]
fn sources_are_found_once_and_build_alike_anywhere() {
    use std::os::unix::fs::symlink;

    let folder = Folder::new();
    for compiler in compilers() {
        for options in [&[][..], &["-flto"]] {
            let mut ids = Vec::new();
            for place in ["one/program", "two/and/deeper/program"] {
                let root = format!("{compiler}{}/{place}", options.len());
                let path = |file: &str| folder.path(&format!("{root}/{file}"));
                std::fs::create_dir_all(path("src/part")).unwrap();
                std::fs::write(path("src/main.c"), "int part(void);\nint main(void) { return part(); }\n")
                    .unwrap();
                std::fs::write(
                    path("src/part/part.c"),
                    "int part(void);\nint part(void) { return __FILE__[0] == 0; }\n",
                )
                .unwrap();
                symlink(".", path("src/loop")).unwrap();
                symlink("part", path("src/again")).unwrap();
                let arguments = [&["build", &root, "--cc", compiler, "--json", "--"][..], options].concat();
                let built = folder.ember(&arguments).exits(0).json();
                ids.push(built["programs"][0]["image_id"].clone());
                let elf = format!("{root}/target/ember/program.elf");
                assert_eq!(run(&folder, &elf, &[]).1, HALT);
            }
            assert_eq!(ids[0], ids[1], "{compiler} {options:?}");
        }
    }
}

#[test]
fn a_compiler_that_is_not_here_is_named() {
    let folder = Folder::new();
    folder.file("a.c", "int main(void) { return 0; }\n");
    folder.ember(&["build", "a.c", "--cc", "no-such-compiler"]).refused("there is no no-such-compiler");
    folder.ember(&["build", "a.c", "--cc", "true"]).refused("is no compiler for");
}

/// A stock linker layout puts constants into the code's segment: the report says so, and what it advises helps.
#[test]
fn a_load_from_code_is_explained() {
    let folder = Folder::new();
    if !compilers().contains(&"riscv64-unknown-elf-gcc") {
        return;
    }
    folder.file("stock.c", include_str!("c/stock.c"));
    let link = |option: &[&str]| {
        let linked = Command::new("riscv64-unknown-elf-gcc")
            .args([
                "-march=rv32em",
                "-mabi=ilp32e",
                "-O1",
                "-ffreestanding",
                "-nostdlib",
                "-static",
                "stock.c",
            ])
            .args(["-o", "stock.elf"])
            .args(option)
            .current_dir(folder.0.path())
            .output()
            .expect("gcc runs");
        assert!(linked.status.success(), "{linked:?}");
        folder.ember(&["run", "stock.elf"]).exits(1).stderr
    };
    let hint = "the address lies in code, which runs and cannot be read";
    let report = link(&[]);
    assert!(report.contains("load access fault") && report.contains(hint), "{report}");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest/link.ld");
    let report = link(&["-T", script.to_str().expect("a path of text")]);
    assert!(report.contains("halt with exit code 11") && !report.contains(hint), "{report}");
    // Other faults have other reasons.
    let elf = common::example("fault-store").expect("an example");
    assert!(!folder.ember(&["run", &elf]).exits(1).stderr.contains(hint));
}
