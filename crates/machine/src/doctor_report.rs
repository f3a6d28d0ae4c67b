//! What `doctor` tells of a machine.

use std::fmt;

use serde::Serialize;

use crate::choice::usable;
use crate::{
    DeviceKind, HostInfo, Missing, Purpose, choose, llvm, nvidia, processor, toolchain, vulkan,
};

/// What a machine has. Prints as lines for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoctorReport {
    /// Processor, cores, system.
    pub machine: String,
    /// Mebibytes of memory, and how many of them are free; none where nobody says.
    pub memory_mebibytes: Option<(u64, u64)>,
    /// Version of the NVIDIA driver.
    pub nvidia_driver: Option<String>,
    /// NVIDIA cards.
    pub nvidia_cards: Vec<String>,
    /// Vulkan adapters; software is named as such.
    pub vulkan_adapters: Vec<String>,
    /// What building needs, by what it is for.
    pub building: Vec<(&'static str, Found)>,
    /// Every kind of device.
    pub devices: Vec<DeviceReport>,
    /// What `--device auto` takes where it may build what it needs, and why.
    pub auto: String,
}

/// Something that is there, in words, or is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// What it is.
    Found(String),
    /// What is missing, and what mends it.
    Missing(Missing),
}

impl From<Result<String, Missing>> for Found {
    fn from(result: Result<String, Missing>) -> Self {
        result.map_or_else(Self::Missing, Self::Found)
    }
}

/// Whether a kind of device can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceReport {
    /// The kind.
    pub kind: DeviceKind,
    /// What it would be, or what is missing to run a program on it that is built.
    pub running: Found,
    /// The same to build a program for it here.
    pub building: Found,
}

/// Looks at everything.
#[must_use]
pub fn examine(host_info: &HostInfo) -> DoctorReport {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let adapter = |adapter: vulkan::Adapter| {
        let software = if adapter.is_software { " (software)" } else { "" };
        format!("{}{software}", adapter.name)
    };
    let device = |kind| DeviceReport {
        kind,
        running: usable(host_info, kind, Purpose::Run).into(),
        building: usable(host_info, kind, Purpose::BuildAndRun).into(),
    };
    let buildable = [DeviceKind::Cuda, DeviceKind::Vulkan];
    DoctorReport {
        machine: format!("{}, {cores} cores, {system} {architecture}", processor(host_info)),
        memory_mebibytes: crate::processor::memory(host_info),
        nvidia_driver: nvidia::driver(host_info),
        nvidia_cards: nvidia::cards(host_info),
        vulkan_adapters: vulkan::adapters(host_info).into_iter().map(adapter).collect(),
        building: vec![
            ("Rust", toolchain::rust(host_info).into()),
            ("linker", toolchain::linker(host_info).into()),
            ("CUDA build", llvm::usable(host_info).into()),
        ],
        devices: DeviceKind::ALL.map(device).to_vec(),
        auto: choose(host_info, &buildable, Purpose::BuildAndRun).to_string(),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join("; ") }
}

/// A line for what is there; for what is not, one that says so and one that mends it.
fn line(f: &mut fmt::Formatter<'_>, name: &str, found: &Found) -> fmt::Result {
    match found {
        Found::Found(found) => writeln!(f, "{name}: {found}"),
        Found::Missing(Missing { what, mend }) => {
            writeln!(f, "{name}: {what}\n  to mend it: {mend}")
        }
    }
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "machine: {}", self.machine)?;
        if let Some((all, free)) = self.memory_mebibytes {
            writeln!(f, "memory: {:.1} GiB, {:.1} free", gibibytes(all), gibibytes(free))?;
        }
        writeln!(f, "NVIDIA driver: {}", self.nvidia_driver.as_deref().unwrap_or("none"))?;
        writeln!(f, "NVIDIA cards: {}", list(&self.nvidia_cards))?;
        writeln!(f, "Vulkan adapters: {}", list(&self.vulkan_adapters))?;
        for (name, found) in &self.building {
            line(f, name, found)?;
        }
        for device in &self.devices {
            // What stops running stops building as well.
            line(f, &format!("--device {}", device.kind), &device.building)?;
        }
        write!(f, "--device auto takes {}", self.auto.trim_start_matches("device: "))
    }
}

fn gibibytes(mebibytes: u64) -> f64 {
    mebibytes as f64 / 1024.0
}
