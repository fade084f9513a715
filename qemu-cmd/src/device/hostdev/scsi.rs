//! SCSI units of the host (`scsi-generic` and the storage behind it) and SCSI host adapters (`vhost-scsi`).

use virtargv_caps::Convention;
use virtargv_host::Descriptor;
use virtargv_model::Kind;
use virtargv_model::device::hostdev::{Hostdev, ScsiDevice, ScsiHost, ScsiHostModel, ScsiSource};
use virtargv_model::device::storage::{Image, Location, NetSource, Protocol};
use virtargv_model::device::virtio::VirtioOptions;
use virtargv_model::info::{Address, DeviceInfo, DriveAddress};
use virtargv_model::{Problem, device::disk::DiskBus};

use crate::Props;
use crate::device::address;
use crate::device::disk::frontend::add_drive_address;
use crate::device::virtio::{self, Variant};
use crate::emit::{Done, Emit, problem};
use crate::needs::Role;
use crate::storage::scsi_hostdev;

/// Emits the unit `scsi` and its storage.
pub(super) fn emit_unit(e: &mut Emit<'_>, hostdev: &Hostdev, scsi: &ScsiDevice) -> Done {
    let info = &hostdev.info;
    let alias = info.alias.as_deref().unwrap_or_default();
    let image = image(e, scsi)?;
    let nth = e.counters.scsi_nodes;
    e.counters.scsi_nodes = nth.saturating_add(1);
    let drive = scsi_hostdev(e, &image, alias, nth, hostdev.readonly)?;
    let Some(Address::Drive(at)) = &info.address else {
        let message = "a SCSI unit needs an address of type 'drive'";
        return Err(problem(Kind::Internal, "hostdev-scsi-address", info.pos, message));
    };
    let mut props = Props::new("driver", "scsi-generic");
    if e.release().has(Convention::AddressLast) {
        props.set("drive", drive).set("id", alias);
        address::add_bootindex(&mut props, info.boot.as_ref().map(|b| b.order));
        add_address(&mut props, e, info, at)?;
    } else {
        add_address(&mut props, e, info, at)?;
        props.set("drive", drive).set("id", alias);
        address::add_bootindex(&mut props, info.boot.as_ref().map(|b| b.order));
    }
    e.device(&props);
    Ok(())
}

fn add_address(props: &mut Props, e: &Emit<'_>, info: &DeviceInfo, at: &DriveAddress) -> Done {
    add_drive_address(props, e, info, Some(DiskBus::Scsi), at)
}

/// The storage behind a unit, as the block layer sees it.
fn image(e: &Emit<'_>, scsi: &ScsiDevice) -> Result<Image, Problem> {
    let image = Image { pos: scsi.pos, ..Image::default() };
    Ok(match &scsi.source {
        ScsiSource::Adapter(at) => {
            let found = e.host.devices().scsi_generic(&at.name, at.bus, at.target, at.unit).map_err(|error| {
                let message = format!("the unit on adapter '{}' was not found: {error}", at.name);
                problem(Kind::Internal, "hostdev-scsi-unit", scsi.pos, message)
            })?;
            Image { location: Location::Block { path: Some(format!("/dev/{found}")) }, ..image }
        }
        ScsiSource::Iscsi(iscsi) => {
            let net = NetSource {
                protocol: Some(Protocol::Iscsi),
                name: Some(iscsi.name.clone()),
                hosts: iscsi.hosts.clone(),
                initiator: iscsi.initiator.clone(),
                ..NetSource::default()
            };
            Image {
                location: Location::Network(Box::new(net)),
                auth: iscsi.auth.clone().map(Box::new),
                ..image
            }
        }
    })
}

/// Emits the adapter `host`.
pub(super) fn emit_adapter(e: &mut Emit<'_>, info: &DeviceInfo, host: &ScsiHost) -> Done {
    let variant = match host.model {
        Some(ScsiHostModel::VirtioTransitional) => Variant::Transitional,
        Some(ScsiHostModel::VirtioNonTransitional) => Variant::NonTransitional,
        Some(ScsiHostModel::Virtio) | None => Variant::Plain,
    };
    let mut props = virtio::device(e, "vhost-scsi", variant, info, VirtioOptions::default())?;
    props.set("wwpn", &host.wwpn);
    if e.is_standalone() {
        e.need_path("/dev/vhost-scsi", Role::Device);
    } else {
        let fd = e.descriptor(&Descriptor::VhostScsi).map_err(|error| {
            let message = format!("no descriptor for adapter '{}': {error}", host.wwpn);
            problem(Kind::Internal, "hostdev-vhost-scsi", host.pos, message)
        })?;
        props.set("vhostfd", fd.to_string());
    }
    props.set("id", info.alias.as_deref().unwrap_or_default());
    address::add(&mut props, e, info)?;
    e.device(&props);
    Ok(())
}
