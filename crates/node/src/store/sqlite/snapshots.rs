//! Snapshots as files: written beside, synced, and only then given their name.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use engine::VdnId;

use super::sync_folder;
use crate::error::StoreError;
use crate::record::{JournalId, Position};
use crate::snapshot::Snapshot;
use crate::store::{SNAPSHOTS_KEPT, SaveError};
use crate::wire;

/// The folder of a journal's snapshots.
#[derive(Debug)]
pub(crate) struct Snapshots {
    folder: PathBuf,
    journal: JournalId,
}

impl Snapshots {
    pub(super) fn new(folder: PathBuf, journal: JournalId) -> Self {
        Self { folder, journal }
    }

    fn path(&self, vdn: VdnId, position: Position) -> PathBuf {
        self.folder.join(format!("{vdn}-{position}.snap"))
    }

    /// What snapshots there are by their names, good or bad.
    fn names(&self) -> Vec<(VdnId, Position)> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::warn!(folder = %self.folder.display(), %error, "cannot look for snapshots");
                return Vec::new();
            }
        };
        entries.flatten().filter_map(|entry| parse_name(entry.file_name().to_str()?)).collect()
    }

    /// The positions of a VDN's snapshots, good or bad, the latest first.
    fn positions(&self, vdn: VdnId) -> Vec<Position> {
        let of_vdn = |(of, position)| (of == vdn).then_some(position);
        let mut positions: Vec<_> = self.names().into_iter().filter_map(of_vdn).collect();
        positions.sort_unstable_by(|a, b| b.cmp(a));
        positions
    }

    /// Refuses a journal that ends before one of its snapshots does: records that were acknowledged are missing.
    pub(super) fn check(
        &self,
        database: &Path,
        last: impl Fn(VdnId) -> Result<Position, StoreError>,
    ) -> Result<(), StoreError> {
        for (vdn, position) in self.names() {
            let last = last(vdn)?;
            if position > last {
                let snapshot = self.path(vdn, position);
                let what = format!("VDN {vdn} ends at record {last}, before its snapshot {}", snapshot.display());
                return Err(StoreError::Damaged { path: database.to_owned(), what });
            }
        }
        Ok(())
    }

    /// The latest good snapshot at or before `before`. A bad one is passed over, with a warning.
    pub(crate) fn latest(&self, vdn: VdnId, before: Position) -> Option<Snapshot> {
        let mut candidates = self.positions(vdn).into_iter().filter(|position| *position <= before);
        candidates.find_map(|position| {
            let path = self.path(vdn, position);
            self.load(&path, vdn, position)
                .map_err(|why| tracing::warn!(snapshot = %path.display(), %why, "a snapshot is passed over"))
                .ok()
        })
    }

    /// The oldest good snapshot at or after `after`.
    pub(crate) fn oldest(&self, vdn: VdnId, after: Position) -> Option<Snapshot> {
        let mut candidates = self.positions(vdn).into_iter().rev().filter(|position| *position >= after);
        candidates.find_map(|position| self.load(&self.path(vdn, position), vdn, position).ok())
    }

    fn load(&self, path: &Path, vdn: VdnId, position: Position) -> Result<Snapshot, String> {
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        let (journal, snapshot) = wire::decode_snapshot(&bytes).map_err(|error| error.to_string())?;
        if journal != self.journal {
            return Err(format!("it is of journal {journal}"));
        }
        if (snapshot.vdn, snapshot.position) != (vdn, position) {
            return Err(format!("it is of position {} of VDN {}", snapshot.position, snapshot.vdn));
        }
        Ok(snapshot)
    }

    /// As [`crate::store::Store::save`].
    pub(super) fn save(&self, snapshot: &Snapshot) -> Result<Position, SaveError> {
        let bytes = wire::encode_snapshot(self.journal, snapshot)?;
        let path = self.path(snapshot.vdn, snapshot.position);
        let part = path.with_extension("part");
        let mut file = File::create(&part)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        sync_folder(&self.folder)?;
        let positions = self.positions(snapshot.vdn);
        for surplus in positions.iter().skip(SNAPSHOTS_KEPT) {
            fs::remove_file(self.path(snapshot.vdn, *surplus))?;
        }
        Ok(positions.get(SNAPSHOTS_KEPT - 1).copied().unwrap_or(Position::START))
    }
}

/// Reads `<vdn>-<position>.snap`.
fn parse_name(name: &str) -> Option<(VdnId, Position)> {
    let (vdn, position) = name.strip_suffix(".snap")?.split_once('-')?;
    Some((VdnId(vdn.parse().ok()?), Position(position.parse().ok()?)))
}
