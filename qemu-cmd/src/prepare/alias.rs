//! Aliases: `net0`, `serial1` and so on. A user alias (`ua-...`) is kept.

use virtargv_caps::Release;
use virtargv_model::device::controller::{Controller, ControllerType, ScsiModel};
use virtargv_model::device::disk::{Disk, DiskBus, DiskName};
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::info::{Address, DeviceInfo, DimmAddress};
use virtargv_model::{Devices, Problem, Spelled};
use virtargv_validate::rules::disk as rules;

use super::address::ControllerTable;
use super::context::broken;
use super::device::Element;
use crate::ident::Alias;
use crate::text::text;

/// The alias of a device in the document.
pub(crate) fn given(info: &DeviceInfo) -> Option<Alias> {
    info.alias.as_deref().map(Alias::from)
}

/// Aliases of memory devices: by slot for DIMMs and NVDIMMs (`dimm0`), by index among devices of the same model for
/// others.
pub(crate) fn memories(devices: &[MemoryDevice]) -> impl Iterator<Item = Alias> {
    let of = |model| {
        let others =
            devices.iter().filter(move |device| device.model() == model && slot_of_alias(device).is_none());
        NextFree::new(memory_prefix(model), others.map(|device| &device.info))
    };
    let (mut dimm, mut nvdimm) = (of(MemoryModel::Dimm), of(MemoryModel::Nvdimm));
    let (mut pmem, mut mem) = (of(MemoryModel::VirtioPmem), of(MemoryModel::VirtioMem));
    let mut epc = of(MemoryModel::SgxEpc);
    devices.iter().map(move |device| match (slot_of_alias(device), device.model()) {
        (Some(slot), model) => numbered(memory_prefix(model), slot.into()),
        (None, MemoryModel::Dimm) => dimm.alias(&device.info),
        (None, MemoryModel::Nvdimm) => nvdimm.alias(&device.info),
        (None, MemoryModel::VirtioPmem) => pmem.alias(&device.info),
        (None, MemoryModel::VirtioMem) => mem.alias(&device.info),
        (None, MemoryModel::SgxEpc) => epc.alias(&device.info),
    })
}

fn memory_prefix(model: MemoryModel) -> &'static str {
    match model {
        MemoryModel::Dimm => "dimm",
        MemoryModel::Nvdimm => "nvdimm",
        MemoryModel::VirtioPmem => "virtiopmem",
        MemoryModel::VirtioMem => "virtiomem",
        MemoryModel::SgxEpc => "epc",
    }
}

/// The slot in the alias that is generated for a memory device, where it has one.
fn slot_of_alias(device: &MemoryDevice) -> Option<u32> {
    match device.info.address {
        Some(Address::Dimm(DimmAddress { slot, .. })) if device.info.alias.is_none() => slot,
        _ => None,
    }
}

/// The alias of a disk: by its address on a controller (`ide0-1-0`), otherwise by its target name (`virtio-disk0`).
pub(crate) fn disk(
    disk: &Disk,
    d: &Devices,
    table: &ControllerTable,
    release: Release,
) -> Result<Alias, Problem> {
    if let Some(alias) = given(&disk.info) {
        return Ok(alias);
    }
    let bus = disk.bus().ok_or_else(|| no_bus(disk, release))?.as_str();
    let Some(Address::Drive(at)) = &disk.info.address else {
        let index = DiskName::index(disk.dst()).map_or(-1, i64::from);
        return Ok(text!(bus, "-disk", index).into());
    };
    let found = || d.controllers.get(table.get(ControllerType::Scsi, at.controller)?);
    let model = || found().and_then(Controller::scsi_model);
    let name = if disk.bus() == Some(DiskBus::Scsi) && model() != Some(ScsiModel::Lsilogic) {
        text!(bus, at.controller, "-", at.bus, "-", at.target, "-", at.unit)
    } else {
        text!(bus, at.controller, "-", at.bus, "-", at.unit)
    };
    Ok(name.into())
}

/// The problem of a disk without a bus.
pub(crate) fn no_bus(disk: &Disk, release: Release) -> Problem {
    let message = format!("disk `{}` lacks `bus` of `<target>`", disk.dst());
    broken(release, &rules::BUS, disk.target_pos.attr("bus"), message)
}

/// Aliases `PREFIXn`, where n is the index of the device in its list.
pub(crate) fn by_index<'d, T: Element>(
    prefix: &'static str,
    devices: &'d [T],
) -> impl Iterator<Item = Alias> + use<'d, T> {
    let all = devices.iter().map(Element::info).enumerate();
    all.map(move |(index, info)| given(info).unwrap_or_else(|| numbered(prefix, index as u64)))
}

/// Generates aliases `PREFIXn`, where n is one above the highest in use.
pub(crate) struct NextFree {
    prefix: &'static str,
    free: u64,
}

impl NextFree {
    /// Aliases for the devices with `infos`.
    pub fn new<'d>(prefix: &'static str, infos: impl Iterator<Item = &'d DeviceInfo>) -> Self {
        let used = infos.filter_map(|info| number(info.alias.as_deref()?, prefix));
        Self { prefix, free: used.max().map_or(0, |highest| highest.saturating_add(1)) }
    }

    /// As [`NextFree::new`], where numbers behind the prefixes `others` are in use too.
    pub fn of_all<'d, I: Iterator<Item = &'d DeviceInfo>>(
        prefix: &'static str,
        others: &[&'static str],
        infos: impl Fn() -> I,
    ) -> Self {
        let of = |prefix: &&'static str| Self::new(prefix, infos()).free;
        let free = others.iter().map(of).max().unwrap_or_default();
        let own = Self::new(prefix, infos());
        Self { free: own.free.max(free), ..own }
    }

    /// Aliases of `devices`, which have no others of this prefix.
    pub fn all<'d, T: Element>(
        prefix: &'static str,
        devices: &'d [T],
    ) -> impl Iterator<Item = Alias> + use<'d, T> {
        let mut free = Self::new(prefix, devices.iter().map(Element::info));
        devices.iter().map(move |device| free.alias(device.info()))
    }

    /// The alias of the device with `info`: the one of the document, or the next free one.
    pub fn alias(&mut self, info: &DeviceInfo) -> Alias {
        given(info).unwrap_or_else(|| {
            let n = self.free;
            self.free = n.saturating_add(1);
            numbered(self.prefix, n)
        })
    }
}

/// `PREFIXn`.
pub(super) fn numbered(prefix: &str, n: u64) -> Alias {
    text!(prefix, n).into()
}

/// The number n of an alias `PREFIXn`; `None` for another alias.
fn number(alias: &str, prefix: &str) -> Option<u64> {
    alias.strip_prefix(prefix)?.parse().ok()
}
