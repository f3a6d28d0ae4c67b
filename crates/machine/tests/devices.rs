//! The device that `--device auto` selects on imaginary machines.

use std::path::Path;

use assay_machine::{
    Availability, DeviceKind, DeviceName, HostInfo, Purpose, choose, diagnose,
    free_memory_mebibytes, missing_requirement,
};
use tempfile::TempDir;

const BUILDABLE: [DeviceKind; 2] = [DeviceKind::Cuda, DeviceKind::Vulkan];
const DRIVER: (&str, &str) = (
    "proc/driver/nvidia/version",
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n",
);
const GPU: (&str, &str) = (
    "proc/driver/nvidia/gpus/0000:01:00.0/information",
    "Model: \t\t NVIDIA GeForce RTX 3060\nIRQ:   \t\t 130\n",
);
const LIBCUDA: (&str, &str) = ("usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
const LIBDEVICE: (&str, &str) = ("usr/local/cuda/nvvm/libdevice/libdevice.10.bc", "");
const BUNDLE: (&str, &str) =
    ("home/me/.local/share/tracel/tracel-llvm-23.1.0-4/.tracel-llvm-installed", "");
const LOADER: (&str, &str) = ("usr/lib/x86_64-linux-gnu/libvulkan.so.1", "");
const AMD: (&str, &str) = ("sys/class/drm/renderD128/device/vendor", "0x1002\n");
const AMD_DRIVER: (&str, &str) = ("usr/share/vulkan/icd.d/radeon_icd.x86_64.json", "{}");
const SOFTWARE: (&str, &str) = ("usr/share/vulkan/icd.d/lvp_icd.x86_64.json", "{}");

type Program = fn(&str, &[&str]) -> Option<String>;

/// A machine with a C++ compiler and no other program.
fn compiler_only(program: &str, _: &[&str]) -> Option<String> {
    (program == "c++").then(|| "c++ 12.2.0\n".to_owned())
}

fn machine(
    files: &[(&str, &str)],
    variables: &[(&str, &str)],
    run: Program,
) -> (TempDir, HostInfo) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let variables = [&[("HOME", "/home/me")], variables].concat();
    let host_info = HostInfo::new(root.path(), &variables, run);
    (root, host_info)
}

/// The device and the reason on a machine with these files.
fn chosen(files: &[(&str, &str)]) -> (DeviceName, String) {
    let (_root, host_info) = machine(files, &[], compiler_only);
    let chosen = choose(&host_info, &BUILDABLE, Purpose::BuildAndRun);
    (chosen.device, chosen.reason)
}

#[test]
fn a_machine_without_gpus_uses_the_cpu_and_says_why() {
    let (device, reason) = chosen(&[]);
    assert_eq!(device, DeviceName::Cpu);
    assert_eq!(
        reason,
        "not cuda: there is no NVIDIA driver; not vulkan: Vulkan is not installed (libvulkan.so.1)"
    );
}

#[test]
fn a_software_renderer_is_not_used() {
    let (device, reason) = chosen(&[LOADER, SOFTWARE]);
    assert_eq!(device, DeviceName::Cpu);
    assert!(reason.contains("no GPU, only software (llvmpipe)"), "{reason}");
    // A driver without its GPU does not count.
    assert_eq!(chosen(&[LOADER, SOFTWARE, AMD_DRIVER]).0, DeviceName::Cpu);
}

#[test]
fn a_gpu_needs_a_vulkan_driver() {
    let (device, reason) = chosen(&[LOADER, AMD, AMD_DRIVER, SOFTWARE]);
    assert_eq!(device, DeviceName::Vulkan(0));
    assert_eq!(reason, "an AMD GPU; not cuda: there is no NVIDIA driver");
    assert_eq!(chosen(&[LOADER, AMD, SOFTWARE]).0, DeviceName::Cpu);
    assert_eq!(chosen(&[AMD, AMD_DRIVER]).0, DeviceName::Cpu);
}

