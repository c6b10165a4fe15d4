//! Writing trace files.

use std::io::{self, Write};

use ember_memory::{Image, ImageError};
use ember_vm::{ConfigError, RunConfig, Step, Tracer};
use thiserror::Error;

use crate::codec::{Codec, MAX_RECORD};
use crate::format::{CHUNK_RECORDS, FRAME_HEADER, FileHeader, Frame, Kind, MAGIC, VERSION};
use crate::{Ending, Execution, Record};

/// The trace cannot be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The destination fails.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The program cannot run under these parameters.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The image is too large for a trace.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// Writes a trace as a stream: a [`Tracer`] that holds one chunk, below 1 MiB, and the predictor's 256 KiB.
///
/// As a tracer it cannot fail: [`Self::finish`] reports the first error, and [`Self::error`] tells of it before.
pub struct Writer<W: Write> {
    out: W,
    codec: Codec,
    chunk: Vec<u8>,
    count: u32,
    frames: u32,
    bytes: u64,
    error: Option<io::Error>,
}

impl<W: Write> Writer<W> {
    /// Starts the trace of a run of `image` under `config`.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn new(mut out: W, image: &Image, config: &RunConfig) -> Result<Self, WriteError> {
        config.layout(image.header())?;
        let header = postcard::to_allocvec(&FileHeader::new(image, config)?).map_err(io::Error::other)?;
        out.write_all(&MAGIC)?;
        out.write_all(&VERSION.to_le_bytes())?;
        let mut writer = Self {
            out,
            codec: Codec::new(),
            chunk: Vec::with_capacity(CHUNK_RECORDS as usize * MAX_RECORD),
            count: 0,
            frames: 0,
            bytes: (MAGIC.len() + size_of_val(&VERSION)) as u64,
            error: None,
        };
        writer.frame(Kind::Header, 0, &header)?;
        Ok(writer)
    }

    fn frame(&mut self, kind: Kind, count: u32, payload: &[u8]) -> io::Result<()> {
        let frame = Frame::new(kind, self.frames, count, payload);
        self.frames = self.frames.checked_add(1).ok_or_else(|| io::Error::other("the trace is too long"))?;
        self.out.write_all(&frame.to_bytes())?;
        self.out.write_all(payload)?;
        self.bytes += (FRAME_HEADER + payload.len()) as u64;
        Ok(())
    }

    /// Writes the chunk out and starts another.
    fn flush(&mut self) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let mut chunk = std::mem::take(&mut self.chunk);
        self.frame(Kind::Chunk, self.count, &chunk)?;
        chunk.clear();
        self.chunk = chunk;
        self.count = 0;
        self.codec.reset();
        Ok(())
    }

    /// Writes a record; nothing after an error.
    #[inline]
    pub fn record(&mut self, record: Record) {
        if self.error.is_some() {
            return;
        }
        self.codec.encode(record, &mut self.chunk);
        self.count += 1;
        if self.count == CHUNK_RECORDS {
            self.error = self.flush().err();
        }
    }

    /// The first error of the destination, if there was one: the run may stop.
    pub fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// Ends the trace, and returns the destination, flushed, and the number of bytes written.
    ///
    /// # Errors
    /// The first error of the destination, now or earlier.
    pub fn finish(mut self, ending: &Ending) -> io::Result<(W, u64)> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.flush()?;
        let payload = postcard::to_allocvec(ending).map_err(io::Error::other)?;
        self.frame(Kind::Ending, 0, &payload)?;
        self.out.flush()?;
        Ok((self.out, self.bytes))
    }
}

impl<W: Write> Tracer for Writer<W> {
    #[inline]
    fn step(&mut self, step: Step) {
        self.record(Record::Step(step));
    }

    #[inline]
    fn io_word(&mut self, old: u32, new: u32) {
        self.record(Record::Io { old, new });
    }
}

impl Execution {
    /// Writes the run as a trace file, and returns its length.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write_to<W: Write>(&self, out: W) -> Result<u64, WriteError> {
        let mut writer = Writer::new(out, &self.image, &self.config)?;
        self.records()?.for_each(|record| writer.record(record));
        Ok(writer.finish(&self.ending)?.1)
    }
}
