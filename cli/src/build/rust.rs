//! Rust: stock cargo builds the program, with `core` and `alloc` from the toolchain's own sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::rustc;
use super::tools::{HasMissing, ask, in_path, newest_llvm, version};

/// The target: RV32EM, ILP32E, no operating system.
const TARGET: &str = "riscv32em-unknown-none-elf";

/// A Rust toolchain: what rustup installs, or Debian's packages.
#[derive(Debug)]
pub struct RustTools {
    /// Where it is installed.
    pub sysroot: PathBuf,
    /// What `rustc --version` says.
    pub version: String,
    cargo: Option<PathBuf>,
    /// The standard library's sources, folder `library` within.
    source: Option<PathBuf>,
    /// rust-lld, another ld.lld, or GNU ld for RISC-V.
    linker: Option<PathBuf>,
    knows_target: bool,
}

impl HasMissing for RustTools {
    fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let least = env!("CARGO_PKG_RUST_VERSION");
        if version(&self.version) < version(least) {
            missing.push(format!("is older than Rust {least}"));
        }
        if !self.knows_target {
            missing.push(format!("does not know the target {TARGET}"));
        }
        if self.cargo.is_none() {
            missing.push("has no cargo".to_owned());
        }
        if self.source.is_none() {
            missing.push("has no sources of the standard library".to_owned());
        }
        if self.linker.is_none() {
            missing.push("has no linker".to_owned());
        }
        missing
    }
}

impl RustTools {
    /// All toolchains of this machine, that of the project's folder first.
    pub fn all(project: &Path) -> Vec<Self> {
        let print = ["--print", "sysroot"];
        let mut sysroots = vec![ask(Command::new("rustc").args(print).current_dir(project))];
        let rustup = ask(Command::new("rustup").args(["toolchain", "list"])).unwrap_or_default();
        let names = rustup.lines().filter_map(|line| line.split_whitespace().next());
        sysroots.extend(names.map(Self::of_rustup));
        sysroots.push(ask(Command::new("/usr/bin/rustc").args(print)));
        let mut seen = BTreeSet::new();
        let sysroots = sysroots.into_iter().flatten().filter(|sysroot| seen.insert(sysroot.clone()));
        sysroots.filter_map(|sysroot| Self::at(Path::new(&sysroot))).collect()
    }

    /// The sysroot of rustup's toolchain.
    fn of_rustup(name: &str) -> Option<String> {
        ask(Command::new("rustup").args(["run", name, "rustc", "--print", "sysroot"]))
    }

    /// The first toolchain that can build programs, or rustup's one of this name.
    ///
    /// # Errors
    /// There is none; the message says what is missing.
    pub fn find(project: &Path, name: Option<&str>) -> Result<Self> {
        let all = match name {
            Some(name) => {
                let sysroot =
                    Self::of_rustup(name).with_context(|| format!("rustup has no toolchain {name}"))?;
                Self::at(Path::new(&sysroot)).into_iter().collect()
            }
            None => Self::all(project),
        };
        let mut reasons = Vec::new();
        for tools in all {
            match &tools.missing()[..] {
                [] => return Ok(tools),
                missing => reasons.push(format!("{} {}", tools.sysroot.display(), missing.join(" and "))),
            }
        }
        if reasons.is_empty() {
            reasons.push("rustc is not installed".to_owned());
        }
        bail!("no Rust toolchain can build for the machine: {}; see `ember doctor`", reasons.join("; "))
    }

    fn at(sysroot: &Path) -> Option<Self> {
        let rustc = sysroot.join("bin/rustc");
        let version = ask(Command::new(&rustc).arg("--version"))?;
        let host = ask(Command::new(&rustc).args(["--print", "host-tuple"]))?;
        let targets = ask(Command::new(&rustc).args(["--print", "target-list"]))?;
        let source = sysroot.join("lib/rustlib/src/rust");
        let cargo = sysroot.join("bin/cargo");
        let lld = sysroot.join(format!("lib/rustlib/{host}/bin/rust-lld"));
        let linker = Some(lld).filter(|lld| lld.is_file());
        Some(Self {
            sysroot: sysroot.to_owned(),
            version,
            cargo: Some(cargo).filter(|cargo| cargo.is_file()),
            source: source.join("library/core").is_dir().then_some(source),
            linker: linker
                .or_else(|| newest_llvm("ld.lld", 19))
                .or_else(|| in_path("riscv64-unknown-elf-ld")),
            knows_target: targets.lines().any(|target| target == TARGET),
        })
    }

