//! Rules on the location of images: paths, protocols and hosts.

use virtargv_caps::{Cap, Caps, Convention};
use virtargv_model::device::disk::{Disk, DiskBus, Tray};
use virtargv_model::device::storage::{
    Image, ImageFormat, Location, NetHost, NetSource, Protocol, SourceType, Transport,
};
use virtargv_model::{Pos, YesNo};

use super::super::tls;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// TLS with NBD needs a QEMU that has it.
    STORAGE_NBD_TLS = "storage-nbd-tls": Unsupported, Build,
        "`<source protocol='nbd' tls='yes'>`: `tls-creds=` of the block driver `nbd`, new in QEMU 2.6",
        help "use `tls='no'`, or QEMU 2.6 or later";
    /// An image of type `file`, `block` or `dir` has a path.
    PATH = "storage-path": Internal, Build,
        "`<source file= dev= dir=>`: `filename=` of the block drivers `file` and `host_device`, `dir=` of `vvfat`",
        help "add `file=`, `dev=` or `dir=` to `<source>`, as the type requires";
    /// A backing image has a source.
    BACKING_PATH = "storage-backing-path": Xml, Build,
        "`<backingStore><source>`: the backing image that is looked for when the domain starts",
        help "add `file=`, `dev=` or `dir=` to the `<source>`, or remove `<backingStore>` so that the chain is found from the images";
    /// An image on a network has one host, except with protocols that take several.
    ONE_HOST = "storage-one-host": Internal, Build,
        "`<source><host>`: `host=`, `portal=` and `server=` of block drivers are one address; `rbd` and `gluster` take a list",
        help "give exactly one `<host>`";
    /// The transport of a host is one that QEMU's block driver has.
    TRANSPORT = "storage-transport": Internal, Build,
        "`<source><host transport=>`: the block drivers connect by TCP; `nbd` and `gluster` can use a UNIX socket too, and none uses `rdma`",
        help "use `transport='tcp'`";
    /// The logical unit of an iSCSI source is a number.
    ISCSI_UNIT = "storage-iscsi-unit": Internal, Build,
        "`<source protocol='iscsi' name=>`: the text after the `/` is `lun=` of the block driver `iscsi`",
        help "use a name such as `iqn.2013-07.com.example:target/1`";
    /// User and group of an NFS source are numbers.
    NFS_IDENTITY = "storage-nfs-identity": Internal, Build,
        "`<source><identity user= group=>`: `user=` and `group=` of the block driver `nfs`; names of users and groups are not looked up on the host",
        help "use numeric ids, such as `user='1000'`";
    /// The name of an RBD image has no colon where QEMU has it in `rbd:`.
    RBD_COLON = "storage-rbd-colon": Unsupported, Build,
        "`<source protocol='rbd' name=>`: a colon ends the image's name in `-drive file=rbd:POOL/IMAGE`",
        help "rename the image, or use a QEMU with `-blockdev`";
    /// The type and protocol of an image are ones that `-drive` has.
    DRIVE = "storage-drive": Internal, Build,
        "`<disk type=>` and `<source protocol=>`: `ssh`, `nfs`, `vxhs` and vhost-vdpa have no name for `file=` of `-drive`",
        help "use another `bus=` than `sd`, and a QEMU with `-blockdev`";
    /// A backing image or data store is neither a storage volume nor vhost-user.
    NODE = "storage-node": Internal, Build,
        "`<backingStore type=>` and `<dataStore type=>`: libvirt looks up volumes of disks only, and QEMU has no `-blockdev` driver for vhost-user",
        help "use another `type=`, such as `file`";
    /// QEMU has no images of type `ctl`.
    CTL = "storage-ctl": Internal, Build,
        "`<disk type='ctl'>`: FreeBSD's CAM Target Layer, for bhyve",
        help "use another `type=`, such as `file`", since "12.0";
    /// An image that has a format node and a backing image is of a format with `backing=`.
    BACKING_FORMAT = "storage-backing-format": Unsupported, Build,
        "`<backingStore>`: `backing=` of the block drivers `qcow2`, `qed`, `qcow` and `vmdk`",
        help "use `<driver type='qcow2'/>`, or remove `<backingStore>`";
}

