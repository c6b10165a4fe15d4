//! C and C++: stock gcc or clang, and picolibc where it is installed.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::tools::{HasMissing, ask, in_path, newest_llvm, run, version};

/// Header, start-up code and linker script, from the guest crate.
const RUNTIME: [(&str, &str); 8] = [
    ("ember.h", include_str!("../../../guest/c/ember.h")),
    ("ember_accel.h", include_str!("../../../guest/c/ember_accel.h")),
    ("runtime.c", include_str!("../../../guest/c/runtime.c")),
    ("atomic.c", include_str!("../../../guest/c/atomic.c")),
    ("libc.c", include_str!("../../../guest/c/libc.c")),
    ("cxx.c", include_str!("../../../guest/c/cxx.c")),
    ("start.s", include_str!("../../../guest/start.s")),
    ("ember.ld", include_str!("../../../guest/link.ld")),
];

/// Compilers have libraries for this, and not for the same with Zicsr.
const MACHINE: [&str; 2] = ["-march=rv32em", "-mabi=ilp32e"];

/// Where picolibc may be installed, and where its library for this machine may lie within.
const PICOLIBC: [&str; 2] =
    ["/usr/lib/picolibc/riscv64-unknown-elf", "/usr/local/picolibc/riscv64-unknown-elf"];
const PICOLIBC_LIB: [&str; 2] = ["lib/release/rv32em/ilp32e/libc.a", "lib/rv32em/ilp32e/libc.a"];

/// Oldest clang that has the machine's ABI.
const LEAST_CLANG: u32 = 18;

/// A compiler, and what goes with it.
#[derive(Debug)]
pub struct CTools {
    /// gcc for RISC-V, or clang.
    pub compiler: PathBuf,
    /// What it says that it is.
    pub version: String,
    is_clang: bool,
    linker: Option<PathBuf>,
    /// The compiler's own library: division of 64-bit numbers, floating point.
    libgcc: Option<PathBuf>,
    /// picolibc: headers and library.
    pub libc: Option<(PathBuf, PathBuf)>,
}

impl HasMissing for CTools {
    fn missing(&self) -> Vec<String> {
        if self.linker.is_none() { vec!["has no linker".to_owned()] } else { Vec::new() }
    }
}

impl CTools {
    /// This compiler, or the first that can build programs. A name without a version stands for the newest version where
    /// there is no such command, or one that is too old.
    ///
    /// # Errors
    /// There is none; the message says what is missing.
    pub fn find(compiler: Option<&Path>) -> Result<Self> {
        let tools = match compiler {
            Some(named) => {
                let newest = named.to_str().and_then(|name| newest_llvm(name, LEAST_CLANG));
                let plain = in_path(named);
                let found = plain.iter().chain(&newest).find_map(|path| Self::with(path));
                found.with_context(|| match plain {
                    Some(path) => format!(
                        "{} is no compiler for {} (gcc, or clang from {LEAST_CLANG} on)",
                        path.display(),
                        MACHINE.join(" ")
                    ),
                    None => format!("there is no {}", named.display()),
                })?
            }
            None => in_path("riscv64-unknown-elf-gcc")
                .or_else(|| newest_llvm("clang", LEAST_CLANG))
                .and_then(|path| Self::with(&path))
                .context("there is no C compiler for the machine; see `ember doctor`")?,
        };
        match &tools.missing()[..] {
            [] => Ok(tools),
            missing => bail!("{} {}; see `ember doctor`", tools.compiler.display(), missing.join(" and ")),
        }
    }

