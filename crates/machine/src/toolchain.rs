//! What building assay needs: Rust, a linker and, for CUDA, a C++ compiler.

use crate::{HostInfo, Missing};

/// The first line that a program prints for `--version`.
fn version(host_info: &HostInfo, program: &str) -> Option<String> {
    let text = host_info.output(program, &["--version"])?;
    text.lines().next().map(|line| line.trim().to_owned())
}

/// The Rust compiler.
pub(crate) fn rust(host_info: &HostInfo) -> Result<String, Missing> {
    version(host_info, "rustc").ok_or_else(|| {
        Missing::new("rustc is not installed", "install Rust 1.95 or later: https://rustup.rs")
    })
}

/// The linker that rustc uses.
pub(crate) fn linker(host_info: &HostInfo) -> Result<String, Missing> {
    version(host_info, "cc").ok_or_else(|| {
        Missing::new(
            "there is no linker (cc)",
            "install a C compiler (Debian, Ubuntu: `apt-get install gcc`)",
        )
    })
}

/// The C++ compiler that a build for CUDA uses.
pub(crate) fn cpp_compiler(host_info: &HostInfo) -> Result<String, Missing> {
    let configured = host_info.variable("CXX");
    let compilers = configured.into_iter().chain(["c++", "g++", "clang++"]);
    compilers.into_iter().find_map(|program| version(host_info, program)).ok_or_else(|| {
        Missing::new(
            "a build for CUDA needs a C++ compiler, and none is installed",
            "install one (Debian, Ubuntu: `apt-get install g++`)",
        )
    })
}
