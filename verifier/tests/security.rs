//! The parameters reach the promised security.

use ember_verifier::Verifier;
use ember_verifier::params::Security;

#[test]
fn a_hundred_bits_are_proven_for_the_largest_run() {
    let verifier = Verifier::new();
    for log_rows in [10, 16, 20, 21, 22] {
        let s = Security::of(log_rows, |table| verifier.lookups(table));
        println!("2^{log_rows}: {:.2} {:?} {:?}", s.bits(), s.bound(), s.terms());
    }
    assert!(verifier.security().bits() >= 100.0);
}
