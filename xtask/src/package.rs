//! One archive with everything that a study needs on a machine without Rust and without a network.

mod libraries;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::cargo;

/// Most bytes of an archive.
const LARGEST: u64 = 60 * 1000 * 1000;
/// Files and folders of the repository that go along, and where to.
const FILES: [(&str, &str); 6] = [
    ("crates/experiments/transfer/profiles", "profiles/transfer"),
    ("crates/experiments/distill/profiles", "profiles/distill"),
    ("crates/experiments/fool/profiles", "profiles/fool"),
    ("bench/peers", "bench/peers"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
];

/// Makes one archive that runs on x86-64 Linux without Rust and without a network.
#[derive(Debug, Args)]
pub struct Package {
    /// Devices to build for, besides the processor: cuda, vulkan, wgpu
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    features: Vec<String>,
    /// Where the archive goes [default: assay-VERSION-x86_64-linux-FEATURES.tar.xz; .tar.gz where there is
    /// no xz]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Packs `assay-dev` in place of `assay`: the same, with the commands that check a GPU
    #[arg(long)]
    dev: bool,
    /// Packs the programs that are built, whatever they were built with
    #[arg(long)]
    no_build: bool,
}

impl Package {
    /// Builds, packs, and says what is in the archive.
    pub fn run(&self) -> Result<ExitCode> {
        let features = self.known_features()?;
        let assay = if self.dev { "assay-dev" } else { "assay" };
        if !self.no_build {
            cargo::build_for_release(assay, &features)?;
        }
        let programs = [cargo::built_for_release(assay)?];
        let version = env!("CARGO_PKG_VERSION");
        let machine = [std::env::consts::ARCH, std::env::consts::OS].join("-");
        let name = [&["assay", version, &machine], features.as_slice()].concat().join("-");
        let archive = self.out.clone().unwrap_or_else(|| format!("{name}.tar.xz").into());
        let folder = std::env::temp_dir().join(format!("assay-package-{}", std::process::id()));
        let made =
            fill(&folder.join(&name), &programs).and_then(|()| pack(&folder, &name, &archive));
        // Whatever came of it, nothing stays behind.
        fs::remove_dir_all(&folder).ok();
        let archive = made?;
        let size = fs::metadata(&archive).with_context(|| archive.display().to_string())?.len();
        println!("{}: {:.1} MB", archive.display(), size as f64 / 1e6);
        ensure!(size <= LARGEST, "that is more than the {} MB allowed", LARGEST / 1_000_000);
        Ok(ExitCode::SUCCESS)
    }

    fn known_features(&self) -> Result<Vec<&str>> {
        let known = ["cuda", "vulkan", "wgpu"];
        for feature in &self.features {
            if !known.contains(&feature.as_str()) {
                bail!("unknown feature {feature:?}; there are {}", known.join(", "));
            }
        }
        Ok(self.features.iter().map(String::as_str).collect())
    }
}

/// Puts everything into a folder and prints what.
fn fill(folder: &Path, programs: &[PathBuf]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for program in programs {
        let name = program.file_name().context("a program without a name")?;
        ensure!(
            is_program(program),
            "{}: there is no such program to pack; build it first, or leave out --no-build",
            program.display()
        );
        let inside = folder.join(name);
        fs::copy(program, &inside).with_context(|| program.display().to_string())?;
        strip(&inside)?;
    }
    for library in libraries::needed(programs)? {
        let into = folder.join("lib");
        fs::create_dir_all(&into)?;
        let name = library.file_name().context("a library without a name")?;
        fs::copy(&library, into.join(name)).with_context(|| library.display().to_string())?;
    }
    for (from, to) in FILES {
        copy(Path::new(from), &folder.join(to))?;
    }
    write_executable(&folder.join("run.sh"), include_str!("package/run.sh"))?;
    fs::write(folder.join("README.md"), include_str!("package/README.md"))?;
    for (file, size) in listed(folder)? {
        println!("{size:>12}  {}", file.strip_prefix(folder).unwrap_or(&file).display());
    }
    Ok(())
}

/// Whether a file is a program of Linux.
fn is_program(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF"))
}

fn strip(program: &Path) -> Result<()> {
    let status = Command::new("strip").arg(program).status().context(
        "strip, which leaves out names for debuggers (Debian, Ubuntu: `apt-get install binutils`)",
    )?;
    ensure!(status.success(), "strip {} ended with {status}", program.display());
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = || from.display().to_string();
    if from.is_dir() {
        for entry in fs::read_dir(from).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::create_dir_all(to.parent().unwrap_or(Path::new(".")))?;
    fs::copy(from, to).with_context(failed)?;
    Ok(())
}

fn write_executable(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| path.display().to_string())?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

/// Every file below a folder, with its size, sorted.
fn listed(folder: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(listed(&path)?);
        } else {
            let size = fs::metadata(&path)?.len();
            files.push((path, size));
        }
    }
    files.sort();
    Ok(files)
}

/// The system's tar, and xz where there is one; gives where the archive is.
fn pack(folder: &Path, name: &str, archive: &Path) -> Result<PathBuf> {
    let has_xz = Command::new("xz").arg("--version").output().is_ok();
    let is_xz = archive.extension().is_some_and(|ending| ending == "xz");
    let archive = if is_xz && !has_xz { archive.with_extension("gz") } else { archive.to_owned() };
    let mut tar = Command::new("tar");
    tar.arg("--create").arg("--auto-compress").arg("--file").arg(&archive);
    tar.args(["--owner=0", "--group=0", "--numeric-owner", "--sort=name"]);
    tar.arg("--directory").arg(folder).arg(name).env("XZ_OPT", "-9 -T0");
    let status = tar.status().context("running tar")?;
    ensure!(status.success(), "tar ended with {status}");
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("assay-xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn nothing_is_made_of_programs_that_are_not_there_or_are_none() {
        let folder = scratch("nothing");
        let missing = folder.join("assay");
        let error = fill(&folder.join("inside"), std::slice::from_ref(&missing)).unwrap_err();
        assert!(format!("{error:#}").contains("no such program to pack"), "{error:#}");
        fs::write(&missing, "").unwrap();
        let error = fill(&folder.join("inside"), &[missing]).unwrap_err();
        assert!(format!("{error:#}").contains("no such program to pack"), "{error:#}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_feature_no_build_has_is_named() {
        let features = vec!["cuda".to_owned(), "rocm".to_owned()];
        let package = Package { features, out: None, dev: false, no_build: true };
        let error = package.known_features().unwrap_err().to_string();
        assert!(error.contains("\"rocm\"") && error.contains("vulkan"), "{error}");
    }
}
