//! `<iommufd>`: the object `iommufd0`, and the host devices that use it.

use virtargv_host::Descriptor;
use virtargv_model::device::hostdev::{HostdevSource, InterfaceDevice, PciDevice};
use virtargv_model::device::net::Source;
use virtargv_model::{Domain, Problem, YesNo};

use super::context::Prepare;
use super::descriptor::Passed;

/// The descriptor of `/dev/iommu`.
#[derive(Debug)]
pub(crate) enum Iommu {
    /// QEMU opens it.
    Opened,
    /// QEMU inherits it.
    Passed(Passed),
    /// It is the one of a group that the caller passes.
    Group {
        /// The name of the group.
        group: String,
        /// Its number.
        number: u32,
    },
}

/// Whether IOMMUFD maps the memory of a guest for a PCI host device.
pub(crate) fn is_used_by(domain: &Domain, pci: &PciDevice) -> bool {
    let of_domain = || domain.iommufd.as_ref().and_then(|iommufd| iommufd.enabled);
    pci.driver.iommufd.or_else(of_domain) == Some(YesNo::Yes)
}

/// Prepares the object, where a host device uses it or the caller passes its descriptor.
pub(crate) fn prepare(cx: &mut Prepare<'_>) -> Result<Option<Iommu>, Problem> {
    let devices = &cx.domain.devices;
    let hostdevs = devices.hostdevs.iter().filter_map(|hostdev| match &hostdev.source {
        HostdevSource::Pci(pci) => Some(pci),
        _ => None,
    });
    let interfaces = devices.interfaces.iter().filter_map(|nic| match nic.actual_source() {
        Source::Hostdev(device) => match &device.device {
            InterfaceDevice::Pci(pci) => Some(pci),
            InterfaceDevice::Usb(_) => None,
        },
        _ => None,
    });
    let is_used = hostdevs.chain(interfaces).any(|pci| is_used_by(cx.domain, pci));
    let iommufd = cx.domain.iommufd.as_ref();
    let group = iommufd.and_then(|iommufd| iommufd.fdgroup.as_ref());
    if !is_used && group.is_none() {
        return Ok(None);
    }
    if cx.is_for_shell() || cx.is_for_reader() {
        return Ok(Some(Iommu::Opened));
    }
    let place = iommufd.map(|iommufd| iommufd.pos).unwrap_or_default();
    let Some(group) = group else {
        return Ok(Some(Iommu::Passed(cx.pass(&Descriptor::Iommu, place)?)));
    };
    match cx.numbers.of_group(group).as_deref() {
        Some([number]) => Ok(Some(Iommu::Group { group: group.clone(), number: *number })),
        found => {
            let count = found.map_or(0, <[u32]>::len);
            let message =
                format!("group `{group}` of `<iommufd>` has `{count}` descriptors, it must have one");
            Err(crate::rules::IOMMUFD_GROUP.problem(cx.release(), place.attr("fdgroup"), message))
        }
    }
}
