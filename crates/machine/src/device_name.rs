//! Device names, as `--device` accepts them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// The CPU.
    Cpu,
    /// NVIDIA GPUs, through CUDA.
    Cuda,
    /// GPUs, through Vulkan (SPIR-V).
    Vulkan,
    /// GPUs, through WebGPU (WGSL).
    Wgpu,
}

impl DeviceKind {
    /// All kinds, the CPU first.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Cuda, Self::Vulkan, Self::Wgpu];

    /// The name that `--device` uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Vulkan => "vulkan",
            Self::Wgpu => "wgpu",
        }
    }

    /// The cargo feature of `assay-cli` that adds support for it; `None` for the CPU, which is always
    /// supported.
    #[must_use]
    pub fn feature(self) -> Option<&'static str> {
        (self != Self::Cpu).then(|| self.name())
    }

    /// The device of this kind with a number. The CPU has no numbers.
    fn numbered(self, number: usize) -> DeviceName {
        match self {
            Self::Cpu => DeviceName::Cpu,
            Self::Cuda => DeviceName::Cuda(number),
            Self::Vulkan => DeviceName::Vulkan(number),
            Self::Wgpu => DeviceName::Wgpu(number),
        }
    }

    /// The first device of this kind.
    #[must_use]
    pub fn first_device(self) -> DeviceName {
        self.numbered(0)
    }
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceName {
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU by number, through CUDA.
    Cuda(usize),
    /// A GPU by number, through Vulkan (SPIR-V).
    Vulkan(usize),
    /// A GPU by number, through WebGPU (WGSL).
    Wgpu(usize),
}

impl DeviceName {
    /// The kind of the device.
    #[must_use]
    pub fn kind(self) -> DeviceKind {
        match self {
            Self::Cpu => DeviceKind::Cpu,
            Self::Cuda(_) => DeviceKind::Cuda,
            Self::Vulkan(_) => DeviceKind::Vulkan,
            Self::Wgpu(_) => DeviceKind::Wgpu,
        }
    }

    /// Whether it is the CPU, where results are reproducible bit for bit.
    #[must_use]
    pub fn is_cpu(self) -> bool {
        self == Self::Cpu
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) | Self::Vulkan(number) | Self::Wgpu(number) => {
                write!(f, "{}:{number}", self.kind())
            }
        }
    }
}

/// The error for a name that no device has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown device {0:?}: use auto, cpu, cuda, vulkan or wgpu; the last three may have a GPU number, such as cuda:1; \
     several are separated by commas, and cuda:all stands for all NVIDIA GPUs"
)]
pub struct UnknownDevice(pub String);

impl FromStr for DeviceName {
    type Err = UnknownDevice;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let (kind, number) = name.split_once(':').unwrap_or((name, "0"));
        let kind = DeviceKind::ALL.into_iter().find(|known| known.name() == kind);
        match (kind, number.parse()) {
            (Some(DeviceKind::Cpu), _) if name != "cpu" => Err(UnknownDevice(name.to_owned())),
            (Some(kind), Ok(number)) => Ok(kind.numbered(number)),
            _ => Err(UnknownDevice(name.to_owned())),
        }
    }
}

/// The value of `--device`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DeviceChoice {
    /// The best device of the machine.
    Auto,
    /// All NVIDIA GPUs.
    AllCuda,
    /// These devices, each once: at least one.
    Named(Vec<DeviceName>),
}

impl DeviceChoice {
    /// The kinds of the named devices, each once; none for `auto`.
    #[must_use]
    pub fn kinds(&self) -> Vec<DeviceKind> {
        match self {
            Self::Auto => Vec::new(),
            Self::AllCuda => vec![DeviceKind::Cuda],
            Self::Named(devices) => {
                let mut kinds: Vec<DeviceKind> = Vec::new();
                for kind in devices.iter().map(|device| device.kind()) {
                    if !kinds.contains(&kind) {
                        kinds.push(kind);
                    }
                }
                kinds
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::AllCuda => f.write_str("cuda:all"),
            Self::Named(devices) => {
                let names: Vec<String> = devices.iter().map(DeviceName::to_string).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = UnknownDevice;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "auto" => Ok(Self::Auto),
            "cuda:all" => Ok(Self::AllCuda),
            _ => {
                let devices =
                    name.split(',').map(str::parse).collect::<Result<Vec<DeviceName>, _>>();
                let devices = devices.map_err(|_| UnknownDevice(name.to_owned()))?;
                let is_repeated = |(at, device)| devices[..at].contains(device);
                if devices.iter().enumerate().any(is_repeated) {
                    return Err(UnknownDevice(format!("{name}, which names a device twice")));
                }
                Ok(Self::Named(devices))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_name_is_parsed_and_an_unknown_one_is_an_error() {
        for name in ["cpu", "cuda:0", "cuda:3", "vulkan:1", "wgpu:0"] {
            assert_eq!(name.parse::<DeviceName>().unwrap().to_string(), name);
        }
        assert_eq!("cuda".parse(), Ok(DeviceName::Cuda(0)));
        for wrong in ["gpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "auto", ""] {
            let error = wrong.parse::<DeviceName>().unwrap_err().to_string();
            assert!(error.contains(&format!("{wrong:?}")), "{error}");
        }
    }

    #[test]
    fn auto_is_a_choice_but_not_a_device() {
        assert_eq!("auto".parse(), Ok(DeviceChoice::Auto));
        assert_eq!("wgpu:2".parse(), Ok(DeviceChoice::Named(vec![DeviceName::Wgpu(2)])));
        assert!("auto:1".parse::<DeviceChoice>().is_err());
    }

    #[test]
    fn several_devices_are_a_choice_if_each_is_named_once() {
        let two: DeviceChoice = "cuda,cuda:1".parse().unwrap();
        let expected = vec![DeviceName::Cuda(0), DeviceName::Cuda(1)];
        assert_eq!(two, DeviceChoice::Named(expected));
        assert_eq!(
            (two.to_string().as_str(), two.kinds()),
            ("cuda:0,cuda:1", vec![DeviceKind::Cuda])
        );
        assert_eq!("cuda:all".parse(), Ok(DeviceChoice::AllCuda));
        for wrong in ["cuda:0,cuda", "cuda:0,", "cuda:0,auto", "cuda:0,cuda:all", "vulkan:all"] {
            assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
        }
    }
}
