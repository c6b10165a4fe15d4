//! The command `ember conformance`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use ember_vm::RunConfig;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::elf::Adapt;
use crate::elf_test::Protocol;
use crate::engine::{Mode, engines};
use crate::manifest::{Manifest, matches};
use crate::report::Report;
use crate::runner::{Runner, Subject, Test};
use crate::suites::directory::{self, DirectoryOptions};
use crate::suites::{own, riscv_tests};

/// Runs conformance suites: the built-in ones, or directories of ELF files.
#[derive(Args, Clone, Debug)]
pub struct ConformanceArgs {
    /// ELF files, or directories of them, which are searched recursively. Without any, the built-in suites run.
    pub paths: Vec<PathBuf>,

    /// Built-in suites to run, beside the paths.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub suite: Vec<BuiltIn>,

    /// Folder of riscv-tests ELFs (with rv32ui and rv32um) for the built-in suite, instead of the pinned ones that
    /// cargo fetches.
    #[arg(long, value_name = "DIR")]
    pub riscv_tests: Option<PathBuf>,

    /// How much is done with each test: each mode contains the ones before it.
    #[arg(long, value_enum, default_value = "run")]
    pub mode: Mode,

    /// How the files say whether they passed.
    #[arg(long, value_enum, default_value = "auto")]
    pub protocol: Protocol,

    /// Register with the ecall number in the files: with `a7`, which this machine lacks, `li a7, 93` is changed to
    /// `li t0, 93` in memory.
    #[arg(long, value_enum, default_value = "t0")]
    pub exit_register: ExitRegister,

    /// Accept files built for RV32I: in memory, EF_RISCV_RVE is set and `li xN, 0` of x16..x31 becomes `nop`.
    #[arg(long)]
    pub adapt_rv32i: bool,

    /// Directory with reference signatures, in the files' own sub-directories or flat: NAME.reference_output,
    /// .reference, .signature or .sig. Without it they are looked for beside each file.
    #[arg(long, value_name = "DIR")]
    pub references: Option<PathBuf>,

    /// TOML file with the tests that are expected not to pass.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// Only tests whose name matches; `*` stands for any characters. May be repeated.
    #[arg(long, value_name = "PATTERN")]
    pub filter: Vec<String>,

    /// Most instructions of a test.
    #[arg(long, default_value_t = 10_000_000, value_name = "N")]
    pub step_limit: u64,

    /// Bytes of writable memory for the files of directories.
    #[arg(long, default_value_t = 16 << 20, value_name = "BYTES")]
    pub memory_limit: u32,

    /// Tests that run at the same time; 0 means one for each core.
    #[arg(long, short, default_value_t = 0, value_name = "N")]
    pub jobs: usize,

    /// Write a JSON report.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write a JUnit XML report.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// Write a markdown table.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// Write the built-in suites' results in the form of conformance/RESULTS.md.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "suite", "filter", "riscv_tests", "manifest"])]
    pub results: Option<PathBuf>,

    /// Write the chosen tests that are data of this crate as ELF files, instead of running anything.
    #[arg(long, value_name = "DIR")]
    pub export: Option<PathBuf>,

    /// List the chosen tests instead of running them.
    #[arg(long)]
    pub list: bool,

    /// Print no progress and no summary.
    #[arg(long, short)]
    pub quiet: bool,
}

/// A built-in suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BuiltIn {
    /// The project's own suite.
    Own,
    /// riscv-tests, rv32ui and rv32um.
    RiscvTests,
}

/// A register that can hold the ecall number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExitRegister {
    /// x5, as this machine has it.
    T0,
    /// x17, as RV32I has it.
    A7,
}

