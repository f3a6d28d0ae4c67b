//! Access to the files, environment variables and programs of a machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Folders to search for libraries, after those that the loader's configuration names.
const LIBRARY_FOLDERS: [&str; 12] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
    "/usr/local/lib",
    "/usr/lib/wsl/lib",
    "/usr/local/nvidia/lib64",
    "/usr/local/cuda/compat",
    "/run/opengl-driver/lib",
];

type RunProgram = dyn Fn(&str, &[&str]) -> Option<String>;

/// The files, environment variables and programs of a machine. Tests create imaginary machines.
pub struct HostInfo {
    root: PathBuf,
    variables: BTreeMap<String, String>,
    run: Box<RunProgram>,
}

impl HostInfo {
    /// This machine.
    #[must_use]
    pub fn detect() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            root: PathBuf::from("/"),
            variables: std::env::vars_os().filter_map(text).collect(),
            run: Box::new(run),
        }
    }

    /// A machine whose files are under `root`, with these environment variables.
    ///
    /// `run` returns what a program prints for its arguments, or `None` if it is missing or fails.
    #[must_use]
    pub fn new(
        root: &Path,
        variables: &[(&str, &str)],
        run: impl Fn(&str, &[&str]) -> Option<String> + 'static,
    ) -> Self {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            root: root.to_owned(),
            variables: variables.iter().map(text).collect(),
            run: Box::new(run),
        }
    }

    /// The real location of an absolute path.
    pub(crate) fn path(&self, absolute: impl AsRef<Path>) -> PathBuf {
        let path = absolute.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    pub(crate) fn exists(&self, absolute: impl AsRef<Path>) -> bool {
        self.path(absolute).exists()
    }

    /// The content of a text file; `None` if it cannot be read.
    pub(crate) fn read(&self, absolute: impl AsRef<Path>) -> Option<String> {
        std::fs::read_to_string(self.path(absolute)).ok()
    }

    /// The absolute paths of the entries of a folder, sorted; empty if there is no such folder.
    pub(crate) fn entries(&self, absolute: impl AsRef<Path>) -> Vec<PathBuf> {
        let folder = absolute.as_ref();
        let entries = std::fs::read_dir(self.path(folder)).into_iter().flatten();
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
        let mut paths: Vec<PathBuf> = names.map(|name| folder.join(name)).collect();
        paths.sort();
        paths
    }

    /// An environment variable, if it is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// What a program prints on standard output; `None` if it is missing or fails.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> Option<String> {
        (self.run)(program, arguments)
    }

    /// Where the dynamic loader would find a shared library.
    pub(crate) fn library(&self, name: &str) -> Option<PathBuf> {
        let variable = self.variable("LD_LIBRARY_PATH").unwrap_or_default().split(':');
        let files = self.entries("/etc/ld.so.conf.d");
        let configured: Vec<String> = files.iter().filter_map(|file| self.read(file)).collect();
        let lines = configured.iter().flat_map(|text| text.lines()).map(str::trim);
        let folders = variable
            .filter(|folder| !folder.is_empty())
            .chain(lines.filter(|line| line.starts_with('/')))
            .chain(LIBRARY_FOLDERS);
        folders.map(|folder| Path::new(folder).join(name)).find(|path| self.exists(path))
    }
}

fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}
