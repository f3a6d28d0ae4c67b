//! A folder of files that are made anew every time, next to which others may lie.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use assay_runs::{remove_partial_files, write_atomically};

use crate::ReportError;

/// A file of a report, below its folder.
pub type Content = (PathBuf, Vec<u8>);

/// The file in the folder that lists what was written there, one path per line. It has no hidden name, so that a
/// copy of the folder has it too.
const LIST: &str = "files.txt";
/// The file that is locked while the folder is written to.
const LOCK: &str = ".lock";

/// A folder whose files are replaced together. It follows no link, and touches nothing that it did not write.
#[derive(Debug)]
pub struct OwnFolder {
    path: PathBuf,
    written: BTreeSet<PathBuf>,
    /// Whether there was a list of them.
    is_listed: bool,
    /// Given back when it is closed.
    _lock: File,
}

impl OwnFolder {
    /// Opens the folder, or makes it, and waits until nobody else writes to it.
    ///
    /// # Errors
    /// When it is a link or no folder, or cannot be written to.
    pub fn open(path: &Path) -> Result<Self, ReportError> {
        make_folder(path)?;
        let (list, lock) = (path.join(LIST), path.join(LOCK));
        refuse_unless(&lock, lock.symlink_metadata().map_or(true, |found| found.is_file()))?;
        let open = OpenOptions::new().write(true).create(true).truncate(false).open(&lock);
        let file = open.map_err(ReportError::io(&lock))?;
        file.lock().map_err(ReportError::io(lock))?;
        let written = read_list(&list)?;
        let (path, is_listed) = (path.to_owned(), written.is_some());
        Ok(Self { path, written: written.unwrap_or_default(), is_listed, _lock: file })
    }

    /// Writes these files, and removes those that were written before and are not among them.
    ///
    /// # Errors
    /// When there is something else in the place of one, or the folder cannot be written to.
    pub fn replace(mut self, files: &[Content]) -> Result<(), ReportError> {
        let new: BTreeSet<PathBuf> = files.iter().map(|(file, _)| file.clone()).collect();
        for file in new.difference(&self.written) {
            self.make_folders_of(file)?;
            let path = self.path.join(file);
            let found = path.symlink_metadata();
            if found.as_ref().is_ok_and(std::fs::Metadata::is_file) && !self.is_listed {
                return Err(ReportError::NoList { folder: self.path, file: path });
            }
            refuse_unless(&path, found.is_err())?;
        }
        let old: Vec<PathBuf> = self.written.difference(&new).cloned().collect();
        self.remove_unfinished(&new)?;
        // Whatever is written or left from here on is known to be ours, even after a crash.
        self.written.extend(new.iter().cloned());
        self.note()?;
        for file in old {
            self.remove(&file)?;
        }
        for (file, content) in files {
            self.make_folders_of(file)?;
            write(&self.path.join(file), content)?;
        }
        self.written = new;
        self.note()
    }

    /// Removes what an earlier report was still writing when it was ended, in the folders that it writes to.
    fn remove_unfinished(&self, new: &BTreeSet<PathBuf>) -> Result<(), ReportError> {
        let files = self.written.union(new);
        let folders: BTreeSet<&Path> = files.filter_map(|file| file.parent()).collect();
        for folder in folders.into_iter().chain([Path::new("")]) {
            let folder = self.path.join(folder);
            if is_folder(&folder) {
                remove_partial_files(&folder)?;
            }
        }
        Ok(())
    }

    fn note(&self) -> Result<(), ReportError> {
        let lines = self.written.iter().map(|file| format!("{}\n", file.display()));
        Ok(write_atomically(&self.path.join(LIST), lines.collect::<String>().as_bytes())?)
    }

    /// The folders on the way to a file, none of which is a link.
    fn make_folders_of(&self, file: &Path) -> Result<(), ReportError> {
        self.folders_of(file).iter().rev().try_for_each(|folder| make_folder(folder))
    }

    /// The folders on the way to a file, innermost first.
    fn folders_of(&self, file: &Path) -> Vec<PathBuf> {
        let folders = file.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        folders.map(|folder| self.path.join(folder)).collect()
    }

    /// Removes a file, and the folders that it leaves empty.
    fn remove(&self, file: &Path) -> Result<(), ReportError> {
        let folders = self.folders_of(file);
        if !folders.iter().all(|folder| is_folder(folder)) {
            // It is gone, or would be reached through a link.
            return Ok(());
        }
        remove_file(&self.path.join(file))?;
        // One that has something else in it stays.
        let _ = folders.iter().try_for_each(std::fs::remove_dir);
        Ok(())
    }
}

/// The paths of a list, those that lead elsewhere left out; none where there is no list.
fn read_list(list: &Path) -> Result<Option<BTreeSet<PathBuf>>, ReportError> {
    let unreadable = |source| ReportError::List { path: list.to_owned(), source };
    match list.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
        Ok(found) if !found.is_file() => {
            return Err(unreadable(std::io::Error::other("not a regular file")));
        }
        Ok(_) => {}
    }
    let written = std::fs::read_to_string(list).map_err(unreadable)?;
    let written = written.lines().map(PathBuf::from).filter(|file| is_within(file));
    Ok(Some(written.collect()))
}

