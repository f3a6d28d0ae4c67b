//! What a build for CUDA needs: LLVM, with which cubecl compiles kernels, and a C++ compiler.

use std::path::{Path, PathBuf};

use crate::{HostInfo, Missing, toolchain};

/// The version of the LLVM bundle that cubecl 0.11 links, as in `Cargo.lock`.
const BUNDLE_VERSION: &str = "23.1.0-4";

/// Where the bundle is installed: in `$XDG_DATA_HOME` or `~/.local/share`.
fn bundle(host_info: &HostInfo) -> Option<PathBuf> {
    let data = match host_info.variable("XDG_DATA_HOME") {
        Some(folder) if folder.starts_with('/') => PathBuf::from(folder),
        _ => Path::new(host_info.variable("HOME")?).join(".local/share"),
    };
    Some(data.join(format!("tracel/tracel-llvm-{BUNDLE_VERSION}")))
}

fn is_downloadable(host_info: &HostInfo) -> bool {
    let machine = if cfg!(target_arch = "aarch64") { "linux-AArch64" } else { "linux-x64" };
    let releases = "https://github.com/tracel-ai/tracel-llvm/releases/download";
    let url = format!("{releases}/v{BUNDLE_VERSION}/{machine}.checksums.json");
    let curl = ["--head", "--silent", "--fail", "--location", "--max-time", "10", &url];
    let wget = ["--spider", "--quiet", "--tries=1", "--timeout=10", &url];
    let succeeds = |program, arguments: &[&str]| host_info.output(program, arguments).is_some();
    succeeds("curl", &curl) || succeeds("wget", &wget)
}

/// Describes what a build for CUDA will use.
pub(crate) fn usable(host_info: &HostInfo) -> Result<String, Missing> {
    let compiler = toolchain::cpp_compiler(host_info)?;
    // The installer creates a marker file at its end.
    let marker = bundle(host_info).map(|bundle| bundle.join(".tracel-llvm-installed"));
    if marker.is_some_and(|marker| host_info.exists(marker)) {
        return Ok(format!("LLVM {BUNDLE_VERSION} is installed; C++ compiler {compiler}"));
    }
    if is_downloadable(host_info) {
        return Ok(format!(
            "LLVM {BUNDLE_VERSION} will be downloaded (about 200 MB); C++ compiler {compiler}"
        ));
    }
    let fix = if host_info.exists("/usr/lib/llvm-22/bin/llvm-config") {
        "`sh docs/system-llvm.sh` installs this system's LLVM 22 in its place"
    } else {
        "connect the machine to the network, or follow docs/offline-cuda.md"
    };
    let llvm = format!("LLVM {BUNDLE_VERSION}, which a build for CUDA links");
    Err(Missing::new(format!("{llvm}, is neither installed nor downloadable"), fix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_version_is_that_of_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        let entry = format!("name = \"tracel-llvm-bundler\"\nversion = \"{BUNDLE_VERSION}\"");
        assert!(lock.contains(&entry), "Cargo.lock has another tracel-llvm-bundler");
    }
}
