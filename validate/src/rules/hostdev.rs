//! Rules on `<hostdev>`, which hold for interfaces that are a device of the host too.

mod address;

use std::collections::HashSet;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::hostdev::{
    Capability, Hostdev, HostdevDriverName, HostdevSource, InterfaceDevice, Mdev, MdevModel, PciDevice,
    ScsiSource, UsbDevice,
};
use virtargv_model::device::net::{Interface, Source, TeamingType};
use virtargv_model::info::{Address, DeviceInfo, PciAddress};
use virtargv_model::{OnOff, Place};

use crate::{Context, Findings};

crate::rules! {
    /// A mediated device has an address of its model's kind.
    MDEV_ADDRESS = "hostdev-mdev-address": Xml, Complete, "hostdev/address; vfio-pci, vfio-ccw";
    /// A SCSI unit's place is not a disk's.
    SCSI_DISK = "hostdev-scsi-disk": Xml, Complete, "hostdev/address; scsi-generic";
    /// A disk's place by its name is not a SCSI unit's.
    DISK_SCSI = "disk-hostdev-scsi": Unsupported, Complete, "disk/target; a name stands for a place on the bus";
    /// Device nodes are for containers.
    CAPABILITIES = "hostdev-capabilities": Unsupported, Validate, "hostdev/@mode; a machine has no device nodes";
    /// What the guest may reset needs a QEMU that can tell.
    GUEST_RESET = "hostdev-guest-reset": Unsupported, Validate, "hostdev/source/@guestReset; usb-host guest-resets-all=";
    /// VFIO needs a QEMU that has it.
    VFIO = "hostdev-vfio": Unsupported, Validate, "hostdev; vfio-pci";
    /// QEMU filters no writes to a device's configuration.
    WRITE_FILTERING = "hostdev-write-filtering": Unsupported, Validate, "hostdev/source/@writeFiltering; Xen";
    /// A SCSI host adapter is not started from.
    SCSI_HOST_BOOT = "hostdev-scsi-host-boot": Unsupported, Validate, "hostdev/boot; vhost-scsi";
    /// A SCSI host adapter needs a QEMU that has it.
    SCSI_HOST = "hostdev-scsi-host": Unsupported, Validate, "hostdev; vhost-scsi";
    /// A mediated device of its model needs a QEMU that has it.
    MDEV_MODEL = "hostdev-mdev-model": Unsupported, Validate, "hostdev/@model; vfio-pci, vfio-ccw, vfio-ap";
    /// Mediated devices on PCI and cryptographic adapters are not started from.
    MDEV_BOOT = "hostdev-mdev-boot": Unsupported, Validate, "hostdev/boot; vfio-pci, vfio-ap";
    /// The picture of a mediated device can be shown where it is a PCI device.
    MDEV_DISPLAY = "hostdev-mdev-display": Unsupported, Validate, "hostdev/@display; vfio-pci display=";
    /// A picture needs a screen.
    DISPLAY_GRAPHICS = "hostdev-display-graphics": Unsupported, Validate, "hostdev/@display; vfio-pci display=";
    /// A guest has one set of cryptographic adapters.
    ONE_AP = "hostdev-one-ap": Unsupported, Validate, "hostdev/@model; vfio-ap";
    /// A PCI device sits on PCI.
    PCI_ADDRESS = "hostdev-pci-address": Internal, Validate, "hostdev/address; vfio-pci";
    /// A device on another bus sits on a bus of its kind.
    BUS_ADDRESS = "hostdev-bus-address": Unsupported, Validate, "hostdev/address; scsi-generic, vhost-scsi, usb-host";
    /// SCSI commands are always filtered.
    SGIO = "hostdev-sgio": Unsupported, Validate, "hostdev/@sgio; the kernel's unprivileged commands";
    /// A device of the host in a pair of cards is the one that may go.
    TEAMING_TYPE = "hostdev-teaming-type": Unsupported, Validate, "hostdev/teaming; vfio-pci failover_pair_id=";
    /// A device of the host in a pair of cards is on PCI.
    TEAMING_PCI = "hostdev-teaming-pci": Unsupported, Validate, "hostdev/teaming; vfio-pci failover_pair_id=";
    /// Two SCSI units have two places.
    SCSI_TWICE = "hostdev-scsi-twice": Unsupported, Validate, "hostdev/address; scsi-generic";
    /// A device of the host is given once.
    TWICE = "hostdev-twice": Xml, Validate, "hostdev/source; a device has one user";
    /// One device paints before the guest's driver.
    ONE_RAMFB = "hostdev-one-ramfb": Unsupported, Validate, "hostdev/@ramfb; the firmware knows one";
    /// PCI devices are assigned by VFIO.
    DRIVER = "hostdev-driver": Internal, Build, "hostdev/driver; vfio-pci";
    /// Where a USB device is plugged in is known.
    USB_NODE = "hostdev-usb-address": Internal, Build, "hostdev/source/address; usb-host hostdevice=";
    /// A SCSI unit has a place on a SCSI controller.
    SCSI_ADDRESS = "hostdev-scsi-address": Internal, Build, "hostdev/address; scsi-generic";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    for nic in &devices.interfaces {
        check_interface(cx, nic, out);
    }
    let format_first = cx.caps.release().has(Convention::FormatRulesFirst);
    for hostdev in &devices.hostdevs {
        if !format_first {
            check_kind(cx, hostdev, out);
        }
        address::check(cx, hostdev, out);
        check_teaming(hostdev, out);
        if format_first {
            check_kind(cx, hostdev, out);
        }
    }
    check_all(cx, out);
}

