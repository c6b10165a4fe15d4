//! The compiler, as cargo calls it while `ember build` runs.
//!
//! Cargo tells rustc a hash that keeps crates of one name apart, and names of symbols contain it. For a package in a
//! folder outside the project it depends on where that folder lies, and so would the order of functions in the program,
//! and its image id. Cargo therefore calls this command as its `RUSTC_WRAPPER`, which puts the package's name, version
//! and features in place of the hash.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

/// Environment variable by which the command knows that cargo calls it: folders of the packages to be named, joined as
/// `PATH` is.
const PACKAGES: &str = "EMBER_BUILD_PACKAGES";

/// Has cargo call this command in the compiler's place, which names the packages in these folders.
///
/// # Errors
/// The folders' names cannot be joined, or this command does not know where it is.
pub fn wrap<'a>(cargo: &mut Command, folders: impl Iterator<Item = &'a Path>) -> Result<()> {
    let folders =
        env::join_paths(folders).context("a package's folder has a name that PATH could not hold")?;
    let this = env::current_exe().context("cannot find this command's own file")?;
    cargo.env("RUSTC_WRAPPER", this).env(PACKAGES, folders);
    Ok(())
}

/// If cargo calls this command in the compiler's place: does what it asks, and says how that went.
pub fn stand_in() -> Option<Result<ExitCode>> {
    let packages = env::var_os(PACKAGES)?;
    let mut arguments = env::args_os().skip(1);
    let rustc = arguments.next()?;
    let mut arguments: Vec<OsString> = arguments.collect();
    let folder = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    if folder.is_some_and(|folder| env::split_paths(&packages).any(|package| package == folder)) {
        let of = |name| env::var(name).unwrap_or_default();
        name_package(&mut arguments, &of("CARGO_PKG_NAME"), &of("CARGO_PKG_VERSION"));
    }
    Some(run(&rustc, &arguments))
}

fn run(rustc: &OsStr, arguments: &[OsString]) -> Result<ExitCode> {
    let status = Command::new(rustc).args(arguments).status();
    let status = status.with_context(|| format!("cannot run {}", rustc.display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Replaces cargo's hash by what tells crates apart wherever they lie.
fn name_package(arguments: &mut [OsString], package: &str, version: &str) {
    let values = |option: &str| {
        let pairs = arguments.windows(2).filter(|pair| pair[0] == option);
        pairs.map(|pair| pair[1].to_string_lossy().into_owned()).collect::<Vec<_>>().join(",")
    };
    let name =
        [package, version, &values("--crate-name"), &values("--crate-type"), &values("--cfg")].join("/");
    let hash = arguments.iter_mut().find(|argument| argument.to_string_lossy().starts_with("metadata="));
    if let Some(hash) = hash {
        *hash = format!("metadata={}", name.replace(char::is_whitespace, "-")).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(arguments: &str) -> String {
        let mut arguments: Vec<OsString> = arguments.split(' ').map(OsString::from).collect();
        name_package(&mut arguments, "token", "0.1.0");
        arguments.join(OsStr::new(" ")).into_string().unwrap()
    }

    #[test]
    fn packages_are_told_apart_by_name_version_and_features() {
        let call = "--crate-name token src/main.rs --crate-type bin -C metadata=0123 -C extra-filename=-4567";
        let expected = call.replace("0123", "token/0.1.0/token/bin/");
        assert_eq!(named(call), expected);
        let features = format!("--cfg feature=\"alloc\" {call}");
        assert_eq!(
            named(&features),
            format!("--cfg feature=\"alloc\" {expected}").replace("bin/", "bin/feature=\"alloc\"")
        );
        assert_eq!(named("-vV"), "-vV");
    }
}
