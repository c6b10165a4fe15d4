//! Every example is proven.
use ember_isa::ExitReason;
use ember_prover_adapter::{Execution, Prover};
use ember_trace::Limits;
use ember_vm::{PrivateInput, Program, RunConfig};

#[test]
fn one() {
    let name = std::env::var("ELF").unwrap_or("fibonacci".into());
    let elf = std::fs::read(format!("../examples/elf/{name}.elf")).unwrap();
    let program = Program::load(&elf).unwrap();
    let config = RunConfig { gas_limit: 100_000, ..Default::default() };
    let e = Execution::record(&program, config, &mut PrivateInput(b""), Limits::steps(1 << 22)).unwrap();
    println!("{} {} steps", e.ending.exit, e.steps.len());
    let prover = Prover::new();
    let t = std::time::Instant::now();
    let (statement, proof) = prover.prove(&e, &mut |s| println!("{s:?}")).unwrap();
    println!("prove {:?} {} bytes", t.elapsed(), postcard::to_allocvec(&proof).unwrap().len());
    let t = std::time::Instant::now();
    prover.verifier().verify(&statement, &proof).unwrap();
    println!("verify {:?}", t.elapsed());
    let _ = ExitReason::OutOfGas;
}
