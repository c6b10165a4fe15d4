//! temporary
use ember_prover_adapter::{Execution, Prover};
use ember_trace::Limits;
use ember_vm::{PrivateInput, Program, RunConfig};

#[test]
fn one() {
    let name = std::env::var("ELF").unwrap_or("fibonacci".into());
    let elf = std::fs::read(format!("../examples/elf/{name}.elf")).unwrap();
    let program = Program::load(&elf).unwrap();
    let input = std::env::var("INPUT").map(|f| std::fs::read(f).unwrap()).unwrap_or_default();
    let config = RunConfig { input, ..Default::default() };
    let e = Execution::record(&program, config, &mut PrivateInput(b""), Limits::steps(1 << 22)).unwrap();
    println!("{} {} steps", e.ending.exit, e.steps.len());
    let prover = Prover::new();
    for _ in 0..2 {
    let t = std::time::Instant::now();
    ember_trace::replay(&e).unwrap();
    println!("replay {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let w = ember_prover_adapter::Witness::of(prover.verifier(), &e).unwrap();
    println!("witness {:?}", t.elapsed());
    for s in w.sizes() { println!("  {:?} {}x{}", s.table, s.rows, s.columns); }
    let t = std::time::Instant::now();
    let (statement, proof) = w.prove(prover.verifier()).unwrap();
    println!("prove {:?} {} bytes", t.elapsed(), postcard::to_allocvec(&proof).unwrap().len());
    let t = std::time::Instant::now();
    prover.verifier().verify(&statement, &proof).unwrap();
    println!("verify {:?}", t.elapsed());
    }
}
