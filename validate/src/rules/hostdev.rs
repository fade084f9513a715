//! Rules on `<hostdev>`, and on interfaces that are host devices.

mod address;

use std::collections::HashSet;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::hostdev::{
    Capability, Hostdev, HostdevDriverName, HostdevSource, InterfaceDevice, Mdev, MdevModel, PciDevice,
    ScsiSource, UsbDevice,
};
use virtargv_model::device::net::{Interface, Source, TeamingType};
use virtargv_model::info::{DeviceInfo, PciAddress};
use virtargv_model::{OnOff, Place};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// The address of a mediated device is of its model's type.
    MDEV_ADDRESS = "hostdev-mdev-address": Xml, Complete,
        "`<hostdev type='mdev' model=><address type=>`: `vfio-pci` is attached to PCI, `vfio-ccw` to a channel subsystem",
        help "use the type of the model, or remove the `<address>`";
    /// A SCSI host device has another address than every disk.
    SCSI_DISK = "hostdev-scsi-disk": Xml, Complete,
        "`<hostdev type='scsi'><address type='drive'>`: a SCSI controller has one device at each bus, target and unit",
        help "change `unit=`, or remove the `<address>` of one of them";
    /// The address that a disk's target name gives it is not that of a SCSI host device.
    DISK_SCSI = "disk-hostdev-scsi": Unsupported, Complete,
        "`<disk><target dev='sda' bus='scsi'/>`: the name tells controller and unit",
        help "use another `dev=`, or another `unit=` for the host device";
    /// Host devices of mode `capabilities` are for containers.
    CAPABILITIES = "hostdev-capabilities": Unsupported, Validate,
        "`<hostdev mode='capabilities'>`: device nodes and interfaces of the host; a virtual machine has no use for them",
        help "use `mode='subsystem'`";
    /// Choosing how a guest resets a USB device needs a QEMU that has it.
    GUEST_RESET = "hostdev-guest-reset": Unsupported, Validate,
        "`<hostdev type='usb'><source guestReset=>`: `guest-resets-all=` of `usb-host`",
        help "remove `guestReset=` from `<source>`, or use a QEMU that has it";
    /// Assigning a PCI device by VFIO needs a QEMU that has it.
    VFIO = "hostdev-vfio": Unsupported, Validate,
        "`<hostdev type='pci'><driver name='vfio'/>`: `-device vfio-pci`",
        help "use a QEMU that was built with VFIO";
    /// QEMU has no `writeFiltering=` of PCI devices.
    WRITE_FILTERING = "hostdev-write-filtering": Unsupported, Validate,
        "`<hostdev type='pci'><source writeFiltering=>`: an option of Xen's PCI backend",
        help "remove `writeFiltering=` from `<source>`";
    /// A guest does not boot from a SCSI host adapter.
    SCSI_HOST_BOOT = "hostdev-scsi-host-boot": Unsupported, Validate,
        "`<hostdev type='scsi_host'><boot>`: `vhost-scsi` has no boot order in libvirt",
        help "remove `<boot>`";
    /// A SCSI host adapter needs a QEMU that has vhost-scsi.
    SCSI_HOST = "hostdev-scsi-host": Unsupported, Validate,
        "`<hostdev type='scsi_host'>`: `-device vhost-scsi-pci` and `vhost-scsi-ccw`",
        help "use a QEMU that has it";
    /// The model of a mediated device is one that this QEMU has.
    MDEV_MODEL = "hostdev-mdev-model": Unsupported, Validate,
        "`<hostdev type='mdev' model=>`: `vfio-pci`, `vfio-ccw` and `vfio-ap`",
        help "use a QEMU that has the device";
    /// A guest boots from a mediated device of model `vfio-ccw` only.
    MDEV_BOOT = "hostdev-mdev-boot": Unsupported, Validate,
        "`<hostdev type='mdev'><boot>`: only a channel device can be a disk",
        help "remove `<boot>`";
    /// The display of a mediated device needs a QEMU that has it.
    MDEV_DISPLAY = "hostdev-mdev-display": Unsupported, Validate,
        "`<hostdev type='mdev' model='vfio-pci' display=>`: `display=` of `vfio-pci`, new in QEMU 2.12",
        help "remove `display=`, or use QEMU 2.12 or later";
    /// The display of a host device needs a `<graphics>`.
    DISPLAY_GRAPHICS = "hostdev-display-graphics": Unsupported, Validate,
        "`<hostdev display='on'>`: `display=on` of `vfio-pci` shows the device in QEMU's display",
        help "add `<graphics>`, or remove `display=`";
    /// A guest has one host device of model `vfio-ap`.
    ONE_AP = "hostdev-one-ap": Unsupported, Validate,
        "`<hostdev type='mdev' model='vfio-ap'>`: one matrix of adapters and domains describes all of a guest's crypto adapters",
        help "remove one of the host devices, and assign its queues to the other";
    /// A PCI host device has an address of type `pci` or `unassigned`.
    PCI_ADDRESS = "hostdev-pci-address": Internal, Validate,
        "`<hostdev type='pci'><address type=>`: `vfio-pci` is attached to PCI",
        help "use `type='pci'`, or remove the `<address>`";
    /// The address of a host device is of the type of its bus.
    BUS_ADDRESS = "hostdev-bus-address": Unsupported, Validate,
        "`<hostdev><address type=>`: `drive` for SCSI (`scsi-generic`), `pci` or `ccw` for SCSI host adapters (`vhost-scsi`), `usb` for USB (`usb-host`)",
        help "use that type, or remove the `<address>`";
    /// SCSI commands of a SCSI host device are filtered.
    SGIO = "hostdev-sgio": Unsupported, Validate,
        "`<hostdev type='scsi' sgio='unfiltered'>`: Linux has no `unpriv_sgio` any more",
        help "remove `sgio=`, or set it to `filtered`";
    /// A host device with `<teaming>` is transient.
    TEAMING_TYPE = "hostdev-teaming-type": Unsupported, Validate,
        "`<hostdev><teaming type=>`: `failover_pair_id=` of `vfio-pci` names the persistent interface",
        help "set `type='transient'`";
    /// A host device with `<teaming>` is a PCI device.
    TEAMING_PCI = "hostdev-teaming-pci": Unsupported, Validate,
        "`<hostdev><teaming>`: `failover_pair_id=` is a property of `vfio-pci`",
        help "use `type='pci'`, or remove `<teaming>`";
    /// Every SCSI host device has an address of its own.
    SCSI_TWICE = "hostdev-scsi-twice": Unsupported, Validate,
        "`<hostdev type='scsi'><address type='drive'>`: a SCSI controller has one device at each bus, target and unit",
        help "change `unit=`, or remove the `<address>` of one of them";
    /// A device of the host is assigned to the guest once.
    TWICE = "hostdev-twice": Xml, Validate,
        "`<hostdev><source>` and `<interface type='hostdev'><source>`: a device of the host has one user",
        help "remove one of the elements";
    /// One host device of a guest has a RAM framebuffer.
    ONE_RAMFB = "hostdev-one-ramfb": Unsupported, Validate,
        "`<hostdev ramfb='on'>`: `ramfb=on` of `vfio-pci-nohotplug` registers one `etc/ramfb` with the firmware",
        help "set `ramfb='off'` on all host devices but one";
    /// The driver of a PCI host device is `vfio`.
    DRIVER = "hostdev-driver": Internal, Build,
        "`<hostdev type='pci'><driver name=>`: QEMU assigns PCI devices by VFIO only; `kvm` is gone, `xen` is for Xen",
        help "set `name='vfio'`, or remove `name=`";
}

