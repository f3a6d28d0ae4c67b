//! The device of a task, and the cargo feature it needs.

use std::ffi::OsString;

use anyhow::{Result, bail};
use assay_machine::{
    ChosenDevice, DeviceChoice, DeviceKind, HostInfo, Purpose, choose, missing_requirement,
};

/// The arguments for `assay`, and what it has to be built with for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The arguments after the task.
    pub arguments: Vec<OsString>,
    /// Cargo features of `assay-cli`.
    pub features: Vec<&'static str>,
}

impl Job {
    /// A job that needs no device.
    pub fn without_device(arguments: &[OsString]) -> Self {
        Self { arguments: arguments.to_owned(), features: Vec::new() }
    }

    /// A job that prepares work for other machines, or for later: it needs a build for the device, but no device here.
    ///
    /// # Errors
    /// Returns an error if no `--device` is named, or no device has the name.
    pub fn for_others(arguments: &[OsString]) -> Result<Self> {
        if arguments.iter().any(|flag| flag == "--help" || flag == "-h") {
            return Ok(Self::without_device(arguments));
        }
        if device_argument(arguments).is_none_or(|(_, name)| name == "auto") {
            bail!("say what the jobs compute on, such as --device cuda or --device cpu");
        }
        Self::with_choice(arguments, || unreachable!("a device is named"))
    }

    /// A job on the device that `--device` names, or on the best one that this machine has and can build for. Then
    /// prints on standard error which one, and why.
    ///
    /// # Errors
    /// Returns an error if no device has the name, or it is one of CUDA and something is missing for it: before
    /// a build of ten minutes.
    pub fn on_device(arguments: &[OsString]) -> Result<Self> {
        Self::on_device_of(&HostInfo::detect(), arguments)
    }

    fn on_device_of(host_info: &HostInfo, arguments: &[OsString]) -> Result<Self> {
        let job = Self::with_choice(arguments, || {
            let buildable = [DeviceKind::Cuda, DeviceKind::Vulkan];
            let chosen = choose(host_info, &buildable, Purpose::BuildAndRun);
            eprintln!("{chosen}");
            chosen
        })?;
        let is_for_later =
            |flag: &OsString| ["--help", "-h", "--dry-run"].iter().any(|one| flag == one);
        let computes = !arguments.iter().any(is_for_later) && engine(arguments).is_none();
        if job.features.contains(&"cuda") && computes {
            let missing = missing_requirement(host_info, DeviceKind::Cuda, Purpose::BuildAndRun);
            if let Some(missing) = missing {
                bail!("--device cuda: {}; {}", missing.what, missing.fix);
            }
        }
        Ok(job)
    }

    fn with_choice(arguments: &[OsString], choose: impl FnOnce() -> ChosenDevice) -> Result<Self> {
        let has = |flags: &[&str]| arguments.iter().any(|a| flags.iter().any(|flag| a == flag));
        let dashboard = has(&["--tui"]).then_some("tui");
        let given = device_argument(arguments);
        let choice = given.as_ref().map_or(Ok(DeviceChoice::Auto), |(_, name)| name.parse())?;
        let mut arguments = arguments.to_owned();
        let choice = match choice {
            DeviceChoice::Auto
                if has(&["--help", "-h", "--dry-run"]) || engine(&arguments) == Some("none") =>
            {
                return Ok(Self { arguments, features: dashboard.into_iter().collect() });
            }
            DeviceChoice::Auto if engine(&arguments).is_some() => bail!(
                "--engine slurm: say what the nodes of the cluster compute on, such as --device cuda or --device cpu"
            ),
            DeviceChoice::Auto => DeviceChoice::Named(vec![choose().device]),
            named => named,
        };
        let range = given.map_or(arguments.len()..arguments.len(), |(range, _)| range);
        arguments.splice(range, [OsString::from(format!("--device={choice}"))]);
        let features = choice.kinds().into_iter().filter_map(DeviceKind::feature);
        let features = features.chain(dashboard).collect();
        Ok(Self { arguments, features })
    }
}

/// `slurm` or `none` if `--engine` says that this machine does not compute.
pub fn engine(arguments: &[OsString]) -> Option<&'static str> {
    let text = |argument: &OsString| argument.to_string_lossy().into_owned();
    let named = |engine: &&str| {
        let joined = arguments.iter().any(|one| text(one) == format!("--engine={engine}"));
        let is_pair =
            |pair: &[OsString]| text(&pair[0]) == "--engine" && text(&pair[1]) == **engine;
        joined || arguments.windows(2).any(is_pair)
    };
    ["slurm", "none"].into_iter().find(|engine| named(engine))
}

