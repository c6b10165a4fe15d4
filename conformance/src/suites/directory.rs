//! Tests from any directory of ELF files.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ember_vm::RunConfig;
use object::elf::{ELFMAG, ET_REL};

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
    /// Where reference signatures are looked for, instead of beside the ELF files: in the same sub-directories, in a
    /// folder `references` of them, or directly.
    pub references: Option<PathBuf>,
}

/// What a reference signature's file is called: the ELF's name, or its name without the last extension, and one
/// of these.
const REFERENCE_EXTENSIONS: [&str; 4] = ["reference_output", "reference", "signature", "sig"];

/// The ELF executables below `root`, sorted by name. Passed over are files of other kinds, relocatable objects among
/// them, whatever has a name that starts with a dot, and links that lead nowhere; links to directories are followed,
/// each directory once. If `root` is a file, it is the one test, whatever is in it.
///
/// A test's name is its path below `root`, without the extension `.elf` unless there is a file of that name too; its
/// extension, in the sense of the table, is the directory, or what precedes the first `-` of its name
/// (`rv32ui-p-add`), or nothing.
///
/// # Errors
/// A directory that cannot be read, or nothing at `root`. A file that cannot be read is a test that says so.
pub fn tests(root: &Path, options: &DirectoryOptions) -> Result<Vec<Test>, String> {
    let whole = root.canonicalize().map_err(|e| format!("{}: {e}", root.display()))?;
    let suite = whole.file_name().map_or_else(|| "elf".to_owned(), |n| printable(&n.to_string_lossy()));
    let mut files = Vec::new();
    let parent = if root.is_dir() {
        collect(root, &mut BTreeSet::new(), &mut files)?;
        root
    } else {
        files.push(root.to_path_buf());
        root.parent().unwrap_or(root)
    };
    files.sort();
    let test = |path: &PathBuf| {
        let below = path.strip_prefix(parent).unwrap_or(path).to_path_buf();
        let is_elf = path.extension().is_some_and(|e| e == "elf");
        let is_free = files.binary_search(&path.with_extension("")).is_err();
        let stem = if is_elf && is_free { below.with_extension("") } else { below.clone() };
        let name = stem
            .components()
            .map(|c| printable(&c.as_os_str().to_string_lossy()))
            .collect::<Vec<_>>()
            .join("/");
        let extension = extension(&name);
        let test = ElfTest {
            reference: reference(path, &below, options.references.as_deref()),
            path: path.clone(),
            protocol: options.protocol,
            adapt: options.adapt,
            config: options.config.clone(),
        };
        Test { suite: suite.clone(), extension, name, subject: Subject::Elf(Box::new(test)) }
    };
    Ok(files.iter().map(test).collect())
}

/// A file's name with escapes for what a terminal would act on.
fn printable(name: &str) -> String {
    let escape = |c: char| if c.is_ascii_graphic() { c.to_string() } else { c.escape_debug().to_string() };
    name.chars().map(escape).collect()
}

fn extension(name: &str) -> String {
    let (directory, file) = name.rsplit_once('/').unwrap_or(("", name));
    let prefix = file.split_once('-').map_or("", |(p, _)| p);
    if directory.is_empty() { prefix.to_owned() } else { directory.to_owned() }
}

/// Adds the executables below a directory. `seen` has the directories already searched, by their real paths: a link may
/// lead back to where it is.
fn collect(directory: &Path, seen: &mut BTreeSet<PathBuf>, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let error = |e: io::Error| format!("{}: {e}", directory.display());
    if !seen.insert(directory.canonicalize().map_err(error)?) {
        return Ok(());
    }
    // In the order of their names, so that of two ways to a directory the same is taken on every machine.
    let mut entries =
        fs::read_dir(directory).map_err(error)?.collect::<Result<Vec<_>, _>>().map_err(error)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.is_dir() {
            collect(&path, seen, files)?;
        } else if path.is_file() && may_be_executable(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file starts like an ELF file that is no relocatable object. One that cannot be read may be one.
fn may_be_executable(path: &Path) -> bool {
    let mut head = Vec::new();
    match fs::File::open(path).and_then(|f| f.take(18).read_to_end(&mut head)) {
        Ok(_) => head.starts_with(&ELFMAG) && head.get(16..18) != Some(&ET_REL.to_le_bytes()),
        Err(_) => true,
    }
}

fn reference(path: &Path, below: &Path, references: Option<&Path>) -> Option<PathBuf> {
    let beside = references.map(|r| r.join(below));
    let flat = references.and_then(|r| Some(r.join(below.file_name()?)));
    // riscv-arch-test keeps `E/src/add-01.S` and `E/references/add-01.reference_output`.
    let folder = beside.as_ref().and_then(|b| Some(b.with_file_name("references").join(b.file_name()?)));
    let bases = [beside, folder, flat, references.is_none().then(|| path.to_path_buf())];
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
