//! The numbers of block nodes, where the document of a running domain does not have them.

use virtargv_host::Request;
use virtargv_model::Report;
use virtargv_model::device::DeviceKind;
use virtargv_model::device::disk::Disk;
use virtargv_model::device::hostdev::HostdevSource;
use virtargv_model::device::storage::Image;
use virtargv_model::status::Running;

use super::check_running;
use crate::prepare::qemu_ns;
use crate::prepare::storage::{self, DiskNodes, ImageNodes};

/// Gives the images of `running` the numbers that their nodes got at a start of the domain, where none of them has an `index=`,
/// for a device of kind `kind`: only disks and host devices have block nodes. The numbers of new nodes go on after them.
///
/// An empty drive has no node; where there is no other disk, nothing is numbered.
///
/// # Errors
/// Volumes or backing chains of the images cannot be looked up, so that their numbers are not known.
pub fn number_as_started(
    running: &mut Running,
    kind: DeviceKind,
    request: &Request<'_>,
) -> Result<(), Report> {
    let disks = &running.domain.devices.disks;
    let numbered = disks.iter().flat_map(Disk::images).any(|image| image.index.is_some());
    let is_empty = disks.iter().all(|disk| disk.image.is_empty());
    if check_running(&running.domain, request.release()).is_err() {
        // It is refused once the device is found.
        return Ok(());
    }
    if !matches!(kind, DeviceKind::Disk | DeviceKind::Hostdev) || numbered || is_empty {
        return Ok(());
    }
    let caps = qemu_ns::changed_caps(&running.domain, request.caps)?;
    let mut started = running.domain.clone();
    let mut report = Report::new();
    let nodes = storage::name_all(&mut started, &caps, request, &mut report);
    let Some(nodes) = nodes.filter(|_| report.is_empty()) else { return Err(report) };
    // A start can leave disks out, and keeps the order of the others.
    let mut found = started.devices.disks.iter().zip(&nodes.disks).peekable();
    for disk in &mut running.domain.devices.disks {
        if let Some((found, nodes)) = found.next_if(|(found, _)| found.dst() == disk.dst())
            && !nodes.images.is_empty()
        {
            number(disk, found, nodes);
        }
    }
    let units = running.domain.devices.hostdevs.iter();
    let units = units.filter(|unit| matches!(unit.source, HostdevSource::Scsi(_))).count();
    let last = nodes.next.saturating_sub(1).saturating_add(u32::try_from(units).unwrap_or(u32::MAX));
    running.last_node = running.last_node.max(last);
    running.next_set = running.next_set.max(nodes.next_set);
    Ok(())
}

/// Numbers the images of `disk`, which are those of `found`: a start looks at the host for those that the document does not
/// have.
fn number(disk: &mut Disk, found: &Disk, nodes: &DiskNodes) {
    disk.backing.clone_from(&found.backing);
    disk.image.data_store.clone_from(&found.image.data_store);
    let images = std::iter::once(&mut disk.image).chain(&mut disk.backing.images);
    for (image, nodes) in images.zip(&nodes.images) {
        number_image(image, nodes);
    }
}

/// Gives `image` and its data store the numbers of their nodes.
pub(super) fn number_image(image: &mut Image, nodes: &ImageNodes) {
    image.index = Some(nodes.number);
    if let (Some(store), Some(nodes)) = (&mut image.data_store, &nodes.data_store) {
        number_image(store, nodes);
    }
}
