//! Reading trace files.

use std::io::{self, Read};
use std::sync::Arc;

use ember_memory::ImageError;
use ember_vm::{ConfigError, Program, RunConfig};
use thiserror::Error;

use crate::codec::Codec;
use crate::format::{FRAME_HEADER, FileHeader, Frame, Kind, MAGIC, VERSION};
use crate::{Ending, Execution, Limits, Record, RecordError};

/// The file is no trace that this crate can read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The source fails.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file starts with something else.
    #[error("not a trace file")]
    NotATrace,
    /// The file's version is not known here.
    #[error("trace of format version {0}, this program reads up to version {VERSION}")]
    Version(u16),
    /// The file stops before the ending.
    #[error("truncated trace: the file stops in frame {frame}")]
    Truncated {
        /// Index of the frame, the file's header being frame 0.
        frame: u32,
    },
    /// A frame's checksum is wrong.
    #[error("corrupt trace: frame {frame} fails its checksum")]
    Corrupt {
        /// Index of the frame.
        frame: u32,
    },
    /// A frame passes its checksum, or has none yet, and makes no sense.
    #[error("malformed trace: frame {frame}: {what}")]
    Malformed {
        /// Index of the frame.
        frame: u32,
        /// What is wrong.
        what: &'static str,
    },
    /// The header's segments make no image.
    #[error("malformed trace: {0}")]
    Image(#[from] ImageError),
    /// The header's image cannot run under the header's parameters.
    #[error("malformed trace: {0}")]
    Config(#[from] ConfigError),
    /// The trace is longer than the reader's limits.
    #[error(transparent)]
    Limit(RecordError),
}

/// Reads a trace as a stream of [`Record`]s: holds the program, the public input, one chunk, below 1 MiB, and the
/// predictor's 256 KiB. A hostile file can make it hold no more than twice the largest image and input.
///
/// Reads whole frames, so that the source needs no buffer. Says nothing of whether the steps are those of a run:
/// that is [`crate::Replay`]'s.
pub struct Reader<R: Read> {
    source: R,
    codec: Codec,
    program: Arc<Program>,
    config: RunConfig,
    chunk: Vec<u8>,
    /// Where the next record starts in the chunk.
    at: usize,
    /// Records left in the chunk.
    left: u32,
    /// Index of the next frame.
    frame: u32,
    steps: u64,
    ending: Option<Ending>,
    failed: bool,
}

/// Reads `len` bytes, without trusting `len` for the allocation; `None` if there are fewer.
fn read_payload(source: &mut impl Read, len: u64, buf: &mut Vec<u8>) -> io::Result<Option<()>> {
    buf.clear();
    source.take(len).read_to_end(buf)?;
    Ok((buf.len() as u64 == len).then_some(()))
}

/// Reads the frame with this index.
fn read_frame(source: &mut impl Read, frame: u32, payload: &mut Vec<u8>) -> Result<Frame, ReadError> {
    let mut buf = Vec::with_capacity(FRAME_HEADER);
    read_payload(source, FRAME_HEADER as u64, &mut buf)?.ok_or(ReadError::Truncated { frame })?;
    let head = Frame::from_bytes(buf.try_into().expect("read in full"))
        .ok_or(ReadError::Malformed { frame, what: "numbers out of range" })?;
    read_payload(source, head.len.into(), payload)?.ok_or(ReadError::Truncated { frame })?;
    if head.checksum(payload) != head.crc {
        return Err(ReadError::Corrupt { frame });
    }
    if head.index != frame {
        return Err(ReadError::Malformed { frame, what: "another frame was here" });
    }
    Ok(head)
}

/// Decodes all of `payload`.
fn decode<'a, T: serde::Deserialize<'a>>(
    payload: &'a [u8],
    frame: u32,
    what: &'static str,
) -> Result<T, ReadError> {
    match postcard::take_from_bytes(payload) {
        Ok((value, [])) => Ok(value),
        _ => Err(ReadError::Malformed { frame, what }),
    }
}

impl<R: Read> Reader<R> {
    /// Reads the file's header.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn new(mut source: R) -> Result<Self, ReadError> {
        let mut buf = Vec::new();
        let whole = read_payload(&mut source, MAGIC.len() as u64, &mut buf)?;
        if !MAGIC.starts_with(&buf) || buf.is_empty() {
            return Err(ReadError::NotATrace);
        }
        whole.ok_or(ReadError::Truncated { frame: 0 })?;
        read_payload(&mut source, 2, &mut buf)?.ok_or(ReadError::Truncated { frame: 0 })?;
        match u16::from_le_bytes([buf[0], buf[1]]) {
            VERSION => {}
            version => return Err(ReadError::Version(version)),
        }
        let head = read_frame(&mut source, 0, &mut buf)?;
        if head.kind != Kind::Header {
            return Err(ReadError::Malformed { frame: 0, what: "no header" });
        }
        let header: FileHeader<'_> = decode(&buf, 0, "header")?;
        let (image, config) = (header.image()?, header.config());
        config.layout(image.header())?;
        Ok(Self {
            source,
            codec: Codec::new(),
            program: Arc::new(Program::new(image)),
            config,
            chunk: Vec::new(),
            at: 0,
            left: 0,
            frame: 1,
            steps: 0,
            ending: None,
            failed: false,
        })
    }

    /// The program.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The run's parameters.
    pub fn config(&self) -> &RunConfig {
        &self.config
    }

    /// The ending, once every record has been read.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// Steps read so far.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The next record; `None` after the last, when [`Self::ending`] is there.
    ///
    /// # Errors
    /// [`ReadError`]. After an error there are no more records, and no ending.
    pub fn next_record(&mut self) -> Result<Option<Record>, ReadError> {
        if self.failed || self.ending.is_some() {
            return Ok(None);
        }
        let result = self.try_next();
        self.failed = result.is_err();
        result
    }

    fn try_next(&mut self) -> Result<Option<Record>, ReadError> {
        if self.left == 0 && !self.next_chunk()? {
            return Ok(None);
        }
        let bad = ReadError::Malformed { frame: self.frame - 1, what: "records" };
        let mut input = &self.chunk[self.at..];
        let Ok(record) = self.codec.decode(&mut input) else {
            return Err(bad);
        };
        self.at = self.chunk.len() - input.len();
        self.left -= 1;
        if self.left == 0 && self.at != self.chunk.len() {
            return Err(bad);
        }
        self.steps += u64::from(matches!(record, Record::Step(_)));
        Ok(Some(record))
    }

    /// Reads the next frame; `false` if it was the ending.
    fn next_chunk(&mut self) -> Result<bool, ReadError> {
        let frame = self.frame;
        let malformed = |what| ReadError::Malformed { frame, what };
        let head = read_frame(&mut self.source, frame, &mut self.chunk)?;
        self.frame = frame.checked_add(1).ok_or(malformed("too many frames"))?;
        match head.kind {
            Kind::Header => Err(malformed("a second header")),
            Kind::Chunk => {
                self.codec.reset();
                (self.at, self.left) = (0, head.count);
                Ok(true)
            }
            Kind::Ending => {
                let ending: Ending = decode(&self.chunk, frame, "ending")?;
                if ending.instructions != self.steps {
                    return Err(malformed("the number of instructions is not that of the steps"));
                }
                let mut rest = Vec::new();
                if read_payload(&mut self.source, 1, &mut rest)?.is_some() {
                    return Err(malformed("bytes after the ending"));
                }
                self.ending = Some(ending);
                Ok(false)
            }
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_record().transpose()
    }
}

impl Execution {
    /// Reads a trace file into memory.
    ///
    /// # Errors
    /// [`ReadError`], [`ReadError::Limit`] when the trace is longer than `limits`.
    pub fn read_from(source: impl Read, limits: Limits) -> Result<Self, ReadError> {
        let mut reader = Reader::new(source)?;
        let (mut steps, mut io) = (Vec::new(), Vec::new());
        while let Some(record) = reader.next_record()? {
            match record {
                Record::Step(_) if steps.len() == limits.steps => {
                    return Err(ReadError::Limit(RecordError::Steps(limits.steps)));
                }
                Record::Io { .. } if io.len() == limits.io_words => {
                    return Err(ReadError::Limit(RecordError::IoWords(limits.io_words)));
                }
                Record::Step(step) => steps.push(step),
                Record::Io { old, new } => io.push((old, new)),
            }
        }
        let Reader { program, config, ending, .. } = reader;
        let ending = ending.expect("every record was read without an error");
        Ok(Self { image: program.image().clone(), config, steps, io, ending })
    }
}
