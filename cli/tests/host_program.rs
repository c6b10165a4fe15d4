//! The host program that `ember new` makes, compiled as a module.

mod common;
#[allow(dead_code)]
#[path = "../templates/rust/host/src/main.rs"]
mod host;

use common::example;

#[test]
fn the_host_program_proves_and_believes_nothing() {
    let read = |name| std::fs::read(example(name).expect("an example")).unwrap();
    let (elf, input) = (read("prime-sieve"), 100u32.to_le_bytes());
    let (statement, proof) = host::prover(&elf, &input, b"").unwrap();
    assert_eq!(host::verifier(&elf, &input, &statement, &proof).unwrap(), 25);

    let refused = |elf: &[u8], input: &[u8], statement: &_| {
        host::verifier(elf, input, statement, &proof).unwrap_err().to_string()
    };
    assert_eq!(refused(&read("fibonacci"), &input, &statement), "a proof of another program");
    assert_eq!(refused(&elf, b"\x65\0\0\0", &statement), "a proof of another public input");
    let mut other = statement.clone();
    other.journal[0] ^= 1;
    assert!(host::verifier(&elf, &input, &other, &proof).is_err());

    let elf = read("exit-7");
    let (statement, proof) = host::prover(&elf, b"", b"").unwrap();
    let error = host::verifier(&elf, b"", &statement, &proof).unwrap_err().to_string();
    assert!(error.starts_with("the program did not answer: halt with exit code 7"), "{error}");
}