fn check_interface(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let Source::Hostdev(device) = nic.actual_source() else { return };
    match &device.device {
        InterfaceDevice::Pci(pci) => {
            let format_first = cx.caps.release().has(Convention::FormatRulesFirst);
            if format_first {
                address::pci(&nic.info, out);
            }
            check_pci(cx, &nic.info, pci, out);
            if !format_first {
                address::pci(&nic.info, out);
            }
        }
        InterfaceDevice::Usb(usb) => {
            address::usb(&nic.info, out);
            check_usb(cx, usb, out);
        }
    }
}

fn check_kind(cx: &Context<'_>, hostdev: &Hostdev, out: &mut Findings<'_>) {
    let info = &hostdev.info;
    match &hostdev.source {
        HostdevSource::Usb(usb) => check_usb(cx, usb, out),
        HostdevSource::Pci(pci) => check_pci(cx, info, pci, out),
        HostdevSource::Scsi(_) => {}
        HostdevSource::ScsiHost(host) => {
            if let Some(boot) = &info.boot {
                let message =
                    format!("SCSI host adapters cannot be started from (boot order '{}')", boot.order);
                out.refuse(&SCSI_HOST_BOOT, info.pos.path("boot/@order"), message);
            }
            if !cx.has(Cap::DeviceVhostScsi) {
                let message = format!("adapter '{}' needs 'vhost-scsi', which this QEMU lacks", host.wwpn);
                out.refuse(&SCSI_HOST, host.pos, message);
            }
        }
        HostdevSource::Mdev(mdev) => check_mdev(cx, info, mdev, out),
        HostdevSource::Capability(_) => {
            let virt = cx.domain.virt_type.map(|v| v.to_string()).unwrap_or_default();
            let message = format!("hostdev mode 'capabilities' does not work with domain type '{virt}'");
            out.refuse(&CAPABILITIES, info.pos.path("@mode"), message);
        }
    }
}

fn check_usb(cx: &Context<'_>, usb: &UsbDevice, out: &mut Findings<'_>) {
    if let Some(reset) = usb.guest_reset
        && !cx.has(Cap::UsbHostGuestsResetsAll)
    {
        let message = format!("attribute 'guestReset' is '{reset}', this QEMU cannot be told");
        out.refuse(&GUEST_RESET, usb.pos.path("@guestReset"), message);
    }
}

fn check_pci(cx: &Context<'_>, info: &DeviceInfo, pci: &PciDevice, out: &mut Findings<'_>) {
    let vfio = cx.has(Cap::DeviceVfioPci);
    match pci.driver.name {
        Some(HostdevDriverName::Vfio) if !vfio => {
            let message = "driver 'vfio' needs 'vfio-pci', which this QEMU lacks";
            out.refuse(&VFIO, info.pos.path("driver/@name"), message);
        }
        Some(name @ (HostdevDriverName::Kvm | HostdevDriverName::Xen)) => {
            let message = format!("driver '{name}' assigns no PCI devices to QEMU, only 'vfio' does");
            out.refuse(&DRIVER, info.pos.path("driver/@name"), message);
        }
        _ => {}
    }
    if let Some(filtering) = pci.write_filtering {
        let message = format!("attribute 'writeFiltering' ('{filtering}') does not work with QEMU");
        out.refuse(&WRITE_FILTERING, pci.pos.path("@writeFiltering"), message);
    }
    let place = |path: &'static str| -> Place { info.pos.path(path) };
    check_display(cx, pci.display, place, out);
}

