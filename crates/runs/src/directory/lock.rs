//! The lock of a run: one scheduler that is alone, or several that share the run.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;

use super::{Holder, RunDirectory};
use crate::RunError;

/// The right to schedule a run. Released when dropped or when the process ends.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
    is_shared: bool,
}

impl RunLock {
    /// Whether other schedulers may be working on the run, too. They use [`super::Leases`].
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }
}

impl RunDirectory {
    /// Locks the run for this process alone, until the lock is dropped.
    ///
    /// # Errors
    /// When another process holds the lock, or the file system has no locks.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        let path = self.path.join("lock");
        let mut file = open_lock(&path)?;
        match retry(|| file.try_lock()) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(self.locked(&mut file)),
            Err(TryLockError::Error(source)) if has_no_locks(&source) => {
                return Err(RunError::NoLocks(self.path.clone()));
            }
            Err(TryLockError::Error(source)) => return Err(RunError::Io { path, source }),
        }
        file.set_len(0).map_err(RunError::io(&path))?;
        let holder = Holder::this_process();
        writeln!(file, "{holder}\n{}", holder.token).map_err(RunError::io(&path))?;
        Ok(RunLock { _file: file, is_shared: false })
    }

    /// Locks the run for this process and others that share it. On a file system without locks,
    /// nothing keeps out a process that wants the run for itself.
    ///
    /// # Errors
    /// When another process has the run for itself.
    pub fn lock_shared(&self) -> Result<RunLock, RunError> {
        let path = self.path.join("lock");
        let mut file = open_lock(&path)?;
        match retry(|| file.try_lock_shared()) {
            Err(TryLockError::WouldBlock) => return Err(self.locked(&mut file)),
            Err(TryLockError::Error(source)) if !has_no_locks(&source) => {
                return Err(RunError::Io { path, source });
            }
            _ => {}
        }
        file.set_len(0).map_err(RunError::io(&path))?;
        writeln!(file, "processes that share it with --join").map_err(RunError::io(&path))?;
        Ok(RunLock { _file: file, is_shared: true })
    }

    /// Whether other processes share the run. Holds the lock for a moment only, and creates none.
    ///
    /// # Errors
    /// When a process has the run for itself, or the lock cannot be read.
    pub fn lock_state(&self) -> Result<bool, RunError> {
        let path = self.path.join("lock");
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            file => file.map_err(RunError::io(&path))?,
        };
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Err(self.locked(&mut file)),
            Err(TryLockError::Error(source)) => Err(RunError::Io { path, source }),
            Ok(()) => {
                file.unlock().map_err(RunError::io(&path))?;
                Ok(matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
            }
        }
    }

    fn locked(&self, file: &mut File) -> RunError {
        let mut holder = String::new();
        let _ = file.read_to_string(&mut holder);
        let mut lines = holder.lines().map(str::to_owned);
        let (holder, token) = (lines.next().unwrap_or_default(), lines.next());
        RunError::Locked { path: self.path.clone(), holder, token }
    }
}

/// Tries to lock, and again for a moment: [`RunDirectory::lock_state`] holds the lock that long.
fn retry(lock: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    for _ in 0..5 {
        match lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            locked => return locked,
        }
    }
    lock()
}

fn open_lock(path: &Path) -> Result<File, RunError> {
    if path.is_symlink() {
        // Writing the lock would overwrite the target of the link.
        return Err(RunError::damaged(path, "a symbolic link; delete it"));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(RunError::io(path))
}

/// Whether an error says that a file system has no locks: `ENOLCK`, or a missing function.
fn has_no_locks(error: &std::io::Error) -> bool {
    const ENOLCK: i32 = 37;
    error.kind() == ErrorKind::Unsupported
        || (cfg!(target_os = "linux") && error.raw_os_error() == Some(ENOLCK))
}
