//! What building needs.

use crate::{HostInfo, Missing};

/// The first line of what a program says of its version.
fn version(host_info: &HostInfo, program: &str) -> Option<String> {
    let said = host_info.output(program, &["--version"])?;
    said.lines().next().map(|line| line.trim().to_owned())
}

/// The Rust compiler.
pub(crate) fn rust(host_info: &HostInfo) -> Result<String, Missing> {
    version(host_info, "rustc").ok_or_else(|| {
        Missing::new("there is no rustc", "install Rust 1.95 or later: https://rustup.rs")
    })
}

/// The linker that rustc calls.
pub(crate) fn linker(host_info: &HostInfo) -> Result<String, Missing> {
    version(host_info, "cc").ok_or_else(|| {
        Missing::new(
            "there is no linker (cc)",
            "install a C compiler (Debian, Ubuntu: `apt-get install gcc`)",
        )
    })
}

/// The C++ compiler that a build for CUDA calls.
pub(crate) fn cpp_compiler(host_info: &HostInfo) -> Result<String, Missing> {
    let named = host_info.variable("CXX");
    let compilers = named.into_iter().chain(["c++", "g++", "clang++"]);
    compilers.into_iter().find_map(|program| version(host_info, program)).ok_or_else(|| {
        Missing::new(
            "a build for CUDA needs a C++ compiler, and there is none",
            "install one (Debian, Ubuntu: `apt-get install g++`)",
        )
    })
}
