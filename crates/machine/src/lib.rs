//! What this machine has, and which device to use. No Burn: `xtask` asks before anything is built, and
//! `assay` asks again where it is run by itself.
//!
//! [`HostInfo`] is all that is looked at: files under a root, variables, the output of programs. A
//! test gives it another root. [`choose`] is the one rule of `--device auto`; [`examine`] says for
//! every device whether it can be used here, and if not, what is missing and what mends it.

mod choice;
mod doctor_report;
mod host_info;
mod llvm;
mod name;
mod nvidia;
mod processor;
mod toolchain;
mod vulkan;

pub use choice::{Chosen, Purpose, choose, obstacle};
pub use doctor_report::{DeviceReport, DoctorReport, Found, examine};
pub use host_info::HostInfo;
pub use llvm::BUNDLE_VERSION;
pub use name::{DeviceChoice, DeviceKind, DeviceName, UnknownDevice};
pub use processor::processor;

/// Something that a device needs and this machine does not have.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Missing {
    /// What is missing, in words that begin small and end without a stop.
    pub what: String,
    /// What mends it: a command, or what to do.
    pub mend: String,
}

impl Missing {
    fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }
}
