//! Rules on addresses of devices of any kind.

use foldhash::HashSet;
use virtargv_caps::Cap;

use virtargv_model::device::controller::{Controller, ControllerType};
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::{Address, DeviceInfo, Rom};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A zPCI address needs a QEMU that has zPCI.
    ZPCI = "address-zpci": Unsupported, Validate,
        "`<address type='pci'><zpci uid= fid=>`: `-device zpci` of s390x",
        help "remove `<zpci>`, or use a QEMU that has it";
    /// The register of a spapr-vio address has at most 32 bits.
    SPAPR_VIO = "address-spapr-vio": Unsupported, Validate,
        "`<address type='spapr-vio' reg=>`: `reg=` of devices on pseries' virtual I/O bus",
        help "set `reg=` to 0xffffffff or less, or remove the `<address>`";
    /// ACPI generic initiators need a QEMU that has them.
    ACPI_NODES = "device-acpi-nodes": Unsupported, Validate,
        "`<acpi nodeset=>` of a host device: the object `acpi-generic-initiator`",
        help "remove `nodeset=`, or use a QEMU that has the object", since "11.8";
    /// An ACPI index needs a QEMU that has it.
    ACPI_INDEX = "address-acpi-index": Unsupported, Validate,
        "`<acpi index=>` of a device: `acpi-index=` of PCI devices",
        help "remove `<acpi index=>`, or use a QEMU that has it",
        since "7.3";
    /// Only a PCI device has an ACPI index and an option ROM.
    PCI_ONLY = "address-pci-only": Unsupported, Validate,
        "`<acpi index=>` and `<rom>`: `acpi-index=`, `rombar=` and `romfile=` of PCI devices",
        help "remove the element, or use `<address type='pci'>`",
        since "9.0";
    /// An address of type `ccw` needs a machine type with a channel subsystem.
    CCW = "address-ccw": Unsupported, Validate (Build before "7.1"),
        "`<address type='ccw'>`: the machine type `s390-ccw-virtio`",
        help "remove the `<address>`, so that one is assigned";
    /// An address of type `ccw` needs a QEMU that has the channel subsystem.
    CCW_QEMU = "address-ccw-qemu": Unsupported, Validate (Build before "7.1"),
        "`<address type='ccw'>`: `-device virtual-css-bridge`, new in QEMU 2.7; libvirt takes it for the subsystem",
        help "remove the `<address>`, or use a QEMU that has it";
    /// The controller that the address of a device names exists.
    CONTROLLER = "address-controller": Internal, Build,
        "`<address controller= bus=>`: `bus=` of a device names a bus of QEMU by its controller",
        help "add the `<controller>`, or change the `<address>`";
    /// Only a PCI device has an option ROM.
    ROM = "rom-needs-pci": Unsupported, Build,
        "`<rom enabled= bar= file=>`: `rombar=` and `romfile=` of PCI devices",
        help "remove `<rom>`, or use `<address type='pci'>`";
}

/// Checks the addresses of the devices of these kinds against the rules above.
pub(crate) fn check(cx: &Context<'_>, kinds: &[DeviceKind], out: &mut Findings<'_>) {
    for &kind in kinds {
        let ids = (0..).map(|index| DeviceId { kind, index });
        for (id, info) in ids.map_while(|id| Some((id, cx.domain.devices.info(id)?))) {
            check_one(cx, id, info, out);
        }
    }
}

fn check_one(cx: &Context<'_>, id: DeviceId, info: &DeviceInfo, out: &mut Findings<'_>) {
    let name = id.kind.element();
    match &info.address {
        Some(Address::Pci(pci)) => {
            let given = pci.zpci.filter(|zpci| zpci.uid.is_some() || zpci.fid.is_some());
            if given.is_some() && !cx.has(Cap::DeviceZpci) {
                let message = format!("the `zpci` address of device `{name}` is not supported by this QEMU");
                out.refuse(&ZPCI, info.pos.path("address/zpci"), message);
            }
        }
        Some(Address::SpaprVio { reg: Some(reg) }) if *reg > 0xffff_ffff => {
            let message =
                format!("the spapr-vio address of device `{name}` has `reg='{reg:#x}'`, more than 32 bits");
            out.refuse(&SPAPR_VIO, info.pos.path("address/@reg"), message);
        }
        Some(Address::Ccw(_)) if !cx.guest.is_s390_ccw() => {
            let disk = cx.domain.devices.disks.get(id.index).filter(|_| id.kind == DeviceKind::Disk);
            let name = match id.kind {
                DeviceKind::Interface => "net",
                _ => disk.and_then(|disk| disk.target.dev.as_deref()).unwrap_or(name),
            };
            let bus = disk.and_then(Disk::bus).map(|bus| format!(" on bus `{bus}`")).unwrap_or_default();
            let message = format!(
                "device `{name}`{bus} has an address of type `ccw`, which machine type `{}` does not support",
                cx.guest.machine
            );
            out.refuse(&CCW, info.pos.path("address"), message);
        }
        Some(Address::Ccw(_)) if !cx.has(Cap::Ccw) && id.kind != DeviceKind::Memballoon => {
            let message =
                format!("the address of type `ccw` of device `{name}` is not supported by this QEMU");
            out.refuse(&CCW_QEMU, info.pos.path("address"), message);
        }
        _ => {}
    }
    check_pci_only(cx, name, info, out);
}

