//! Which commit the command is built from, for `ember --version`.

use std::path::Path;
use std::process::Command;

/// What git says, where there is a repository and git.
fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn main() {
    // A checkout of this project, not one that has a copy of its sources somewhere.
    let is_own = git(&["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix == "cli/");
    let commit =
        is_own.then(|| git(&["describe", "--always", "--abbrev=12", "--exclude=*", "--dirty"])).flatten();
    println!("cargo::rustc-env=EMBER_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
    println!("cargo::rerun-if-changed=build.rs");
    // A commit is a line of the log; sources that are changed make it a dirty one.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"]);
    let sources = ["isa", "memory", "vm", "trace", "verifier", "prover-adapter", "conformance", "cli"];
    let sources = sources.map(|name| format!("../{name}/src"));
    for path in log.filter(|_| is_own).into_iter().chain(sources) {
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}