fn check_mdev(cx: &Context<'_>, info: &DeviceInfo, mdev: &Mdev, out: &mut Findings<'_>) {
    let model = mdev.model;
    let cap = match model {
        MdevModel::VfioPci => Cap::DeviceVfioPci,
        MdevModel::VfioCcw => Cap::DeviceVfioCcw,
        MdevModel::VfioAp => Cap::DeviceVfioAp,
    };
    let place = |path: &'static str| -> Place { info.pos.path(path) };
    if !cx.has(cap) {
        let message = format!("mediated devices of model '{model}' need a device that this QEMU lacks");
        out.refuse(&MDEV_MODEL, place("@model"), message);
    }
    if let Some(boot) = info.boot.as_ref().filter(|_| model != MdevModel::VfioCcw) {
        let message = format!(
            "mediated devices of model '{model}' cannot be started from (boot order '{}')",
            boot.order
        );
        out.refuse(&MDEV_BOOT, place("boot/@order"), message);
    }
    // Other models are never asked for a picture.
    if model != MdevModel::VfioPci {
        return;
    }
    if let Some(display) = mdev.display
        && !cx.has(Cap::VfioPciDisplay)
    {
        let message = format!("attribute 'display' is '{display}', this QEMU cannot show anything");
        out.refuse(&MDEV_DISPLAY, place("@display"), message);
    }
    check_display(cx, mdev.display, place, out);
}

