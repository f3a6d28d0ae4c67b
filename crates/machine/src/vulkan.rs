//! Vulkan adapters: cards, and software that stands in for one.

use std::path::{Path, PathBuf};

use crate::{HostInfo, Missing};

/// Vendors by their PCI numbers, with words that the names of their drivers' manifests have.
const VENDORS: [(&str, &str, &[&str]); 4] = [
    ("0x10de", "an NVIDIA card", &["nvidia", "nouveau"]),
    ("0x1002", "an AMD card", &["radeon", "amd"]),
    ("0x8086", "Intel graphics", &["intel"]),
    ("0x1af4", "a virtual card", &["virtio", "gfxstream"]),
];

/// An adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Adapter {
    pub(crate) name: String,
    /// Whether it is the processor, acting as a card: right, and slower than `--device cpu`.
    pub(crate) is_software: bool,
}

/// The adapters, best account first: what `vulkaninfo` says, or else the cards that have a driver.
pub(crate) fn adapters(host_info: &HostInfo) -> Vec<Adapter> {
    match host_info.output("vulkaninfo", &["--summary"]) {
        Some(said) => summary(&said),
        None => with_drivers(host_info),
    }
}

/// Of `vulkaninfo --summary`: for every adapter a line `deviceType` and a line `deviceName`.
fn summary(said: &str) -> Vec<Adapter> {
    let value = |line: &str, key: &str| {
        let (found, value) = line.split_once('=')?;
        (found.trim() == key).then(|| value.trim().to_owned())
    };
    let types = said.lines().filter_map(|line| value(line, "deviceType"));
    let names = said.lines().filter_map(|line| value(line, "deviceName"));
    let adapter = |(kind, name): (String, String)| Adapter {
        name,
        is_software: kind == "PHYSICAL_DEVICE_TYPE_CPU",
    };
    types.zip(names).map(adapter).collect()
}

/// Cards by the vendor of their render node, as far as there is a manifest of a driver for it.
fn with_drivers(host_info: &HostInfo) -> Vec<Adapter> {
    let drivers = manifests(host_info);
    let has_driver = |words: &[&str]| {
        drivers.iter().any(|driver| words.iter().any(|word| driver.contains(word)))
    };
    let nodes = host_info.entries("/sys/class/drm").into_iter().filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("renderD"))
    });
    let card = |node: PathBuf| {
        let vendor = host_info.read(node.join("device/vendor"))?;
        let (_, name, words) = VENDORS.iter().find(|(number, ..)| *number == vendor.trim())?;
        let adapter = Adapter { name: (*name).to_owned(), is_software: false };
        has_driver(words).then_some(adapter)
    };
    let cards = nodes.filter_map(card);
    let software = has_driver(&["lvp", "swiftshader"]);
    let software = software.then(|| Adapter { name: "llvmpipe".to_owned(), is_software: true });
    cards.chain(software).collect()
}

/// The names of the drivers' manifests, small letters.
fn manifests(host_info: &HostInfo) -> Vec<String> {
    let named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]
        .into_iter()
        .find_map(|name| host_info.variable(name));
    let files: Vec<PathBuf> = match named {
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

/// The cards that Vulkan can run on, in words; software does not count.
pub(crate) fn usable(host_info: &HostInfo) -> Result<String, Missing> {
    if host_info.library("libvulkan.so.1").is_none() {
        return Err(Missing::new(
            "there is no Vulkan (libvulkan.so.1)",
            "with a card: install the loader and the card's driver (Debian, Ubuntu: the packages \
             libvulkan1 and mesa-vulkan-drivers, or nvidia-driver)",
        ));
    }
    let (software, cards): (Vec<Adapter>, Vec<Adapter>) =
        adapters(host_info).into_iter().partition(|adapter| adapter.is_software);
    let names = |adapters: &[Adapter]| {
        adapters.iter().map(|adapter| adapter.name.as_str()).collect::<Vec<_>>().join("; ")
    };
    if cards.is_empty() {
        let what = match software.as_slice() {
            [] => "Vulkan has no adapter".to_owned(),
            software => format!("Vulkan has no card, only software ({})", names(software)),
        };
        return Err(Missing::new(
            what,
            "with a card: install its driver (Debian, Ubuntu: mesa-vulkan-drivers, or nvidia-driver); \
             `vulkaninfo --summary` lists what there is",
        ));
    }
    Ok(names(&cards))
}