#[test]
fn an_nvidia_gpu_is_used_if_nothing_is_missing() {
    let (device, reason) = chosen(&[DRIVER, GPU, LIBCUDA, LIBDEVICE, BUNDLE]);
    assert_eq!(device, DeviceName::Cuda(0));
    assert_eq!(reason, "NVIDIA GeForce RTX 3060");
}

#[test]
fn a_driver_that_proc_does_not_show_is_found_by_nvidia_smi() {
    let run = |program: &str, _: &[&str]| {
        let gpus = "NVIDIA H200, 143771, 580.95.05, 143000\nNVIDIA H200, 143771, 580.95.05, 9000\n";
        (program == "nvidia-smi").then(|| gpus.to_owned())
    };
    let (_root, host_info) = machine(&[LIBCUDA, LIBDEVICE], &[], run);
    let chosen = choose(&host_info, &BUILDABLE, Purpose::Run);
    assert_eq!(chosen.device, DeviceName::Cuda(0));
    assert_eq!(chosen.reason, "NVIDIA H200, 141 GiB; NVIDIA H200, 141 GiB");
    assert_eq!(
        [0, 1, 2].map(|gpu| free_memory_mebibytes(&host_info, gpu)),
        [Some(143_000), Some(9000), None]
    );
}

#[test]
fn what_cuda_lacks_is_named_and_the_next_device_is_used() {
    let whole = [DRIVER, GPU, LIBCUDA, LIBDEVICE, BUNDLE, LOADER, AMD, AMD_DRIVER];
    let without = |left_out: (&str, &str)| {
        let files: Vec<(&str, &str)> = whole.into_iter().filter(|file| *file != left_out).collect();
        let (device, reason) = chosen(&files);
        assert_eq!(device, DeviceName::Vulkan(0), "{reason}");
        reason
    };
    assert!(without(LIBCUDA).contains("its libcuda.so.1 is not"));
    assert!(without(LIBDEVICE).contains("libdevice.10.bc is not in"));
    assert!(without(GPU).contains("550.54.14 finds no GPU"));
    assert!(without(BUNDLE).contains("neither installed nor downloadable"));
}

#[test]
fn a_finished_program_needs_no_compiler() {
    let files = [DRIVER, GPU, LIBCUDA, LIBDEVICE];
    let (_root, host_info) = machine(&files, &[], |_, _| None);
    let run = choose(&host_info, &DeviceKind::ALL, Purpose::Run);
    assert_eq!(run.device, DeviceName::Cuda(0));
    let build = choose(&host_info, &BUILDABLE, Purpose::BuildAndRun);
    assert!(build.reason.contains("needs a C++ compiler"), "{}", build.reason);
}

#[test]
fn an_llvm_that_can_be_downloaded_is_enough() {
    let (_root, host_info) =
        machine(&[DRIVER, GPU, LIBCUDA, LIBDEVICE], &[], |program, arguments| match program {
            "c++" => Some("c++ 12.2.0".to_owned()),
            "curl" => {
                let url = arguments.last()?;
                url.contains("tracel-llvm/releases/download/v23.1.0-4/").then(String::new)
            }
            _ => None,
        });
    let chosen = choose(&host_info, &BUILDABLE, Purpose::BuildAndRun);
    assert_eq!(chosen.device, DeviceName::Cuda(0), "{}", chosen.reason);
}

#[test]
fn only_cuda_path_is_searched_if_it_is_set() {
    let files = [DRIVER, GPU, LIBCUDA, LIBDEVICE, BUNDLE];
    let (_root, host_info) = machine(&files, &[("CUDA_PATH", "/opt/other")], compiler_only);
    let missing = missing_requirement(&host_info, DeviceKind::Cuda, Purpose::Run).unwrap();
    assert!(missing.what.contains("$CUDA_PATH (/opt/other)"), "{missing:?}");
    let moved = ("opt/other/nvvm/libdevice/libdevice.10.bc", "");
    let files = [DRIVER, GPU, LIBCUDA, moved];
    let (_root, host_info) = machine(&files, &[("CUDA_PATH", "/opt/other")], compiler_only);
    assert_eq!(missing_requirement(&host_info, DeviceKind::Cuda, Purpose::Run), None);
}

