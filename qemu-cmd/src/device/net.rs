//! `<interface>`: a card for the guest, and the network back end behind it.

mod backend;
mod card;

pub(crate) use card::add_boot;

use virtargv_caps::Convention;
use virtargv_host::Descriptor;
use virtargv_model::device::chardev_source::{
    Backend as ChardevBackend, ChardevSource, Reconnect, SourceMode, Unix,
};
use virtargv_model::device::net::{BackendType, DriverName, Interface, InterfaceType, Source, VhostMode};
use virtargv_model::info::Address;
use virtargv_model::{Kind, Problem, YesNo};

use crate::device::chardev_source::{HostEnd, add_fd};
use crate::emit::{Done, Emit, problem};
use crate::needs::{Joins, Need, Process, Role};
use crate::plan::short_name;

/// Emits every `<interface>` that is no device of the host: those are emitted with the others of the host.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for nic in &e.domain().devices.interfaces {
        if nic.actual_kind() != InterfaceType::Hostdev {
            emit_one(e, nic)?;
        }
    }
    Ok(())
}

fn emit_one(e: &mut Emit<'_>, nic: &Interface) -> Done {
    let alias = nic.info.alias.as_deref().unwrap_or_default();
    let open = Open::of(e, nic)?;
    if let Some(socket) = vhost_user_socket(e, nic, alias) {
        let process =
            if nic.backend.kind == Some(BackendType::Passt) { Process::Passt } else { Process::VhostUser };
        HostEnd::new(&socket, alias).waiting().with_peer(process).emit(e)?;
    }
    let netdev = backend::props(e, nic, alias, &open)?;
    e.netdev(&netdev);
    if takes_device(e, nic) {
        let card = card::props(e, nic, alias)?;
        e.device(&card);
    } else if nic.actual_kind() == InterfaceType::Vhostuser {
        let message = format!("interface '{alias}' of type 'vhostuser' cannot be a card of this board's own");
        return Err(problem(Kind::Unsupported, "net-vhostuser-board", nic.info.pos, message));
    } else {
        e.line.option("-net", card::board(nic, alias));
    }
    Ok(())
}

/// Whether the card is a `-device`. On Arm, one that is neither on PCI nor a virtio one is part of the board.
fn takes_device(e: &Emit<'_>, nic: &Interface) -> bool {
    let bus = matches!(nic.info.address, Some(Address::Pci(_) | Address::VirtioMmio));
    !e.guest().arch.is_arm() || bus
}

/// What was opened for a back end.
#[derive(Debug, Default)]
struct Open {
    /// The name of a tap device that QEMU is to open itself.
    tap_name: Option<String>,
    /// A tap device's queues.
    taps: Vec<u32>,
    /// The kernel moves the packets.
    is_vhost: bool,
    /// vhost-net, one a queue, unless QEMU is to open it itself.
    vhost: Vec<u32>,
    /// The path that stands for a vDPA device.
    vdpa: Option<String>,
    /// The socket of a slirp process.
    slirp: Option<u32>,
}