/// Checks every host device, interfaces first, against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    for nic in &devices.interfaces {
        check_interface(cx, nic, out);
    }
    let format_first = cx.release.has(Convention::FormatRulesFirst);
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
            let format_first = cx.release.has(Convention::FormatRulesFirst);
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
                    format!("a guest cannot boot from a SCSI host adapter (boot order '{}')", boot.order);
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
            let message = format!("hostdev mode 'capabilities' is not supported for domain type '{virt}'");
            out.refuse(&CAPABILITIES, info.pos.path("@mode"), message);
        }
    }
}

fn check_usb(cx: &Context<'_>, usb: &UsbDevice, out: &mut Findings<'_>) {
    if let Some(reset) = usb.guest_reset
        && !cx.has(Cap::UsbHostGuestsResetsAll)
    {
        let message = format!("attribute 'guestReset' ('{reset}') is not supported by this QEMU");
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
            let message = format!("driver '{name}' is not supported for PCI devices, only 'vfio' is");
            out.refuse(&DRIVER, info.pos.path("driver/@name"), message);
        }
        _ => {}
    }
    if let Some(filtering) = pci.write_filtering {
        let message = format!("attribute 'writeFiltering' ('{filtering}') is not supported by QEMU");
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
        let message = format!("mediated devices of model '{model}' are not supported by this QEMU");
        out.refuse(&MDEV_MODEL, place("@model"), message);
    }
    if let Some(boot) = info.boot.as_ref().filter(|_| model != MdevModel::VfioCcw) {
        let message = format!(
            "a guest cannot boot from a mediated device of model '{model}' (boot order '{}')",
            boot.order
        );
        out.refuse(&MDEV_BOOT, place("boot/@order"), message);
    }
    // Other models have no display.
    if model != MdevModel::VfioPci {
        return;
    }
    if let Some(display) = mdev.display
        && !cx.has(Cap::VfioPciDisplay)
    {
        let message = format!("attribute 'display' ('{display}') is not supported by this QEMU");
        out.refuse(&MDEV_DISPLAY, place("@display"), message);
    }
    check_display(cx, mdev.display, place, out);
}