    fn with(compiler: &Path) -> Option<Self> {
        let said = ask(Command::new(compiler).arg("--version"))?;
        let is_clang = said.contains("clang");
        let is_for_machine = if is_clang {
            version(&said)?.0 >= LEAST_CLANG
        } else {
            ask(Command::new(compiler).args(MACHINE).arg("-dumpmachine"))?.starts_with("riscv")
        };
        if !is_for_machine {
            return None;
        }
        let libgcc = |gcc: &Path| {
            let path = ask(Command::new(gcc).args(MACHINE).arg("-print-libgcc-file-name"))?;
            Some(PathBuf::from(path)).filter(|path| path.is_file())
        };
        let linker = if is_clang {
            let number = version(&said)?.0;
            in_path(format!("ld.lld-{number}")).or_else(|| newest_llvm("ld.lld", LEAST_CLANG))
        } else {
            ask(Command::new(compiler).arg("-print-prog-name=ld")).and_then(in_path)
        };
        let gcc = if is_clang { in_path("riscv64-unknown-elf-gcc") } else { Some(compiler.to_owned()) };
        let libc = PICOLIBC.iter().map(Path::new).find_map(|root| {
            let library = PICOLIBC_LIB.iter().map(|lib| root.join(lib)).find(|lib| lib.is_file())?;
            Some((root.join("include"), library))
        });
        Some(Self {
            compiler: compiler.to_owned(),
            version: said.lines().next().unwrap_or_default().to_owned(),
            is_clang,
            linker: linker.or_else(|| in_path("riscv64-unknown-elf-ld")),
            libgcc: gcc.as_deref().and_then(libgcc),
            libc,
        })
    }

    /// The compiler, for this machine.
    fn compiler(&self) -> Command {
        let mut command = Command::new(&self.compiler);
        if self.is_clang {
            // Atomics are calls of functions, whose alignment it warns of: atomic.c.
            command.args(["--target=riscv32-unknown-elf", "-Qunused-arguments", "-Wno-atomic-alignment"]);
        }
        command.args(MACHINE).arg("-O2");
        command
    }

    /// The compiler for a source file.
    fn compile(&self, source: &Path) -> Command {
        let mut command = self.compiler();
        command.args(["-Wall", "-Wextra", "-ffunction-sections", "-fdata-sections"]);
        // There is no register for small data, and no place that `static` variables would share.
        command.arg("-msmall-data-limit=0");
        // Arrays of variable length, and with newer compilers large frames too, are touched page by page: see link.ld. clang's
        // driver knows the option for other systems alone.
        if self.is_clang {
            command.arg("-Xclang");
        }
        command.arg("-fstack-clash-protection");
        if is_cxx(source) {
            // There is nothing that unwinds, and one thread.
            command.args(["-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"]);
        }
        if let Some((headers, _)) = &self.libc {
            command.arg("-isystem").arg(headers);
        }
        command.arg("-c").arg(source);
        command
    }

    /// The linker, called by the compiler, which knows of link-time optimisation.
    fn link(&self) -> Command {
        let mut command = self.compiler();
        command.args([
            "-nostdlib",
            "-nostartfiles",
            "-static",
            "-Wl,--no-relax",
            "-Wl,-z,max-page-size=4096",
        ]);
        // Sections are kept where the program looks for their start.
        command.args(["-Wl,--build-id=none", "-Wl,--gc-sections", "-Wl,-z,nostart-stop-gc"]);
        if let Some(linker) = self.linker.as_deref().filter(|_| self.is_clang) {
            let mut option = OsString::from("--ld-path=");
            option.push(linker);
            command.arg(option);
        }
        command
    }
}

fn has_extension(path: &Path, of: &[&str]) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(|e| of.contains(&e))
}

fn is_cxx(path: &Path) -> bool {
    has_extension(path, &["cc", "cpp", "cxx"])
}

/// The source files of a program.
pub struct Program {
    name: OsString,
    /// What the paths of its files are shown relative to.
    folder: PathBuf,
    sources: Vec<PathBuf>,
}

