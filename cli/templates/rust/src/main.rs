//! How many primes are below a number? The number is the public input, in decimal, or 1000 where there is none; the answer
//! goes to the journal.
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

use alloc::vec;
use ember_guest::{entry, exit, io, println};

entry!(main);

fn main() {
    let number = match io::input() {
        [] => Some(1000),
        input => core::str::from_utf8(input).ok().and_then(|text| text.trim().parse().ok()),
    };
    let Some(number) = number.filter(|n| *n <= 100_000) else {
        println!("the input is a number of at most 100000, in decimal");
        exit(1)
    };
    let count = primes_below(number);
    println!("{count} primes below {number}");
    io::journal(&count.to_le_bytes());
}

fn primes_below(number: usize) -> u32 {
    let mut is_prime = vec![true; number];
    let mut count = 0;
    for n in 2..number {
        if is_prime[n] {
            count += 1;
            is_prime.iter_mut().skip(n * n).step_by(n).for_each(|multiple| *multiple = false);
        }
    }
    count
}

// `cargo test` runs the program's logic on the host.
#[cfg(test)]
mod tests {
    use ember_guest::host;

    #[test]
    fn counts_primes() {
        let output = host::run(b"", b"", super::main);
        assert_eq!((output.exit_code, output.journal), (0, 168u32.to_le_bytes().to_vec()));
        assert_eq!(host::run(b"10", b"", super::main).journal, 4u32.to_le_bytes());
        assert_eq!(host::run(b"many", b"", super::main).exit_code, 1);
    }
}
