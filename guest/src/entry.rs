//! From the machine's start to the program's main function.

use core::fmt::Debug;

/// Names the program's main function, which takes nothing and returns a [`Termination`].
///
/// On the host it only checks the type: there the function must be the crate's `main`.
#[cfg(target_os = "none")]
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        const _: () = {
            #[unsafe(export_name = "__ember_main")]
            unsafe extern "C" fn start(input: *const u8, length: usize) -> u32 {
                // SAFETY: start.s passes what the machine started with.
                unsafe { $crate::start(input, length, $main) }
            }
        };
    };
}

/// Names the program's main function, which takes nothing and returns a [`Termination`].
///
/// On the host it only checks the type: there the function must be the crate's `main`.
#[cfg(not(target_os = "none"))]
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        const _: () = {
            const fn is_main<T: $crate::Termination>(_: fn() -> T) {}
            is_main($main)
        };
    };
}

/// What a main function may return.
pub trait Termination {
    /// The run's exit code. An error also says what it is on the error console.
    fn exit_code(self) -> u32;
}

impl Termination for () {
    fn exit_code(self) -> u32 {
        0
    }
}

/// The exit code itself. A program with this main function has no host build.
impl Termination for u32 {
    fn exit_code(self) -> u32 {
        self
    }
}

impl<T: Termination, E: Debug> Termination for Result<T, E> {
    fn exit_code(self) -> u32 {
        match self {
            Ok(value) => value.exit_code(),
            Err(error) => {
                crate::eprintln!("Error: {error:?}");
                1
            }
        }
    }
}

/// Runs the program: what [`entry!`] expands to.
///
/// # Safety
/// `input` and `length` are the public input region that the machine passes at the start; called once.
#[cfg(target_os = "none")]
#[doc(hidden)]
#[inline]
pub unsafe fn start<T: Termination>(input: *const u8, length: usize, main: fn() -> T) -> u32 {
    // SAFETY: the caller's.
    unsafe { crate::machine::set_input(input, length) };
    main().exit_code()
}