impl Open {
    fn of(e: &mut Emit<'_>, nic: &Interface) -> Result<Self, Problem> {
        let kind = nic.actual_kind();
        let mut open = Self::default();
        if kind.is_tap() {
            let queues = nic.driver.queues.unwrap_or(1);
            let name = nic.target.as_ref().and_then(|t| t.dev.as_deref());
            open.is_vhost = vhost(e, nic);
            if e.is_standalone() {
                open.tap_name = Some(name.map_or_else(|| generated_name(e, nic), str::to_owned));
            } else {
                let bridged = matches!(kind, InterfaceType::Network | InterfaceType::Bridge);
                for queue in 0..queues {
                    open.taps.push(descriptor(e, nic, &Descriptor::Tap { name, bridged, queue })?);
                }
                for queue in 0..if open.is_vhost { queues } else { 0 } {
                    open.vhost.push(descriptor(e, nic, &Descriptor::VhostNet { queue })?);
                }
            }
            let name = open.tap_name.as_deref().or(name).map(str::to_owned);
            e.need(Need::Tap { name, queues, joins: joins(nic) });
            if e.is_standalone() && open.is_vhost {
                e.need_path("/dev/vhost-net", Role::Device);
            }
        }
        if let Source::Vdpa { dev } = nic.actual_source() {
            if e.is_standalone() {
                e.need_path(dev, Role::Device);
                open.vdpa = Some(dev.clone());
                return Ok(open);
            }
            let fd = descriptor(e, nic, &Descriptor::Vdpa { path: dev })?;
            let opaque = if e.release().has(Convention::VdpaByAlias) {
                format!("{}-vdpa", nic.info.alias.as_deref().unwrap_or_default())
            } else {
                dev.clone()
            };
            open.vdpa = Some(add_fd(e, fd, Some(&opaque)));
        }
        if kind == InterfaceType::User
            && nic.backend.kind != Some(BackendType::Passt)
            && e.release().has(Convention::SlirpHelper)
            && e.host.services().slirp_helper() == Ok(true)
            && !e.is_standalone()
            && e.has(virtargv_caps::Cap::DbusVmstate)
        {
            open.slirp = Some(descriptor(e, nic, &Descriptor::SlirpHelper)?);
        }
        Ok(open)
    }
}

/// The name of a tap device that the document leaves open: the reference, too, counts them up.
fn generated_name(e: &Emit<'_>, nic: &Interface) -> String {
    let before = e.domain().devices.interfaces.iter().take_while(|other| other.info.alias != nic.info.alias);
    format!("vnet{}", before.filter(|other| other.actual_kind().is_tap()).count())
}

/// What a tap device is connected to.
fn joins(nic: &Interface) -> Joins {
    match nic.actual_source() {
        Source::Bridge { bridge, .. } => Joins::Bridge(bridge.clone()),
        Source::Network(network) => Joins::Network(network.network.clone()),
        Source::Direct { dev, .. } => Joins::Direct(dev.clone()),
        _ => Joins::Nothing,
    }
}

/// Whether the kernel moves the packets of a tap.
fn vhost(e: &Emit<'_>, nic: &Interface) -> bool {
    nic.is_virtio() && nic.driver.name != Some(DriverName::Qemu) && e.host.devices().vhost_net(e.guest().accel) == Ok(true)
}

fn descriptor(e: &Emit<'_>, nic: &Interface, wanted: &Descriptor<&str>) -> Result<u32, Problem> {
    e.descriptor(wanted).map_err(|error| {
        let alias = nic.info.alias.as_deref().unwrap_or_default();
        let message = format!("no descriptor for interface '{alias}': {error}");
        problem(Kind::Internal, "net-descriptor", nic.info.pos, message)
    })
}

/// Where a passt process listens.
fn passt_socket(e: &Emit<'_>, alias: &str) -> String {
    if let Some(dir) = &e.plan.standalone {
        return format!("{dir}/{alias}-passt.sock");
    }
    format!("{}/passt/{}-{alias}.socket", e.host.config().state_dir, short_name(e.domain()))
}

/// How long to wait before connecting to passt again, in seconds.
const PASST_RECONNECT: u32 = 5;

/// The host's end of a vhost-user card.
fn vhost_user_socket(e: &Emit<'_>, nic: &Interface, alias: &str) -> Option<ChardevSource> {
    let Source::Vhostuser(source) = nic.actual_source() else { return None };
    let unix = if nic.backend.kind == Some(BackendType::Passt) {
        Unix {
            path: Some(passt_socket(e, alias)),
            mode: Some(SourceMode::Connect),
            reconnect: Some(Reconnect {
                enabled: Some(YesNo::Yes),
                timeout: Some(PASST_RECONNECT),
                ..Reconnect::default()
            }),
        }
    } else {
        let listens = source.mode == Some(VhostMode::Server);
        Unix {
            path: source.path.clone(),
            mode: Some(if listens { SourceMode::Bind } else { SourceMode::Connect }),
            reconnect: source.reconnect,
        }
    };
    Some(ChardevSource { backend: ChardevBackend::Unix(unix), pos: nic.info.pos, ..ChardevSource::default() })
}