/// How QEMU is given an image.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A block node, `-blockdev`.
    Node,
    /// `-drive` with the image as properties, `file.driver=` and so on, or a path.
    Drive,
    /// `-drive` with the address of the image in the text of `file=`.
    Address,
}

/// Checks the images of `disk` for what libvirt finds only when it builds the command line.
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
            Some(net) if uses_properties(cx, net) => Form::Drive,
            Some(_) => Form::Address,
            None => Form::Drive,
        };
        return check(cx, &disk.image, form, out);
    }
    let images: Vec<&Image> = disk.images().collect();
    for (depth, image) in images.iter().enumerate().rev() {
        if let Some(store) = &image.data_store {
            check_backing(store, out);
            check(cx, store, Form::Node, out);
        }
        if depth > 0 {
            if image.is_empty() {
                let message =
                    format!("the `<source>` of a backing image of type `{}` is empty", image.kind());
                out.refuse(&BACKING_PATH, image.pos, message);
                continue;
            }
            check_backing(image, out);
        }
        check(cx, image, Form::Node, out);
        let format = image.format.unwrap_or(ImageFormat::Raw);
        // Without a format node there is no `backing=`: libvirt opens the backing image, and nothing uses it.
        if depth + 1 < images.len() && !has_backing(format) && needs_format_node(image, cx.caps) {
            let message = format!("an image of format `{format}` cannot have a `<backingStore>`");
            out.refuse(&BACKING_FORMAT, image.pos, message);
        }
    }
}

/// Whether images of this format can have a backing image.
pub fn has_backing(format: ImageFormat) -> bool {
    matches!(
        format,
        ImageFormat::Cow | ImageFormat::Qcow | ImageFormat::Qcow2 | ImageFormat::Qed | ImageFormat::Vmdk
    )
}

/// Whether an image has a format node, whatever its descriptors are.
pub fn needs_format_node(image: &Image, caps: &Caps) -> bool {
    // A directory (`vvfat`) has `read-only=` on the format node.
    matches!(image.location, Location::Dir { .. })
        || !image.is_plain()
        || !caps.has(Cap::BlockjobBackingMaskProtocol)
}

/// Whether `-drive` gets the image as properties (`file.driver=`), rather than as the one text of `file=`.
fn uses_properties(cx: &Context<'_>, net: &NetSource) -> bool {
    cx.release.has(Convention::DriveNetworkProps)
        || match net.protocol {
            Some(Protocol::Gluster) => net.hosts.len() > 1,
            Some(Protocol::Iscsi) => cx.has(Cap::IscsiPasswordSecret),
            Some(Protocol::Vxhs) => true,
            Some(Protocol::Nbd) => uses_tls(cx, net),
            _ => false,
        }
}

/// Whether QEMU connects to the image by TLS; the default is the driver's setting.
fn uses_tls(cx: &Context<'_>, net: &NetSource) -> bool {
    let by_settings = match net.protocol {
        Some(Protocol::Nbd) => cx.host.config().nbd_tls,
        Some(Protocol::Vxhs) => cx.host.config().vxhs_tls,
        _ => return false,
    };
    net.tls.map_or(by_settings, YesNo::is_yes)
}

fn check_tls(cx: &Context<'_>, image: &Image, out: &mut Findings<'_>) {
    let Some(net) = image.network().filter(|net| uses_tls(cx, net)) else { return };
    if net.protocol == Some(Protocol::Nbd) && !cx.has(Cap::NbdTls) {
        out.refuse(&STORAGE_NBD_TLS, image.pos, "TLS with protocol `nbd` is not supported by this QEMU");
    } else {
        tls::build(cx, image.pos, out);
    }
}

