//! What `examples/README.md` says of the programs is what they do. `UPDATE_EXAMPLES=1` writes the numbers of today.

use std::fs;
use std::path::PathBuf;

use ember_isa::{Exit, ExitReason};
use ember_vm::{Machine, PrivateInput, Program, RunConfig};

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "examples", name].iter().collect()
}

fn read(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Runs a program to its end: ending, and instructions retired.
fn run(name: &str, input: Vec<u8>, private: &[u8]) -> (Exit, u64) {
    let program = Program::load(&read(&format!("elf/{name}.elf"))).unwrap();
    let config = RunConfig { gas_limit: 1 << 34, input, ..RunConfig::default() };
    let mut machine = Machine::new(&program, config).unwrap();
    (machine.run(&mut PrivateInput(private)), machine.instructions())
}

/// What stands between the first pair of backquotes after `word`.
fn quoted<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.split_once(word)?.1.split('`').nth(1)
}

/// Public and private input that a row names: empty where it names none.
fn inputs(row: &str) -> (Vec<u8>, Vec<u8>) {
    let file = |word| quoted(row, word).filter(|name| name.starts_with("data/"));
    let data = file("with ").or_else(|| file("` of "));
    if let Some(file) = data {
        let stem = file.rsplit_once('.').expect("a file's ending").0;
        let private = [format!("{stem}-solution.txt"), format!("{stem}.sig")];
        let private = private.iter().find(|name| path(name).exists());
        return (read(file), private.map(|name| read(name)).unwrap_or_default());
    }
    let call =
        quoted(row, " for ").map(|call| [call.as_bytes(), b"\n", &read("elf/functions.wasm")].concat());
    (call.unwrap_or_default(), Vec::new())
}

fn with_commas(n: u64) -> String {
    let digits = n.to_string();
    let first = digits.len() % 3;
    let groups = digits.as_bytes()[first..].chunks(3).map(|group| std::str::from_utf8(group).unwrap());
    Some(&digits[..first]).filter(|s| !s.is_empty()).into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

/// The address that an ending names beside its pc.
fn address(reason: ExitReason) -> Option<u32> {
    use ExitReason::*;
    match reason {
        InstructionAddressMisaligned(at) | LoadAddressMisaligned(at) | LoadAccessFault(at) => Some(at),
        StoreAddressMisaligned(at) | StoreAccessFault(at) => Some(at),
        _ => None,
    }
}

/// A row of a table as it should be: what it says of a program's ending and instructions is what the program does.
fn corrected(line: &str) -> Option<String> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let (&first, &last) = (cells.first()?, cells.last()?);
    let name = first.strip_prefix('`')?.split('`').next()?;
    // Program, pc, faulting address.
    if let Some(pc) = cells.get(1).filter(|pc| pc.starts_with("0x")) {
        let (exit, _) = run(name, Vec::new(), &[]);
        let said = last.split(' ').next()?;
        let at = address(exit.reason).map_or(said.replace(pc, &hex(exit.pc)), hex);
        let (name, rest) = line.split_once(pc)?;
        return Some(
            [name, &hex(exit.pc), &rest.replacen(said, &at, usize::from(!said.is_empty()))].concat(),
        );
    }
    let number = last.split(' ').next().filter(|n| !n.is_empty())?;
    let number = Some(number).filter(|n| n.bytes().all(|b| b.is_ascii_digit() || b == b','))?;
    let (public, private) = inputs(if cells.len() > 3 { last } else { first });
    let (exit, instructions) = run(name, public, &private);
    if cells.len() > 3 {
        let reason = format!("{:?}", exit.reason);
        let reason = match exit.reason {
            ExitReason::Halt(_) | ExitReason::UnknownEcall(_) => &reason[..],
            _ => reason.split('(').next()?,
        };
        assert!(cells[3].contains(reason), "{name} ends with {reason}: {}", cells[3]);
    }
    let at = line.rfind(number)?;
    Some([&line[..at], &with_commas(instructions), &line[at + number.len()..]].concat())
}

fn hex(address: u32) -> String {
    format!("{address:#x}")
}

#[test]
fn the_readme_says_what_the_examples_do() {
    let file = path("README.md");
    let text = fs::read_to_string(&file).unwrap();
    let mut rows = 0;
    let mut now = String::new();
    for line in text.lines() {
        let corrected = Some(line).filter(|line| line.starts_with("| `")).and_then(corrected);
        rows += usize::from(corrected.is_some());
        now += corrected.as_deref().unwrap_or(line);
        now.push('\n');
    }
    assert!(rows >= 35, "{rows} rows say something");
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        fs::write(&file, &now).unwrap();
        return;
    }
    for (said, now) in text.lines().zip(now.lines()) {
        assert_eq!(said, now, "examples/README.md is not up to date: set UPDATE_EXAMPLES=1");
    }
}
