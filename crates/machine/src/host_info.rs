//! All that is looked at of a machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where libraries are looked for, besides the folders that the loader's own files name.
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

type Run = dyn Fn(&str, &[&str]) -> Option<String>;

/// Files, variables and programs of a machine: the real one, or one that a test makes up.
pub struct HostInfo {
    root: PathBuf,
    variables: BTreeMap<String, String>,
    run: Box<Run>,
}

impl HostInfo {
    /// Of this machine.
    #[must_use]
    pub fn here() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            root: PathBuf::from("/"),
            variables: std::env::vars_os().filter_map(text).collect(),
            run: Box::new(run),
        }
    }

    /// Of a machine whose files lie under `root`, with these variables; `run` gives the output of a
    /// program with its arguments, or none where there is no such program or it fails.
    #[must_use]
    pub fn of(
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

    /// Where an absolute path is.
    pub(crate) fn path(&self, absolute: impl AsRef<Path>) -> PathBuf {
        let path = absolute.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    pub(crate) fn exists(&self, absolute: impl AsRef<Path>) -> bool {
        self.path(absolute).exists()
    }

    /// The text of a file; none where it cannot be read.
    pub(crate) fn read(&self, absolute: impl AsRef<Path>) -> Option<String> {
        std::fs::read_to_string(self.path(absolute)).ok()
    }

    /// The absolute paths of what is in a folder, sorted; nothing where there is no folder.
    pub(crate) fn entries(&self, absolute: impl AsRef<Path>) -> Vec<PathBuf> {
        let folder = absolute.as_ref();
        let entries = std::fs::read_dir(self.path(folder)).into_iter().flatten();
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
        let mut paths: Vec<PathBuf> = names.map(|name| folder.join(name)).collect();
        paths.sort();
        paths
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// What a program prints on standard output; none where it is not there or fails.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> Option<String> {
        (self.run)(program, arguments)
    }

    /// Where the loader would find a shared library.
    pub(crate) fn library(&self, name: &str) -> Option<PathBuf> {
        let said = self.variable("LD_LIBRARY_PATH").unwrap_or_default();
        let said = said.split(':').filter(|folder| !folder.is_empty()).map(str::to_owned);
        let configured = self.entries("/etc/ld.so.conf.d").into_iter().filter_map(|file| {
            let text = self.read(file)?;
            let folders = text.lines().map(str::trim).filter(|line| line.starts_with('/'));
            Some(folders.map(str::to_owned).collect::<Vec<_>>())
        });
        let usual = LIBRARY_FOLDERS.into_iter().map(str::to_owned);
        let mut folders = said.chain(configured.flatten()).chain(usual);
        folders.find_map(|folder| {
            let path = Path::new(&folder).join(name);
            self.exists(&path).then_some(path)
        })
    }
}

fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}
