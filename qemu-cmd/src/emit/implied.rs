//! The reasons for implied devices.

use virtargv_model::Domain;
use virtargv_model::device::controller::ControllerType;
use virtargv_model::device::{DeviceId, DeviceKind};

/// The reason for device `id` where it is not in the document; `None` for kinds that are never implied.
pub(crate) fn device(domain: &Domain, id: DeviceId) -> Option<&'static str> {
    Some(match id.kind {
        DeviceKind::Controller => controller(domain.devices.controllers.get(id.index)?.controller_type()),
        DeviceKind::Input => "a keyboard and a pointer of the machine, for guests with <graphics>",
        DeviceKind::Video => "<graphics>",
        DeviceKind::Audio => "<sound> and <graphics> need an audio backend",
        DeviceKind::Memballoon => "every guest has a memory balloon unless <memballoon model='none'/>",
        DeviceKind::Serial => "<console> of type 'serial'",
        DeviceKind::Console => "the first <serial>",
        DeviceKind::Panic => "the machine reports guest panics",
        DeviceKind::Nvram => "pseries machines keep variables of their firmware",
        DeviceKind::Watchdog => "the chipset of Q35 machines",
        DeviceKind::MemoryDevice => "<maxMemory>",
        DeviceKind::Hub => "USB devices without a free port",
        _ => return None,
    })
}

fn controller(kind: ControllerType) -> &'static str {
    match kind {
        ControllerType::Pci => "the machine and the slots that PCI devices need",
        ControllerType::Usb => "every guest has USB unless <controller type='usb' model='none'/>",
        ControllerType::Scsi => "devices on bus 'scsi'",
        ControllerType::Ide => "disks on bus 'ide'",
        ControllerType::Sata => "the machine and disks on bus 'sata'",
        ControllerType::Fdc => "disks on bus 'fdc'",
        ControllerType::VirtioSerial => "<channel> and <console> on virtio-serial",
        ControllerType::Ccid => "<smartcard>",
        ControllerType::Isa => "devices on the ISA bus",
        ControllerType::Xenbus => "Xen",
    }
}
