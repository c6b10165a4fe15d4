//! C: stock gcc or clang, and picolibc where it is installed.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::tools::{HasMissing, ask, in_path, newest_llvm, run, version};

/// Header, start-up code and linker script, from the guest crate.
const RUNTIME: [(&str, &str); 4] = [
    ("ember.h", include_str!("../../../guest/c/ember.h")),
    ("runtime.c", include_str!("../../../guest/c/runtime.c")),
    ("start.s", include_str!("../../../guest/start.s")),
    ("ember.ld", include_str!("../../../guest/link.ld")),
];

/// Compilers have libraries for this, and not for the same with Zicsr.
const MACHINE: [&str; 2] = ["-march=rv32em", "-mabi=ilp32e"];

/// Where picolibc may be installed, and where its library for this machine may lie within.
const PICOLIBC: [&str; 2] =
    ["/usr/lib/picolibc/riscv64-unknown-elf", "/usr/local/picolibc/riscv64-unknown-elf"];
const PICOLIBC_LIB: [&str; 2] = ["lib/release/rv32em/ilp32e/libc.a", "lib/rv32em/ilp32e/libc.a"];

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
    /// This compiler, or the first that can build programs.
    ///
    /// # Errors
    /// There is none; the message says what is missing.
    pub fn find(compiler: Option<&Path>) -> Result<Self> {
        let compiler = match compiler {
            Some(named) => in_path(named).with_context(|| format!("there is no {}", named.display()))?,
            None => in_path("riscv64-unknown-elf-gcc")
                .or_else(|| newest_llvm("clang", 18))
                .context("there is no C compiler for the machine; see `ember doctor`")?,
        };
        let tools = Self::with(&compiler)
            .with_context(|| format!("{} is no compiler for {}", compiler.display(), MACHINE.join(" ")))?;
        match &tools.missing()[..] {
            [] => Ok(tools),
            missing => bail!("{} {}; see `ember doctor`", compiler.display(), missing.join(" and ")),
        }
    }

    fn with(compiler: &Path) -> Option<Self> {
        let said = ask(Command::new(compiler).arg("--version"))?;
        let is_clang = said.contains("clang");
        let libgcc = |gcc: &Path| {
            let path = ask(Command::new(gcc).args(MACHINE).arg("-print-libgcc-file-name"))?;
            Some(PathBuf::from(path)).filter(|path| path.is_file())
        };
        let linker = if is_clang {
            let number = version(&said).map_or(18, |v| v.0);
            in_path(format!("ld.lld-{number}")).or_else(|| newest_llvm("ld.lld", 18))
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

    /// The compiler for a C or an assembly file.
    fn compiler(&self) -> Command {
        let mut command = Command::new(&self.compiler);
        if self.is_clang {
            command.args(["--target=riscv32-unknown-elf", "-Qunused-arguments"]);
        }
        command.args(MACHINE).args(["-O2", "-Wall", "-Wextra", "-ffunction-sections", "-fdata-sections"]);
        // There is no register for small data, and no place that `static` variables would share.
        command.arg("-msmall-data-limit=0");
        if let Some((headers, _)) = &self.libc {
            command.arg("-isystem").arg(headers);
        }
        command
    }
}

/// The C files of a program.
pub struct Program {
    name: OsString,
    /// What the paths of its files are shown relative to.
    folder: PathBuf,
    sources: Vec<PathBuf>,
}

impl Program {
    /// A C file, or the C and assembly files in a folder's `src`; `None` where there are none.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn at(path: &Path) -> Result<Option<Self>> {
        let is_source = |path: &Path| path.extension().is_some_and(|e| e == "c" || e == "s" || e == "S");
        if path.is_file() {
            let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
            let name = path.file_stem().unwrap_or_default().to_owned();
            return Ok(is_source(path).then(|| Self { name, folder, sources: vec![path.to_owned()] }));
        }
        let mut sources = Vec::new();
        let mut folders = vec![path.join("src")];
        while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
            for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if is_source(&path) {
                    sources.push(path);
                }
            }
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
    let mut runtime = vec!["-DEMBER_LIBC".to_owned()];
    if tools.libc.is_none() || options.contains(&freestanding) {
        runtime = vec![freestanding.clone()];
    }
    let sources = if tools.libc.is_none() { &[&[freestanding], options].concat()[..] } else { options };
    let mut objects = Vec::new();
    let mut compile = |source: &Path, options: &[String]| {
        let object = scratch.path().join(format!("{}.o", objects.len()));
        let mut command = tools.compiler();
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
        command.args(options).arg("-c").arg("-o").arg(&object).arg(source);
        objects.push(object);
        run(&mut command)
    };
    compile(&scratch.path().join("start.s"), &[])?;
    compile(&scratch.path().join("runtime.c"), &runtime)?;
    for source in &program.sources {
        compile(source, sources)?;
    }

    let mut file = program.name.clone();
    file.push(".elf");
    let elf = output.join(file);
    let mut link = Command::new(tools.linker.as_deref().unwrap_or(Path::new("ld.lld")));
    link.args(["-melf32lriscv", "-static", "--no-relax", "-zmax-page-size=4096", "--build-id=none"]);
    link.args(["--gc-sections", "-T"]).arg(scratch.path().join("ember.ld"));
    if !options.iter().any(|option| option.starts_with("-g")) {
        // The C library's: nobody asked for it.
        link.arg("--strip-debug");
    }
    link.arg("-o").arg(&elf).args(&objects).arg("--start-group");
    link.args(tools.libc.as_ref().map(|(_, library)| library)).args(&tools.libgcc).arg("--end-group");
    run(&mut link)?;
    Ok(elf)
}
