//! Leases: which scheduler works on which cell of a run that several schedulers share.
//!
//! A lease only avoids doing the same work twice. Results do not depend on it: if two schedulers
//! compute a cell, the first published folder stays (see [`super::Staging::publish`]). So leases
//! need no locks of the file system and no common clock. They use three operations that are
//! atomic on NFS, too: a hard link that fails if its target exists, a rename, and the removal of a
//! file.

use std::collections::HashMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::RunDirectory;
use crate::files::{read_regular, remove, write_json};
use crate::{Cell, CellId, RunError};

/// The part of a lease's duration after which its holder renews it.
const RENEWALS: u32 = 6;

/// A scheduler that works on a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of its machine.
    pub host: String,
    /// Its process on that machine.
    pub process: u32,
    /// Distinguishes it from an earlier scheduler with the same process number.
    pub token: String,
}

impl Holder {
    /// This process.
    #[must_use]
    pub fn this_process() -> Self {
        static TOKEN: OnceLock<String> = OnceLock::new();
        let process = std::process::id();
        let token = TOKEN.get_or_init(|| {
            let now = std::time::SystemTime::now();
            blake3::hash(format!("{process} {now:?}").as_bytes()).to_hex()[..16].to_owned()
        });
        Self { host: host_name(), process, token: token.clone() }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} on {}", self.process, self.host)
    }
}

/// The name of this machine.
fn host_name() -> String {
    let from_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = from_kernel.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_default();
    match name.trim() {
        "" => "unknown machine".to_owned(),
        name => name.to_owned(),
    }
}

/// The right of a scheduler to work on a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Identity of the cell.
    pub cell: CellId,
    /// The scheduler.
    pub holder: Holder,
    /// How many times it has been renewed.
    pub renewals: u64,
}

/// The leases of one scheduler. Dropping it releases all of them.
#[derive(Debug)]
pub struct Leases {
    folder: PathBuf,
    cells: PathBuf,
    holder: Holder,
    duration: Duration,
    held: HashMap<CellId, u64>,
    /// Leases of others, and when each was first seen as it is now.
    seen: HashMap<CellId, (Vec<u8>, Instant)>,
    last_renewal: Instant,
}

impl Leases {
    /// A scheduler without any leases.
    ///
    /// `duration`: a lease that another scheduler has not renewed for this long is taken over. Must
    /// be the same for all schedulers of a run, and longer than a file system takes to show a
    /// change to other machines (a minute for NFS).
    #[must_use]
    pub fn new(run: &RunDirectory, holder: Holder, duration: Duration) -> Self {
        Self {
            folder: run.leases_folder(),
            cells: run.path.join("cells"),
            holder,
            duration,
            held: HashMap::new(),
            seen: HashMap::new(),
            last_renewal: Instant::now(),
        }
    }

    /// Takes the lease of a cell. Returns false if another scheduler has it.
    ///
    /// # Errors
    /// When the folder of leases cannot be read or written.
    pub fn take(&mut self, cell: &Cell) -> Result<bool, RunError> {
        let id = cell.id();
        let path = lease_path(&self.folder, &id);
        if self.create(&path, &id)? {
            // The last holder may just have published the cell. Opening a folder makes NFS ask the server
            // whether it knows of entries that it has not seen.
            drop(std::fs::read_dir(&self.cells));
            return Ok(true);
        }
        let Some(other) = read_if_there(&path)? else { return Ok(false) };
        if !self.is_expired(&id, &other) || !self.take_away(&path, &id, &other)? {
            return Ok(false);
        }
        self.create(&path, &id)
    }

