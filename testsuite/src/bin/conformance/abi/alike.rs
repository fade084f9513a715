//! Whether two refusals name the same thing.

use virtargv::Problem;
use virtargv::validate::abi::Difference;

use crate::live;

/// Whether `problem` has the class and the values of libvirt's message.
pub fn problem(theirs: &str, problem: Option<&Problem>) -> bool {
    let Some(problem) = problem else { return false };
    if theirs.strip_prefix(CLASS).is_some_and(|rest| rest.contains("arget") && rest.contains("source")) {
        // A message on a difference.
        return false;
    }
    let labels: Vec<&str> = problem.labels().iter().map(|label| label.text.as_str()).collect();
    let ours = format!("{problem} {} {}", problem.help(), labels.join(" "));
    live::reason(theirs, &ours)
}

/// The class of every message on a difference.
const CLASS: &str = "unsupported configuration: ";

/// The rules, and what libvirt's messages on them name: for each rule, the words that all are there. Of several rows with a
/// rule, one fits.
const NAMED: &[(&str, &[&str])] = &[
    ("abi-domain-type", &["virt type"]),
    ("abi-uuid", &["uuid"]),
    ("abi-genid", &["genid"]),
    ("abi-name", &["name"]),
    ("abi-memory", &["max memory"]),
    ("abi-current-memory", &["current memory"]),
    ("abi-max-memory", &["maximum memory"]),
    ("abi-memory-slots", &["memory slots"]),
    ("abi-memory-source", &["memoryBacking"]),
    ("abi-numa-memory", &["Size", "NUMA"]),
    ("abi-numa-cpus", &["mask", "NUMA"]),
    ("abi-numa-distance", &["NUMA distance"]),
    ("abi-numa-count", &["NUMA", "count"]),
    ("abi-vcpu-max", &["vCPU max"]),
    ("abi-vcpu-online", &["State of vCPU"]),
    ("abi-vcpu-order", &["order of vCPU"]),
    ("abi-os-type", &["OS type"]),
    ("abi-arch", &["architecture"]),
    ("abi-machine", &["machine type"]),
    ("abi-smbios-mode", &["SMBIOS"]),
    ("abi-feature", &["State of feature"]),
    ("abi-hyperv", &["HyperV"]),
    ("abi-kvm", &["KVM"]),
    ("abi-smm-tseg", &["TSEG"]),
    ("abi-timer", &["timer"]),
    ("abi-cpu-present", &["Target CPU does not"]),
    ("abi-cpu-mode", &["CPU mode"]),
    ("abi-cpu-check", &["CPU check"]),
    ("abi-cpu-model", &["CPU model"]),
    ("abi-cpu-vendor", &["CPU vendor"]),
    ("abi-cpu-topology", &["CPU"]),
    ("abi-cpu-maxphysaddr", &["maxphysaddr"]),
    ("abi-cpu-feature-count", &["CPU feature count"]),
    ("abi-cpu-feature-policy", &["CPU feature policy"]),
    ("abi-cpu-feature", &["CPU feature"]),
    ("abi-cpu-cache", &["CPU cache"]),
    ("abi-sysinfo", &["sysinfo"]),
    ("abi-sysinfo", &["base board"]),
    ("abi-sysinfo", &["chassis"]),
    ("abi-device-count", &["count"]),
    ("abi-address-type", &["address type"]),
    ("abi-address", &["address"]),
    ("abi-acpi-index", &["ACPI index"]),
    ("abi-virtio-driver", &["virtio options"]),
    ("abi-virtio-iommu", &["iommu option"]),
    ("abi-virtio-ats", &["ats option"]),
    ("abi-virtio-packed", &["packed option"]),
    ("abi-virtio-page-per-vq", &["page_per_vq option"]),
    ("abi-disk-device", &["disk device"]),
    ("abi-disk-bus", &["disk bus"]),
    ("abi-disk-serial", &["disk serial"]),
    ("abi-disk-wwn", &["disk wwn"]),
    ("abi-disk-readonly", &["disk access mode"]),
    ("abi-disk-model", &["disk model"]),
    ("abi-disk-rotation", &["disk rotation"]),
    ("abi-disk-queues", &["disk queue count"]),
    ("abi-disk-queue-size", &["disk queue"]),
    ("abi-disk-logical-block", &["logical_block_size"]),
    ("abi-disk-physical-block", &["physical_block_size"]),
    ("abi-disk-discard-granularity", &["discard_granularity"]),
    ("abi-disk-target", &["Target disk "]),
    ("abi-controller-type", &["controller type"]),
    ("abi-controller-index", &["controller index"]),
    ("abi-controller-model", &["controller model"]),
    ("abi-controller-ports", &["controller ports"]),
    ("abi-controller-vectors", &["controller vectors"]),
    ("abi-filesystem", &["filesystem"]),
    ("abi-interface-mac", &["network card mac"]),
    ("abi-interface-model", &["network card model"]),
    ("abi-interface-mtu", &["MTU"]),
    ("abi-interface-queues", &["network queue count"]),
    ("abi-input-type", &["input device type"]),
    ("abi-input-bus", &["input device bus"]),
    ("abi-sound", &["sound card"]),
    ("abi-video-model", &["video card model"]),
    ("abi-video-memory", &["video card", "ram"]),
    ("abi-video-memory", &["video card vgamem"]),
    ("abi-video-heads", &["video card heads"]),
    ("abi-video-acceleration", &["video card", "accel"]),
    ("abi-hostdev", &["host device"]),
    ("abi-serial-target", &["serial"]),
    ("abi-chardev-port", &["port"]),
    ("abi-channel", &["channel"]),
    ("abi-console-type", &["console type"]),
    ("abi-hub", &["hub"]),
    ("abi-redirdev", &["redirected device"]),
    ("abi-redirfilter", &["USB"]),
    ("abi-watchdog", &["watchdog"]),
    ("abi-memballoon-model", &["balloon model"]),
    ("abi-memballoon-autodeflate", &["autodeflate"]),
    ("abi-memballoon-reporting", &["freePageReporting"]),
    ("abi-rng", &["RNG"]),
    ("abi-panic", &["panic"]),
    ("abi-shmem", &["shared memory"]),
    ("abi-tpm-model", &["TPM device model"]),
    ("abi-tpm-type", &["TPM device type"]),
    ("abi-tpm-version", &["TPM version"]),
    ("abi-tpm-banks", &["PCR banks"]),
    ("abi-memory-device-model", &["memory device model"]),
    ("abi-memory-device-node", &["targetNode"]),
    ("abi-memory-device-size", &["memory device size"]),
    ("abi-memory-device-base", &["memory device address"]),
    ("abi-memory-device-block", &["memory device"]),
    ("abi-memory-device-nvdimm", &["NVDIMM"]),
    ("abi-iommu", &["IOMMU device"]),
    ("abi-vsock", &["vsock"]),
    ("abi-pstore", &["pstore"]),
];

