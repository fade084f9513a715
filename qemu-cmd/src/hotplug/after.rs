//! The domain afterwards.

use virtargv_host::Descriptor;
use virtargv_model::Domain;
use virtargv_model::device::chardev_source::{Backend, SourceMode};
use virtargv_model::device::disk::Disk;
use virtargv_model::device::storage::Image;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};

use crate::Need;
use crate::prepare::Prepared;
use crate::prepare::device::disk::Backend as DiskBackend;
use crate::prepare::storage::ImageFacts;

/// The domain with the devices `ids`, which are `alone` in `prepared`: with aliases, and what was found and numbered for them.
pub(super) fn attached(
    domain: &Domain,
    prepared: &Prepared<'_>,
    ids: &[DeviceId],
    alone: &[DeviceId],
    needs: &[Need],
) -> Box<Domain> {
    let mut after = Box::new(domain.clone());
    for (id, alone) in ids.iter().zip(alone) {
        let mut one = prepared.domain.devices.only(*alone);
        if id.kind == DeviceKind::Disk
            && let Some(disk) = one.disks.first_mut()
        {
            number(disk, prepared, alone.index);
        }
        listening(&mut one, needs);
        after.devices.replace(*id, one);
        if let Some(info) = after.devices.info_mut(*id) {
            info.alias = prepared.alias(*alone).map(ToString::to_string).or(info.alias.take());
        }
    }
    after
}

/// Gives the images of disk `index` the numbers of their nodes.
pub(super) fn number(disk: &mut Disk, prepared: &Prepared<'_>, index: usize) {
    let Some(prepared) = prepared.disks().nth(index) else { return };
    let Some(DiskBackend::Nodes(chain)) = prepared.facts.as_ref().map(|facts| &facts.backend) else { return };
    let images = std::iter::once(&mut disk.image).chain(&mut disk.backing.images);
    for (image, facts) in images.zip(&chain.images) {
        number_image(image, facts);
    }
}

fn number_image(image: &mut Image, facts: &ImageFacts) {
    image.index = Some(facts.nodes.number);
    if let (Some(store), Some(facts)) = (&mut image.data_store, &facts.data_store) {
        number_image(store, facts);
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
