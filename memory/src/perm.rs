//! Page permissions.

use core::fmt;

bitflags::bitflags! {
    /// What a page allows. A page with `EXECUTE` has nothing else; a page without any flag is unmapped.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct Perm: u8 {
        /// Instruction fetch.
        const EXECUTE = 1;
        /// Loads.
        const READ = 2;
        /// Stores. Never without `READ`.
        const WRITE = 4;
    }
}

impl Perm {
    /// Data that can be written.
    pub const READ_WRITE: Perm = Perm::READ.union(Perm::WRITE);
}

impl fmt::Display for Perm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (flag, c) in [(Self::READ, "r"), (Self::WRITE, "w"), (Self::EXECUTE, "x")] {
            f.write_str(if self.contains(flag) { c } else { "-" })?;
        }
        Ok(())
    }
}
