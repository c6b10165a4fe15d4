//! scratch
use ember_gates::Model;
use ember_gates::determinism::*;
use ember_verifier::air::Table;
#[test]
fn scratch() {
    let which = std::env::var("TABLES").unwrap();
    let mut solver = Solver::start().unwrap();
    for name in which.split(',') {
        let table = *Table::ALL.iter().find(|t| t.name() == name).unwrap();
        let model = Model::of(table);
        let Method { plans, .. } = method(name, &model).unwrap();
        for (what, plan) in plans {
            let t = std::time::Instant::now();
            let mut limits = Limits::GATE;
            limits.time = std::time::Duration::from_secs(200);
            let (q, st) = (solver.questions, solver.time);
            let all = plan.check(&model, &mut solver, limits).unwrap();
            for (part, verdict) in &all {
                if *verdict != Verdict::Shown { println!("{name} {what} {part}: {verdict:?}"); }
            }
            let shown = all.iter().filter(|(_, v)| *v == Verdict::Shown).count();
            println!("{name} {what}: {shown}/{} in {:?}, {} questions {:?}", all.len(), t.elapsed(), solver.questions - q, solver.time - st);
        }
    }
}
