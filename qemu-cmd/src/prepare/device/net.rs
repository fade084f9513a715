//! `<interface>`: network backend and device.

use virtargv_caps::{Accel, Cap, Convention};
use virtargv_host::{Descriptor, Joins};
use virtargv_model::device::hostdev::InterfaceDevice;
use virtargv_model::device::net::{BackendType, DriverName, Interface, NicModel, Source, VhostMode};
use virtargv_model::{Problem, Spelled, YesNo};
use virtargv_validate::rules::net as rules;

use super::Device;
use super::chardev_source::{CharBackend, reconnect_seconds};
use super::hostdev::{self, UsbNode};
use crate::helper::{Helper, Passt};
use crate::needs::Process;
use crate::prepare::address::BusAddress;
use crate::prepare::context::{Counted, Prepare, broken};
use crate::prepare::descriptor::{FdSet, Passed};
use crate::tap::TapDevice;
use crate::text::{Text, text};

/// The time in seconds after which QEMU reconnects to passt.
const PASST_RECONNECT: u32 = 5;

/// A prepared interface.
#[derive(Debug)]
pub(crate) enum Facts {
    /// A network device with a network backend.
    Nic(Box<Nic>),
    /// A PCI host device; `None` if its address in the guest is `unassigned`.
    Pci(Option<hostdev::PciHost>),
    /// A USB host device; `None` if the host does not have it, and the guest starts without it.
    Usb(Option<UsbNode>),
}

/// A network device with a network backend.
#[derive(Debug)]
pub(crate) struct Nic {
    /// The network backend.
    pub backend: NetBackend,
    /// The network device.
    pub device: NetDevice,
}

/// A network backend.
#[derive(Debug)]
pub(crate) enum NetBackend {
    /// A tap device.
    Tap(Tap),
    /// `-netdev socket`: the key of the property, and the address.
    Socket(&'static str, Text),
    /// `-netdev socket` between two UDP addresses.
    Udp {
        /// The address that packets are sent to.
        remote: Text,
        /// The address that the socket is bound to.
        local: Text,
    },
    /// A passt process at a UNIX socket.
    Passt {
        /// The socket.
        path: Text,
        /// The time in seconds after which QEMU reconnects.
        reconnect: u32,
        /// How it is started.
        helper: Box<Helper>,
    },
    /// A slirp-helper process at the other end of a socket pair.
    Slirp(Passed),
    /// `-netdev user` with the addresses of the document.
    User,
    /// `-netdev user` with QEMU's default addresses (type `internal`).
    Internal,
    /// A vhost-user process.
    VhostUser(CharBackend),
    /// A vDPA device.
    Vdpa(Vdpa),
}

/// A tap device.
#[derive(Debug)]
pub(crate) struct Tap {
    /// How QEMU opens it.
    pub access: TapAccess,
    /// Its name; `None` where the host chooses one.
    pub name: Option<String>,
    /// What it is connected to on the host.
    pub joins: Joins<String>,
    /// The number of its queues.
    pub queues: u32,
    /// Whether it uses vhost-net.
    pub vhost: bool,
    /// How it is made.
    pub device: Box<TapDevice>,
}

/// How QEMU opens a tap device.
#[derive(Debug)]
pub(crate) enum TapAccess {
    /// It inherits descriptors.
    Passed {
        /// One for each queue.
        taps: Vec<Passed>,
        /// Descriptors of `/dev/vhost-net`, one for each queue; empty without vhost-net.
        vhosts: Vec<Passed>,
    },
    /// It opens it by its name.
    Named(Text),
}

/// How QEMU opens a vDPA device.
#[derive(Debug)]
pub(crate) enum Vdpa {
    /// It opens it by its path.
    Path(Text),
    /// It inherits a descriptor.
    Passed {
        /// The descriptor set.
        set: FdSet,
        /// The comment on the descriptor in the set (`opaque=`).
        opaque: Text,
    },
}

/// The network device of an interface.
#[derive(Debug, Clone)]
pub(crate) enum NetDevice {
    /// A device of this driver.
    Device(Text),
    /// A virtio device.
    Virtio,
    /// The one on the board (`-net nic`).
    OnBoard,
}

/// Prepares an `<interface>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, nic: Device<'_, Interface>) -> Result<Facts, Problem> {
    if let Source::Hostdev(device) = nic.actual_source() {
        return match &device.device {
            InterfaceDevice::Pci(pci) => {
                hostdev::check_vfio(cx.host, cx.release(), pci, nic.info.pos)?;
                hostdev::pci(cx, pci, nic.address, nic.info.pos).map(Facts::Pci)
            }
            InterfaceDevice::Usb(usb) => hostdev::usb(cx, usb).map(Facts::Usb),
        };
    }
    // On Arm, a network device without an address of type `pci` or `virtio-mmio` is the one on the board.
    let is_device =
        !cx.guest.arch.is_arm() || matches!(nic.address, BusAddress::Pci(_) | BusAddress::VirtioMmio);
    let device = match &nic.model {
        Some(model) if is_device && model.is_virtio() => NetDevice::Virtio,
        Some(NicModel::Known(known)) if is_device => NetDevice::Device(known.as_str().into()),
        Some(NicModel::Other(name)) if is_device => NetDevice::Device(name.into()),
        // Without a model it is the default of the machine type.
        _ => NetDevice::OnBoard,
    };
    Ok(Facts::Nic(Box::new(Nic { backend: backend(cx, nic)?, device })))
}

