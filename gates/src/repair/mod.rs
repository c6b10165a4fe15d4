//! Repair search: a forger that changes a cell of a table, mends what that breaks by other cells, and asks a native oracle
//! whether what the table then says is true.
//!
//! Tables are data here, with honest cells and an [`Oracle`]; the search knows nothing of any of them. A table is forged by
//! itself, over all its rows: other tables are honest, and a message that an honest table may answer, whatever program it
//! serves, stands. So the partner of a changed message changes with it.

mod campaign;
mod circuit;
mod oracle;
mod program;
mod rng;
mod search;
mod solve;
mod state;

pub use campaign::{Honest, forge, hunt};
pub use circuit::{Circuit, Omission, Sends};
pub use oracle::{Mend, Oracle, Said, Verdict};
pub use program::{Input, Position, Program, Scratch};
pub use rng::Rng;
pub use search::{Found, Limits, Search};
pub use solve::Move;
pub use state::{Place, State};
