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
}

const RUST: [(&str, &str); 3] = [
    ("Cargo.toml", include_str!("../templates/rust/Cargo.toml.in")),
    ("src/main.rs", include_str!("../templates/rust/src/main.rs")),
    (".gitignore", "/target\n"),
];

const C: [(&str, &str); 2] =
    [("src/main.c", include_str!("../templates/c/src/main.c")), (".gitignore", "/target\n")];

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
    if args.path.exists() {
        bail!("{} is there already", args.path.display());
    }
    let files: &[(&str, &str)] = match args.lang {
        Language::Rust => &RUST,
        Language::C => &C,
    };
    let dependency = match args.lang {
        Language::Rust => dependency(args.guest.as_deref())?,
        Language::C => String::new(),
    };
    for (file, text) in files {
        let path = args.path.join(file);
        let folder = path.parent().unwrap_or(&args.path);
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let text = text.replace("@NAME@", name).replace("@DEPENDENCY@", &dependency);
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

/// Where a new package finds ember-guest, as the value in its Cargo.toml.
fn dependency(guest: Option<&str>) -> Result<String> {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    if let Some(url) = guest.filter(|guest| guest.contains("://")) {
        return Ok(format!("{{ git = {} }}", quoted(url)));
    }
    let folder = Path::new(guest.unwrap_or(GUEST));
    let folder = folder.canonicalize().ok().filter(|folder| folder.join("Cargo.toml").is_file());
    let Some(folder) = folder else {
        match guest {
            Some(guest) => bail!("{guest} is not the folder of the crate ember-guest"),
            None => bail!(
                "the checkout that this command was built from has gone: --guest names the folder `guest` of another, \
                 or a git repository"
            ),
        }
    };
    Ok(format!("{{ path = {} }}", quoted(folder.to_str().context("the checkout's path is not text")?)))
}
