//! Programs in Rust, built by `ember build`. Without a toolchain that has the standard library's sources there is nothing to test;
//! CI installs one and sets `EMBER_REQUIRE_COMPILERS`.

mod common;

use common::Folder;
use ember_guest::accel::Sha256;
use ember_guest::digest::Digest;

/// A package with the programs of `tests/rust`, built; `None` where nothing can build it.
fn package() -> Option<Folder> {
    let folder = Folder::new();
    let doctor = folder.ember(&["doctor", "--json"]).json();
    if doctor["rust"].is_null() && std::env::var_os("EMBER_REQUIRE_COMPILERS").is_none() {
        return None;
    }
    folder.ember(&["new", "package"]).exits(0);
    let manifest = String::from_utf8(folder.read("package/Cargo.toml")).unwrap();
    let more = "getrandom_02 = { package = \"getrandom\", version = \"0.2\" }\n\
                getrandom_03 = { package = \"getrandom\", version = \"0.3\" }\n\
                getrandom_04 = { package = \"getrandom\", version = \"0.4\" }\n";
    let manifest = manifest
        .replace("/guest\" }", "/guest\", features = [\"getrandom\"] }")
        .replace(
            "[dependencies]
",
            &format!(
                "[dependencies]
{more}"
            ),
        )
        .replace("lto = true", "lto = false");
    folder.file("package/Cargo.toml", &manifest);
    std::fs::create_dir(folder.path("package/src/bin")).unwrap();
    folder.file("package/src/bin/frames.rs", include_str!("rust/frames.rs"));
    folder.file("package/src/bin/random.rs", include_str!("rust/random.rs"));
    let mut build = folder.command(&["build", "package", "-o", "."]);
    let built = build.env_remove("CARGO_TARGET_DIR").output().unwrap();
    assert!(built.status.success(), "{manifest}: {built:?}");
    Some(folder)
}

#[test]
fn programs_in_rust_keep_the_guides_promises() {
    let Some(folder) = package() else { return };

    // What `ember new` makes, without an input.
    let ran = folder.ember(&["run", "package.elf", "--json"]).exits(0);
    assert_eq!(ran.json()["journal"], "a8000000");

    // A stack that overflows overwrites nothing.
    let run = |kind: u8, size: u32| {
        folder.file("input", [&[kind][..], &size.to_le_bytes()].concat());
        let ran = folder.ember(&["run", "frames.elf", "--input", "input", "--memory-limit", "2M", "--json"]);
        ran.json()["exit"]["reason"].to_string()
    };
    for (kind, size) in [(b'f', 0x40), (b'f', 0x1000), (b'f', 0x3_f000), (b'r', 25)] {
        assert_eq!(run(kind, size), r#"{"Halt":0}"#, "{size:#x}");
    }
    let frames =
        [0x4_0000, 0x4_d800, 0x6_0000, 0x8_0000, 0x10_0000, 0x4000_0000, 0x7fff_f000].map(|n| (b'f', n));
    for (kind, size) in frames.into_iter().chain([(b'r', 64), (b'r', 70), (b'r', 100_000)]) {
        let reason = run(kind, size);
        assert!(reason.starts_with(r#"{"StoreAccessFault":"#), "{size:#x}: {reason}");
    }

    // Randomness: none, and then what the seed says.
    let seed = [7; 32];
    folder.file("private", seed);
    let ran = folder.ember(&["run", "random.elf", "--private", "private", "--journal", "journal"]).exits(0);
    assert_eq!(ran.stderr.matches("a library asks for randomness, and the machine has none").count(), 3);
    let block = |n: u64| Sha256::new().chain_update(seed).chain_update(n.to_le_bytes()).finalize();
    let request = |n: u64| [&block(n)[..], &block(n + 1)[..8]].concat();
    let expected = [request(0), request(2), request(4), Sha256::digest(b"abc").to_vec()].concat();
    assert_eq!(folder.read("journal"), expected);
}
