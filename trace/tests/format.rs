//! Trace files: what is written is read, and nothing else is.

mod common;

use common::*;
use ember_isa::ExitReason;
use ember_trace::{
    Execution, Limits, MAGIC, ReadError, Reader, RecordError, VERSION, WriteError, Writer, replay_file,
};
use ember_vm::{ConfigError, Machine, RunConfig};
use proptest::prelude::*;

fn small() -> (Execution, Vec<u8>) {
    let run = record(&tour(), config());
    let mut file = Vec::new();
    let len = run.write_to(&mut file).unwrap();
    assert_eq!(len, file.len() as u64);
    (run, file)
}

fn read(file: &[u8]) -> Result<Execution, ReadError> {
    Execution::read_from(file, LIMITS)
}

#[test]
fn files_round_trip() {
    let (run, file) = small();
    assert_eq!(read(&file).unwrap(), run);
    replay_file(Reader::new(&file[..]).unwrap()).unwrap();
}

/// A run that is traced as it goes gives the same file as one that is recorded first.
#[test]
fn streams_and_recordings_agree() {
    let (run, file) = small();
    let program = run.program();
    let mut machine = Machine::new(&program, run.config.clone()).unwrap();
    let mut writer = Writer::new(Vec::new(), &run.image, &run.config).unwrap();
    let exit = machine.run_traced(&mut TestHost(0), &mut writer);
    let (streamed, _) = writer.finish(&ember_trace::Ending::new(&machine, exit)).unwrap();
    assert!(streamed == file);
}

#[test]
fn several_chunks_round_trip() {
    let code = [
        &li(8, 50_000)[..],
        &[i(ember_isa::Op::Addi, 8, 8, 0, -1), i(ember_isa::Op::Bne, 0, 8, 0, -4)],
        &call(93, &[0]),
    ]
    .concat();
    let run = record(&code, config());
    assert!(run.steps.len() > 100_000);
    let mut file = Vec::new();
    run.write_to(&mut file).unwrap();
    assert_eq!(read(&file).unwrap(), run);
    assert!(file.len() < 110_000 + 5000, "{} bytes", file.len());
}

#[test]
fn every_truncation_is_one() {
    let (_, file) = small();
    for len in 0..file.len() {
        match read(&file[..len]) {
            Err(ReadError::NotATrace) if len == 0 => {}
            Err(ReadError::Truncated { frame }) if len > 0 => assert!(frame < 3),
            other => panic!("cut at {len}: {:?}", other.map(|_| ())),
        }
    }
}

#[test]
fn other_files_are_named() {
    let (_, file) = small();
    assert!(matches!(read(b"\x7fELF and so on"), Err(ReadError::NotATrace)));
    let mut newer = file.clone();
    newer[MAGIC.len()] = VERSION as u8 + 1;
    assert!(matches!(read(&newer), Err(ReadError::Version(v)) if v == VERSION + 1));
    let longer = [&file[..], b"x"].concat();
    assert!(matches!(read(&longer), Err(ReadError::Malformed { frame: 2, .. })));
}

#[test]
fn limits_hold() {
    let (run, file) = small();
    let limited = |limits| Execution::read_from(&file[..], limits).map(|_| ());
    let (steps, io_words) = (run.steps.len(), run.io.len());
    assert!(limited(Limits { steps, io_words }).is_ok());
    let e = limited(Limits { steps: steps - 1, io_words }).unwrap_err();
    assert!(matches!(e, ReadError::Limit(RecordError::Steps(n)) if n == steps - 1));
    let e = limited(Limits { steps, io_words: 3 }).unwrap_err();
    assert!(matches!(e, ReadError::Limit(RecordError::IoWords(3))));
    let record = |limits| Execution::record(&run.program(), config(), &mut TestHost(0), limits).map(|_| ());
    assert_eq!(record(Limits { steps, io_words }), Ok(()));
    assert_eq!(record(Limits { steps: 5, io_words }), Err(RecordError::Steps(5)));
    assert_eq!(record(Limits { steps, io_words: 5 }), Err(RecordError::IoWords(5)));
}