fn backend(cx: &mut Prepare<'_>, nic: Device<'_, Interface>) -> Result<NetBackend, Problem> {
    Ok(match nic.actual_source() {
        Source::Ethernet | Source::Network(_) | Source::Bridge { .. } | Source::Direct { .. } => {
            NetBackend::Tap(tap(cx, nic)?)
        }
        Source::Client(at) => NetBackend::Socket("connect", end(at)),
        Source::Server(at) => NetBackend::Socket("listen", end(at)),
        Source::Mcast(at) => NetBackend::Socket("mcast", end(at)),
        Source::Udp { remote, local } => NetBackend::Udp { remote: end(remote), local: end(local) },
        Source::User { .. } if nic.backend.kind == Some(BackendType::Passt) => NetBackend::Passt {
            path: passt_socket(cx, nic).into(),
            reconnect: PASST_RECONNECT,
            helper: Box::new(passt(nic, false)),
        },
        Source::User { .. } if has_slirp_process(cx) => {
            NetBackend::Slirp(cx.pass(&Descriptor::SlirpHelper, nic.info.pos)?)
        }
        Source::User { .. } => NetBackend::User,
        Source::Internal { .. } => NetBackend::Internal,
        Source::Vhostuser(source) => NetBackend::VhostUser(if nic.backend.kind == Some(BackendType::Passt) {
            CharBackend::started(passt_socket(cx, nic), passt(nic, true), Some(PASST_RECONNECT))
        } else {
            let path = source.path.as_ref().ok_or_else(|| {
                let message = "`<source>` of an interface of type `vhostuser` lacks `path`, the socket";
                broken(cx.release(), &rules::source::VHOSTUSER_PATH, nic.info.pos.path("source"), message)
            })?;
            let reconnect = source.reconnect.and_then(reconnect_seconds);
            match source.mode {
                Some(VhostMode::Server) => CharBackend::awaited(path),
                _ => CharBackend::connected(path, Process::VhostUser, reconnect),
            }
        }),
        Source::Vdpa { dev } => NetBackend::Vdpa(vdpa(cx, nic, dev)?),
        Source::Hostdev(_) | Source::Null | Source::Vds(_) => {
            let message =
                format!("an interface of type `{}` has no network backend of QEMU", nic.source.kind());
            return Err(broken(cx.release(), &rules::BACKEND, nic.info.pos.path("@type"), message));
        }
    })
}

fn tap(cx: &mut Prepare<'_>, nic: Device<'_, Interface>) -> Result<Tap, Problem> {
    let queues = nic.driver.queues.unwrap_or(1);
    let name = nic.target.as_ref().and_then(|target| target.dev.as_deref());
    let joins = match nic.actual_source() {
        Source::Bridge { bridge, .. } => Joins::Bridge(bridge.as_str()),
        Source::Network(network) => Joins::Network(network.network.as_str()),
        Source::Direct { dev, .. } => Joins::Direct(dev.as_str()),
        _ => Joins::Nothing,
    };
    let vhost = has_vhost(cx, nic)?;
    if cx.is_for_shell() {
        let name = name.map_or_else(|| generated_name(cx, nic), str::to_owned);
        let access = TapAccess::Named(name.clone().into());
        let device = Box::new(tap_device(cx, nic));
        return Ok(Tap { access, name: Some(name), joins: joins.owned(), queues, vhost, device });
    }
    let mut pass = |wanted| cx.pass(&wanted, nic.info.pos);
    let taps =
        (0..queues).map(|queue| pass(Descriptor::Tap { name, joins, queue })).collect::<Result<_, _>>()?;
    let queues_of_vhost = if vhost { queues } else { 0 };
    let vhosts =
        (0..queues_of_vhost).map(|queue| pass(Descriptor::VhostNet { queue })).collect::<Result<_, _>>()?;
    let access = TapAccess::Passed { taps, vhosts };
    let device = Box::new(tap_device(cx, nic));
    Ok(Tap { access, name: name.map(str::to_owned), joins: joins.owned(), queues, vhost, device })
}

