//! The ELF loader.

use ember_conformance::elf::{Adapt, clear_compressed};
use ember_memory::{Image, MAX_IMAGE_BYTES, MAX_NAME_LEN, PAGE_SIZE, Perm, Symbols};
use ember_vm::{Machine, NoHost, NoTrace, Program, RunConfig};

/// Loads the file as it is, and as the conformance runner adapts foreign files. An image that loads keeps the rules
/// for pages, and can be started.
///
/// # Panics
/// If the loader is wrong.
pub fn check(data: &[u8]) {
    load(data);
    let mut adapted = data.to_vec();
    clear_compressed(&mut adapted);
    Adapt::RISCV_TESTS.apply(&mut adapted);
    assert_eq!(adapted.len(), data.len());
    if adapted != data {
        load(&adapted);
    }
}

fn load(data: &[u8]) {
    let symbols = Symbols::of_elf(data).unwrap_or_default();
    for symbol in symbols.all() {
        assert!(symbols.name(symbol).len() <= MAX_NAME_LEN);
        let found = symbols.function(symbol.address).expect("one symbol is there");
        assert!(found.address <= symbol.address);
    }
    let Ok(image) = Image::from_elf(data) else { return };
    assert!(image.entry().is_multiple_of(4));
    let mut end = PAGE_SIZE;
    let mut bytes = 0;
    for s in image.segments() {
        assert!([Perm::EXECUTE, Perm::READ, Perm::READ_WRITE].contains(&s.perm), "{:?}", s.perm);
        assert!(!s.data.is_empty() && s.data.len().is_multiple_of(PAGE_SIZE as usize));
        assert!(s.start() >= end, "segments overlap, or lie on page 0");
        end = s.end();
        assert!(end > s.start(), "a segment wraps");
        bytes += s.data.len() as u64;
    }
    // Each of at most 64 parts may start and end within a page.
    assert!(bytes <= MAX_IMAGE_BYTES + 128 * u64::from(PAGE_SIZE));
    if bytes > 1 << 20 {
        return;
    }
    let program = Program::new(image);
    let config = RunConfig { gas_limit: 1 << 12, ..RunConfig::default() };
    if let Ok(mut machine) = Machine::new(&program, config) {
        machine.run_steps(256, &mut NoHost, &mut NoTrace);
    }
}
