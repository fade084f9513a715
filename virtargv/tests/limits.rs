//! The limits of QEMU's process among the needs of a command line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first failure")]
#![allow(clippy::option_option, reason = "no need, or the limit of a need, which can be none")]

use virtargv::{DriverConfig, FixedHost, Release, Request, builtin};
use virtargv_qemu_cmd::{Need, Resource};

const GIB: u64 = 1 << 30;
const CARD: &str =
    "<hostdev mode='subsystem' type='pci'><source><address bus='0x07' slot='0x02'/></source></hostdev>";
const CARD_2: &str =
    "<hostdev mode='subsystem' type='pci'><source><address bus='0x08' slot='0x02'/></source></hostdev>";
const NVME: &str = "<disk type='nvme'><driver name='qemu' type='raw'/><source type='pci' namespace='1'>\
    <address bus='0x09'/></source><target dev='vda' bus='virtio'/></disk>";
const VDPA: &str = "<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>";
const IOMMU: &str = "<iommu model='intel'/>";

/// The limits of a guest with 2 GiB.
fn limits(
    (qemu, machine): (&str, &str),
    release: Release,
    config: DriverConfig,
    (elements, devices): (&str, &str),
) -> Vec<(Resource, Option<u64>)> {
    let caps = builtin::get(qemu, release).unwrap();
    let host = FixedHost { config, arch: caps.arch(), ..FixedHost::default() };
    let arch = caps.arch();
    let text = format!(
        "<domain type='kvm'><name>demo</name><memory unit='GiB'>2</memory><os><type arch='{arch}' \
         machine='{machine}'>hvm</type></os>{elements}<devices>{devices}</devices></domain>"
    );
    let run = virtargv::run(&text, &Request::new(&caps, &host));
    let line = run.command_line.unwrap_or_else(|| panic!("{text}: {:?}", run.report));
    let limit = |need: &Need| match need {
        Need::Limit { resource, limit, .. } => Some((*resource, *limit)),
        _ => None,
    };
    line.needs.iter().filter_map(limit).collect()
}

/// The limit of locked memory, where there is one.
fn locked(machine: (&str, &str), release: Release, what: (&str, &str)) -> Option<Option<u64>> {
    let limits = limits(machine, release, DriverConfig::default(), what);
    limits.into_iter().find(|(resource, _)| *resource == Resource::LockedMemory).map(|(_, limit)| limit)
}

#[test]
fn memory_is_locked_for_devices_that_access_it() {
    let check = |release, devices: &[&str], times: Option<u64>| {
        let qemu = "qemu-7.2-x86_64";
        let got = locked((qemu, "q35"), release, ("", &devices.concat()));
        assert_eq!(got, times.map(|times| Some(times * 2 * GIB + GIB)), "{release} {devices:?}");
    };
    let release = Release::V11_3;
    check(release, &[], None);
    check(release, &[IOMMU], None);
    check(release, &[CARD], Some(1));
    check(release, &[CARD, CARD_2], Some(1));
    check(release, &[CARD, CARD_2, IOMMU], Some(2));
    check(release, &[NVME, CARD, CARD_2], Some(2));
    check(release, &[NVME, VDPA, CARD, CARD_2, IOMMU], Some(4));
    check(release, &[VDPA], Some(1));
    check(Release::V7_0, &[NVME, CARD, CARD_2, IOMMU], Some(1));
}

#[test]
fn what_the_document_says_precedes_the_devices() {
    let check = |elements, expected| {
        let got = locked(("qemu-10.0-x86_64", "q35"), Release::V11_3, (elements, CARD));
        assert_eq!(got, Some(expected), "{elements}");
    };
    let locked = "<memoryBacking><locked/></memoryBacking>";
    let limit = "<memtune><hard_limit unit='MiB'>3</hard_limit></memtune>";
    check("", Some(3 * GIB));
    check(locked, None);
    check(limit, Some(3 << 20));
    check(&[locked, limit].concat(), Some(3 << 20));
}

#[test]
fn kvm_locks_the_tables_of_pseries_guests() {
    let check = |elements, devices, mib: u64| {
        let got = locked(("qemu-10.0-ppc64", "pseries"), Release::V11_3, (elements, devices));
        assert_eq!(got, Some(Some(mib << 20)), "{elements} {devices}");
    };
    let bridge = "<controller type='pci' index='1' model='pci-root'/>";
    // A part in 128 of the memory, 4 MiB for each bridge and 8 MiB.
    check("", "", 16 + 4 + 8);
    check("", bridge, 16 + 8 + 8);
    check(
        "<maxMemory unit='GiB' slots='16'>4</maxMemory><cpu><numa><cell id='0' cpus='0' memory='2' unit='GiB'/></numa></cpu>",
        "",
        32 + 4 + 8,
    );
    // The guest's memory and its tables are more than the windows for DMA.
    check("", CARD, 16 + 4 + 8 + 2048 + 4 + 8);
}

#[test]
fn settings_of_the_driver_limit_the_process() {
    let check = |config, expected: &[(Resource, Option<u64>)]| {
        let got = limits(("qemu-10.0-x86_64", "q35"), Release::V11_3, config, ("", ""));
        assert_eq!(got, expected);
    };
    let core = |limit| (Resource::CoreSize, limit);
    check(DriverConfig::default(), &[core(Some(0))]);
    check(DriverConfig { max_core: None, ..DriverConfig::default() }, &[core(None)]);
    check(
        DriverConfig { max_files: 9, max_processes: 7, ..DriverConfig::default() },
        &[(Resource::Processes, Some(7)), (Resource::OpenFiles, Some(9)), core(Some(0))],
    );
}
