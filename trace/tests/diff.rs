//! Where traces part.

mod common;

use common::*;
use ember_isa::{GasTable, reg};
use ember_trace::{At, Comparison, Execution, Parameter, Reader, diff};
use ember_vm::RunConfig;

fn compare(a: &Execution, b: &Execution) -> Comparison {
    let file = |e: &Execution| {
        let mut file = Vec::new();
        e.write_to(&mut file).unwrap();
        file
    };
    let (a, b) = (file(a), file(b));
    diff(&mut Reader::new(&a[..]).unwrap(), &mut Reader::new(&b[..]).unwrap()).unwrap()
}

#[test]
fn equal_traces_are_equal() {
    let run = record(&tour(), config());
    let same = compare(&run, &run);
    assert!(same.is_equal());
    assert_eq!(same.equal_steps, run.steps.len() as u64);
}

#[test]
fn the_first_step_and_its_registers_are_named() {
    let run = record(&tour(), config());
    let mut other = run.clone();
    other.steps[20].rd ^= 8;
    other.steps[30].rd ^= 8;
    let found = compare(&run, &other);
    assert_eq!(found.parameters, []);
    let difference = found.difference.unwrap();
    assert_eq!(difference.step, 20);
    let (At::Step { step, instruction, .. }, At::Step { step: forged, .. }) = (&difference.a, &difference.b)
    else {
        panic!("{difference:?}");
    };
    assert_eq!((*step, *forged), (run.steps[20], other.steps[20]));
    let decoded = run.program().fetch(step.pc).unwrap().unwrap();
    assert_eq!(*instruction, decoded.to_string());
    assert_eq!(difference.registers(), [(decoded.rd, step.rd, forged.rd)]);
}

#[test]
fn words_of_ecalls_count() {
    let run = record(&tour(), config());
    let mut other = run.clone();
    other.io[2].1 ^= 1;
    let difference = compare(&run, &other).difference.unwrap();
    let at = run.steps[difference.step as usize];
    assert_eq!(run.program().fetch(at.pc).unwrap().unwrap().op, ember_isa::Op::Ecall);
    let (At::Step { io, .. }, At::Step { io: forged, .. }) = (&difference.a, &difference.b) else {
        panic!("{difference:?}");
    };
    assert_ne!(io, forged);
    assert!(difference.registers().is_empty());
}

#[test]
fn parameters_count_and_the_counter_tells() {
    let run = record(&tour(), config());
    let other = record(&tour(), RunConfig { gas_table: GasTable::UNIT, ..config() });
    let found = compare(&run, &other);
    assert_eq!(found.parameters, [Parameter::GasTable]);
    let difference = found.difference.unwrap();
    let At::Step { instruction, .. } = &difference.a else { panic!("{difference:?}") };
    assert_eq!(instruction, "csrrs a4, cycle, zero");
    assert_eq!(difference.registers()[0].0, reg::A0 + 4);
}

#[test]
fn one_may_end_early() {
    let run = record(&tour(), config());
    let short = record(&tour(), RunConfig { gas_limit: 50, ..config() });
    let found = compare(&run, &short);
    assert_eq!(found.parameters, [Parameter::GasLimit]);
    let difference = found.difference.unwrap();
    assert_eq!(difference.step, short.steps.len() as u64);
    assert!(matches!(&difference.a, At::Step { .. }));
    assert!(matches!(&difference.b, At::End(ending) if **ending == short.ending));
}

#[test]
fn endings_count() {
    let run = record(&tour(), config());
    let mut other = run.clone();
    other.ending.journal.push(0);
    let difference = compare(&run, &other).difference.unwrap();
    assert_eq!(difference.step, run.steps.len() as u64);
}
