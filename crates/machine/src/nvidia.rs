//! NVIDIA GPUs, and what CUDA needs to use them.

use std::path::{Path, PathBuf};

use crate::{HostInfo, Missing};

/// Where to look for a CUDA toolkit if `CUDA_PATH` is not set: the folders that cubecl 0.11 tries, in order.
const TOOLKITS: [&str; 4] = ["/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda", "/usr"];

/// Arguments of `nvidia-smi` that print one line per GPU.
const QUERY: [&str; 2] =
    ["--query-gpu=name,memory.total,driver_version,memory.free", "--format=csv,noheader,nounits"];

/// The version of the NVIDIA driver, if there is one.
pub(crate) fn driver(host_info: &HostInfo) -> Option<String> {
    if let Some(text) = host_info.read("/proc/driver/nvidia/version") {
        let is_version = |word: &&str| word.contains('.') && word.starts_with(char::is_numeric);
        let version = text.lines().next().and_then(|line| line.split_whitespace().find(is_version));
        return Some(version.unwrap_or("of unknown version").to_owned());
    }
    // Some containers hide /proc/driver.
    let gpus = query(host_info);
    if let Some(gpu) = gpus.first() {
        return Some(gpu.driver.clone());
    }
    // The Windows Subsystem for Linux uses the Windows driver through this file.
    let is_windows = host_info.exists("/dev/dxg") && libcuda(host_info).is_some();
    is_windows.then(|| "of Windows".to_owned())
}

fn libcuda(host_info: &HostInfo) -> Option<PathBuf> {
    host_info.library("libcuda.so.1").or_else(|| host_info.library("libcuda.so"))
}

/// Describes the GPUs, with their memory if `nvidia-smi` is installed.
pub(crate) fn gpus(host_info: &HostInfo) -> Vec<String> {
    let gpus = query(host_info);
    if !gpus.is_empty() {
        return gpus
            .iter()
            .map(|gpu| format!("{}, {} GiB", gpu.name, gpu.total.div_ceil(1024)))
            .collect();
    }
    let model = |folder: &PathBuf| {
        let text = host_info.read(folder.join("information"))?;
        let model = text.lines().find_map(|line| line.strip_prefix("Model:"))?;
        Some(model.trim().to_owned())
    };
    host_info.entries("/proc/driver/nvidia/gpus").iter().filter_map(model).collect()
}

/// The free memory of an NVIDIA GPU in MiB; `None` if `nvidia-smi` does not tell.
#[must_use]
pub fn free_memory_mebibytes(host_info: &HostInfo, gpu: usize) -> Option<u64> {
    let number = match std::env::var("CUDA_VISIBLE_DEVICES") {
        // CUDA numbers the GPUs that this names. It may also name them by UUID, which is not looked up here.
        Ok(names) => visible(&names).get(gpu)?.parse().ok()?,
        Err(_) => gpu,
    };
    query(host_info).get(number)?.free
}

/// The number of GPUs that CUDA shows to a program: those that `CUDA_VISIBLE_DEVICES` names, or else all.
#[must_use]
pub fn visible_gpus(host_info: &HostInfo) -> usize {
    match std::env::var("CUDA_VISIBLE_DEVICES") {
        Ok(names) => visible(&names).len(),
        Err(_) => query(host_info).len(),
    }
}

/// The GPUs that `CUDA_VISIBLE_DEVICES` names. It ends at the first that does not exist, such as -1.
fn visible(names: &str) -> Vec<&str> {
    names.split(',').map(str::trim).take_while(|name| !name.is_empty() && *name != "-1").collect()
}

/// A GPU as `nvidia-smi` describes it; memory in MiB.
#[derive(Debug, PartialEq, Eq)]
struct Gpu {
    name: String,
    total: u64,
    driver: String,
    free: Option<u64>,
}

/// The GPUs that `nvidia-smi` lists; none if it is not installed.
fn query(host_info: &HostInfo) -> Vec<Gpu> {
    let text = host_info.output("nvidia-smi", &QUERY).unwrap_or_default();
    text.lines().filter_map(parse_gpu).collect()
}

/// Parses a line such as `NVIDIA H100, 81559, 535.1, 80000`; `None` if the line is not about a GPU.
fn parse_gpu(line: &str) -> Option<Gpu> {
    let mut fields = line.split(',').map(str::trim);
    Some(Gpu {
        name: fields.next()?.to_owned(),
        total: fields.next()?.parse().ok()?,
        driver: fields.next()?.to_owned(),
        free: fields.next().and_then(|free| free.parse().ok()),
    })
}

/// CUDA's library of mathematical functions, which cubecl links into kernels at run time.
pub(crate) fn libdevice(host_info: &HostInfo) -> Result<PathBuf, Missing> {
    let (tried, roots) = match host_info.variable("CUDA_PATH") {
        // If it is set, cubecl looks nowhere else.
        Some(root) => (format!("$CUDA_PATH ({root})"), vec![root]),
        None => (TOOLKITS.join(", "), TOOLKITS.to_vec()),
    };
    let mut files = roots.iter().map(|root| Path::new(root).join("nvvm/libdevice/libdevice.10.bc"));
    files.find(|file| host_info.exists(file)).ok_or_else(|| {
        Missing::new(
            format!("nvvm/libdevice/libdevice.10.bc is not in {tried}"),
            "set CUDA_PATH to a CUDA toolkit that has it; without a toolkit, run `pip install \
             nvidia-cuda-nvcc-cu12` and set CUDA_PATH to site-packages/nvidia/cuda_nvcc",
        )
    })
}

/// The GPUs that CUDA can use.
pub(crate) fn usable(host_info: &HostInfo) -> Result<String, Missing> {
    let Some(version) = driver(host_info) else {
        return Err(Missing::new(
            "there is no NVIDIA driver",
            "if there is an NVIDIA GPU, install its driver (Debian, Ubuntu: the package nvidia-driver)",
        ));
    };
    if libcuda(host_info).is_none() {
        return Err(Missing::new(
            format!("the NVIDIA driver {version} is installed, but its libcuda.so.1 is not"),
            "install the driver's libraries (Debian: the package libcuda1); start a container with \
             `--gpus all`",
        ));
    }
    let gpus = gpus(host_info);
    if gpus.is_empty() {
        return Err(Missing::new(
            format!("the NVIDIA driver {version} finds no GPU"),
            "run `nvidia-smi` for the cause; start a container with `--gpus all`",
        ));
    }
    libdevice(host_info)?;
    Ok(gpus.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_gpus_end_at_minus_one() {
        assert_eq!(visible("3, 1"), ["3", "1"]);
        assert_eq!(visible("0,-1,2"), ["0"]);
        assert!(visible("").is_empty() && visible("-1").is_empty());
    }

    #[test]
    fn a_line_of_nvidia_smi_is_parsed_and_an_error_message_is_not() {
        let gpu = |free| Gpu {
            name: "NVIDIA GeForce RTX 3060".to_owned(),
            total: 12288,
            driver: "550.54.14".to_owned(),
            free,
        };
        let line = "NVIDIA GeForce RTX 3060, 12288, 550.54.14";
        assert_eq!(parse_gpu(&format!("{line}, 11000")), Some(gpu(Some(11000))));
        assert_eq!(parse_gpu(&format!("{line}, [N/A]")), Some(gpu(None)));
        assert_eq!(parse_gpu("No devices were found"), None);
    }
}
