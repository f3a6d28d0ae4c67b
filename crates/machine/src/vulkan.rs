//! Vulkan adapters: GPUs and software renderers.

use std::path::{Path, PathBuf};

use crate::{HostInfo, Missing};

/// GPU vendors: PCI number, description, and parts of the names of their driver manifests.
const VENDORS: [(&str, &str, &[&str]); 4] = [
    ("0x10de", "an NVIDIA GPU", &["nvidia", "nouveau"]),
    ("0x1002", "an AMD GPU", &["radeon", "amd"]),
    ("0x8086", "Intel graphics", &["intel"]),
    ("0x1af4", "a virtual GPU", &["virtio", "gfxstream"]),
];

/// A Vulkan adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adapter {
    pub(crate) name: String,
    /// Whether it is a software renderer on the CPU. Its results are correct, but `--device cpu` is faster.
    pub(crate) is_software: bool,
}

/// The adapters that `vulkaninfo` lists; without `vulkaninfo`, the GPUs that have a driver.
pub(crate) fn adapters(host_info: &HostInfo) -> Vec<Adapter> {
    match host_info.output("vulkaninfo", &["--summary"]) {
        Some(text) => parse_summary(&text),
        None => gpus_with_driver(host_info),
    }
}

/// Parses `vulkaninfo --summary`, which has a `deviceType` and a `deviceName` line per adapter.
fn parse_summary(text: &str) -> Vec<Adapter> {
    let values = |key: &'static str| {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs.filter(move |(found, _)| found.trim() == key).map(|(_, value)| value.trim())
    };
    let adapter = |(kind, name): (&str, &str)| Adapter {
        name: name.to_owned(),
        is_software: kind == "PHYSICAL_DEVICE_TYPE_CPU",
    };
    values("deviceType").zip(values("deviceName")).map(adapter).collect()
}

/// The GPUs in `/sys/class/drm` whose vendor has a driver manifest, and software renderers.
fn gpus_with_driver(host_info: &HostInfo) -> Vec<Adapter> {
    let drivers = driver_manifests(host_info);
    let has_driver = |parts: &[&str]| {
        drivers.iter().any(|driver| parts.iter().any(|part| driver.contains(part)))
    };
    let gpu = |node: &PathBuf| {
        let is_gpu = node.file_name()?.to_string_lossy().starts_with("renderD");
        let vendor = is_gpu.then(|| host_info.read(node.join("device/vendor"))).flatten()?;
        let (_, name, parts) = VENDORS.iter().find(|(number, ..)| *number == vendor.trim())?;
        has_driver(parts).then(|| Adapter { name: (*name).to_owned(), is_software: false })
    };
    let mut adapters: Vec<Adapter> =
        host_info.entries("/sys/class/drm").iter().filter_map(gpu).collect();
    if has_driver(&["lvp", "swiftshader"]) {
        adapters.push(Adapter { name: "llvmpipe".to_owned(), is_software: true });
    }
    adapters
}

/// The lowercase names of the driver manifests.
fn driver_manifests(host_info: &HostInfo) -> Vec<String> {
    let configured =
        ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].iter().find_map(|name| host_info.variable(name));
    let files: Vec<PathBuf> = match configured {
        Some(files) => files.split(':').map(PathBuf::from).collect(),
        None => ["/usr/share", "/usr/local/share", "/etc", "/run/opengl-driver/share"]
            .into_iter()
            .flat_map(|folder| host_info.entries(Path::new(folder).join("vulkan/icd.d")))
            .collect(),
    };
    let name = |file: &PathBuf| {
        let is_manifest = file.extension().is_some_and(|ending| ending == "json");
        let name = file.file_name()?.to_string_lossy().to_lowercase();
        (is_manifest && host_info.exists(file)).then_some(name)
    };
    files.iter().filter_map(name).collect()
}

/// The GPUs that Vulkan can use. Software renderers do not count.
pub(crate) fn usable(host_info: &HostInfo) -> Result<String, Missing> {
    if host_info.library("libvulkan.so.1").is_none() {
        return Err(Missing::new(
            "Vulkan is not installed (libvulkan.so.1)",
            "if there is a GPU, install the Vulkan loader and the GPU's driver (Debian, Ubuntu: the \
             packages libvulkan1 and mesa-vulkan-drivers, or nvidia-driver)",
        ));
    }
    let (software, gpus): (Vec<Adapter>, Vec<Adapter>) =
        adapters(host_info).into_iter().partition(|adapter| adapter.is_software);
    let names = |adapters: &[Adapter]| {
        adapters.iter().map(|adapter| adapter.name.as_str()).collect::<Vec<_>>().join("; ")
    };
    if gpus.is_empty() {
        let what = if software.is_empty() {
            "Vulkan has no adapter".to_owned()
        } else {
            format!("Vulkan has no GPU, only software ({})", names(&software))
        };
        return Err(Missing::new(
            what,
            "if there is a GPU, install its driver (Debian, Ubuntu: mesa-vulkan-drivers, or \
             nvidia-driver); `vulkaninfo --summary` lists the adapters",
        ));
    }
    Ok(names(&gpus))
}