/// The last `--device NAME` or `--device=NAME`: its position, and the name.
fn device_argument(arguments: &[OsString]) -> Option<(std::ops::Range<usize>, String)> {
    let text = |index: usize| arguments.get(index).map(|text| text.to_string_lossy().into_owned());
    (0..arguments.len()).rev().find_map(|index| {
        let argument = text(index)?;
        if argument == "--device" {
            return Some((index..index + 2, text(index + 1)?));
        }
        let name = argument.strip_prefix("--device=")?;
        Some((index..index + 1, name.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_machine::DeviceName;

    fn job(arguments: &[&str]) -> Job {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let best = || ChosenDevice { device: DeviceName::Vulkan(0), reason: "a GPU".to_owned() };
        Job::with_choice(&arguments, best).unwrap()
    }

    #[test]
    fn a_named_device_decides_the_features_and_the_cpu_needs_none() {
        assert!(job(&["--device", "cpu"]).features.is_empty());
        assert_eq!(job(&["--device", "cuda:1"]).features, ["cuda"]);
        let several = job(&["--device", "cuda:0,cuda:1"]);
        assert_eq!(
            (several.features, several.arguments),
            (vec!["cuda"], vec!["--device=cuda:0,cuda:1".into()])
        );
        assert_eq!(job(&["--device", "cuda:all"]).features, ["cuda"]);
        assert_eq!(job(&["--seeds", "2", "--device=wgpu"]).features, ["wgpu"]);
        assert_eq!(job(&["--tui", "distill", "--device=wgpu"]).features, ["wgpu", "tui"]);
    }

    #[test]
    fn auto_is_the_default_and_its_choice_is_passed_on() {
        for given in [&["--seeds", "2"][..], &["--seeds", "2", "--device", "auto"]] {
            let job = job(given);
            assert_eq!(job.features, ["vulkan"]);
            assert_eq!(job.arguments, ["--seeds", "2", "--device=vulkan:0"]);
        }
        assert_eq!(job(&["--device=auto", "--json"]).arguments, ["--device=vulkan:0", "--json"]);
    }

    #[test]
    fn help_and_plans_need_no_device() {
        for flag in ["--help", "-h", "--dry-run"] {
            let job = job(&[flag]);
            assert!(job.features.is_empty());
            assert_eq!(job.arguments, [flag]);
        }
    }

    #[test]
    fn cuda_without_a_driver_is_refused_before_anything_is_built() {
        let nothing = std::path::Path::new("/no such folder");
        let host_info = HostInfo::new(nothing, &[], |_, _| None);
        let job = |arguments: &[&str]| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            Job::on_device_of(&host_info, &arguments)
        };
        let error = job(&["--device", "cuda:7"]).unwrap_err().to_string();
        assert!(error.starts_with("--device cuda: there is no NVIDIA driver; "), "{error}");
        assert!(job(&["--device", "cuda:7", "--help"]).is_ok());
        assert!(job(&["--device", "cpu"]).is_ok());
    }

    #[test]
    fn a_machine_that_only_submits_needs_no_device() {
        let nothing = std::path::Path::new("/no such folder");
        let host_info = HostInfo::new(nothing, &[], |_, _| None);
        let job = |arguments: &[&str]| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            Job::on_device_of(&host_info, &arguments)
        };
        let submitted = job(&["--device", "cuda:all", "--engine", "slurm"]).unwrap();
        assert_eq!(submitted.features, ["cuda"]);
        assert_eq!(submitted.arguments[0], "--device=cuda:all");
        let error = job(&["--engine=slurm"]).unwrap_err().to_string();
        assert!(error.contains("such as --device cuda"), "{error}");
        assert_eq!(job(&["--engine", "none"]).unwrap().arguments, ["--engine", "none"]);
        let exported = |arguments: &[&str]| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            Job::for_others(&arguments)
        };
        assert_eq!(exported(&["run", "--device", "cuda"]).unwrap().features, ["cuda"]);
        assert!(exported(&["run"]).unwrap_err().to_string().contains("--device cuda"));
    }

    #[test]
    fn an_unknown_device_is_refused_before_anything_is_built() {
        let arguments = ["--device".into(), "gpu".into()];
        let error = Job::on_device(&arguments).unwrap_err().to_string();
        assert!(error.contains("unknown device \"gpu\"") && error.contains("cuda"), "{error}");
    }
}
