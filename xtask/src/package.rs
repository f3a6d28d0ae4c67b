//! One archive with everything that an experiment needs on a machine without Rust and without a network.

mod libraries;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use walkdir::WalkDir;

use crate::cargo;
use crate::experiments::EXPERIMENTS;

/// The largest size of an archive in bytes.
const LARGEST: u64 = 60 * 1000 * 1000;
/// Files and folders of the repository that are packed besides the profiles, and where to.
const FILES: [(&str, &str); 3] = [
    ("bench/peers", "bench/peers"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
];

/// Makes one archive that runs on x86-64 Linux without Rust and without a network.
#[derive(Debug, Args)]
pub struct Package {
    /// Devices to build for, in addition to the CPU: cuda, vulkan, wgpu
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    features: Vec<String>,
    /// The archive [default: assay-VERSION-x86_64-linux-FEATURES.tar.xz; .tar.gz if xz is not installed]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Packs `assay-dev` instead of `assay`: the same, with the commands that check a GPU
    #[arg(long)]
    dev: bool,
    /// Packs the program that is already built, whatever it was built with
    #[arg(long)]
    no_build: bool,
}

impl Package {
    /// Builds and packs the program, and prints what is in the archive.
    pub fn run(&self) -> Result<ExitCode> {
        let features = self.known_features()?;
        let assay = if self.dev { "assay-dev" } else { "assay" };
        if !self.no_build {
            cargo::build(assay, &["--release"], &features)?;
        }
        let own = std::env::current_exe().context("finding this program itself")?;
        let target = own.ancestors().nth(2).context("this program is in no target directory")?;
        let program = target.join("release").join(assay);
        let version = env!("CARGO_PKG_VERSION");
        let machine = [std::env::consts::ARCH, std::env::consts::OS].join("-");
        let name = [&["assay", version, &machine], features.as_slice()].concat().join("-");
        let archive = self.out.clone().unwrap_or_else(|| format!("{name}.tar.xz").into());
        let folder = std::env::temp_dir().join(format!("assay-package-{}", std::process::id()));
        let packed =
            fill(&folder.join(&name), &program).and_then(|()| pack(&folder, &name, &archive));
        // The folder is deleted after a failure, too.
        fs::remove_dir_all(&folder).ok();
        let archive = packed?;
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

/// Copies everything to a folder, and prints its files with their sizes.
fn fill(folder: &Path, program: &Path) -> Result<()> {
    let is_program = fs::read(program).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF"));
    ensure!(
        is_program,
        "{}: there is no such program to pack; build it first, or leave out --no-build",
        program.display()
    );
    let packed = folder.join(program.file_name().context("a program without a name")?);
    copy(program, &packed)?;
    strip(&packed)?;
    for library in libraries::needed(program)? {
        let name = library.file_name().context("a library without a name")?;
        copy(&library, &folder.join("lib").join(name))?;
    }
    for (from, to) in FILES {
        copy(Path::new(from), &folder.join(to))?;
    }
    for (_, name) in EXPERIMENTS {
        let profiles = Path::new("crates/experiments").join(name).join("profiles");
        copy(&profiles, &folder.join("profiles").join(name))?;
    }
    write_executable(&folder.join("run.sh"), include_str!("package/run.sh"))?;
    fs::write(folder.join("README.md"), include_str!("package/README.md"))?;
    for file in WalkDir::new(folder).sort_by_file_name() {
        let file = file?;
        if file.file_type().is_file() {
            let path = file.path().strip_prefix(folder).unwrap_or(file.path());
            println!("{:>12}  {}", file.metadata()?.len(), path.display());
        }
    }
    Ok(())
}

fn strip(program: &Path) -> Result<()> {
    let status = Command::new("strip").arg(program).status().context(
        "strip, which leaves out names for debuggers (Debian, Ubuntu: `apt-get install binutils`)",
    )?;
    ensure!(status.success(), "strip {} ended with {status}", program.display());
    Ok(())
}

/// Copies a file, or a folder with everything in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in WalkDir::new(from).follow_links(true) {
        let entry = entry?;
        let to = match entry.path().strip_prefix(from)? {
            inside if inside.as_os_str().is_empty() => to.to_owned(),
            inside => to.join(inside),
        };
        if entry.file_type().is_file() {
            fs::create_dir_all(to.parent().unwrap_or(Path::new(".")))?;
            fs::copy(entry.path(), &to).with_context(|| entry.path().display().to_string())?;
        }
    }
    Ok(())
}

fn write_executable(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| path.display().to_string())?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

/// Makes the archive with the system's tar, and with xz if it is installed. Returns the archive's path.
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

    #[test]
    fn nothing_is_made_of_programs_that_are_not_there_or_are_none() {
        let folder = std::env::temp_dir().join(format!("assay-xtask-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let missing = folder.join("assay");
        let error = fill(&folder.join("inside"), &missing).unwrap_err();
        assert!(format!("{error:#}").contains("no such program to pack"), "{error:#}");
        fs::write(&missing, "").unwrap();
        let error = fill(&folder.join("inside"), &missing).unwrap_err();
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
