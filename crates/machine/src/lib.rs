//! What this machine has, and which device to use.
//!
//! This crate does not depend on burn: `xtask` uses it before anything is built, and `assay` uses it again
//! at run time.
//!
//! [`HostInfo`] gives access to files, environment variables and programs; tests replace it. [`choose`]
//! implements `--device auto`. [`diagnose`] reports for every device whether it is usable here, and if not,
//! what is missing and how to fix it.

mod auto_device;
mod cpu;
mod device_name;
mod doctor_report;
mod host_info;
mod llvm;
mod nvidia;
mod toolchain;
mod vulkan;

pub use auto_device::{ChosenDevice, Purpose, choose, missing_requirement};
pub use cpu::cpu_model;
pub use device_name::{DeviceChoice, DeviceKind, DeviceName, UnknownDevice};
pub use doctor_report::{Availability, DeviceReport, DoctorReport, diagnose};
pub use host_info::HostInfo;
pub use nvidia::{free_memory_mebibytes, visible_gpus};

/// Something that a device needs and that this machine lacks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Missing {
    /// What is missing: a phrase without a capital and a full stop.
    pub what: String,
    /// How to fix it: a command or an instruction.
    pub fix: String,
}

impl Missing {
    fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }
}
