//! Aliases: `net0`, `serial1` and so on. A user alias (`ua-...`) is kept.

use virtargv_caps::{Caps, Convention, Release};
use virtargv_model::Spelled;
use virtargv_model::device::controller::{Controller, ControllerType, ScsiModel};
use virtargv_model::device::disk::{Disk, DiskBus, DiskName};
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::device::net::{Interface, InterfaceType};
use virtargv_model::info::{Address, DeviceInfo, DimmAddress};
use virtargv_model::{Devices, Domain};
use virtargv_resolve::Guest;

use super::address::ControllerTable;
use super::device::{ByDevice, Element, controller};
use crate::ident::Alias;
use crate::text::text;

/// The alias of every device: the one of the document, or a generated one.
pub(crate) fn assign(
    domain: &Domain,
    guest: &Guest,
    caps: &Caps,
    release: Release,
    controllers: &ControllerTable,
) -> ByDevice<Alias> {
    let d = &domain.devices;
    let (interfaces, hostdevs) = interfaces(d);
    ByDevice {
        memories: memories(&d.memories),
        iommus: by_index("iommu", &d.iommus),
        controllers: controller::aliases(domain, guest, caps),
        hubs: by_index("hub", &d.hubs),
        disks: d.disks.iter().map(|disk| self::disk(disk, d, controllers)).collect(),
        filesystems: if release.has(Convention::FsAliasNextFree) {
            next_free("fs", infos(&d.filesystems))
        } else {
            by_index("fs", &d.filesystems)
        },
        interfaces,
        smartcards: by_index("smartcard", &d.smartcards),
        serials: by_index("serial", &d.serials),
        parallels: by_index("parallel", &d.parallels),
        channels: by_index("channel", &d.channels),
        consoles: by_index("console", &d.consoles),
        tpms: by_index("tpm", &d.tpms),
        inputs: by_index("input", &d.inputs),
        videos: by_index("video", &d.videos),
        sounds: by_index("sound", &d.sounds),
        watchdogs: by_index("watchdog", &d.watchdogs),
        redirdevs: by_index("redir", &d.redirdevs),
        hostdevs,
        memballoons: by_index("balloon", &d.memballoons),
        rngs: next_free("rng", infos(&d.rngs)),
        panics: by_index("panic", &d.panics),
        shmems: next_free("shmem", infos(&d.shmems)),
        vsocks: by_index("vsock", &d.vsocks),
        cryptos: next_free("crypto", infos(&d.cryptos)),
        pstores: by_index("pstore", &d.pstores),
    }
}

fn infos<T: Element>(devices: &[T]) -> impl Iterator<Item = &DeviceInfo> {
    devices.iter().map(Element::info)
}

/// The alias of a device in the document.
pub(crate) fn given(info: &DeviceInfo) -> Option<Alias> {
    info.alias.as_deref().map(Alias::from)
}

/// Aliases of interfaces and of `<hostdev>`. An interface that is a host device has one such as `hostdev0`.
fn interfaces(d: &Devices) -> (Vec<Alias>, Vec<Alias>) {
    let is_assigned = |nic: &Interface| nic.actual_kind() == InterfaceType::Hostdev;
    let of =
        |assigned| d.interfaces.iter().filter(move |nic| is_assigned(nic) == assigned).map(|nic| &nic.info);
    let mut plain = next_free("net", of(false)).into_iter();
    let mut assigned = next_free("hostdev", of(true).chain(infos(&d.hostdevs))).into_iter();
    let interfaces =
        d.interfaces.iter().filter_map(|nic| if is_assigned(nic) { assigned.next() } else { plain.next() });
    (interfaces.collect(), assigned.collect())
}

/// Aliases of memory devices: by slot for DIMMs and NVDIMMs (`dimm0`), by index among devices of the same model for
/// others.
fn memories(devices: &[MemoryDevice]) -> Vec<Alias> {
    let mut aliases: Vec<Option<Alias>> = devices.iter().map(|_| None).collect();
    for (prefix, model) in [
        ("dimm", MemoryModel::Dimm),
        ("nvdimm", MemoryModel::Nvdimm),
        ("virtiopmem", MemoryModel::VirtioPmem),
        ("virtiomem", MemoryModel::VirtioMem),
        ("epc", MemoryModel::SgxEpc),
    ] {
        let mut others = Vec::new();
        let of_model = devices.iter().zip(&mut aliases).filter(|(device, _)| device.model() == model);
        for (device, alias) in of_model {
            match device.info.address {
                Some(Address::Dimm(DimmAddress { slot: Some(slot), .. })) if device.info.alias.is_none() => {
                    *alias = Some(numbered(prefix, slot.into()));
                }
                _ => others.push((&device.info, alias)),
            }
        }
        let free = next_free(prefix, others.iter().map(|(info, _)| *info));
        for ((_, alias), free) in others.into_iter().zip(free) {
            *alias = Some(free);
        }
    }
    aliases.into_iter().flatten().collect()
}

/// The alias of a disk: by its address on a controller (`ide0-1-0`), otherwise by its target name (`virtio-disk0`).
fn disk(disk: &Disk, d: &Devices, table: &ControllerTable) -> Alias {
    if let Some(alias) = given(&disk.info) {
        return alias;
    }
    let bus = disk.target.bus.map_or("", Spelled::as_str);
    let Some(Address::Drive(at)) = &disk.info.address else {
        let index = DiskName::index(disk.dst()).map_or(-1, i64::from);
        return text!(bus, "-disk", index).into();
    };
    let found = || d.controllers.get(table.get(ControllerType::Scsi, at.controller)?);
    let model = || found().and_then(Controller::scsi_model);
    let name = if disk.target.bus == Some(DiskBus::Scsi) && model() != Some(ScsiModel::Lsilogic) {
        text!(bus, at.controller, "-", at.bus, "-", at.target, "-", at.unit)
    } else {
        text!(bus, at.controller, "-", at.bus, "-", at.unit)
    };
    name.into()
}

/// Aliases `PREFIXn`, where n is the index of the device in its list.
fn by_index<T: Element>(prefix: &str, devices: &[T]) -> Vec<Alias> {
    let all = infos(devices).enumerate();
    all.map(|(index, info)| given(info).unwrap_or_else(|| numbered(prefix, index as u64))).collect()
}

/// Aliases `PREFIXn`, where n is one above the highest in use.
fn next_free<'d>(prefix: &str, infos: impl Iterator<Item = &'d DeviceInfo>) -> Vec<Alias> {
    let infos: Vec<&DeviceInfo> = infos.collect();
    let used = infos.iter().filter_map(|info| number(info.alias.as_deref()?, prefix));
    let mut free = used.max().map_or(0, |highest| highest.saturating_add(1))..;
    let mut name = |info: &&DeviceInfo| given(info).or_else(|| Some(numbered(prefix, free.next()?)));
    infos.iter().filter_map(&mut name).collect()
}

/// `PREFIXn`.
pub(super) fn numbered(prefix: &str, n: u64) -> Alias {
    text!(prefix, n).into()
}

/// The number n of an alias `PREFIXn`; `None` for another alias.
fn number(alias: &str, prefix: &str) -> Option<u64> {
    alias.strip_prefix(prefix)?.parse().ok()
}
