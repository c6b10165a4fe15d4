//! Files that promise more than they hold: huge lengths, deep and wide shapes, high tables. Refused at once, in memory
//! that the file's size bounds.

use std::time::Duration;

use ember_verifier::air::Table;
use ember_verifier::{MAX_HEAD_BYTES, MAX_SEGMENT_BYTES, PREFIX_LEN, ProofFile, ProofFileError};

use crate::campaign::{Fate, judge};
use crate::least;
use crate::tree::{FRAME_LEN, Kind, Tree, varint};

/// Most bytes of memory for each byte of a file: an empty sequence takes one byte there and three words here, and a
/// sequence that grows is twice in memory for a moment, once with room to spare.
const PER_BYTE: usize = 3 * 3 * size_of::<usize>();
/// What may be set aside for lengths that turn out to be lies: 1 MiB in each of the sequences that contain each other,
/// and the working space of an honest verification.
const CONSTANT: usize = 8 << 20;

/// Refused, within the bounds.
#[track_caller]
fn refused(bytes: &[u8], what: &str) -> Fate {
    let (fate, cost) = judge(bytes);
    assert_ne!(fate, Fate::Accepted, "{what}");
    let most = PER_BYTE * bytes.len() + CONSTANT;
    assert!(cost.bytes <= most, "{what}: {} bytes of memory for {} of the file", cost.bytes, bytes.len());
    // A second a megabyte is a hundred times what it takes, for machines that do other things, too.
    let most = Duration::from_secs(2 + (bytes.len() >> 20) as u64);
    assert!(cost.time <= most, "{what}: {:?}", cost.time);
    fate
}

fn sequences(tree: &Tree) -> impl Iterator<Item = u32> {
    // One of each name: the first, and the last.
    tree.of_path.iter().filter(|of| !of.is_empty()).flat_map(|of| [of[0], of[of.len() - 1]]).filter(|&n| {
        let node = tree.node(n);
        node.kind == Kind::Sequence
    })
}

/// The file with the sequence's length, and its bytes, replaced.
fn with_sequence(tree: &Tree, n: u32, len: u64, elements: &[u8]) -> Vec<u8> {
    let bytes = [&varint(len), elements].concat();
    tree.patched(vec![(tree.node(n).bytes.clone(), bytes)]).expect("one patch")
}

/// Every length, and no more bytes than before.
#[test]
fn lengths_are_promises() {
    let tree = least();
    let mut count = 0;
    for n in sequences(&tree) {
        let elements = &tree.bytes_of(n)[varint(tree.node(n).parts.len() as u64).len()..];
        for len in [1 << 16, 1 << 20, 1 << 32, 1 << 40, 1 << 63, u64::MAX, usize::MAX as u64 / 24 + 1] {
            let fate = refused(&with_sequence(&tree, n, len, elements), &tree.paths[tree.node(n).path]);
            assert_eq!(fate, Fate::Malformed);
            // The file ends there.
            let cut = &with_sequence(&tree, n, len, &[])[..tree.node(n).bytes.start + 10];
            refused(cut, "cut off");
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

/// Lengths that the file keeps: millions of elements, as cheap as they come.
#[test]
fn wide_shapes_are_refused() {
    let tree = least();
    for n in sequences(&tree) {
        let name = &tree.paths[tree.node(n).path];
        for (byte, len) in [(0, 3 << 20), (1, 3 << 20), (4, 1 << 20), (0, 1 << 10)] {
            refused(&with_sequence(&tree, n, len, &vec![byte; len as usize]), name);
        }
    }
}

/// A sequence of copies of its first element, thousands of them.
#[test]
fn long_shapes_are_refused() {
    let tree = least();
    for n in sequences(&tree) {
        let Some(&first) = tree.node(n).parts.first() else { continue };
        let element = tree.bytes_of(first);
        let len = (1 << 21) / element.len();
        let name = &tree.paths[tree.node(n).path];
        assert_eq!(refused(&with_sequence(&tree, n, len as u64, &element.repeat(len)), name), Fate::Refused);
    }
}

/// Tables of every height that a number can name, one and all.
#[test]
fn heights_are_refused() {
    let tree = least();
    let path = tree.paths.iter().position(|p| p == "segments[].stark.degree_bits").expect("heights");
    let heights = tree.of_path[path][0];
    let count = tree.node(heights).parts.len();
    let honest: Vec<u8> = tree.node(heights).parts.iter().flat_map(|&n| tree.bytes_of(n).to_vec()).collect();
    assert_eq!(honest.len(), count, "heights take a byte each");
    let most = Table::ALL.iter().map(|t| t.max_log_height()).max().expect("tables") as u64;
    for height in (0..=most + 1).chain([26, 27, 31, 32, 62, 63, 64, 255, 1 << 32, u64::MAX]) {
        for table in 0..=count {
            let heights_of = |t: usize| match t == table || table == count {
                true => varint(height),
                false => varint(honest[t].into()),
            };
            let bytes: Vec<u8> = (0..count).flat_map(heights_of).collect();
            if bytes != honest {
                refused(&with_sequence(&tree, heights, count as u64, &bytes), "heights");
            }
        }
    }
}

/// Larger than any part of a proof: not even looked at.
#[test]
fn large_parts_are_refused() {
    let honest = least().bytes;
    let head = u32::from_le_bytes(honest[PREFIX_LEN - 4..PREFIX_LEN].try_into().unwrap()) as usize;
    for (at, max) in [(PREFIX_LEN - 4, MAX_HEAD_BYTES), (PREFIX_LEN + head, MAX_SEGMENT_BYTES)] {
        for len in [max + 1, u32::MAX as usize] {
            let mut bytes = honest.clone();
            bytes[at..at + 4].copy_from_slice(&(len as u32).to_le_bytes());
            bytes.resize(max + 100, 0);
            let (error, cost) = crate::meter::metered(|| ProofFile::from_bytes(&bytes).err());
            assert!(matches!(error, Some(ProofFileError::TooLarge { len: found, .. }) if found == len));
            assert!(cost.bytes < 1 << 14, "{cost:?}");
        }
    }
}

/// Segments of nothing, and many of the same.
#[test]
fn segments_are_those_of_the_run() {
    let tree = least();
    let head = &tree.bytes[..tree.frames[0].end];
    let zeros = vec![0; 1 << 20];
    assert_eq!(refused(&[head, &zeros[..]].concat(), "empty segments"), Fate::Malformed);
    assert_eq!(refused(head, "no segment"), Fate::Refused);
    let segment = &tree.bytes[tree.frames[1].start - FRAME_LEN..];
    assert_eq!(refused(&[head, &segment.repeat(40)].concat(), "forty segments"), Fate::Refused);
}

/// Files of the versions whose proofs could be forged are refused, and the refusal says so.
#[test]
fn proofs_that_prove_nothing_are_refused_by_name() {
    let mut file = least().bytes.clone();
    for (version, refusal) in [
        (1, ProofFileError::Forgeable(1)),
        (2, ProofFileError::Forgeable(2)),
        (9, ProofFileError::Version(9)),
    ] {
        file[8] = version;
        assert_eq!(ProofFile::from_bytes(&file).err(), Some(refusal));
    }
}
