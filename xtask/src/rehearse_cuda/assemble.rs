//! Assembling kernels with NVIDIA's assembler, which needs no GPU.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The architecture of an H200.
const ARCHITECTURE: &str = "-arch=sm_90a";

/// Assembles every different kernel in a folder, and prints what came of it. Returns whether all were
/// accepted; without an assembler that is so, and it says that nothing was assembled.
pub fn all(folder: &Path, toolkit: &Path) -> Result<bool> {
    let kernels = distinct(folder)?;
    ensure!(
        !kernels.is_empty(),
        "{}: the stand-in for the driver was given no kernel; another libcuda may have been loaded",
        folder.display()
    );
    let Some(assembler) = assembler(toolkit) else {
        println!(
            "{} kernels, not assembled: there is no ptxas in {}/bin or $PATH",
            kernels.len(),
            toolkit.display()
        );
        return Ok(true);
    };
    let (mut refused, mut spilling) = (0, 0);
    for kernel in &kernels {
        let output = Command::new(&assembler)
            .args([ARCHITECTURE, "-v", "-o", "/dev/null"])
            .arg(kernel)
            .output()
            .with_context(|| assembler.display().to_string())?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            refused += 1;
            println!("refused: {}\n{}", kernel.display(), said.trim());
        } else if spills(&said) {
            spilling += 1;
        }
    }
    println!(
        "{} kernels assembled for sm_90a: {refused} refused, {spilling} that spill registers",
        kernels.len()
    );
    Ok(refused == 0)
}

/// Whether the assembler says that registers were not enough.
fn spills(said: &str) -> bool {
    let words: Vec<&str> = said.split_whitespace().collect();
    words.windows(4).any(|four| four[1..] == ["bytes", "spill", "stores,"] && four[0] != "0")
}

/// One file of each content, in the order of their names.
fn distinct(folder: &Path) -> Result<Vec<PathBuf>> {
    let context = || folder.display().to_string();
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        files.push(entry.with_context(context)?.path());
    }
    files.sort();
    let mut seen = HashMap::new();
    for file in files {
        let text = fs::read(&file).with_context(|| file.display().to_string())?;
        seen.entry(text).or_insert(file);
    }
    let mut kernels: Vec<PathBuf> = seen.into_values().collect();
    kernels.sort();
    Ok(kernels)
}

fn assembler(toolkit: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(toolkit.join("bin")).chain(std::env::split_paths(&path));
    folders.map(|folder| folder.join("ptxas")).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spilled_registers_are_noticed() {
        let said = |bytes| {
            format!(
                "ptxas info : 0 bytes stack frame, {bytes} bytes spill stores, {bytes} bytes spill loads"
            )
        };
        assert!(!spills(&said(0)));
        assert!(spills(&said(48)));
    }

    #[test]
    fn kernels_of_one_content_are_one() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("b", "x"), ("a", "x"), ("c", "y")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let names = distinct(folder.path()).unwrap();
        assert_eq!(names, [folder.path().join("a"), folder.path().join("c")]);
    }
}