    /// Cargo with this toolchain, and nothing of the environment that would change what it builds.
    fn cargo(&self, project: &Path) -> Command {
        let mut cargo = Command::new(self.cargo.as_deref().unwrap_or(Path::new("cargo")));
        cargo.current_dir(project).stdin(Stdio::null());
        for name in ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"] {
            cargo.env_remove(name);
        }
        // -Zbuild-std on a stable compiler.
        cargo.env("RUSTC", self.sysroot.join("bin/rustc")).env("RUSTC_BOOTSTRAP", "1");
        cargo
    }

    /// What rustc needs beside what the target says.
    fn flags(&self, paths: &[(PathBuf, String)]) -> Vec<String> {
        let linker = self.linker.as_deref().unwrap_or(Path::new("rust-lld"));
        let is_gnu = linker.file_name().is_some_and(|name| name == "riscv64-unknown-elf-ld");
        let mut flags = vec![format!("-Clinker={}", linker.display())];
        flags.push(format!("-Clinker-flavor={}", if is_gnu { "ld" } else { "ld.lld" }));
        let link = ["-melf32lriscv", "-Tember.ld", "--build-id=none", "--no-relax", "-zmax-page-size=4096"];
        flags.extend(link.map(|argument| format!("-Clink-arg={argument}")));
        // One hart and no interrupts: a plain access is an atomic one. The target does not say so, and libraries that
        // want atomics would not compile.
        flags.push("-Cpasses=lower-atomic".to_owned());
        flags.push("-Aexplicit_builtin_cfgs_in_flags".to_owned());
        let widths = ["8", "16", "32", "64", "ptr"].map(|width| format!("target_has_atomic=\"{width}\""));
        let atomics = ["target_has_atomic".to_owned(), "target_has_atomic_load_store=\"64\"".to_owned()];
        // The machine has no randomness: a program that wants some says where it comes from.
        let getrandom = "getrandom_backend=\"custom\"".to_owned();
        flags.extend(atomics.into_iter().chain(widths).chain([getrandom]).map(|cfg| format!("--cfg={cfg}")));
        flags.extend(paths.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())));
        flags
    }

    /// Packages that lie in folders of this machine, inner folders last: each folder, and the package's name and version.
    fn local_packages(&self, project: &Path) -> Result<Vec<(PathBuf, String)>> {
        let output = self
            .cargo(project)
            .args(["metadata", "--format-version=1", "--filter-platform", TARGET])
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run cargo")?;
        if !output.status.success() {
            bail!("cargo metadata failed ({})", output.status);
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let local = packages.iter().filter(|package| package["source"].is_null());
        let mut local: Vec<_> = local
            .filter_map(|package| {
                let folder = PathBuf::from(text(&package["manifest_path"])).parent()?.to_owned();
                Some((folder, format!("{}-{}", text(&package["name"]), text(&package["version"]))))
            })
            .collect();
        local.sort();
        Ok(local)
    }

    /// Paths that would get into programs (panics say where they are), and what stands for them; the last one that fits
    /// counts.
    fn paths(&self, local: &[(PathBuf, String)]) -> Vec<(PathBuf, String)> {
        let mut paths = Vec::new();
        if let Some(home) = std::env::var_os("CARGO_HOME") {
            paths.push((PathBuf::from(home), "cargo".to_owned()));
        } else if let Some(home) = std::env::home_dir() {
            paths.push((home.join(".cargo"), "cargo".to_owned()));
        }
        if let Some(source) = &self.source {
            paths.push((source.clone(), "rust".to_owned()));
            paths.extend(source.canonicalize().ok().map(|real| (real, "rust".to_owned())));
        }
        paths.extend_from_slice(local);
        paths
    }
}

/// Builds all programs of the package and puts their ELF files into the folder.
pub fn build(tools: &RustTools, project: &Path, output: &Path, options: &[String]) -> Result<Vec<PathBuf>> {
    let local = tools.local_packages(project)?;
    let flags = tools.flags(&tools.paths(&local));
    let mut cargo = tools.cargo(project);
    rustc::wrap(&mut cargo, local.iter().map(|(folder, _)| folder.as_path()))?;
    let result = cargo
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .args(["build", "--release", "--target", TARGET, "-Zbuild-std=core,alloc"])
        .arg("--message-format=json-render-diagnostics")
        .args(options)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    if !result.status.success() {
        bail!("cargo build failed ({})", result.status);
    }
    fs::create_dir_all(output).with_context(|| format!("cannot write {}", output.display()))?;
    let messages = result.stdout.split(|&b| b == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let mut elfs = Vec::new();
    for message in messages {
        let message: Value = message;
        let (Some(built), Some(name)) = (message["executable"].as_str(), message["target"]["name"].as_str())
        else {
            continue;
        };
        let elf = output.join(format!("{name}.elf"));
        fs::copy(built, &elf).with_context(|| format!("cannot write {}", elf.display()))?;
        elfs.push(elf);
    }
    elfs.sort();
    Ok(elfs)
}
