//! Rules on where an image is.

use virtargv_caps::{Cap, Convention};
use virtargv_model::Pos;
use virtargv_model::device::disk::{Disk, DiskBus, Tray};
use virtargv_model::device::storage::{
    Image, ImageFormat, Location, NetHost, NetSource, Protocol, SourceType, Transport,
};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// An image in a file, on a block device or in a folder has a path.
    PATH = "storage-path": Internal, Build, "disk/source; `filename=` of block drivers";
    /// An image on a network has a protocol.
    PROTOCOL = "storage-protocol": Internal, Build, "source/@protocol";
    /// Most protocols have one host.
    ONE_HOST = "storage-one-host": Internal, Build, "source/host; `server=` of block drivers";
    /// A host is reached in a way that QEMU knows.
    TRANSPORT = "storage-transport": Internal, Build, "host/@transport; QEMU's socket addresses";
    /// The unit of an iSCSI target is a number.
    ISCSI_UNIT = "storage-iscsi-unit": Internal, Build, "source/@name; `lun=` of block driver iscsi";
    /// Users and groups of NFS are numbers.
    NFS_IDENTITY = "storage-nfs-identity": Internal, Build, "source/identity; `user=`, `group=` of block driver nfs";
    /// The name of an RBD volume has no colon where QEMU is given it in an address.
    RBD_COLON = "storage-rbd-colon": Unsupported, Build, "source/@name; a colon ends a part of `rbd:`";
    /// An image is of a type that a drive can have.
    DRIVE = "storage-drive": Internal, Build, "disk/@type, source/@protocol; `-drive file=`";
    /// An image is of a type that the block layer has nodes for.
    NODE = "storage-node": Internal, Build, "disk/@type; `-blockdev`";
    /// An image that lies on another is of a format that can.
    BACKING_FORMAT = "storage-backing-format": Unsupported, Build, "disk/backingStore; `backing=` of block drivers";
}

/// How QEMU is told where an image is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Node,
    Drive,
    Address,
}

/// Holds the images of `disk` against them.
pub(super) fn build(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    if disk.image.kind() == SourceType::VhostUser {
        return;
    }
    let nodes = cx.has(Cap::Blockdev) && disk.bus() != Some(DiskBus::Sd);
    if disk.image.is_empty() || (!nodes && disk.target.tray == Some(Tray::Open)) {
        return;
    }
    if !nodes {
        let form = match disk.image.network() {
            Some(net) if wants_properties(cx, net) => Form::Drive,
            Some(_) => Form::Address,
            None => Form::Drive,
        };
        return check(&disk.image, form, out);
    }
    let images: Vec<&Image> = disk.images().collect();
    for (depth, image) in images.iter().enumerate().rev() {
        if let Some(store) = &image.data_store {
            check(store, Form::Node, out);
        }
        check(image, Form::Node, out);
        let format = image.format.unwrap_or(ImageFormat::Raw);
        if depth + 1 < images.len() && !has_backing(format) {
            let message = format!("an image of format '{format}' cannot lie on a 'backingStore'");
            out.refuse(&BACKING_FORMAT, image.pos, message);
        }
    }
}

/// Whether images of the format can lie on others.
pub fn has_backing(format: ImageFormat) -> bool {
    matches!(
        format,
        ImageFormat::Cow | ImageFormat::Qcow | ImageFormat::Qcow2 | ImageFormat::Qed | ImageFormat::Vmdk
    )
}

/// Whether a drive is given its source as properties.
fn wants_properties(cx: &Context<'_>, net: &NetSource) -> bool {
    cx.release.has(Convention::DriveNetworkProps)
        || match net.protocol {
            Some(Protocol::Gluster) => net.hosts.len() > 1,
            Some(Protocol::Iscsi) => cx.has(Cap::IscsiPasswordSecret),
            Some(Protocol::Vxhs) => true,
            Some(Protocol::Nbd) => net.tls.map_or(cx.host.config().nbd_tls, virtargv_model::YesNo::is_yes),
            _ => false,
        }
}

