//! Rules on `<controller type='nvme'>` and the disks on it.

use foldhash::HashMap;
use virtargv_caps::Cap;
use virtargv_model::device::controller::ControllerKind;
use virtargv_model::device::disk::DiskBus;
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// An NVMe controller has a serial number.
    SERIAL = "controller-nvme-serial": Xml, Validate,
        "`<controller type='nvme'><serial>`: QEMU's `nvme` does not start without `serial=`",
        help "add `<serial>` to one of its disks, or to the `<controller>`", since "11.5";
    /// The disks of an NVMe controller have its serial number, or none.
    SERIAL_DIFFERS = "controller-nvme-serial-differs": Plain, Validate,
        "`<disk><serial>`: the serial number of an NVMe disk is that of its controller",
        help "remove `<serial>` from the disks, or put them on several controllers", since "11.5";
    /// An NVMe controller needs a QEMU that has it.
    QEMU_LACKS = "controller-nvme": Unsupported, Validate,
        "`<controller type='nvme'>`, `<disk><target bus='nvme'>`: QEMU's devices `nvme` and `nvme-ns`",
        help "use `bus='virtio'`, or a QEMU that has them", since "11.5";
}

/// Checks every NVMe controller and the serial numbers of the disks on it.
pub(super) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let mut serials: HashMap<u32, &str> = HashMap::default();
    for controller in &cx.domain.devices.controllers {
        let ControllerKind::Nvme(nvme) = &controller.kind else { continue };
        let (number, pos) = (controller.number(), controller.info.pos);
        if !(cx.has(Cap::DeviceNvme) && cx.has(Cap::DeviceNvmeNs)) {
            out.refuse(&QEMU_LACKS, pos, "this QEMU has no NVMe controllers (`nvme`, `nvme-ns`)");
        }
        if let Some(serial) = &nvme.serial {
            serials.entry(number).or_insert(serial);
        } else {
            let message = format!("the `nvme` controller with index `{number}` has no serial number");
            out.refuse(&SERIAL, pos.path("serial"), message);
        }
    }
    for disk in cx.domain.devices.disks.iter().filter(|disk| disk.bus() == Some(DiskBus::Nvme)) {
        let (Some(serial), Some(Address::Drive(at))) = (&disk.serial, &disk.info.address) else { continue };
        let Some(of_controller) = serials.get(&at.controller).filter(|of| *of != serial) else { continue };
        let message = format!(
            "disk `{}` has the serial number `{serial}`, its controller has `{of_controller}`",
            disk.dst()
        );
        out.refuse(&SERIAL_DIFFERS, disk.info.pos.path("serial"), message);
    }
}
