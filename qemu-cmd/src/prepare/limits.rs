//! The limits of QEMU's process, by libvirt's rules.

use std::borrow::Cow;

use virtargv_caps::{Accel, Convention, Release};
use virtargv_host::DriverConfig;
use virtargv_model::device::controller::ControllerKind;
use virtargv_model::device::hostdev::{HostdevSource, InterfaceDevice};
use virtargv_model::device::net::Source;
use virtargv_model::device::storage::Location;
use virtargv_model::{Domain, Kib};
use virtargv_resolve::Guest;

use crate::Need;
use crate::limit::Resource;

/// What QEMU needs beside the guest's memory, in KiB: memory of the devices (MMIO) that is mapped too.
const OF_DEVICES: u64 = 1 << 20;
/// What QEMU needs for tables in any pseries guest, in KiB.
const PSERIES_TABLES: u64 = 8 << 10;
/// What a PCI host bridge of a pseries guest needs, in KiB: the table of a window of 2 GiB for DMA of 32 bits.
const PSERIES_BRIDGE: u64 = 4 << 10;
/// The window for DMA of 32 bits itself, in KiB, which VFIO can have to lock.
const PSERIES_WINDOW: u64 = 2 << 20;

/// The limits of the process, in libvirt's order.
pub(super) fn prepare(
    domain: &Domain,
    guest: &Guest,
    release: Release,
    settings: &DriverConfig,
) -> Vec<Need> {
    let mut limits = Vec::with_capacity(2);
    if let Some((limit, why)) = locked_memory(domain, guest, release) {
        limits.push(Need::Limit { resource: Resource::LockedMemory, limit, why });
    }
    let counts = [
        (Resource::Processes, settings.max_processes, "the driver's setting `max_processes`"),
        (Resource::OpenFiles, settings.max_files, "the driver's setting `max_files`"),
    ];
    for (resource, count, why) in counts.into_iter().filter(|(_, count, _)| *count > 0) {
        limits.push(Need::Limit { resource, limit: Some(count.into()), why: why.into() });
    }
    // Without a setting there are no core dumps, whatever libvirt itself has inherited.
    let why = "the driver's setting `max_core`";
    limits.push(Need::Limit { resource: Resource::CoreSize, limit: settings.max_core, why: why.into() });
    limits
}

/// How much memory QEMU may lock in bytes, `None` for all, and why; `None` where it keeps the limit that it inherits.
fn locked_memory(
    domain: &Domain,
    guest: &Guest,
    release: Release,
) -> Option<(Option<u64>, Cow<'static, str>)> {
    if let Some(Kib(limit)) = domain.tune.memory.hard_limit {
        return Some((Some(limit.saturating_mul(1024)), "`<memtune><hard_limit>`".into()));
    }
    if domain.memory.backing.locked {
        let why = "`<memoryBacking><locked/>`, and how much memory QEMU itself uses is not known beforehand";
        return Some((None, why.into()));
    }
    let mapped = Mapped::of(domain);
    let (kib, why) = if guest.arch.is_ppc64() && guest.accel == Accel::Kvm {
        pseries(domain, &mapped)
    } else if mapped.is_empty() {
        return None;
    } else {
        mapped.locked(domain, release)
    };
    Some((Some(kib.saturating_mul(1024)), why.into()))
}

/// The devices for which all memory of the guest is locked, so that they can access it directly.
struct Mapped {
    /// Host devices by VFIO: PCI and mediated devices.
    vfio: u64,
    /// Disks with an image on an NVMe controller of the host, which QEMU drives itself by VFIO.
    nvme: u64,
    /// vDPA interfaces.
    vdpa: u64,
}

impl Mapped {
    fn of(domain: &Domain) -> Self {
        let devices = &domain.devices;
        let is_vfio =
            |source: &HostdevSource| matches!(source, HostdevSource::Pci(_) | HostdevSource::Mdev(_));
        let hostdevs = devices.hostdevs.iter().filter(|hostdev| is_vfio(&hostdev.source));
        let nics = |wanted: fn(&Source) -> bool| {
            devices.interfaces.iter().filter(move |nic| wanted(nic.actual_source()))
        };
        let assigned = nics(
            |source| matches!(source, Source::Hostdev(device) if matches!(device.device, InterfaceDevice::Pci(_))),
        );
        let nvme = devices
            .disks
            .iter()
            .filter(|disk| disk.images().any(|image| matches!(image.location, Location::Nvme(_))));
        let vdpa = nics(|source| matches!(source, Source::Vdpa { .. }));
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Self {
            vfio: count(hostdevs.count()).saturating_add(count(assigned.count())),
            nvme: count(nvme.count()),
            vdpa: count(vdpa.count()),
        }
    }

    fn is_empty(&self) -> bool {
        self.vfio == 0 && self.nvme == 0 && self.vdpa == 0
    }

    /// The limit in KiB, and why. Without an IOMMU in the guest, its memory is mapped once for all VFIO devices.
    fn locked(&self, domain: &Domain, release: Release) -> (u64, String) {
        let iommu = !domain.devices.iommus.is_empty();
        let times = if release.has(Convention::MemoryLockedForEach) {
            let vfio = if iommu { self.vfio } else { self.vfio.min(1) };
            vfio.saturating_add(self.nvme).saturating_add(self.vdpa)
        } else {
            1
        };
        let kib = times.saturating_mul(total(domain)).saturating_add(OF_DEVICES);
        let Self { vfio, nvme, vdpa } = self;
        let why = format!(
            "{times} times the guest's memory and 1 GiB, for {vfio} VFIO host devices, {nvme} NVMe disks and \
             {vdpa} vDPA interfaces"
        );
        (kib, why)
    }
}

/// All memory of the guest in KiB.
fn total(domain: &Domain) -> u64 {
    domain.memory.size.unwrap_or_default().0
}

/// The limit for a pseries guest under KVM in KiB, and why: KVM locks the hash table of the guest's pages and the tables of
/// DMA windows of every guest; with VFIO also the guest's memory, or the windows where they are larger.
fn pseries(domain: &Domain, mapped: &Mapped) -> (u64, String) {
    let is_bridge =
        |kind: &ControllerKind| matches!(kind, ControllerKind::Pci(pci) if pci.is_pseries_host_bridge());
    let bridges = domain.devices.controllers.iter().filter(|controller| is_bridge(&controller.kind)).count();
    let bridges = u64::try_from(bridges).unwrap_or(u64::MAX);
    let memory = total(domain);
    let most = domain.memory.max.map(|max| max.size.0).filter(|size| *size > 0).unwrap_or(memory);
    let tables =
        (most / 128).saturating_add(bridges.saturating_mul(PSERIES_BRIDGE)).saturating_add(PSERIES_TABLES);
    if mapped.vfio == 0 && mapped.nvme == 0 {
        let why = format!("KVM's tables of pages and of DMA, for {bridges} PCI host bridges");
        return (tables, why);
    }
    let windows = bridges.saturating_mul(PSERIES_WINDOW);
    let whole = memory.saturating_add((memory / 512).saturating_mul(bridges)).saturating_add(PSERIES_TABLES);
    let why = format!(
        "KVM's tables of pages and of DMA, and the memory that VFIO devices can access, for {bridges} PCI host bridges"
    );
    (tables.saturating_add(windows.max(whole)), why)
}