/// A device whose display is shown needs a `<graphics>` that shows it.
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
        let message = format!("teaming type '{kind}' is not supported for a 'hostdev', only 'transient' is");
        out.refuse(&TEAMING_TYPE, teaming.pos.path("@type"), message);
    }
    if hostdev.pci().is_none() {
        let kind = hostdev.source.kind();
        let message = format!("teaming needs a 'hostdev' of type 'pci', not '{kind}'");
        out.refuse(&TEAMING_PCI, teaming.pos, message);
    }
}

/// The rules on all host devices together.
fn check_all(cx: &Context<'_>, out: &mut Findings<'_>) {
    let hostdevs = &cx.domain.devices.hostdevs;
    address::check_scsi(cx, out);
    let mut aps = hostdevs.iter().filter(|h| model(h) == Some(MdevModel::VfioAp));
    if let Some(second) = aps.nth(1) {
        let message = "a guest has at most one 'hostdev' of model 'vfio-ap'";
        out.refuse(&ONE_AP, second.info.pos.path("@model"), message);
    }
    if cx.release.has(Convention::HostdevOnce) {
        let nics = &cx.domain.devices.interfaces;
        let nics = nics.iter().filter_map(|nic| Some((Identity::of_interface(nic)?, nic.info.pos)));
        let others = hostdevs.iter().filter_map(|h| Some((Identity::of(&h.source)?, h.info.pos)));
        let mut seen = HashSet::new();
        for (identity, pos) in nics.chain(others) {
            if !seen.insert(identity) {
                let message = "this device of the host is assigned to the guest a second time";
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
        let message = "a guest has at most one 'hostdev' with 'ramfb'";
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
    /// The PCI address on the host.
    Pci(PciAddress),
    /// The bus and device number of a USB device.
    UsbAddress(u32, u32),
    /// The vendor and product of a USB device.
    UsbProduct(u32, u32),
    /// A SCSI device: adapter, bus, target, unit.
    Unit(&'a str, u32, u32, u64),
    /// An iSCSI device: its name, and name and port of the host that serves it.
    Iscsi(&'a str, Option<(&'a str, Option<u32>)>),
    /// The WWPN of a SCSI host adapter.
    Adapter(&'a str),
    /// The UUID of a mediated device.
    Uuid(&'a str),
    /// The path of a device node, or the name of a network interface.
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
        let by_address = usb.address.map(|(bus, device)| Self::UsbAddress(bus, device));
        by_address.or(usb.product.map(|(vendor, product)| Self::UsbProduct(vendor, product)))
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
