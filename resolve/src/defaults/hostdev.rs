//! Defaults of `<hostdev>`.

use foldhash::HashSet;
use virtargv_caps::Cap;
use virtargv_model::device::Devices;
use virtargv_model::device::disk::DiskBus;
use virtargv_model::device::hostdev::{HostdevSource, MdevModel, ScsiSource};
use virtargv_model::info::{Address, DriveAddress};
use virtargv_model::{OnOff, YesNo};

use crate::Work;

/// The number of units that libvirt places on a SCSI bus.
const UNITS: u32 = 7;

/// Fills in every `<hostdev>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    if work.domain.devices.hostdevs.is_empty() {
        return;
    }
    let mut taken = scsi_addresses(&work.domain.devices);
    let mut next = DriveAddress::default();
    for hostdev in &mut work.domain.devices.hostdevs {
        if !matches!(hostdev.source, HostdevSource::Capability(_)) {
            hostdev.managed.get_or_insert(YesNo::No);
        }
        match &mut hostdev.source {
            // The guest keeps its setting when QEMU's default changes.
            HostdevSource::Mdev(mdev)
                if mdev.model == MdevModel::VfioPci && work.caps.has(Cap::VfioPciDisplay) =>
            {
                mdev.display.get_or_insert(OnOff::Off);
            }
            HostdevSource::Scsi(scsi) => {
                // An iSCSI target without a LUN stands for LUN 0.
                if let ScsiSource::Iscsi(iscsi) = &mut scsi.source
                    && !iscsi.name.contains('/')
                {
                    iscsi.name.push_str("/0");
                }
                hostdev
                    .info
                    .address
                    .get_or_insert_with(|| Address::Drive(free_address(&mut taken, &mut next)));
            }
            _ => {}
        }
    }
}

/// The SCSI addresses of disks and host devices.
fn scsi_addresses(devices: &Devices) -> HashSet<DriveAddress> {
    let disks = devices.disks.iter().filter(|d| d.bus() == Some(DiskBus::Scsi)).map(|d| &d.info);
    let units = devices.hostdevs.iter().filter(|h| matches!(h.source, HostdevSource::Scsi(_)));
    let infos = disks.chain(units.map(|h| &h.info));
    infos
        .filter_map(|info| match &info.address {
            Some(Address::Drive(at)) => Some(*at),
            _ => None,
        })
        .collect()
}

/// Takes the first free address from `next` on, controller by controller.
fn free_address(taken: &mut HashSet<DriveAddress>, next: &mut DriveAddress) -> DriveAddress {
    while !taken.insert(*next) {
        if next.unit + 1 < UNITS {
            next.unit += 1;
        } else {
            *next = DriveAddress { controller: next.controller.saturating_add(1), ..DriveAddress::default() };
        }
    }
    *next
}
