//! How many records were acknowledged, kept outside the database.
//!
//! SQLite takes the first frame of its WAL whose checksum is wrong for the end of the log: whatever a failing disk
//! damages there would silently take all later records with it, acknowledged ones too. So their number is written
//! beside, after each commit and before anybody is answered, but never synced: after a crash of the process it is
//! exact, after a power cut it is at most too low, and never too high.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::io_error;
use crate::error::{OpenError, StoreError};

const BYTES: usize = 12;

#[derive(Debug)]
pub(super) struct Acknowledged {
    path: PathBuf,
    file: File,
    records: u64,
}

impl Acknowledged {
    /// Reads the number. A file that a power cut left empty or zeroed counts as 0.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let opened = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
        let mut file = opened.map_err(io_error("open", path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io_error("read", path))?;
        let records = decode(&bytes).ok_or_else(|| StoreError::Damaged {
            path: path.to_owned(),
            what: "the checksum of the number of acknowledged records is wrong; once you know that no record is \
                   missing, remove this file"
                .to_owned(),
        })?;
        Ok(Self { path: path.to_owned(), file, records })
    }

    /// How many records have been acknowledged in the life of the journal.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Compares with how many the database says were written, which may be more: the last ones may have become durable
    /// without anybody being told.
    pub(super) fn check(&mut self, database: &Path, written: u64) -> Result<(), OpenError> {
        if written < self.records {
            let what = format!(
                "it says that {written} records were written, but {} were acknowledged; to go on without what is \
                 missing, remove {}",
                self.records,
                self.path.display()
            );
            return Err(StoreError::Damaged { path: database.to_owned(), what }.into());
        }
        let added = written - self.records;
        self.add(added).map_err(io_error("write", &self.path.clone()))
    }

    /// That many more are about to be acknowledged.
    pub(super) fn add(&mut self, records: u64) -> io::Result<()> {
        self.records += records;
        self.file.rewind()?;
        self.file.write_all(&encode(self.records))
    }
}

fn encode(records: u64) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[..8].copy_from_slice(&records.to_le_bytes());
    bytes[8..].copy_from_slice(&crc32fast::hash(&records.to_le_bytes()).to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<u64> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Some(0);
    }
    let (number, checksum) = bytes.split_first_chunk::<8>()?;
    (checksum == crc32fast::hash(number).to_le_bytes()).then(|| u64::from_le_bytes(*number))
}
