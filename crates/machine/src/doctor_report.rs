//! The report of `assay doctor`: what this machine has and what is missing.

use std::fmt;

use serde::Serialize;

use crate::auto_device::usable;
use crate::{
    DeviceKind, HostInfo, Missing, Purpose, choose, cpu_model, llvm, nvidia, toolchain, vulkan,
};

/// What a machine has. Its `Display` form is meant for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoctorReport {
    /// CPU model, number of cores and operating system.
    pub machine: String,
    /// Total and available memory in MiB, if the system reports it.
    pub memory_mebibytes: Option<(u64, u64)>,
    /// The version of the NVIDIA driver, if there is one.
    pub nvidia_driver: Option<String>,
    /// The NVIDIA GPUs.
    pub nvidia_gpus: Vec<String>,
    /// The Vulkan adapters. Software renderers are marked as such.
    pub vulkan_adapters: Vec<String>,
    /// What building needs, with the purpose of each part.
    pub building: Vec<(&'static str, Availability)>,
    /// The devices by kind.
    pub devices: Vec<DeviceReport>,
    /// The device that `--device auto` selects if it may build for it, and why.
    pub auto: String,
}

/// Whether something is available.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// It is available; with a description.
    Available(String),
    /// It is missing.
    Missing(Missing),
}

impl From<Result<String, Missing>> for Availability {
    fn from(result: Result<String, Missing>) -> Self {
        result.map_or_else(Self::Missing, Self::Available)
    }
}

/// Whether a kind of device is usable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceReport {
    /// The kind.
    pub kind: DeviceKind,
    /// Whether a finished program can run on it.
    pub running: Availability,
    /// Whether a program for it can be built here and run.
    pub building: Availability,
}

/// Inspects a machine.
#[must_use]
pub fn diagnose(host_info: &HostInfo) -> DoctorReport {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let adapter = |adapter: vulkan::Adapter| {
        let software = if adapter.is_software { " (software)" } else { "" };
        adapter.name + software
    };
    let device = |kind| DeviceReport {
        kind,
        running: usable(host_info, kind, Purpose::Run).into(),
        building: usable(host_info, kind, Purpose::BuildAndRun).into(),
    };
    let buildable = [DeviceKind::Cuda, DeviceKind::Vulkan];
    DoctorReport {
        machine: format!("{}, {cores} cores, {system} {architecture}", cpu_model(host_info)),
        memory_mebibytes: crate::cpu::memory(host_info),
        nvidia_driver: nvidia::driver(host_info),
        nvidia_gpus: nvidia::gpus(host_info),
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

/// Prints one line for what is available. For what is missing, prints a second line that says how to fix it.
fn write_line(f: &mut fmt::Formatter<'_>, name: &str, availability: &Availability) -> fmt::Result {
    match availability {
        Availability::Available(what) => writeln!(f, "{name}: {what}"),
        Availability::Missing(Missing { what, fix }) => {
            writeln!(f, "{name}: {what}\n  to fix it: {fix}")
        }
    }
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "machine: {}", self.machine)?;
        if let Some((all, free)) = self.memory_mebibytes {
            let [all, free] = [all, free].map(|mebibytes| mebibytes as f64 / 1024.0);
            writeln!(f, "memory: {all:.1} GiB, {free:.1} free")?;
        }
        writeln!(f, "NVIDIA driver: {}", self.nvidia_driver.as_deref().unwrap_or("none"))?;
        writeln!(f, "NVIDIA GPUs: {}", list(&self.nvidia_gpus))?;
        writeln!(f, "Vulkan adapters: {}", list(&self.vulkan_adapters))?;
        for (name, availability) in &self.building {
            write_line(f, name, availability)?;
        }
        for device in &self.devices {
            // What prevents running prevents building and running as well.
            write_line(f, &format!("--device {}", device.kind), &device.building)?;
        }
        write!(f, "--device auto selects {}", self.auto.trim_start_matches("device: "))
    }
}
