//! Command-line flags that several commands share.

mod device_flags;
mod engine_flags;
mod run_flags;
mod work_flags;

pub use device_flags::DeviceFlags;
pub use engine_flags::{Engine, EngineFlags};
pub use run_flags::{RunFlags, absolute, default_out, warn};
pub use work_flags::{WorkFlags, minutes};