fn check_display(
    cx: &Context<'_>,
    display: Option<OnOff>,
    place: impl Fn(&'static str) -> Place,
    out: &mut Findings<'_>,
) {
    let shown = display == Some(OnOff::On);
    if shown && cx.domain.devices.graphics.is_empty() {
        let message = "element 'hostdev' with 'display=on' needs an element 'graphics'";
        out.refuse(&DISPLAY_GRAPHICS, place("@display"), message);
    }
}

fn check_teaming(hostdev: &Hostdev, out: &mut Findings<'_>) {
    let Some(teaming) = &hostdev.teaming else { return };
    if let Some(kind) = teaming.kind.filter(|k| *k != TeamingType::Transient) {
        let message = format!("teaming of a 'hostdev' is of type '{kind}', it can only be 'transient'");
        out.refuse(&TEAMING_TYPE, teaming.pos.path("@type"), message);
    }
    if hostdev.pci().is_none() {
        let kind = hostdev.source.kind();
        let message = format!("teaming works with a 'hostdev' of type 'pci', not '{kind}'");
        out.refuse(&TEAMING_PCI, teaming.pos, message);
    }
}

/// Rules on all of them together.
fn check_all(cx: &Context<'_>, out: &mut Findings<'_>) {
    let hostdevs = &cx.domain.devices.hostdevs;
    address::check_scsi(cx, out);
    let mut aps = hostdevs.iter().filter(|h| model(h) == Some(MdevModel::VfioAp));
    if let Some(second) = aps.nth(1) {
        let message = "a guest has one 'hostdev' of model 'vfio-ap'";
        out.refuse(&ONE_AP, second.info.pos.path("@model"), message);
    }
    if cx.caps.release().has(Convention::HostdevOnce) {
        let nics = &cx.domain.devices.interfaces;
        let nics = nics.iter().filter_map(|nic| Some((Identity::of_interface(nic)?, nic.info.pos)));
        let others = hostdevs.iter().filter_map(|h| Some((Identity::of(&h.source)?, h.info.pos)));
        let mut seen = HashSet::new();
        for (identity, pos) in nics.chain(others) {
            if !seen.insert(identity) {
                let message = "this device of the host is given to the guest a second time";
                out.refuse(&TWICE, pos.path("source"), message);
            }
        }
    }
    let with_ramfb = hostdevs.iter().filter(|h| match &h.source {
        HostdevSource::Mdev(mdev) => mdev.ramfb == Some(OnOff::On),
        HostdevSource::Pci(pci) => pci.ramfb == Some(OnOff::On),
        _ => false,
    });
    if let Some(second) = with_ramfb.clone().nth(1) {
        let message = "a guest has one 'hostdev' with 'ramfb'";
        out.refuse(&ONE_RAMFB, second.info.pos.path("@ramfb"), message);
    }
}

fn model(hostdev: &Hostdev) -> Option<MdevModel> {
    match &hostdev.source {
        HostdevSource::Mdev(mdev) => Some(mdev.model),
        _ => None,
    }
}

/// What tells one device of the host from another.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Identity<'a> {
    /// Its address on the host.
    Pci(PciAddress),
    /// Where it is plugged in.
    UsbAddress(u32, u32),
    /// What it is.
    UsbProduct(u32, u32),
    /// An adapter's unit: adapter, bus, target, unit.
    Unit(&'a str, u32, u32, u64),
    /// An iSCSI unit, and who has it.
    Iscsi(&'a str, Option<(&'a str, Option<u32>)>),
    /// The adapter's name.
    Adapter(&'a str),
    /// The mediated device's UUID.
    Uuid(&'a str),
    /// A device node, or a network interface.
    Node(&'a str),
}

impl<'a> Identity<'a> {
    fn of(source: &'a HostdevSource) -> Option<Self> {
        Some(match source {
            HostdevSource::Usb(usb) => return Self::usb(usb),
            HostdevSource::Pci(pci) => Self::pci(pci),
            HostdevSource::Scsi(scsi) => match &scsi.source {
                ScsiSource::Adapter(at) => Self::Unit(&at.name, at.bus, at.target, at.unit),
                ScsiSource::Iscsi(iscsi) => {
                    let host = iscsi.hosts.first();
                    Self::Iscsi(&iscsi.name, host.map(|h| (h.name.as_deref().unwrap_or_default(), h.port)))
                }
            },
            HostdevSource::ScsiHost(host) => Self::Adapter(&host.wwpn),
            HostdevSource::Mdev(mdev) => Self::Uuid(&mdev.uuid),
            HostdevSource::Capability(
                Capability::Storage { block: name }
                | Capability::Misc { char: name }
                | Capability::Net { interface: name, .. },
            ) => Self::Node(name),
        })
    }

    fn pci(pci: &PciDevice) -> Self {
        let PciAddress { domain, bus, slot, function, .. } = pci.address;
        Self::Pci(PciAddress { domain, bus, slot, function, ..PciAddress::default() })
    }

    fn usb(usb: &UsbDevice) -> Option<Self> {
        let by_place = usb.address.map(|(bus, device)| Self::UsbAddress(bus, device));
        by_place.or(usb.product.map(|(vendor, product)| Self::UsbProduct(vendor, product)))
    }

    fn of_interface(nic: &'a Interface) -> Option<Self> {
        match &nic.source {
            Source::Hostdev(device) => match &device.device {
                InterfaceDevice::Pci(pci) => Some(Self::pci(pci)),
                InterfaceDevice::Usb(usb) => Self::usb(usb),
            },
            _ => None,
        }
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    for nic in &devices.interfaces {
        if let Source::Hostdev(device) = nic.actual_source()
            && let InterfaceDevice::Usb(usb) = &device.device
        {
            usb_node(usb, out);
        }
    }
    for hostdev in &devices.hostdevs {
        match &hostdev.source {
            HostdevSource::Usb(usb) => usb_node(usb, out),
            HostdevSource::Scsi(scsi) => {
                if !matches!(hostdev.info.address, Some(Address::Drive(_))) {
                    let message = "a SCSI unit needs an address of type 'drive'";
                    out.refuse(&SCSI_ADDRESS, hostdev.info.pos, message);
                }
                if let ScsiSource::Iscsi(iscsi) = &scsi.source {
                    super::disk::source::iscsi_unit(&iscsi.name, &iscsi.hosts, scsi.pos, out);
                }
            }
            _ => {}
        }
    }
}

fn usb_node(usb: &UsbDevice, out: &mut Findings<'_>) {
    if usb.address.is_none_or(|at| at == (0, 0)) {
        let message = "element 'source' of a USB device does not say its 'bus' and 'device' on the host";
        out.refuse(&USB_NODE, usb.pos, message);
    }
}
