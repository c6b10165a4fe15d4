//! Conformance: suites of programs, run in every engine, traced and proven, and judged.
//!
//! - [`suites`]: where tests come from: any directory of ELF files, riscv-tests, and the project's [`suites::own`].
//! - [`case`](mod@case), [`setup`], [`asm`]: tests as data, and the assembler that writes them.
//! - [`engine`]: what runs them. [`elf_test`]: how an ELF file says whether it passed.
//! - [`runner`], [`outcome`], [`manifest`], [`report`]: running, judging, reporting.
//! - [`command`](mod@command): all of it as a command.
//! - `strategy` (feature `proptest`): random programs for property tests.
//!
//! ```
//! use ember_conformance::{engine, manifest::Manifest, runner::{Runner, Test}, suites::own};
//!
//! let mode = engine::Mode::Run;
//! let engines = engine::engines(mode);
//! let runner = Runner { engines: &engines, mode, manifest: &Manifest::default(), steps: 1 << 20 };
//! let result = runner.run(&Test::from(own::cases().swap_remove(0)));
//! assert!(result.expected, "{}", result.outcome);
//! ```
#![forbid(unsafe_code)]

pub mod asm;
pub mod case;
pub mod command;
pub mod elf;
pub mod elf_test;
pub mod engine;
pub mod host;
pub mod manifest;
pub mod outcome;
pub mod report;
pub mod runner;
pub mod setup;
pub mod spec;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod suites;

pub use command::{ConformanceArgs, command};
pub use report::Report;