/// Writes a file anew: a link in its place is replaced and not followed.
fn write(path: &Path, content: &[u8]) -> Result<(), ReportError> {
    if path.extension().is_some_and(|ending| ending == "png") {
        // Many small files that are made anew with every report: not synced one by one.
        remove_file(path)?;
        return std::fs::write(path, content).map_err(ReportError::io(path));
    }
    Ok(write_atomically(path, content)?)
}

fn remove_file(path: &Path) -> Result<(), ReportError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(ReportError::io(path)(error)),
        _ => Ok(()),
    }
}

fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
}

fn make_folder(path: &Path) -> Result<(), ReportError> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            refuse_unless(path, is_folder(path))
        }
        made => made.map_err(ReportError::io(path)),
    }
}

fn refuse_unless(path: &Path, is_ours: bool) -> Result<(), ReportError> {
    if is_ours { Ok(()) } else { Err(ReportError::InTheWay(path.to_owned())) }
}

/// Whether a path leads down from a folder and nowhere else.
fn is_within(file: &Path) -> bool {
    file.file_name().is_some() && file.components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(name: &str) -> Content {
        (PathBuf::from(name), name.as_bytes().to_vec())
    }

    fn replace(path: &Path, names: &[&str]) -> Result<(), ReportError> {
        let files: Vec<Content> = names.iter().map(|name| content(name)).collect();
        OwnFolder::open(path)?.replace(&files)
    }

    #[test]
    fn what_was_written_before_is_replaced_and_what_others_put_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        replace(&path, &["tables/a.csv", "tables/b.csv", "elites/x/1.png", "index.html"]).unwrap();
        std::fs::write(path.join("tables/notes.txt"), "mine").unwrap();
        replace(&path, &["tables/b.csv", "index.html"]).unwrap();
        let is_there = |name: &str| path.join(name).exists();
        assert!(!is_there("tables/a.csv") && !is_there("elites"));
        assert!(is_there("tables/b.csv") && is_there("index.html"));
        assert_eq!(std::fs::read_to_string(path.join("tables/notes.txt")).unwrap(), "mine");
    }

    #[test]
    fn a_file_of_somebody_else_in_the_place_of_one_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("index.html"), "mine").unwrap();
        let error = replace(&path, &["tables/a.csv", "index.html"]).unwrap_err().to_string();
        assert!(error.contains("index.html") && error.contains("move it away"), "{error}");
        assert_eq!(std::fs::read_to_string(path.join("index.html")).unwrap(), "mine");
    }

    #[test]
    fn a_list_that_leads_elsewhere_removes_nothing_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let outside = folder.path().join("mine");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(&outside, "mine").unwrap();
        std::fs::write(path.join(LIST), format!("../mine\n{}\n", outside.display())).unwrap();
        replace(&path, &["index.html"]).unwrap();
        assert!(outside.exists());
    }

    #[test]
    fn a_list_that_is_lost_or_unreadable_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        let told = || {
            let error = replace(&path, &["index.html"]).unwrap_err();
            assert!(error.to_string().contains("delete "), "{error}");
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
            assert_eq!(std::fs::read_to_string(path.join("index.html")).unwrap(), "index.html");
        };
        replace(&path, &["index.html"]).unwrap();
        std::fs::write(path.join(LIST), b"\xff\n").unwrap();
        told();
        std::fs::remove_file(path.join(LIST)).unwrap();
        std::fs::create_dir(path.join(LIST)).unwrap();
        told();
        std::fs::remove_dir(path.join(LIST)).unwrap();
        told();
    }

    #[test]
    fn a_copy_without_hidden_files_is_replaced_as_the_original_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        replace(&path, &["index.html", "a.csv"]).unwrap();
        std::fs::remove_file(path.join(LOCK)).unwrap();
        for entry in std::fs::read_dir(&path).unwrap() {
            let name = entry.unwrap().file_name();
            assert!(!name.to_string_lossy().starts_with('.'), "{name:?} would be lost");
        }
        replace(&path, &["index.html"]).unwrap();
        assert!(!path.join("a.csv").exists());
    }

    #[test]
    fn what_a_killed_report_was_writing_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        replace(&path, &["tables/a.csv", "index.html"]).unwrap();
        let left = ["tables/.writing-Ab12", ".writing-Cd34"].map(|name| path.join(name));
        for file in &left {
            std::fs::write(file, "half").unwrap();
        }
        replace(&path, &["index.html"]).unwrap();
        assert!(left.iter().all(|file| !file.exists()) && !path.join("tables").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused_by_name_and_what_they_lead_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        std::fs::create_dir_all(site.join("tables")).unwrap();
        std::fs::write(site.join("tables/a.csv"), "mine").unwrap();
        let path = folder.path().join("report");
        std::os::unix::fs::symlink(&site, &path).unwrap();
        let error = replace(&path, &["tables/a.csv"]).unwrap_err().to_string();
        assert!(error.contains("report: "), "{error}");
        // A link further down, in the place of a folder that was written before.
        std::fs::remove_file(&path).unwrap();
        replace(&path, &["tables/a.csv"]).unwrap();
        std::fs::remove_dir_all(path.join("tables")).unwrap();
        std::os::unix::fs::symlink(site.join("tables"), path.join("tables")).unwrap();
        let error = replace(&path, &["tables/a.csv"]).unwrap_err().to_string();
        assert!(error.contains("tables: "), "{error}");
        replace(&path, &["index.html"]).unwrap();
        assert_eq!(std::fs::read_to_string(site.join("tables/a.csv")).unwrap(), "mine");
    }
}
