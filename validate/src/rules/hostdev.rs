//! Rules on `<hostdev>`, and on interfaces that are host devices.

mod address;
mod identity;
pub mod mdev;
pub mod pci;
pub mod scsi;
pub mod usb;

use foldhash::HashMap;
use virtargv_caps::Convention;
use virtargv_model::device::hostdev::{Hostdev, HostdevSource, InterfaceDevice, ScsiSource, UsbDevice};
use virtargv_model::device::net::{Interface, Source, TeamingType};
use virtargv_model::{Message, OnOff, Place, Pos};

use self::identity::Identity;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// Host devices of mode `capabilities` are for containers.
    CAPABILITIES = "hostdev-capabilities": Unsupported, Validate,
        "`<hostdev mode='capabilities'>`: device nodes and interfaces of the host; a virtual machine has no use for them",
        help "use `mode='subsystem'`";
    /// The display of a host device needs a `<graphics>`.
    DISPLAY_GRAPHICS = "hostdev-display-graphics": Unsupported, Validate,
        "`<hostdev display='on'>`: `display=on` of `vfio-pci` shows the device in QEMU's display",
        help "add `<graphics>`, or remove `display=`";
    /// A PCI host device has an address of type `pci` or `unassigned`.
    PCI_ADDRESS = "hostdev-pci-address": Internal, Validate,
        "`<hostdev type='pci'><address type=>`: `vfio-pci` is attached to PCI",
        help "use `type='pci'`, or remove the `<address>`";
    /// The address of a host device is of the type of its bus.
    BUS_ADDRESS = "hostdev-bus-address": Unsupported, Validate,
        "`<hostdev><address type=>`: `drive` for SCSI (`scsi-generic`), `pci` or `ccw` for SCSI host adapters (`vhost-scsi`), `usb` for USB (`usb-host`)",
        help "use that type, or remove the `<address>`";
    /// A host device with `<teaming>` is transient.
    TEAMING_TYPE = "hostdev-teaming-type": Unsupported, Validate,
        "`<hostdev><teaming type=>`: `failover_pair_id=` of `vfio-pci` names the persistent interface",
        help "set `type='transient'`";
    /// A host device with `<teaming>` is a PCI device.
    TEAMING_PCI = "hostdev-teaming-pci": Unsupported, Validate,
        "`<hostdev><teaming>`: `failover_pair_id=` is a property of `vfio-pci`",
        help "use `type='pci'`, or remove `<teaming>`";
    /// A device of the host is assigned to the guest once.
    TWICE = "hostdev-twice": Xml, Validate,
        "`<hostdev><source>` and `<interface type='hostdev'><source>`: a device of the host has one user",
        help "remove one of the two `<hostdev>` or `<interface>`",
        since "9.0";
    /// One host device of a guest has a RAM framebuffer.
    ONE_RAMFB = "hostdev-one-ramfb": Unsupported, Validate,
        "`<hostdev ramfb='on'>`: `ramfb=on` of `vfio-pci-nohotplug` registers one `etc/ramfb` with the firmware",
        help "set `ramfb='off'` on all host devices but one";
    /// Bus and device number of a USB host device are known.
    USB_NODE = "hostdev-usb-address": Internal, Build,
        "`<hostdev type='usb'><source><address bus= device=>`: `hostdevice=` or `hostbus=` and `hostaddr=` of `usb-host`; `<vendor>` and `<product>` are looked up on the host",
        help "add `<address bus= device=/>` to `<source>`";
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
            pci::check(cx, &nic.info, pci, out);
            if !format_first {
                address::pci(&nic.info, out);
            }
        }
        InterfaceDevice::Usb(usb) => {
            address::usb(&nic.info, out);
            usb::check(cx, usb, out);
        }
    }
}

fn check_kind(cx: &Context<'_>, hostdev: &Hostdev, out: &mut Findings<'_>) {
    let info = &hostdev.info;
    match &hostdev.source {
        HostdevSource::Usb(usb) => usb::check(cx, usb, out),
        HostdevSource::Pci(pci) => pci::check(cx, info, pci, out),
        HostdevSource::Scsi(_) => {}
        HostdevSource::ScsiHost(host) => scsi::check_adapter(cx, info, host, out),
        HostdevSource::Mdev(mdev) => mdev::check(cx, info, mdev, out),
        HostdevSource::Capability(_) => {
            let virt = cx.domain.virt_type.map(|v| v.to_string()).unwrap_or_default();
            let message = format!("hostdev mode `capabilities` is not supported for domain type `{virt}`");
            out.refuse(&CAPABILITIES, info.pos.path("@mode"), message);
        }
    }
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
        let message = "`<hostdev>` with `display=on` needs a `<graphics>`";
        out.refuse(&DISPLAY_GRAPHICS, place("@display"), message);
    }
}

fn check_teaming(hostdev: &Hostdev, out: &mut Findings<'_>) {
    let Some(teaming) = &hostdev.teaming else { return };
    if let Some(kind) = teaming.kind.filter(|k| *k != TeamingType::Transient) {
        let message =
            format!("teaming type `{kind}` is not supported for a `<hostdev>`, only `transient` is");
        out.refuse(&TEAMING_TYPE, teaming.pos.path("@type"), message);
    }
    if hostdev.pci().is_none() {
        let kind = hostdev.source.kind();
        let message = format!("teaming needs a `<hostdev>` of type `pci`, not `{kind}`");
        out.refuse(&TEAMING_PCI, teaming.pos, message);
    }
}

/// The rules on all host devices together.
fn check_all(cx: &Context<'_>, out: &mut Findings<'_>) {
    let hostdevs = &cx.domain.devices.hostdevs;
    scsi::check_addresses(cx, out);
    mdev::check_one_ap(hostdevs, out);
    let nics = &cx.domain.devices.interfaces;
    let nics = nics.iter().filter_map(|nic| Some((Identity::of_interface(nic)?, nic.info.pos)));
    let others = hostdevs.iter().filter_map(|h| Some((Identity::of(&h.source)?, h.info.pos)));
    let mut seen = HashMap::default();
    for (identity, pos) in nics.chain(others) {
        if let Some(first) = seen.get(&identity) {
            let message = format!("{identity} of the host is assigned to the guest more than once");
            let message = Message::new(message).with_first(Pos::path(*first, "source"));
            out.refuse(&TWICE, pos.path("source"), message);
        } else {
            seen.insert(identity, pos);
        }
    }
    let with_ramfb = hostdevs.iter().filter(|h| match &h.source {
        HostdevSource::Mdev(mdev) => mdev.ramfb == Some(OnOff::On),
        HostdevSource::Pci(pci) => pci.ramfb == Some(OnOff::On),
        _ => false,
    });
    if let Some(second) = with_ramfb.clone().nth(1) {
        let message = "a guest has at most one `hostdev` with `ramfb`";
        out.refuse(&ONE_RAMFB, second.info.pos.path("@ramfb"), message);
    }
}

/// Checks what libvirt finds only when it builds the command line.
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
                if let ScsiSource::Iscsi(iscsi) = &scsi.source {
                    super::disk::source::iscsi_unit(&iscsi.name, &iscsi.hosts, scsi.pos, out);
                }
            }
            _ => {}
        }
    }
}

/// A device that the document names by vendor and product is looked up when the guest is started.
fn usb_node(usb: &UsbDevice, out: &mut Findings<'_>) {
    let is_named = usb.is_named();
    if !is_named && !out.unread().has_part_of(usb.pos) {
        let message = "`<source>` of a USB host device has no `<address bus= device=>`";
        out.refuse(&USB_NODE, usb.pos, message);
    }
}