impl Program {
    /// A source file, or the C, C++ and assembly files in a folder's `src`; `None` where there are none.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn at(path: &Path) -> Result<Option<Self>> {
        let is_source = |path: &Path| is_cxx(path) || has_extension(path, &["c", "s", "S"]);
        if path.is_file() {
            let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
            let name = path.file_stem().unwrap_or_default().to_owned();
            return Ok(is_source(path).then(|| Self { name, folder, sources: vec![path.to_owned()] }));
        }
        let mut sources = Vec::new();
        let mut folders = vec![path.join("src")];
        // Links may lead back to a folder that was there before.
        let mut seen = BTreeSet::new();
        while let Some(folder) = folders.pop() {
            if !folder.is_dir() {
                continue;
            }
            let cannot = || format!("cannot read {}", folder.display());
            if !seen.insert(folder.canonicalize().with_context(cannot)?) {
                continue;
            }
            for entry in fs::read_dir(&folder).with_context(cannot)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if is_source(&path) {
                    sources.push(path);
                }
            }
            // Which way a folder is reached first must not depend on the file system's order.
            folders.sort_by(|a, b| b.cmp(a));
        }
        // The order decides where functions lie.
        sources.sort();
        let name = path.file_name().unwrap_or(OsStr::new("program")).to_owned();
        Ok((!sources.is_empty()).then(|| Self { name, folder: path.to_owned(), sources }))
    }
}

/// Compiles and links; returns the ELF file.
pub fn build(tools: &CTools, program: &Program, output: &Path, options: &[String]) -> Result<PathBuf> {
    fs::create_dir_all(output).with_context(|| format!("cannot write {}", output.display()))?;
    let scratch = tempfile::tempdir().context("cannot create a folder for objects")?;
    for (name, text) in RUNTIME {
        fs::write(scratch.path().join(name), text).context("cannot write into the folder for objects")?;
    }
    // Without picolibc, or if asked for: no start-up and no exit of a standard library.
    let freestanding = "-ffreestanding".to_owned();
    let has_libc = tools.libc.is_some() && !options.contains(&freestanding);
    let of_runtime = if has_libc { "-DEMBER_LIBC".to_owned() } else { freestanding.clone() };
    let sources = if tools.libc.is_none() { &[&[freestanding], options].concat()[..] } else { options };
    let mut objects = Vec::new();
    let mut compile = |source: &Path, options: &[String]| {
        let object = scratch.path().join(format!("{}.o", objects.len()));
        let mut command = tools.compile(source);
        // No path of this machine gets into a program; runtime.c comes from the scratch folder.
        for folder in [scratch.path(), &program.folder] {
            let mut map = OsString::from("-ffile-prefix-map=");
            map.push(folder);
            map.push("=.");
            command.arg(map);
        }
        command.arg("-I").arg(scratch.path());
        for folder in ["src", "include"].map(|name| program.folder.join(name)) {
            if folder.is_dir() {
                command.arg("-I").arg(folder);
            }
        }
        command.args(options).arg("-o").arg(&object);
        objects.push(object);
        run(&mut command)
    };
    compile(&scratch.path().join("start.s"), &[])?;
    let libc = ["libc.c", "cxx.c"];
    for file in ["runtime.c", "atomic.c"].iter().chain(libc.iter().filter(|_| has_libc)) {
        compile(&scratch.path().join(file), std::slice::from_ref(&of_runtime))?;
    }
    for source in &program.sources {
        compile(source, sources)?;
    }

    let mut file = program.name.clone();
    file.push(".elf");
    let elf = output.join(file);
    let mut link = tools.link();
    link.args(options);
    if !options.iter().any(|option| option.starts_with("-g")) {
        // The C library's: nobody asked for it.
        link.arg("-Wl,--strip-debug");
    }
    link.arg("-T").arg(scratch.path().join("ember.ld"));
    link.arg("-o").arg(&elf).args(&objects).arg("-Wl,--start-group");
    link.args(tools.libc.as_ref().map(|(_, library)| library)).args(&tools.libgcc).arg("-Wl,--end-group");
    run(&mut link)?;
    Ok(elf)
}
