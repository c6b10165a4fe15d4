//! Finding tools, and running them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What a set of tools lacks: nothing, when it can be used.
pub trait HasMissing {
    /// A line for each thing.
    fn missing(&self) -> Vec<String>;
}

/// A command in the folders of `PATH`.
pub fn in_path(name: impl AsRef<Path>) -> Option<PathBuf> {
    let name = name.as_ref();
    if name.components().count() > 1 {
        return name.is_file().then(|| name.to_owned());
    }
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// What a command prints on stdout, without the last newline; `None` where it cannot run or fails.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

/// Runs a command, whose output is for the user.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot run {name}"))?;
    if !status.success() {
        bail!("{name} failed ({status})");
    }
    Ok(())
}

/// The first number with dots of a text: a tool's version.
pub fn version(text: &str) -> Option<(u32, u32)> {
    let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.').find(|w| w.contains('.'))?;
    let mut numbers = numbers.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// The newest LLVM tool of this name that is at least version `least`: as `name`, or as `name-19`.
pub fn newest_llvm(name: &str, least: u32) -> Option<PathBuf> {
    let numbered = (least..100).rev().find_map(|n| in_path(format!("{name}-{n}")));
    numbered.or_else(|| {
        let plain = in_path(name)?;
        let said = ask(Command::new(&plain).arg("--version"))?;
        version(&said).filter(|v| v.0 >= least).map(|_| plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some((1, 95)));
        assert_eq!(version("Debian clang version 19.1.7 (3~deb12u1)"), Some((19, 1)));
        assert_eq!(version("Debian LLD 14.0.6 (compatible with GNU linkers)"), Some((14, 0)));
        assert_eq!(version("no number"), None);
        assert_eq!(version("."), None);
    }
}
