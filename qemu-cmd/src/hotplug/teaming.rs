//! Teaming: a host device that is unplugged while the guest migrates, and the virtio interface that stands in for it.

use virtargv_model::device::net::{Interface, Teaming, TeamingType};
use virtargv_model::device::{DeviceId, DeviceKind, Devices};

/// The pair of which a device that is attached or detached is the transient one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamingPair {
    /// The alias of the transient device.
    pub transient: String,
    /// The alias of the persistent interface, `failover_pair_id` of the device.
    pub persistent: String,
    /// Whether the guest has that interface, with a virtio device.
    pub partner_is_there: bool,
    /// Whether both have the same MAC address; `None` where one is not known, as that of a `<hostdev>`.
    pub same_mac: Option<bool>,
}

impl TeamingPair {
    /// The pair of device `id`; `None` where it is not the transient device of one.
    pub(super) fn of(devices: &Devices, id: DeviceId) -> Option<Self> {
        let (teaming, info, mac) = match id.kind {
            DeviceKind::Interface => {
                let nic = devices.interfaces.get(id.index)?;
                (nic.teaming.as_ref()?, &nic.info, nic.mac.map(|mac| mac.address))
            }
            DeviceKind::Hostdev => {
                let device = devices.hostdevs.get(id.index)?;
                (device.teaming.as_ref()?, &device.info, None)
            }
            _ => return None,
        };
        let Teaming { kind: Some(TeamingType::Transient), persistent: Some(wanted), .. } = teaming else {
            return None;
        };
        let is_partner = |nic: &&Interface| {
            nic.info.alias.as_ref() == Some(wanted)
                && nic.is_virtio()
                && nic.teaming_type() == Some(TeamingType::Persistent)
        };
        let partner = devices.interfaces.iter().find(is_partner);
        let other = partner.and_then(|nic| nic.mac).map(|mac| mac.address);
        Some(Self {
            transient: info.alias.clone().unwrap_or_default(),
            persistent: wanted.clone(),
            partner_is_there: partner.is_some(),
            same_mac: mac.zip(other).map(|(mac, other)| mac == other),
        })
    }

    /// What is to be known of the pair, a line each: what is missing, and what QEMU does when the guest migrates.
    pub fn lines(&self) -> Vec<String> {
        let Self { transient, persistent, partner_is_there, same_mac } = self;
        let mut out = vec![format!("`{transient}` is the primary of the failover pair of `{persistent}`")];
        if !partner_is_there {
            out.push(format!(
                "the guest has no persistent virtio interface `{persistent}`: QEMU keeps the primary hidden"
            ));
        }
        match same_mac {
            _ if !partner_is_there => {}
            Some(false) => out.push(
                "the MAC addresses differ: the guest's `net_failover` driver does not join the two"
                    .to_owned(),
            ),
            None => out.push(
                "the MAC address of the host device is not known here: it must be that of the interface"
                    .to_owned(),
            ),
            Some(true) => {}
        }
        out.push(format!(
            "QEMU keeps `{transient}` hidden from the guest until the guest's virtio driver has negotiated `VIRTIO_NET_F_STANDBY`; then it sends FAILOVER_NEGOTIATED with `device-id` `{persistent}`. Whether the driver does is not known before"
        ));
        out.push(format!(
            "when the guest migrates, QEMU sends UNPLUG_PRIMARY with `device-id` `{transient}`, and waits in the state `wait-unplug` until the guest has let `{transient}` go; the traffic goes over `{persistent}` then. Where the migration fails, QEMU plugs `{transient}` again; the destination plugs its own device after the migration"
        ));
        out
    }
}
