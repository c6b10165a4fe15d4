//! `ember new`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::Outcome;
use crate::report::Report;

/// Makes a folder with a small program that `ember build` builds.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Folder, whose last part is the program's name
    path: PathBuf,
    /// Language
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    lang: Language,
    /// Rust: folder of the crate ember-guest, or a git repository that has it [default: that of the checkout from which
    /// this command was built]
    #[arg(long, value_name = "FOLDER|URL")]
    guest: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    Rust,
    C,
    #[value(name = "c++", alias = "cpp")]
    Cxx,
}

const RUST: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("../templates/rust/Cargo.toml.in")),
    ("src/main.rs", include_str!("../templates/rust/src/main.rs")),
    ("host/Cargo.toml", include_str!("../templates/rust/host/Cargo.toml.in")),
    ("host/.cargo/config.toml", include_str!("../templates/rust/host/config.toml")),
    ("host/src/main.rs", include_str!("../templates/rust/host/src/main.rs")),
    (".gitignore", "target\n"),
];

const C: [(&str, &str); 2] =
    [("src/main.c", include_str!("../templates/c/src/main.c")), (".gitignore", "/target\n")];

const CXX: [(&str, &str); 2] =
    [("src/main.cc", include_str!("../templates/cpp/src/main.cc")), (".gitignore", "/target\n")];

/// Crates of the templates, and the folders of the checkout that have them.
const CRATES: [(&str, &str); 6] = [
    ("@GUEST@", "guest"),
    ("@MEMORY@", "memory"),
    ("@PROVER@", "prover-adapter"),
    ("@TRACE@", "trace"),
    ("@VERIFIER@", "verifier"),
    ("@VM@", "vm"),
];

/// Names that cargo or the compiler would refuse, or take for something else: of libraries, of cargo's folders, and keywords.
const TAKEN: &str = "\
    abstract alloc as async await become box break build compiler_builtins const continue core crate \
    deps do dyn else ember-guest ember_guest enum examples extern false final fn for gen if impl in \
    incremental let loop macro match mod move mut override panic_abort priv proc-macro proc_macro pub \
    ref return self Self static std struct super test trait true try type typeof unsafe unsized use \
    virtual where while yield";

/// The crate in the checkout from which this command was built.
const GUEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../guest");

pub fn run(args: &Args) -> Result<Outcome> {
    let name = args.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(is_name) {
        bail!(
            "a program's name has letters, digits, - and _, and starts with a letter: {name:?} does not do"
        );
    }
    if args.lang == Language::Rust && TAKEN.split(' ').any(|taken| taken == name) {
        bail!("{name:?} is the name of something else in Rust: choose another");
    }
    if args.path.exists() {
        bail!("{} is there already", args.path.display());
    }
    let files: &[(&str, &str)] = match args.lang {
        Language::Rust => &RUST,
        Language::C => &C,
        Language::Cxx => &CXX,
    };
    let dependencies = match args.lang {
        Language::Rust => dependencies(args.guest.as_deref())?,
        Language::C | Language::Cxx => Vec::new(),
    };
    for (file, text) in files {
        let path = args.path.join(file);
        let folder = path.parent().unwrap_or(&args.path);
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let text = text.replace("@NAME@", name);
        let text = dependencies.iter().fold(text, |text, (crate_, value)| text.replace(crate_, value));
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let folder = args.path.display();
    Report::default()
        .note("created", format!("{folder}"))
        .note("build it", format!("ember build {folder}"))
        .note("run it", format!("ember run {folder}/target/ember/{name}.elf"))
        .print(false)?;
    Ok(Outcome::Success)
}

/// Where a new package finds Ember's crates: their names in the templates, and the values in a Cargo.toml.
fn dependencies(guest: Option<&str>) -> Result<Vec<(&'static str, String)>> {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    if let Some(url) = guest.filter(|guest| guest.contains("://")) {
        return Ok(CRATES.map(|(name, _)| (name, format!("{{ git = {} }}", quoted(url)))).to_vec());
    }
    let folder = Path::new(guest.unwrap_or(GUEST));
    let folder = folder.canonicalize().ok().filter(|folder| folder.join("Cargo.toml").is_file());
    let Some(checkout) = folder.as_deref().and_then(Path::parent) else {
        match guest {
            Some(guest) => bail!("{guest} is not the folder of the crate ember-guest"),
            None => bail!(
                "the checkout that this command was built from has gone: --guest names the folder `guest` of another, \
                 or a git repository"
            ),
        }
    };
    let value = |(name, folder): (&'static str, &str)| {
        let path = checkout.join(folder);
        let path = path.to_str().context("the checkout's path is not text")?;
        Ok((name, format!("{{ path = {} }}", quoted(path))))
    };
    CRATES.into_iter().map(value).collect()
}
