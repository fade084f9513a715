//! `<model type=>` of an interface.

use std::fmt;

use crate::Spelled;
use crate::read::{El, Reader};

crate::rules! {
    /// The model name of a network device has letters, digits, `_` and `-` only.
    NET_MODEL_NAME = "net-model-name": InvalidArgument, Read,
        "`<interface><model type=>`: other names are passed to QEMU as the name of a device",
        help "correct `type=`, such as `virtio` or `e1000e`";
}

spelled! {
    /// The models that libvirt knows. Letter case is ignored when they are read.
    pub enum KnownModel {
        /// The paravirtual network device of Xen.
        Netfront = "netfront",
        /// Realtek 8139.
        Rtl8139 = "rtl8139",
        /// virtio; QEMU chooses transitional or non-transitional by the bus.
        Virtio = "virtio",
        /// Intel 82540EM.
        E1000 = "e1000",
        /// Intel 82574L.
        E1000e = "e1000e",
        /// Intel 82576, with SR-IOV.
        Igb = "igb",
        /// virtio, transitional: virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// virtio, non-transitional: virtio 1.0 only.
        VirtioNonTransitional = "virtio-non-transitional",
        /// A USB network adapter.
        UsbNet = "usb-net",
        /// The pseries virtual LAN.
        SpaprVlan = "spapr-vlan",
        /// SMSC LAN9118.
        Lan9118 = "lan9118",
        /// SMSC LAN91C111, which the domain format misspells.
        Smc91c111 = "scm91c111",
        /// AMD PCnet (VMware).
        Vlance = "vlance",
        /// VMXNET, the paravirtual network device of VMware.
        Vmxnet = "vmxnet",
        /// VMXNET 2.
        Vmxnet2 = "vmxnet2",
        /// VMXNET 3.
        Vmxnet3 = "vmxnet3",
        /// AMD PCnet-PCI II (VirtualBox).
        Am79c970a = "Am79C970A",
        /// AMD PCnet-FAST III (VirtualBox).
        Am79c973 = "Am79C973",
        /// Intel PRO/1000 MT Desktop (VirtualBox).
        I82540em = "82540EM",
        /// Intel PRO/1000 MT Server (VirtualBox).
        I82545em = "82545EM",
        /// Intel PRO/1000 T Server (VirtualBox).
        I82543gc = "82543GC",
    }
}

/// The model of the network device that the guest sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NicModel {
    /// A model that libvirt knows.
    Known(KnownModel),
    /// The name of another QEMU device.
    Other(String),
}

impl NicModel {
    /// The model called `name`; letter case is ignored for models that libvirt knows.
    pub fn named(name: &str) -> Self {
        match KnownModel::ALL.iter().find(|m| m.as_str().eq_ignore_ascii_case(name)) {
            Some(known) => Self::Known(*known),
            None => Self::Other(name.to_owned()),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(known) => known.as_str(),
            Self::Other(name) => name,
        }
    }

    /// Whether it is a virtio device.
    pub fn is_virtio(&self) -> bool {
        matches!(
            self,
            Self::Known(
                KnownModel::Virtio | KnownModel::VirtioTransitional | KnownModel::VirtioNonTransitional
            )
        )
    }

    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let name = el.get("type")?;
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
            let message =
                format!("network model `{name}` has characters other than letters, digits, `_` and `-`");
            r.refuse(&NET_MODEL_NAME, el.pos().attr("type"), message);
            return None;
        }
        Some(Self::named(name)).filter(|_| !name.is_empty())
    }
}

impl From<KnownModel> for NicModel {
    fn from(known: KnownModel) -> Self {
        Self::Known(known)
    }
}

impl fmt::Display for NicModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