fn check(image: &Image, form: Form, out: &mut Findings<'_>) {
    match &image.location {
        Location::File { path: None, .. } | Location::Block { path: None } | Location::Dir { path: None } => {
            let message = format!("the 'source' of an image of type '{}' has no path", image.kind());
            out.refuse(&PATH, image.pos, message);
        }
        Location::VhostVdpa { .. } if form != Form::Node => {
            let message = format!("an image of type '{}' cannot be given with -drive", image.kind());
            out.refuse(&DRIVE, image.pos, message);
        }
        Location::VhostUser(_) => {
            let message = format!("an image of type '{}' has no node", image.kind());
            out.refuse(&NODE, image.pos, message);
        }
        Location::Network(net) => network(net, image.pos, form, out),
        _ => {}
    }
}

fn network(net: &NetSource, pos: Pos, form: Form, out: &mut Findings<'_>) {
    let Some(protocol) = net.protocol else {
        return out.refuse(&PROTOCOL, pos, "element 'source' lacks its attribute 'protocol'");
    };
    if form == Form::Address {
        match protocol {
            Protocol::Ssh | Protocol::Vxhs | Protocol::Nfs => {
                let message = format!("protocol '{protocol}' cannot be given with -drive");
                return out.refuse(&DRIVE, pos, message);
            }
            Protocol::Rbd => {
                let name = net.name.as_deref().unwrap_or("");
                let volume = name.split_once('/').map_or(name, |(_, volume)| volume);
                if volume.contains(':') {
                    let message = format!("the name of the volume '{volume}' of an rbd source has a ':'");
                    out.refuse(&RBD_COLON, pos.attr("name"), message);
                }
                return;
            }
            Protocol::Sheepdog if net.hosts.is_empty() => return,
            _ => {}
        }
    }
    if !matches!(protocol, Protocol::Rbd | Protocol::Gluster)
        || (form == Form::Address && net.hosts.is_empty())
    {
        one_host(protocol, &net.hosts, pos, out);
    }
    let sockets = matches!(protocol, Protocol::Nbd | Protocol::Gluster | Protocol::Sheepdog);
    if form != Form::Address && sockets && net.hosts.iter().any(|host| host.transport() == Transport::Rdma) {
        let message = "transport 'rdma' of element 'host' is not offered by QEMU";
        out.refuse(&TRANSPORT, pos, message);
    }
    let tcp_only =
        matches!(protocol, Protocol::Rbd | Protocol::Iscsi | Protocol::Vxhs | Protocol::Ssh | Protocol::Nfs);
    if tcp_only && net.hosts.iter().any(|host| host.transport() == Transport::Unix) {
        let message = format!("transport 'unix' of element 'host' is not offered with protocol '{protocol}'");
        out.refuse(&TRANSPORT, pos, message);
    }
    match protocol {
        Protocol::Iscsi if form != Form::Address => unit(net.name.as_deref().unwrap_or(""), pos, out),
        Protocol::Nfs => {
            for text in net.nfs_user.iter().chain(&net.nfs_group) {
                if text.trim_start_matches('+').parse::<u32>().is_err() {
                    let message =
                        format!("'{text}' in element 'identity' is not the number of a user or group");
                    out.refuse(&NFS_IDENTITY, pos.path("identity"), message);
                }
            }
        }
        _ => {}
    }
}

fn one_host(protocol: Protocol, hosts: &[NetHost], pos: Pos, out: &mut Findings<'_>) {
    if hosts.len() != 1 {
        let message = format!("protocol '{protocol}' takes one host, there are '{}'", hosts.len());
        out.refuse(&ONE_HOST, pos, message);
    }
}

fn unit(name: &str, pos: Pos, out: &mut Findings<'_>) {
    let unit = name.split_once('/').map_or("0", |(_, unit)| unit);
    if unit.parse::<u32>().is_err() {
        let message = format!("the unit of iSCSI source '{name}' is '{unit}', expected a number");
        out.refuse(&ISCSI_UNIT, pos.attr("name"), message);
    }
}

/// Holds the iSCSI unit of a host device against them.
pub(in crate::rules) fn iscsi_unit(name: &str, hosts: &[NetHost], pos: Pos, out: &mut Findings<'_>) {
    one_host(Protocol::Iscsi, hosts, pos, out);
    unit(name, pos, out);
}
