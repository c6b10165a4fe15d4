//! Every byte of a small proof: nothing in a file is redundant.

use crate::campaign::{Fate, judge};
use crate::tree::{Kind, Tree};
use crate::{least, small};

/// Changes each `step`th byte, from `first` on, by one bit.
fn sweep(first: usize, step: usize) -> [usize; 2] {
    let honest = least().bytes;
    assert_eq!(judge(&honest).0, Fate::Accepted);
    let mut fates = [0; 2];
    let mut edited = honest.clone();
    for at in (first..honest.len()).step_by(step) {
        // Each bit in turn; the top bit of a number's byte says that another byte follows.
        edited[at] ^= 1 << ((at / step) % 8);
        match judge(&edited).0 {
            Fate::Malformed => fates[0] += 1,
            Fate::Refused => fates[1] += 1,
            Fate::Accepted => panic!("byte {at} of {} can be changed", honest.len()),
        }
        edited[at] = honest[at];
    }
    fates
}

/// One byte in 199: a prime, so that all bits and all places within an element have their turn.
#[test]
fn sampled_bytes_are_bound() {
    let [malformed, refused] = sweep(0, 199);
    println!("{malformed} malformed, {refused} refused");
    assert!(refused > 200);
}

/// The file's beginning, where the statement and the numbers are, byte by byte.
#[test]
fn the_first_bytes_are_bound() {
    let honest = least().bytes;
    for at in 0..600 {
        for bit in 0..8 {
            let mut edited = honest.clone();
            edited[at] ^= 1 << bit;
            assert_ne!(judge(&edited).0, Fate::Accepted, "bit {bit} of byte {at}");
        }
    }
}

/// Numbers are as short as can be: a file has one encoding.
#[test]
fn numbers_have_one_encoding() {
    let long = |tree: &Tree, n: u32| {
        let start = tree.node(n).bytes.start;
        let last = start + tree.bytes[start..].iter().take_while(|&&b| b >= 0x80).count();
        tree.patched(vec![(last..last + 1, vec![tree.bytes[last] | 0x80, 0])]).expect("one patch")
    };
    for tree in [least(), small(0)] {
        let mut count = 0;
        // The first and the last of each name.
        for n in tree.of_path.iter().filter(|of| !of.is_empty()).flat_map(|of| [of[0], of[of.len() - 1]]) {
            if matches!(tree.node(n).kind, Kind::Number(_) | Kind::Sequence | Kind::Variant) {
                let name = &tree.paths[tree.node(n).path];
                assert_eq!(judge(&long(&tree, n)).0, Fate::Malformed, "{name}");
                count += 1;
            }
        }
        assert!(count > 80, "{count}");
    }
}

/// Every byte.
#[test]
#[ignore = "minutes"]
fn every_byte_is_bound() {
    let [malformed, refused] = sweep(0, 1);
    println!("{} bytes: {malformed} malformed, {refused} refused, none accepted", malformed + refused);
}
