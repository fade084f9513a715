//! The work on the host that the document asks for, in libvirt's order.

mod net;
mod tune;

use std::fmt::Display;

use virtargv_model::Spelled;
use virtargv_model::YesNo;
use virtargv_model::device::disk::DiskDevice;
use virtargv_model::device::hostdev::HostdevSource;
use virtargv_model::device::storage::Location;
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::security::DeviceSeclabel;

use super::context::Emit;
use super::lifecycle;
use crate::Work;

/// The limits of the process, and the parts of the work, which is sorted by its kind in the end: that is libvirt's order.
pub(super) const PARTS: &[fn(&mut Emit<'_>)] =
    &[lifecycle::limits, hostdevs, net::emit, images, tune::emit, labels, leases, tune::threads, perf];

/// `value=` of an element for a phrase, with a blank before it; nothing where it is not given.
fn attribute(name: &str, value: Option<impl Display>) -> String {
    value.map(|value| format!(" {name}='{value}'")).unwrap_or_default()
}

fn is_yes(value: Option<YesNo>) -> bool {
    value.is_some_and(YesNo::is_yes)
}

const DETACH: &str = "is taken from its driver on the host and bound to";

/// `managed=` of host devices.
fn hostdevs(e: &mut Emit<'_>) {
    for hostdev in e.prepared.hostdevs() {
        let HostdevSource::Pci(pci) = &hostdev.source else { continue };
        if is_yes(hostdev.managed) {
            e.at(hostdev);
            let driver = pci.driver.model.as_deref().unwrap_or("vfio-pci");
            e.host(Work::Detach, format!("the PCI device {} {DETACH} {driver}", pci.address));
        }
    }
}

/// Images: NVMe controllers, `startupPolicy=`, `<transient>`, `sgio=`, `rawio=`.
fn images(e: &mut Emit<'_>) {
    for disk in e.prepared.disks() {
        e.at(disk);
        let dev = disk.dst();
        for image in disk.images() {
            if let Location::Nvme(nvme) = &image.location
                && is_yes(nvme.managed)
            {
                e.host(Work::Detach, format!("the NVMe controller {} {DETACH} vfio-pci", nvme.address));
            }
            labels_of(e, &image.seclabels, || format!("an image of `{dev}`"));
        }
        if let Some(policy) = disk.image.startup_policy {
            let what =
                format!("where the image of `{dev}` is missing, the start follows startupPolicy='{policy}'");
            e.host(Work::MissingImage, what);
        }
        if is_yes(disk.rawio) {
            e.host(Work::Capability, format!("QEMU gets CAP_SYS_RAWIO for `{dev}`"));
        }
        if let Some(sgio) = disk.sgio {
            e.host(Work::ScsiCommands, format!("the kernel passes SCSI commands to `{dev}` {sgio}"));
        }
        if disk.shareable {
            e.host(Work::Lock, format!("the image of `{dev}` is locked and labelled as shared"));
        }
        if let Some(transient) = &disk.transient
            && disk.device() == DiskDevice::Disk
        {
            let shared = attribute("shareBacking", transient.share_backing);
            let what = format!("a new image covers that of `{dev}` and is removed in the end{shared}");
            e.host(Work::Transient, what);
        }
    }
}

/// `<seclabel>` of a source.
fn labels_of(e: &mut Emit<'_>, labels: &[DeviceSeclabel], whose: impl Fn() -> String) {
    for label in labels {
        let of = label.model.as_deref().unwrap_or("any model");
        let how = attribute("relabel", label.relabel);
        let text = label.label.as_deref().map(|label| format!(" `{label}`")).unwrap_or_default();
        e.host(Work::Label, format!("{} gets a label of {of}{text}{how}", whose()));
    }
}

/// Labels of the sources of these devices.
macro_rules! of_character_devices {
    ($e:ident: $($devices:ident)+) => {
        $(for device in $e.prepared.$devices() {
            $e.at(device);
            labels_of($e, &device.source.seclabels, || format!("the source of `{}`", device.alias));
        })+
    };
}

/// `<seclabel>` of the domain and of character devices.
fn labels(e: &mut Emit<'_>) {
    for (index, label) in e.domain().security.labels.iter().enumerate() {
        e.at_numbered("seclabel", index, label.pos);
        let model = label.model.as_deref().unwrap_or("the driver's model");
        let kind = attribute("type", label.kind);
        let relabel = attribute("relabel", label.relabel);
        let text = label.label.as_deref().map(|text| format!(" `{text}`")).unwrap_or_default();
        let base = label.base_label.as_deref().map(|text| format!(" made of `{text}`")).unwrap_or_default();
        let what = format!("the process and its files get a label of {model}{text}{base}{kind}{relabel}");
        e.host(Work::Label, what);
    }
    of_character_devices!(e: serials parallels channels consoles);
}

/// `<lease>`.
fn leases(e: &mut Emit<'_>) {
    for (index, lease) in e.domain().devices.leases.iter().enumerate() {
        e.at_nameless(DeviceId { kind: DeviceKind::Lease, index }, &lease.info);
        let space = lease.lockspace.as_deref().map(|space| format!(" of `{space}`")).unwrap_or_default();
        let offset = attribute("offset", lease.offset);
        let what = format!("the lease `{}`{space} in `{}`{offset} is taken", lease.key, lease.path);
        e.host(Work::Lock, what);
    }
    if let Some(action) = e.domain().lifecycle.on_lockfailure {
        e.at_element("on_lockfailure");
        e.host(Work::Lock, format!("where a lease is lost, the action is {}", action.as_str()));
    }
}

/// `<perf>`.
fn perf(e: &mut Emit<'_>) {
    e.at_element("perf");
    for (event, state) in &e.domain().lifecycle.perf {
        if state.is_yes() {
            e.host(Work::Perf, format!("{event} are counted"));
        }
    }
}
