//! Rules on the places of disks on their controllers.

use virtargv_caps::Cap;
use virtargv_model::device::controller::{Controller, ControllerType, ScsiModel};
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::info::{Address, DriveAddress};

use crate::{Context, Findings};

crate::rules! {
    /// There is one IDE and one floppy controller.
    ONE_CONTROLLER = "disk-address-controller": Unsupported, Validate, "address/@controller; the machine has one on the board";
    /// A part of an address that the controller does not have is 0.
    ZERO = "disk-address-zero": Unsupported, Validate, "address; the controller has no such number";
    /// SCSI disks of old QEMUs have targets up to 7 and no channels.
    OLD_SCSI = "disk-address-old-scsi": Unsupported, Validate, "address; scsi-disk channel=";
}

/// Holds the place of `disk` against them.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let Some(Address::Drive(at)) = &disk.info.address else { return };
    let place = || disk.info.pos.path("address");
    let mut zero = |name: &str, value: u32, of: &str| {
        if value != 0 {
            let message =
                format!("'{name}' of the address of disk '{}' is '{value}', it is 0 for {of}", disk.dst());
            out.refuse(&ZERO, place(), message);
        }
    };
    match disk.bus() {
        Some(DiskBus::Ide) => zero("target", at.target, "'ide' controllers"),
        Some(DiskBus::Fdc) => {
            zero("bus", at.bus, "'fdc' controllers");
            zero("target", at.target, "'fdc' controllers");
        }
        Some(DiskBus::Sata) => {
            zero("bus", at.bus, "'sata' controllers");
            zero("target", at.target, "'sata' controllers");
        }
        Some(DiskBus::Scsi) => check_scsi(cx, disk, at, out),
        _ => {}
    }
    if matches!(disk.bus(), Some(DiskBus::Ide | DiskBus::Fdc)) && at.controller != 0 {
        let bus = disk.bus().map_or("", virtargv_model::Spelled::as_str);
        let message =
            format!("disk '{}' is on '{bus}' controller '{}', there is one", disk.dst(), at.controller);
        out.refuse(&ONE_CONTROLLER, disk.info.pos.path("address/@controller"), message);
    }
}

fn check_scsi(cx: &Context<'_>, disk: &Disk, at: &DriveAddress, out: &mut Findings<'_>) {
    let controllers = &cx.domain.devices.controllers;
    let found = controllers.iter().find(|c| c.is(ControllerType::Scsi, at.controller));
    let model = found.and_then(Controller::scsi_model);
    let place = || disk.info.pos.path("address");
    if let Some(
        model @ (ScsiModel::Lsilogic | ScsiModel::Ncr53c90 | ScsiModel::Dc390 | ScsiModel::Am53c974),
    ) = model
    {
        if at.target != 0 {
            let message =
                format!("'target' of disk '{}' is '{}', it is 0 for model '{model}'", disk.dst(), at.target);
            out.refuse(&ZERO, place(), message);
        }
        return;
    }
    if cx.has(Cap::ScsiDiskChannel) {
        return;
    }
    if at.target > 7 {
        let message = format!("'target' of disk '{}' is '{}', this QEMU has up to 7", disk.dst(), at.target);
        out.refuse(&OLD_SCSI, place(), message);
    }
    if at.bus != 0 && at.unit != 0 {
        let message = format!("disk '{}' has a bus and a unit, this QEMU has neither", disk.dst());
        out.refuse(&OLD_SCSI, place(), message);
    }
}
