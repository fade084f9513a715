//! `<interface>`: what is opened for the network backend.

use virtargv_caps::{Cap, Convention};
use virtargv_host::{Descriptor, Joins};
use virtargv_model::device::hostdev::InterfaceDevice;
use virtargv_model::device::net::{BackendType, DriverName, Interface, NicModel, Source, VhostMode};
use virtargv_model::{Problem, Spelled};
use virtargv_validate::rules::net as rules;

use super::Device;
use super::chardev_source::{CharBackend, reconnect_seconds};
use super::hostdev::{self, UsbNode};
use crate::needs::Process;
use crate::prepare::address::BusAddress;
use crate::prepare::context::{Prepare, broken, must};
use crate::prepare::descriptor::{FdSet, Passed};
use crate::text::{Text, text};

/// How long QEMU waits before it connects to passt again, in seconds.
const PASST_RECONNECT: u32 = 5;

/// What is settled about an interface.
#[derive(Debug)]
pub(crate) enum Facts {
    /// A card with a network backend.
    Nic(Box<Nic>),
    /// A PCI device of the host, at this address; none where it is kept from the guest.
    Pci(Option<Text>),
    /// A USB device of the host.
    Usb(UsbNode),
}

/// A card with a network backend.
#[derive(Debug)]
pub(crate) struct Nic {
    /// What the card is connected to.
    pub backend: NetBackend,
    /// What the card is.
    pub device: NetDevice,
}