/// Whether vhost-net serves an interface: a virtio device of a guest under KVM, unless `<driver name='qemu'>`. Where it
/// is not known whether the host has vhost-net, it counts as there.
fn has_vhost(cx: &Prepare<'_>, nic: Device<'_, Interface>) -> Result<bool, Problem> {
    if !nic.is_virtio() || nic.driver.name == Some(DriverName::Qemu) {
        return Ok(false);
    }
    let is_kvm = cx.guest.accel == Accel::Kvm;
    let is_there = cx.host.devices().vhost_net(cx.guest.accel).unwrap_or(is_kvm);
    if is_kvm && !is_there && nic.driver.name == Some(DriverName::Vhost) {
        let message = "`<driver>` of the interface has `name` `vhost`, but the host has no vhost-net";
        let place = nic.info.pos.path("driver/@name");
        return Err(crate::rules::NET_VHOST.problem(cx.release(), place, message));
    }
    Ok(is_there)
}

/// How the tap device of `nic` is made.
fn tap_device(cx: &Prepare<'_>, nic: Device<'_, Interface>) -> TapDevice {
    let (bridge, mode) = match nic.actual_source() {
        Source::Bridge { bridge, .. } => (Some(bridge.clone()), None),
        Source::Network(network) => {
            (cx.host.networks().network(&network.network).ok().and_then(|found| found.bridge), None)
        }
        Source::Direct { mode, .. } => (None, *mode),
        _ => (None, None),
    };
    TapDevice {
        mac: nic.mac.as_ref().map(|mac| mac.address.to_string()),
        mtu: nic.mtu,
        virtio: nic.is_virtio(),
        managed: nic.target.as_ref().and_then(|target| target.managed) != Some(YesNo::No),
        bridge,
        mode,
        script: nic.script.clone(),
        downscript: nic.downscript.clone(),
    }
}

/// How the passt of `nic` is started.
fn passt(nic: Device<'_, Interface>, vhost_user: bool) -> Helper {
    let mut words = Vec::new();
    if let Source::User { dev: Some(dev) } = nic.actual_source() {
        words.extend(["--interface".to_owned(), dev.clone()]);
    }
    if let Some(log) = &nic.backend.log_file {
        words.extend(["--log-file".to_owned(), log.clone()]);
    }
    for (option, name) in [("--hostname", &nic.backend.hostname), ("--fqdn", &nic.backend.fqdn)] {
        if let Some(name) = name {
            words.extend([option.to_owned(), name.clone()]);
        }
    }
    for ip in &nic.ips {
        Passt::address(&mut words, ip.address, ip.prefix);
    }
    for route in &nic.routes {
        words.extend(["--gateway".to_owned(), route.gateway.to_string()]);
    }
    for forward in &nic.port_forwards {
        Passt::ports(&mut words, forward);
    }
    Helper::Passt(Passt { vhost_user, words })
}

/// A generated name of a tap device, `vnetN` as libvirt generates it.
fn generated_name(cx: &mut Prepare<'_>, nic: Device<'_, Interface>) -> String {
    let before = nic.id.index;
    // Interfaces are prepared in their order, and each is counted once.
    let start = if cx.taps.before <= before { cx.taps } else { Counted::default() };
    let more = cx.domain.devices.interfaces.get(start.before..before).unwrap_or_default();
    let count = start.count + more.iter().filter(|other| other.actual_kind().is_tap()).count();
    cx.taps = Counted { before, count };
    format!("vnet{count}")
}

fn vdpa(cx: &mut Prepare<'_>, nic: Device<'_, Interface>, dev: &str) -> Result<Vdpa, Problem> {
    if cx.is_for_shell() {
        return Ok(Vdpa::Path(dev.to_owned().into()));
    }
    let passed = cx.pass(&Descriptor::Vdpa { path: dev }, nic.info.pos)?;
    let by_alias = cx.release().has(Convention::VdpaByAlias);
    let opaque = if by_alias { text!(nic.alias, "-vdpa") } else { Text::copied(dev) };
    Ok(Vdpa::Passed { set: cx.numbers.set(passed), opaque })
}

/// Whether user-mode networking uses slirp-helper.
fn has_slirp_process(cx: &Prepare<'_>) -> bool {
    cx.release().has(Convention::SlirpHelper)
        && cx.host.services().slirp_helper() == Ok(true)
        && !cx.is_for_shell()
        && cx.has(Cap::DbusVmstate)
}

/// The path of the socket of passt.
fn passt_socket(cx: &Prepare<'_>, nic: Device<'_, Interface>) -> String {
    if let Some(dir) = &cx.directories.shell {
        return format!("{dir}/{}-passt.sock", nic.alias);
    }
    format!("{}/passt/{}-{}.socket", cx.settings().state_dir, cx.directories.mark, nic.alias)
}

/// `ADDRESS:PORT` of a socket; without an address it is that of all interfaces.
fn end(at: &virtargv_model::device::net::Socket) -> Text {
    let port = i64::from(at.port);
    if let Some(address) = &at.address { text!(address, ":", port) } else { text!(":", port) }
}
