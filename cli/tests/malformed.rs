//! Proof files that are not proofs: refused, without a panic, whatever the edit.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use common::*;
use ember_verifier::{ProofFile, Verifier};
use serde::Deserialize;
use serde_json::Value;

/// A proof of a run with journal and input, made once.
fn proof() -> &'static [u8] {
    static PROOF: OnceLock<Vec<u8>> = OnceLock::new();
    PROOF.get_or_init(|| {
        let folder = Folder::new();
        folder.file("a.elf", echo());
        folder.file("input", b"input");
        folder.ember(&["prove", "a.elf", "--input", "input", "-o", "a.proof"]).exits(0);
        folder.read("a.proof")
    })
}

/// Edits as a seed gives them.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % n.max(1) as u64) as usize
    }
}

/// What `verify` would exit with.
fn status(verifier: &Verifier, file: Option<ProofFile>) -> i32 {
    file.map_or(2, |file| if verifier.verify(&file.statement, &file.proof).is_ok() { 0 } else { 3 })
}

/// Fails with the edit's name where the proof is accepted or the verifier panics.
#[track_caller]
fn refuse(verifier: &Verifier, edit: &str, file: impl FnOnce() -> Option<ProofFile>) -> i32 {
    let status = catch_unwind(AssertUnwindSafe(|| status(verifier, file())));
    let status = status.unwrap_or_else(|_| panic!("the verifier panics: {edit}"));
    assert_ne!(status, 0, "accepted: {edit}");
    status
}

fn edit_bytes(random: &mut Random, bytes: &mut Vec<u8>) -> String {
    // Lengths and small parts stand at the start and the end.
    let len = bytes.len();
    let at = match random.below(4) {
        0 | 1 => random.below(len),
        2 => random.below(4000),
        _ => len - 1 - random.below(4000),
    };
    match random.below(6) {
        0 | 1 => {
            let bit = random.below(8);
            bytes[at] ^= 1 << bit;
            format!("bit {bit} of byte {at} flipped")
        }
        2 => {
            bytes[at] = bytes[at].wrapping_add(1 + random.below(255) as u8);
            format!("byte {at} set to {}", bytes[at])
        }
        3 => {
            bytes.remove(at);
            format!("byte {at} removed")
        }
        4 => {
            let value = random.below(256) as u8;
            bytes.insert(at, value);
            format!("{value} inserted at byte {at}")
        }
        _ => {
            let end = (at + 1 + random.below(64)).min(len);
            bytes[at..end].fill(0xff);
            format!("bytes {at}..{end} set to 255")
        }
    }
}

#[test]
fn random_edits_of_the_bytes() {
    let (good, verifier, mut random) = (proof(), Verifier::new(), Random(1));
    assert_eq!(status(&verifier, ProofFile::from_bytes(good).ok()), 0);
    let mut seen = [0; 4];
    for _ in 0..300 {
        let mut bytes = good.to_vec();
        let edit = edit_bytes(&mut random, &mut bytes);
        if bytes != good {
            seen[refuse(&verifier, &edit, || ProofFile::from_bytes(&bytes).ok()) as usize] += 1;
        }
    }
    assert!(seen[2] > 20 && seen[3] > 20, "{seen:?}");
}

#[test]
fn truncations_and_long_integers() {
    let (good, verifier, mut random) = (proof(), Verifier::new(), Random(2));
    let far = (0..100).map(|_| random.below(good.len()));
    for len in (0..300).chain(far).chain(good.len() - 100..good.len()) {
        assert!(ProofFile::from_bytes(&good[..len]).is_err(), "{len} bytes");
    }
    // An integer's last byte, followed by a byte that adds nothing.
    let long = (10..300).chain((0..100).map(|_| 10 + random.below(good.len() - 10)));
    for at in long.filter(|&at| good[at] < 0x80) {
        let mut bytes = good.to_vec();
        bytes[at] |= 0x80;
        bytes.insert(at + 1, 0);
        refuse(&verifier, &format!("byte {at} continued"), || ProofFile::from_bytes(&bytes).ok());
    }
}

