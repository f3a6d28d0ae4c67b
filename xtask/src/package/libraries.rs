//! Shared libraries that a program needs and another Linux may not have.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// What every Linux has: the C library and what belongs to it. It must be the system's own, and at least as
/// new as the one that the program was built with.
const SYSTEM_LIBRARIES: &str =
    "linux-vdso ld-linux libc.so libm.so libdl.so libpthread.so librt.so libgcc_s.so";

/// The libraries that are packed with a program.
pub fn needed(program: &Path) -> Result<Vec<PathBuf>> {
    let ldd = Command::new("ldd").arg(program).output().context("running ldd")?;
    ensure!(ldd.status.success(), "ldd {} ended with {}", program.display(), ldd.status);
    parse(&String::from_utf8_lossy(&ldd.stdout))
}

/// The paths in lines such as `name => path (address)` that are packed.
fn parse(said: &str) -> Result<Vec<PathBuf>> {
    let mut libraries = Vec::new();
    for (name, place) in said.lines().filter_map(|line| line.trim().split_once(" => ")) {
        let path = place.split(" (").next().unwrap_or(place).trim();
        ensure!(path != "not found", "the library {name} is not found on this machine either");
        if !SYSTEM_LIBRARIES.split(' ').any(|known| name.starts_with(known)) {
            libraries.push(Path::new(path).to_owned());
        }
    }
    Ok(libraries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_is_not_packed_and_the_rest_is() {
        let said = "\tlinux-vdso.so.1 (0x00007fc8)\n\tlibm.so.6 => /lib/libm.so.6 (0x1)\n\
                    \tlibz.so.1 => /lib/libz.so.1 (0x2)\n\tlibstdc++.so.6 => /lib/libstdc++.so.6 (0x3)\n\
                    \tlibc.so.6 => /lib/libc.so.6 (0x4)\n\t/lib64/ld-linux-x86-64.so.2 (0x5)\n";
        let expected = ["/lib/libz.so.1", "/lib/libstdc++.so.6"].map(PathBuf::from);
        assert_eq!(parse(said).unwrap(), expected);
        let error = parse("\tlibz3.so.4 => not found\n").unwrap_err().to_string();
        assert!(error.contains("libz3.so.4"), "{error}");
    }
}