/// What a card is connected to.
#[derive(Debug)]
pub(crate) enum NetBackend {
    /// A tap device.
    Tap(Tap),
    /// A socket of QEMU's own: the key of the property, and its address.
    Socket(&'static str, Text),
    /// UDP packets between two addresses.
    Udp {
        /// Where they go.
        remote: Text,
        /// Where they come from.
        local: Text,
    },
    /// A passt process at a UNIX socket.
    Passt {
        /// The socket.
        path: Text,
        /// After how many seconds QEMU connects again.
        reconnect: u32,
    },
    /// A slirp process at the other end of a socket pair.
    Slirp(Passed),
    /// The user-mode network of QEMU, with the addresses that the document gives.
    User,
    /// The user-mode network of QEMU as it is.
    Internal,
    /// A vhost-user process.
    VhostUser(CharBackend),
    /// A vDPA device.
    Vdpa(Vdpa),
}

/// A tap device.
#[derive(Debug)]
pub(crate) struct Tap {
    /// How QEMU gets at it.
    pub access: TapAccess,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// What it is connected to.
    pub joins: Joins<String>,
    /// How many queues it has.
    pub queues: u32,
    /// Whether the kernel moves the packets (vhost-net).
    pub vhost: bool,
}

/// How QEMU gets at a tap device.
#[derive(Debug)]
pub(crate) enum TapAccess {
    /// It inherits descriptors.
    Passed {
        /// One for each queue.
        taps: Vec<Passed>,
        /// `/dev/vhost-net`, one for each queue, where the kernel moves the packets.
        vhosts: Vec<Passed>,
    },
    /// It opens it by its name.
    Named(Text),
}

/// How QEMU gets at a vDPA device.
#[derive(Debug)]
pub(crate) enum Vdpa {
    /// It opens it by its path.
    Path(Text),
    /// It inherits a descriptor.
    Passed {
        /// The set that it is in.
        set: FdSet,
        /// What it is called there.
        opaque: Text,
    },
}

/// What the card of an interface is.
#[derive(Debug, Clone)]
pub(crate) enum NetDevice {
    /// A device of this driver.
    Device(Text),
    /// A virtio device.
    Virtio,
    /// Part of the board, which has a network card of its own.
    OnBoard,
}

/// Settles it.
pub(crate) fn prepare(cx: &mut Prepare<'_>, nic: Device<'_, Interface>) -> Result<Facts, Problem> {
    if let Source::Hostdev(device) = nic.actual_source() {
        return match &device.device {
            InterfaceDevice::Pci(pci) => Ok(Facts::Pci(hostdev::pci(pci, nic.address))),
            InterfaceDevice::Usb(usb) => hostdev::usb(usb).map(Facts::Usb),
        };
    }
    // On Arm, a card that is neither on PCI nor a virtio one is part of the board.
    let is_device =
        !cx.guest.arch.is_arm() || matches!(nic.address, BusAddress::Pci(_) | BusAddress::VirtioMmio);
    let device = match &nic.model {
        Some(model) if is_device && model.is_virtio() => NetDevice::Virtio,
        Some(NicModel::Known(known)) if is_device => NetDevice::Device(known.as_str().into()),
        Some(NicModel::Other(name)) if is_device => NetDevice::Device(name.into()),
        // Of a card without a model QEMU takes what the machine has.
        _ => NetDevice::OnBoard,
    };
    Ok(Facts::Nic(Box::new(Nic { backend: backend(cx, nic)?, device })))
}

fn backend(cx: &mut Prepare<'_>, nic: Device<'_, Interface>) -> Result<NetBackend, Problem> {
    Ok(match nic.actual_source() {
        Source::Ethernet | Source::Network(_) | Source::Bridge { .. } | Source::Direct { .. } => {
            NetBackend::Tap(tap(cx, nic))
        }
        Source::Client(at) => NetBackend::Socket("connect", end(at)),
        Source::Server(at) => NetBackend::Socket("listen", end(at)),
        Source::Mcast(at) => NetBackend::Socket("mcast", end(at)),
        Source::Udp { remote, local } => NetBackend::Udp { remote: end(remote), local: end(local) },
        Source::User { .. } if nic.backend.kind == Some(BackendType::Passt) => {
            NetBackend::Passt { path: passt_socket(cx, nic).into(), reconnect: PASST_RECONNECT }
        }
        Source::User { .. } if has_slirp_process(cx) => {
            NetBackend::Slirp(cx.numbers.pass(&Descriptor::SlirpHelper))
        }
        Source::User { .. } => NetBackend::User,
        Source::Internal { .. } => NetBackend::Internal,
        Source::Vhostuser(source) => NetBackend::VhostUser(if nic.backend.kind == Some(BackendType::Passt) {
            CharBackend::connected(passt_socket(cx, nic), Process::Passt, Some(PASST_RECONNECT))
        } else {
            let path =
                must(source.path.as_ref(), &rules::source::VHOSTUSER_PATH, nic.info.pos.path("source"))?;
            let reconnect = source.reconnect.and_then(reconnect_seconds);
            match source.mode {
                Some(VhostMode::Server) => CharBackend::awaited(path),
                _ => CharBackend::connected(path, Process::VhostUser, reconnect),
            }
        }),
        Source::Vdpa { dev } => NetBackend::Vdpa(vdpa(cx, nic, dev)),
        Source::Hostdev(_) | Source::Null | Source::Vds(_) => {
            return Err(broken(&rules::BACKEND, nic.info.pos.path("@type")));
        }
    })
}

fn tap(cx: &mut Prepare<'_>, nic: Device<'_, Interface>) -> Tap {
    let queues = nic.driver.queues.unwrap_or(1);
    let name = nic.target.as_ref().and_then(|target| target.dev.as_deref());
    let joins = match nic.actual_source() {
        Source::Bridge { bridge, .. } => Joins::Bridge(bridge.as_str()),
        Source::Network(network) => Joins::Network(network.network.as_str()),
        Source::Direct { dev, .. } => Joins::Direct(dev.as_str()),
        _ => Joins::Nothing,
    };
    let kernel = nic.is_virtio() && nic.driver.name != Some(DriverName::Qemu);
    let vhost = kernel && cx.host.vhost_net(cx.guest.accel);
    if cx.is_standalone() {
        let name = name.map_or_else(|| generated_name(cx, nic), str::to_owned);
        let access = TapAccess::Named(name.clone().into());
        return Tap { access, name: Some(name), joins: joins.owned(), queues, vhost };
    }
    let taps = (0..queues).map(|queue| cx.numbers.pass(&Descriptor::Tap { name, joins, queue })).collect();
    let queues_of_vhost = if vhost { queues } else { 0 };
    let vhosts = (0..queues_of_vhost).map(|queue| cx.numbers.pass(&Descriptor::VhostNet { queue })).collect();
    let access = TapAccess::Passed { taps, vhosts };
    Tap { access, name: name.map(str::to_owned), joins: joins.owned(), queues, vhost }
}

/// The name of a tap device that the document leaves open: libvirt, too, counts them up.
fn generated_name(cx: &Prepare<'_>, nic: Device<'_, Interface>) -> String {
    let before = cx.domain.devices.interfaces.iter().take(nic.id.index);
    text!("vnet", before.filter(|other| other.actual_kind().is_tap()).count())
}

fn vdpa(cx: &mut Prepare<'_>, nic: Device<'_, Interface>, dev: &str) -> Vdpa {
    if cx.is_standalone() {
        return Vdpa::Path(dev.to_owned().into());
    }
    let passed = cx.numbers.pass(&Descriptor::Vdpa { path: dev });
    let by_alias = cx.release().has(Convention::VdpaByAlias);
    let opaque = if by_alias { text!(nic.alias, "-vdpa") } else { dev.to_owned() };
    Vdpa::Passed { set: cx.numbers.set(passed), opaque: opaque.into() }
}

/// Whether user-mode networking is done by a process of its own.
fn has_slirp_process(cx: &Prepare<'_>) -> bool {
    cx.release().has(Convention::SlirpHelper)
        && cx.host.slirp_helper()
        && !cx.is_standalone()
        && cx.has(Cap::DbusVmstate)
}

/// Where a passt process listens.
fn passt_socket(cx: &Prepare<'_>, nic: Device<'_, Interface>) -> String {
    if let Some(dir) = &cx.folders.standalone {
        return format!("{dir}/{}-passt.sock", nic.alias);
    }
    format!("{}/passt/{}-{}.socket", cx.settings().state_dir, cx.folders.mark, nic.alias)
}

/// `address:port`; a server without address listens on all.
fn end(at: &virtargv_model::device::net::Socket) -> Text {
    let port = i64::from(at.port);
    match &at.address {
        Some(address) => text!(address, ":", port).into(),
        None => text!(":", port).into(),
    }
}