/// Changes a part of a proof that is reached by going down from the root, choosing a child at random each time.
fn edit_tree(random: &mut Random, value: &mut Value, path: &mut String) {
    let goes_on = random.below(5) > 0;
    match value {
        Value::Object(map) => {
            let n = random.below(map.len());
            let (key, child) = map.iter_mut().nth(n).expect("an object with fields");
            *path += &format!(".{key}");
            edit_tree(random, child, path);
        }
        Value::Array(items) if goes_on && !items.is_empty() => {
            let n = random.below(items.len());
            *path += &format!("[{n}]");
            edit_tree(random, &mut items[n], path);
        }
        Value::Array(items) => {
            let n = random.below(items.len());
            let edit = random.below(6);
            *path += &format!(": edit {edit} of {} items", items.len());
            match (edit, items.get(n).cloned()) {
                (0, _) => items.clear(),
                (1, _) => drop(items.pop()),
                (2, Some(_)) => drop(items.remove(n)),
                (3, Some(item)) => items.insert(n, item),
                (4, _) => items.extend(items.clone()),
                (_, Some(item)) => items.push(item),
                (_, None) => items.push(0.into()),
            }
        }
        Value::Number(number) => {
            let number = number.as_u64().unwrap_or(0);
            let new = match random.below(6) {
                0 => 0,
                1 => number + 1,
                2 => number.saturating_sub(1),
                3 => 0x7f00_0000,
                4 => 1 << random.below(64),
                _ => random.below(1 << 31) as u64,
            };
            *path += &format!(": {number} becomes {new}");
            *value = new.into();
        }
        Value::String(text) => {
            let last = text.pop();
            text.push(if last == Some('0') { '1' } else { '0' });
            *path += ": another last digit";
        }
        Value::Null => {
            *path += ": null becomes 0";
            *value = 0.into();
        }
        Value::Bool(b) => *b = !*b,
    }
    if random.below(40) == 0 {
        *path += ", then null";
        *value = Value::Null;
    }
}

#[test]
fn random_edits_of_the_structure() {
    let verifier = Verifier::new();
    let good = serde_json::to_value(ProofFile::from_bytes(proof()).expect("a proof")).expect("JSON");
    let mut seen = [0; 4];
    for seed in 0..400 {
        let mut random = Random(seed << 32);
        let mut bad = good.clone();
        let mut path = String::new();
        let field = ["statement", "proof", "proof", "proof"][random.below(4)];
        edit_tree(&mut random, &mut bad[field], &mut path);
        if bad != good {
            let file = || ProofFile::deserialize(&bad).ok();
            seen[refuse(&verifier, &format!("seed {seed}: {field}{path}"), file) as usize] += 1;
        }
    }
    assert!(seen[3] > 100, "{seen:?}");
}

#[test]
fn the_command_refuses_them_too() {
    let (folder, good, mut random) = (Folder::new(), proof(), Random(3));
    for n in 0..24 {
        let mut bytes = good.to_vec();
        let edit = match n {
            0..6 => {
                bytes.truncate([0, 7, 8, 10, 1000, good.len() - 1][n]);
                "truncated".to_owned()
            }
            _ => edit_bytes(&mut random, &mut bytes),
        };
        if bytes == good {
            continue;
        }
        folder.file("bad.proof", &bytes);
        let ran = folder.ember(&["verify", "bad.proof"]);
        let lines = ran.stderr.lines().count();
        assert!(matches!(ran.code, 2 | 3) && ran.stdout.is_empty() && lines == 1, "{edit}: {ran:?}");
        let ran = folder.ember(&["inspect", "bad.proof"]);
        assert!(matches!(ran.code, 0 | 2), "{edit}: {ran:?}");
    }
    let mut newer = good.to_vec();
    newer[8] = ember_verifier::VERSION as u8 + 1;
    let version = format!("proof format version {}", newer[8]);
    folder.file("newer", newer);
    folder.ember(&["verify", "newer"]).refused(&version);
    folder.ember(&["inspect", "newer"]).refused(&format!("ember: newer: {version}"));
    folder.file("longer", [good, b"x"].concat());
    folder.ember(&["verify", "longer"]).refused("malformed proof");
    folder.file("text", "hello");
    folder.ember(&["verify", "text"]).refused("not an Ember proof");
    folder.ember(&["verify", "none"]).refused("cannot read none");
    folder.ember(&["verify", "."]).refused("folder");
}