/// ACPI index and option ROM, which only PCI devices have.
fn check_pci_only(cx: &Context<'_>, name: &str, info: &DeviceInfo, out: &mut Findings<'_>) {
    let index = info.acpi_index.filter(|index| *index > 0);
    let placed = matches!(info.address, None | Some(Address::Pci(_)));
    if let Some(index) = index {
        let place = info.pos.path("acpi/@index");
        if !cx.has(Cap::AcpiIndex) {
            let message =
                format!("device `{name}` has the ACPI index `{index}`, which this QEMU does not support");
            out.refuse(&ACPI_INDEX, place, message);
        } else if !placed {
            let message =
                format!("device `{name}` has the ACPI index `{index}`, but no address of type `pci`");
            out.refuse(&PCI_ONLY, place, message);
        }
    }
    if info.acpi_nodes.is_some() && !cx.has(Cap::AcpiGenericInitiator) {
        let message = format!("`nodeset` of `<acpi>` of device `{name}` is not supported by this QEMU");
        out.refuse(&ACPI_NODES, info.pos.path("acpi/@nodeset"), message);
    }
    let unplaced = matches!(info.address, Some(Address::Unassigned));
    let tuned =
        info.rom.as_ref().is_some_and(|rom| rom.enabled.is_some() || rom.bar.is_some() || rom.file.is_some());
    if tuned && !placed && !unplaced {
        let message = format!("device `{name}` has an option `rom`, but no address of type `pci`");
        out.refuse(&PCI_ONLY, info.pos.path("rom"), message);
    }
}

/// The kinds of device whose option ROM is checked while the command line is built.
const WITH_ROM: &[DeviceKind] = &[DeviceKind::Interface, DeviceKind::Hostdev];

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let controllers: HashSet<(ControllerType, u32)> =
        cx.domain.devices.controllers.iter().map(|c| (c.controller_type(), c.number())).collect();
    for (id, info) in cx.domain.devices.infos() {
        // A USB controller of model `none` has no bus.
        let controller = cx.domain.devices.controllers.get(id.index);
        let no_model = controller.and_then(Controller::usb).is_some_and(|usb| usb.model.is_none());
        if id.kind == DeviceKind::Controller && no_model {
            continue;
        }
        let disk = cx.domain.devices.disks.get(id.index).filter(|_| id.kind == DeviceKind::Disk);
        if let Some((kind, index)) = controller_of(cx, info, disk.and_then(Disk::bus))
            && !controllers.contains(&(kind, index))
        {
            let name = id.kind.element();
            let message = format!(
                "the address of device `{name}` names the controller of type `{kind}` with index `{index}`, which the domain does not have"
            );
            out.refuse(&CONTROLLER, info.pos.path("address"), message);
        }
        let is_given = |rom: &Rom| rom.enabled.is_some() || rom.bar.is_some() || rom.file.is_some();
        if WITH_ROM.contains(&id.kind)
            && info.rom.as_deref().is_some_and(is_given)
            && info.pci().is_none()
            && info.address != Some(Address::Unassigned)
            && (info.address.is_some() || out.is_placed())
        {
            let message = "`<rom>` is only for devices with an address of type `pci`";
            out.refuse(&ROM, info.pos.path("rom"), message);
        }
    }
}

/// The controller that a device needs; `None` for one that is part of the machine, and for USB: USB ports are assigned
/// at each start, and a missing USB controller is reported then.
fn controller_of(cx: &Context<'_>, info: &DeviceInfo, bus: Option<DiskBus>) -> Option<(ControllerType, u32)> {
    Some(match info.address.as_ref()? {
        Address::Pci(pci) => (ControllerType::Pci, pci.bus),
        Address::VirtioSerial(at) => (ControllerType::VirtioSerial, at.controller),
        Address::Ccid(at) => (ControllerType::Ccid, at.controller),
        Address::Drive(at) => {
            let on_board = at.controller == 0;
            match bus {
                // A floppy drive is a property of its controller, an SD card is a `-drive`.
                Some(DiskBus::Fdc | DiskBus::Sd) => return None,
                Some(DiskBus::Ide) if on_board && cx.guest.has_builtin_ide() => return None,
                Some(DiskBus::Sata) if on_board && cx.guest.is_q35() => return None,
                Some(DiskBus::Ide) => (ControllerType::Ide, at.controller),
                Some(DiskBus::Sata) => (ControllerType::Sata, at.controller),
                Some(DiskBus::Nvme) => (ControllerType::Nvme, at.controller),
                _ => (ControllerType::Scsi, at.controller),
            }
        }
        _ => return None,
    })
}
