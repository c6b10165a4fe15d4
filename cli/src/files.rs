//! The files that a command reads and writes: none is both.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::args::STDIN;

/// What a command will read and write, with the names by which its user knows them.
#[derive(Default)]
pub struct Files {
    reads: Vec<(&'static str, PathBuf)>,
    writes: Vec<(&'static str, PathBuf)>,
}

/// What makes two paths the same file.
#[derive(PartialEq, Eq)]
enum Identity {
    /// Device and number of a file that is there, whatever leads to it.
    File(u64, u64),
    /// A name that is free, in a folder.
    Free(PathBuf),
}

impl Identity {
    /// Of a path; `None` of what is neither a file nor could become one: what a device is given, it gives to nobody.
    fn of(path: &Path) -> Option<Self> {
        match fs::metadata(path) {
            Ok(metadata) => metadata.is_file().then(|| Self::File(metadata.dev(), metadata.ino())),
            Err(_) => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                let parent = parent.unwrap_or(Path::new(".")).canonicalize().ok()?;
                Some(Self::Free(parent.join(path.file_name()?)))
            }
        }
    }
}

impl Files {
    /// The command reads this file, if any.
    pub fn read(mut self, name: &'static str, path: Option<&Path>) -> Self {
        let path = path.map(|path| if path == Path::new(STDIN) { Path::new("/dev/stdin") } else { path });
        self.reads.extend(path.map(|path| (name, path.to_owned())));
        self
    }

    /// The command writes this file, if any.
    pub fn write(mut self, name: &'static str, path: Option<&Path>) -> Self {
        self.writes.extend(path.map(|path| (name, path.to_owned())));
        self
    }

    /// Refuses a command that would write over a file that it reads, or write two things to one file: called before
    /// anything is written.
    pub fn check(self) -> Result<()> {
        // Where the shell has sent the report.
        let stdout = ("the report", PathBuf::from("/dev/stdout"));
        let identified = |files: &[(&'static str, PathBuf)]| -> Vec<_> {
            files.iter().filter_map(|(name, path)| Some((*name, path.clone(), Identity::of(path)?))).collect()
        };
        let (reads, mut writes) = (identified(&self.reads), identified(&self.writes));
        for (name, path, identity) in &writes {
            if let Some((read, ..)) = reads.iter().find(|(.., read)| read == identity) {
                bail!("{name} would replace {}, which is {read}", path.display());
            }
        }
        writes.extend(identified(&[stdout]));
        for (n, (name, path, identity)) in writes.iter().enumerate() {
            if let Some((other, ..)) = writes[n + 1..].iter().find(|(.., other)| other == identity) {
                bail!("{name} and {other} would both go to {}", path.display());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_is_the_same_by_whatever_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "a").unwrap();
        fs::write(path("b"), "a").unwrap();
        fs::hard_link(path("a"), path("hard")).unwrap();
        symlink("a", path("soft")).unwrap();
        fs::create_dir(path("sub")).unwrap();
        symlink(folder.path(), path("sub/up")).unwrap();
        let check = |read: &str, write: &[&str]| {
            let files = Files::default().read("the program", Some(&path(read)));
            write.iter().fold(files, |files, write| files.write("--journal", Some(&path(write)))).check()
        };
        for same in ["a", "hard", "soft", "sub/../a", "sub/up/a", "sub/up/hard", "./a"] {
            let error = check("a", &["b", same]).unwrap_err().to_string();
            assert!(
                error.starts_with("--journal would replace ") && error.ends_with("is the program"),
                "{error}"
            );
        }
        check("a", &["b", "free", "sub/free"]).unwrap();
        assert!(check("a", &["free", "sub/up/free"]).is_err());
        assert!(check("a", &["b", "./b"]).is_err());
        // A device is nobody's file.
        let null = Some(Path::new("/dev/null"));
        Files::default().read("a", null).write("b", null).write("c", null).check().unwrap();
    }
}
