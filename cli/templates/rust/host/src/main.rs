//! Runs the program, proves what it did and verifies the proof:
//!
//!     cargo run --release -- PROGRAM.elf NUMBER

use std::error::Error;
use std::{env, fs};

use ember_memory::Transcript;
use ember_memory::digest::Hasher;
use ember_prover_adapter::{Execution, Proof, Statement, prove};
use ember_trace::Limits;
use ember_verifier::verify;
use ember_vm::{PrivateInput, Program, RunConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [elf, number] = &arguments[..] else { return Err("two arguments: PROGRAM.elf NUMBER".into()) };
    let elf = fs::read(elf)?;
    // The bytes that the program finds in `io::input()`. For `io::read_input::<T>()` they are postcard's encoding of a T, with
    // the crate `postcard`, 1: `postcard::to_allocvec(&value)?`.
    let input = number.as_bytes();
    let (statement, proof) = prover(&elf, input, b"")?;
    println!("{} instructions proven", statement.instructions);
    println!("{} primes below {number}", verifier(&elf, input, &statement, &proof)?);
    Ok(())
}

/// What the prover does. Of the private input the proof says nothing.
pub fn prover(elf: &[u8], input: &[u8], private: &[u8]) -> Result<(Statement, Proof), Box<dyn Error>> {
    let program = Program::load(elf)?;
    let config = RunConfig { input: input.to_vec(), ..RunConfig::default() };
    // In memory; `ember_prover_adapter::Session` proves longer runs piece by piece.
    let run = Execution::record(&program, config, &mut PrivateInput(private), Limits::steps(1 << 22))?;
    Ok(prove(&run, &mut |_| {})?)
}

/// What the verifier does, who has program and public input and believes neither statement nor proof: the answer.
pub fn verifier(
    elf: &[u8],
    input: &[u8],
    statement: &Statement,
    proof: &Proof,
) -> Result<u32, Box<dyn Error>> {
    // The proof shows that the statement is true ...
    verify(statement, proof)?;
    // ... and this, that it is the one that was asked for.
    let hasher = Hasher::default();
    if statement.image_id != Program::load(elf)?.image().id(&hasher) {
        return Err("a proof of another program".into());
    }
    if statement.input_digest != Statement::digest_of_input(&hasher, input) {
        return Err("a proof of another public input".into());
    }
    if statement.transcript != Transcript::default() {
        return Err("the program asked its host, and what that answers is not proven".into());
    }
    if !statement.exit.reason.is_success() {
        return Err(format!("the program did not answer: {}", statement.exit).into());
    }
    Ok(u32::from_le_bytes(statement.journal[..].try_into()?))
}