/// A table under which a run might not end is neither written nor read.
#[test]
fn invalid_gas_tables_are_refused() {
    let (mut run, file) = small();
    run.config.gas_table.jump = 0;
    assert!(matches!(run.write_to(Vec::new()), Err(WriteError::Config(ConfigError::GasTable(_)))));
    // The same in the file: its header's table has a price a byte there.
    let prices = postcard::to_allocvec(&config().gas_table).unwrap();
    let at = file.windows(prices.len()).position(|bytes| bytes == prices).unwrap();
    let mut forged = file.clone();
    forged[at + 5] = 0;
    let header_len = u32::from_le_bytes(file[19..23].try_into().unwrap()) as usize;
    let mut crc = crc32fast::Hasher::new();
    crc.update(&forged[10..23]);
    crc.update(&forged[27..27 + header_len]);
    forged[23..27].copy_from_slice(&crc.finalize().to_le_bytes());
    assert!(matches!(read(&forged), Err(ReadError::Config(ConfigError::GasTable(_)))));
}

/// A file of the format's version: it is written as before.
#[test]
fn the_format_has_a_version() {
    let (run, now) = small();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/version-3.bin");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let file = std::fs::read(path).unwrap();
    let then = read(&file).unwrap();
    assert_eq!(then, run);
    assert_eq!(then.ending.exit.reason, ExitReason::Halt(3));
    assert!(now == file, "version 3 is written otherwise than before: count the version up");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn flipped_bytes_are_noticed(flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..5)) {
        let (run, mut file) = small();
        for (at, bits) in flips {
            let at = at.index(file.len());
            file[at] ^= bits;
        }
        match read(&file) {
            // Two flips may undo each other.
            Ok(same) => prop_assert_eq!(same, run),
            Err(e) => prop_assert!(!e.to_string().contains('\n')),
        }
    }

    #[test]
    fn any_bytes_are_handled(head in 0usize..40, tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let (_, file) = small();
        let bytes = [&file[..head.min(file.len())], &tail].concat();
        prop_assert!(read(&bytes).is_err());
    }

    /// Payloads of any bytes, with the right checksums.
    #[test]
    fn any_payload_is_handled(kinds in prop::collection::vec(1u8..4, 1..4), count in 0u32..40,
                              payload in prop::collection::vec(any::<u8>(), 0..60), keep_header in any::<bool>()) {
        let (_, file) = small();
        let header_len = u32::from_le_bytes(file[19..23].try_into().unwrap()) as usize;
        let mut bytes = file[..if keep_header { 10 + 17 + header_len } else { 10 }].to_vec();
        for (index, kind) in kinds.into_iter().enumerate() {
            let index = index as u32 + u32::from(keep_header);
            let count = if kind == 2 { count.min(payload.len() as u32) } else { 0 };
            let mut frame = vec![kind];
            for word in [index, count, payload.len() as u32] {
                frame.extend(word.to_le_bytes());
            }
            let mut crc = crc32fast::Hasher::new();
            crc.update(&frame);
            crc.update(&payload);
            bytes.extend(frame);
            bytes.extend(crc.finalize().to_le_bytes());
            bytes.extend(&payload);
        }
        let _ = read(&bytes);
    }

    /// Steps that no machine took are written and read as well as any.
    #[test]
    fn any_steps_round_trip(steps in prop::collection::vec(any::<(u32, u32, u32)>(), 0..200),
                            io in prop::collection::vec(any::<(u32, u32)>(), 0..50), limit in any::<u64>()) {
        let (mut run, _) = small();
        run.steps = steps.into_iter().map(|(pc, rd, mem)| ember_vm::Step { pc, rd, mem }).collect();
        run.ending.instructions = run.steps.len() as u64;
        run.io = io;
        run.config = RunConfig { gas_limit: limit, ..run.config };
        let mut file = Vec::new();
        run.write_to(&mut file).unwrap();
        prop_assert_eq!(read(&file).unwrap(), run);
    }
}

/// A destination that fails.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn write_errors_are_reported() {
    let (run, file) = small();
    for room in [0, 9, 12, 100, file.len() - 1] {
        assert!(run.write_to(Full(room)).is_err(), "{room}");
    }
    assert!(run.write_to(Full(file.len())).is_ok());
}
