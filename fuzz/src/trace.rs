//! The trace reader, and the replay of what it reads.

use ember_trace::{Execution, Limits, ReadError, Reader, replay, replay_file};

const MOST: Limits = Limits { steps: 1 << 16, io_words: 1 << 16 };
/// Bytes of a file before its first frame, and of a frame before its payload: see the crate's README.
const FILE_HEADER: usize = 10;
const FRAME_HEADER: usize = 17;

/// Reads the bytes as a trace file; where only checksums are wrong, also with right ones. What can be read can be
/// replayed, to whatever end, and written again.
///
/// # Panics
/// If reader, replay or writer are wrong.
pub fn check(data: &[u8]) {
    use ReadError::{Corrupt, Malformed, Truncated};
    if let Err(Corrupt { .. } | Malformed { .. } | Truncated { .. }) = read(data) {
        let _ = read(&with_checksums(data));
    }
}

fn read(data: &[u8]) -> Result<(), ReadError> {
    let whole = Execution::read_from(data, MOST)?;
    let replayed = replay(&whole);
    let streamed = replay_file(Reader::new(data)?);
    assert_eq!(replayed.is_ok(), streamed.is_ok(), "{replayed:?} against {streamed:?}");
    let mut again = Vec::new();
    whole.write_to(&mut again).expect("a trace that was read can be written");
    assert!(Execution::read_from(&again[..], MOST)? == whole, "written and read, the trace is another");
    Ok(())
}

/// The bytes with the lengths, indices and checksums of their frames put right.
fn with_checksums(data: &[u8]) -> Vec<u8> {
    let mut file = data.to_vec();
    let (mut at, mut index) = (FILE_HEADER, 0u32);
    while let Some(rest) = file.get_mut(at..).filter(|r| r.len() >= FRAME_HEADER) {
        let most = (rest.len() - FRAME_HEADER) as u32;
        let len = u32::from_le_bytes(rest[9..13].try_into().expect("four bytes")).min(most);
        rest[1..5].copy_from_slice(&index.to_le_bytes());
        rest[9..13].copy_from_slice(&len.to_le_bytes());
        let end = FRAME_HEADER + len as usize;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&rest[..13]);
        hasher.update(&rest[FRAME_HEADER..end]);
        rest[13..17].copy_from_slice(&hasher.finalize().to_le_bytes());
        at += end;
        index += 1;
    }
    file
}
