//! Proof files as streams: a segment at a time, so that a proof of any length takes little memory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ember_verifier::{Head, PREFIX_LEN, ProofFileError, Segment};

use crate::host::fill;
use crate::output::{Place, cannot_write, folder_of};

/// Reads a proof file.
pub struct ProofReader {
    source: BufReader<File>,
    /// Bytes read so far.
    at: u64,
}

impl ProofReader {
    /// Reads the head of a file that is at its start.
    pub fn new(file: File) -> Result<(Head, Self)> {
        let mut reader = Self { source: BufReader::new(file), at: 0 };
        let head = reader.head()?;
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
/// that it finished, and a proof that was there stays until there is a better one. While it is on its way nobody else
/// writes it: the file is locked. A device or a pipe gets the proof as it is made.
pub struct PartialProof {
    path: PathBuf,
    file: File,
    /// `None` where the file is a device, and the proof itself.
    part: Option<PathBuf>,
    bytes: u64,
    /// Whether the partial file has nothing worth keeping.
    is_scrap: bool,
}

impl PartialProof {
    /// Takes the place of a proof, before the work that makes it.
    ///
    /// # Errors
    /// The place is a folder or cannot be written, somebody else is writing this proof, or what has the partial file's
    /// name is nothing that this command would have left there.
    pub fn claim(path: &Path) -> Result<Self> {
        let path = match Place::of(path)? {
            Place::File(path) => path,
            Place::Device => {
                let file = OpenOptions::new().write(true).open(path).with_context(|| cannot_write(path))?;
                return Ok(Self { path: path.to_owned(), file, part: None, bytes: 0, is_scrap: false });
            }
        };
        let part = part_of(&path);
        loop {
            let options = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .custom_flags(options)
                .open(&part)
                .with_context(|| cannot_write(&part))?;
            let metadata = file.metadata().with_context(|| cannot_write(&part))?;
            if !metadata.is_file() || metadata.uid() != rustix::process::geteuid().as_raw() {
                bail!("{} is not a file of yours: remove it, or name another --output", part.display());
            }
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => bail!(
                    "another command is proving into {}: wait for it, or name another --output",
                    path.display()
                ),
                Err(TryLockError::Error(e)) => {
                    return Err(e).with_context(|| format!("cannot lock {}", part.display()));
                }
            }
            // Whoever had the lock may have given the file its last name, or removed it, since it was opened.
            let is_there = fs::symlink_metadata(&part)
                .is_ok_and(|there| (there.dev(), there.ino()) == (metadata.dev(), metadata.ino()));
            if is_there {
                let is_scrap = metadata.len() == 0;
                return Ok(Self { path, file, part: Some(part), bytes: 0, is_scrap });
            }
        }
    }

    /// Begins the proof with this head, or finds the start of it that is there already: then its segments are to be
    /// checked, and [`Self::keep`] says how far they are good.
    ///
    /// # Errors
    /// The partial file is that of another run, or no proof at all; or it cannot be written.
    pub fn begin(&mut self, head: &Head) -> Result<Option<ProofReader>> {
        let Some(part) = &self.part else {
            self.write(&head.to_bytes())?;
            return Ok(None);
        };
        let context = || format!("cannot read {}", part.display());
        let reread = || -> io::Result<File> {
            let mut file = self.file.try_clone()?;
            file.rewind()?;
            Ok(file)
        };
        let drop_it = "remove it, or name another --output";
        match ProofReader::new(reread().with_context(context)?) {
            Ok((found, reader)) if found == *head => return Ok(Some(reader)),
            Ok((_, mut reader)) => {
                if reader.segment().is_ok_and(|segment| segment.is_some()) {
                    bail!(
                        "{} has finished segments of another run: go on with that run's command, {drop_it}",
                        part.display()
                    );
                }
            }
            Err(_) => {
                // A head that was cut short is that of nothing.
                let mut start = Vec::new();
                let bytes = head.to_bytes();
                let most = bytes.len() as u64 + 1;
                reread().with_context(context)?.take(most).read_to_end(&mut start).with_context(context)?;
                if !bytes.starts_with(&start) {
                    bail!("{} is no proof that was cut short: {drop_it}", part.display());
                }
            }
        }
        self.keep(0, 0)?;
        self.write(&head.to_bytes())?;
        Ok(None)
    }

    /// Bytes of the partial file, good or not.
    ///
    /// # Errors
    /// The system does not say.
    pub fn length(&self) -> Result<u64> {
        Ok(self.file.metadata().with_context(|| cannot_write(&self.path))?.len())
    }

    /// Goes on after the first bytes of the partial file, which have so many segments.
    ///
    /// # Errors
    /// The file cannot be changed.
    pub fn keep(&mut self, bytes: u64, segments: usize) -> Result<()> {
        let context = || cannot_write(&self.path);
        self.file.set_len(bytes).with_context(context)?;
        self.file.seek(SeekFrom::Start(bytes)).with_context(context)?;
        self.bytes = bytes;
        self.is_scrap = segments == 0;
        Ok(())
    }

    /// Adds a segment.
    pub fn add(&mut self, segment: &Segment) -> Result<()> {
        self.write(&segment.to_bytes())?;
        self.is_scrap = false;
        Ok(())
    }

    /// The proof is whole: gives it its name, and its length in bytes.
    pub fn finish(mut self) -> Result<u64> {
        let context = || cannot_write(&self.path);
        if let Some(part) = &self.part {
            self.file.sync_all().with_context(context)?;
            fs::rename(part, &self.path).with_context(context)?;
            self.is_scrap = false;
            // The name is on the disk too. Not every file system knows how.
            let _ = File::open(folder_of(&self.path)).and_then(|folder| folder.sync_all());
        }
        Ok(self.bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).with_context(|| cannot_write(&self.path))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

impl Drop for PartialProof {
    fn drop(&mut self) {
        if let Some(part) = self.part.as_ref().filter(|_| self.is_scrap) {
            let _ = fs::remove_file(part);
        }
    }
}

/// Where a proof is until it is whole.
pub fn part_of(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    part.into()
}
