//! Whether the interpreter is built with its seeded bugs, and `tests/mutants.rs` with it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(mutants)");
    println!("cargo::rerun-if-env-changed=EMBER_SEEDED_BUGS");
    if std::env::var_os("EMBER_SEEDED_BUGS").is_some() {
        println!("cargo::rustc-cfg=mutants");
    }
}
