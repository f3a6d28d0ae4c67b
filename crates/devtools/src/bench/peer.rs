//! A program that does the same work the ordinary way, in Python, and how it tells what it did.
//!
//! A peer is called with a folder that says everything about the work, prints one JSON object a line, first
//! what it is and then each piece as it is done, and ends. `--check` makes it end after the first line.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::case::Said;
use assay_engine::device::DeviceName;

/// What the peers need, for `pip install -r`.
const REQUIREMENTS: &str = "bench/peers/requirements.txt";

/// A Python and a script.
#[derive(Debug, Clone)]
pub struct Peer {
    python: PathBuf,
    script: PathBuf,
}

impl Peer {
    /// A peer that has been seen to begin: better now than after the first turns.
    ///
    /// # Errors
    /// When there is no such Python or script, or a module is missing; says what to do.
    pub fn find(python: PathBuf, script: PathBuf) -> Result<Self> {
        ensure!(
            script.is_file(),
            "{}: no such file; --peer-script says where it is",
            script.display()
        );
        let name = python.display();
        let mut check = Command::new(&python);
        check.arg(&script).arg("--check").stdin(Stdio::null());
        let output = match check.output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!("{name}: no such program; --peer names a Python, 3.10 or later")
            }
            output => output.with_context(|| format!("starting {name}"))?,
        };
        let said = String::from_utf8_lossy(&output.stderr);
        if let Some(module) = missing_module(&said) {
            bail!("{name} has no module {module}: {name} -m pip install -r {REQUIREMENTS}");
        }
        ensure!(output.status.success(), "{check:?} ended with {}:\n{said}", output.status);
        Ok(Self { python, script })
    }

    /// Runs the work of `folder`.
    ///
    /// # Errors
    /// For a device that no peer knows.
    pub fn command(&self, folder: &Path, device: DeviceName, threads: usize) -> Result<Command> {
        let device = device.to_string();
        ensure!(
            device == "cpu" || device.starts_with("cuda"),
            "a peer works on cpu or cuda, not {device}; leave out --peer"
        );
        let mut command = Command::new(&self.python);
        command.arg(&self.script).arg(folder).args(["--device", &device]);
        command.args(["--threads", &threads.to_string()]);
        Ok(command)
    }
}

/// The module that Python did not find, by the last words of a program that ended for it.
fn missing_module(said: &str) -> Option<&str> {
    let (_, rest) = said.rsplit_once("ModuleNotFoundError: No module named '")?;
    rest.split('\'').next()
}

/// What a program that speaks as peers do has said on standard output.
///
/// # Errors
/// When a line is none of a peer's, or there is no piece.
pub fn said_by_peer(output: &Path) -> Result<Said> {
    let output = std::fs::read_to_string(output).with_context(|| output.display().to_string())?;
    let mut lines = output.lines();
    let first = lines.next().context("the peer said nothing")?;
    let about = serde_json::from_str(first).with_context(|| format!("the peer said {first:?}"))?;
    let piece =
        |line| serde_json::from_str(line).with_context(|| format!("the peer said {line:?}"));
    let pieces: Vec<_> = lines.map(piece).collect::<Result<_>>()?;
    ensure!(!pieces.is_empty(), "the peer did nothing");
    Ok(Said { about: Some(about), pieces })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Said> {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("stdout");
        std::fs::write(&output, text).unwrap();
        said_by_peer(&output)
    }

    #[test]
    fn a_peer_says_what_it_is_and_then_its_pieces_whatever_else_a_line_holds() {
        let said = of("{\"torch\": \"2.4\"}\n\
             {\"id\": \"a\", \"kind\": \"base\", \"seconds\": 2.0, \"count\": 8, \"loss\": 1.5}\n\
             {\"id\": \"b\", \"kind\": \"base\", \"seconds\": 3.0, \"busy\": 1.0, \"count\": 4, \"score\": 0.5}\n")
        .unwrap();
        assert_eq!(said.about.unwrap()["torch"], "2.4");
        let busy: Vec<Option<f64>> = said.pieces.iter().map(|piece| piece.busy).collect();
        assert_eq!(busy, [None, Some(1.0)]);
        assert_eq!(said.pieces[1].score, Some(0.5));
    }

    #[test]
    fn a_peer_that_says_nothing_or_something_else_is_quoted() {
        let error = |text: &str| format!("{:#}", of(text).unwrap_err());
        assert_eq!(error(""), "the peer said nothing");
        assert_eq!(error("{}\n"), "the peer did nothing");
        assert!(error("{}\nhello\n").starts_with("the peer said \"hello\""));
    }

    #[test]
    fn the_module_that_is_missing_is_the_last_one_named() {
        let said = "Traceback\nModuleNotFoundError: No module named 'torch'\n\
                    Traceback\nModuleNotFoundError: No module named 'ribs'\n";
        assert_eq!(missing_module(said), Some("ribs"));
        assert_eq!(missing_module("ImportError: cannot import name 'x'"), None);
    }
}