#[test]
fn only_supported_devices_are_chosen() {
    let files = [DRIVER, GPU, LIBCUDA, LIBDEVICE, LOADER, AMD, AMD_DRIVER];
    let (_root, host_info) = machine(&files, &[], compiler_only);
    let choose_from = |kinds: &[DeviceKind]| choose(&host_info, kinds, Purpose::Run);
    assert_eq!(choose_from(&[DeviceKind::Cpu, DeviceKind::Wgpu]).device, DeviceName::Wgpu(0));
    let cpu = choose_from(&[DeviceKind::Cpu]);
    assert_eq!(cpu.to_string(), "device: cpu (this build supports no other)");
}

#[test]
fn vulkaninfo_takes_precedence_over_driver_files() {
    fn vulkaninfo(program: &str, arguments: &[&str]) -> Option<String> {
        let adapter =
            |kind, name| format!("\tdeviceType         = {kind}\n\tdeviceName         = {name}\n");
        assert!(program != "vulkaninfo" || arguments == ["--summary"]);
        (program == "vulkaninfo").then(|| {
            adapter("PHYSICAL_DEVICE_TYPE_CPU", "llvmpipe (LLVM 15.0.6, 256 bits)")
                + &adapter("PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU", "Intel(R) UHD Graphics")
        })
    }
    let (_root, host_info) = machine(&[LOADER], &[], vulkaninfo);
    let chosen = choose(&host_info, &[DeviceKind::Vulkan], Purpose::Run);
    assert_eq!(chosen.device, DeviceName::Vulkan(0));
    assert_eq!(chosen.reason, "Intel(R) UHD Graphics");
}

#[test]
fn a_driver_named_by_an_environment_variable_is_found() {
    let files = [LOADER, AMD, ("opt/amd.json", "{}")];
    let (_root, host_info) =
        machine(&files, &[("VK_DRIVER_FILES", "/opt/amd.json")], compiler_only);
    assert_eq!(missing_requirement(&host_info, DeviceKind::Vulkan, Purpose::Run), None);
}

#[test]
fn the_doctor_report_says_what_is_missing_and_how_to_fix_it() {
    let files = [
        ("proc/cpuinfo", "model name\t: Some Processor\n"),
        ("proc/meminfo", "MemTotal:       2097152 kB\nMemAvailable:   1048576 kB\n"),
        ("usr/lib/llvm-22/bin/llvm-config", ""),
        LOADER,
        SOFTWARE,
    ];
    let (_root, host_info) = machine(&files, &[], compiler_only);
    let doctor_report = diagnose(&host_info);
    assert_eq!(doctor_report.memory_mebibytes, Some((2048, 1024)));
    assert_eq!(doctor_report.vulkan_adapters, ["llvmpipe (software)"]);
    let missing = |kind| {
        let report = doctor_report.devices.iter().find(|device| device.kind == kind).unwrap();
        match &report.building {
            Availability::Missing(missing) => missing.clone(),
            Availability::Available(what) => panic!("{kind}: {what}"),
        }
    };
    assert!(missing(DeviceKind::Cuda).fix.contains("nvidia-driver"));
    assert!(missing(DeviceKind::Vulkan).what.contains("only software"));
    let text = doctor_report.to_string();
    assert!(text.starts_with("machine: Some Processor, "), "{text}");
    assert!(text.contains("Rust: rustc is not installed\n  to fix it: install Rust"), "{text}");
    assert!(text.contains("`sh docs/system-llvm.sh`"), "{text}");
    assert!(text.contains("--device cpu: always available"), "{text}");
    assert!(text.contains("--device auto selects cpu (not cuda"), "{text}");
}
