//! Files that a command writes: whole under their names, or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

/// A file on its way. Until it is finished it has a name of its own beside the place where it goes, so that what was
/// there stays until there is something better, and two commands that write the same file do not mix. A device or a pipe
/// is written to as it is.
pub struct OutputFile {
    path: PathBuf,
    to: To,
}

enum To {
    File(NamedTempFile),
    Device(File),
}

/// What a path leads to, as the place of a new file.
pub enum Place {
    /// A file, or a name that is free. Links are resolved: what they lead to is replaced.
    File(PathBuf),
    /// Something that is written to, and not replaced.
    Device,
}

impl Place {
    /// Of a path.
    ///
    /// # Errors
    /// It is a folder.
    pub fn of(path: &Path) -> Result<Self> {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => bail!("cannot write {}: it is a folder", path.display()),
            Ok(metadata) if !metadata.is_file() => Ok(Self::Device),
            Ok(_) if path.is_symlink() => {
                Ok(Self::File(path.canonicalize().with_context(|| cannot_write(path))?))
            }
            _ => Ok(Self::File(path.to_owned())),
        }
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What to say of a file that cannot be written.
pub fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

impl OutputFile {
    /// Begins a file: before the work that makes its contents, so that a bad path costs no work.
    ///
    /// # Errors
    /// The path is a folder, or nothing can be written there.
    pub fn create(path: &Path) -> Result<Self> {
        let to = match Place::of(path)? {
            Place::Device => {
                To::Device(OpenOptions::new().write(true).open(path).with_context(|| cannot_write(path))?)
            }
            Place::File(target) => {
                // As the file that it replaces, or like any new file.
                let permissions = fs::metadata(&target).map(|metadata| metadata.permissions());
                let file = tempfile::Builder::new()
                    .prefix(".ember-")
                    .permissions(permissions.unwrap_or_else(|_| Permissions::from_mode(0o666)))
                    .tempfile_in(folder_of(&target))
                    .with_context(|| cannot_write(path))?;
                return Ok(Self { path: target, to: To::File(file) });
            }
        };
        Ok(Self { path: path.to_owned(), to })
    }

    /// The file is whole: gives it its name.
    ///
    /// # Errors
    /// It cannot be written to the end.
    pub fn finish(self) -> Result<()> {
        let context = || cannot_write(&self.path);
        match self.to {
            To::Device(mut file) => file.flush().with_context(context),
            To::File(file) => {
                file.as_file().sync_all().with_context(context)?;
                file.persist(&self.path).map_err(|e| e.error).with_context(context)?;
                Ok(())
            }
        }
    }

    /// Writes all of these bytes, and finishes.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write_whole(mut self, bytes: &[u8]) -> Result<()> {
        self.write_all(bytes).with_context(|| cannot_write(&self.path))?;
        self.finish()
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            To::File(file) => file.write(bytes),
            To::Device(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let names = || fs::read_dir(folder.path()).unwrap().count();
        fs::write(path("a"), "old").unwrap();
        fs::set_permissions(path("a"), Permissions::from_mode(0o640)).unwrap();
        symlink("a", path("link")).unwrap();

        let mut file = OutputFile::create(&path("a")).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!((fs::read(path("a")).unwrap(), names()), (b"old".to_vec(), 2));

        OutputFile::create(&path("link")).unwrap().write_whole(b"new").unwrap();
        assert_eq!(fs::read(path("a")).unwrap(), b"new");
        assert!(path("link").is_symlink());
        assert_eq!(fs::metadata(path("a")).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(), 2);

        assert!(OutputFile::create(folder.path()).is_err());
        assert!(OutputFile::create(&path("no/where")).is_err());
        OutputFile::create(Path::new("/dev/null")).unwrap().write_whole(b"x").unwrap();
        assert!(OutputFile::create(Path::new("/dev/full")).unwrap().write_whole(b"x").is_err());
    }
}
