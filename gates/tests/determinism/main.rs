//! Determinism of every table, and of circuits that have a hole.

mod holes;
#[path = "../specimens/old_rom.rs"]
mod old_rom;

use ember_gates::determinism::Solver;

/// The solver; none where there is none, unless it is required.
fn solver() -> Option<Solver> {
    match Solver::start() {
        Ok(solver) => Some(solver),
        Err(why) => {
            assert!(std::env::var_os("EMBER_REQUIRE_Z3").is_none(), "no solver: {why}");
            println!("skipped: there is no solver: {why}");
            None
        }
    }
}
