//! A panic says where and why on the error console and ends the run with exit code 101.

use core::panic::PanicInfo;

/// The exit code of a program that panicked, as of one on the host.
const EXIT_CODE: u32 = 101;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    crate::eprintln!("{info}");
    crate::exit(EXIT_CODE)
}