    /// Creates a lease, unless there is one.
    fn create(&mut self, path: &Path, cell: &CellId) -> Result<bool, RunError> {
        let lease = Lease { cell: cell.clone(), holder: self.holder.clone(), renewals: 0 };
        let own = self.folder.join(format!(".{cell}.{}", self.holder.token));
        write_json(&own, &lease)?;
        let created = link_or_copy(&own, path);
        remove(&own)?;
        match created {
            Ok(()) => {
                self.held.insert(cell.clone(), 0);
                self.seen.remove(cell);
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(RunError::io(path)(error)),
        }
    }

    /// Whether a lease has not changed for its duration, by the clock of this process alone.
    fn is_expired(&mut self, cell: &CellId, lease: &[u8]) -> bool {
        let now = Instant::now();
        let seen = self.seen.entry(cell.clone()).or_insert_with(|| (lease.to_owned(), now));
        if seen.0 != *lease {
            *seen = (lease.to_owned(), now);
        }
        now.duration_since(seen.1) >= self.duration
    }

    /// Removes an expired lease. Returns false if it changed in the meantime.
    fn take_away(&self, path: &Path, cell: &CellId, expired: &[u8]) -> Result<bool, RunError> {
        let aside = self.folder.join(format!(".expired.{cell}.{}", self.holder.token));
        match std::fs::rename(path, &aside) {
            // Another scheduler was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            renamed => renamed.map_err(RunError::io(path))?,
        }
        let is_the_expired_one = read_if_there(&aside)?.as_deref() == Some(expired);
        if !is_the_expired_one {
            // It was renewed, or is the new lease of a faster scheduler. Give it back, if there is no newer one.
            let _ = link_or_copy(&aside, path);
        }
        remove(&aside)?;
        Ok(is_the_expired_one)
    }

    /// Renews all leases if that is due. Call this more often than every sixth of their duration.
    ///
    /// # Errors
    /// When a lease cannot be written.
    pub fn renew(&mut self) -> Result<(), RunError> {
        if self.last_renewal.elapsed() < self.duration / RENEWALS {
            return Ok(());
        }
        let began = Instant::now();
        let mut lost = Vec::new();
        for (cell, renewals) in &mut self.held {
            let path = lease_path(&self.folder, cell);
            if read_lease(&path)?.is_none_or(|lease| lease.holder != self.holder) {
                // This process was suspended for too long. Its result may still be the first.
                lost.push(cell.clone());
                continue;
            }
            *renewals += 1;
            let lease =
                Lease { cell: cell.clone(), holder: self.holder.clone(), renewals: *renewals };
            write_json(&path, &lease)?;
        }
        for cell in lost {
            self.held.remove(&cell);
        }
        self.last_renewal = began;
        Ok(())
    }

    /// Whether others may take the leases over, because they could not be renewed for so long.
    #[must_use]
    pub fn are_overdue(&self) -> bool {
        self.last_renewal.elapsed() >= self.duration
    }

    /// Releases the lease of a cell, if this scheduler has it.
    ///
    /// # Errors
    /// When the lease cannot be removed.
    pub fn release(&mut self, cell: &CellId) -> Result<(), RunError> {
        if self.held.remove(cell).is_none() {
            return Ok(());
        }
        let path = lease_path(&self.folder, cell);
        match read_lease(&path)? {
            Some(lease) if lease.holder == self.holder => remove(&path),
            _ => Ok(()),
        }
    }
}

impl Drop for Leases {
    fn drop(&mut self) {
        for cell in self.held.keys().cloned().collect::<Vec<_>>() {
            // If it cannot be removed, it expires.
            let _ = self.release(&cell);
        }
    }
}

impl RunDirectory {
    fn leases_folder(&self) -> PathBuf {
        self.path.join("leases")
    }

    /// When the lease of a cell was written last; none if there is none.
    #[must_use]
    pub fn lease_written(&self, cell: &CellId) -> Option<SystemTime> {
        lease_path(&self.leases_folder(), cell).metadata().ok()?.modified().ok()
    }

    /// The leases of all schedulers, in the order of the plan.
    ///
    /// # Errors
    /// When a lease cannot be read.
    pub fn leases(&self) -> Result<Vec<Lease>, RunError> {
        let folder = self.leases_folder();
        let of = |cell: &Cell| read_lease(&lease_path(&folder, &cell.id())).transpose();
        self.plan.cells.iter().filter_map(of).collect()
    }
}

fn lease_path(folder: &Path, cell: &CellId) -> PathBuf {
    folder.join(format!("{cell}.json"))
}

/// Creates `path` with the content of `file`, unless it exists: as a link or, where the file system has
/// none, as a copy.
fn link_or_copy(file: &Path, path: &Path) -> std::io::Result<()> {
    match std::fs::hard_link(file, path) {
        Err(error)
            if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::PermissionDenied) =>
        {
            let content = std::fs::read(file)?;
            std::fs::File::create_new(path)?.write_all(&content)
        }
        linked => linked,
    }
}

/// The content of a lease; none if there is none.
fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, RunError> {
    match read_regular(path) {
        // On NFS, a file that another machine is just replacing is stale.
        Err(RunError::Io { source, .. })
            if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::StaleNetworkFileHandle) =>
        {
            Ok(None)
        }
        content => content.map(Some),
    }
}

/// Reads a lease; none if there is none, or if it is not readable. Such a lease expires like any other.
fn read_lease(path: &Path) -> Result<Option<Lease>, RunError> {
    Ok(read_if_there(path)?.and_then(|content| serde_json::from_slice(&content).ok()))
}

#[cfg(test)]
mod tests;