/// Checks an image that is not the disk's own: a backing image or a data store.
fn check_backing(image: &Image, out: &mut Findings<'_>) {
    if matches!(image.location, Location::Volume(_) | Location::VhostUser(_)) {
        let message =
            format!("an image of type `{}` cannot be a backing image or `<dataStore>`", image.kind());
        out.refuse(&NODE, image.pos, message);
    }
}

fn check(cx: &Context<'_>, image: &Image, form: Form, out: &mut Findings<'_>) {
    check_tls(cx, image, out);
    match &image.location {
        Location::File { path: None, .. } | Location::Block { path: None } | Location::Dir { path: None } => {
            let message = format!("the `<source>` of an image of type `{}` has no path", image.kind());
            out.refuse(&PATH, image.pos, message);
        }
        Location::VhostVdpa { .. } if form != Form::Node => {
            let message = format!("an image of type `{}` cannot be given with -drive", image.kind());
            out.refuse(&DRIVE, image.pos, message);
        }
        Location::Ctl { .. } => {
            out.refuse(&CTL, image.pos, "a source of type `ctl` is for bhyve, QEMU has no driver for it");
        }
        Location::Network(net) => network(net, image.pos, form, out),
        _ => {}
    }
}

fn network(net: &NetSource, pos: Pos, form: Form, out: &mut Findings<'_>) {
    // A source without it was reported while reading.
    let Some(protocol) = net.protocol else { return };
    if form == Form::Address {
        match protocol {
            Protocol::Ssh | Protocol::Vxhs | Protocol::Nfs => {
                let message = format!("protocol `{protocol}` cannot be given with -drive");
                return out.refuse(&DRIVE, pos, message);
            }
            Protocol::Rbd => {
                let name = net.name.as_deref().unwrap_or("");
                let volume = name.split_once('/').map_or(name, |(_, volume)| volume);
                if volume.contains(':') {
                    let message = format!("the name of the volume `{volume}` of an rbd source has a `:`");
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
        let message = "transport `rdma` of `<host>` is not offered by QEMU";
        out.refuse(&TRANSPORT, pos, message);
    }
    let tcp_only =
        matches!(protocol, Protocol::Rbd | Protocol::Iscsi | Protocol::Vxhs | Protocol::Ssh | Protocol::Nfs);
    if tcp_only && net.hosts.iter().any(|host| host.transport() == Transport::Unix) {
        let message = format!("transport `unix` of `<host>` is not offered with protocol `{protocol}`");
        out.refuse(&TRANSPORT, pos, message);
    }
    match protocol {
        Protocol::Iscsi if form != Form::Address => unit(net.name.as_deref().unwrap_or(""), pos, out),
        Protocol::Nfs => {
            for text in net.nfs_user.iter().chain(&net.nfs_group) {
                if text.trim_start_matches('+').parse::<u32>().is_err() {
                    let message = format!("`{text}` in `<identity>` is not the number of a user or group");
                    out.refuse(&NFS_IDENTITY, pos.path("identity"), message);
                }
            }
        }
        _ => {}
    }
}

fn one_host(protocol: Protocol, hosts: &[NetHost], pos: Pos, out: &mut Findings<'_>) {
    if hosts.len() != 1 {
        let message = format!("protocol `{protocol}` takes one host, there are `{}`", hosts.len());
        out.refuse(&ONE_HOST, pos, message);
    }
}

fn unit(name: &str, pos: Pos, out: &mut Findings<'_>) {
    let unit = name.split_once('/').map_or("0", |(_, unit)| unit);
    if unit.parse::<u32>().is_err() {
        let message = format!("the unit of iSCSI source `{name}` is `{unit}`, expected a number");
        out.refuse(&ISCSI_UNIT, pos.attr("name"), message);
    }
}

/// Checks the iSCSI source of a host device for what libvirt finds only when it builds the command line.
pub(in crate::rules) fn iscsi_unit(name: &str, hosts: &[NetHost], pos: Pos, out: &mut Findings<'_>) {
    one_host(Protocol::Iscsi, hosts, pos, out);
    unit(name, pos, out);
}