/// The devices that are counted, and what libvirt's messages call them.
const COUNTED: &[(&str, &str)] = &[
    ("disk", "disk count"),
    ("controller", "controller count"),
    ("filesystem", "filesystem count"),
    ("interface", "net card count"),
    ("input", "input device count"),
    ("sound", "sound card count"),
    ("video", "video card count"),
    ("hostdev", "host device count"),
    ("host devices", "host device count"),
    ("smartcard", "smartcard count"),
    ("serial", "serial port count"),
    ("parallel", "parallel port count"),
    ("channel", "channel count"),
    ("console", "console count"),
    ("hub", "hub device count"),
    ("redirdev", "redirected devices count"),
    ("redirfilter", "redirection filter count"),
    ("watchdog", "watchdog device count"),
    ("memballoon", "memory balloon count"),
    ("rng", "RNG device count"),
    ("panic", "panic device count"),
    ("shmem", "shared memory device count"),
    ("tpm", "TPM device count"),
    ("memory", "memory device count"),
    ("iommu", "IOMMU device count"),
    ("vsock", "vsock device count"),
    ("pstore", "pstore device count"),
];

/// Whether `ours` is the difference that libvirt's message tells.
pub fn difference(theirs: &str, ours: &Difference) -> bool {
    let Some(message) = theirs.strip_prefix(CLASS) else { return false };
    let id = ours.problem.id();
    let is_named = |words: &[&str]| words.iter().all(|word| message.contains(word));
    let longest = NAMED
        .iter()
        .filter(|(rule, _)| id == *rule || id.starts_with(&format!("{rule}-")))
        .map(|(rule, _)| rule.len())
        .max();
    let fits = NAMED
        .iter()
        .any(|(rule, words)| Some(rule.len()) == longest && id.starts_with(rule) && is_named(words));
    fits && counted(message, ours) && values(message, ours) && quoted(message, ours)
}

/// For a number of devices: whether the message counts those.
fn counted(message: &str, ours: &Difference) -> bool {
    if ours.problem.id() != "abi-device-count" {
        return true;
    }
    let what = ours.what.trim_start_matches("number of ").trim_matches(['<', '>']);
    COUNTED.iter().any(|(element, name)| *element == what && message.contains(name))
}

/// Whether the value at the end of the message is that of the source.
fn values(message: &str, ours: &Difference) -> bool {
    // These print a number for the word, or the number of KiB of a size in another unit.
    const OTHERWISE: &[&str] =
        &["abi-controller-model", "abi-address", "abi-sysinfo-field", "abi-memory-device-nvdimm"];
    let exempt = OTHERWISE.contains(&ours.problem.id());
    let Some((_, value)) = message.rsplit_once(" source ") else { return true };
    let value = value.trim_matches(['\'', '(', ')']).trim_end_matches(" RPM");
    if exempt || value.contains(' ') {
        return true;
    }
    match &ours.before {
        None => matches!(value, "<null>" | "-1" | "0" | "none" | "default" | "off" | ""),
        Some(before) => {
            let before = before.strip_suffix(" KiB").unwrap_or(before);
            value == before || before == "0" && value == "-1"
        }
    }
}

/// Whether the first quoted value, the name of a feature, is named.
fn quoted(message: &str, ours: &Difference) -> bool {
    let is_feature = matches!(ours.problem.id(), "abi-feature" | "abi-hyperv" | "abi-kvm");
    let name = message.split('\'').nth(1).filter(|_| is_feature && message.starts_with("State"));
    name.is_none_or(|name| {
        ours.what.contains(&format!("<{name}>")) || ours.what.contains(&format!("<{name} "))
    })
}
