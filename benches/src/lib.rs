//! Programs that the benchmarks run, prove and verify.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ember_memory::ImageError;
use ember_prover_adapter::Execution;
use ember_trace::Limits;
use ember_vm::{NoHost, Program, RunConfig};

/// A file of the repository.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// An example program, by name.
///
/// # Panics
/// If the file cannot be read.
///
/// # Errors
/// [`ImageError`] if the file is no program.
pub fn example(name: &str) -> Result<Program, ImageError> {
    let path = file(&format!("examples/elf/{name}.elf"));
    Program::load(&std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
}

/// A run of an example program on a public input, recorded.
///
/// # Panics
/// If the program cannot be loaded, or runs for more than four million instructions.
pub fn record(name: &str, input: &[u8]) -> Execution {
    let program = example(name).expect("the example is a program");
    Execution::record(&program, config(input), &mut NoHost, Limits::steps(1 << 22))
        .expect("the example is short")
}

/// CPU time of this process so far, where the system tells.
pub fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// The parameters of a run that is to end by itself.
pub fn config(input: &[u8]) -> RunConfig {
    RunConfig { input: input.to_vec(), gas_limit: u64::MAX, ..Default::default() }
}

/// `len` bytes that look random and are always the same.
pub fn bytes(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9u32;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    })
    .take(len)
    .collect()
}

/// The six workloads of the interpreter's benchmarks, `benches/workloads/*.c`.
pub const WORKLOADS: &[&str] = &["fib", "sha256", "sieve", "matmul", "qsort", "fibrec"];

/// Workloads that nobody looked at when the engine's superinstructions were chosen.
pub const HELD_OUT: &[&str] = &["bigint", "hashmap", "keccak", "lz", "parser", "queens"];

/// A workload, built for a machine: `ember.elf`, `wasm`, `ckb.elf` or `polkavm.elf`.
///
/// # Panics
/// If the file cannot be read.
pub fn workload(name: &str, machine: &str) -> Vec<u8> {
    let path = file(&format!("benches/workloads/built/{name}.{machine}"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
