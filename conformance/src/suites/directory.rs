//! Tests from any directory of ELF files.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use ember_vm::RunConfig;

use crate::elf::Adapt;
use crate::elf_test::{ElfTest, Protocol};
use crate::runner::{Subject, Test};

/// How the files of a directory are run.
#[derive(Clone, Debug)]
pub struct DirectoryOptions {
    /// How a file says whether it passed.
    pub protocol: Protocol,
    /// What is changed in memory before a file is loaded.
    pub adapt: Adapt,
    /// Parameters of every run.
    pub config: RunConfig,
    /// Where reference signatures are looked for, in the same sub-directories, beside the ELF's own directory.
    pub references: Option<PathBuf>,
}

/// What a reference signature's file is called: the ELF's name, or its name without the last extension, and one
/// of these.
const REFERENCE_EXTENSIONS: [&str; 4] = ["reference_output", "reference", "signature", "sig"];

/// The ELF executables below `root`, which may itself be a file, sorted by name. Other files are passed over,
/// relocatable objects among them.
///
/// A test's name is its path below `root`, without the extension `.elf`; its extension, in the sense of the
/// table, is the directory, or what precedes the first `-` of its name (`rv32ui-p-add`), or nothing.
///
/// # Errors
/// A file or directory that cannot be read.
pub fn tests(root: &Path, options: &DirectoryOptions) -> Result<Vec<Test>, String> {
    let mut files = Vec::new();
    collect(root, &mut files)?;
    files.sort();
    let suite =
        root.canonicalize().ok().and_then(|p| p.file_name().map(|n| n.to_string_lossy().into_owned()));
    let suite = suite.unwrap_or_else(|| "elf".to_owned());
    let parent = if root.is_file() { root.parent().unwrap_or(root) } else { root };
    Ok(files
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(parent).unwrap_or(&path).to_path_buf();
            let stem = if below.extension().is_some_and(|e| e == "elf") {
                below.with_extension("")
            } else {
                below.clone()
            };
            let name =
                stem.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            let extension = extension(&name);
            let test = ElfTest {
                reference: reference(&path, &below, options.references.as_deref()),
                path,
                protocol: options.protocol,
                adapt: options.adapt,
                config: options.config.clone(),
            };
            Test { suite: suite.clone(), extension, name, subject: Subject::Elf(Box::new(test)) }
        })
        .collect())
}

fn extension(name: &str) -> String {
    let (directory, file) = name.rsplit_once('/').unwrap_or(("", name));
    let prefix = file.split_once('-').map_or("", |(p, _)| p);
    if directory.is_empty() { prefix.to_owned() } else { directory.to_owned() }
}

fn collect(at: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let error = |e: std::io::Error| format!("{}: {e}", at.display());
    if at.is_dir() {
        for entry in fs::read_dir(at).map_err(error)? {
            let entry = entry.map_err(error)?;
            // A link to a directory may lead back to where it is.
            let linked_directory = entry.file_type().map_err(error)?.is_symlink() && entry.path().is_dir();
            if !linked_directory {
                collect(&entry.path(), files)?;
            }
        }
    } else if at.is_file() || !at.exists() {
        let mut head = Vec::new();
        fs::File::open(at).and_then(|f| f.take(18).read_to_end(&mut head)).map_err(error)?;
        let relocatable = head.get(16..18) == Some(&[1, 0]);
        if head.starts_with(b"\x7fELF") && !relocatable {
            files.push(at.to_path_buf());
        }
    }
    Ok(())
}

fn reference(path: &Path, below: &Path, references: Option<&Path>) -> Option<PathBuf> {
    let beside = references.map(|r| r.join(below));
    let flat = references.and_then(|r| Some(r.join(below.file_name()?)));
    let bases = [beside, flat, references.is_none().then(|| path.to_path_buf())];
    let with = |base: &Path, e: &str| {
        let mut whole = base.as_os_str().to_owned();
        whole.push(".");
        whole.push(e);
        [PathBuf::from(whole), base.with_extension(e)]
    };
    bases
        .iter()
        .flatten()
        .flat_map(|b| REFERENCE_EXTENSIONS.into_iter().flat_map(move |e| with(b, e)))
        .find(|p| p.is_file())
}
