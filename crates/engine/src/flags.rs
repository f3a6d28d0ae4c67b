//! Command-line flags that several commands share.

mod device_flags;
mod run_flags;

pub use device_flags::DeviceFlags;
pub use run_flags::{RunFlags, absolute, default_out, minutes, warn};
