//! Decides how the interpreter is compiled: nothing that a package can ask of another, since features of all packages in a
//! build come together.
//!
//! Handlers of the fast engine may end in calls that the compiler turns into jumps where LLVM does that for every handler:
//! optimised builds for targets whose calling convention passes six words in registers, without instrumentation. Elsewhere a
//! plain loop calls one handler after the other.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(tail_calls, unmetered, mutants)");
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let optimised = matches!(var("OPT_LEVEL").as_str(), "2" | "3");
    let target = matches!(var("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64");
    let flags = var("CARGO_ENCODED_RUSTFLAGS");
    let instrumented = ["sanitizer", "instrument-coverage", "profile-generate", "opt-level"]
        .iter()
        .any(|flag| flags.contains(flag));
    let miri = std::env::var_os("CARGO_CFG_MIRI").is_some();
    let plain = std::env::var_os("CARGO_FEATURE_PLAIN_LOOP").is_some();
    if optimised && target && !instrumented && !miri && !plain {
        println!("cargo::rustc-cfg=tail_calls");
    }
    // No charging, and so no gas, no counters and no limits: a package of its own, to measure what metering costs.
    if var("CARGO_PKG_NAME") == "ember-vm-unmetered" {
        println!("cargo::rustc-cfg=unmetered");
    }
    // Seeded bugs, for the mutation check of the conformance suite.
    println!("cargo::rerun-if-env-changed=EMBER_SEEDED_BUGS");
    if std::env::var_os("EMBER_SEEDED_BUGS").is_some() {
        println!(
            "cargo::warning=EMBER_SEEDED_BUGS is set: this interpreter has bugs that can be switched on"
        );
        println!("cargo::rustc-cfg=mutants");
    }
}
