//! Proof files as streams: a segment at a time, so that a proof of any length takes little memory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ember_verifier::{Head, PREFIX_LEN, ProofFileError, Segment};

use crate::args::open;
use crate::host::fill;

/// Reads a proof file.
pub struct ProofReader {
    source: BufReader<File>,
    /// Bytes read so far.
    at: u64,
}

impl ProofReader {
    /// Opens a file and reads its head.
    pub fn open(path: &Path) -> Result<(Head, Self)> {
        let mut reader = Self { source: BufReader::new(open(path)?), at: 0 };
        let head = reader.head().with_context(|| path.display().to_string())?;
        Ok((head, reader))
    }

    fn head(&mut self) -> Result<Head> {
        let mut prefix = [0; PREFIX_LEN];
        let got = self.fill(&mut prefix)?;
        if !Head::is_one(&prefix) {
            return Err(ProofFileError::Magic.into());
        }
        if got < PREFIX_LEN {
            return Err(truncated());
        }
        let bytes = self.bytes(Head::length(&prefix)?)?;
        Ok(Head::from_bytes(&bytes)?)
    }

    /// The next segment; `None` at the end of the file.
    pub fn segment(&mut self) -> Result<Option<Segment>> {
        let mut prefix = [0; 4];
        match self.fill(&mut prefix)? {
            0 => return Ok(None),
            4 => {}
            _ => return Err(truncated()),
        }
        let bytes = self.bytes(Segment::length(prefix)?)?;
        Ok(Some(Segment::from_bytes(&bytes)?))
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// Reads until the buffer is full or the file ends.
    fn fill(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let (n, error) = fill(&mut self.source, buf);
        self.at += n as u64;
        error.map_or(Ok(n), Err)
    }

    /// Reads `len` bytes, without trusting `len` for the allocation.
    fn bytes(&mut self, len: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.source.by_ref().take(len as u64).read_to_end(&mut bytes)?;
        self.at += bytes.len() as u64;
        if bytes.len() < len { Err(truncated()) } else { Ok(bytes) }
    }
}

fn truncated() -> anyhow::Error {
    ProofFileError::Malformed(postcard::Error::DeserializeUnexpectedEnd).into()
}

/// A proof file on its way: `PROOF.part` until it is whole, so that a run that is cut short goes on from the segments
/// that it finished, and a proof that was there stays until there is a better one.
pub struct PartialProof {
    path: PathBuf,
    part: PathBuf,
    file: File,
    bytes: u64,
    /// Whether the partial file has nothing worth keeping.
    is_scrap: bool,
}

impl PartialProof {
    /// Opens the partial file beside `path`, or begins one, and gives the segments that it has of the proof with this
    /// head. What else is there is dropped.
    pub fn open(path: &Path, head: &Head) -> Result<(Self, Vec<Segment>)> {
        let part = part_of(path);
        let context = || format!("cannot write {}", part.display());
        let (segments, good) = read_part(&part, head);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&part);
        let mut file = file.with_context(context)?;
        file.set_len(good).with_context(context)?;
        file.seek(SeekFrom::Start(good)).with_context(context)?;
        let mut proof =
            Self { path: path.to_owned(), part, file, bytes: good, is_scrap: segments.is_empty() };
        if good == 0 {
            proof.write(&head.to_bytes())?;
        }
        Ok((proof, segments))
    }

    /// Adds a segment.
    pub fn add(&mut self, segment: &Segment) -> Result<()> {
        self.write(&segment.to_bytes())?;
        self.is_scrap = false;
        Ok(())
    }

    /// The proof is whole: gives it its name, and its length in bytes.
    pub fn finish(mut self) -> Result<u64> {
        let context = || format!("cannot write {}", self.path.display());
        self.file.sync_all().with_context(context)?;
        if is_device(&self.path) {
            let mut to = OpenOptions::new().write(true).open(&self.path).with_context(context)?;
            self.file.rewind().with_context(context)?;
            io::copy(&mut self.file, &mut to).with_context(context)?;
            self.is_scrap = true;
        } else {
            fs::rename(&self.part, &self.path).with_context(context)?;
            self.is_scrap = false;
        }
        Ok(self.bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).with_context(|| format!("cannot write {}", self.part.display()))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

impl Drop for PartialProof {
    fn drop(&mut self) {
        if self.is_scrap {
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// Whether the path is something other than a file or a free name.
fn is_device(path: &Path) -> bool {
    path.exists() && !path.is_file()
}

/// Where a proof is until it is whole.
fn part_of(path: &Path) -> PathBuf {
    if is_device(path) {
        return std::env::temp_dir().join(format!("ember-{}.part", std::process::id()));
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}

/// The segments of a partial proof with this head, and how many bytes of it are good.
fn read_part(part: &Path, head: &Head) -> (Vec<Segment>, u64) {
    let Ok((found, mut reader)) = ProofReader::open(part) else { return (Vec::new(), 0) };
    if found != *head {
        return (Vec::new(), 0);
    }
    let (mut segments, mut good) = (Vec::new(), reader.position());
    while let Ok(Some(segment)) = reader.segment() {
        segments.push(segment);
        good = reader.position();
    }
    (segments, good)
}
