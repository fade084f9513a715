//! The mocks of libvirt's own tests: their expected command lines have fixed numbers of descriptors, some of which are
//! used for more than one descriptor.

use std::collections::BTreeMap;

use virtargv_host::{
    Accel, Answer, Descriptor, DescriptorGroup, Descriptors, Devices, FixedHost, Joins, Override,
    PortPurpose, Services,
};

/// The ports of displays with `autoport`.
pub fn pretended_ports() -> BTreeMap<PortPurpose, u16> {
    [(PortPurpose::Vnc, 5900), (PortPurpose::Spice, 5901), (PortPurpose::SpiceTls, 5902)].into()
}

/// What libvirt's tests mock: the socket of an emulated TPM is `/dev/test`, and vhost-net is used under TCG too.
#[derive(Debug)]
struct Pretended;

impl Services for Pretended {
    fn tpm_emulator_socket(&self, _: &str) -> Answer<String> {
        Ok("/dev/test".to_owned())
    }
}

impl Devices for Pretended {
    fn vhost_net(&self, _: Accel) -> Answer<bool> {
        Ok(true)
    }
}

/// `host` with the answers that libvirt's tests mock.
pub fn pretend(host: &FixedHost) -> Override<'_> {
    Override::new(host).with_services(&Pretended).with_devices(&Pretended)
}

/// The numbers of descriptors in the expected command lines of libvirt's tests.
#[derive(Debug, Clone, Default)]
pub struct PretendedDescriptors {
    /// The numbers of the descriptors that a case passes, by the name of the group.
    pub groups: BTreeMap<String, DescriptorGroup>,
    /// The numbers of the vDPA devices that a case opens, by path. All others have the same number.
    pub vdpa: BTreeMap<String, u32>,
}

impl Descriptors for PretendedDescriptors {
    fn number(&self, wanted: &Descriptor<&str>) -> Option<u32> {
        Some(match wanted {
            Descriptor::Tap { joins: Joins::Bridge(_) | Joins::Network(_), queue, .. } => {
                102u32.saturating_add(*queue)
            }
            Descriptor::Tap { queue, .. } => 3u32.saturating_add(*queue),
            Descriptor::VhostNet { queue } => 44u32.saturating_add(*queue),
            Descriptor::Vdpa { path } => self.vdpa.get(*path).copied().unwrap_or(1732),
            Descriptor::VhostVsock => 6789,
            Descriptor::VhostScsi => 3,
            Descriptor::UnixListen { .. } | Descriptor::VhostUserGpu => 1729,
            Descriptor::ChardevFile { .. } => 1750,
            Descriptor::ChardevLog { .. } => 1751,
            Descriptor::Tpm { .. } => 1730,
            Descriptor::TpmCancel { .. } => 1731,
            Descriptor::SlirpHelper => 42,
            _ => return None,
        })
    }

    fn repeats_numbers(&self) -> bool {
        true
    }

    fn group(&self, name: &str) -> Option<DescriptorGroup> {
        self.groups.get(name).cloned()
    }
}
