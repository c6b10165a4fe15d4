//! Puts the linker script where the linker of every program that uses this crate finds it, as `ember.ld`.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=link.ld");
    println!("cargo::rerun-if-changed=start.s");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::copy("link.ld", out.join("ember.ld")).expect("the linker script can be copied");
    println!("cargo::rustc-link-search={}", out.display());
}
