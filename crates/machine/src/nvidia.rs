//! NVIDIA cards, and what CUDA needs to run on them.

use std::path::PathBuf;

use crate::{HostInfo, Missing};

/// Where a CUDA toolkit is looked for without `CUDA_PATH`: what cubecl 0.11 tries, in its order.
const TOOLKITS: [&str; 4] = ["/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda", "/usr"];

/// The card's own account of itself, one line a card.
const QUERY: [&str; 2] =
    ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"];

/// The driver's version, where there is a driver.
pub(crate) fn driver(host_info: &HostInfo) -> Option<String> {
    let version = host_info.read("/proc/driver/nvidia/version");
    let number = |text: &str| {
        let words = text.lines().next()?.split_whitespace();
        let is_version = |word: &&str| word.contains('.') && word.starts_with(char::is_numeric);
        words.into_iter().find(is_version).map(str::to_owned)
    };
    match version {
        Some(text) => Some(number(&text).unwrap_or_else(|| "of unknown version".to_owned())),
        // Windows' subsystem for Linux has the driver of Windows behind this file.
        None if host_info.exists("/dev/dxg") && libcuda(host_info).is_some() => {
            Some("of Windows".to_owned())
        }
        None => None,
    }
}

fn libcuda(host_info: &HostInfo) -> Option<PathBuf> {
    host_info.library("libcuda.so.1").or_else(|| host_info.library("libcuda.so"))
}

/// The cards, in words, with their memory where `nvidia-smi` is there to say it.
pub(crate) fn cards(host_info: &HostInfo) -> Vec<String> {
    if let Some(said) = host_info.output("nvidia-smi", &QUERY) {
        return said.lines().filter_map(card).collect();
    }
    let folders = host_info.entries("/proc/driver/nvidia/gpus");
    let model = |folder: PathBuf| {
        let text = host_info.read(folder.join("information"))?;
        let model = text.lines().find_map(|line| line.strip_prefix("Model:"))?;
        Some(model.trim().to_owned())
    };
    folders.into_iter().filter_map(model).collect()
}

/// `NVIDIA H100, 81559, 535.1` in words; none for a line that is no card.
fn card(line: &str) -> Option<String> {
    let mut fields = line.split(',').map(str::trim);
    let (name, memory) = (fields.next()?, fields.next()?);
    let mebibytes: u64 = memory.parse().ok()?;
    Some(format!("{name}, {} GiB", mebibytes.div_ceil(1024)))
}

/// The CUDA library of mathematical functions, which kernels are linked with when they are compiled.
pub(crate) fn libdevice(host_info: &HostInfo) -> Result<PathBuf, Missing> {
    let within = |root: &str| PathBuf::from(root).join("nvvm/libdevice/libdevice.10.bc");
    let there = |path: &PathBuf| host_info.exists(path);
    let (tried, found) = match host_info.variable("CUDA_PATH") {
        // Where it is set, cubecl looks nowhere else.
        Some(root) => (format!("$CUDA_PATH ({root})"), Some(within(root)).filter(there)),
        None => (TOOLKITS.join(", "), TOOLKITS.map(within).into_iter().find(there)),
    };
    found.ok_or_else(|| {
        Missing::new(
            format!("nvvm/libdevice/libdevice.10.bc is not in {tried}"),
            "set CUDA_PATH to a CUDA toolkit that has it; without a toolkit: `pip install \
             nvidia-cuda-nvcc-cu12`, then CUDA_PATH is site-packages/nvidia/cuda_nvcc",
        )
    })
}

/// The cards that CUDA can run on, in words.
pub(crate) fn usable(host_info: &HostInfo) -> Result<String, Missing> {
    let Some(version) = driver(host_info) else {
        return Err(Missing::new(
            "there is no NVIDIA driver",
            "with an NVIDIA card: install its driver (Debian, Ubuntu: the package nvidia-driver)",
        ));
    };
    if libcuda(host_info).is_none() {
        return Err(Missing::new(
            format!("the NVIDIA driver {version} is there, its libcuda.so.1 is not"),
            "install the driver's libraries (Debian: the package libcuda1); start a container with \
             `--gpus all`",
        ));
    }
    let cards = cards(host_info);
    if cards.is_empty() {
        return Err(Missing::new(
            format!("the NVIDIA driver {version} has no card"),
            "`nvidia-smi` says why; start a container with `--gpus all`",
        ));
    }
    libdevice(host_info)?;
    Ok(cards.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_nvidia_smi_is_a_card_and_a_complaint_is_none() {
        assert_eq!(
            card("NVIDIA GeForce RTX 3060, 12288, 550.54.14").as_deref(),
            Some("NVIDIA GeForce RTX 3060, 12 GiB")
        );
        assert_eq!(card("No devices were found"), None);
    }
}