/// Runs the command: shows progress on standard error, gives `print` the lines of what it has to say, and writes the reports
/// that were asked for. `None` where tests were only listed or exported.
///
/// Lines may quote the files that were read, which nobody vouches for: who shows them on a terminal escapes them.
///
/// The caller turns a report that [is no success](Report::is_success) into a nonzero exit status.
///
/// # Errors
/// A file that cannot be read or written, a manifest that cannot be parsed, no test at all.
pub fn command(
    args: &ConformanceArgs,
    print: &mut dyn FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<Option<Report>> {
    let (tests, manifest) = select(args)?;
    if args.list {
        tests.iter().try_for_each(|t| print(&format!("{}/{}", t.suite, t.name)))?;
        return Ok(None);
    }
    if let Some(directory) = &args.export {
        export(&tests, directory)?;
        return Ok(None);
    }
    // RESULTS.md has every mode; otherwise the chosen one, which contains the ones before it, is enough.
    let modes = [Mode::Run, Mode::Trace, Mode::Prove].into_iter();
    let modes = modes.filter(|&m| m == args.mode || m < args.mode && args.results.is_some());
    let reports = modes.map(|m| run(args, m, &tests, &manifest)).collect::<anyhow::Result<Vec<Report>>>()?;
    if let Some(path) = &args.results {
        fs::write(path, results(&reports)).with_context(|| path.display().to_string())?;
    }
    let report = reports.into_iter().next_back().expect("the chosen mode is one");
    for (path, text) in [
        (&args.json, Report::json as fn(&Report) -> String),
        (&args.junit, Report::junit),
        (&args.markdown, Report::markdown),
    ] {
        if let Some(path) = path {
            fs::write(path, text(&report)).with_context(|| path.display().to_string())?;
        }
    }
    if !args.quiet {
        report.summary().lines().try_for_each(print)?;
    }
    Ok(Some(report))
}

/// The text of RESULTS.md: the built-in suites' results, a section a mode.
fn results(reports: &[Report]) -> String {
    let mut text = String::from(
        "# Results of the built-in suites\n\n\
         Written by `ember conformance --mode prove --results conformance/RESULTS.md`, and compared by `.ci/run` with\n\
         what the engines do. An outcome counts only if every engine of the mode came to it, with the same registers, memory,\n\
         gas, instruction count, journal and host transcript, as far as it sees them.\n",
    );
    for report in reports {
        let engines = report.engines.join(", ");
        text += &format!("\n## Mode {}\n\nEngines: {engines}.\n\n{}", report.mode, report.markdown());
    }
    text
}

/// The tests that the arguments choose, and their manifest.
fn select(args: &ConformanceArgs) -> anyhow::Result<(Vec<Test>, Manifest)> {
    let mut manifest = Manifest::default();
    if let Some(path) = &args.manifest {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        manifest = Manifest::parse(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
    }
    let all = args.paths.is_empty() && args.suite.is_empty();
    let mut tests = Vec::new();
    if all || args.suite.contains(&BuiltIn::RiscvTests) {
        let root = match &args.riscv_tests {
            Some(root) => root.clone(),
            None => riscv_tests::locate().map_err(|e| anyhow!("riscv-tests: {e} (see --riscv-tests)"))?,
        };
        tests.extend(riscv_tests::tests(&root).map_err(|e| anyhow!(e))?);
        manifest.extend(riscv_tests::manifest());
    }
    if all || args.suite.contains(&BuiltIn::Own) {
        tests.extend(own::cases().into_iter().map(Test::from));
        manifest.extend(own::manifest());
    }
    let options = DirectoryOptions {
        protocol: args.protocol,
        adapt: Adapt { rv32i: args.adapt_rv32i, exit_in_a7: args.exit_register == ExitRegister::A7 },
        config: RunConfig { gas_limit: u64::MAX, memory_limit: args.memory_limit, ..RunConfig::default() },
        references: args.references.clone(),
    };
    for path in &args.paths {
        tests.extend(directory::tests(path, &options).map_err(|e| anyhow!(e))?);
    }
    if !args.filter.is_empty() {
        tests.retain(|t| args.filter.iter().any(|f| matches(f, &t.name)));
    }
    if tests.is_empty() {
        return Err(anyhow!("no test was found"));
    }
    Ok((tests, manifest))
}

fn run(args: &ConformanceArgs, mode: Mode, tests: &[Test], manifest: &Manifest) -> anyhow::Result<Report> {
    let start = Instant::now();
    let engines = engines(mode);
    let runner = Runner { engines: &engines, mode, manifest, steps: args.step_limit };
    let target = if args.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(tests.len() as u64), target).with_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}").expect("a valid template"),
    );
    let pool = rayon::ThreadPoolBuilder::new().num_threads(args.jobs).build()?;
    let results = pool.install(|| {
        runner.run_all(tests, |r| {
            bar.set_message(r.name.clone());
            bar.inc(1);
        })
    });
    bar.finish_and_clear();
    // With a filter, most entries name nothing, and rightly so.
    let named = |pattern: &str| tests.iter().any(|t| matches(pattern, &t.name));
    let unused = manifest
        .expect
        .iter()
        .filter(|e| args.filter.is_empty() && !named(&e.test))
        .map(|e| e.test.clone())
        .collect();
    Ok(Report {
        mode,
        engines: engines.iter().map(|e| e.name()).collect(),
        results,
        unused,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Writes the programs of tests that are data.
fn export(tests: &[Test], directory: &Path) -> anyhow::Result<()> {
    for test in tests {
        if let Subject::Case(case) = &test.subject {
            let path = directory.join(format!("{}.elf", test.name));
            let parent = path.parent().unwrap_or(directory);
            fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
            fs::write(&path, case.setup.elf()).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}
