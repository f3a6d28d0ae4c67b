//! Disks that are full or read-only, and a folder that is moved.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use tempfile::TempDir;

use super::Outcome;
use super::study::{Study, wait};

/// A file system in memory. It is unmounted when dropped.
struct Mounted {
    folder: TempDir,
}

impl Mounted {
    /// Mounts a file system; none if this user may not.
    fn new(options: &str) -> Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let mounted = Self { folder };
        Ok(mounted.mount(options).is_ok().then_some(mounted))
    }

    fn mount(&self, options: &str) -> Result<()> {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "none"]).arg(self.folder.path());
        ensure!(command.output()?.status.success(), "mounting a file system failed");
        Ok(())
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.folder.path()).output();
    }
}

const MAY_NOT_MOUNT: &str = "this user may not mount a file system";

pub(super) fn moved(study: &Study, kills: u32) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for number in 0..kills.div_ceil(5) {
        let folder = tempfile::tempdir()?;
        let [before, after] = ["before", "after"].map(|name| folder.path().join(name));
        let child = study.start(&before, &[])?;
        std::thread::sleep(study.duration.mul_f64(0.4));
        std::fs::rename(&before, &after)?;
        // It fails, since its folder is gone.
        wait(child)?;
        outcome.add(&format!("time {number}"), study.finish_and_compare(&after));
    }
    Ok(outcome)
}

pub(super) fn full(study: &Study, _kills: u32) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for kibibytes in [64, 200, 400] {
        let Some(disk) = Mounted::new(&format!("size={kibibytes}k"))? else {
            return Ok(Outcome::skipped(MAY_NOT_MOUNT));
        };
        let run = disk.path().join("run");
        let output = wait(study.start(&run, &[])?)?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let check = || {
            ensure!(!output.status.success(), "a run of more than {kibibytes} KiB fitted");
            ensure!(said.contains("No space left"), "it did not say why: {said}");
            disk.mount("remount,size=256m")?;
            study.finish_and_compare(&run)
        };
        outcome.add(&format!("{kibibytes} KiB"), check());
    }
    Ok(outcome)
}

pub(super) fn read_only(study: &Study, _kills: u32) -> Result<Outcome> {
    let Some(disk) = Mounted::new("size=256m")? else {
        return Ok(Outcome::skipped(MAY_NOT_MOUNT));
    };
    let mut outcome = Outcome::default();
    let run = disk.path().join("run");
    let child = study.start(&run, &[])?;
    std::thread::sleep(study.duration.mul_f64(0.4));
    // Files that are open for writing keep the disk writable.
    let _ = super::study::signal("KILL", i64::from(child.id()));
    wait(child)?;
    std::thread::sleep(std::time::Duration::from_millis(200));
    let check = || {
        disk.mount("remount,ro")?;
        let output = wait(study.start(&run, &[])?)?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.code() == Some(2), "{}: {said}", output.status);
        ensure!(said.contains("Read-only file system"), "it did not say why: {said}");
        disk.mount("remount,rw")?;
        study.finish_and_compare(&run)
    };
    outcome.add("once", check());
    Ok(outcome)
}
