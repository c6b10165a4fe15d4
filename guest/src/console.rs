//! The host's console. The host sees what goes there; the statement and its proof do not.

use core::fmt::{self, Write};

use crate::calls;

/// The console, for `write!`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    /// File descriptor 1.
    Out = 1,
    /// File descriptor 2.
    Error = 2,
}

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        calls::write(*self as u32, text.as_bytes());
        Ok(())
    }
}

/// Writes to the console; what the macros expand to.
#[doc(hidden)]
pub fn print(mut console: Console, arguments: fmt::Arguments<'_>) {
    // It never fails, but a value's own formatting may; its bytes so far have been written.
    let _ = console.write_fmt(arguments);
}

/// Writes to the console.
#[macro_export]
macro_rules! print {
    ($($part:tt)*) => {
        $crate::console::print($crate::console::Console::Out, ::core::format_args!($($part)*))
    };
}

/// Writes a line to the console.
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($part:tt)*) => { $crate::print!("{}\n", ::core::format_args!($($part)*)) };
}

/// Writes to the error console.
#[macro_export]
macro_rules! eprint {
    ($($part:tt)*) => {
        $crate::console::print($crate::console::Console::Error, ::core::format_args!($($part)*))
    };
}

/// Writes a line to the error console.
#[macro_export]
macro_rules! eprintln {
    () => { $crate::eprint!("\n") };
    ($($part:tt)*) => { $crate::eprint!("{}\n", ::core::format_args!($($part)*)) };
}
