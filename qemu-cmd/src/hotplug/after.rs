//! The domain afterwards.

use virtargv_host::Descriptor;
use virtargv_model::device::chardev_source::{Backend, ChardevSource, SourceMode};
use virtargv_model::device::disk::Disk;
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::device::storage::{ImageFormat, Location};
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::memory::Memory;
use virtargv_model::{Domain, Kib, YesNo};
use virtargv_validate::rules::disk::source::has_backing;

use super::nodes::number_image;
use crate::Need;
use crate::prepare::Prepared;
use crate::prepare::device::disk::Backend as DiskBackend;
use crate::prepare::storage::Access;

/// Names the volume of a pool as the document does, not where the host has it.
pub(super) fn name_volume(disk: &mut Disk, wanted: Option<&Disk>) {
    if let Some(Location::Volume(volume)) = wanted.map(|wanted| &wanted.image.location) {
        disk.image.location = Location::Volume(volume.clone());
    }
}

/// The running domain with the devices that are `alone` in `prepared`: with aliases, and what was found and numbered for them.
pub(super) fn attached(
    running: &Domain,
    domain: &Domain,
    prepared: &Prepared<'_>,
    alone: &[DeviceId],
    needs: &[Need],
) -> Box<Domain> {
    let mut after = Box::new(running.clone());
    for id in alone {
        let mut one = prepared.domain.devices.only(*id);
        if let Some(info) = one.info_mut(DeviceId { index: 0, ..*id }) {
            info.alias = prepared.alias(*id).map(ToString::to_string).or(info.alias.take());
        }
        if let Some(disk) = one.disks.first_mut() {
            number(disk, prepared, id.index);
            let wanted = domain.devices.disks.iter().find(|wanted| wanted.dst() == disk.dst());
            name_volume(disk, wanted);
            end_chain(disk);
            // An image with several writers is not cached on the host.
            disk.driver.cache = Access::of(disk).cache;
        }
        listening(&mut one, needs);
        if let Some(source) = one.source_mut(DeviceId { index: 0, ..*id }) {
            encryption(source, prepared.settings.chardev_tls);
        }
        if let Some(memory) = one.memories.first_mut() {
            plug(&mut after.memory, memory, u64::saturating_add);
            if memory.model() == MemoryModel::VirtioMem {
                memory.target.current.get_or_insert_default();
            }
        }
        virtargv_resolve::insert_device(&mut after.devices, one);
    }
    after
}

/// The domain without device `id`.
pub(super) fn detached(running: &Domain, id: DeviceId) -> Box<Domain> {
    let mut after = Box::new(running.clone());
    if let Some(memory) =
        running.devices.memories.get(id.index).filter(|_| id.kind == DeviceKind::MemoryDevice)
    {
        plug(&mut after.memory, memory, u64::saturating_sub);
    }
    after.devices.remove(id);
    after
}

/// Adds the size of a memory device to the domain's memory, or subtracts it, as `count` does. `<currentMemory>` changes with it
/// for a DIMM, of which the guest has all at once.
fn plug(memory: &mut Memory, device: &MemoryDevice, count: fn(u64, u64) -> u64) {
    let size = device.target.size.0;
    memory.size = memory.size.map(|Kib(before)| Kib(count(before, size)));
    if device.model() == MemoryModel::Dimm {
        memory.current = memory.current.map(|Kib(before)| Kib(count(before, size)));
    }
}

/// Ends the backing chain of a disk whose last image can have no backing image.
pub(super) fn end_chain(disk: &mut Disk) {
    let last = disk.backing.images.last().unwrap_or(&disk.image);
    if !disk.image.is_empty() && !has_backing(last.format.unwrap_or(ImageFormat::Raw)) {
        disk.backing.ended = true;
    }
}

/// Sets `tls=` of a TCP connection to what it is by default.
fn encryption(source: &mut ChardevSource, default: bool) {
    if let Backend::Tcp(tcp) = &mut source.backend {
        tcp.tls.get_or_insert(if default { YesNo::Yes } else { YesNo::No });
    }
}

/// Gives the images of disk `index` the numbers of their nodes.
pub(super) fn number(disk: &mut Disk, prepared: &Prepared<'_>, index: usize) {
    let Some(prepared) = prepared.disks().nth(index) else { return };
    let Some(DiskBackend::Nodes(chain)) = prepared.facts.as_ref().map(|facts| &facts.backend) else { return };
    let images = std::iter::once(&mut disk.image).chain(&mut disk.backing.images);
    for (image, facts) in images.zip(&chain.images) {
        number_image(image, &facts.nodes);
    }
}

/// Gives a channel whose socket is generated the path at which QEMU listens.
fn listening(devices: &mut Devices, needs: &[Need]) {
    let listens = needs.iter().find_map(|need| match need {
        Need::Descriptor { what: Descriptor::UnixListen { path }, .. } => Some(path),
        _ => None,
    });
    let source = devices.channels.first_mut().map(|channel| &mut channel.source);
    if let (Some(path), Some(Backend::Unix(unix))) = (listens, source.map(|source| &mut source.backend))
        && unix.path.is_none()
    {
        unix.path = Some(path.clone());
        unix.mode = Some(SourceMode::Bind);
    }
}
