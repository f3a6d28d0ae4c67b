//! What a build for CUDA needs: LLVM, which cubecl compiles kernels with, and a C++ compiler.

use std::path::{Path, PathBuf};

use crate::{Missing, Surroundings, toolchain};

/// The LLVM that cubecl 0.11 is linked with, as `Cargo.lock` names its bundler.
pub const BUNDLE_VERSION: &str = "23.1.0-4";

/// Where the bundler puts it: `$XDG_DATA_HOME`, or `~/.local/share`.
pub(crate) fn bundle(surroundings: &Surroundings) -> Option<PathBuf> {
    let data = match surroundings.variable("XDG_DATA_HOME") {
        Some(folder) if folder.starts_with('/') => PathBuf::from(folder),
        _ => Path::new(surroundings.variable("HOME")?).join(".local/share"),
    };
    Some(data.join(format!("tracel/tracel-llvm-{BUNDLE_VERSION}")))
}

/// Whether it is there. The bundler leaves a file behind when it is done.
pub(crate) fn is_installed(surroundings: &Surroundings) -> bool {
    let bundle = bundle(surroundings);
    bundle.is_some_and(|bundle| surroundings.exists(bundle.join(".tracel-llvm-installed")))
}

fn is_downloadable(surroundings: &Surroundings) -> bool {
    let machine = match std::env::consts::ARCH {
        "aarch64" => "linux-AArch64",
        _ => "linux-x64",
    };
    let releases = "https://github.com/tracel-ai/tracel-llvm/releases/download";
    let url = format!("{releases}/v{BUNDLE_VERSION}/{machine}.checksums.json");
    let curl = ["--head", "--silent", "--fail", "--location", "--max-time", "10", &url];
    let wget = ["--spider", "--quiet", "--tries=1", "--timeout=10", &url];
    let answers = |program, arguments: &[&str]| surroundings.output(program, arguments).is_some();
    answers("curl", &curl) || answers("wget", &wget)
}

/// What a build for CUDA will use, in words.
pub(crate) fn usable(surroundings: &Surroundings) -> Result<String, Missing> {
    let compiler = toolchain::cpp_compiler(surroundings)?;
    if is_installed(surroundings) {
        return Ok(format!("LLVM {BUNDLE_VERSION} is there; C++ compiler {compiler}"));
    }
    if is_downloadable(surroundings) {
        return Ok(format!(
            "LLVM {BUNDLE_VERSION} will be downloaded (about 200 MB); C++ compiler {compiler}"
        ));
    }
    let system = surroundings.exists("/usr/lib/llvm-22/bin/llvm-config");
    let mend = if system {
        "`sh docs/system-llvm.sh` puts this system's LLVM 22 in its place"
    } else {
        "connect the machine to the network, or follow docs/offline-cuda.md"
    };
    Err(Missing::new(
        format!(
            "LLVM {BUNDLE_VERSION}, which a build for CUDA links, is neither here nor within reach"
        ),
        mend,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_is_that_of_the_lock_file() {
        let lock = include_str!("../../../Cargo.lock");
        let entry = format!("name = \"tracel-llvm-bundler\"\nversion = \"{BUNDLE_VERSION}\"");
        assert!(lock.contains(&entry), "Cargo.lock has another tracel-llvm-bundler");
    }
}
