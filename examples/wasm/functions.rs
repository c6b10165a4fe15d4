//! A WebAssembly module for the example `wasm`: functions of numbers. What panics traps.
#![no_std]
#![allow(unsafe_code)]

/// The n-th Fibonacci number, modulo 2^64.
#[unsafe(no_mangle)]
pub extern "C" fn fibonacci(n: u32) -> u64 {
    let (mut a, mut b) = (0u64, 1u64);
    for _ in 0..n {
        (a, b) = (b, a.wrapping_add(b));
    }
    a
}

const MOST: usize = 1 << 14;

/// How many primes are below n, at most 16384: a sieve in the module's memory.
#[unsafe(no_mangle)]
pub extern "C" fn primes_below(n: u32) -> u32 {
    let n = n as usize;
    assert!(n <= MOST);
    let mut is_composite = [false; MOST];
    let mut count = 0;
    for p in 2..n {
        if is_composite[p] {
            continue;
        }
        count += 1;
        is_composite[..n].iter_mut().skip(p * p).step_by(p).for_each(|c| *c = true);
    }
    count
}

/// Quotient and remainder in the upper and lower half; traps where there are none.
#[unsafe(no_mangle)]
pub extern "C" fn divide(a: i32, b: i32) -> u64 {
    u64::from((a / b) as u32) << 32 | u64::from((a % b) as u32)
}

/// The compound interest on a sum: a number in floating point.
#[unsafe(no_mangle)]
pub extern "C" fn compound(sum: f64, percent: f64, years: u32) -> f64 {
    (0..years).fold(sum, |sum, _| sum + sum * percent / 100.0)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
