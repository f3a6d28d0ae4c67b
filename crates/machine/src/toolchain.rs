//! What building assay needs: Rust, a linker and, for CUDA, a C++ compiler.

use crate::{HostInfo, Missing};

/// The first line that one of some programs prints for `--version`. If none of them is installed, says what is
/// missing and how to fix it.
fn version(
    host_info: &HostInfo,
    programs: &[&str],
    what: &str,
    fix: &str,
) -> Result<String, Missing> {
    let output = programs.iter().find_map(|program| {
        let text = host_info.output(program, &["--version"])?;
        text.lines().next().map(|line| line.trim().to_owned())
    });
    output.ok_or_else(|| Missing::new(what, fix))
}

/// The Rust compiler.
pub(crate) fn rust(host_info: &HostInfo) -> Result<String, Missing> {
    let fix = "install Rust 1.95 or later: https://rustup.rs";
    version(host_info, &["rustc"], "rustc is not installed", fix)
}

/// The linker that rustc uses.
pub(crate) fn linker(host_info: &HostInfo) -> Result<String, Missing> {
    let fix = "install a C compiler (Debian, Ubuntu: `apt-get install gcc`)";
    version(host_info, &["cc"], "there is no linker (cc)", fix)
}

/// The C++ compiler that a build for CUDA uses.
pub(crate) fn cpp_compiler(host_info: &HostInfo) -> Result<String, Missing> {
    let configured = host_info.variable("CXX");
    let compilers: Vec<&str> = configured.into_iter().chain(["c++", "g++", "clang++"]).collect();
    let what = "a build for CUDA needs a C++ compiler, and none is installed";
    version(host_info, &compilers, what, "install one (Debian, Ubuntu: `apt-get install g++`)")
}
