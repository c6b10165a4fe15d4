//! Counts the primes below n with the sieve of Eratosthenes. n is the public input, 32 bits
//! little-endian, or 1000 where there is none; the count goes to the journal in the same form.
#![cfg_attr(target_os = "none", no_std, no_main)]

use ember_guest::{entry, eprintln, exit, io};

/// Bounds the sieve's memory, one byte a number on the stack. A larger n panics: exit code 101.
const LIMIT: usize = 1 << 14;

entry!(main);

fn main() {
    let n = match io::input() {
        [] => 1000,
        [a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]) as usize,
        _ => {
            eprintln!("the input is a 32-bit little-endian number");
            exit(1)
        }
    };
    assert!(n <= LIMIT, "n is {n}, and the sieve ends at {LIMIT}");
    io::journal(&count_primes_below(n).to_le_bytes());
}

fn count_primes_below(n: usize) -> u32 {
    let mut sieve = [true; LIMIT];
    let sieve = &mut sieve[..n];
    let mut count = 0;
    for candidate in 2..n {
        if sieve[candidate] {
            count += 1;
            // Multiples below the square have a smaller prime factor, which has crossed them out.
            for multiple in (candidate * candidate..n).step_by(candidate) {
                sieve[multiple] = false;
            }
        }
    }
    count
}
