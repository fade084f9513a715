//! The ids of devices in QEMU: `net0`, `serial1`, ... An alias of the document's own (`ua-...`) is kept.

use virtargv_caps::{Caps, Convention, Release};
use virtargv_model::device::controller::{Controller, ControllerType, ScsiModel};
use virtargv_model::device::disk::{DiskBus, DiskName};
use virtargv_model::device::memory_device::MemoryModel;
use virtargv_model::device::net::{Interface, InterfaceType};
use virtargv_model::info::{Address, DeviceInfo, DimmAddress};
use virtargv_model::{Domain, Spelled};
use virtargv_resolve::Guest;

use crate::device::address::ControllerTable;
use crate::text::text;

/// One step a kind of device, in the reference's order: where a kind counts on from what is taken, this shows.
const KINDS: &[fn(&mut Domain, Release)] = &[
    |d, _| disks(d),
    |d, _| next_free("net", d.devices.interfaces.iter_mut().filter(|n| !is_assigned(n)).map(|n| &mut n.info)),
    |d, _| {
        let nics = d.devices.interfaces.iter_mut().filter(|n| is_assigned(n)).map(|n| &mut n.info);
        next_free("hostdev", nics.chain(d.devices.hostdevs.iter_mut().map(|h| &mut h.info)));
    },
    filesystems,
    |d, _| by_index("sound", d.devices.sounds.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("video", d.devices.videos.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("input", d.devices.inputs.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("parallel", d.devices.parallels.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("serial", d.devices.serials.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("channel", d.devices.channels.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("console", d.devices.consoles.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("smartcard", d.devices.smartcards.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("redir", d.devices.redirdevs.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("watchdog", d.devices.watchdogs.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("balloon", d.devices.memballoons.iter_mut().map(|x| &mut x.info)),
    |d, _| next_free("rng", d.devices.rngs.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("tpm", d.devices.tpms.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("vsock", d.devices.vsocks.iter_mut().map(|x| &mut x.info)),
    |d, _| next_free("crypto", d.devices.cryptos.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("pstore", d.devices.pstores.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("hub", d.devices.hubs.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("iommu", d.devices.iommus.iter_mut().map(|x| &mut x.info)),
    |d, _| by_index("panic", d.devices.panics.iter_mut().map(|x| &mut x.info)),
    |d, _| memory_devices(d),
    |d, _| next_free("shmem", d.devices.shmems.iter_mut().map(|x| &mut x.info)),
];

/// Memory modules are called after their slot, other memory devices after their place among their model.
fn memory_devices(domain: &mut Domain) {
    for (prefix, model) in [
        ("dimm", MemoryModel::Dimm),
        ("nvdimm", MemoryModel::Nvdimm),
        ("virtiopmem", MemoryModel::VirtioPmem),
        ("virtiomem", MemoryModel::VirtioMem),
        ("epc", MemoryModel::SgxEpc),
    ] {
        let devices = domain.devices.memories.iter_mut().filter(|device| device.model() == model);
        let mut others = Vec::new();
        for device in devices {
            match device.info.address {
                Some(Address::Dimm(DimmAddress { slot: Some(slot), .. })) if device.info.alias.is_none() => {
                    device.info.alias = Some(format!("{prefix}{slot}"));
                }
                _ => others.push(&mut device.info),
            }
        }
        next_free(prefix, others.into_iter());
    }
}

fn filesystems(domain: &mut Domain, release: Release) {
    let infos = domain.devices.filesystems.iter_mut().map(|fs| &mut fs.info);
    if release.has(Convention::FsAliasNextFree) {
        next_free("fs", infos);
    } else {
        by_index("fs", infos);
    }
}

/// Whether an interface is a device of the host, and counted among those.
fn is_assigned(nic: &Interface) -> bool {
    nic.actual_kind() == InterfaceType::Hostdev
}

/// Gives every device that has none its alias.
pub(crate) fn assign(domain: &mut Domain, guest: &Guest, caps: &Caps) {
    crate::device::controller::assign_aliases(domain, guest, caps);
    for kind in KINDS {
        kind(domain, caps.release());
    }
}

/// By the place on the controller where there is one (`ide0-1-0`), else by the name (`virtio-disk0`).
fn disks(domain: &mut Domain) {
    let (table, controllers) = (ControllerTable::of(domain), &domain.devices.controllers);
    for disk in &mut domain.devices.disks {
        if disk.info.alias.is_some() {
            continue;
        }
        let bus = disk.target.bus.map_or("", Spelled::as_str);
        disk.info.alias = Some(match &disk.info.address {
            Some(Address::Drive(at)) => {
                let found = || controllers.get(table.get(ControllerType::Scsi, at.controller)?);
                let model = || found().and_then(Controller::scsi_model);
                if disk.target.bus == Some(DiskBus::Scsi) && model() != Some(ScsiModel::Lsilogic) {
                    text!(bus, at.controller, "-", at.bus, "-", at.target, "-", at.unit)
                } else {
                    text!(bus, at.controller, "-", at.bus, "-", at.unit)
                }
            }
            _ => match DiskName::index(disk.dst()) {
                Some(index) => format!("{bus}-disk{index}"),
                None => format!("{bus}-disk-1"),
            },
        });
    }
}

/// `PREFIXn`, where n is the device's place among its kind.
pub(crate) fn by_index<'d>(prefix: &str, infos: impl Iterator<Item = &'d mut DeviceInfo>) {
    for (index, info) in infos.enumerate() {
        info.alias.get_or_insert_with(|| text!(prefix, index));
    }
}

/// `PREFIXn`, where n is one above the highest in use.
pub(crate) fn next_free<'d>(prefix: &str, infos: impl Iterator<Item = &'d mut DeviceInfo>) {
    let mut next = 0u64;
    let mut open = Vec::new();
    for info in infos {
        match &info.alias {
            Some(alias) => next = next.max(number(alias, prefix).map_or(0, |n| n.saturating_add(1))),
            None => open.push(info),
        }
    }
    for (info, n) in open.into_iter().zip(next..) {
        info.alias = Some(text!(prefix, n));
    }
}

/// The n of `PREFIXn`.
fn number(alias: &str, prefix: &str) -> Option<u64> {
    alias.strip_prefix(prefix)?.parse().ok()
}
